package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"svidence.invalid/e2e/harness"
)

// refuses checks the state in which a ledger puts the plugin that it cannot use:
// SPIRE is up, others' identities are signed, agents' are refused with a reason.
func refuses(t *testing.T, server *harness.Server, reason string) {
	t.Helper()
	if _, err := server.MintX509(harness.Context(t), "/web/frontend"); err != nil {
		t.Errorf("an ID outside the prefix must pass: %v", err)
	}
	_, err := server.MintX509(harness.Context(t), "/agent/buyer/1")
	if err == nil {
		t.Fatal("an agent's SVID was signed without a ledger")
	}
	if !strings.Contains(strings.ToLower(err.Error()), reason) {
		t.Errorf("want a refusal that says %q, got %v", reason, err)
	}
	if err := server.Healthy(); err != nil {
		t.Error(err)
	}
}

func TestASecondServerOnTheSameLedgerRefuses(t *testing.T) {
	site := harness.NewSite(t)
	first := site.Start(t, "")
	other := harness.NewSite(t)
	other.Ledger, other.Mark = site.Ledger, site.Mark
	second := other.Start(t, "")
	refuses(t, second, "lock")
	if _, err := first.MintX509(harness.Context(t), "/agent/buyer/1"); err != nil {
		t.Errorf("the first server is disturbed: %v", err)
	}
	second.Shutdown()
	first.Shutdown()
	checkChain(t, readLedger(t, site))
}

func TestALedgerOfAnotherTrustDomainRefuses(t *testing.T) {
	site := harness.NewSite(t)
	site.Start(t, "").Shutdown()
	before := readLedger(t, site)
	other := harness.NewSite(t)
	other.Ledger, other.Mark = site.Ledger, site.Mark
	options := other.Options("")
	options.TrustDomain = "other.example"
	server := harness.StartServer(t, options)
	refuses(t, server, "trust domain")
	server.Shutdown()
	if after := readLedger(t, site); len(after) != len(before) {
		t.Errorf("a foreign server wrote %d entries", len(after)-len(before))
	}
}

func TestALedgerThatCannotBeMadeRefuses(t *testing.T) {
	site := harness.NewSite(t)
	// A file where a folder must be: no permission bit helps root over that.
	write(t, filepath.Join(site.Dir, "file"), nil)
	site.Ledger = filepath.Join(site.Dir, "file", "ledger")
	server := site.Start(t, "")
	refuses(t, server, site.Ledger)
	server.Shutdown()
}

// A byte changed on disk: the ledger that no longer verifies is not added to.
func TestAChangedLedgerRefuses(t *testing.T) {
	site := harness.NewSite(t)
	server := site.Start(t, "")
	for range 20 {
		if _, err := server.MintX509(harness.Context(t), "/agent/buyer/1"); err != nil {
			t.Fatal(err)
		}
	}
	server.Shutdown()
	changeEntry(t, site, 7)
	again := site.Start(t, "")
	refuses(t, again, "entry 7")
	again.Shutdown()
}

// A full disk refuses agents with the reason, and is over when it is over.
func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to mount a small file system")
	}
	site := harness.NewSite(t)
	if err := os.Mkdir(site.Ledger, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("svidence-e2e", site.Ledger, "tmpfs", 0, "size=24m,mode=0700"); err != nil {
		t.Fatalf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(site.Ledger, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	server := site.Start(t, "")
	if _, err := server.MintX509(harness.Context(t), "/agent/buyer/1"); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(site.Ledger, "filler")
	fill(t, filler)
	waitFor(t, 20*time.Second, "a refusal", func() bool {
		_, err := server.MintX509(harness.Context(t), "/agent/buyer/1")
		if err != nil && !strings.Contains(strings.ToLower(err.Error()), "full") && !strings.Contains(err.Error(), "space") {
			t.Errorf("the refusal must say that the disk is full, got %v", err)
		}
		return err != nil
	})
	if _, err := server.MintX509(harness.Context(t), "/web/frontend"); err != nil {
		t.Errorf("an ID outside the prefix must pass: %v", err)
	}
	// What revokes must get through: a reserve is kept for it.
	site.Admin(t).Must("Revoke", `{"spiffe_id":"`+harness.URI("/agent/rogue/1")+`","reason":"misbehaviour"}`)
	if _, err := server.MintX509(harness.Context(t), "/agent/rogue/1"); err == nil {
		t.Error("an identity revoked on a full disk got an SVID")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 20*time.Second, "recovery", func() bool {
		_, err := server.MintX509(harness.Context(t), "/agent/buyer/1")
		return err == nil
	})
	server.Shutdown()
	entries := checkChain(t, readLedger(t, site))
	checkNoIssuanceWhileRevoked(t, entries)
}

// fill writes until nothing more fits.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 16; size > 0; size /= 2 {
		for block := make([]byte, size); err == nil; {
			_, err = file.Write(block)
		}
		err = nil
	}
}

// A server that is started anew goes on with the chain it finds.
func TestTheChainGoesOnAfterARestart(t *testing.T) {
	site := harness.NewSite(t)
	var sizes []int
	for range 3 {
		server := site.Start(t, "")
		if _, err := server.MintX509(harness.Context(t), "/agent/buyer/1"); err != nil {
			t.Fatal(err)
		}
		server.Shutdown()
		sizes = append(sizes, len(checkChain(t, readLedger(t, site))))
	}
	if sizes[0] >= sizes[1] || sizes[1] >= sizes[2] {
		t.Errorf("sizes after each run: %v", sizes)
	}
	opened := ofType(checkChain(t, readLedger(t, site)), "log.opened")
	if len(opened) != 1 {
		t.Errorf("want one log.opened, got %d", len(opened))
	}
}

// Only a mistake in the configuration keeps SPIRE from starting, and says where
// it is.
func TestAConfigurationErrorNamesItsPlace(t *testing.T) {
	for _, test := range []struct{ name, settings, want string }{
		{"UnknownKey", "ledgerdir = \"/x\"", "ledgerdir"},
		{"WrongType", "allow_unsigned = \"yes\"", "allow_unsigned"},
		{"PrefixOfSpire", `agent_prefix = "/spire"`, "agent_prefix"},
		{"OidArcTooLarge", `oid = "2.25.329800735698586629295641978511506172918"`, "oid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			site := harness.NewSite(t)
			server := harness.LaunchServer(t, site.Options(test.settings))
			err := server.AwaitReady(30 * time.Second)
			if err == nil || !strings.Contains(err.Error(), "ended while starting") {
				t.Fatalf("want SPIRE to end, got %v", err)
			}
			line := server.Logs.Wait(t, 0, time.Second, "the mistake", func(line harness.Line) bool {
				return line.Level() == "error" && strings.Contains(line.Text("error"), test.want)
			})
			if !lineAndColumn.MatchString(line.Text("error")) {
				t.Errorf("no line and column: %s", line.Text("error"))
			}
		})
	}
}
