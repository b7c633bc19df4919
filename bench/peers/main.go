// SPDX-License-Identifier: Apache-2.0

// Times go-tpm-tools' verifier, from the bytes of an attestation to its verdict, on the file and in
// the run that bench/peers/compare times ours on.  Prints "NAME MICROSECONDS" lines.
package main

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/google/go-tpm-tools/proto/attest"
	"github.com/google/go-tpm-tools/server"
	"github.com/google/go-tpm/legacy/tpm2"
	"google.golang.org/protobuf/proto"
)

// must ends the program: a benchmark of a failure would be a lie.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// least time of one call, in microseconds, of 60 rounds of 20 calls each: as bench/ratio.h measures.
func least(work func()) float64 {
	best := time.Hour
	for round := 0; round < 60; round++ {
		begin := time.Now()
		for i := 0; i < 20; i++ {
			work()
		}
		best = min(best, time.Since(begin)/20)
	}
	return float64(best.Nanoseconds()) / 1e3
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peers ATTESTATION NONCE_HEX")
		os.Exit(2)
	}
	data, err := os.ReadFile(os.Args[1])
	must(err)
	nonce, err := hex.DecodeString(os.Args[2])
	must(err)

	var first attest.Attestation
	must(proto.Unmarshal(data, &first))
	public, err := tpm2.DecodePublic(first.GetAkPub())
	must(err)
	key, err := public.Key()
	must(err)
	var intermediates []*x509.Certificate
	for _, der := range first.GetIntermediateCerts() {
		c, err := x509.ParseCertificate(der)
		must(err)
		intermediates = append(intermediates, c)
	}

	verify := func(options server.VerifyOpts) func() {
		return func() {
			var attestation attest.Attestation
			must(proto.Unmarshal(data, &attestation))
			_, err := server.VerifyAttestation(&attestation, options)
			must(err)
		}
	}
	fmt.Printf("go-tpm-tools, AK known: %.1f us\n", least(verify(server.VerifyOpts{
		Nonce: nonce, TrustedAKs: []crypto.PublicKey{key},
	})))
	fmt.Printf("go-tpm-tools, AK certificate to root: %.1f us\n", least(verify(server.VerifyOpts{
		Nonce: nonce, TrustedRootCerts: server.GceEKRoots,
		IntermediateCerts: append(intermediates, server.GceEKIntermediates...),
	})))
}
