// Package proofcheck has the opinion of people who are not us on what a credential
// carries: Go's x/mod and transparency-dev/merkle.
package proofcheck

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Proof is a c2sp.org/tlog-proof@v1 text, read by its page.
type Proof struct {
	Index      int64
	Hashes     [][]byte
	Checkpoint string // the signed note, verbatim
}

// Parse reads a proof, strictly.
func Parse(text string) (p Proof, err error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return p, fmt.Errorf("no tlog-proof: %q", text)
	}
	if p.Index, err = strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64); err != nil {
		return p, err
	}
	for _, line := range lines[2:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return p, fmt.Errorf("no hash: %q", line)
		}
		p.Hashes = append(p.Hashes, hash)
	}
	p.Checkpoint = checkpoint
	return p, nil
}

// Verify is the opinion of Go's x/mod and of transparency-dev/merkle, which
// share no code, on an entry and its proof. It gives the size of the tree.
func Verify(vkey, entry, text string) (size int64, err error) {
	p, err := Parse(text)
	if err != nil {
		return 0, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, err
	}
	opened, err := note.Open([]byte(p.Checkpoint), note.VerifierList(verifier))
	if err != nil {
		return 0, err
	}
	// x/mod reads base64 whose last character has bits to spare; one value must have
	// one spelling.
	for _, line := range strings.Split(strings.TrimPrefix(p.Checkpoint, opened.Text+"\n"), "\n") {
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
	record := make(tlog.RecordProof, len(p.Hashes))
	for i, hash := range p.Hashes {
		record[i] = tlog.Hash(hash)
	}
	if err := tlog.CheckRecord(record, size, tlog.Hash(root), p.Index, tlog.RecordHash([]byte(entry))); err != nil {
		return 0, fmt.Errorf("x/mod: %w", err)
	}
	leaf := rfc6962.DefaultHasher.HashLeaf([]byte(entry))
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(p.Index), uint64(size), leaf, p.Hashes, root); err != nil {
		return 0, fmt.Errorf("transparency-dev/merkle: %w", err)
	}
	return size, nil
}
