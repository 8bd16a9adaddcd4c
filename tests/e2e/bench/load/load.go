// Package load calls something many times, some calls in flight at a time, and says
// how fast that was.
package load

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// Figures of one load; latencies in microseconds.
type Figures struct {
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
}

// Run makes the calls 0 to n-1, inFlight at a time. The first error ends the caller
// that met it, and is the result. n must be at least 1.
func Run(n, inFlight int, call func(i int) error) (Figures, error) {
	latency := make([]float64, n)
	var next atomic.Int64
	var firstError atomic.Value
	var wait sync.WaitGroup
	started := time.Now()
	for range inFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				begin := time.Now()
				err := call(int(i))
				latency[i] = float64(time.Since(begin).Nanoseconds()) / 1e3
				if err != nil {
					firstError.CompareAndSwap(nil, &err)
					return
				}
			}
		}()
	}
	wait.Wait()
	took := time.Since(started).Seconds()
	if err, ok := firstError.Load().(*error); ok {
		return Figures{}, *err
	}
	sort.Float64s(latency)
	return Figures{float64(n) / took, latency[n/2], latency[n*99/100]}, nil
}
