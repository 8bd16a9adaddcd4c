package harness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Site is the folder of one SPIRE server with Svidence: where everything of it
// lies, so that a second server can be started on it.
type Site struct {
	Dir     string
	Ledger  string
	Mark    string
	Runtime string

	t testing.TB
}

// NewSite makes an empty one.
func NewSite(t testing.TB) *Site {
	t.Helper()
	dir := TempDir(t)
	site := &Site{Dir: dir, Ledger: filepath.Join(dir, "ledger"), Mark: filepath.Join(dir, "mark"),
		Runtime: filepath.Join(dir, "run"), t: t}
	if err := os.Mkdir(site.Runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	return site
}

// Composer is the server's stanza. `settings` come after those that every test
// needs; a key given there replaces the one here.
func (s *Site) Composer(settings string) string {
	s.t.Helper()
	return stanza(s.t, "CredentialComposer", merge(fmt.Sprintf(`ledger_dir = "%s"
mark_dir = "%s"
runtime_dir = "%s"
spire_server_socket = "%s"
allow_unsigned = true
log_level = "debug"`, s.Ledger, s.Mark, s.Runtime, filepath.Join(s.Dir, "server.sock")), settings))
}

// Start runs a spire-server with our composer.
func (s *Site) Start(t testing.TB, settings string) *Server {
	t.Helper()
	return StartServer(t, s.Options(settings))
}

// Options are those of Start.
func (s *Site) Options(settings string) ServerOptions {
	s.t.Helper()
	return ServerOptions{Dir: s.Dir, Plugins: s.Composer(settings),
		Env: []string{"RUNTIME_DIRECTORY=" + s.Runtime}}
}

// Attestor is the agent's stanza.
func Attestor(t testing.TB, settings string) string {
	t.Helper()
	return stanza(t, "WorkloadAttestor", merge(`log_level = "debug"`, settings))
}

// merge puts settings behind defaults, without those defaults that they replace.
func merge(defaults, settings string) string {
	key := func(line string) string { return strings.TrimSpace(strings.SplitN(line, "=", 2)[0]) }
	given := map[string]bool{}
	for _, line := range strings.Split(settings, "\n") {
		given[key(line)] = true
	}
	var kept []string
	for _, line := range strings.Split(defaults, "\n") {
		if !given[key(line)] {
			kept = append(kept, line)
		}
	}
	return strings.Join(append(kept, settings), "\n")
}

// stanza names the shim's checksum: without one, SPIRE warns.
func stanza(t testing.TB, kind, data string) string {
	t.Helper()
	shim := Program(t, "svidence-shim")
	content, err := os.ReadFile(shim)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	return fmt.Sprintf("  %s \"svidence\" {\n    plugin_cmd = \"%s\"\n    plugin_checksum = \"%s\"\n"+
		"    plugin_data {\n%s\n    }\n  }\n", kind, shim, hex.EncodeToString(sum[:]), data)
}

// Daemon waits for the daemon that the shim under this SPIRE has started.
func (s *Server) Daemon() int { s.t.Helper(); return s.Child("svidence-server", 20*time.Second) }

// Daemon waits for the daemon that the shim under this SPIRE has started.
func (a *Agent) Daemon() int { a.t.Helper(); return a.Child("svidence-agent", 20*time.Second) }

// Result of a run of the command line tool.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run runs our command line tool.
func Run(t testing.TB, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, Program(t, "svidence"), args...)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("svidence %s: %v (%v)", strings.Join(args, " "), err, ctx.Err())
	}
	return Result{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// Admin talks to a server's admin socket. Messages are built from our own .proto
// at run time, so that no generated code has to be kept.
type Admin struct {
	t       testing.TB
	conn    *grpc.ClientConn
	service protoreflect.ServiceDescriptor
}

// Admin connects to the site's admin socket.
func (s *Site) Admin(t testing.TB) *Admin {
	return dialAdmin(t, filepath.Join(s.Runtime, "admin.sock"))
}

// ReadOnly connects to the site's read-only socket.
func (s *Site) ReadOnly(t testing.TB) *Admin {
	return dialAdmin(t, filepath.Join(s.Runtime, "read.sock"))
}

func dialAdmin(t testing.TB, socket string) *Admin {
	t.Helper()
	files, err := protodesc.NewFiles(CompileProtos(t))
	if err != nil {
		t.Fatal(err)
	}
	service, err := files.FindDescriptorByName("svidence.admin.v1.Admin")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &Admin{t, conn, service.(protoreflect.ServiceDescriptor)}
}

// Call calls a method: `request` is its JSON form, the answer's JSON is decoded
// into `answer`. Streams are read to the end, each message decoded in turn.
func (a *Admin) Call(method, request string, answer func(message []byte) error) error {
	a.t.Helper()
	descriptor := a.service.Methods().ByName(protoreflect.Name(method))
	if descriptor == nil {
		a.t.Fatalf("the admin service has no method %s", method)
	}
	in := dynamicpb.NewMessage(descriptor.Input())
	if err := protojson.Unmarshal([]byte(request), in); err != nil {
		a.t.Fatal(err)
	}
	path := fmt.Sprintf("/%s/%s", a.service.FullName(), method)
	stream, err := a.conn.NewStream(Context(a.t),
		&grpc.StreamDesc{ServerStreams: descriptor.IsStreamingServer()}, path)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(in); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		out := dynamicpb.NewMessage(descriptor.Output())
		if err := stream.RecvMsg(out); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		text, err := (protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}).Marshal(out)
		if err != nil {
			return err
		}
		if err := answer(text); err != nil {
			return err
		}
		if !descriptor.IsStreamingServer() {
			return nil
		}
	}
}

// Must is Call for one answer that must come.
func (a *Admin) Must(method, request string) map[string]any {
	a.t.Helper()
	var decoded map[string]any
	err := a.Call(method, request, func(message []byte) error { return json.Unmarshal(message, &decoded) })
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, request, err)
	}
	return decoded
}

// Entries returns the exact bytes of all ledger entries.
func (a *Admin) Entries() []string {
	a.t.Helper()
	var all []string
	err := a.Call("ExportEntries", `{}`, func(message []byte) error {
		var chunk struct{ Entries [][]byte }
		err := json.Unmarshal(message, &chunk)
		for _, entry := range chunk.Entries {
			all = append(all, string(entry))
		}
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

// Register registers an agent with a sponsor, or without if that is empty.
func (a *Admin) Register(name, sponsor string, scope int) {
	a.t.Helper()
	a.Must("RegisterAgent", fmt.Sprintf(`{"name":%q,"sponsor":%q,"scope":%d}`, name, sponsor, scope))
}

// CompileProtos runs protoc over every file of proto/.
func CompileProtos(t testing.TB) *descriptorpb.FileDescriptorSet {
	t.Helper()
	folder := filepath.Join(repositoryRoot(t), "proto")
	names, err := filepath.Glob(filepath.Join(folder, "*.proto"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no .proto file in %s (%v)", folder, err)
	}
	out := filepath.Join(t.TempDir(), "descriptors.pb")
	args := append([]string{"--proto_path=" + folder, "--include_imports", "--descriptor_set_out=" + out}, names...)
	if text, err := exec.Command(Tool(t, "protoc"), args...).CombinedOutput(); err != nil {
		t.Fatalf("protoc: %v\n%s", err, text)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	files := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(raw, files); err != nil {
		t.Fatal(err)
	}
	return files
}
