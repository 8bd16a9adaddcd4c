package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// Line is one line that a program wrote.
type Line struct {
	Raw    string
	Fields map[string]any // nil if the line is no JSON object
}

// Text returns a field as text, and "" if it is not there.
func (l Line) Text(key string) string {
	if value, ok := l.Fields[key]; ok {
		return fmt.Sprint(value)
	}
	return ""
}

// Level is SPIRE's: "debug", "info", "warning", "error".
func (l Line) Level() string { return l.Text("level") }

// Message is SPIRE's msg.
func (l Line) Message() string { return l.Text("msg") }

// FromPlugin says whether SPIRE wrote the line on behalf of an external plugin
// of this name.
func (l Line) FromPlugin(name string) bool {
	return l.Text("plugin_name") == name && l.Text("external") == "true"
}

// Logs holds what a program has written so far. Safe for concurrent use.
type Logs struct {
	name  string
	mu    sync.Mutex
	lines []Line
	grown chan struct{} // closed, and replaced, whenever a line is added
}

func newLogs(name string) *Logs { return &Logs{name: name, grown: make(chan struct{})} }

func (l *Logs) readFrom(r io.Reader) {
	scanLines(r, func(text string) {
		line := Line{Raw: text}
		_ = json.Unmarshal([]byte(text), &line.Fields) // no JSON: Fields stays nil
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, line)
		close(l.grown)
		l.grown = make(chan struct{})
	})
}

func (l *Logs) since(from int) ([]Line, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[from:len(l.lines):len(l.lines)], l.grown
}

// Mark is a place in the log: now.
func (l *Logs) Mark() int {
	lines, _ := l.since(0)
	return len(lines)
}

// Find returns the lines after `mark` that match.
func (l *Logs) Find(mark int, match func(Line) bool) []Line {
	lines, _ := l.since(mark)
	var found []Line
	for _, line := range lines {
		if match(line) {
			found = append(found, line)
		}
	}
	return found
}

// Wait waits for a line after `mark` that matches, and fails the test if none
// comes in time.
func (l *Logs) Wait(t testing.TB, mark int, limit time.Duration, what string, match func(Line) bool) Line {
	t.Helper()
	line, ok := l.wait(mark, limit, nil, match)
	if !ok {
		t.Fatalf("%s logged no %q within %v; last lines:\n%s", l.name, what, limit, l.Tail(30))
	}
	return line
}

// wait gives up early when `stop` is closed.
func (l *Logs) wait(mark int, limit time.Duration, stop <-chan struct{}, match func(Line) bool) (Line, bool) {
	timeout := time.After(limit)
	for {
		lines, grown := l.since(mark)
		for _, line := range lines {
			if match(line) {
				return line, true
			}
		}
		mark += len(lines)
		select {
		case <-grown:
		case <-timeout:
			return Line{}, false
		case <-stop:
			stop = nil
			timeout = time.After(0) // what it wrote last has been read by now
		}
	}
}

// Tail returns the last lines as text.
func (l *Logs) Tail(count int) string {
	lines, _ := l.since(0)
	if len(lines) > count {
		lines = lines[len(lines)-count:]
	}
	var text strings.Builder
	for _, line := range lines {
		text.WriteString("  " + line.Raw + "\n")
	}
	return text.String()
}

// Message matches lines whose msg contains the text.
func Message(text string) func(Line) bool {
	return func(line Line) bool { return strings.Contains(line.Message(), text) }
}
