# SPDX-License-Identifier: Apache-2.0
"""A second opinion on vTPM attestations: verifies one, or replays a TCG event log, and prints one JSON object.

Written from the public documents only, to be compared with the verifier, never to be used as one:
  PFP    TCG PC Client Platform Firmware Profile 1.06 (event log; see event_log_oracle.py)
  Part2  TPM 2.0 Library, Part 2: Structures (quotes, signatures, public areas)
  X.509  RFC 5280 (certificate paths)

Exit status: 0 accepted (or log readable and its state sound), 1 refused, 2 wrong usage.
"""
import argparse
import datetime
import json
import re
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from event_log_oracle import ALGS, EMPTY, STRENGTH, Malformed, Reader, Refused
from event_log_oracle import der, digest, parse_log, read_state, replay


# ---- Protocol buffers, by hand ----------------------------------------------------------------------------------


def proto_fields(data):
    """Field number -> list of values (int or bytes) of one message."""
    fields, r = {}, Reader(data)

    def varint():
        value = 0
        for shift in range(0, 70, 7):
            byte = r.uint(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (2**64 - 1)
        raise Malformed("varint longer than ten bytes")

    while r.left():
        tag = varint()
        number, wire = tag >> 3, tag & 7
        if wire not in (0, 1, 2, 5) or number == 0:
            raise Malformed(f"bad protobuf tag {tag}")
        value = varint() if wire == 0 else r.take({1: 8, 5: 4}.get(wire) or varint())
        fields.setdefault(number, []).append(value)
    return fields


def one(fields, number, default=b""):
    value = fields.get(number, [default])[-1]
    if not isinstance(value, type(default)):
        raise Malformed(f"protobuf field {number} has the wrong wire type")
    return value


def many(fields, number):
    if not all(isinstance(v, bytes) for v in fields.get(number, [])):
        raise Malformed(f"protobuf field {number} has the wrong wire type")
    return fields.get(number, [])


def decode_attestation(data):
    """attest.Attestation and the tpm.Quote and tpm.PCRs messages inside it."""
    top = proto_fields(data)
    quotes = []
    for raw in many(top, 2):
        quote = proto_fields(raw)
        pcrs = proto_fields(one(quote, 3))
        entries = [proto_fields(entry) for entry in many(pcrs, 2)]
        quotes.append({"attest": one(quote, 1), "signature": one(quote, 2), "bank": ALGS.get(one(pcrs, 1, 0)),
                       "pcrs": {one(e, 1, 0): one(e, 2) for e in entries}})
    return {"ak_pub": one(top, 1), "quotes": quotes, "event_log": one(top, 3), "ak_cert": one(top, 6),
            "intermediates": many(top, 7)}


SIGNATURE_HASHES = {0x0B: hashes.SHA256, 0x0C: hashes.SHA384, 0x0D: hashes.SHA512}


# ---- Quotes -----------------------------------------------------------------------------------------------------


def parse_attest(raw):
    """TPMS_ATTEST holding a quote (Part2 10.12.8)."""
    r = Reader(raw, "big")
    if r.uint(4) != 0xFF544347:
        raise Refused("magic is not TPM_GENERATED_VALUE")
    if r.uint(2) != 0x8018:
        raise Refused("type is not TPM_ST_ATTEST_QUOTE")
    r.sized()  # qualifiedSigner
    out = {"extra": r.sized(), "clock": r.uint(8), "reset": r.uint(4), "restart": r.uint(4), "safe": r.uint(1),
           "firmware": r.uint(8), "selections": []}
    for _ in range(r.uint(4)):
        alg, bitmap = r.uint(2), r.sized(1)
        out["selections"].append((ALGS.get(alg, (alg, 0))[0], {i for i in range(8 * len(bitmap))
                                                              if bitmap[i // 8] >> (i % 8) & 1}))
    out["pcr_digest"] = r.sized()
    r.end("TPMS_ATTEST")
    return out


def verify_signature(key, raw, message):
    """TPMT_SIGNATURE (Part2 11.3.4), RSASSA or ECDSA. Returns the name of the hash it uses."""
    r = Reader(raw, "big")
    scheme, alg = r.uint(2), r.uint(2)
    if alg not in SIGNATURE_HASHES:
        raise Refused(f"signature hash {alg:#06x} is not accepted")
    try:
        if isinstance(key, rsa.RSAPublicKey) and scheme == 0x0014:
            signature = r.sized()
            r.end("TPMT_SIGNATURE")
            key.verify(signature, message, padding.PKCS1v15(), SIGNATURE_HASHES[alg]())
        elif isinstance(key, ec.EllipticCurvePublicKey) and scheme == 0x0018:
            pair = [int.from_bytes(r.sized(), "big") for _ in range(2)]
            r.end("TPMT_SIGNATURE")
            key.verify(utils.encode_dss_signature(*pair), message, ec.ECDSA(SIGNATURE_HASHES[alg]()))
        else:
            raise Refused(f"signature scheme {scheme:#06x} does not fit the key")
    except InvalidSignature:
        raise Refused("signature does not verify") from None
    return ALGS[alg][0]


def verify_quote(quote, key, nonce):
    if quote["bank"] is None:
        raise Refused("unknown PCR bank")
    bank, size = quote["bank"]
    if any(i > 23 or len(v) != size for i, v in quote["pcrs"].items()):
        raise Refused("a PCR index or value length is impossible")
    hash_name = verify_signature(key, quote["signature"], quote["attest"])
    attest = parse_attest(quote["attest"])
    if attest["extra"] != nonce:
        raise Refused("extraData is not the nonce")
    if attest["selections"] != [(bank, set(quote["pcrs"]))]:
        raise Refused("the PCR selection is not the one bank and the PCRs supplied")
    if digest(hash_name, b"".join(quote["pcrs"][i] for i in sorted(quote["pcrs"]))) != attest["pcr_digest"]:
        raise Refused("pcrDigest does not match the PCR values")
    return attest


def public_numbers(ak_pub):
    """TPMT_PUBLIC (Part2 12.2.4) of an attestation key: its attributes and its key numbers."""
    r = Reader(ak_pub, "big")
    kind, _, attributes, _ = r.uint(2), r.uint(2), r.uint(4), r.sized()
    if r.uint(2) != 0x0010:  # symmetric: TPM_ALG_NULL for a signing key
        raise Refused("ak_pub is not a signing key")
    if r.uint(2) != 0x0010:  # scheme
        r.uint(2)
    if kind == 0x0001:
        _, exponent, modulus = r.uint(2), r.uint(4), r.sized()
        numbers = (exponent or 65537, int.from_bytes(modulus, "big"))
    elif kind == 0x0023:
        _, kdf = r.uint(2), r.uint(2)
        if kdf != 0x0010:
            r.uint(2)
        numbers = tuple(int.from_bytes(r.sized(), "big") for _ in range(2))
    else:
        raise Refused(f"ak_pub has key type {kind:#06x}")
    r.end("TPMT_PUBLIC")
    return attributes, numbers


def check_ak_pub(ak_pub, key):
    attributes, numbers = public_numbers(ak_pub)
    # Part2 8.3: restricted, sign, fixedTPM, fixedParent, sensitiveDataOrigin, and not decrypt.
    if attributes & 0x70032 != 0x50032:
        raise Refused(f"ak_pub attributes {attributes:#x} are not those of an attestation key")
    n = key.public_numbers()
    if numbers != ((n.e, n.n) if isinstance(key, rsa.RSAPublicKey) else (n.x, n.y)):
        raise Refused("ak_pub is not the key of the certificate")


# ---- Certificates -----------------------------------------------------------------------------------------------

HANDLED = {"2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"}  # keyUsage, SAN (naming the TPM), basic constraints, EKU
GCE_INSTANCE = "1.3.6.1.4.1.11129.2.1.21"


def load_certificate(raw):
    try:
        cert = x509.load_der_x509_certificate(raw)
        known = isinstance(cert.public_key(), (rsa.RSAPublicKey, ec.EllipticCurvePublicKey))
        _ = cert.extensions, cert.subject, cert.issuer, cert.signature_hash_algorithm  # parsed only when read
    except Exception as why:  # the library raises KeyError and others on hostile bytes
        raise Malformed(f"not a certificate: {why!r}") from None
    if not known:
        raise Refused("the certificate's key is neither RSA nor ECC")
    return cert


def extension(cert, kind):
    try:
        return cert.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def check_certificate(cert, now):
    if not cert.not_valid_before <= now <= cert.not_valid_after:
        raise Refused("certificate not valid at this time: " + cert.subject.rfc4514_string())
    for ext in cert.extensions:
        if ext.critical and ext.oid.dotted_string not in HANDLED:
            raise Refused("unknown critical extension " + ext.oid.dotted_string)


def signed_by(cert, key):
    algorithm = cert.signature_hash_algorithm
    if not isinstance(algorithm, (hashes.SHA256, hashes.SHA384, hashes.SHA512)):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(cert.signature, cert.tbs_certificate_bytes, padding.PKCS1v15(), algorithm)
        else:
            key.verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(algorithm))
        return True
    except (InvalidSignature, AttributeError, TypeError):
        return False


def may_issue(ca, below):
    basic, usage = extension(ca, x509.BasicConstraints), extension(ca, x509.KeyUsage)
    fits = basic is not None and basic.ca and (basic.path_length is None or below <= basic.path_length)
    return fits and (usage is None or usage.key_cert_sign)


def verify_path(cert, pool, anchors, now, below=0):
    """RFC 5280 section 6, by search: `below` counts the intermediate certificates already under the issuer sought."""
    check_certificate(cert, now)
    reasons = []
    for issuer in anchors + (pool if below < 4 else []):
        if not isinstance(issuer, x509.Certificate):
            if signed_by(cert, issuer):
                return
            continue
        if issuer.subject != cert.issuer or not signed_by(cert, issuer.public_key()) or not may_issue(issuer, below):
            continue
        try:
            if issuer in anchors:
                check_certificate(issuer, now)
            else:
                verify_path(issuer, pool, anchors, now, below + 1)
            return
        except Refused as why:
            reasons.append(str(why))
    raise Refused(reasons[0] if reasons else "no path to a trusted certificate or key")


def load_anchors(paths):
    """Every certificate and public key of the PEM files."""
    anchors = []
    for path in paths:
        with open(path, "rb") as file:
            for block in re.finditer(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", file.read(), re.S):
                certificate = block[1] == b"CERTIFICATE"
                load = x509.load_pem_x509_certificate if certificate else serialization.load_pem_public_key
                anchors.append(load(block[0]))
    return anchors


def instance_info(cert):
    """Google's instance extension: zone, project number, project id, instance id, instance name, [0] security."""
    try:
        raw = cert.extensions.get_extension_for_oid(x509.ObjectIdentifier(GCE_INSTANCE)).value.value
    except x509.ExtensionNotFound:
        return None
    r = Reader(der(Reader(raw), 0x30))
    zone, number, project = der(r, 0x0C), der(r, 0x02), der(r, 0x0C)
    identity, name = der(r, 0x02), der(r, 0x0C)
    production = False
    if r.left():
        security = Reader(der(Reader(der(r, 0xA0)), 0x30))
        while security.left() and not production:
            tag = security.data[security.at]
            inner = Reader(der(security, tag))
            production = tag == 0xA1 and der(inner, 0x01) != b"\x00"
    number, identity = (int.from_bytes(v, "big", signed=True) for v in (number, identity))
    if number < 0 or identity < 0:
        raise Refused("negative number in the instance extension")
    if not production:
        return None
    return {"zone": zone.decode(), "project_id": project.decode(), "project_number": number,
            "instance_name": name.decode(), "instance_id": identity}


# ---- Commands ---------------------------------------------------------------------------------------------------


def verify_ak(attestation, anchors, now, attempt):
    """The AK certificate, whose key alone signs the quotes. Returns the key and the instance it names."""

    def path():
        pool = [load_certificate(raw) for raw in attestation["intermediates"]]
        basic, usage = extension(cert, x509.BasicConstraints), extension(cert, x509.KeyUsage)
        if (basic is not None and basic.ca) or (usage is not None and not usage.digital_signature):
            raise Refused("the certificate is not that of a signing key")
        verify_path(cert, pool, anchors, now)

    cert = attempt("ak certificate", lambda: load_certificate(attestation["ak_cert"]))
    if cert is None:
        return None, None
    key = cert.public_key()
    attempt("ak certificate", path)
    attempt("ak_pub", lambda: check_ak_pub(attestation["ak_pub"], key))
    return key, attempt("instance", lambda: instance_info(cert))


def verify_banks(attestation, key, nonce, attempt):
    """Verifies every quote. Returns bank -> PCR values of the sound ones, and their clock."""
    banks, clocks = {}, set()
    for i, quote in enumerate(attestation["quotes"]):
        attest = attempt(f"quote {i}", lambda quote=quote: verify_quote(quote, key, nonce)) if key else None
        if attest:
            name = quote["bank"][0]
            attempt(f"quote {i}", lambda: refuse_if(name in banks, f"a second quote of bank {name}"))
            banks.setdefault(name, quote["pcrs"])
            clocks.add((attest["reset"], attest["restart"]))
    attempt("quotes", lambda: refuse_if(not attestation["quotes"], "there is none"))
    attempt("quotes", lambda: refuse_if(len(clocks) > 1, "they come from different boots"))
    clock = clocks.pop() if len(clocks) == 1 else None
    return banks, clock and {"reset_count": clock[0], "restart_count": clock[1]}


def refuse_if(condition, reason):
    if condition:
        raise Refused(reason)


def compare(bank, quoted, events, warnings):
    """Replayed against quoted values of one bank."""
    replayed = replay(events, bank)
    wrong = [i for i, value in replayed.items() if i in quoted and value != quoted[i]]
    refuse_if(wrong, f"the log does not replay to PCRs {wrong}")
    for i in sorted(set(replayed) - set(quoted)):
        warnings.append(f"{bank}: events of PCR {i}, which is not quoted")
    for i in sorted(set(quoted) - set(replayed)):
        if set(quoted[i]) not in ([{0}, {0xFF}] if 17 <= i <= 22 else [{0}]):  # PFP 3.3.2: dynamic PCRs start at ones
            warnings.append(f"{bank}: PCR {i} has a value and no events")
    return True


def verify(raw, nonce, anchors, now):
    failures, warnings = [], []

    def attempt(name, action):
        try:
            return action()
        except (Refused, Malformed, ValueError) as why:
            failures.append(f"{name}: {why}")
            return None

    claims = {"bank": None, "pcrs": {}, **EMPTY, "instance": None, "clock": None}
    attestation = attempt("attestation", lambda: decode_attestation(raw))
    if attestation:
        key, claims["instance"] = verify_ak(attestation, anchors, now, attempt)
        banks, claims["clock"] = verify_banks(attestation, key, nonce, attempt)
        claims["pcrs"] = {b: {str(i): v.hex() for i, v in sorted(values.items())} for b, values in banks.items()}
        _, events = attempt("event log", lambda: parse_log(attestation["event_log"])) or (None, None)
        sound = [b for b in banks if events is not None and attempt(
            f"replay {b}", lambda b=b: compare(b, banks[b], events, warnings))]
        best = max((b for b in sound if b != "sha1"), key=STRENGTH.index, default=None)
        attempt("bank", lambda: refuse_if(best is None, "no bank stronger than SHA-1 verifies"))
        if best:
            claims["bank"] = best
            covered = [e for e in events if e.pcr in banks[best]]
            claims.update(read_state(covered, best, failures, warnings))
    return {"accepted": not failures, "failures": failures, "warnings": warnings, "claims": claims}


def replay_file(raw, confidential=False):
    """Replays a log in every bank, and reads its state in the strongest bank that every event has a digest of.

    The log of a confidential VM may be padded, and its register numbers are not those of PCRs: it has no state here."""
    failures, warnings = [], []
    try:
        banks, events = parse_log(raw, padded=confidential)
    except Malformed as why:
        return {"failures": [f"event log: {why}"]}
    values = {b: {str(i): v and v.hex() for i, v in replay(events, b).items()} for b in banks}
    bank = next((b for b in reversed(banks) if None not in values[b].values()), None)
    state = read_state(events, bank, failures, warnings) if bank and not confidential else None
    return {"bank": bank, "events": len(events), "pcrs": values, "failures": failures, "warnings": warnings,
            "state": state}


def rfc3339(text):
    when = datetime.datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError("no time zone")
    return when.astimezone(datetime.timezone.utc).replace(tzinfo=None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one_attestation = commands.add_parser("verify", help="verify an attest.Attestation in binary protobuf")
    one_attestation.add_argument("file")
    one_attestation.add_argument("--nonce", required=True, type=bytes.fromhex)
    one_attestation.add_argument("--root", required=True, nargs="+", action="extend", help="PEM certificates or keys")
    one_attestation.add_argument("--now", required=True, type=rfc3339)
    one_log = commands.add_parser("replay", help="replay a TCG event log and read its state")
    one_log.add_argument("file")
    one_log.add_argument("--cc", action="store_true", help="the log is that of a confidential VM (CCEL)")
    args = parser.parse_args()
    with open(args.file, "rb") as file:
        raw = file.read()
    if args.command == "verify":
        result = verify(raw, args.nonce, load_anchors(args.root), args.now)
    else:
        result = replay_file(raw, args.cc)
    print(json.dumps(result, indent=2))
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
