// Command fetcher is the workload of script/bench: it opens the Workload API
// anew for each fetch, as a starting agent does, and prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	workload "github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// result is what the caller reads; latencies are microseconds.
type result struct {
	Rate   float64 `json:"rate"`
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	Failed int64   `json:"failed"`
	Error  string  `json:"error,omitempty"`
}

func fetch(client workload.SpiffeWorkloadAPIClient) error {
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), "workload.spiffe.io", "true"), 10*time.Second)
	defer cancel()
	stream, err := client.FetchX509SVID(ctx, &workload.X509SVIDRequest{})
	if err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

func run(socket string, n, inFlight int) result {
	latency := make([]float64, n)
	var next, failed atomic.Int64
	var firstError atomic.Value
	var wait sync.WaitGroup
	started := time.Now()
	for range inFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				firstError.CompareAndSwap(nil, err.Error())
				return
			}
			defer conn.Close()
			client := workload.NewSpiffeWorkloadAPIClient(conn)
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				begin := time.Now()
				if err := fetch(client); err != nil {
					failed.Add(1)
					firstError.CompareAndSwap(nil, err.Error())
				}
				latency[i] = float64(time.Since(begin).Nanoseconds()) / 1e3
			}
		}()
	}
	wait.Wait()
	took := time.Since(started).Seconds()
	sort.Float64s(latency)
	r := result{Rate: float64(n) / took, P50: latency[n/2], P99: latency[n*99/100], Failed: failed.Load()}
	if text, ok := firstError.Load().(string); ok {
		r.Error = text
	}
	return r
}

func main() {
	socket := flag.String("socket", "", "Workload API socket")
	n := flag.Int("n", 1000, "fetches")
	inFlight := flag.Int("c", 1, "in flight")
	flag.Parse()
	if *socket == "" || *n < 1 || *inFlight < 1 {
		fmt.Fprintln(os.Stderr, "fetcher: -socket, -n and -c are needed")
		os.Exit(2)
	}
	if err := json.NewEncoder(os.Stdout).Encode(run(*socket, *n, *inFlight)); err != nil {
		os.Exit(1)
	}
}
