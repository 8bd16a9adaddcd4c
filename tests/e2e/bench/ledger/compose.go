package ledger

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	composerv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/server/credentialcomposer/v1"

	"svidence.invalid/e2e/bench/load"
)

// figures of one load, and the bytes that it has made durable where that is told.
type figures struct {
	load.Figures
	Bytes float64 `json:"bytes"`
}

// request asks for one of 1000 IDs of the registered agent.
func request(t *testing.T) func(i int) *composerv1.ComposeWorkloadX509SVIDRequest {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return func(i int) *composerv1.ComposeWorkloadX509SVIDRequest {
		return &composerv1.ComposeWorkloadX509SVIDRequest{
			SpiffeId:   fmt.Sprintf("spiffe://example.org/agent/load/%d", i%1000),
			PublicKey:  public,
			Attributes: &composerv1.X509SVIDAttributes{},
		}
	}
}

// compose calls the plugin n times, some calls in flight at a time: no SPIRE server
// signs anything, so this is the plugin and its gRPC alone.
func compose(t *testing.T, client composerv1.CredentialComposerClient, n, inFlight int) figures {
	t.Helper()
	requestOf := request(t)
	found, err := load.Run(n, inFlight, func(i int) error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		answer, err := client.ComposeWorkloadX509SVID(ctx, requestOf(i))
		if err == nil && len(answer.Attributes.ExtraExtensions) != 1 {
			err = fmt.Errorf("the answer has no extension")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return figures{Figures: found}
}
