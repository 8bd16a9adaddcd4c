package harness

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is a program in a process group of its own. It dies with the test: by
// Cleanup when the test ends, by its parent-death signal when the test is killed.
type Process struct {
	Name string
	Pid  int
	Logs *Logs

	t    testing.TB
	done chan struct{} // closed when the program is gone and its output is read
	err  error         // of Wait; valid once done is closed
}

// StartProcess starts the command, and collects its output line by line, from
// stdout and stderr alike. The command's Env adds to the test's own.
func StartProcess(t testing.TB, name string, command *exec.Cmd) *Process {
	t.Helper()
	output, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = input, input
	command.Env = append(os.Environ(), command.Env...)
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
	command.SysProcAttr.Pdeathsig = syscall.SIGKILL

	p := &Process{Name: name, Logs: newLogs(name), t: t, done: make(chan struct{})}
	started := make(chan error)
	go p.run(command, input, output, started)
	if err := <-started; err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	p.Pid = command.Process.Pid
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("last lines of %s:\n%s", name, p.Logs.Tail(60))
		}
	})
	return p
}

// run lives as long as the program: the parent-death signal comes when the
// thread that forked ends, so this goroutine keeps its thread to itself.
func (p *Process) run(command *exec.Cmd, input, output *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := command.Start()
	input.Close()
	started <- err
	if err != nil {
		output.Close()
		return
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.Logs.readFrom(output)
	}()
	p.err = command.Wait()
	// A child that outlives the program may hold its output open. That is for
	// the tests to find (Group), not for the harness to wait for.
	select {
	case <-read:
	case <-time.After(2 * time.Second):
	}
	output.Close()
	close(p.done)
}

// Running says whether the program is still there.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// WaitExit waits for the program to end by itself, and returns how it ended.
func (p *Process) WaitExit(limit time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(limit):
		return fmt.Errorf("%s still runs after %v", p.Name, limit)
	}
}

// Signal sends a signal to the program alone.
func (p *Process) Signal(signal syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(p.Pid, signal); err != nil {
		p.t.Fatalf("sending %v to %s: %v", signal, p.Name, err)
	}
}

// SignalGroup sends a signal to the program and all in its process group, as a
// terminal or a service manager does.
func (p *Process) SignalGroup(signal syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(-p.Pid, signal); err != nil {
		p.t.Fatalf("sending %v to the group of %s: %v", signal, p.Name, err)
	}
}

// Stop asks the program to end, and fails the test if it does not do so cleanly,
// or if something of its process group or below it is left.
func (p *Process) Stop(limit time.Duration) {
	p.t.Helper()
	if !p.Running() {
		return
	}
	below := tree(p.Pid)
	p.Signal(syscall.SIGTERM)
	if err := p.WaitExit(limit); err != nil {
		p.t.Errorf("stopping %s: %v", p.Name, err)
	}
	p.AssertGone(below)
	p.kill()
}

// Tree is who runs below the program now, for AssertGone.
func (p *Process) Tree() []ProcessID { return tree(p.Pid) }

// AssertGone fails the test if one of these, or one of the program's group, still
// runs. A process that is just ending gets a second.
func (p *Process) AssertGone(below []ProcessID) {
	p.t.Helper()
	var left []string
	for deadline := time.Now().Add(time.Second); ; time.Sleep(20 * time.Millisecond) {
		left = p.Group()
		for _, process := range below {
			if process.running() {
				left = append(left, fmt.Sprintf("%d %s", process.pid, process.name))
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			break
		}
	}
	if len(left) > 0 {
		p.t.Errorf("left behind by %s: %v", p.Name, left)
	}
}

func (p *Process) kill() {
	// ESRCH: nobody left. The group's id cannot be reused while it has members.
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
	<-p.done
}

// Group lists who is in the program's process group, as "pid name".
func (p *Process) Group() []string {
	var found []string
	for _, process := range processes() {
		if process.group == p.Pid && process.state != "Z" {
			found = append(found, fmt.Sprintf("%d %s", process.pid, process.name))
		}
	}
	return found
}

// Child waits for a process under this one, at any depth, whose program file has
// this name, and returns its pid.
func (p *Process) Child(program string, limit time.Duration) int {
	p.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if pids := Descendants(p.Pid, program); len(pids) > 0 {
			return pids[len(pids)-1]
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s has no child %s after %v; its group: %v", p.Name, program, limit, p.Group())
		}
	}
}

// Descendants returns the pids under `root` whose program file has this name.
func Descendants(root int, program string) []int {
	var found []int
	for _, process := range tree(root) {
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", process.pid))
		if err == nil && filepath.Base(exe) == program {
			found = append(found, process.pid)
		}
	}
	return found
}

// ProcessID is one run of one process: a pid alone may be given to another.
type ProcessID struct {
	pid, parent, group int
	start              string // clock ticks since boot
	name, state        string
}

func (p ProcessID) running() bool {
	now, err := readProcess(p.pid)
	return err == nil && now.start == p.start && now.state != "Z"
}

// tree returns all processes under `root`, without it.
func tree(root int) []ProcessID {
	all := processes()
	under := map[int]bool{root: true}
	for grown := true; grown; {
		grown = false
		for _, process := range all {
			if under[process.parent] && !under[process.pid] {
				under[process.pid] = true
				grown = true
			}
		}
	}
	var found []ProcessID
	for _, process := range all {
		if under[process.pid] && process.pid != root {
			found = append(found, process)
		}
	}
	return found
}

// processes reads /proc; what ends meanwhile is left out.
func processes() []ProcessID {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var all []ProcessID
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if process, err := readProcess(pid); err == nil {
			all = append(all, process)
		}
	}
	return all
}

func readProcess(pid int) (ProcessID, error) {
	return readStat(pid, fmt.Sprintf("/proc/%d/stat", pid))
}

// readStat reads the stat file of a process, or of a thread of it; see proc(5).
func readStat(pid int, path string) (ProcessID, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return ProcessID{}, err
	}
	// The name is in parentheses and may hold some itself.
	open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	fields := strings.Fields(string(text[end+1:])) // from field 3 on
	parent, err1 := strconv.Atoi(fields[1])
	group, err2 := strconv.Atoi(fields[2])
	return ProcessID{pid: pid, parent: parent, group: group, start: fields[19],
		name: string(text[open+1 : end]), state: fields[0]}, errors.Join(err1, err2)
}

// StartTime is field 22 of a process's stat: clock ticks since boot.
func StartTime(t testing.TB, pid int) string {
	t.Helper()
	process, err := readProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	return process.start
}

// ResidentBytes is the memory that a process holds (VmRSS).
func ResidentBytes(t testing.TB, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func scanLines(r io.Reader, line func(string)) {
	reader := bufio.NewReader(r)
	for {
		text, err := reader.ReadString('\n')
		if text != "" {
			line(strings.TrimSuffix(text, "\n"))
		}
		if err != nil {
			return
		}
	}
}
