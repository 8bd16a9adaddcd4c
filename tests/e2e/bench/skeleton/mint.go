// Package skeleton measures issuance and attestation against peers in one run.
package skeleton

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net/url"
	"time"

	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"

	"svidence.invalid/e2e/bench/load"
)

// requests makes n signing requests for SPIFFE IDs of one registered agent. The
// key is one and the same: what is measured is the server, not this client.
func requests(n int) ([][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	csrs := make([][]byte, n)
	for i := range csrs {
		id, err := url.Parse(fmt.Sprintf("spiffe://example.org/agent/load/%d", i%1000))
		if err != nil {
			return nil, err
		}
		csrs[i], err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: []*url.URL{id}}, key)
		if err != nil {
			return nil, err
		}
	}
	return csrs, nil
}

// mint sends every request once, inFlight at a time, over one connection.
func mint(client svidv1.SVIDClient, csrs [][]byte, inFlight int) (load.Figures, error) {
	return load.Run(len(csrs), inFlight, func(i int) error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_, err := client.MintX509SVID(ctx, &svidv1.MintX509SVIDRequest{Csr: csrs[i]})
		return err
	})
}
