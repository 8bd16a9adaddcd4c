package e2e

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// The oracle is judged here: it must accept a ledger that is whole, and refuse
// each way in which one can be broken.

// smallLedger is made by hand: four entries, two of one subject.
func smallLedger() []string {
	var ledger []string
	prev := make([]byte, 32)
	for i, what := range []struct{ kind, subject, before string }{
		{"log.opened", "log", "null"}, {"issue.x509", "spiffe://example.org/agent/a/1", "null"},
		{"issue.x509", "spiffe://example.org/agent/b/1", "null"}, {"revoked", "spiffe://example.org/agent/a/1", "1"},
	} {
		text := fmt.Sprintf(`{"v":1,"i":%d,"at":"2026-11-23T18:00:00.%03dZ","prev":"%s","type":"%s","by":"server:a","subject":"%s","subject_prev":%s}`,
			i, i, base64.StdEncoding.EncodeToString(prev), what.kind, what.subject, what.before)
		ledger = append(ledger, text)
		prev = leafHash(text)
	}
	return ledger
}

func TestOracleAcceptsAWholeLedger(t *testing.T) {
	if entries, err := walkChain(smallLedger()); err != nil || len(entries) != 4 {
		t.Errorf("got %d entries, %v", len(entries), err)
	}
}

func TestOracleRefusesABrokenLedger(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func([]string) []string
		want   string
	}{
		{"Gap", func(l []string) []string { return append(l[:1:1], l[2:]...) }, "a gap"},
		{"Swapped", func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, "entry 1"},
		{"BeginningGone", func(l []string) []string { return l[1:] }, "entry 0"},
		{"OtherMembers", func(l []string) []string { l[1] = strings.Replace(l[1], `"by"`, `"bye"`, 1); return l }, "begins with"},
		{"MemberTwice", func(l []string) []string { l[3] = strings.Replace(l[3], `}`, `,"v":2}`, 1); return l }, "twice"},
		{"Fraction", func(l []string) []string { l[3] = strings.Replace(l[3], `}`, `,"now":1.5}`, 1); return l }, "no integer"},
		{"SubjectPrev", func(l []string) []string {
			l[3] = strings.Replace(l[3], `"subject_prev":1`, `"subject_prev":0`, 1)
			return l
		}, "wrong subject_prev"},
		{"TimeGoesBack", func(l []string) []string { l[3] = strings.Replace(l[3], "18:00", "17:59", 1); return l }, "time"},
		{"NotOpened", func(l []string) []string {
			l[0] = strings.Replace(l[0], "log.opened", "log.closed", 1)
			return l[:1]
		}, "log.opened"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := walkChain(test.change(smallLedger()))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want an error with %q, got %v", test.want, err)
			}
		})
	}
}

// Every bit of every entry but the last is held by the chain.
func TestOracleSeesEveryChangedByte(t *testing.T) {
	ledger := smallLedger()
	for i := range ledger[:len(ledger)-1] {
		for at := range ledger[i] {
			changed := append([]string(nil), ledger...)
			bad := []byte(ledger[i])
			bad[at] ^= 1
			changed[i] = string(bad)
			if _, err := walkChain(changed); err == nil {
				t.Fatalf("byte %d of entry %d can be changed", at, i)
			}
		}
	}
}
