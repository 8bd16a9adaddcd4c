package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"svidence.invalid/e2e/harness"
)

// page gets one page of a daemon's endpoint, which is a Unix socket.
func page(t *testing.T, socket, path string) string {
	t.Helper()
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
	response, err := client.Get("http://daemon" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %v: %s", path, response.Status, err, text)
	}
	return string(text)
}

// Both daemons serve what they count, and they count what happens.
func TestMetricsCountWhatHappens(t *testing.T) {
	site := harness.NewSite(t)
	serverSocket := harness.SocketPath(t, harness.TempDir(t), "metrics.sock")
	agentSocket := harness.SocketPath(t, filepath.Dir(serverSocket), "agent-metrics.sock")
	metrics := func(socket string) string { return fmt.Sprintf("metrics { listen = \"unix:%s\" }", socket) }
	server := site.Start(t, metrics(serverSocket))
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, metrics(agentSocket))})
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:uid:"+uid())
	if got := agent.Fetch(harness.Workload{}); len(got.X509) != 1 {
		t.Fatalf("want one X509-SVID, got %+v", got)
	}
	for socket, wanted := range map[string][]string{
		serverSocket: {`svidence_compose_total{result="x509"} 1`, "svidence_ledger_entries 2", "svidence_refusing 0", "svidence_compose_seconds_count"},
		agentSocket:  {`svidence_attest_total{result="selectors"}`, `svidence_exe_hash_cache_total{result="miss"}`, "svidence_attest_seconds_count"},
	} {
		text := page(t, socket, "/metrics")
		for _, line := range wanted {
			if !strings.Contains(text, line) {
				t.Errorf("no %q in:\n%s", line, text)
			}
		}
		page(t, socket, "/health")
	}
}
