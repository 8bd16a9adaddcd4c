package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"svidence.invalid/e2e/harness"
)

// noWarnings fails the test for every line above info that SPIRE wrote on behalf
// of one of our plugins, or in which one is named.
func noWarnings(t *testing.T, logs *harness.Logs) {
	t.Helper()
	for _, line := range logs.Find(0, func(line harness.Line) bool {
		calm := line.Level() == "debug" || line.Level() == "info"
		// SPIRE's own refusals name our selectors; they say nothing of the plugin.
		refused := line.Message() == "No identity issued"
		return !calm && !refused && strings.Contains(line.Raw, "svidence")
	}) {
		t.Errorf("a line above info: %s", line.Raw)
	}
}

// wellFormed fails the test for lines of ours that SPIRE could not read as hclog
// JSON and passed on as they were.
func wellFormed(t *testing.T, logs *harness.Logs) {
	t.Helper()
	lines := logs.Find(0, func(line harness.Line) bool { return line.FromPlugin("svidence") })
	if len(lines) == 0 {
		t.Error("SPIRE logged nothing on behalf of the plugin")
	}
	for _, line := range lines {
		if strings.HasPrefix(line.Message(), "{") || strings.HasPrefix(line.Text("timestamp"), "0001-") {
			t.Errorf("no hclog line: %s", line.Raw)
		}
	}
}

func TestBothPluginsLoadWithoutAWarning(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, "")})
	for _, logs := range []*harness.Logs{server.Logs, agent.Logs} {
		for _, message := range []string{"Plugin loaded", "Configured plugin"} {
			logs.Wait(t, 0, time.Second, message, func(line harness.Line) bool {
				return line.Message() == message && line.Text("plugin_name") == "svidence"
			})
		}
	}
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:uid:"+uid())
	if got := agent.Fetch(harness.Workload{}); len(got.X509) != 1 {
		t.Errorf("want one X509-SVID, got %+v", got)
	}
	if err := server.Healthy(); err != nil {
		t.Error(err)
	}
	agent.Shutdown()
	server.Shutdown()
	for _, logs := range []*harness.Logs{server.Logs, agent.Logs} {
		noWarnings(t, logs)
		wellFormed(t, logs)
	}
	// The lock file stays: removing it would let two servers each hold one.
	if left, err := os.ReadDir(site.Runtime); err != nil || len(left) > 1 || len(left) == 1 && left[0].Name() != "lock" {
		t.Errorf("left in the runtime directory: %v (%v)", left, err)
	}
}

// The health check signs an SVID for an ID under the prefix set here. Passing it
// must need SPIRE's own key: anyone else's certificate for that ID is an issuance.
func TestHealthCheckStaysGoodAndNobodyElsePassesAsIt(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, `agent_prefix = "/for"`)
	if err := server.Healthy(); err != nil {
		t.Fatal(err)
	}
	admin := site.Admin(t)
	if issued := ofType(checkChain(t, admin.Entries()), "issue.x509"); len(issued) != 0 {
		t.Errorf("health checks are no issuances, got %d entries", len(issued))
	}
	chain, err := server.MintX509(harness.Context(t), "/for/health/check/only")
	if err != nil {
		t.Fatal(err)
	}
	checkX509(t, chain[0])
	if issued := ofType(checkChain(t, admin.Entries()), "issue.x509"); len(issued) != 1 {
		t.Errorf("want one entry for the health-check ID with another key, got %d", len(issued))
	}
}

// facts are what the attestor must find out about a process, from /proc and the
// user database, by other code than its own.
func facts(t *testing.T, pid int, program string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	var status syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d", pid), &status); err != nil {
		t.Fatal(err)
	}
	owner, err := user.LookupId(fmt.Sprint(status.Uid))
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(fmt.Sprint(status.Gid))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"uid": fmt.Sprint(status.Uid), "gid": fmt.Sprint(status.Gid),
		"user": owner.Username, "group": group.Name,
		"exe:path": program, "exe:sha256": hex.EncodeToString(sum[:]), "instance": instanceID(t, pid),
	}
}

// instanceID follows docs/formats/instance-id.md. SPIRE's agent runs in our pid
// namespace.
func instanceID(t *testing.T, pid int) string {
	t.Helper()
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("svidence-process-instance-v1\n%s\n%s\n%d\n%s\n", strings.TrimSpace(string(boot)),
		strings.Trim(namespace, "pid:[]"), pid, harness.StartTime(t, pid))
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func TestSelectorsAreTheFactsOfTheProcess(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, "")})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := harness.CopyProgram(t, self, filepath.Join(agent.Dir, "buyer"))
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:exe:path:"+program)

	_, process := agent.Hold(harness.Workload{Program: program})
	want := facts(t, process.Pid, program)
	var selectors []string
	for key, value := range want {
		selectors = append(selectors, "svidence:"+key+":"+value)
	}
	slices.Sort(selectors)
	got := agent.Selectors(process.Pid)
	slices.Sort(got)
	if !slices.Equal(got, selectors) {
		t.Errorf("selectors:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(selectors, "\n     "))
	}
}

// An entry per kind of selector: a process has those, and only those, that its
// facts earn it.
func TestEachSelectorGatesAnEntry(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, "")})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := harness.CopyProgram(t, self, filepath.Join(agent.Dir, "buyer"))
	server.CreateEntry(agent, "/agent/common/1", "svidence:uid:"+uid())
	_, held := agent.Hold(harness.Workload{Program: program})
	for key, value := range facts(t, held.Pid, program) {
		server.CreateEntry(agent, "/agent/"+strings.ReplaceAll(key, ":", "-")+"/1", "svidence:"+key+":"+value)
	}
	server.CreateEntry(agent, "/agent/nobody/1", "svidence:exe:sha256:"+strings.Repeat("0", 64))

	// The same program, started anew: another instance.
	wantIdentities(t, agent, harness.Workload{Program: program},
		"common", "uid", "gid", "user", "group", "exe-path", "exe-sha256")
	// One byte more at another path: another program.
	other := harness.CopyProgram(t, self, filepath.Join(agent.Dir, "rogue"))
	appendByte(t, other)
	wantIdentities(t, agent, harness.Workload{Program: other}, "common", "uid", "gid", "user", "group")
	// The same bytes at another path.
	same := harness.CopyProgram(t, self, filepath.Join(agent.Dir, "copy"))
	wantIdentities(t, agent, harness.Workload{Program: same},
		"common", "uid", "gid", "user", "group", "exe-sha256")
	if os.Getuid() == 0 {
		nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
		wantIdentities(t, agent, harness.Workload{Program: program, User: nobody}, "exe-path", "exe-sha256")
	} else {
		t.Log("not root: a workload of another user was not tried")
	}
}

// wantIdentities waits until a workload has exactly the identities of these agent
// names: entries reach the SPIRE agent one synchronisation after another.
func wantIdentities(t *testing.T, agent *harness.Agent, workload harness.Workload, names ...string) {
	t.Helper()
	slices.Sort(names)
	var got []string
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		got = nil
		for _, svid := range agent.Fetch(workload).X509 {
			got = append(got, strings.Split(svid.ID, "/")[4])
		}
		if slices.Sort(got); slices.Equal(got, names) {
			return
		}
	}
	t.Errorf("%s has the identities %v, want %v", filepath.Base(workload.Program), got, names)
}

func appendByte(t *testing.T, path string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
}
