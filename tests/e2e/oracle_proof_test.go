package e2e

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"svidence.invalid/e2e/harness"
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

// tlogProof is a c2sp.org/tlog-proof@v1 text, read by its page.
type tlogProof struct {
	index      int64
	hashes     [][]byte
	checkpoint string
}

func parseProof(text string) (p tlogProof, err error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return p, fmt.Errorf("no tlog-proof: %q", text)
	}
	if p.index, err = strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64); err != nil {
		return p, err
	}
	for _, line := range lines[2:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return p, fmt.Errorf("no hash: %q", line)
		}
		p.hashes = append(p.hashes, hash)
	}
	p.checkpoint = checkpoint
	return p, nil
}

// verifyProof is the opinion of Go's x/mod and of transparency-dev/merkle, which
// share no code, on an entry and its proof. It gives the size of the tree.
func verifyProof(vkey, entry, text string) (size int64, err error) {
	p, err := parseProof(text)
	if err != nil {
		return 0, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, err
	}
	opened, err := note.Open([]byte(p.checkpoint), note.VerifierList(verifier))
	if err != nil {
		return 0, err
	}
	// x/mod reads base64 whose last character has bits to spare; one value must have
	// one spelling.
	for _, line := range strings.Split(strings.TrimPrefix(p.checkpoint, opened.Text+"\n"), "\n") {
		fields := strings.Split(line, " ")
		if _, err := base64.StdEncoding.Strict().DecodeString(fields[len(fields)-1]); err != nil {
			return 0, fmt.Errorf("signature line %q: %w", line, err)
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return 0, fmt.Errorf("no checkpoint of %s: %q", verifier.Name(), opened.Text)
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return 0, fmt.Errorf("no root: %q", lines[2])
	}
	record := make(tlog.RecordProof, len(p.hashes))
	for i, hash := range p.hashes {
		record[i] = tlog.Hash(hash)
	}
	if err := tlog.CheckRecord(record, size, tlog.Hash(root), p.index, tlog.RecordHash([]byte(entry))); err != nil {
		return 0, fmt.Errorf("x/mod: %w", err)
	}
	leaf := rfc6962.DefaultHasher.HashLeaf([]byte(entry))
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(p.index), uint64(size), leaf, p.hashes, root); err != nil {
		return 0, fmt.Errorf("transparency-dev/merkle: %w", err)
	}
	return size, nil
}

// checkProof: the entry proves itself, at the index that it names.
func checkProof(t *testing.T, vkey string, e entry) {
	t.Helper()
	size, err := verifyProof(vkey, e.Raw, e.Proof)
	if err != nil {
		t.Errorf("the proof of entry %d: %v", e.I, err)
		return
	}
	if p, _ := parseProof(e.Proof); p.index != int64(e.I) || size <= p.index {
		t.Errorf("entry %d has a proof of index %d in a tree of %d", e.I, p.index, size)
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
		if _, err := verifyProof(key, flip(entries[0].Raw, bit), entries[0].Proof); err == nil {
			t.Fatalf("the entry verifies with bit %d flipped", bit)
		}
	}
	for bit := range len(entries[0].Proof) * 8 {
		if _, err := verifyProof(key, entries[0].Raw, flip(entries[0].Proof, bit)); err == nil {
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
