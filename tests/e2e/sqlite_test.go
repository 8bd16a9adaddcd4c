package e2e

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"svidence.invalid/e2e/harness"
)

// The ledger's file, opened by SQLite's own Go binding: what is on disk, not what
// our programs say is there. docs/formats/ledger.md describes the table.

func openLedger(t *testing.T, site *harness.Site) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(site.Ledger, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// readLedger returns the exact bytes of all entries, in order.
func readLedger(t *testing.T, site *harness.Site) []string {
	t.Helper()
	db := openLedger(t, site)
	defer db.Close()
	rows, err := db.Query("SELECT body FROM entries ORDER BY i")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ledger []string
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		ledger = append(ledger, string(text))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ledger
}

// changeEntry flips one bit in the stored bytes of an entry, behind SQLite's
// back as far as the ledger is concerned.
func changeEntry(t *testing.T, site *harness.Site, index int) {
	t.Helper()
	db := openLedger(t, site)
	defer db.Close()
	var text []byte
	if err := db.QueryRow("SELECT body FROM entries WHERE i = ?", index).Scan(&text); err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if _, err := db.Exec("DROP TRIGGER entries_keep"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE entries SET body = ? WHERE i = ?", text, index); err != nil {
		t.Fatal(err)
	}
}
