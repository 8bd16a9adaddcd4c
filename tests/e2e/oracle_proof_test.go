package e2e

import (
	"crypto/x509"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"svidence.invalid/e2e/harness"
	"svidence.invalid/e2e/proofcheck"
)

// logKey is the vkey that the log's first entry names.
func logKey(t *testing.T, first string) string {
	t.Helper()
	var opened struct{ Log struct{ Vkey string } }
	if err := json.Unmarshal([]byte(first), &opened); err != nil || opened.Log.Vkey == "" {
		t.Fatalf("entry 0 names no vkey: %v: %s", err, first)
	}
	return opened.Log.Vkey
}

// checkProof: the entry proves itself, at the index that it names.
func checkProof(t *testing.T, vkey string, e entry) {
	t.Helper()
	size, err := proofcheck.Verify(vkey, e.Raw, e.Proof)
	if err != nil {
		t.Errorf("the proof of entry %d: %v", e.I, err)
		return
	}
	if p, _ := proofcheck.Parse(e.Proof); p.Index != int64(e.I) || size <= p.Index {
		t.Errorf("entry %d has a proof of index %d in a tree of %d", e.I, p.Index, size)
	}
}

// Many at a time, so that batches have several entries: every credential proves
// itself, and no bit of entry or proof can be another.
func TestEveryCredentialProvesItsEntry(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	site.Admin(t).Register("buyer", "alice@example.org", 3)
	const total = 60
	carried := make(chan entry, total)
	for range 12 {
		go func() {
			for range total / 12 {
				chain, err := server.MintX509(harness.Context(t), "/agent/buyer/1")
				if err != nil {
					t.Error(err)
					carried <- entry{}
					continue
				}
				carried <- checkX509(t, chain[0])
			}
		}()
	}
	var entries []entry
	for range total {
		entries = append(entries, <-carried)
	}
	server.Shutdown()
	key := logKey(t, readLedger(t, site)[0])
	for _, e := range entries {
		checkProof(t, key, e)
	}
	for bit := range len(entries[0].Raw) * 8 {
		if _, err := proofcheck.Verify(key, flip(entries[0].Raw, bit), entries[0].Proof); err == nil {
			t.Fatalf("the entry verifies with bit %d flipped", bit)
		}
	}
	for bit := range len(entries[0].Proof) * 8 {
		if _, err := proofcheck.Verify(key, entries[0].Raw, flip(entries[0].Proof, bit)); err == nil {
			t.Fatalf("the proof verifies with bit %d flipped", bit)
		}
	}
}

func flip(text string, bit int) string {
	bytes := []byte(text)
	bytes[bit/8] ^= 1 << (bit % 8)
	return string(bytes)
}

// With files alone, when nothing runs any more.
func TestTheCommandVerifiesACredentialOffline(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	site.Admin(t).Register("buyer", "alice@example.org", 3)
	chain, err := server.MintX509(harness.Context(t), "/agent/buyer/1")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := server.MintX509(harness.Context(t), "/elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	dir := harness.TempDir(t)
	file := func(name string, certificate *x509.Certificate) string {
		path := filepath.Join(dir, name)
		write(t, path, harness.PEM(certificate))
		return path
	}
	svid, other := file("svid.pem", chain[0]), file("plain.pem", plain[0])
	bundle := file("bundle.pem", server.Authorities()[0])
	stranger := harness.NewSite(t).Start(t, "")
	strangers := file("stranger.pem", stranger.Authorities()[0])
	stranger.Shutdown()
	server.Shutdown()
	key := filepath.Join(dir, "log.vkey")
	write(t, key, []byte(logKey(t, readLedger(t, site)[0])+"\n"))

	for _, c := range []struct {
		name, file, bundle string
		exit               int
		says               string
	}{
		{"good", svid, bundle, 0, "VERIFIED: "},
		{"bundle of a stranger", svid, strangers, 1, "leads to no certificate of the bundle"},
		{"no record", other, bundle, 1, "NONE: the certificate has no extension"},
		{"no file", filepath.Join(dir, "none"), bundle, 2, "none"},
	} {
		command := exec.Command(harness.Program(t, "svidence"), "verify", c.file, "--log-key", key, "--bundle", c.bundle)
		output, _ := command.CombinedOutput()
		if code := command.ProcessState.ExitCode(); code != c.exit || !strings.Contains(string(output), c.says) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", c.name, code, c.exit, c.says, output)
		}
	}
}
