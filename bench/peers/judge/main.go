// SPDX-License-Identifier: Apache-2.0

// Prints, as one object of JSON, what go-tpm-tools and go-eventlog make of a file that
// tests/interop/peers.py has for them.
package main

import (
	"crypto"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/google/go-eventlog/extract"
	pb "github.com/google/go-eventlog/proto/state"
	"github.com/google/go-eventlog/register"
	"github.com/google/go-eventlog/tpmeventlog"
	"github.com/google/go-tpm-tools/proto/attest"
	"github.com/google/go-tpm-tools/server"
	"github.com/google/go-tpm/legacy/tpm2"
	"google.golang.org/protobuf/proto"
)

// verdict of a peer.
type verdict struct {
	Accepted     bool   `json:"accepted"`
	Why          string `json:"why"`
	Technology   string `json:"technology"`
	Bank         string `json:"bank"`
	Events       int    `json:"events"`
	Applications int    `json:"applications"`
	CommandLine  string `json:"command_line"`
}

// must ends the program where it was not asked rightly: that is no verdict.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(2)
	}
}

// judgeAttestation verifies with the attestation's own key as the one that is trusted.
func judgeAttestation(data, nonce []byte, loader server.Bootloader) verdict {
	var attestation attest.Attestation
	must(proto.Unmarshal(data, &attestation))
	public, err := tpm2.DecodePublic(attestation.GetAkPub())
	must(err)
	key, err := public.Key()
	must(err)
	state, err := server.VerifyAttestation(&attestation, server.VerifyOpts{
		Nonce: nonce, TrustedAKs: []crypto.PublicKey{key}, Loader: loader,
	})
	if err != nil {
		return verdict{Why: err.Error()}
	}
	return verdict{
		Accepted: true, Technology: state.GetPlatform().GetTechnology().String(),
		Bank: state.GetHash().String(), Events: len(state.GetRawEvents()),
		Applications: len(state.GetEfi().GetApps()),
		CommandLine:  state.GetLinuxKernel().GetCommandLine(),
	}
}

// judgeLog reads the state of a machine whose registers end where the log does.
func judgeLog(log []byte, bank string, values map[string]string) verdict {
	algorithms := map[string]pb.HashAlgo{"sha1": pb.HashAlgo_SHA1, "sha256": pb.HashAlgo_SHA256, "sha384": pb.HashAlgo_SHA384}
	hashes := map[string]crypto.Hash{"sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha384": crypto.SHA384}
	registers := register.PCRBank{TCGHashAlgo: algorithms[bank]}
	for index, value := range values {
		number, err := strconv.Atoi(index)
		must(err)
		digest, err := hex.DecodeString(value)
		must(err)
		registers.PCRs = append(registers.PCRs, register.PCR{Index: number, Digest: digest, DigestAlg: hashes[bank]})
	}
	state, err := tpmeventlog.ReplayAndExtract(log, registers, extract.Opts{})
	if err != nil {
		return verdict{Why: err.Error()}
	}
	return verdict{Accepted: true, Events: len(state.GetRawEvents()), Applications: len(state.GetEfi().GetApps())}
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: judge attestation FILE NONCE_HEX [grub]\n       judge log FILE BANK PCRS_JSON")
		os.Exit(2)
	}
	data, err := os.ReadFile(os.Args[2])
	must(err)
	var out verdict
	switch {
	case os.Args[1] == "attestation":
		nonce, err := hex.DecodeString(os.Args[3])
		must(err)
		loader := server.UnsupportedLoader
		if len(os.Args) == 5 && os.Args[4] == "grub" {
			loader = server.GRUB
		}
		out = judgeAttestation(data, nonce, loader)
	case os.Args[1] == "log" && len(os.Args) == 5:
		values := map[string]string{}
		must(json.Unmarshal([]byte(os.Args[4]), &values))
		out = judgeLog(data, os.Args[3], values)
	default:
		must(fmt.Errorf("no such question: %s", os.Args[1]))
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
}
