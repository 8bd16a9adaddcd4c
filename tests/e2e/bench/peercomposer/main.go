// Command peercomposer is what script/bench compares svidence-server with: the
// plainest CredentialComposer that a Go programmer would write for SPIRE. It
// adds one extension of a given size to each X509-SVID; with -db it also commits
// one durable SQLite row for each before it answers, with -file it makes the row
// durable in a plain file, one fdatasync for all that wait. No chain, no key, no
// policy.
package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"os"

	_ "github.com/mattn/go-sqlite3"
	"github.com/spiffe/spire-plugin-sdk/pluginmain"
	composerv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/server/credentialcomposer/v1"
)

// The peer's own arc, so that nobody mistakes its extension for ours.
const oid = "1.2.840.113556.1.8000.2554.1.2.3"

type composer struct {
	composerv1.UnimplementedCredentialComposerServer
	value  []byte
	insert *sql.Stmt   // nil: no table
	file   *syncedFile // nil: no file
}

func (c *composer) ComposeWorkloadX509SVID(ctx context.Context, req *composerv1.ComposeWorkloadX509SVIDRequest) (*composerv1.ComposeWorkloadX509SVIDResponse, error) {
	if err := c.keep(ctx, req); err != nil {
		return nil, err
	}
	attributes := req.Attributes
	attributes.ExtraExtensions = append(attributes.ExtraExtensions,
		&composerv1.X509Extension{Oid: oid, Value: c.value})
	return &composerv1.ComposeWorkloadX509SVIDResponse{Attributes: attributes}, nil
}

func (c *composer) keep(ctx context.Context, req *composerv1.ComposeWorkloadX509SVIDRequest) error {
	if c.insert == nil && c.file == nil {
		return nil
	}
	key := sha256.Sum256(req.PublicKey)
	body := fmt.Sprintf(`{"subject":%q,"spki":"sha256:%s","pad":%q}`, req.SpiffeId, hex.EncodeToString(key[:]), c.value)
	if c.file != nil {
		return c.file.append(body)
	}
	_, err := c.insert.ExecContext(ctx, body)
	return err
}

// openTable gives an insert statement whose every execution is one durable
// transaction: WAL with synchronous=FULL, as svidence-server has it. One
// connection: SQLite has one writer, and more only meet SQLITE_BUSY.
func openTable(path string) (*sql.Stmt, error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS issued(i INTEGER PRIMARY KEY, body TEXT NOT NULL)"); err != nil {
		return nil, err
	}
	return db.Prepare("INSERT INTO issued(body) VALUES(?)")
}

func main() {
	size := flag.Int("size", 800, "bytes of the extension")
	path := flag.String("db", "", "SQLite file for one durable row per SVID; empty: none")
	plain := flag.String("file", "", "plain file for one durable row per SVID; empty: none")
	flag.Parse()

	c := &composer{value: make([]byte, *size)}
	for i := range c.value {
		c.value[i] = 'x'
	}
	var err error
	if *path != "" {
		c.insert, err = openTable(*path)
	}
	if err == nil && *plain != "" {
		c.file, err = openSyncedFile(*plain)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peercomposer:", err)
		os.Exit(1)
	}
	pluginmain.Serve(composerv1.CredentialComposerPluginServer(c))
}
