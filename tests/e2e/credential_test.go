package e2e

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"svidence.invalid/e2e/harness"
)

// A real process, through SPIRE's agent: what its credentials say is what the
// registry holds, and is in the ledger byte for byte.
func TestAWorkloadsCredentialsCarryTheLedgerEntry(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, "")})
	admin := site.Admin(t)
	admin.Register("buyer", "Alice Example <alice@example.org>", 3)
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:uid:"+uid())

	fetched := agent.Fetch(harness.Workload{})
	if len(fetched.X509) != 1 {
		t.Fatalf("want one X509-SVID, got %+v", fetched)
	}
	chain := fetched.X509[0].Certificates(t)
	verifyX509(t, chain, server.Authorities())
	e := checkX509(t, chain[0])
	wantBuyer(t, e)

	tokens := agent.Fetch(harness.Workload{Audience: "ledger"}).Tokens
	if len(tokens) != 1 {
		t.Fatalf("want one JWT-SVID, got %d", len(tokens))
	}
	token := checkJWT(t, verifyJWT(t, tokens[0], "ledger", server.JWTAuthorities()), "ledger")
	wantBuyer(t, token)

	server.Shutdown()
	ledger := readLedger(t, site)
	entries := checkChain(t, ledger)
	for _, carried := range []entry{e, token} {
		if int(carried.I) >= len(ledger) || ledger[carried.I] != carried.Raw {
			t.Errorf("entry %d of the ledger is not what the credential carries: %s", carried.I, carried.Raw)
		}
		checkProof(t, logKey(t, ledger[0]), carried)
	}
	if registered := ofType(entries, "agent.registered"); len(registered) != 1 || registered[0].Subject != "agent:buyer" {
		t.Errorf("want one agent.registered of agent:buyer, got %+v", registered)
	}
	for _, text := range ledger {
		if strings.Contains(text, "lice") {
			t.Errorf("an entry names a person: %s", text)
		}
	}
}

func wantBuyer(t *testing.T, e entry) {
	t.Helper()
	if e.Agent != "buyer" || e.Scope != 3 || e.By != "server:a" || e.Subject != harness.URI("/agent/buyer/1") {
		t.Errorf("want agent buyer, scope 3, by server:a, got %s", e.Raw)
	}
	if e.Trust == nil || e.Trust.Score != 7000 || *e.Trust.HalfLife != 86400 || *e.Trust.Floor != 1000 ||
		*e.Trust.Hold != 0 || *e.Trust.Policy != startPolicy() {
		t.Errorf("want the start values of trust, got %s", e.Raw)
	}
	if since := time.Since(time.Unix(*e.Trust.AsOf, 0)); since < 0 || since > 5*time.Minute {
		t.Errorf("trust is as of %v ago", since)
	}
	if e.Sponsor == nil || len(e.Sponsor.Ref) < 20 || e.Sponsor.Verified || e.Sponsor.Method != "none" {
		t.Errorf("want an unverified sponsor with a pseudonym, got %s", e.Raw)
	}
}

// startPolicy is the digest of the start values, as docs/formats/claims.md forms it.
func startPolicy() string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(
		"svidence-trust-start-v1\nscore=7000\nhalf_life=86400\nhold=0\nfloor=1000\n")))
}

// checkJWT reads our claim and checks that it says what its entry says, and that
// the entry is bound to the token.
func checkJWT(t *testing.T, token jwt, audience ...string) entry {
	t.Helper()
	var claim struct {
		V            int
		TrustScore   int64 `json:"trust_score"`
		Scope        int
		HumanSponsor *struct {
			Ref      string
			Verified bool
			Method   string
			Until    *string
		} `json:"human_sponsor"`
		Trust map[string]json.RawMessage
		Agent *string
		Entry string
		Proof *string
	}
	if err := json.Unmarshal(token.claims["svidence"], &claim); err != nil {
		t.Fatalf("claim svidence: %v: %s", err, token.claims["svidence"])
	}
	e, err := parseEntry(claim.Entry)
	if err != nil {
		t.Fatalf("the claim's entry: %v: %s", err, claim.Entry)
	}
	if claim.V != 1 || e.V != 1 || e.Type != "issue.jwt" || e.Subject != token.svid.ID.String() {
		t.Errorf("want v 1, type issue.jwt, subject %s, got %s", token.svid.ID, claim.Entry)
	}
	if claim.Scope != e.Scope || claim.Agent != nil && *claim.Agent != e.Agent {
		t.Errorf("scope or agent differ from the entry's: %s", token.claims["svidence"])
	}
	if (claim.HumanSponsor == nil) != (e.Sponsor == nil) ||
		e.Sponsor != nil && (claim.HumanSponsor.Ref != e.Sponsor.Ref || claim.HumanSponsor.Verified != e.Sponsor.Verified) {
		t.Errorf("human_sponsor differs from the entry's sponsor: %s", token.claims["svidence"])
	}
	if keys, _ := memberOrder(claim.Entry); !slices.Equal(keys, jwtMembers) {
		t.Errorf("members of issue.jwt:\n got %v\nwant %v", keys, jwtMembers)
	}
	// Not decayed: the copy says how it was as of trust.as_of.
	if want := e.Trust.Score / 100; claim.TrustScore != want {
		t.Errorf("trust_score is %d, the entry's score is %d", claim.TrustScore, e.Trust.Score)
	}
	if claim.Proof != nil {
		e.Proof = *claim.Proof
	}
	checkTrustCopy(t, claim.Trust, *e.Trust)
	checkBinding(t, token, e, audience)
	// SPIRE prints large numbers with an exponent, which no strict reader takes.
	if text := string(token.claims["svidence"]); strings.Contains(text, "e+0") {
		t.Errorf("a number in the claim has an exponent: %s", text)
	}
	return e
}

// checkBinding compares the entry's iat, exp, jti and audience digest.
func checkBinding(t *testing.T, token jwt, e entry, audience []string) {
	t.Helper()
	var bound struct {
		Aud      string
		Iat, Exp int64
		Jti      string
	}
	if err := json.Unmarshal([]byte(e.Raw), &bound); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(bound.Iat) != string(token.claims["iat"]) || fmt.Sprint(bound.Exp) != string(token.claims["exp"]) {
		t.Errorf("iat, exp are %s, %s, the entry says %d, %d", token.claims["iat"], token.claims["exp"], bound.Iat, bound.Exp)
	}
	if want, _ := json.Marshal(bound.Jti); bound.Jti == "" || string(want) != string(token.claims["jti"]) {
		t.Errorf("jti is %s, the entry says %q", token.claims["jti"], bound.Jti)
	}
	if want := audienceDigest(audience); bound.Aud != want {
		t.Errorf("aud is %s, the token's audiences give %s", bound.Aud, want)
	}
}

// audienceDigest follows docs/formats/claims.md: sorted, each behind its length.
func audienceDigest(audience []string) string {
	var text []byte
	for _, one := range slices.Sorted(slices.Values(audience)) {
		text = append(binary.BigEndian.AppendUint32(text, uint32(len(one))), one...)
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(text))
}

// checkTrustCopy compares the claim's readable form of trust with the entry's.
func checkTrustCopy(t *testing.T, copied map[string]json.RawMessage, tr trust) {
	t.Helper()
	seconds := func(n *int64) any {
		if n == nil {
			return nil
		}
		return fmt.Sprintf("%ds", *n)
	}
	var asOf any
	if tr.AsOf != nil {
		asOf = time.Unix(*tr.AsOf, 0).UTC().Format(time.RFC3339)
	}
	for member, want := range map[string]any{"score": tr.Score, "as_of": asOf, "half_life": seconds(tr.HalfLife),
		"floor": tr.Floor, "hold": seconds(tr.Hold), "policy": tr.Policy} {
		if text, _ := json.Marshal(want); string(text) != string(copied[member]) {
			t.Errorf("trust.%s is %s in the claim, want %s", member, copied[member], text)
		}
	}
}

// Who is not registered gets an identity that says so, or none by setting.
func TestUnregisteredAgentsHaveScoreZeroAndNoSponsor(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	chain, err := server.MintX509(harness.Context(t), "/agent/rogue/1")
	if err != nil {
		t.Fatal(err)
	}
	e := checkX509(t, chain[0])
	if e.Sponsor != nil || e.Scope != 0 || e.Trust == nil || e.Trust.Score != 0 {
		t.Errorf("want score 0, no sponsor, scope 0, got %s", e.Raw)
	}
	token, err := server.MintJWT(harness.Context(t), "/agent/rogue/1", "b", "a")
	if err != nil {
		t.Fatal(err)
	}
	e = checkJWT(t, verifyJWT(t, token, "a", server.JWTAuthorities()), "b", "a")
	if e.Sponsor != nil || e.Scope != 0 || e.Trust.Score != 0 {
		t.Errorf("want score 0, no sponsor, scope 0, got %s", e.Raw)
	}
}

func TestUnregisteredAgentsAreRefusedBySetting(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, `unregistered = "deny"`)
	site.Admin(t).Register("buyer", "alice@example.org", 2)
	if _, err := server.MintX509(harness.Context(t), "/agent/rogue/1"); err == nil {
		t.Error("an unregistered agent got an X509-SVID")
	}
	if _, err := server.MintJWT(harness.Context(t), "/agent/rogue/1", "a"); err == nil {
		t.Error("an unregistered agent got a JWT-SVID")
	}
	if _, err := server.MintX509(harness.Context(t), "/agent/buyer/1"); err != nil {
		t.Error(err)
	}
	if err := server.Healthy(); err != nil {
		t.Error(err)
	}
}

// Other identities than agents' come out as SPIRE makes them, but Svidence's own
// are written down.
func TestIdentitiesOutsideThePrefixAreLeftAlone(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	for _, path := range []string{"/web/frontend", "/agents/buyer/1", "/agent"} {
		chain, err := server.MintX509(harness.Context(t), path)
		if err != nil {
			t.Fatal(err)
		}
		if hasExtension(chain[0]) {
			t.Errorf("%s is outside the prefix and has our extension", path)
		}
		token, err := server.MintJWT(harness.Context(t), path, "a")
		if err != nil {
			t.Fatal(err)
		}
		if claim, ok := verifyJWT(t, token, "a", server.JWTAuthorities()).claims["svidence"]; ok {
			t.Errorf("%s is outside the prefix and has our claim: %s", path, claim)
		}
	}
	chain, err := server.MintX509(harness.Context(t), "/svidence/node/0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	if hasExtension(chain[0]) {
		t.Error("an ID under /svidence/ must be returned unchanged")
	}
	issued := ofType(checkChain(t, site.Admin(t).Entries()), "issue.x509")
	if len(issued) != 1 || issued[0].Subject != harness.URI("/svidence/node/0123456789abcdef0123456789abcdef") {
		t.Errorf("want one entry, of the ID under /svidence/, got %d", len(issued))
	}
}

// Path validation by code of three origins, each of which must also refuse a
// certificate in which one bit of our extension is changed.
func TestGoOpenSSLAndGnuTLSAcceptTheExtension(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	site.Admin(t).Register("buyer", "alice@example.org", 3)
	chain, err := server.MintX509(harness.Context(t), "/agent/buyer/1")
	if err != nil {
		t.Fatal(err)
	}
	roots := server.Authorities()
	good := chain[0].Raw
	bad := slices.Clone(good)
	bad[strings.Index(string(bad), `"subject"`)+1] ^= 1

	dir := t.TempDir()
	rootFile := filepath.Join(dir, "roots.pem")
	write(t, rootFile, harness.PEM(roots...))
	for _, validator := range []struct {
		name   string
		accept func(der []byte) error
	}{
		{"Go", func(der []byte) error { return goAccepts(der, roots) }},
		{"OpenSSL", func(der []byte) error {
			return toolAccepts(t, dir, der, "openssl", "verify", "-purpose", "sslclient", "-CAfile", rootFile, "LEAF")
		}},
		{"GnuTLS", func(der []byte) error {
			return toolAccepts(t, dir, der, "certtool", "--verify", "--load-ca-certificate", rootFile, "--infile", "LEAF")
		}},
	} {
		if err := validator.accept(good); err != nil {
			t.Errorf("%s refuses the certificate: %v", validator.name, err)
		}
		if validator.accept(bad) == nil {
			t.Errorf("%s accepts a certificate with a changed extension", validator.name)
		}
	}
	text, err := exec.Command(harness.Tool(t, "openssl"), "x509", "-in", filepath.Join(dir, "good.pem"), "-noout", "-text").Output()
	if err != nil || !strings.Contains(string(text), `"score":7000`) {
		t.Errorf("openssl x509 -text does not show the score (%v)", err)
	}
}

func goAccepts(der []byte, roots []*x509.Certificate) error {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(root)
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}

// toolAccepts runs a command in which LEAF stands for the certificate's file.
func toolAccepts(t *testing.T, dir string, der []byte, command string, args ...string) error {
	t.Helper()
	leaf := filepath.Join(dir, "leaf.pem")
	parsed := &x509.Certificate{Raw: der}
	write(t, leaf, harness.PEM(parsed))
	if _, err := os.Stat(filepath.Join(dir, "good.pem")); err != nil {
		write(t, filepath.Join(dir, "good.pem"), harness.PEM(parsed)) // the first is the good one
	}
	args = slices.Clone(args)
	args[slices.Index(args, "LEAF")] = leaf
	if text, err := exec.Command(harness.Tool(t, command), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

// asn1Decoder lets asn1c compile our module to a decoder that nobody here wrote.
// It must read a value, find its constraints met, and write the same bytes.
func asn1Decoder(t *testing.T) func(value []byte) error {
	t.Helper()
	module, err := filepath.Abs(filepath.Join("..", "golden", "claims", "Svidence.asn1"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := func(name string, args ...string) ([]byte, error) {
		command := exec.Command(name, args...)
		command.Dir = dir
		var stderr strings.Builder
		command.Stderr = &stderr
		output, err := command.Output()
		if err != nil {
			err = fmt.Errorf("%s: %w: %s", name, err, stderr.String())
		}
		return output, err
	}
	if _, err := in(harness.Tool(t, "asn1c"), "-S", "/usr/share/asn1c", "-fcompound-names", "-pdu=all", module); err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		t.Fatal(err)
	}
	flags := []string{"-DPDU=SvidenceRecord", "-DASN_PDU_COLLECTION", "-I.", "-w", "-o", "convert"}
	if _, err := in(harness.Tool(t, "cc"), append(append(flags, sources...), "-lm")...); err != nil {
		t.Fatal(err)
	}
	return func(value []byte) error {
		write(t, filepath.Join(dir, "value.der"), value)
		if _, err := in("./convert", "-c", "-iber", "-oxer", "value.der"); err != nil {
			return err
		}
		again, err := in("./convert", "-iber", "-oder", "value.der")
		if err == nil && !bytes.Equal(again, value) {
			err = errors.New("asn1c's decoder does not write back what it read")
		}
		return err
	}
}

func TestAnAsn1CompilersDecoderReadsTheExtension(t *testing.T) {
	decode := asn1Decoder(t)
	site := harness.NewSite(t)
	server := site.Start(t, "")
	site.Admin(t).Register("buyer", "alice@example.org", 3)
	for _, path := range []string{"/agent/buyer/1", "/agent/rogue/1", "/agent/rogue/" + strings.Repeat("x", 1200)} {
		chain, err := server.MintX509(harness.Context(t), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := decode(extensionOf(t, chain[0])); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// The golden files hold the C++ encoder to what asn1c and Go's encoding/asn1 read.
func TestAnAsn1CompilersDecoderReadsTheGoldenFiles(t *testing.T) {
	decode := asn1Decoder(t)
	files, err := filepath.Glob(filepath.Join("..", "golden", "claims", "*.der"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files (%v)", err)
	}
	for _, file := range files {
		value, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := decode(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		var r record
		if rest, err := asn1.Unmarshal(value, &r); err != nil || len(rest) > 0 || r.Version != 1 {
			t.Errorf("%s: encoding/asn1: %v, %d bytes behind, version %d", file, err, len(rest), r.Version)
		}
		if decode(append(value[:len(value):len(value)], 0)) == nil {
			t.Errorf("%s: a byte behind the record is taken", file)
		}
	}
}

// An ID whose entry would leave no room for a proof within 4 KiB is refused by
// name, and leaves no trace in the ledger.
func TestAnIDTooLongForTheExtensionIsRefused(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	before := len(site.Admin(t).Entries())
	long := "/agent/rogue"
	for len(harness.URI(long)) < 2000 { // SPIFFE allows 2048 bytes
		long += "/" + strings.Repeat("x", 40)
	}
	err := mintBoth(t, server, long)
	if err == nil || !strings.Contains(err.Error(), "2304") {
		t.Errorf("want a refusal that names the bound, got %v", err)
	}
	if after := len(site.Admin(t).Entries()); after != before {
		t.Errorf("a refused issuance left %d entries", after-before)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
