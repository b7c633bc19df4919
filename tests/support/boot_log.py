# SPDX-License-Identifier: Apache-2.0
"""Crypto-agile event logs, taken apart and put together again: to write what a forger would."""
import dataclasses
import hashlib
import struct

SEPARATOR, EVENT_TAG, S_CRTM_CONTENTS, S_CRTM_VERSION, COMPACT_HASH, IPL = 4, 6, 7, 8, 12, 13
APPLICATION, EFI_ACTION, PLATFORM_BLOB, AUTHORITY = 0x80000003, 0x80000007, 0x80000008, 0x800000E0
BANKS = {0x0004: "sha1", 0x000B: "sha256", 0x000C: "sha384"}


@dataclasses.dataclass
class Event:
    pcr: int
    type: int
    digests: dict  # bank: bytes
    data: bytes

    def labelled(self, **changes):
        """The same measurement with other words around it: no register tells them apart."""
        return dataclasses.replace(self, **changes)

    @property
    def hex(self):
        """Its digest in the bank that the emulator's machines are judged in."""
        return self.digests["sha384"].hex()


def digests(measured):
    return {bank: hashlib.new(bank, measured).digest() for bank in BANKS.values()}


def event(pcr, kind, data, measured=None):
    """An event as somebody who may extend the register makes it."""
    return Event(pcr, kind, digests(data if measured is None else measured), data)


def read(log):
    """(the Spec ID event's bytes, the events behind it)"""
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    head, events = log[:at], []
    while at < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        at, found = at + 12, {}
        for _ in range(count):
            bank = BANKS[struct.unpack_from("<H", log, at)[0]]
            size = hashlib.new(bank).digest_size
            found[bank] = log[at + 2:at + 2 + size]
            at += 2 + size
        size, = struct.unpack_from("<I", log, at)
        events.append(Event(pcr, kind, found, log[at + 4:at + 4 + size]))
        at += 4 + size
    return head, events


def write(head, events):
    numbers = {name: number for number, name in BANKS.items()}
    out = [head]
    for e in events:
        out.append(struct.pack("<III", e.pcr, e.type, len(e.digests)))
        out += [struct.pack("<H", numbers[bank]) + value for bank, value in e.digests.items()]
        out.append(struct.pack("<I", len(e.data)) + e.data)
    return b"".join(out)


def utf16(text):
    return text.encode("utf-16le")


def variable(vendor, name, data):
    """UEFI_VARIABLE_DATA."""
    return vendor + struct.pack("<QQ", len(name), len(data)) + utf16(name) + data


def tag(number, data):
    """TCG_PCClientTaggedEvent."""
    return struct.pack("<II", number, len(data)) + data
