// Package harness runs a real SPIRE with given plugins, for the end-to-end tests.
//
// Everything it makes is in a short temporary folder and on loopback; everything
// it starts is ended by its own process id.
package harness

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// TrustDomain of every SPIRE that the harness starts.
const TrustDomain = "example.org"

// Unix socket paths hold at most this many bytes (sun_path less its NUL).
const maxSocketPath = 107

// TempDir makes a folder with a short path, for sockets, and removes it when the
// test ends. With SVIDENCE_KEEP set it stays, and the test says where.
func TempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "svid-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if os.Getenv("SVIDENCE_KEEP") != "" {
			t.Logf("kept: %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// SocketPath joins, and fails the test if the path is too long for a socket.
func SocketPath(t testing.TB, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if len(path) > maxSocketPath {
		t.Fatalf("socket path must be at most %d bytes, got %d: %s", maxSocketPath, len(path), path)
	}
	return path
}

// SpireProgram is the path of spire-server or spire-agent: in SVIDENCE_SPIRE_BIN,
// else where script/setup puts them.
func SpireProgram(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("SVIDENCE_SPIRE_BIN")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(cache, "svidence", "spire-1.13.3")
	}
	return program(t, filepath.Join(dir, name), "run script/setup, or set SVIDENCE_SPIRE_BIN")
}

// Program is the path of one of our binaries: in SVIDENCE_BIN, else in the dev
// build.
func Program(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("SVIDENCE_BIN")
	if dir == "" {
		dir = filepath.Join(repositoryRoot(t), "build", "dev", "bin")
	}
	return program(t, filepath.Join(dir, name), "build it (cmake --preset dev && cmake --build --preset dev), or set SVIDENCE_BIN")
}

func program(t testing.TB, path, fix string) string {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(absolute); err != nil {
		t.Fatalf("%v: %s", err, fix)
	}
	return absolute
}

// repositoryRoot is the nearest folder above that has CMakePresets.json.
func repositoryRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "CMakePresets.json")); err == nil {
			return dir
		}
	}
	t.Fatal("found no CMakePresets.json above the test's folder")
	return ""
}

// Tool finds a program that script/setup installs (openssl, certtool, asn1c...).
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: script/setup installs it", err)
	}
	return path
}

// freePort asks the kernel for a TCP port on loopback that is free now.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// CopyProgram copies an executable, so that a workload has a file of its own.
func CopyProgram(t testing.TB, from, to string) string {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}
