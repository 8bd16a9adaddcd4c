// Command svidproof verifies the ledger proof inside an X509-SVID with Go's x/mod
// and transparency-dev/merkle, and no line of Svidence.
//
// Usage: svidproof SVID.pem LOG.vkey
package main

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"svidence.invalid/e2e/proofcheck"
)

const extensionOID = "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985.1"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: svidproof SVID.pem LOG.vkey")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "svidproof:", err)
		os.Exit(1)
	}
}

func check(svid, vkey string) error {
	entry, proof, err := carried(svid)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(vkey)
	if err != nil {
		return err
	}
	size, err := proofcheck.Verify(strings.TrimSpace(string(key)), entry, proof)
	if err != nil {
		return err
	}
	var named struct{ I int64 }
	if err := json.Unmarshal([]byte(entry), &named); err != nil {
		return err
	}
	if p, err := proofcheck.Parse(proof); err != nil || p.Index != named.I {
		return fmt.Errorf("entry %d is proved at another index: %v", named.I, err)
	}
	fmt.Printf("x/mod and transparency-dev/merkle agree: entry %d is in the log of %d entries\n", named.I, size)
	return nil
}

// carried is what the credential's extension holds.
func carried(path string) (entry, proof string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "", "", errors.New("no PEM block in " + path)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", "", err
	}
	for _, extension := range certificate.Extensions {
		if extension.Id.String() != extensionOID {
			continue
		}
		var record struct {
			Version int
			Entry   string `asn1:"utf8"`
			Proof   string `asn1:"utf8,optional"`
		}
		rest, err := asn1.Unmarshal(extension.Value, &record)
		if err != nil || len(rest) > 0 {
			return "", "", fmt.Errorf("the extension does not parse: %v", err)
		}
		return record.Entry, record.Proof, nil
	}
	return "", "", errors.New("the certificate has no extension of Svidence")
}
