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
	"sort"
	"sync"
	"sync/atomic"
	"time"

	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
)

// figures of one load; latencies in microseconds.
type figures struct {
	rate, p50, p99 float64
}

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
func mint(client svidv1.SVIDClient, csrs [][]byte, inFlight int) (figures, error) {
	latency := make([]float64, len(csrs))
	var next atomic.Int64
	var firstError atomic.Value
	var wait sync.WaitGroup
	started := time.Now()
	for range inFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := next.Add(1) - 1; i < int64(len(csrs)); i = next.Add(1) - 1 {
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				begin := time.Now()
				_, err := client.MintX509SVID(ctx, &svidv1.MintX509SVIDRequest{Csr: csrs[i]})
				latency[i] = float64(time.Since(begin).Nanoseconds()) / 1e3
				cancel()
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
		return figures{}, err
	}
	sort.Float64s(latency)
	n := len(latency)
	return figures{rate: float64(n) / took, p50: latency[n/2], p99: latency[n*99/100]}, nil
}
