package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	credentialcomposerv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/server/credentialcomposer/v1"
	"github.com/spiffe/spire/pkg/common/catalog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"svidence.invalid/e2e/harness"
)

// SPIRE grants a plugin this long to end before it kills it.
const killAfter = 2 * time.Second

// compose asks for an SVID whose SPIFFE ID tells the test daemon what to do.
func compose(h *Host, action string) (pid int, config string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	response, err := h.Client.ComposeWorkloadX509SVID(ctx, &credentialcomposerv1.ComposeWorkloadX509SVIDRequest{
		Attributes: &credentialcomposerv1.X509SVIDAttributes{},
		SpiffeId:   "spiffe://example.org/" + action,
	})
	if err != nil {
		return 0, "", err
	}
	names := response.Attributes.DnsSans
	pid, err = strconv.Atoi(names[0])
	return pid, names[1], err
}

// mustCompose tries for as long as a daemon may take to be replaced.
func mustCompose(t *testing.T, h *Host, limit time.Duration) (pid int, config string) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		pid, config, err := compose(h, "plain")
		if err == nil {
			return pid, config
		}
		if time.Now().After(deadline) {
			t.Fatalf("no SVID within %v: %v; log:\n%s", limit, err, h.Log)
		}
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestLoadsAsSpireDoesAndLeavesNothingBehind(t *testing.T) {
	h := MustLoad(t, Options{Data: catalog.FixedData("good")})
	h.Log.Find(t, "Plugin loaded")
	h.Log.Find(t, "Configured plugin")
	pid, config, err := compose(h, "plain")
	if err != nil || config != "good" {
		t.Fatalf("config %q, %v", config, err)
	}
	if took := h.Unload(t); took >= killAfter {
		t.Errorf("unloading took %v", took)
	}
	h.Log.Find(t, "flushed")
	if alive(pid) {
		t.Errorf("daemon %d is still there", pid)
	}
	if left := runtimeDir(t, os.Getenv); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, entry := range h.Log.Entries() {
		// That a checksum is missing is the test's own doing.
		if entry.Level <= logrus.WarnLevel && !strings.Contains(entry.Message, "checksum") {
			t.Errorf("%v: %s %v", entry.Level, entry.Message, entry.Data)
		}
	}
}

func TestTellsWhatIsWrongWithTheConfiguration(t *testing.T) {
	for data, want := range map[string]string{
		"bad":     "code = InvalidArgument desc = 1:1: word: must be good; 2:3: other: must be good too",
		"missing": `code = InvalidArgument desc = ledger_dir "/missing" does not exist; create it`,
	} {
		_, err := Load(t, Options{Data: catalog.FixedData(data)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", data, err, want)
		}
	}
}

func TestTellsWhyADaemonCannotServe(t *testing.T) {
	h, err := Load(t, Options{Args: []string{"--daemon", "/bin/false"}})
	if err == nil {
		t.Fatal("loaded /bin/false")
	}
	h.Log.Find(t, "exited with status 1")
}

func TestReconfiguresWhileItServes(t *testing.T) {
	file := filepath.Join(harness.TempDir(t), "data")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	h := MustLoad(t, Options{Data: catalog.FileData(file)})
	write("second")
	h.Reconfigure()
	before, config := mustCompose(t, h, time.Second)
	if config != "second" {
		t.Errorf("config %q", config)
	}
	write("bad")
	h.Reconfigure()
	h.Log.Find(t, "Failed to reconfigure plugin")
	_, _, _ = compose(h, "crash")
	after, config := mustCompose(t, h, 10*time.Second)
	if after == before || config != "second" {
		t.Errorf("daemon %d became %d, config %q: want the last good one", before, after, config)
	}
}

func TestReplacesADaemonThatCrashes(t *testing.T) {
	h := MustLoad(t, Options{Data: catalog.FixedData("good")})
	before, _ := mustCompose(t, h, time.Second)
	waitForCounter(t, h, "test.composed", 1) // figures on their way die with the daemon
	_, _, err := compose(h, "crash")
	if code := status.Code(err); code != codes.Unavailable {
		t.Errorf("the call in flight: %v", err)
	}
	after, config := mustCompose(t, h, 10*time.Second)
	if after == before || config != "good" {
		t.Errorf("daemon %d became %d, config %q", before, after, config)
	}
	// Sent once only, before the crash: names by Init, address by the broker.
	waitForCounter(t, h, "test.composed", 2)
	if took := h.Unload(t); took >= killAfter {
		t.Errorf("unloading took %v", took)
	}
}

func waitForCounter(t *testing.T, h *Host, key string, want float32) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); h.Metrics.Counter(key) < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is %v, want %v", key, h.Metrics.Counter(key), want)
		}
	}
}

func TestReplacesADaemonThatIsStopped(t *testing.T) {
	h := MustLoad(t, Options{})
	before, _ := mustCompose(t, h, time.Second)
	harness.StopProcess(t, before)
	after, _ := mustCompose(t, h, 30*time.Second)
	if after == before {
		t.Errorf("daemon %d was not replaced", before)
	}
}

func TestEndsThoughItsDaemonIsStopped(t *testing.T) {
	h := MustLoad(t, Options{})
	pid, _ := mustCompose(t, h, time.Second)
	harness.StopProcess(t, pid)
	// Deinit waits for a new daemon, 5 s of silence away.
	if took := h.Unload(t); took > 20*time.Second {
		t.Errorf("unloading took %v", took)
	}
	if alive(pid) {
		t.Errorf("daemon %d is still there", pid)
	}
}

func TestReplacesADaemonWhoseThreadsAreStuck(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 15 s")
	}
	h := MustLoad(t, Options{})
	before, _ := mustCompose(t, h, time.Second)
	for range 64 { // more than gRPC has threads
		go func() { _, _, _ = compose(h, "block") }()
	}
	var after int
	for deadline := time.Now().Add(60 * time.Second); after == 0 || after == before; {
		if time.Now().After(deadline) {
			t.Fatalf("daemon %d was not replaced; log:\n%s", before, h.Log)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		response, err := h.Client.ComposeWorkloadX509SVID(ctx, &credentialcomposerv1.ComposeWorkloadX509SVIDRequest{
			Attributes: &credentialcomposerv1.X509SVIDAttributes{}, SpiffeId: "spiffe://example.org/plain",
		})
		cancel()
		if err == nil {
			after, _ = strconv.Atoi(response.Attributes.DnsSans[0])
		}
	}
}

func TestEndsThoughACallNeverReturns(t *testing.T) {
	h := MustLoad(t, Options{})
	pid, _ := mustCompose(t, h, time.Second)
	go func() { _, _, _ = compose(h, "never") }()
	time.Sleep(100 * time.Millisecond) // let it arrive; if not, the test is only weaker
	if took := h.Unload(t); took >= killAfter {
		t.Errorf("unloading took %v", took)
	}
	if alive(pid) {
		t.Errorf("daemon %d is still there", pid)
	}
}

// rawCodec sends bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }
func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}
func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = rawCodec{}

func send(h *Host, method string, message []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	var answer []byte
	return h.Conn.Invoke(ctx, method, &message, &answer, grpc.ForceCodecV2(rawCodec{}))
}

func TestSurvivesGarbageToEveryMethod(t *testing.T) {
	h := MustLoad(t, Options{})
	pid, _ := mustCompose(t, h, time.Second)
	const composer = "/spire.plugin.server.credentialcomposer.v1.CredentialComposer/"
	methods := []string{
		"/spire.service.private.init.v1.Init/Init",
		"/spire.service.private.init.v1.Init/Deinit",
		"/spire.service.common.config.v1.Config/Configure",
		"/spire.service.common.config.v1.Config/Validate",
		"/plugin.GRPCBroker/StartStream",
		"/plugin.GRPCStdio/StreamStdio",
		"/plugin.GRPCController/Shutdown",
		"/grpc.health.v1.Health/Check",
		"/grpc.health.v1.Health/Watch",
		"/no.such.Service/Method", "/", "", "no slash", "/\x01/\xff",
		composer + "ComposeServerX509CA", composer + "ComposeServerX509SVID",
		composer + "ComposeAgentX509SVID", composer + "ComposeWorkloadX509SVID",
		composer + "ComposeWorkloadJWTSVID", composer + "NoSuchMethod",
	}
	messages := [][]byte{
		{0xff}, {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f}, []byte("garbage"),
		bytes.Repeat([]byte{0x0a}, 100_000), bytes.Repeat([]byte{0x0b}, 100_000), // groups without end
		bytes.Repeat([]byte{0xff}, 5<<20),
	}
	for _, method := range methods {
		for i, message := range messages {
			if err := send(h, method, message); err == nil {
				t.Errorf("%q took message %d", method, i)
			}
		}
	}
	if again, _ := mustCompose(t, h, time.Second); again != pid {
		t.Errorf("daemon %d became %d", pid, again)
	}
}

func TestRefusesWhatIsTooLong(t *testing.T) {
	h := MustLoad(t, Options{})
	_, _, err := compose(h, strings.Repeat("x", 2<<20))
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "must be shorter, got 2097173") {
		t.Errorf("2 MB: %v", err)
	}
	_, _, err = compose(h, strings.Repeat("x", 5<<20))
	if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "4194304") {
		t.Errorf("5 MB: %v", err)
	}
	mustCompose(t, h, time.Second)
}

func TestServesManyCallsAtOnce(t *testing.T) {
	h := MustLoad(t, Options{})
	pid, _ := mustCompose(t, h, time.Second)
	t.Logf("idle: %s", memory(t, pid))
	var failed atomic.Int32
	var wait sync.WaitGroup
	for range 64 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range 100 {
				if _, _, err := compose(h, "plain"); err != nil {
					failed.Add(1)
				}
			}
		}()
	}
	wait.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d of 6400 calls failed", failed.Load())
	}
	t.Logf("after 6400 calls, 64 at a time: %s", memory(t, pid))
}

// memory is what script/bench measures; here it is only told.
func memory(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "RssAnon") || strings.HasPrefix(line, "Threads") {
			told = append(told, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(told, ", ")
}

// The host's log reader panics on some lines and misreads others.
func TestLogsWhatTheHostCanRead(t *testing.T) {
	h := MustLoad(t, Options{})
	if _, _, err := compose(h, "noise"); err != nil {
		t.Fatal(err)
	}
	mustCompose(t, h, time.Second)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if found(h, "noise", "kind", "last") || time.Now().After(deadline) {
			break
		}
	}
	for kind, level := range map[string]logrus.Level{
		"critical": logrus.ErrorLevel, `"quoted \x1b"`: logrus.InfoLevel, "bytes": logrus.InfoLevel,
		"last": logrus.InfoLevel,
	} {
		if !slices.ContainsFunc(h.Log.Entries(), func(entry logrus.Entry) bool {
			return entry.Data["kind"] == kind && entry.Level == level
		}) {
			t.Errorf("no line kind=%s at %v in:\n%s", kind, level, h.Log)
		}
	}
	h.Log.Find(t, "raw text on stderr")
	h.Log.Find(t, "raw text on stdout")
	h.Log.Find(t, "[cut: the text had 200000 bytes]")
	for _, entry := range h.Log.Entries() {
		if strings.HasPrefix(entry.Message, "{\"@") {
			t.Errorf("read as no hclog line: %.200s", entry.Message)
		}
	}
	if took := h.Unload(t); took >= killAfter {
		t.Errorf("unloading took %v", took)
	}
}

func found(h *Host, message, key, value string) bool {
	for _, entry := range h.Log.Entries() {
		if strings.Contains(entry.Message, message) && entry.Data[key] == value {
			return true
		}
	}
	return false
}

func TestIgnoresTheSignalsThatReachAWholeUnit(t *testing.T) {
	h := MustLoad(t, Options{})
	pid, _ := mustCompose(t, h, time.Second)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP,
		syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGUSR2} {
		if err := syscall.Kill(pid, signal); err != nil {
			t.Fatal(err)
		}
	}
	if again, _ := mustCompose(t, h, time.Second); again != pid {
		t.Errorf("daemon %d became %d", pid, again)
	}
}

// listen starts a daemon beside the host; it gives the way to end it.
func listen(t *testing.T, socket string) *exec.Cmd {
	t.Helper()
	daemon := exec.Command(harness.Program(t, "svidence-test-daemon"), "--listen", socket)
	daemon.Stderr = os.Stderr
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Signal(syscall.SIGTERM)
		if err := daemon.Wait(); err != nil {
			t.Errorf("the daemon after SIGTERM: %v", err)
		}
	})
	return daemon
}

func TestServesFromBesideSpire(t *testing.T) {
	socket := harness.SocketPath(t, harness.TempDir(t), "s")
	daemon := listen(t, socket)
	options := Options{Args: []string{"--connect", socket}, Data: catalog.FixedData("good")}

	for round := range 3 {
		h := MustLoad(t, options)
		pid, config := mustCompose(t, h, time.Second)
		if pid != daemon.Process.Pid || config != "good" {
			t.Errorf("round %d: daemon %d, config %q", round, pid, config)
		}
		if round == 1 {
			second, err := Load(t, options)
			if err == nil {
				t.Error("a second SPIRE took the daemon")
			} else {
				second.Log.Find(t, "the daemon serves another SPIRE")
			}
			mustCompose(t, h, time.Second)
		}
		if took := h.Unload(t); took >= killAfter {
			t.Errorf("unloading took %v", took)
		}
	}
	if !alive(daemon.Process.Pid) {
		t.Error("the daemon ended with its host")
	}
}

func TestMayBeReplacedBesideSpire(t *testing.T) {
	socket := harness.SocketPath(t, harness.TempDir(t), "s")
	first := exec.Command(harness.Program(t, "svidence-test-daemon"), "--listen", socket)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	h := MustLoad(t, Options{Args: []string{"--connect", socket}, Data: catalog.FixedData("good")})
	mustCompose(t, h, time.Second)
	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the daemon after SIGTERM: %v", err)
	}
	second := listen(t, socket)
	pid, config := mustCompose(t, h, 10*time.Second)
	if pid != second.Process.Pid || config != "good" {
		t.Errorf("daemon %d, config %q", pid, config)
	}
	h.Unload(t) // while there is a daemon to answer
}

func TestMain(m *testing.M) {
	// The cookie of another plugin type, inherited, would confuse the shim.
	for _, name := range []string{"WorkloadAttestor", "CredentialComposer"} {
		if err := os.Unsetenv(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
