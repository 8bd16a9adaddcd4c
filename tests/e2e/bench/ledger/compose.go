package ledger

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	composerv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/server/credentialcomposer/v1"
)

// figures of one load; latencies in microseconds.
type figures struct {
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
	Bytes     float64 `json:"bytes"`
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
	make := request(t)
	latency := newLatencies(n)
	var next atomic.Int64
	var firstError atomic.Value
	var wait sync.WaitGroup
	started := time.Now()
	for range inFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				begin := time.Now()
				answer, err := client.ComposeWorkloadX509SVID(ctx, make(int(i)))
				latency[i] = float64(time.Since(begin).Nanoseconds()) / 1e3
				cancel()
				if err == nil && len(answer.Attributes.ExtraExtensions) != 1 {
					err = fmt.Errorf("the answer has no extension")
				}
				if err != nil {
					firstError.CompareAndSwap(nil, err)
					return
				}
			}
		}()
	}
	wait.Wait()
	took := time.Since(started).Seconds()
	if err, ok := firstError.Load().(error); ok {
		t.Fatal(err)
	}
	sort.Float64s(latency)
	return figures{PerSecond: float64(n) / took, P50: latency[n/2], P99: latency[n*99/100]}
}

func newLatencies(n int) []float64 { return make([]float64, n) }
