// Package e2e runs Svidence inside a real SPIRE and judges what comes out with
// code that is not Svidence's: Go's own crypto/x509, encoding/asn1 and
// encoding/json, go-spiffe, OpenSSL, GnuTLS and asn1c.
package e2e

import (
	"os"
	"testing"

	"svidence.invalid/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.RunTask()
	os.Exit(m.Run())
}
