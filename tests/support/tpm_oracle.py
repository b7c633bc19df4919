# SPDX-License-Identifier: Apache-2.0
"""tpm2-tools as judge of what we produce."""
import base64
import hashlib
import re

HASHES = {"SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}


def check_quotes(case, attestation, nonce, expect=0):
    """tpm2_checkquote on every quote of an attestation in JSON; how many there were.

    What it leaves out for want of a PCR file in its own format is done here: the digest over the PCR values.
    """
    public = base64.b64decode(attestation["akPub"])  # TPMT_PUBLIC; the tool wants TPM2B_PUBLIC
    (case.directory / "ak.pub").write_bytes(len(public).to_bytes(2, "big") + public)
    for quote in attestation["quotes"]:
        message = base64.b64decode(quote["quote"])
        (case.directory / "quote.msg").write_bytes(message)
        (case.directory / "quote.sig").write_bytes(base64.b64decode(quote["rawSig"]))
        case.run_tool("tpm2_checkquote", "-u", case.directory / "ak.pub", "-m", case.directory / "quote.msg", "-s",
                      case.directory / "quote.sig", "-q", nonce, code=expect)
        digest = HASHES[quote["pcrs"]["hash"]]
        values = quote["pcrs"]["pcrs"]
        selected = b"".join(base64.b64decode(values[index]) for index in sorted(values, key=int))
        # TPMS_QUOTE_INFO.pcrDigest ends the message; its hash is the key's, SHA-256.
        case.assertEqual(hashlib.sha256(selected).digest(), message[-32:], digest)
    return len(attestation["quotes"])


def pcr_table(text):
    """{(bank, index): hex} of what tpm2_pcrread or tpm2_eventlog prints."""
    table, bank = {}, None
    for line in text[text.rfind("\npcrs:") + 1:].splitlines():
        if found := re.match(r"\s*(sha\d+)\s*:", line):
            bank = found.group(1)
        elif found := re.match(r"\s*(\d+)\s*:\s*0x([0-9A-Fa-f]+)", line):
            table[bank, int(found.group(1))] = found.group(2).lower()
    return table
