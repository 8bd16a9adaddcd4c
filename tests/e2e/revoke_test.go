package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"svidence.invalid/e2e/harness"
)

func TestRevocationDeniesAtOnceAndDeletesTheEntries(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	agent := harness.StartAgent(t, server, harness.AgentOptions{Plugins: harness.Attestor(t, "")})
	admin := site.Admin(t)
	admin.Register("buyer", "alice@example.org", 3)
	// Two entries of the same ID, one of its neighbour.
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:uid:"+uid())
	server.CreateEntry(agent, "/agent/buyer/1", "svidence:uid:4242")
	server.CreateEntry(agent, "/agent/buyer/10", "svidence:uid:"+uid())
	wantIDs(t, agent, "/agent/buyer/1", "/agent/buyer/10")

	id := harness.URI("/agent/buyer/1")
	preview := admin.Must("PreviewRevoke", fmt.Sprintf(`{"spiffe_id":%q}`, id))
	if entries := preview["entries"].([]any); len(entries) != 2 {
		t.Errorf("the preview shows %d entries, want 2: %v", len(entries), preview)
	}
	if got := server.EntriesOf("/agent/buyer/1"); len(got) != 2 {
		t.Errorf("a preview deletes nothing, %d entries are left", len(got))
	}
	report := admin.Must("Revoke", fmt.Sprintf(`{"spiffe_id":%q,"reason":"key_compromise"}`, id))
	if report["recorded"] != true {
		t.Errorf("not recorded: %v", report)
	}
	// From here on, even while SPIRE still holds the entries.
	if err := mintBoth(t, server, "/agent/buyer/1"); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("want a refusal that says revoked, got %v", err)
	}
	waitFor(t, 10*time.Second, "the entries to be deleted", func() bool { return len(server.EntriesOf("/agent/buyer/1")) == 0 })
	if got := server.EntriesOf("/agent/buyer/10"); len(got) != 1 {
		t.Errorf("a neighbour's entries were deleted: %d are left", len(got))
	}
	wantIDs(t, agent, "/agent/buyer/10")
	if err := server.Healthy(); err != nil {
		t.Error(err)
	}

	// A revocation survives a restart.
	agent.Shutdown()
	server.Shutdown()
	again := site.Start(t, "")
	if err := mintBoth(t, again, "/agent/buyer/1"); err == nil {
		t.Error("a restart forgot the revocation")
	}
	if err := mintBoth(t, again, "/agent/buyer/10"); err != nil {
		t.Error(err)
	}
	site.Admin(t).Must("Restore", fmt.Sprintf(`{"spiffe_id":%q,"reason":"superseded"}`, id))
	if err := mintBoth(t, again, "/agent/buyer/1"); err != nil {
		t.Errorf("restored, and still refused: %v", err)
	}
	again.Shutdown()
	checkNoIssuanceWhileRevoked(t, checkChain(t, readLedger(t, site)))
}

// mintBoth asks for one of each kind; either refusal is returned.
func mintBoth(t *testing.T, server *harness.Server, path string) error {
	t.Helper()
	_, errX509 := server.MintX509(harness.Context(t), path)
	_, errJWT := server.MintJWT(harness.Context(t), path, "a")
	if (errX509 == nil) != (errJWT == nil) {
		t.Errorf("one kind is refused, the other not: X.509 %v, JWT %v", errX509, errJWT)
	}
	return errX509
}

// checkNoIssuanceWhileRevoked: in the ledger's own order.
func checkNoIssuanceWhileRevoked(t *testing.T, entries []entry) {
	t.Helper()
	revoked := map[string]bool{}
	seen := 0
	for _, e := range entries {
		switch {
		case e.Type == "revoked":
			revoked[e.Subject] = true
			seen++
		case e.Type == "restored":
			revoked[e.Subject] = false
		case strings.HasPrefix(e.Type, "issue.") && revoked[e.Subject]:
			t.Errorf("entry %d issues for a revoked subject", e.I)
		}
	}
	if seen == 0 {
		t.Error("the ledger has no revocation")
	}
}

// Under load: the revocation falls between two issuances of a group commit.
func TestNoIssuanceFollowsARevocationUnderLoad(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	admin := site.Admin(t)
	admin.Register("load", "alice@example.org", 3)
	ctx, stop := withStop()
	defer stop()
	finish := load(ctx, server, 8)
	for worker := range 4 {
		time.Sleep(150 * time.Millisecond)
		id := harness.URI(fmt.Sprintf("/agent/load/%d", worker))
		admin.Must("Revoke", fmt.Sprintf(`{"spiffe_id":%q,"reason":"misbehaviour"}`, id))
	}
	time.Sleep(300 * time.Millisecond)
	stop()
	finish()
	server.Shutdown()
	checkNoIssuanceWhileRevoked(t, checkChain(t, readLedger(t, site)))
}

// wantIDs waits until a workload of this user has exactly these identities.
func wantIDs(t *testing.T, agent *harness.Agent, paths ...string) {
	t.Helper()
	var got string
	want := strings.Join(paths, " ")
	waitFor(t, 15*time.Second, want, func() bool {
		var ids []string
		for _, svid := range agent.Fetch(harness.Workload{Limit: time.Second}).X509 {
			ids = append(ids, strings.TrimPrefix(svid.ID, harness.URI("")))
		}
		got = sortedWords(ids)
		return got == want
	})
}
