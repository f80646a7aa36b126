"""Checks the signature of a report by nothing but its bytes and the certificates that the reader believes, and an evidence pack.

Only the standard library and `cryptography`, and nothing of ours: the evidence pack carries this file as verify.py, as it is.

A signature (PAdES B-B: CMS, RFC 5652) covers every byte of the PDF but its own. Those are held to the one form in which we write
them, DER and capital hex digits with zeros behind, so that no byte of the file can be another without being found.
"""

import argparse
import base64
import hmac
import json
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
SEQUENCE, SET, INTEGER, OCTETS, OID, TIME, FIRST, SECOND = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18, 0xA0, 0xA1
# Names of the standards' own, as their bytes.
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
DATA = bytes.fromhex("2a864886f70d010701")
CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
OF_CERTIFICATE = bytes.fromhex("2a864886f70d010910022f")
TIMESTAMP = bytes.fromhex("2a864886f70d010910020e")
# Algorithms, each whole as we write it, with its empty parameters.
SHA256 = bytes.fromhex("300d06096086480165030402010500")
RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
ECDSA = bytes.fromhex("300a06082a8648ce3d040302")
# Of a timestamp (RFC 3161): what it says, what its certificate is for, and the algorithms of authorities outside.
TOLD_TIME = bytes.fromhex("2a864886f70d0109100104")
HASHES: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("608648016503040201"): hashes.SHA256(),
    bytes.fromhex("608648016503040202"): hashes.SHA384(),
    bytes.fromhex("608648016503040203"): hashes.SHA512(),
}
RSA_OF_DIGEST = bytes.fromhex("2a864886f70d010101")
SIGNED_BY = {
    bytes.fromhex("2a864886f70d01010b"): "sha256",
    bytes.fromhex("2a864886f70d01010c"): "sha384",
    bytes.fromhex("2a864886f70d01010d"): "sha512",
    bytes.fromhex("2a8648ce3d040302"): "sha256",
    bytes.fromhex("2a8648ce3d040303"): "sha384",
    bytes.fromhex("2a8648ce3d040304"): "sha512",
}
# More stand between a root and whom it vouches for nowhere.
LONGEST = 6


class Broken(ValueError):
    """The signature does not hold, or there is none; says why."""


class NotGoodThen(Broken):
    """A certificate of the chain is not good at that time."""


class Node(NamedTuple):
    """One element of DER: all its bytes, and those inside it."""

    tag: int
    raw: bytes
    inside: bytes

    @property
    def parts(self) -> "list[Node]":
        return list(nodes(self.inside))


def length_of(data: bytes) -> tuple[int, int]:
    """Of the element that begins here, how long its head is and what is inside. Only DER's one way to write it."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise Broken("the signature is not written as DER")
    size = data[1]
    if size < 0x80:
        return 2, size
    digits = size & 0x7F
    length = int.from_bytes(data[2 : 2 + digits], "big")
    if not 1 <= digits <= 4 or len(data) < 2 + digits or length < 0x80 or data[2] == 0:
        raise Broken("the signature is not written as DER")
    return 2 + digits, length


def nodes(data: bytes) -> Iterator[Node]:
    while data:
        head, length = length_of(data)
        if len(data) < head + length:
            raise Broken("the signature ends in the middle")
        yield Node(data[0], data[: head + length], data[head : head + length])
        data = data[head + length :]


def of(parts: Sequence[Node], *tags: int) -> Sequence[Node]:
    """The same, once they are seen to be of these kinds."""
    if [part.tag for part in parts] != list(tags):
        raise Broken("the signature is not made as PAdES asks for")
    return parts


@dataclass(frozen=True)
class Signature:
    """What holds of a signed file: whose certificate, which others came with it, and the timestamp beside it, if any."""

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    token: bytes
    # Of the signature itself the SHA-256, which the timestamp is of.
    digest: bytes = b""

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def signature_of(data: bytes) -> Signature:
    """Of a whole PDF. Raises Broken where none covers all of it, or where one byte is another than when it was signed."""
    reason = "it is not signed"
    for found in RANGE.finditer(data):
        first, second, rest = map(int, found.groups())
        if not first < second or second + rest != len(data):
            reason = "its signature does not cover the whole file"
            continue
        try:
            return held(written(data[first:second]), data[:first] + data[second:])
        except Broken as broken:
            reason = str(broken)
    raise Broken(reason)


def written(gap: bytes) -> bytes:
    """The signature between `<` and `>`, in the one form in which we write it."""
    try:
        start = bytes.fromhex(gap[1:13].decode("ascii"))
        head, length = length_of(start)
        found = bytes.fromhex(gap[1 : 1 + 2 * (head + length)].decode("ascii"))
    except ValueError:
        raise Broken("the place of its signature holds something else") from None
    if gap != b"<" + found.hex().upper().encode().ljust(len(gap) - 2, b"0") + b">":
        raise Broken("the place of its signature was changed")
    return found


def held(signature: bytes, signed: bytes) -> Signature:
    (content,) = of(list(nodes(signature)), SEQUENCE)
    kind, wrapped = of(content.parts, OID, FIRST)
    (body,) = of(wrapped.parts, SEQUENCE)
    version, digests, about, certificates, signers = of(body.parts, INTEGER, SET, SEQUENCE, FIRST, SET)
    (signer,) = of(signers.parts, SEQUENCE)
    (what,) = of(about.parts, OID)
    if (kind.inside, version.inside, what.inside) != (SIGNED_DATA, b"\x01", DATA):
        raise Broken("the signature is not made as PAdES asks for")
    version, who, digest, attributes, algorithm, value, *unsigned = signer.parts
    of([version, who, digest, attributes, algorithm, value], INTEGER, SEQUENCE, SEQUENCE, FIRST, SEQUENCE, OCTETS)
    if version.inside != b"\x01" or digests.inside != digest.raw:
        raise Broken("the signature names its algorithms in two ways")
    own, *others = chosen(who, certificates.parts)
    told(attributes, digest, own, signed)
    proved(own, algorithm, value.inside, bytes([SET]) + attributes.raw[1:])
    return Signature(own, tuple(others), token(unsigned, value.inside), sha256(value.inside).digest())


def chosen(who: Node, written: Sequence[Node]) -> list[x509.Certificate]:
    """The certificate that the signature names by issuer and number first, then the others."""
    issuer, number = of(who.parts, SEQUENCE, INTEGER)
    try:
        # Some signers put the same in twice.
        found = [x509.load_der_x509_certificate(raw) for raw in dict.fromkeys(one.raw for one in written)]
        named = int.from_bytes(number.inside, "big", signed=True)
        own = [one for one in found if (one.issuer.public_bytes(), one.serial_number) == (issuer.raw, named)]
    except (ValueError, x509.InvalidVersion):
        raise Broken("a certificate in it can't be read") from None
    if len(own) != 1:
        raise Broken("the certificate that it names is not there")
    return [*own, *(one for one in found if one is not own[0])]


def told(attributes: Node, digest: Node, own: x509.Certificate, signed: bytes) -> None:
    """What is signed says of the file and of the certificate."""
    found: dict[bytes, Node] = {}
    for attribute in attributes.parts:
        name, values = of(attribute.parts, OID, SET)
        if name.inside in found:
            raise Broken("an attribute stands in it twice")
        found[name.inside] = values
    if digest.raw != SHA256:
        raise Broken("its digest is of a kind that is not known here")
    if CONTENT_TYPE not in found or found[CONTENT_TYPE].parts[0].inside != DATA:
        raise Broken("it signs something else than a file")
    if MESSAGE_DIGEST not in found or found[MESSAGE_DIGEST].parts[0].inside != sha256(signed).digest():
        raise Broken("the file is not what was signed")
    if OF_CERTIFICATE not in found or own.fingerprint(hashes.SHA256()) != digest_of(found[OF_CERTIFICATE]):
        raise Broken("the certificate is not the one that was signed for")


def digest_of(values: Node) -> bytes:
    """The SHA-256 of the signer's certificate (RFC 5035, whose own digest is this one unless another is named)."""
    try:
        return values.parts[0].parts[0].parts[0].parts[0].inside
    except IndexError:
        raise Broken("it names no certificate") from None


def proved(own: x509.Certificate, algorithm: Node, value: bytes, said: bytes) -> None:
    name, key = algorithm.raw, own.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and name == RSA:
            key.verify(value, said, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey) and name == ECDSA:
            key.verify(value, said, ec.ECDSA(hashes.SHA256()))
        else:
            raise Broken("it is signed by an algorithm that is not known here")
    except (InvalidSignature, UnsupportedAlgorithm):
        raise Broken("the signature is not that of its certificate") from None


def token(unsigned: Sequence[Node], signature: bytes) -> bytes:
    """The timestamp beside the signature; it must be of this one. Whose it is is looked at where its time is needed."""
    if not unsigned:
        return b""
    (attributes,) = of(unsigned, SECOND)
    (attribute,) = of(attributes.parts, SEQUENCE)
    name, values = of(attribute.parts, OID, SET)
    if name.inside != TIMESTAMP or sha256(signature).digest() not in values.raw:
        raise Broken("something stands beside the signature that is no timestamp of it")
    return values.inside


def now() -> datetime:
    return datetime.now(UTC)


class Believed(NamedTuple):
    """The root that vouches for the certificate; and where that has ended since, as of when it was judged: by the timestamp's
    authority (`by_clock`), or by whoever else says when the file was issued."""

    root: x509.Certificate
    at: datetime | None = None
    by_clock: bool = False


def believed(
    found: Signature,
    roots: Collection[x509.Certificate],
    *,
    issued_at: datetime | None,
    clocks: Collection[x509.Certificate] = (),
) -> Believed:
    """Of a certificate that has ended: it must have been good at the time of the timestamp, where an authority of `clocks` gave
    it, else when somebody else than the signature says that the file was issued. Raises Broken."""
    try:
        return Believed(chained(found, roots))
    except NotGoodThen:
        at = seen_at(found, clocks)
        if at is None and issued_at is None:
            raise
    judged = at or issued_at
    return Believed(chained(found, roots, at=judged), judged, at is not None)


def seen_at(found: Signature, clocks: Collection[x509.Certificate]) -> datetime | None:
    """The time of a timestamp that is good; else None."""
    try:
        return stamped_at(found, clocks)
    except (Broken, ValueError, IndexError):
        return None


def stamped_at(found: Signature, clocks: Collection[x509.Certificate]) -> datetime:
    """When the timestamp's authority saw the signature. Its own certificate must be good today: of one that has ended nobody
    knows who holds its key now. Raises Broken."""
    if not found.token:
        raise Broken("no authority outside says when it was signed")
    (content,) = of(list(nodes(found.token)), SEQUENCE)
    kind, wrapped = of(content.parts, OID, FIRST)
    (body,) = of(wrapped.parts, SEQUENCE)
    _version, _digests, about, *more = body.parts
    what, told_in = of(about.parts, OID, FIRST)
    (said,) = of(told_in.parts, OCTETS)
    certificates = [part for part in more if part.tag == FIRST]
    if (kind.inside, what.inside) != (SIGNED_DATA, TOLD_TIME) or not certificates or more[-1].tag != SET:
        raise Broken("its timestamp is not made as RFC 3161 asks for")
    (signer,) = of(more[-1].parts, SEQUENCE)
    clock = clock_of(signer, certificates[0], said.inside)
    at = time_of(said, found.digest)
    if at > now():
        raise Broken("its timestamp is of a time that has not come")
    for moment in (None, at):
        chained(clock, clocks, at=moment)
    return at


def clock_of(signer: Node, certificates: Node, said: bytes) -> Signature:
    """Whose signature stands under what the timestamp says."""
    _version, who, digest, attributes, algorithm, value, *_ = signer.parts
    of([who, digest, attributes, algorithm, value], SEQUENCE, SEQUENCE, FIRST, SEQUENCE, OCTETS)
    own, *others = chosen(who, certificates.parts)
    kind = HASHES.get(digest.parts[0].inside)
    found = {name.inside: values for name, values in (of(one.parts, OID, SET) for one in attributes.parts)}
    if kind is None or CONTENT_TYPE not in found or found[CONTENT_TYPE].parts[0].inside != TOLD_TIME:
        raise Broken("its timestamp is not made as RFC 3161 asks for")
    made = hashes.Hash(kind)
    made.update(said)
    if MESSAGE_DIGEST not in found or found[MESSAGE_DIGEST].parts[0].inside != made.finalize():
        raise Broken("its timestamp does not say what was signed")
    proved_by(own, algorithm.parts[0].inside, kind, value.inside, bytes([SET]) + attributes.raw[1:])
    try:
        usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        raise Broken("the certificate of its timestamp is not one to tell the time with") from None
    if list(usage) != [x509.ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Broken("the certificate of its timestamp is not one to tell the time with")
    return Signature(own, tuple(others), b"")


def proved_by(own: x509.Certificate, name: bytes, kind: hashes.HashAlgorithm, value: bytes, said: bytes) -> None:
    key = own.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and (name == RSA_OF_DIGEST or SIGNED_BY.get(name) == kind.name):
            key.verify(value, said, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey) and SIGNED_BY.get(name) == kind.name:
            key.verify(value, said, ec.ECDSA(kind))
        else:
            raise Broken("its timestamp is signed by an algorithm that is not known here")
    except (InvalidSignature, UnsupportedAlgorithm):
        raise Broken("its timestamp is not signed by its certificate") from None


def time_of(said: Node, digest: bytes) -> datetime:
    """What the timestamp says, once it is seen to be of the signature with that SHA-256."""
    (told,) = of(list(nodes(said.inside)), SEQUENCE)
    _version, _policy, imprint, _number, at, *_ = told.parts
    of([imprint, at], SEQUENCE, TIME)
    kind, seen = of(imprint.parts, SEQUENCE, OCTETS)
    if not isinstance(HASHES.get(kind.parts[0].inside), hashes.SHA256) or seen.inside != digest:
        raise Broken("its timestamp is of something else")
    whole, _, _ = at.inside.decode("ascii", "replace").removesuffix("Z").partition(".")
    try:
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise Broken("its timestamp can't be read") from None


def chained(found: Signature, roots: Collection[x509.Certificate], *, at: datetime | None = None) -> x509.Certificate:
    """The root that vouches for the certificate at that time, by default now. Raises Broken."""
    moment = at or now()
    allowed(found.certificate)
    current, waiting = found.certificate, list(found.others)
    for _ in range(LONGEST):
        if not current.not_valid_before_utc <= moment <= current.not_valid_after_utc:
            raise NotGoodThen(f"the certificate of {current.subject.rfc4514_string()} is not good on {moment:%Y-%m-%d}")
        for root in roots:
            if root == current or vouches(root, current):
                if any(one not in roots for one in waiting):
                    raise Broken("a certificate came with it that vouches for nobody")
                return root
        between = next((one for one in waiting if vouches(one, current)), None)
        if between is None:
            break
        waiting.remove(between)
        current = between
    raise Broken("no authority that you believe vouches for its certificate")


def vouches(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        if not above.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        below.verify_directly_issued_by(above)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return True


def allowed(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        raise Broken("its certificate does not say what it is for") from None
    if not usage.digital_signature and not usage.content_commitment:
        raise Broken("its certificate is not one to sign with")


# The rest checks an evidence pack: its folder, as it was unpacked.
PURPOSE = b"Keyholder audit head\n"
HERE, CLOCKS = "verify.py", "clocks.pem"
# By these a report stands no more.
NO_MORE = ("report.superseded", "report.withdrawn")


def written_plainly(value: Any) -> bytes:
    """JSON in its one form (RFC 8785), as far as what stands in a proof needs it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def above(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that the path leads to from the leaf at `index` among `size` (RFC 9162, 2.1.3.2); empty where it leads to none."""
    place, last, found = index, size - 1, leaf
    if not 0 <= index < size or any(len(one) != 32 for one in path):
        return b""
    for sibling in path:
        if last == 0:
            return b""
        if place & 1 or place == last:
            found = sha256(b"\x01" + sibling + found).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = sha256(b"\x01" + found + sibling).digest()
        place, last = place >> 1, last >> 1
    return found if last == 0 else b""


def event_of(proof: dict[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """The event that a proof is of, with the values that are shown of it, once it is seen to stand under its signed head. `keys`
    are fingerprints that the reader believes; without any, only that the proof agrees with itself is known. Raises Broken."""
    head, public = proof["head"], base64.b64decode(proof["public_key"])
    said = {name: head[name] for name in ("version", "size", "root", "at", "key")}
    if sha256(public).hexdigest() != head["key"] or (keys and head["key"] not in keys):
        raise Broken("the head is signed by a key that you do not believe")
    try:
        signature = base64.b64decode(head["signature"])
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, PURPOSE + written_plainly(said))
    except InvalidSignature:
        raise Broken("the head does not bear out its signature") from None
    leaf, path = proof["leaf"].encode(), [bytes.fromhex(one) for one in proof["path"]]
    found = above(sha256(b"\x00" + leaf).digest(), index=proof["index"], size=head["size"], path=path)
    if found.hex() != head["root"]:
        raise Broken("the event does not lead to the root of its head")
    event: dict[str, Any] = json.loads(leaf)
    made = event.pop("commitments")
    for name, value in proof["values"].items():
        digest = hmac.digest(bytes.fromhex(value["salt"]), written_plainly([name, value["value"]]), "sha256").hex()
        if made.get(name) != digest:
            raise Broken(f"{name} is not what the event says")
    return event | {"values": {name: value["value"] for name, value in proof["values"].items()}}


def environments(folder: Path) -> list[Path]:
    """Of Python, which the reader has put beside the pack's files to run this by."""
    return sorted(path.parent for path in folder.rglob("pyvenv.cfg") if path.parent != folder)


def files_of(folder: Path) -> list[Path]:
    beside = environments(folder)
    found = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not any(one in path.parents for one in beside)]


def checks(
    folder: Path, roots: Collection[x509.Certificate], keys: Collection[str], clocks: Collection[x509.Certificate] = ()
) -> Iterator[tuple[str, str]]:
    """What was looked at, and what is wrong with it; empty where nothing is. `clocks` are roots of timestamps' authorities."""
    told = json.loads((folder / "manifest.json").read_bytes())
    there = {str(path.relative_to(folder)) for path in files_of(folder)} - {"manifest.json", "manifest.p7s"}
    made = {name: sha256((folder / name).read_bytes()).hexdigest() for name in there}
    for name in sorted(told.keys() | made.keys()):
        # Which of us is right the reader sees by comparing this very file with one that he has from elsewhere.
        wrong = "it is not in the pack" if name not in made else "the manifest does not know it" if name not in told else ""
        yield name, wrong or ("" if told[name] == made[name] else "it is not what the manifest says")
    yield "signature of manifest.json", broken(lambda: of_manifest(folder, roots))
    envelope = json.loads((folder / "envelope.json").read_bytes())
    own, file = made.get("report.json", ""), made.get("report.pdf", "")
    yield "report.json against envelope.json", "" if envelope["sha256"] == own else "envelope.json is of other facts"
    yield from of_documents(folder, made)
    proofs = trail_of(folder, keys)
    yield from ((f"proof {name}", why) for name, why, _ in proofs)
    issue = issued([event for _, _, event in proofs if event], own, file)
    yield "the audit log against the report", "" if issue else "no proved event says that this was issued"
    yield of_report(folder, roots, issue, clocks)


def of_manifest(folder: Path, roots: Collection[x509.Certificate]) -> None:
    """By it all other files are bound. A certificate that has ended is judged by its last day: what it vouches for is older."""
    found = held((folder / "manifest.p7s").read_bytes(), (folder / "manifest.json").read_bytes())
    believed(found, roots, issued_at=found.certificate.not_valid_after_utc)


def of_report(
    folder: Path, roots: Collection[x509.Certificate], issue: dict[str, Any], clocks: Collection[x509.Certificate]
) -> tuple[str, str]:
    found: list[Believed] = []

    def look() -> None:
        at = datetime.fromisoformat(issue["at"].replace("Z", "+00:00")) if issue else None
        signature = signature_of((folder / "report.pdf").read_bytes())
        found.append(believed(signature, roots, issued_at=at, clocks=clocks))

    why = broken(look)
    since = ""
    if found and found[0].at:
        who = "its timestamp says that it was signed" if found[0].by_clock else "the audit log says that it was issued"
        since = f", whose certificate has ended since and was good when {who}"
    return f"signature of report.pdf{since}", why


def trail_of(folder: Path, keys: Collection[str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each proof: the file's name, what is wrong with it, and the event where nothing is."""
    found = []
    for proof in sorted((folder / "trail").glob("*.json")):
        events: list[dict[str, Any]] = []
        why = broken(lambda proof=proof, events=events: events.append(event_of(json.loads(proof.read_bytes()), keys)))
        found.append((proof.name, why, events[0] if events else {}))
    return found


def issued(events: Sequence[dict[str, Any]], own: str, file: str) -> dict[str, Any]:
    """The event that says so of the report with these digests; empty where there is none."""
    digests = {"details.sha256": own, "details.file_sha256": file}
    return next((one for one in events if one["verb"] == "report.issued" and digests.items() <= one["values"].items()), {})


def ends(folder: Path, keys: Collection[str]) -> list[str]:
    """What has become of the report since, as far as the pack knows."""
    files = [sha256((folder / name).read_bytes()).hexdigest() for name in ("report.json", "report.pdf")]
    events = [event for _, _, event in trail_of(folder, keys) if event]
    about = issued(events, *files).get("target_id")
    return [
        f"{one['verb']}, on {one['at'][:10]}" for one in events if one["verb"] in NO_MORE and about and one["target_id"] == about
    ]


def of_documents(folder: Path, made: dict[str, str]) -> Iterator[tuple[str, str]]:
    """documents.json says of each which one of report.json it is, and what was made of it so that it can be opened safely."""
    named = {row["sha256"] for row in json.loads((folder / "report.json").read_bytes()).get("documents", ())}
    for row in json.loads((folder / "documents.json").read_bytes()):
        if row["report_sha256"] not in named:
            yield row["file"] or row["name"], "report.json does not name it"
        elif row["file"] and made.get(row["file"]) != row["sha256"]:
            yield row["file"], "it is not what documents.json says"


def certificates_of(file: Path, *, needed: bool) -> list[x509.Certificate]:
    """None where no such file is needed and there is none."""
    return x509.load_pem_x509_certificates(file.read_bytes()) if needed or file.exists() else []


def broken(look: Callable[[], object]) -> str:
    try:
        look()
    except Broken as error:
        return str(error)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        return f"it can't be read ({type(error).__name__})"
    return ""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog=HERE, description="Checks an evidence pack. Ends with 1 where something is wrong.")
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(__file__).resolve().parent, help="by default where this stands"
    )
    parser.add_argument("--roots", type=Path, help="certificates (PEM) that you believe; by default roots.pem of the pack")
    parser.add_argument("--key", action="append", default=[], help="the public key of the audit log that you believe, in base64")
    parser.add_argument("--clocks", type=Path, help="the same of authorities that tell the time; by default clocks.pem")
    options = parser.parse_args(arguments)
    try:
        clocks = certificates_of(options.clocks or options.folder / CLOCKS, needed=options.clocks is not None)
        roots = x509.load_pem_x509_certificates((options.roots or options.folder / "roots.pem").read_bytes())
        keys = [sha256(base64.b64decode(key, validate=True)).hexdigest() for key in options.key]
        found = list(checks(options.folder, roots, keys, clocks))
        said = ends(options.folder, keys)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"This is no evidence pack that can be read: {error}.", file=sys.stderr)
        return 2
    for name, wrong in found:
        print(f"{'WRONG' if wrong else 'good '}  {name}{f': {wrong}' if wrong else ''}")
    for one in said:
        print(f"It does not stand any more: {one}.")
    for one in environments(options.folder):
        print(f"Not looked at, since it is a Python environment: {one.relative_to(options.folder)}.")
    if not options.roots:
        digests = ", ".join(root.fingerprint(hashes.SHA256()).hex() for root in roots)
        print(f"Believed because the pack says so: roots.pem, SHA-256 {digests}. Compare that with what the provider tells you.")
    if not keys:
        print("The key of the audit log is the pack's own word. Give the one that you know with --key.")
    return int(any(wrong for _, wrong in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
