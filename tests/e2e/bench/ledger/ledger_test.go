// Package ledger measures the ledger against peers in one run.
package ledger

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	composerv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/server/credentialcomposer/v1"
	"github.com/spiffe/spire/pkg/common/catalog"

	"svidence.invalid/e2e/bench/load"
	"svidence.invalid/e2e/bench/report"
	"svidence.invalid/e2e/harness"
	"svidence.invalid/e2e/host"
)

const (
	rounds    = 5
	entrySize = 650 // bytes of an issuance, for peers that have no entry of ours
)

// TestLedger is a benchmark in the clothes of a test: it needs the harness and
// never asserts a figure. script/bench ledger runs it.
func TestLedger(t *testing.T) {
	out := os.Getenv("SVIDENCE_BENCH_OUT")
	if out == "" {
		t.Skip("a benchmark: run script/bench ledger")
	}
	fmt.Printf("machine: %d cores, Go %s; clients and servers share them; medians of %d alternating runs\n",
		runtime.NumCPU(), strings.TrimPrefix(runtime.Version(), "go"), rounds)
	rows := composeRows(t)
	rows = append(rows, batchRows(t)...)
	rows = append(rows, appendRows(t)...)
	rows = append(rows, largeLogRows(t)...)
	report.Print(os.Stdout, rows)
	if err := report.Write(out, rows); err != nil {
		t.Fatal(err)
	}
}

// alternate measures each load once a round and gives the medians; the first round
// warms up and is not counted.
func alternate(names []string, measure func(name string) figures) map[string]figures {
	rates, p50s := map[string][]float64{}, map[string][]float64{}
	for round := range rounds + 1 {
		for _, name := range names {
			if f := measure(name); round > 0 {
				rates[name] = append(rates[name], f.PerSecond)
				p50s[name] = append(p50s[name], f.P50)
			}
		}
	}
	medians := map[string]figures{}
	for _, name := range names {
		medians[name] = figures{Figures: load.Figures{PerSecond: report.Median(rates[name]), P50: report.Median(p50s[name])}}
		fmt.Printf("  %-34s rate %.0f/s %.0f, p50 %.0f us %.0f\n", name, medians[name].PerSecond, rates[name],
			medians[name].P50, p50s[name])
	}
	return medians
}

// composeRows: durable appends with their proof through gRPC.
func composeRows(t *testing.T) []report.Row {
	ours := loadOurs(t)
	peer := func(args ...string) composerv1.CredentialComposerClient {
		return host.MustLoad(t, host.Options{Program: peerProgram(t, "peercomposer"),
			Args: append([]string{"-size", "1500"}, args...)}).Client
	}
	echo := peer("-file", filepath.Join(harness.TempDir(t), "rows"))
	at64 := alternate([]string{"compose at 64, ours", "compose at 64, Go, file", "group commit at 64, no gRPC"},
		func(name string) figures {
			switch {
			case strings.HasSuffix(name, "ours"):
				return compose(t, ours.Client, 20000, 64)
			case strings.HasSuffix(name, "file"):
				return compose(t, echo, 20000, 64)
			}
			return run(t, "file", 100000, 64)
		})
	at1 := alternate([]string{"compose at 1, ours", "compose at 1, Go, file"}, func(name string) figures {
		if strings.HasSuffix(name, "ours") {
			return compose(t, ours.Client, 2000, 1)
		}
		return compose(t, echo, 2000, 1)
	})
	return []report.Row{
		report.AtLeast("durable with proof through gRPC, 64 in flight, vs group-commit fdatasync without gRPC", "1/s",
			at64["compose at 64, ours"].PerSecond, at64["group commit at 64, no gRPC"].PerSecond, 0.5),
		report.AtLeast("the same vs a Go plugin that group-commits to a file", "1/s",
			at64["compose at 64, ours"].PerSecond, at64["compose at 64, Go, file"].PerSecond, 0.5),
		report.AtMost("p50 through gRPC, 1 in flight, vs Go gRPC echo + one fdatasync", "us",
			at1["compose at 1, ours"].P50, at1["compose at 1, Go, file"].P50, 1.5),
	}
}

func loadOurs(t *testing.T) *host.Host {
	t.Helper()
	dir := harness.TempDir(t)
	run := filepath.Join(dir, "run")
	loaded := host.MustLoad(t, host.Options{Args: []string{}, Data: catalog.FixedData(fmt.Sprintf(
		"ledger_dir = %q\nruntime_dir = %q\nallow_unsigned = true\n", filepath.Join(dir, "ledger"), run))})
	register := exec.Command(harness.Program(t, "svidence"), "--socket", filepath.Join(run, "admin.sock"),
		"agent", "register", "load", "--scope", "3", "--sponsor", "alice@example.org")
	if text, err := register.CombinedOutput(); err != nil {
		t.Fatalf("registering: %v: %s", err, text)
	}
	return loaded
}

// batchRows: in process, the same rows in the same batches with and without what
// makes them a ledger.
func batchRows(t *testing.T) []report.Row {
	var rows []report.Row
	for _, batch := range []int{16, 256, 2048} {
		ours, peer := fmt.Sprintf("batches of %d, ours", batch), fmt.Sprintf("batches of %d, SQLite", batch)
		found := alternate([]string{ours, peer}, func(name string) figures {
			if name == ours {
				return run(t, "batches", 2000*batch/16, batch)
			}
			return run(t, "rows", 2000*batch/16, batch)
		})
		rows = append(rows, report.AtLeast(
			fmt.Sprintf("in process, batches of %d, vs SQLite alone with the same rows", batch), "1/s",
			found[ours].PerSecond, found[peer].PerSecond, 0.5))
	}
	return rows
}

// appendRows: 64 callers, each of whose entries must be durable before its next.
func appendRows(t *testing.T) []report.Row {
	postgres := startPostgres(t)
	names := []string{"64 callers, ours with proof", "SQLite, insert per entry", "Tessera, sequenced", "Tessera, published"}
	if postgres != nil {
		names = append(names, "PostgreSQL, insert per entry")
	}
	found := alternate(names, func(name string) figures {
		switch name {
		case names[0]:
			return run(t, "callers", 50000, 64)
		case names[1]:
			return run(t, "rows", 5000, 1)
		case names[2]:
			return tessera(t, 5000, "-published=false")
		case names[3]:
			return tessera(t, 640, "-published=true")
		}
		return insertEach(t, postgres, 10000, 64, entrySize)
	})
	var rows []report.Row
	for _, peer := range names[1:] {
		rows = append(rows, report.Info("in process, 64 callers, with proof, vs "+peer, "1/s",
			found[names[0]].PerSecond, found[peer].PerSecond))
	}
	return rows
}

// run is one load of ledger_bench in a directory of its own.
func run(t *testing.T, what string, entries, batch int, more ...string) figures {
	t.Helper()
	dir := harness.TempDir(t)
	defer os.RemoveAll(dir)
	return runIn(t, dir, what, entries, batch, more...)
}

func runIn(t *testing.T, dir, what string, entries, batch int, more ...string) figures {
	t.Helper()
	args := append([]string{what, dir, fmt.Sprint(entries), fmt.Sprint(batch)}, more...)
	return parse(t, exec.Command(harness.Program(t, "ledger_bench"), args...))
}

func tessera(t *testing.T, entries int, mode string) figures {
	t.Helper()
	dir := harness.TempDir(t)
	defer os.RemoveAll(dir)
	return parse(t, exec.Command(peerProgram(t, "peertessera"), "-dir", dir, "-n", fmt.Sprint(entries),
		"-size", fmt.Sprint(entrySize), mode))
}

func parse(t *testing.T, command *exec.Cmd) figures {
	t.Helper()
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, stderr.String())
	}
	var found figures
	if err := json.Unmarshal(output, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// peerProgram is a program of this module, built by script/bench.
func peerProgram(t *testing.T, name string) string {
	path, err := filepath.Abs(filepath.Join(os.Getenv("SVIDENCE_BENCH_PEERS"), name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
