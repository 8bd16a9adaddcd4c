// Package host loads a daemon of ours as SPIRE does, with SPIRE's own loader and
// nothing else of SPIRE: the shim as plugin_cmd, the handshake, the broker, Init,
// Configure, and the unloading. It gives the raw connection, so that tests may
// send what SPIRE never would.
package host

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire-plugin-sdk/pluginsdk"
	metricsv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/hostservice/common/metrics/v1"
	credentialcomposerv1 "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/server/credentialcomposer/v1"
	"github.com/spiffe/spire/pkg/common/catalog"
	"github.com/spiffe/spire/pkg/common/plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"svidence.invalid/e2e/harness"
)

// PluginName is what the plugin is called in the host's configuration.
const PluginName = "svidence"

// Options of a host. The zero value loads the test daemon by spawning it.
type Options struct {
	Program string             // plugin_cmd; default our shim
	Daemon  string             // of SVIDENCE_BIN; default svidence-test-daemon
	Args    []string           // plugin_args instead of --daemon
	Data    catalog.DataSource // plugin_data; default none
}

// Host is a loaded plugin. Unload ends it.
type Host struct {
	Conn    grpc.ClientConnInterface
	Client  credentialcomposerv1.CredentialComposerClient
	Log     *Log
	Metrics *Metrics

	catalog *catalog.Catalog
}

// Load loads the plugin, or gives the error with which SPIRE would not start.
func Load(t testing.TB, options Options) (*Host, error) {
	t.Helper()
	// Where the shim makes its sockets; nothing may be left in it.
	t.Setenv("XDG_RUNTIME_DIR", harness.TempDir(t))
	t.Setenv("RUNTIME_DIRECTORY", "")
	args, program := options.Args, options.Program
	if program == "" {
		program = harness.Program(t, "svidence-shim")
	}
	if args == nil {
		if options.Daemon == "" {
			options.Daemon = "svidence-test-daemon"
		}
		args = []string{"--daemon", harness.Program(t, options.Daemon)}
	}
	host := &Host{Log: &Log{}, Metrics: &Metrics{}}
	log := logrus.New()
	log.SetOutput(io.Discard)
	log.SetLevel(logrus.DebugLevel)
	log.AddHook(host.Log)
	composer := &composerFacade{}
	loaded, err := catalog.Load(context.Background(), catalog.Config{
		Log:        log,
		CoreConfig: catalog.CoreConfig{TrustDomain: spiffeid.RequireTrustDomainFromString(harness.TrustDomain)},
		PluginConfigs: []catalog.PluginConfig{{
			Type: "CredentialComposer", Name: PluginName, Path: program, Args: args, DataSource: options.Data,
		}},
		HostServices: []pluginsdk.ServiceServer{metricsv1.MetricsServiceServer(host.Metrics)},
	}, repository{composer})
	if err != nil {
		return host, err
	}
	host.catalog = loaded
	host.Conn, host.Client = composer.conn, composer.CredentialComposerPluginClient
	return host, nil
}

// MustLoad also unloads at the end of the test.
func MustLoad(t testing.TB, options Options) *Host {
	t.Helper()
	host, err := Load(t, options)
	if err != nil {
		t.Fatalf("%v; log:\n%s", err, host.Log)
	}
	t.Cleanup(func() { host.Unload(t) })
	return host
}

// Unload does what SPIRE does at its end, and gives how long that took.
func (h *Host) Unload(t testing.TB) time.Duration {
	t.Helper()
	if h.catalog == nil {
		return 0
	}
	loaded := h.catalog
	h.catalog = nil
	start := time.Now()
	if err := loaded.Close(); err != nil {
		t.Errorf("unloading: %v", err)
	}
	return time.Since(start)
}

// Reconfigure is what SPIRE does on SIGUSR1.
func (h *Host) Reconfigure() { h.catalog.Reconfigure(context.Background()) }

// Log is what the host has logged, on behalf of the plugin or about it.
type Log struct {
	mu      sync.Mutex
	entries []logrus.Entry
}

func (l *Log) Levels() []logrus.Level { return logrus.AllLevels }

func (l *Log) Fire(entry *logrus.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, *entry)
	return nil
}

// Entries are those so far.
func (l *Log) Entries() []logrus.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]logrus.Entry(nil), l.entries...)
}

// Find waits for an entry whose message holds `text`.
func (l *Log) Find(t testing.TB, text string) logrus.Entry {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		for _, entry := range l.Entries() {
			if strings.Contains(entry.Message, text) {
				return entry
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no log line with %q in:\n%s", text, l)
		}
	}
}

func (l *Log) String() string {
	var text strings.Builder
	formatter := &logrus.TextFormatter{DisableTimestamp: true}
	for _, entry := range l.Entries() {
		if line, err := formatter.Format(&entry); err == nil {
			text.Write(line[:min(len(line), 500)])
		}
	}
	return text.String()
}

// Metrics is the host's service for figures.
type Metrics struct {
	metricsv1.UnimplementedMetricsServer
	mu       sync.Mutex
	counters map[string]float32
}

func (m *Metrics) IncrCounter(_ context.Context, request *metricsv1.IncrCounterRequest) (*emptypb.Empty, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counters == nil {
		m.counters = map[string]float32{}
	}
	m.counters[strings.Join(request.Key, ".")] += request.Val
	return &emptypb.Empty{}, nil
}

// Counter is the sum so far.
func (m *Metrics) Counter(key string) float32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counters[key]
}

// composerFacade is SPIRE's generated client, with its connection.
type composerFacade struct {
	plugin.Facade
	credentialcomposerv1.CredentialComposerPluginClient
	conn grpc.ClientConnInterface
}

func (f *composerFacade) InitClient(conn grpc.ClientConnInterface) any {
	f.conn = conn
	return f.CredentialComposerPluginClient.InitClient(conn)
}

// repository is the part of SPIRE's catalog that knows composers.
type repository struct{ composer *composerFacade }

func (r repository) Plugins() map[string]catalog.PluginRepo {
	return map[string]catalog.PluginRepo{"CredentialComposer": pluginRepository(r)}
}
func (r repository) Services() []catalog.ServiceRepo { return nil }

type pluginRepository struct{ composer *composerFacade }

func (r pluginRepository) Binder() any                      { return func(*composerFacade) {} }
func (r pluginRepository) Versions() []catalog.Version      { return []catalog.Version{version(r)} }
func (r pluginRepository) Clear()                           {}
func (r pluginRepository) Constraints() catalog.Constraints { return catalog.ZeroOrMore() }
func (r pluginRepository) BuiltIns() []catalog.BuiltIn      { return nil }

type version struct{ composer *composerFacade }

func (v version) New() catalog.Facade { return v.composer }
func (v version) Deprecated() bool    { return false }

// runtimeDir is where the shim made its sockets.
func runtimeDir(t testing.TB, getenv func(string) string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(getenv("XDG_RUNTIME_DIR"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
