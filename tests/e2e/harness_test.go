package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"svidence.invalid/e2e/harness"
)

// The harness itself, with nothing of ours: what it says about SPIRE alone must
// be right before it may say something about Svidence.
func TestHarnessRunsSpireWithItsOwnUnixAttestor(t *testing.T) {
	server := harness.StartServer(t, harness.ServerOptions{})
	agent := harness.StartAgent(t, server, harness.AgentOptions{
		Plugins: `  WorkloadAttestor "unix" { plugin_data {} }`,
	})
	server.CreateEntry(agent, "/plain/one", "unix:uid:"+uid())

	x509 := agent.Fetch(harness.Workload{})
	if len(x509.X509) != 1 || x509.X509[0].ID != harness.URI("/plain/one") {
		t.Fatalf("want one X509-SVID of /plain/one, got %+v", x509)
	}
	jwt := agent.Fetch(harness.Workload{Audience: "test"})
	if len(jwt.Tokens) != 1 {
		t.Fatalf("want one JWT-SVID, got %+v", jwt)
	}
	if x509.Pid == jwt.Pid || x509.Pid == os.Getpid() {
		t.Errorf("workloads must be processes of their own, got pids %d and %d", x509.Pid, jwt.Pid)
	}

	chain, err := server.MintX509(harness.Context(t), "/plain/minted")
	if err != nil {
		t.Fatal(err)
	}
	if got := chain[0].URIs[0].String(); got != harness.URI("/plain/minted") {
		t.Errorf("minted for %s", got)
	}
	if err := server.Healthy(); err != nil {
		t.Error(err)
	}
	agent.Shutdown()
	server.Shutdown()
}

func TestHarnessReportsAWorkloadWithoutIdentity(t *testing.T) {
	server := harness.StartServer(t, harness.ServerOptions{})
	agent := harness.StartAgent(t, server, harness.AgentOptions{
		Plugins: `  WorkloadAttestor "unix" { plugin_data {} }`,
	})
	got := agent.Fetch(harness.Workload{Limit: time.Second})
	if len(got.X509) != 0 || !strings.Contains(got.Error, "no identity issued") {
		t.Errorf("want a refusal, got %+v", got)
	}
}

func TestHarnessSeesAServerThatCannotStart(t *testing.T) {
	server := harness.LaunchServer(t, harness.ServerOptions{
		Plugins: `  CredentialComposer "none" { plugin_cmd = "/nonexistent" plugin_data {} }`,
	})
	err := server.AwaitReady(30 * time.Second)
	if err == nil || !strings.Contains(err.Error(), "ended while starting") {
		t.Errorf("want an error that the server ended, got %v", err)
	}
	server.Logs.Wait(t, 0, time.Second, "the reason", func(line harness.Line) bool {
		return line.Level() == "error" && strings.Contains(line.Text("error"), "/nonexistent: no such file")
	})
}
