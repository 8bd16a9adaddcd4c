// Package report is how a benchmark tells what it measured: a table for people, a
// file for programs.
package report

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

// AtMost is a row whose ratio ours/peer should not exceed goal.
func AtMost(name, unit string, ours, peer, goal float64) Row {
	return Row{name, unit, ours, peer, ours / peer, fmt.Sprintf("<= %.2fx", goal), ours/peer <= goal}
}

// AtLeast is a row whose ratio ours/peer should reach goal.
func AtLeast(name, unit string, ours, peer, goal float64) Row {
	return Row{name, unit, ours, peer, ours / peer, fmt.Sprintf(">= %.2fx", goal), ours/peer >= goal}
}

// TimesFaster is a row of latencies where peer/ours should reach goal.
func TimesFaster(name, unit string, ours, peer, goal float64) Row {
	return Row{name, unit, ours, peer, peer / ours, fmt.Sprintf(">= %.0fx faster", goal), peer/ours >= goal}
}

// Info is a row without a goal.
func Info(name, unit string, ours, peer float64) Row {
	return Row{name, unit, ours, peer, ours / peer, "-", true}
}

// Median of a list that is not empty; the list stays as it is.
func Median(values []float64) float64 {
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	return sorted[len(sorted)/2]
}

// Print writes the table for people.
func Print(out io.Writer, rows []Row) {
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

// Write writes the rows as JSON, the directory included.
func Write(path string, rows []Row) error {
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
