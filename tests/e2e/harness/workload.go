package harness

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// A workload is a process of its own, attested by its own pid: the test's binary
// runs again, with its task in this variable.
const taskVariable = "SVIDENCE_E2E_TASK"

type task struct {
	Socket   string
	Audience string // JWT if set, else X.509
	Seconds  int    // how long to try
	Linger   bool   // stay after the answer, until killed
}

// Fetched is what a workload got, as it prints it.
type Fetched struct {
	Pid    int
	X509   []FetchedX509
	Tokens []string
	Error  string // of the last try, when all failed
}

// FetchedX509 is one identity, leaf first.
type FetchedX509 struct {
	ID    string
	Hint  string
	Chain [][]byte
}

// Certificates parses the chain.
func (f FetchedX509) Certificates(t testing.TB) []*x509.Certificate {
	t.Helper()
	var chain []*x509.Certificate
	for _, der := range f.Chain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, certificate)
	}
	return chain
}

// RunTask does a workload's work if this process was started as one, and then
// does not return. TestMain calls it first.
func RunTask() {
	text, ok := os.LookupEnv(taskVariable)
	if !ok {
		return
	}
	var work task
	if err := json.Unmarshal([]byte(text), &work); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	result := work.fetch()
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		os.Exit(2)
	}
	for work.Linger {
		time.Sleep(time.Hour)
	}
	os.Exit(0)
}

// fetch tries until there is an identity: an entry reaches the agent only with
// its next synchronisation.
func (w task) fetch() Fetched {
	result := Fetched{Pid: os.Getpid()}
	for deadline := time.Now().Add(time.Duration(w.Seconds) * time.Second); ; time.Sleep(100 * time.Millisecond) {
		err := w.try(&result)
		if err == nil {
			result.Error = ""
			return result
		}
		result.Error = err.Error()
		if time.Now().After(deadline) {
			return result
		}
	}
}

func (w task) try(result *Fetched) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if w.Audience != "" {
		source, err := workloadapi.New(ctx, workloadapi.WithAddr("unix://"+w.Socket))
		if err != nil {
			return err
		}
		defer source.Close()
		svids, err := source.FetchJWTSVIDs(ctx, jwtsvid.Params{Audience: w.Audience})
		for _, svid := range svids {
			result.Tokens = append(result.Tokens, svid.Marshal())
		}
		return err
	}
	answer, err := workloadapi.FetchX509SVIDs(ctx, workloadapi.WithAddr("unix://"+w.Socket))
	for _, svid := range answer {
		fetched := FetchedX509{ID: svid.ID.String(), Hint: svid.Hint}
		for _, certificate := range svid.Certificates {
			fetched.Chain = append(fetched.Chain, certificate.Raw)
		}
		result.X509 = append(result.X509, fetched)
	}
	return err
}

// Workload is how a process that asks for its identity is to be run.
type Workload struct {
	Program  string              // empty: the test's own binary
	User     *syscall.Credential // nil: the test's user
	Audience string              // JWT-SVIDs for it; empty: X509-SVIDs
	Limit    time.Duration       // how long it tries; 0: 15 s
}

// Fetch runs a workload against the agent and returns what it got. A refusal is
// a result (Error), not a failure of the test.
func (a *Agent) Fetch(workload Workload) Fetched {
	a.t.Helper()
	command := a.workload(workload, false)
	output, err := command.Output()
	if err != nil {
		a.t.Fatalf("running a workload: %v", err)
	}
	var result Fetched
	if err := json.Unmarshal(output, &result); err != nil {
		a.t.Fatalf("reading what a workload printed: %v: %q", err, output)
	}
	return result
}

// Hold is Fetch, but the workload stays until the test ends.
func (a *Agent) Hold(workload Workload) (Fetched, *Process) {
	a.t.Helper()
	process := StartProcess(a.t, "workload", a.workload(workload, true))
	line, ok := process.Logs.wait(0, workload.limit()+10*time.Second, process.done, func(line Line) bool {
		return line.Fields != nil
	})
	var result Fetched
	if err := json.Unmarshal([]byte(line.Raw), &result); !ok || err != nil {
		a.t.Fatalf("a workload printed no result (%v): %q", err, line.Raw)
	}
	return result, process
}

func (a *Agent) workload(workload Workload, linger bool) *exec.Cmd {
	a.t.Helper()
	program := workload.Program
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			a.t.Fatal(err)
		}
		program = self
	}
	work, err := json.Marshal(task{Socket: a.Socket, Audience: workload.Audience,
		Seconds: int(workload.limit().Seconds()), Linger: linger})
	if err != nil {
		a.t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env = append(os.Environ(), taskVariable+"="+string(work))
	command.SysProcAttr = &syscall.SysProcAttr{Credential: workload.User, Pdeathsig: syscall.SIGKILL}
	return command
}

func (w Workload) limit() time.Duration {
	if w.Limit == 0 {
		return 15 * time.Second
	}
	return w.Limit
}
