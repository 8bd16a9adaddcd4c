package skeleton

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"svidence.invalid/e2e/bench/report"
	"svidence.invalid/e2e/harness"
)

const (
	rounds       = 5
	extensionOID = "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985.1"
)

// Requests per round at each number in flight: about a second each.
var loads = []struct{ inFlight, requests int }{{1, 600}, {8, 2000}, {64, 3000}}

// TestSkeleton is a benchmark in the clothes of a test: it needs the harness and
// never asserts a figure. script/bench skeleton runs it.
func TestSkeleton(t *testing.T) {
	out := os.Getenv("SVIDENCE_BENCH_OUT")
	if out == "" {
		t.Skip("a benchmark: run script/bench skeleton")
	}
	fmt.Printf("machine: %d cores, Go %s; client, SPIRE and plugins share them; medians of %d alternating runs\n",
		runtime.NumCPU(), strings.TrimPrefix(runtime.Version(), "go"), rounds)
	ours := startOurs(t)
	memory := idleMemory(t, ours.Process, "svidence-server")
	size := extensionBytes(t, ours)
	rows := mintRows(t, ours, size)
	rows = append(rows, fetchRows(t, ours)...)
	rows = append(rows, memory...)
	fmt.Printf("peers: (a) no composer; (b) Go composer, %d-byte extension, keeps nothing; (c) as b, one durable SQLite row per SVID\n", size)
	report.Print(os.Stdout, rows)
	if err := report.Write(out, rows); err != nil {
		t.Fatal(err)
	}
}

func startOurs(t *testing.T) *harness.Server {
	dir := harness.TempDir(t)
	stanza := fmt.Sprintf(`CredentialComposer "svidence" {
    plugin_cmd = %q
    plugin_data {
      ledger_dir = %q
      runtime_dir = %q
      allow_unsigned = true
    }
  }`, harness.Program(t, "svidence-shim"), filepath.Join(dir, "ledger"), filepath.Join(dir, "run"))
	server := harness.StartServer(t, harness.ServerOptions{Plugins: stanza, LogLevel: "INFO"})
	register := exec.Command(harness.Program(t, "svidence"), "--socket", filepath.Join(dir, "run", "admin.sock"),
		"agent", "register", "load", "--scope", "3", "--sponsor", "alice@example.org")
	if text, err := register.CombinedOutput(); err != nil {
		t.Fatalf("registering: %v: %s", err, text)
	}
	return server
}

func extensionBytes(t *testing.T, server *harness.Server) int {
	chain, err := server.MintX509(harness.Context(t), "/agent/load/1")
	if err != nil {
		t.Fatal(err)
	}
	for _, extension := range chain[0].Extensions {
		if extension.Id.String() == extensionOID {
			return len(extension.Value)
		}
	}
	t.Fatal("our SVID has no extension")
	return 0
}

func startPeer(t *testing.T, args ...string) *harness.Server {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = fmt.Sprintf("%q", arg)
	}
	stanza := fmt.Sprintf(`CredentialComposer "peer" {
    plugin_cmd = %q
    plugin_args = [%s]
    plugin_data {}
  }`, peerProgram(t, "peercomposer"), strings.Join(quoted, ", "))
	return harness.StartServer(t, harness.ServerOptions{Plugins: stanza, LogLevel: "INFO"})
}

// peerProgram is a program of this module, built by script/bench.
func peerProgram(t *testing.T, name string) string {
	path, err := filepath.Abs(filepath.Join(os.Getenv("SVIDENCE_BENCH_PEERS"), name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func mintRows(t *testing.T, ours *harness.Server, size int) []report.Row {
	bytes := fmt.Sprint(size)
	servers := map[string]*harness.Server{
		"a": harness.StartServer(t, harness.ServerOptions{LogLevel: "INFO"}),
		"b": startPeer(t, "-size", bytes),
		"c": startPeer(t, "-size", bytes, "-db", filepath.Join(harness.TempDir(t), "issued.db")),
		"d": ours,
	}
	var rows []report.Row
	for _, load := range loads {
		rates, p50s := mintAlternating(t, servers, load.inFlight, load.requests)
		at := fmt.Sprintf(", %d in flight", load.inFlight)
		if load.inFlight == 1 {
			rows = append(rows,
				report.Info("mint p50 vs (a)"+at, "us", p50s["d"], p50s["a"]),
				report.AtMost("mint p50 vs (b)"+at, "us", p50s["d"], p50s["b"], 1.2),
				report.AtMost("mint p50 vs (c)"+at, "us", p50s["d"], p50s["c"], 1.0))
			continue
		}
		rows = append(rows,
			report.Info("mint rate vs (a)"+at, "1/s", rates["d"], rates["a"]),
			report.AtLeast("mint rate vs (b)"+at, "1/s", rates["d"], rates["b"], 0.95),
			report.AtLeast("mint rate vs (c)"+at, "1/s", rates["d"], rates["c"], 1.3))
	}
	return rows
}

// mintAlternating gives the medians of rate and p50 for each server, by name.
func mintAlternating(t *testing.T, servers map[string]*harness.Server, inFlight, n int) (map[string]float64, map[string]float64) {
	csrs, err := requests(n)
	if err != nil {
		t.Fatal(err)
	}
	rates, p50s := map[string][]float64{}, map[string][]float64{}
	for round := range rounds + 1 { // the first warms up and is not counted
		for _, name := range []string{"a", "b", "c", "d"} {
			f, err := mint(servers[name].SVIDs(), csrs, inFlight)
			if err != nil {
				t.Fatalf("minting at peer %s: %v", name, err)
			}
			if round > 0 {
				rates[name] = append(rates[name], f.PerSecond)
				p50s[name] = append(p50s[name], f.P50)
			}
		}
	}
	rate, p50 := map[string]float64{}, map[string]float64{}
	for name := range servers {
		rate[name], p50[name] = report.Median(rates[name]), report.Median(p50s[name])
		fmt.Printf("  %2d in flight, %s: rate %.0f/s %.0f, p50 %.0f us %.0f\n", inFlight, name, rate[name], rates[name], p50[name], p50s[name])
	}
	return rate, p50
}

func fetchRows(t *testing.T, server *harness.Server) []report.Row {
	const warmUp, fetches, hashed = 50, 500, 60
	fetcher := peerProgram(t, "fetcher")
	attestors := map[string]string{
		"ours": fmt.Sprintf(`WorkloadAttestor "svidence" {
    plugin_cmd = %q
    plugin_data {}
  }`, harness.Program(t, "svidence-shim")),
		"unix":      `WorkloadAttestor "unix" { plugin_data {} }`,
		"unix hash": `WorkloadAttestor "unix" { plugin_data { discover_workload_path = true } }`,
	}
	selectors := map[string]string{"ours": "svidence:uid:", "unix": "unix:uid:", "unix hash": "unix:uid:"}
	sockets := map[string]string{}
	var memory []report.Row
	for name, stanza := range attestors {
		agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: stanza, LogLevel: "INFO"})
		server.CreateEntry(agent, "/agent/load/"+strings.ReplaceAll(name, " ", "-"), selectors[name]+fmt.Sprint(os.Getuid()))
		sockets[name] = agent.Socket
		if name == "ours" {
			memory = idleMemory(t, agent.Process, "svidence-agent")
		}
		awaitIdentity(t, fetcher, agent.Socket)
		fetch(t, fetcher, agent.Socket, warmUp)
	}
	p50s := map[string][]float64{}
	for range rounds {
		for _, name := range []string{"ours", "unix", "unix hash"} {
			n := fetches
			if name == "unix hash" {
				n = hashed
			}
			p50s[name] = append(p50s[name], fetch(t, fetcher, sockets[name], n))
		}
	}
	file, err := os.Stat(fetcher)
	if err != nil {
		t.Fatal(err)
	}
	what := fmt.Sprintf("fetch p50 with exe:sha256 of %.0f MB", float64(file.Size())/1e6)
	us := report.Median(p50s["ours"])
	return append(memory,
		report.AtMost(what+" vs unix without hash", "us", us, report.Median(p50s["unix"]), 1.3),
		report.TimesFaster(what+" vs unix with hash", "us", us, report.Median(p50s["unix hash"]), 10))
}

// idleMemory compares what shim and daemon hold before any load with the bounds
// that we promise; the "peer" is the bound.
func idleMemory(t *testing.T, spire *harness.Process, daemon string) []report.Row {
	const mib = 1 << 20
	shim := float64(harness.ResidentBytes(t, spire.Child("svidence-shim", time.Minute))) / mib
	body := float64(harness.ResidentBytes(t, spire.Child(daemon, time.Minute))) / mib
	return []report.Row{
		report.AtMost("idle RSS of svidence-shim of "+daemon, "MiB", shim, 2, 1),
		report.AtMost("idle RSS of "+daemon, "MiB", body, 20, 1),
	}
}

// awaitIdentity returns once SPIRE's agent has synced the workload's entry.
func awaitIdentity(t *testing.T, program, socket string) {
	const patience = 30 * time.Second
	var last fetchResult
	for began := time.Now(); time.Since(began) < patience; time.Sleep(100 * time.Millisecond) {
		if last = runFetcher(t, program, socket, 1); last.Failed == 0 {
			return
		}
	}
	t.Fatalf("no SVID within %s: %s", patience, last.Error)
}

// fetch runs the workload and gives its p50 in microseconds.
func fetch(t *testing.T, program, socket string, n int) float64 {
	result := runFetcher(t, program, socket, n)
	if result.Failed > 0 {
		t.Fatalf("%d of %d fetches failed: %s", result.Failed, n, result.Error)
	}
	return result.P50
}

// fetchResult is what the fetcher prints.
type fetchResult struct {
	P50    float64 `json:"p50"`
	Failed int     `json:"failed"`
	Error  string  `json:"error"`
}

func runFetcher(t *testing.T, program, socket string, n int) fetchResult {
	output, err := exec.Command(program, "-socket", socket, "-n", fmt.Sprint(n)).Output()
	if err != nil {
		t.Fatalf("running the fetcher: %v", err)
	}
	var result fetchResult
	if err := json.Unmarshal(output, &result); err != nil {
		t.Fatal(err)
	}
	return result
}
