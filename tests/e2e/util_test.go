package e2e

import (
	"context"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var lineAndColumn = regexp.MustCompile(`\b\d+:\d+: `)

// uid of the tests, and so of their workloads.
func uid() string { return strconv.Itoa(os.Getuid()) }

func withStop() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

func sortedWords(words []string) string {
	return strings.Join(slices.Sorted(slices.Values(words)), " ")
}

// waitFor tries until it is so; the bound is for slow machines, not a measure.
func waitFor(t *testing.T, limit time.Duration, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", limit, what)
		}
	}
}

// carriedEntry is the entry in a leaf, for code that runs beside the test.
func carriedEntry(certificate *x509.Certificate) (string, error) {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(extensionOID) {
			var r record
			_, err := asn1.Unmarshal(extension.Value, &r)
			return r.Entry, err
		}
	}
	return "", errors.New("an SVID came out without our extension")
}
