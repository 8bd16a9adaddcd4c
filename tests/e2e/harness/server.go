package harness

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	agentv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/agent/v1"
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	startLimit = 60 * time.Second // of SPIRE, plugins included; slow machines included
	stopLimit  = 20 * time.Second
	callLimit  = 20 * time.Second
)

// ServerOptions say what is not the same for every test.
type ServerOptions struct {
	Plugins string   // HCL: stanzas added to those that SPIRE needs
	Dir     string   // state folder; empty: a new one. Give one to start anew on it
	Env     []string // added to the environment
	// TrustDomain; empty: the harness's.
	TrustDomain string
	// LogLevel of SPIRE; empty: DEBUG. Benchmarks use what operators use.
	LogLevel string
}

// Server is a running spire-server.
type Server struct {
	*Process
	Dir       string
	Socket    string // private API
	Port      string // of the agents' TCP listener
	healthURL string
	domain    string

	t    testing.TB
	conn *grpc.ClientConn
}

// StartServer starts spire-server and waits until its private API answers. It
// fails the test if that does not come about.
func StartServer(t testing.TB, options ServerOptions) *Server {
	t.Helper()
	s := LaunchServer(t, options)
	if err := s.AwaitReady(startLimit); err != nil {
		t.Fatalf("%v; its last lines:\n%s", err, s.Logs.Tail(40))
	}
	return s
}

// LaunchServer starts spire-server and does not wait, for tests in which it must
// not come up.
func LaunchServer(t testing.TB, options ServerOptions) *Server {
	t.Helper()
	dir := options.Dir
	if dir == "" {
		dir = TempDir(t)
	}
	s := &Server{t: t, Dir: dir, Socket: SocketPath(t, dir, "server.sock"), Port: freePort(t),
		domain: cmp.Or(options.TrustDomain, TrustDomain)}
	healthPort := freePort(t)
	s.healthURL = "http://127.0.0.1:" + healthPort + "/ready"
	config := filepath.Join(dir, "server.conf")
	text := fmt.Sprintf(serverConfig, s.Port, s.Socket, s.domain, dir, cmp.Or(options.LogLevel, "DEBUG"), healthPort,
		filepath.Join(dir, "db.sqlite3"), options.Plugins)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(SpireProgram(t, "spire-server"), "run", "-config", config)
	command.Env = options.Env
	command.Dir = dir
	conn, err := grpc.NewClient("unix:"+s.Socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	s.conn = conn
	t.Cleanup(func() { conn.Close() })
	s.Process = StartProcess(t, "spire-server", command)
	return s
}

const serverConfig = `server {
  bind_address = "127.0.0.1"
  bind_port = "%s"
  socket_path = "%s"
  trust_domain = "%s"
  data_dir = "%s"
  log_level = "%s"
  log_format = "json"
  ca_ttl = "24h"
  default_x509_svid_ttl = "1h"
  experimental { cache_reload_interval = "1s" }
}
health_checks {
  listener_enabled = true
  bind_address = "127.0.0.1"
  bind_port = "%s"
  ready_path = "/ready"
}
plugins {
  DataStore "sql" { plugin_data { database_type = "sqlite3" connection_string = "%s" } }
  KeyManager "memory" { plugin_data {} }
  NodeAttestor "join_token" { plugin_data {} }
%s
}
`

// AwaitReady waits until the private API answers and SPIRE's own health check,
// which signs an SVID through the composers, is content.
func (s *Server) AwaitReady(limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for s.Running() && time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := s.Entries().CountEntries(ctx, &entryv1.CountEntriesRequest{})
		cancel()
		if err == nil && s.Healthy() == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	if !s.Running() {
		return fmt.Errorf("spire-server ended while starting: %v", s.err)
	}
	return fmt.Errorf("spire-server is not ready after %v", limit)
}

// Healthy asks SPIRE's readiness endpoint; the error holds what it answers.
func (s *Server) Healthy() error {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(s.healthURL)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		var body strings.Builder
		_ = response.Write(&body)
		return fmt.Errorf("spire-server is not healthy: %s", body.String())
	}
	return nil
}

// Shutdown stops the server as an operator does; it must end in time, cleanly,
// and leave no process.
func (s *Server) Shutdown() { s.t.Helper(); s.Stop(stopLimit) }

func (s *Server) Entries() entryv1.EntryClient { return entryv1.NewEntryClient(s.conn) }
func (s *Server) Agents() agentv1.AgentClient  { return agentv1.NewAgentClient(s.conn) }
func (s *Server) SVIDs() svidv1.SVIDClient     { return svidv1.NewSVIDClient(s.conn) }

// Context bounds one call.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	t.Cleanup(cancel)
	return ctx
}

// ID splits "/agent/buyer/1" off the trust domain as SPIRE's API wants it.
func ID(path string) *types.SPIFFEID {
	return &types.SPIFFEID{TrustDomain: TrustDomain, Path: path}
}

// URI is the SPIFFE ID with this path.
func URI(path string) string { return "spiffe://" + TrustDomain + path }

// Authorities returns the trust domain's X.509 roots.
func (s *Server) Authorities() []*x509.Certificate {
	s.t.Helper()
	bundle, err := bundlev1.NewBundleClient(s.conn).GetBundle(Context(s.t), &bundlev1.GetBundleRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	var roots []*x509.Certificate
	for _, authority := range bundle.X509Authorities {
		root, err := x509.ParseCertificate(authority.Asn1)
		if err != nil {
			s.t.Fatal(err)
		}
		roots = append(roots, root)
	}
	return roots
}

// AuthoritiesPEM is the same for tools.
func (s *Server) AuthoritiesPEM() []byte {
	s.t.Helper()
	return PEM(s.Authorities()...)
}

// JWTAuthorities returns the trust domain's JWT signing keys by key id.
func (s *Server) JWTAuthorities() map[string]crypto.PublicKey {
	s.t.Helper()
	bundle, err := bundlev1.NewBundleClient(s.conn).GetBundle(Context(s.t), &bundlev1.GetBundleRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	keys := map[string]crypto.PublicKey{}
	for _, authority := range bundle.JwtAuthorities {
		key, err := x509.ParsePKIXPublicKey(authority.PublicKey)
		if err != nil {
			s.t.Fatal(err)
		}
		keys[authority.KeyId] = key
	}
	return keys
}

// PEM encodes certificates one after another.
func PEM(certificates ...*x509.Certificate) []byte {
	var text []byte
	for _, certificate := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
	}
	return text
}

// MintX509 asks the private API for an X509-SVID with a new key. The chain is
// leaf first.
func (s *Server) MintX509(ctx context.Context, path string) ([]*x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return s.MintX509For(ctx, key, path)
}

// MintX509For is MintX509 for a key that the caller has.
func (s *Server) MintX509For(ctx context.Context, key crypto.Signer, path string) ([]*x509.Certificate, error) {
	uri, err := url.Parse("spiffe://" + s.domain + path)
	if err != nil {
		return nil, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: []*url.URL{uri}}, key)
	if err != nil {
		return nil, err
	}
	response, err := s.SVIDs().MintX509SVID(ctx, &svidv1.MintX509SVIDRequest{Csr: csr})
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for _, der := range response.Svid.CertChain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		chain = append(chain, certificate)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("minting %s: SPIRE answered without a certificate", path)
	}
	return chain, nil
}

// MintJWT asks the private API for a JWT-SVID.
func (s *Server) MintJWT(ctx context.Context, path string, audience ...string) (string, error) {
	response, err := s.SVIDs().MintJWTSVID(ctx, &svidv1.MintJWTSVIDRequest{
		Id: &types.SPIFFEID{TrustDomain: s.domain, Path: path}, Audience: audience})
	if err != nil {
		return "", err
	}
	return response.Svid.Token, nil
}

// CreateEntry registers a workload of the agent; selectors are "type:value".
func (s *Server) CreateEntry(agent *Agent, path string, selectors ...string) string {
	s.t.Helper()
	entry := &types.Entry{SpiffeId: ID(path), ParentId: agent.ID()}
	for _, selector := range selectors {
		kind, value, _ := strings.Cut(selector, ":")
		entry.Selectors = append(entry.Selectors, &types.Selector{Type: kind, Value: value})
	}
	response, err := s.Entries().BatchCreateEntry(Context(s.t),
		&entryv1.BatchCreateEntryRequest{Entries: []*types.Entry{entry}})
	if err != nil {
		s.t.Fatal(err)
	}
	result := response.Results[0]
	if code := codes.Code(result.Status.Code); code != codes.OK {
		s.t.Fatal(status.Error(code, result.Status.Message))
	}
	return result.Entry.Id
}

// EntriesOf lists the ids of the entries with exactly this SPIFFE ID.
func (s *Server) EntriesOf(path string) []string {
	s.t.Helper()
	response, err := s.Entries().ListEntries(Context(s.t), &entryv1.ListEntriesRequest{
		Filter: &entryv1.ListEntriesRequest_Filter{BySpiffeId: ID(path)}})
	if err != nil {
		s.t.Fatal(err)
	}
	var ids []string
	for _, entry := range response.Entries {
		ids = append(ids, entry.Id)
	}
	return ids
}
