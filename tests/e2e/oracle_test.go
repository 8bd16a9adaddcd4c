package e2e

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"

	"svidence.invalid/e2e/harness"
)

// The oracle: what a credential and a ledger must be, read with Go's standard
// library and go-spiffe, written from the format documents alone.

var extensionOID = asn1.ObjectIdentifier{1, 2, 840, 113556, 1, 8000, 2554, 42296, 28774, 52552, 20099,
	37652, 8575393, 7771985, 1}

const maxExtensionBytes = 4096

// record is the value of the X.509 extension.
type record struct {
	Version int
	Entry   string `asn1:"utf8"`
	Proof   string `asn1:"utf8,optional"`
}

// entry is one ledger entry; Members keeps what the struct does not name.
type entry struct {
	V           int
	I           uint64
	At          time.Time
	Prev        []byte
	Type        string
	By          string
	Subject     string
	SubjectPrev *uint64 `json:"subject_prev"`
	Agent       string
	Now         int64
	SPKI        string
	Trust       *trust
	Sponsor     *sponsor
	Scope       int
	Evidence    []string
	Reason      string

	Members map[string]json.RawMessage `json:"-"`
	Raw     string                     `json:"-"`
	Proof   string                     `json:"-"` // the credential's
}

type trust struct {
	Score    int64
	AsOf     *int64 `json:"as_of"`
	HalfLife *int64 `json:"half_life"`
	Floor    *int64
	Hold     *int64
	Policy   *string
}

type sponsor struct {
	Ref      string
	Verified bool
	Method   string
	Until    *int64
}

var commonMembers = []string{"v", "i", "at", "prev", "type", "by", "subject", "subject_prev"}

var x509Members = append(commonMembers[:8:8], "agent", "now", "spki", "trust", "sponsor", "scope", "evidence",
	"status", "not_after_cap")

var jwtMembers = append(commonMembers[:8:8], "agent", "now", "aud", "iat", "exp", "jti", "trust", "sponsor", "scope",
	"evidence", "status", "not_after_cap")

// parseEntry reads an entry as strictly as docs/formats/ledger.md asks.
func parseEntry(text string) (entry, error) {
	e := entry{Raw: text}
	if len(text) > 16*1024 || strings.ContainsAny(text, "\n\r") {
		return e, fmt.Errorf("an entry is one line of at most 16 KiB, got %d bytes", len(text))
	}
	keys, err := memberOrder(text)
	if err != nil {
		return e, err
	}
	if len(keys) < len(commonMembers) || !reflect.DeepEqual(keys[:len(commonMembers)], commonMembers) {
		return e, fmt.Errorf("an entry begins with %v, got %v", commonMembers, keys)
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return e, err
	}
	return e, json.Unmarshal([]byte(text), &e.Members)
}

// memberOrder returns the keys of the outer object in their order; it refuses a
// key that comes twice, at any depth, and every number that is no integer.
func memberOrder(text string) ([]string, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var outer []string
	var walk func(depth int) error
	walk = func(depth int) error {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		switch value := token.(type) {
		case json.Number:
			if _, err := strconv.ParseInt(value.String(), 10, 64); err != nil {
				return fmt.Errorf("a number is no integer: %s", value)
			}
		case json.Delim:
			seen := map[string]bool{}
			for decoder.More() {
				if value == '{' {
					key, err := decoder.Token()
					if err != nil {
						return err
					}
					name := key.(string)
					if seen[name] {
						return fmt.Errorf("member %q comes twice", name)
					}
					seen[name] = true
					if depth == 0 {
						outer = append(outer, name)
					}
				}
				if err := walk(depth + 1); err != nil {
					return err
				}
			}
			_, err := decoder.Token() // the closing one
			return err
		}
		return nil
	}
	if err := walk(0); err != nil {
		return nil, err
	}
	if decoder.InputOffset() != int64(len(text)) {
		return nil, fmt.Errorf("text behind the entry")
	}
	return outer, nil
}

// leafHash is RFC 6962's.
func leafHash(entry string) []byte {
	sum := sha256.Sum256(append([]byte{0}, entry...))
	return sum[:]
}

// checkChain is walkChain for a ledger that must be whole.
func checkChain(t *testing.T, ledger []string) []entry {
	t.Helper()
	entries, err := walkChain(ledger)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// walkChain walks a whole ledger and returns its entries; the error names the
// first that does not fit.
func walkChain(ledger []string) ([]entry, error) {
	var entries []entry
	last := map[string]uint64{}
	prev := make([]byte, sha256.Size)
	var at time.Time
	for i, text := range ledger {
		e, err := parseEntry(text)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w: %s", i, err, text)
		}
		if e.I != uint64(i) {
			return nil, fmt.Errorf("entry %d says it is %d: a gap", i, e.I)
		}
		if !bytes.Equal(e.Prev, prev) {
			return nil, fmt.Errorf("entry %d: prev is %x, the leaf hash of the one before is %x", i, e.Prev, prev)
		}
		if e.At.Before(at) {
			return nil, fmt.Errorf("entry %d: its time %v is before its predecessor's %v", i, e.At, at)
		}
		if before, known := last[e.Subject]; known != (e.SubjectPrev != nil) || known && *e.SubjectPrev != before {
			return nil, fmt.Errorf("entry %d: wrong subject_prev; its subject was last in %d (known: %v): %s",
				i, before, known, text)
		}
		last[e.Subject] = e.I
		prev, at = leafHash(text), e.At
		entries = append(entries, e)
	}
	if len(entries) > 0 && entries[0].Type != "log.opened" {
		return nil, fmt.Errorf("the first entry must be log.opened, got %s", entries[0].Type)
	}
	return entries, nil
}

// ofType picks entries.
func ofType(entries []entry, kind string) []entry {
	var found []entry
	for _, e := range entries {
		if e.Type == kind {
			found = append(found, e)
		}
	}
	return found
}

// extensionOf finds our extension: once, not critical, within its budget.
func extensionOf(t *testing.T, certificate *x509.Certificate) []byte {
	t.Helper()
	var found []byte
	for _, extension := range certificate.Extensions {
		if !extension.Id.Equal(extensionOID) {
			continue
		}
		if found != nil {
			t.Error("the extension is there twice")
		}
		if extension.Critical {
			t.Error("the extension is critical: every peer would refuse the certificate")
		}
		found = extension.Value
	}
	if found == nil {
		t.Fatalf("%v has no extension %v", certificate.URIs, extensionOID)
	}
	if len(found) > maxExtensionBytes {
		t.Errorf("the extension may have %d bytes, got %d", maxExtensionBytes, len(found))
	}
	return found
}

// hasExtension is for credentials that must come out as SPIRE made them.
func hasExtension(certificate *x509.Certificate) bool {
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(extensionOID) {
			return true
		}
	}
	return false
}

// checkX509 reads our extension out of a leaf and checks that it is bound to it.
func checkX509(t *testing.T, certificate *x509.Certificate) entry {
	t.Helper()
	var r record
	rest, err := asn1.Unmarshal(extensionOf(t, certificate), &r)
	if err != nil || len(rest) > 0 {
		t.Fatalf("the extension is no record: %v, %d bytes behind it", err, len(rest))
	}
	if r.Version != 1 {
		t.Errorf("record version %d, want 1", r.Version)
	}
	e, err := parseEntry(r.Entry)
	if err != nil {
		t.Fatalf("the record's entry: %v: %s", err, r.Entry)
	}
	e.Proof = r.Proof
	keys, _ := memberOrder(r.Entry)
	if !reflect.DeepEqual(keys, x509Members) {
		t.Errorf("members of issue.x509:\n got %v\nwant %v", keys, x509Members)
	}
	if e.V != 1 || e.Type != "issue.x509" {
		t.Errorf("want v 1, type issue.x509, got %d, %s", e.V, e.Type)
	}
	if len(certificate.URIs) != 1 || e.Subject != certificate.URIs[0].String() {
		t.Errorf("subject is %s, the certificate's URIs are %v", e.Subject, certificate.URIs)
	}
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	if want := "sha256:" + hex.EncodeToString(sum[:]); e.SPKI != want {
		t.Errorf("spki is %s, the certificate's is %s", e.SPKI, want)
	}
	// SPIRE back-dates notBefore by 10 s.
	if skew := certificate.NotBefore.Add(10 * time.Second).Sub(time.Unix(e.Now, 0)); skew.Abs() > time.Minute {
		t.Errorf("now is %v off notBefore", skew)
	}
	return e
}

// verifyX509 is go-spiffe's opinion of a chain.
func verifyX509(t *testing.T, chain []*x509.Certificate, roots []*x509.Certificate) {
	t.Helper()
	domain := spiffeid.RequireTrustDomainFromString(harness.TrustDomain)
	id, _, err := x509svid.Verify(chain, x509bundle.FromX509Authorities(domain, roots))
	if err != nil {
		t.Errorf("go-spiffe refuses the chain: %v", err)
	} else if id.String() != chain[0].URIs[0].String() {
		t.Errorf("go-spiffe reads %s", id)
	}
}

// jwt is what go-spiffe has validated.
type jwt struct {
	svid   *jwtsvid.SVID
	claims map[string]json.RawMessage // of the payload, as written
}

func verifyJWT(t *testing.T, token, audience string, keys map[string]crypto.PublicKey) jwt {
	t.Helper()
	domain := spiffeid.RequireTrustDomainFromString(harness.TrustDomain)
	svid, err := jwtsvid.ParseAndValidate(token, jwtbundle.FromJWTAuthorities(domain, keys), []string{audience})
	if err != nil {
		t.Fatalf("go-spiffe refuses the token: %v", err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	parsed := jwt{svid: svid}
	if err := json.Unmarshal(payload, &parsed.claims); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// decayConstants are floor(2^(-1/2^(k+1)) * 2^62), worked out anew: the largest c
// with c^(2^(k+1)) <= 2^(62*2^(k+1)-1), by square roots.
var decayConstants = func() []*big.Int {
	// Each step halves the exponent: 2^(-1/2^(k+1)) is the root of the one before.
	// 400 spare bits keep 24 roots exact to the last of the 62.
	const spare = 400
	value := new(big.Int).Lsh(big.NewInt(1), 62+spare-1) // 1/2
	var constants []*big.Int
	for range 24 {
		value = new(big.Int).Sqrt(new(big.Int).Lsh(value, 62+spare))
		constants = append(constants, new(big.Int).Rsh(value, spare))
	}
	return constants
}()

// decay is the rule of docs/formats/claims.md on big integers.
func decay(score, floor, halfLife, hold, elapsed int64) int64 {
	if score <= floor {
		return score
	}
	elapsed = max(0, max(0, elapsed)-hold)
	n, r := elapsed/halfLife, elapsed%halfLife
	if n >= 32 {
		return floor
	}
	fraction := (r<<24 + halfLife - 1) / halfLife
	if fraction == 1<<24 {
		n, fraction = n+1, 0
	}
	factor := new(big.Int).Lsh(big.NewInt(1), 62)
	for k, constant := range decayConstants {
		if fraction>>(23-k)&1 == 1 {
			factor.Rsh(factor.Mul(factor, constant), 62)
		}
	}
	factor.Rsh(factor, uint(n))
	factor.Rsh(factor.Mul(factor, big.NewInt(score-floor)), 62)
	return floor + factor.Int64()
}

// The published rows, by an implementation that shares nothing with ours: its
// constants are worked out above, its products are big integers.
func TestDecayOracleAgreesWithThePublishedRows(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "golden", "decay", "decay_vectors_500.json"))
	if err != nil {
		t.Fatal(err)
	}
	var published struct {
		C []string
		V [][6]int64 // score, floor, half-life, hold, elapsed, want
	}
	if err := json.Unmarshal(text, &published); err != nil {
		t.Fatal(err)
	}
	for k, constant := range published.C {
		if got := decayConstants[k].String(); got != constant {
			t.Errorf("C[%d] is %s, published %s", k, got, constant)
		}
	}
	rows := append(published.V, [][6]int64{ // edges that the file lacks
		{8750, 1000, 86400, 0, -1, 8750}, {8750, 1000, 86400, 0, 0, 8750}, {8750, 1000, 86400, 0, 1, 8749},
		{8750, 1000, 86400, 600, 600, 8750}, {8750, 1000, 86400, 600, 601, 8749},
		{10000, 0, 1, 0, 13, 1}, {10000, 0, 1, 0, 14, 0}, {10000, 0, 1, 0, 32, 0},
		{10000, 0, 315360000, 0, 315359999, 5000}, {500, 500, 300, 0, 99999, 500}, {499, 500, 300, 0, 99999, 499},
	}...)
	if len(rows) < 500 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, row := range rows {
		if got := decay(row[0], row[1], row[2], row[3], row[4]); got != row[5] {
			t.Errorf("decay%v = %d, want %d", row[:5], got, row[5])
		}
	}
}
