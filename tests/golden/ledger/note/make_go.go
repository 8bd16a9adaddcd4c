//go:build ignore

// Writes the files go.* of this folder: a log of seven entries, its checkpoint with
// cosignatures, a proof, and the policy that they satisfy. It knows the formats only
// through golang.org/x/mod and github.com/transparency-dev/formats.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	tnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "example.org/svidence/00010203-0405-4607-8809-0a0b0c0d0e0f"

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func write(name string, data []byte) { check(os.WriteFile(name, data, 0o644)) }

// key gives the key whose seed is 32 times `seed`, as x/mod spells keys.
func key(name string, seed byte) (skey, vkey string) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	vkey, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	check(err)
	verifier, err := note.NewVerifier(vkey)
	check(err)
	secret := append([]byte{1}, private.Seed()...)
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, verifier.KeyHash(),
		base64.StdEncoding.EncodeToString(secret)), vkey
}

type memory map[int64]tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, i := range indexes {
		hashes = append(hashes, m[i])
	}
	return hashes, nil
}

func main() {
	stored := memory{}
	for n := int64(0); n < 7; n++ {
		hashes, err := tlog.StoredHashes(n, []byte(fmt.Sprintf("entry %d", n)), stored)
		check(err)
		for i, h := range hashes {
			stored[tlog.StoredHashIndex(0, n)+int64(i)] = h
		}
	}
	root, err := tlog.TreeHash(7, stored)
	check(err)
	path, err := tlog.ProveRecord(7, 4, stored)
	check(err)

	logKey, logVkey := key(origin, 1)
	logSigner, err := note.NewSigner(logKey)
	check(err)
	policy := "log " + logVkey + " https://log.example.org/\n"
	signers := []note.Signer{logSigner}
	for i := 1; i <= 3; i++ {
		skey, vkey := key(fmt.Sprintf("witness.example/w%d", i), byte(i+1))
		vkey, err := tnote.VKeyToCosignatureV1(vkey)
		check(err)
		policy += fmt.Sprintf("witness w%d %s\n", i, vkey)
		if i == 3 {
			continue // the third one was away
		}
		signer, err := tnote.NewSignerForCosignatureV1(skey)
		check(err)
		signers = append(signers, signer)
	}
	policy += "group witnesses 2 w1 w2 w3\nquorum witnesses\n"
	write("go.policy", []byte(policy))

	text := log.Checkpoint{Origin: origin, Size: 7, Hash: root[:]}.Marshal()
	small, err := note.Sign(&note.Note{Text: string(text)}, signers...)
	check(err)
	hashes := make([][32]byte, len(path))
	for i, h := range path {
		hashes[i] = h
	}
	write("go.tlog-proof", proof.TLogProof{
		Index: 4, Hashes: hashes, Checkpoint: small, ExtraData: []byte("entry 4")}.Marshal())

	// A cosignature of a type that we do not read.
	mldsa, _, err := tnote.GenerateMLDSAKey("witness.example/pq")
	check(err)
	pq, err := tnote.NewMLDSASigner(mldsa)
	check(err)
	large, err := note.Sign(&note.Note{Text: string(text)}, append(signers, pq)...)
	check(err)
	write("go.checkpoint", large)
}
