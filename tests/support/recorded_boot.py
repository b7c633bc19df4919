# SPDX-License-Identifier: Apache-2.0
"""The boots of tests/boots as evidence: what their TPM quoted, with what was asked."""
import base64
import json
import re

from support.assay import SOURCE

BOOTS = SOURCE / "tests" / "boots"
NONCE = b"lab-nonce-012345".hex()  # tests/boots/README.md


def encoded(data):
    return base64.b64encode(data).decode()


def evidence(boot, key):
    """The recorded boot as an attest.Attestation in JSON, of its three quotes and without a certificate."""
    folder = BOOTS / boot
    banks = {}
    for line in (folder / "pcrs.yaml").read_text().splitlines():
        if bank := re.fullmatch(r"\s*(sha\d+):\s*", line):
            values = banks.setdefault(bank[1], {})
        elif pcr := re.fullmatch(r"\s*(\d+)\s*: 0x([0-9A-F]+)", line):
            values[pcr[1]] = encoded(bytes.fromhex(pcr[2]))
    quote = lambda bank, kind: encoded((folder / f"quote.{key}.{bank}.{kind}").read_bytes())
    return json.dumps({
        "akPub": encoded((folder / f"ak{key}.tpm2b").read_bytes()[2:]),
        "eventLog": encoded((folder / "binary_bios_measurements").read_bytes()),
        "quotes": [{"quote": quote(bank, "msg"), "rawSig": quote(bank, "sig"),
                    "pcrs": {"hash": bank.upper(), "pcrs": values}} for bank, values in banks.items()
                   if bank != "sha512"]}).encode()
