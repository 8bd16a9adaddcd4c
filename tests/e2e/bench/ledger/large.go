package ledger

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"svidence.invalid/e2e/bench/report"
	"svidence.invalid/e2e/harness"
)

// largeLogRows: what a log of a million entries on 100,000 subjects costs its
// reader. The goals are absolute; the "peer" is the goal.
func largeLogRows(t *testing.T) []report.Row {
	const entries, subjects = 1_000_000, 100_000
	dir := harness.TempDir(t)
	defer os.RemoveAll(dir)
	fmt.Printf("  filling a log of %d entries on %d subjects\n", entries, subjects)
	filled := runIn(t, dir, "fill", entries, 2048, fmt.Sprint(subjects))
	megabytes := filled.Bytes / 1e6
	var cpu, wall, rss []float64
	for range 3 {
		verify := exec.Command(harness.Program(t, "svidence"), "ledger", "verify", "--ledger-dir", dir)
		began := time.Now()
		if output, err := verify.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		wall = append(wall, megabytes/time.Since(began).Seconds())
		state := verify.ProcessState
		cpu = append(cpu, megabytes/(state.UserTime()+state.SystemTime()).Seconds())
		rss = append(rss, float64(state.SysUsage().(*syscall.Rusage).Maxrss)/1024)
	}
	return []report.Row{
		report.AtLeast("verify, MB of the ledger's files a second of CPU", "MB/s", report.Median(cpu), 250, 1),
		report.Info("verify, MB of the ledger's files a second", "MB/s", report.Median(wall), 250),
		report.AtMost("verify, RSS with the subject index", "MiB", report.Median(rss), 100, 1),
	}
}
