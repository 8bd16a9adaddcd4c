package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// StopProcess sends SIGSTOP and returns when every thread has stopped: until the
// one that takes the signal runs, the others go on, and on a busy machine that is
// long enough to answer a call.
func StopProcess(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !stopped(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d did not stop", pid)
		}
	}
}

// stopped: no thread is in a state other than T. Source: proc(5), stat.
func stopped(pid int) bool {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // a thread that has ended
		}
		_, state, found := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		if !found || !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return len(tasks) > 0
}
