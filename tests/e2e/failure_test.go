package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"svidence.invalid/e2e/harness"
)

const defaultKills = 200

// call is one request of the load, and how it ended.
type call struct {
	started, ended time.Time
	spki           string
	carried        string // the entry in the SVID; empty if the call failed
	err            error
}

// load mints without pause, `inFlight` at a time, until its context ends.
func load(ctx context.Context, server *harness.Server, inFlight int) func() []call {
	var mu sync.Mutex
	var calls []call
	var wg sync.WaitGroup
	for worker := range inFlight {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				made := mint(server, fmt.Sprintf("/agent/load/%d", worker))
				mu.Lock()
				calls = append(calls, made)
				mu.Unlock()
			}
		})
	}
	return func() []call { wg.Wait(); return calls }
}

func mint(server *harness.Server, path string) call {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return call{err: err}
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return call{err: err}
	}
	made := call{spki: fmt.Sprintf("sha256:%x", sha256.Sum256(der)), started: time.Now()}
	// Longer than a connection waits for a new daemon: who gives up is not us.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	chain, err := server.MintX509For(ctx, key, path)
	made.ended, made.err = time.Now(), err
	if err == nil {
		made.carried, made.err = carriedEntry(chain[0])
	}
	return made
}

// noticeTime is what SPIRE's client gets to see that its connection is closed.
const noticeTime = 20 * time.Millisecond

// kill is one SIGKILL: from the moment before it is sent until the process is gone.
type kill struct{ sent, gone time.Time }

// 200 times, the daemon dies at the worst moment. Only calls that were under way
// may fail; what was answered must be in the ledger, and the ledger whole.
func TestKilledDaemonLosesOnlyCallsInFlight(t *testing.T) {
	kills := defaultKills
	if text := os.Getenv("SVIDENCE_E2E_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	site := harness.NewSite(t)
	server := site.Start(t, "")
	site.Admin(t).Register("load", "alice@example.org", 3)

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	finish := load(ctx, server, 8)
	killed := killDaemon(t, server, kills)
	stop()
	calls := finish()
	if err := server.Healthy(); err != nil {
		t.Errorf("after %d kills: %v", kills, err)
	}
	server.Shutdown()

	answered, failed := checkCalls(t, calls, killed)
	t.Logf("%d kills, %d calls answered, %d failed in flight, none outside", kills, answered, failed)
	checkAcknowledged(t, readLedger(t, site), calls)
}

// killDaemon kills the daemon `count` times, each time after it has served again
// for a moment that is never the same.
func killDaemon(t *testing.T, server *harness.Server, count int) []kill {
	t.Helper()
	var killed []kill
	for n := range count {
		pid := server.Daemon()
		if _, err := server.MintX509(harness.Context(t), "/agent/load/probe"); err != nil {
			t.Fatalf("after kill %d: %v", n, err)
		}
		time.Sleep(time.Duration(n*7%50) * time.Millisecond)
		k := kill{sent: time.Now()}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatalf("kill %d: %v", n, err)
		}
		for syscall.Kill(pid, 0) == nil && time.Since(k.sent) < 5*time.Second {
			time.Sleep(time.Millisecond)
		}
		// SPIRE's gRPC client learns of the closed socket when its reader next
		// runs; what it writes before that is lost with the daemon.
		time.Sleep(noticeTime)
		k.gone = time.Now()
		killed = append(killed, k)
	}
	return killed
}

// checkCalls fails the test for every failed call that no kill excuses: it must
// have begun before the killed process was gone, and ended after the signal.
func checkCalls(t *testing.T, calls []call, killed []kill) (answered, failed int) {
	t.Helper()
	for _, made := range calls {
		if made.err == nil {
			answered++
			continue
		}
		failed++
		excused := false
		for _, k := range killed {
			excused = excused || made.started.Before(k.gone) && made.ended.After(k.sent)
		}
		if !excused {
			t.Errorf("a call that no kill excuses failed: %v after it began, %v", made.ended.Sub(made.started), made.err)
		}
	}
	if answered == 0 {
		t.Error("no call was answered at all")
	}
	return answered, failed
}

// checkAcknowledged: every SVID that was given out has its entry, byte for byte.
func checkAcknowledged(t *testing.T, ledger []string, calls []call) {
	t.Helper()
	times := map[string]int{}
	whole := map[string]bool{}
	for _, e := range ofType(checkChain(t, ledger), "issue.x509") {
		times[e.SPKI]++
		whole[e.Raw] = true
	}
	for _, made := range calls {
		if made.err == nil && (times[made.spki] != 1 || !whole[made.carried]) {
			t.Errorf("an answered issuance is in the ledger %d times: %s", times[made.spki], made.carried)
		}
	}
}

// SPIRE and plugins die together, as at a power cut: an SVID that came out is
// written down.
func TestKilledServerHasEveryIssuanceItAnswered(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	finish := load(ctx, server, 8)
	time.Sleep(700 * time.Millisecond)
	below := server.Tree()
	server.SignalGroup(syscall.SIGKILL)
	stop()
	calls := finish()
	server.AssertGone(below)
	checkAcknowledged(t, readLedger(t, site), calls)

	// And it goes on from there.
	again := site.Start(t, "")
	if _, err := again.MintX509(harness.Context(t), "/agent/load/1"); err != nil {
		t.Error(err)
	}
	again.Shutdown()
	checkChain(t, readLedger(t, site))
}

// The agent's daemon too is replaced: the next workload is attested.
func TestKilledAttestorIsReplaced(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, "")})
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:uid:"+uid())
	if got := agent.Fetch(harness.Workload{}); len(got.X509) != 1 {
		t.Fatalf("want one X509-SVID, got %+v", got)
	}
	for range 5 {
		before := agent.Daemon()
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if got := agent.Fetch(harness.Workload{}); len(got.X509) != 1 {
			t.Errorf("after the kill, want one X509-SVID, got %+v", got)
		}
		if after := agent.Daemon(); after == before {
			t.Error("the daemon was not replaced")
		}
	}
	agent.Shutdown()
}

// A daemon that hangs would hang SPIRE's shutdown for ever: the shim replaces it.
func TestStoppedDaemonIsReplacedAndSpireShutsDown(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	before := server.Daemon()
	harness.StopProcess(t, before)
	began := time.Now()
	// The call that meets the hung daemon may be lost; SPIRE's callers try again.
	var err error
	for err = context.DeadlineExceeded; err != nil && time.Since(began) < 40*time.Second; {
		_, err = server.MintX509(harness.Context(t), "/agent/buyer/1")
	}
	if err != nil {
		t.Fatalf("no SVID %v after the daemon was stopped: %v", time.Since(began), err)
	}
	t.Logf("an SVID %v after the daemon was stopped", time.Since(began).Round(100*time.Millisecond))
	if after := server.Daemon(); after == before {
		t.Error("the stopped daemon was not replaced")
	}
	server.Shutdown()
}

func TestSpireShutsDownWhileTheDaemonIsStopped(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	harness.StopProcess(t, server.Daemon())
	server.Shutdown()
}

// A terminal or systemd sends its signals to the whole group. Only SPIRE acts on
// them; the plugins end when SPIRE says so.
func TestSigtermToTheGroupEndsSpireInOrder(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, "")})
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:uid:"+uid())
	if got := agent.Fetch(harness.Workload{}); len(got.X509) != 1 {
		t.Fatalf("want one X509-SVID, got %+v", got)
	}
	for _, process := range []*harness.Process{agent.Process, server.Process} {
		below := process.Tree()
		process.SignalGroup(syscall.SIGTERM)
		if err := process.WaitExit(20 * time.Second); err != nil {
			t.Errorf("%s: %v", process.Name, err)
		}
		process.AssertGone(below)
		noWarnings(t, process.Logs)
		if crashed := process.Logs.Find(0, harness.Message("plugin process exited")); len(crashed) > 0 && crashed[0].Level() == "error" {
			t.Errorf("SPIRE saw a plugin crash: %s", crashed[0].Raw)
		}
	}
	checkChain(t, readLedger(t, site))
}

func TestOtherSignalsToTheGroupDisturbNothing(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	daemon := server.Daemon()
	shim := server.Child("svidence-shim", time.Second)
	for _, signal := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2} {
		server.SignalGroup(signal)
	}
	// SPIRE itself would end by these.
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE} {
		for _, pid := range []int{daemon, shim} {
			if err := syscall.Kill(pid, signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	time.Sleep(500 * time.Millisecond)
	if _, err := server.MintX509(harness.Context(t), "/agent/buyer/1"); err != nil {
		t.Error(err)
	}
	if server.Daemon() != daemon || server.Child("svidence-shim", time.Second) != shim {
		t.Error("a plugin process ended by a signal that it must ignore")
	}
	server.Shutdown()
}
