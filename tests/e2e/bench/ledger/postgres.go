package ledger

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"

	"svidence.invalid/e2e/bench/load"
	"svidence.invalid/e2e/harness"
)

// startPostgres runs a PostgreSQL of its own on a Unix socket, with the defaults
// that make a commit durable. Gives nil, and says why, where there is none.
func startPostgres(t *testing.T) *sql.DB {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		fmt.Println("no row for PostgreSQL: /usr/lib/postgresql is empty; apt-get install postgresql adds it")
		return nil
	}
	bin := filepath.Dir(found[len(found)-1])
	dir := harness.TempDir(t)
	as := unprivileged(t, dir)
	data := filepath.Join(dir, "data")
	init := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--auth", "trust", "--username", "bench", "--encoding", "UTF8")
	init.SysProcAttr = as
	if output, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, output)
	}
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=")
	server.SysProcAttr = as
	harness.StartProcess(t, "postgres", server)
	db, err := sql.Open("postgres", fmt.Sprintf("host=%s user=bench dbname=postgres sslmode=disable", dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for began := time.Now(); db.Ping() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("PostgreSQL does not answer: %v", db.Ping())
		}
	}
	if _, err := db.Exec("CREATE TABLE entries(i BIGSERIAL PRIMARY KEY, leaf BYTEA NOT NULL, body BYTEA NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	return db
}

// unprivileged: PostgreSQL does not run as root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// insertEach commits each entry by itself, some in flight at a time.
func insertEach(t *testing.T, db *sql.DB, entries, inFlight, size int) figures {
	t.Helper()
	db.SetMaxOpenConns(inFlight)
	db.SetMaxIdleConns(inFlight)
	insert, err := db.Prepare("INSERT INTO entries(leaf, body) VALUES($1, $2)")
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	leaf, body := make([]byte, 32), make([]byte, size)
	found, err := load.Run(entries, inFlight, func(int) error {
		_, err := insert.Exec(leaf, body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return figures{Figures: found}
}
