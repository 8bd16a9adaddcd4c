package harness

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	agentv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/agent/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
)

// AgentOptions say what is not the same for every test.
type AgentOptions struct {
	Plugins string   // HCL: the workload attestors, at least one
	Env     []string // added to the environment
	// LogLevel of SPIRE; empty: DEBUG.
	LogLevel string
}

// Agent is a running spire-agent.
type Agent struct {
	*Process
	Dir    string
	Socket string // Workload API

	t     testing.TB
	token string
}

// StartAgent joins a spire-agent to the server and waits until its Workload API
// is open. It fails the test if that does not come about.
func StartAgent(t testing.TB, server *Server, options AgentOptions) *Agent {
	t.Helper()
	a := LaunchAgent(t, server, options)
	_, ok := a.Logs.wait(0, startLimit, a.done, Message("Starting Workload and SDS APIs"))
	if !ok {
		t.Fatalf("spire-agent did not open its Workload API within %v (%v); its last lines:\n%s",
			startLimit, a.err, a.Logs.Tail(40))
	}
	for deadline := time.Now().Add(startLimit); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(a.Socket); err == nil {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("spire-agent made no socket %s within %v", a.Socket, startLimit)
		}
	}
}

// LaunchAgent starts spire-agent and does not wait, for tests in which it must
// not come up.
func LaunchAgent(t testing.TB, server *Server, options AgentOptions) *Agent {
	t.Helper()
	joined, err := server.Agents().CreateJoinToken(Context(t), &agentv1.CreateJoinTokenRequest{Ttl: 600})
	if err != nil {
		t.Fatal(err)
	}
	dir := TempDir(t)
	// Workloads of other users must reach the socket.
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	a := &Agent{t: t, Dir: dir, Socket: SocketPath(t, dir, "agent.sock"), token: joined.Value}
	bundle := filepath.Join(dir, "bundle.pem")
	if err := os.WriteFile(bundle, server.AuthoritiesPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "agent.conf")
	text := fmt.Sprintf(agentConfig, filepath.Join(dir, "data"), server.Port, a.Socket, bundle, TrustDomain,
		cmp.Or(options.LogLevel, "DEBUG"), options.Plugins)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(SpireProgram(t, "spire-agent"), "run", "-config", config, "-joinToken", a.token)
	command.Env = options.Env
	command.Dir = dir
	a.Process = StartProcess(t, "spire-agent", command)
	return a
}

const agentConfig = `agent {
  data_dir = "%s"
  server_address = "127.0.0.1"
  server_port = "%s"
  socket_path = "%s"
  trust_bundle_path = "%s"
  trust_domain = "%s"
  log_level = "%s"
  log_format = "json"
  experimental { sync_interval = "1s" }
}
plugins {
  KeyManager "memory" { plugin_data {} }
  NodeAttestor "join_token" { plugin_data {} }
%s
}
`

// ID of the agent, the parent of its workloads' entries.
func (a *Agent) ID() *types.SPIFFEID { return ID("/spire/agent/join_token/" + a.token) }

// Selectors waits until the agent has logged the selectors of the pid, and returns
// them as "type:value".
func (a *Agent) Selectors(pid int) []string {
	a.t.Helper()
	line := a.Logs.Wait(a.t, 0, 10*time.Second, "selectors of a pid", func(line Line) bool {
		return line.Message() == "PID attested to have selectors" && line.Text("pid") == fmt.Sprint(pid)
	})
	var decoded struct{ Selectors []types.Selector }
	if err := json.Unmarshal([]byte(line.Raw), &decoded); err != nil {
		a.t.Fatal(err)
	}
	var found []string
	for i := range decoded.Selectors {
		found = append(found, decoded.Selectors[i].Type+":"+decoded.Selectors[i].Value)
	}
	return found
}

// Shutdown stops the agent as an operator does; it must end in time, cleanly,
// and leave no process.
func (a *Agent) Shutdown() { a.t.Helper(); a.Stop(stopLimit) }
