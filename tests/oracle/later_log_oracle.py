# SPDX-License-Identifier: Apache-2.0
"""Reads and replays what is measured after the firmware's log ends: canonical logs of COS, IMA lists.

Written from the documents only, to be compared with the verifier, never to be used as one:
  CEL    TCG Canonical Event Log Format 1.0, and Google's COS events in it
  IMA    Linux, Documentation/security/IMA-templates.rst
  RFC7464, and systemd-pcrextend(8)

Run with a file: prints {"format", "events", "banks"} as `assay eventlog replay FILE --json` does.
"""
import hashlib
import json
import sys

from event_log_oracle import Malformed, Reader

ALGORITHMS = {4: "sha1", 11: "sha256", 12: "sha384", 13: "sha512"}
IMA_BANKS = ("sha1", "sha256", "sha384", "sha512")


def extended(bank, old, digest):
    return hashlib.new(bank, (old or bytes(hashlib.new(bank).digest_size)) + digest).digest()


def cel_tlvs(data):
    r = Reader(data, "big")
    while r.left():
        yield r.uint(1), r.take(r.uint(4))


def cos_banks(data):
    """(records, {bank: {register: value}}) of a log whose contents are COS events, each checked."""
    r, count, banks = Reader(data, "big"), 0, {}
    while r.left():
        fields = []
        for wanted in ((0,), (1, 108), (3,), (80,)):
            start, kind = r.at, r.uint(1)
            value = r.take(r.uint(4))
            if kind not in wanted:
                raise Malformed(f"type {kind} at offset {start}")
            fields.append((value, data[start:r.at]))
        (number, _), (register, _), (digests, _), (_, content) = fields
        if int.from_bytes(number, "big") != count:
            raise Malformed(f"record {count} has another number")
        for kind, digest in cel_tlvs(digests):
            bank = ALGORITHMS[kind]
            if hashlib.new(bank, content).digest() != digest:
                raise Malformed(f"record {count} is not what was measured")
            values = banks.setdefault(bank, {})
            values[register[0]] = extended(bank, values.get(register[0]), digest)
        count += 1
    return count, banks


def ima_replay(entries):
    """`entries` of (PCR, SHA-1 template hash, template data)."""
    count, banks = 0, {bank: {} for bank in IMA_BANKS}
    for pcr, template_hash, data in entries:
        violation = template_hash == bytes(20)
        if not violation and hashlib.sha1(data).digest() != template_hash:
            raise Malformed(f"entry {count} was edited")
        for bank, values in banks.items():
            size = hashlib.new(bank).digest_size
            values[pcr] = extended(bank, values.get(pcr), b"\xff" * size if violation else hashlib.new(bank, data).digest())
        count += 1
    return count, banks


def old_style(digest, name):
    return digest + name.ljust(256, b"\0")


def ima_binary(data):
    r = Reader(data)
    while r.left():
        pcr, template_hash = r.uint(4), r.take(20)
        template = r.take(r.uint(4))
        if template == b"ima":
            yield pcr, template_hash, old_style(r.take(20), r.take(r.uint(4)))
        else:
            yield pcr, template_hash, r.take(r.uint(4))


def field(data):
    return len(data).to_bytes(4, "little") + data


def ima_ascii(data):
    for line in data.decode().removesuffix("\n").split("\n"):
        pcr, template_hash, template, digest, rest = line.lstrip().split(" ", 4)
        algorithm, _, value = digest.rpartition(":")
        if template == "ima":
            template_data = old_style(bytes.fromhex(value), rest.encode())
        else:
            template_data = field(algorithm.encode() + b":\0" + bytes.fromhex(value))
            if template in ("ima-sig", "ima-buf", "ima-sigv2"):
                rest, _, last = rest.rpartition(" ")
            template_data += field(rest.encode() + b"\0")
            if template in ("ima-sig", "ima-buf", "ima-sigv2"):
                template_data += field(bytes.fromhex(last))
        yield int(pcr), bytes.fromhex(template_hash), template_data


def systemd_banks(data):
    count, banks = 0, {}
    for text in data.decode().split("\x1e")[1:]:
        record = json.loads(text)
        for entry in record["digests"]:
            values = banks.setdefault(entry["hashAlg"], {})
            values[record["pcr"]] = extended(entry["hashAlg"], values.get(record["pcr"]), bytes.fromhex(entry["digest"]))
        count += 1
    return count, banks


def replay(data):
    if data[:1] == b"\x1e":
        name, (count, banks) = "systemd", systemd_banks(data)
    elif data[:5] == b"\0\0\0\0\x08":
        name, (count, banks) = "cel-tlv", cos_banks(data)
    elif data[:1] in b" 0123456789":
        name, (count, banks) = "ima-ascii", ima_replay(ima_ascii(data))
    else:
        name, (count, banks) = "ima-binary", ima_replay(ima_binary(data))
    shown = {bank: {str(register): value.hex() for register, value in values.items()} for bank, values in banks.items()}
    return {"format": name, "events": count, "banks": shown}


if __name__ == "__main__":
    print(json.dumps(replay(open(sys.argv[1], "rb").read())))
