# SPDX-License-Identifier: Apache-2.0
"""Reads, replays and interprets TCG event logs: the half of the oracle that needs no cryptographic keys.

Written from the public documents only, to be compared with the verifier, never to be used as one:
  PFP    TCG PC Client Platform Firmware Profile 1.06
  Part2  TPM 2.0 Library, Part 2: Structures
  UEFI   UEFI Specification 2.10
"""
import hashlib
import re
import uuid
from collections import namedtuple


class Malformed(Exception):
    """Bytes that do not have the form their specification gives them."""


class Refused(Exception):
    """Well-formed evidence that breaks a rule."""


class Reader:
    """Bounded reads from bytes: little-endian for event logs, big-endian for TPM structures."""

    def __init__(self, data, order="little"):
        self.data, self.order, self.at = data, order, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, n):
        if n > self.left():
            raise Malformed(f"{n} bytes wanted at offset {self.at}, {self.left()} left")
        self.at += n
        return self.data[self.at - n:self.at]

    def uint(self, n):
        return int.from_bytes(self.take(n), self.order)

    def sized(self, n=2):  # Part2 10.4: TPM2B_*
        return self.take(self.uint(n))

    def end(self, what):
        if self.left():
            raise Malformed(f"{self.left()} bytes after {what}")


# ---- Part2 6.3: hash algorithms ---------------------------------------------------------------------------------

ALGS = {0x04: ("sha1", 20), 0x0B: ("sha256", 32), 0x0C: ("sha384", 48), 0x0D: ("sha512", 64), 0x12: ("sm3_256", 32),
        0x27: ("sha3_256", 32), 0x28: ("sha3_384", 48), 0x29: ("sha3_512", 64)}
STRENGTH = ["sha1", "sm3_256", "sha3_256", "sha256", "sha3_384", "sha384", "sha3_512", "sha512"]


def digest(alg, data):
    return hashlib.new("sm3" if alg == "sm3_256" else alg, data).digest()


def der(r, expected):
    """One DER element of the expected tag: its contents (X.690 section 8.1)."""
    tag, length = r.uint(1), r.uint(1)
    if length >= 0x80:
        length = int.from_bytes(r.take(length & 0x7F), "big")
    if tag != expected:
        raise Malformed(f"DER tag {tag:#x} where {expected:#x} was expected")
    return r.take(length)


# ---- Event logs -------------------------------------------------------------------------------------------------

# PFP 10.4.1: event types
NO_ACTION, SEPARATOR, EVENT_TAG, CRTM_CONTENTS, CRTM_VERSION, COMPACT_HASH, IPL = 3, 4, 6, 7, 8, 0x0C, 0x0D
NONHOST, OMIT_BOOT, VARIABLE, APPLICATION, DRIVER, GPT = 0x11, 0x12, 0x80000001, 0x80000003, 0x80000004, 0x80000006
ACTION, GPT2, HCRTM, AUTHORITY = 0x80000007, 0x8000000D, 0x80000010, 0x800000E0
KNOWN = (set(range(0x14)) - {2}) | set(range(0x80000001, 0x8000000E)) | {HCRTM} | set(range(0x800000E0, 0x800000E5))

Event = namedtuple("Event", "number pcr type digests data")


def parse_spec_id(data):
    """TCG_EfiSpecIDEvent (PFP 10.4.5.1): algorithm id -> digest size."""
    r = Reader(data)
    r.take(20)  # signature, platformClass
    if (r.uint(1), r.uint(1)) != (0, 2):
        raise Malformed("Spec ID version is not 2.0")
    r.take(2)  # errata, uintnSize
    sizes = {}
    for _ in range(r.uint(4)):
        alg, size = r.uint(2), r.uint(2)
        if alg in sizes or size != ALGS.get(alg, (None, size))[1]:
            raise Malformed(f"algorithm {alg:#06x} is declared twice or with size {size}")
        sizes[alg] = size
    r.take(r.uint(1))  # vendorInfo
    r.end("the Spec ID event")
    if not sizes:
        raise Malformed("the Spec ID event declares no algorithm")
    return sizes


def parse_log(data, padded=False):
    """TCG_PCR_EVENT and TCG_PCR_EVENT2 records (PFP 10.2). Returns the bank names, weakest first, and the events."""
    r, events, sizes = Reader(data), [], None
    if not data:
        raise Malformed("the event log is empty")
    while r.left():
        start = r.at
        if padded and set(data[start:]) in ({0}, {0xFF}):
            break
        pcr, kind = r.uint(4), r.uint(4)
        if sizes is None:
            digests = {"sha1": r.take(20)}
        else:
            digests = {}
            for _ in range(r.uint(4)):
                alg = r.uint(2)
                name = ALGS.get(alg, (f"{alg:#06x}", 0))[0]
                if alg not in sizes or name in digests:
                    raise Malformed(f"algorithm {alg:#06x} undeclared or repeated at offset {start}")
                digests[name] = r.take(sizes[alg])
            if not digests:
                raise Malformed(f"an event without digests at offset {start}")
        body = r.sized(4)
        if start == 0 and kind == NO_ACTION and body[:16] == b"Spec ID Event03\0":
            sizes = parse_spec_id(body)
            continue
        if pcr > 23 and not (pcr == 0xFFFFFFFF and kind == NO_ACTION):  # Windows signs its log in such events
            raise Malformed(f"register {pcr} at offset {start}")
        events.append(Event(len(events) + 1, pcr, kind, digests, body))
    names = [ALGS[a][0] for a in sizes or {4: 20} if a in ALGS]
    return sorted(names, key=STRENGTH.index), events


def initial_value(events, bank, pcr):
    """PFP 3.3.2: PCR 0 starts at the locality of TPM2_Startup, or at 4 after an H-CRTM sequence; the others at zero."""
    value = bytearray(next(size for name, size in ALGS.values() if name == bank))
    if pcr == 0:
        for e in events:
            if e.type == NO_ACTION and len(e.data) == 17 and e.data[:16] == b"StartupLocality\0":
                value[-1] = e.data[16]
            elif e.type != NO_ACTION:
                break
        if any(e.type == HCRTM for e in events):
            value[-1] = 4
    return bytes(value)


def replay(events, bank):
    """PCR -> replayed value, or None where an event lacks the bank's digest."""
    out = {}
    for pcr in sorted({e.pcr for e in events if e.type != NO_ACTION}):
        mine = [e for e in events if e.pcr == pcr]
        value = initial_value(mine, bank, pcr)
        for e in mine:
            if e.type != NO_ACTION and value is not None:
                value = digest(bank, value + e.digests[bank]) if bank in e.digests else None
        out[pcr] = value
    return out


# ---- What the log says ------------------------------------------------------------------------------------------

GLOBAL, SECURITY = "8be4df61-93ca-11d2-aa0d-00e098032b8c", "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23"
DATABASES = {(GLOBAL, "PK"): "pk", (GLOBAL, "KEK"): "kek", (SECURITY, "db"): "db", (SECURITY, "dbx"): "dbx"}
X509_LIST, SHA256_LIST = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "c1c41626-504c-4092-aca9-41f936934328"
CALLING, RETURNING = (f"{verb} EFI Application from Boot Option".encode() for verb in ("Calling", "Returning from"))
EXIT_BOOT = b"Exit Boot Services Invocation"
PREFIXES = [b"grub_cmd: ", b"kernel_cmdline: ", b"module_cmdline: ", b"grub_kernel_cmdline ", b"grub_cmd "]
NONHOST_PREFIX = b"GCE NonHostInfo\0"
TECHNOLOGIES = ["NONE", "AMD_SEV", "AMD_SEV_ES", "INTEL_TDX", "AMD_SEV_SNP"]


class LogState:
    """Reads claims from replayed events of one bank. Types are not measured: digest and type must agree."""

    def __init__(self, events, bank, warnings):
        self.events = [e for e in events if e.type != NO_ACTION]
        self.bank, self.warnings = bank, warnings
        self.separators = {digest(bank, v) for v in (b"\0\0\0\0", b"\xff" * 4, b"\1\0\0\0")}

    def of(self, *registers):
        return [e for e in self.events if e.pcr in registers]

    def verified(self, e, data=None):
        return e.digests[self.bank] == digest(self.bank, e.data if data is None else data)

    def is_separator(self, e):
        """PFP 10.4.6: refuses a separator that is not one, and another event with a separator's digest."""
        if e.type != SEPARATOR and e.digests[self.bank] in self.separators:
            if e.pcr == 0 and e.type == CRTM_CONTENTS:
                self.warnings.append(f"event {e.number}: S-CRTM contents with a separator's digest")
                return False
            raise Refused(f"event {e.number} has a separator's digest and type {e.type:#x}")
        if e.type == SEPARATOR and not (self.verified(e) and e.data in (b"\0\0\0\0", b"\xff" * 4)):
            raise Refused(f"event {e.number} is not a sound separator")
        return e.type == SEPARATOR

    def is_action(self, e, text):
        """PFP 10.4.4: an action is known by its digest, and must then carry its type and text."""
        if e.digests[self.bank] != digest(self.bank, text):
            return False
        if e.type != ACTION or e.data != text:
            raise Refused(f"event {e.number} has the digest of '{text.decode()}' but not its form")
        return True

    def platform(self):
        """PFP 3.3.4.1: PCR 0 up to its separator. Google's non-host information is known by its digest."""
        version, technology = None, "NONE"
        known = {digest(self.bank, NONHOST_PREFIX + bytes([i]) + bytes(15)) for i in range(len(TECHNOLOGIES))}
        for e in self.of(0):
            if self.is_separator(e):
                break
            if e.digests[self.bank] in known or (e.type == NONHOST and e.data.startswith(NONHOST_PREFIX)):
                sound = e.type == NONHOST and e.data.startswith(NONHOST_PREFIX) and self.verified(e)
                if not sound or len(e.data) < 17 or e.data[16] >= len(TECHNOLOGIES):
                    raise Refused(f"event {e.number}: bad non-host information")
                technology = TECHNOLOGIES[e.data[16]]
            elif e.type == CRTM_VERSION:
                if not self.verified(e):
                    raise Refused(f"event {e.number}: the S-CRTM version is not what was measured")
                version = e.data
        if version is None:
            raise Refused("no S-CRTM version before the separator")
        text = version.decode("utf-16-le", "replace")
        gce = re.fullmatch("GCE Virtual Firmware v([0-9]+)\0", text)
        if gce and int(gce[1]) < 2**32 and len(version) % 2 == 0:
            return {"gce_firmware_version": int(gce[1]), "technology": technology}
        return {"scrtm_version": version.hex(), "technology": technology}

    def secure_boot(self):
        """PFP 3.3.4.8: PCR 7 holds the policy, one separator, then the authorities used."""
        variables, authority, early, separated = {}, [], [], False
        for e in self.of(7):
            if self.is_separator(e):
                if e.data != b"\0\0\0\0" or separated:
                    raise Refused(f"event {e.number}: a second or a wrong separator")
                separated = True
            elif e.type == ACTION and e.data == b"DMA Protection Disabled" and self.verified(e):
                self.warnings.append("DMA protection is disabled")
            elif e.type == VARIABLE:
                name, value, surplus = parse_variable(e.data)
                if separated or name in variables or surplus or not self.verified(e):
                    raise Refused(f"event {e.number}: variable {name[1]} is late, repeated or not what was measured")
                variables[name] = value
            elif e.type == AUTHORITY:
                name, value, surplus = parse_variable(e.data)
                # Old shims log a few bytes after the contents and measure all of the event but its last byte.
                if not self.verified(e) and not (surplus and self.verified(e, e.data[:-1])):
                    raise Refused(f"event {e.number}: authority {name[1]} is not what was measured")
                if name not in ((SHIM, "SbatLevel"), (SHIM, "MokListTrusted")):
                    (authority if separated else early).append(authority_of(value, e.number))
            else:
                raise Refused(f"event {e.number}: type {e.type:#x} does not belong with the Secure Boot policy")
        if not separated:
            raise Refused("the Secure Boot policy has no separator")
        if early:
            self.warnings.append(f"{len(early)} authorities before the separator")
        return self.summary(variables, authority, early)

    def summary(self, variables, authority, early):
        out = {"enabled": None}
        if (GLOBAL, "SecureBoot") in variables:
            value = variables[GLOBAL, "SecureBoot"]
            if value not in (b"\0", b"\1"):
                raise Refused(f"SecureBoot has the value '{value.hex()}'")
            out["enabled"] = value == b"\1"
        for name, claim in DATABASES.items():
            out[claim] = signature_lists(variables.get(name, b""))
        out["authority"] = [a for a in authority if a]
        out["authority_before_separator"] = [a for a in early if a]
        empty = [c for c in ("pk", "kek", "db") if not any(out[c].values())] + ([] if authority else ["authority"])
        if out["enabled"] and empty:
            raise Refused("Secure Boot is enabled without " + ", ".join(empty))
        return out

    def drivers(self):
        """PFP 3.3.4.3: PCR 2, whose types must be known and whose separator must be single."""
        found = self.of(2)
        for e in found:
            if e.type not in KNOWN:
                raise Refused(f"event {e.number}: unknown type {e.type:#x}")
        separators = [e for e in found if self.is_separator(e)]
        if len(separators) != 1 or separators[0].data != b"\0\0\0\0":
            raise Refused("not exactly one separator of zeros")

    def applications(self):
        """PFP 3.3.4.5: application digests of PCR 4 until ExitBootServices in PCR 5; None where that is not seen."""
        apps, called, returned, separators, left = [], False, False, set(), False
        others = {ACTION, OMIT_BOOT, GPT, GPT2, IPL, COMPACT_HASH}
        for e in self.of(4, 5):
            if left:
                if e.pcr == 4:
                    raise Refused(f"event {e.number}: boot measurement after ExitBootServices")
                continue
            if self.is_separator(e):
                if e.pcr in separators:
                    raise Refused(f"event {e.number}: a second separator")
                separators.add(e.pcr)
            elif self.is_action(e, EXIT_BOOT):
                left = e.pcr == 5
            elif self.is_action(e, RETURNING):
                called, returned = False, True
            elif self.is_action(e, CALLING):
                if called or (4 in separators and not returned):
                    raise Refused(f"event {e.number}: an application called twice, or after the separator")
                called = True
            elif e.pcr == 4 and e.type == APPLICATION:
                if not called:
                    self.warnings.append(f"event {e.number}: an application before any boot option")
                apps.append(e.digests[self.bank].hex())
            elif e.pcr == 4 and not (e.type in others and self.verified(e)):  # an application could hide behind it
                raise Refused(f"event {e.number}: type {e.type:#x} is not one whose data proves what was measured")
        return apps if left else None

    def grub(self):
        """GRUB's measurements: commands (the prefix is not measured) and files (the names are not)."""
        commands, kernels, scripts, others, files = [], [], [], [], []
        for e in self.of(8):
            prefix = next((p for p in PREFIXES if e.type == IPL and e.data.startswith(p)), None)
            if prefix is None:
                others += [] if e.type == EVENT_TAG and is_tagged(e.data) and self.verified(e) else [e]
                continue
            logged = e.data[len(prefix):]
            text = logged.rstrip(b"\0")
            if not any(self.verified(e, form) for form in (text, text + b"\0", logged)):
                raise Refused(f"event {e.number}: a GRUB command is not what was measured")
            text = text.decode("utf-8", "surrogateescape")
            commands.append(prefix.decode() + text)
            (kernels if b"kernel_cmdline" in prefix else scripts).append(text)
        if others and commands:
            raise Refused(f"event {others[0].number}: not a GRUB command among GRUB commands")
        for e in self.of(9):
            if e.type not in (IPL, EVENT_TAG):
                raise Refused(f"event {e.number}: type {e.type:#x} among GRUB's files")
            files += [e.digests[self.bank].hex()] if e.type == IPL else []
        loads = [c.split(" ", 1)[1] for c in scripts if re.match("linux(16|efi)? ", c)]
        if len(kernels) > 1 or [unquoted(k) for k in kernels] != [unquoted(c) for c in loads[-1:]]:
            raise Refused("the kernel command line is not the one of the last linux command")
        return {"grub_files": files, "grub_commands": commands,
                "kernel_command_line": kernels[0] if kernels else None}


def unquoted(text):
    """GRUB logs the arguments of a command without the quoting that it gives the kernel."""
    return re.sub(r"[\"'\\]", "", text)


def is_tagged(data):
    """TCG_PCClientTaggedEvent (PFP 10.4.2): an id, the length of what follows, and that."""
    return len(data) >= 8 and int.from_bytes(data[4:8], "little") == len(data) - 8


def parse_variable(data):
    """UEFI_VARIABLE_DATA (PFP 10.2.6): (vendor, name), contents, and the number of bytes after them."""
    r = Reader(data)
    vendor = str(uuid.UUID(bytes_le=r.take(16)))
    units, size = r.uint(8), r.uint(8)
    name, value = r.take(2 * units).decode("utf-16-le", "replace"), r.take(size)
    return (vendor, name), value, r.left()


def authority_of(value, number):
    """EFI_SIGNATURE_DATA (UEFI 32.4.1), or the bare certificate of old shims. None for an image hash."""
    for body in (value[16:], value):
        try:
            r = Reader(body)
            der(r, 0x30)
            r.end("the certificate")
            return hashlib.sha256(body).hexdigest()
        except Malformed:
            pass
    if len(value) == 48:
        return None
    raise Refused(f"event {number}: an authority that is neither certificate nor hash")


def signature_lists(data):
    """EFI_SIGNATURE_LISTs (UEFI 32.4.1). Fewer bytes than one header are an empty database."""
    out = {"certificates": [], "hashes": 0, "other": 0}
    r = Reader(data if len(data) >= 28 else b"")
    while r.left():
        kind, size, header, each = str(uuid.UUID(bytes_le=r.take(16))), r.uint(4), r.uint(4), r.uint(4)
        body = Reader(r.take(max(size - 28, 0)))
        if size < 28 or each < 16 or each > size - 28 or header >= size - 28 or (size - 28 - header) % each:
            raise Malformed("bad sizes in a signature list")
        body.take(header)
        while body.left():
            entry = body.take(each)[16:]
            if kind == X509_LIST:
                out["certificates"].append(hashlib.sha256(entry).hexdigest())
            elif kind == SHA256_LIST and len(entry) == 32:
                out["hashes"] += 1
            else:
                out["other"] += 1
    return out


EMPTY = {"technology": None, "secure_boot": None, "efi_applications": None, "grub_files": None, "grub_commands": None,
         "kernel_command_line": None}


def read_state(events, bank, failures, warnings):
    """The claims of a log. What is absent is null; what cannot be read soundly is null and named in the failures."""
    state, claims = LogState(events, bank, warnings), dict(EMPTY)

    def attempt(name, read, *registers):
        if state.of(*registers):
            try:
                return read()
            except (Refused, Malformed) as why:
                failures.append(f"{name}: {why}")
        return None

    claims.update(attempt("platform", state.platform, 0) or {})
    claims["secure_boot"] = attempt("secure boot", state.secure_boot, 7)
    attempt("drivers", state.drivers, 2)
    claims["efi_applications"] = attempt("applications", state.applications, 4, 5)
    claims.update(attempt("grub", state.grub, 8, 9) or {})
    return claims
