// Package skeleton measures issuance and attestation against peers in one run.
package skeleton

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"text/tabwriter"
)

// Row is one line of the table and of the file: a figure of ours, the peer's of
// the same run, and whether their ratio meets the goal.
type Row struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Ours  float64 `json:"ours"`
	Peer  float64 `json:"peer"`
	Ratio float64 `json:"ratio"` // ours / peer, but for "times faster": peer / ours
	Goal  string  `json:"goal"`
	OK    bool    `json:"ok"`
}

// atMost is a row whose ratio ours/peer should not exceed goal.
func atMost(name, unit string, ours, peer, goal float64) Row {
	return Row{name, unit, ours, peer, ours / peer, fmt.Sprintf("<= %.2fx", goal), ours/peer <= goal}
}

// atLeast is a row whose ratio ours/peer should reach goal.
func atLeast(name, unit string, ours, peer, goal float64) Row {
	return Row{name, unit, ours, peer, ours / peer, fmt.Sprintf(">= %.2fx", goal), ours/peer >= goal}
}

// timesFaster is a row of latencies where peer/ours should reach goal.
func timesFaster(name, unit string, ours, peer, goal float64) Row {
	return Row{name, unit, ours, peer, peer / ours, fmt.Sprintf(">= %.0fx faster", goal), peer/ours >= goal}
}

// info is a row without a goal.
func info(name, unit string, ours, peer float64) Row {
	return Row{name, unit, ours, peer, ours / peer, "-", true}
}

func median(values []float64) float64 {
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	return sorted[len(sorted)/2]
}

func printTable(out io.Writer, rows []Row) {
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "what\tunit\tours\tpeer\tratio\tgoal\t")
	for _, r := range rows {
		verdict := "ok"
		if !r.OK {
			verdict = "MISSED"
		} else if r.Goal == "-" {
			verdict = ""
		}
		fmt.Fprintf(table, "%s\t%s\t%.2f\t%.2f\t%.2f\t%s\t%s\n", r.Name, r.Unit, r.Ours, r.Peer, r.Ratio, r.Goal, verdict)
	}
	table.Flush()
}

func writeRows(path string, rows []Row) error {
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
