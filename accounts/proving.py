"""Checks the proof of one audit event by nothing but the file and what the reader trusts: no database, no settings, no server.

    python -m accounts.proving PROOF.json --head HEADS.jsonl

HEADS.jsonl holds heads that the reader has kept, one line each; with --key instead he names the key that he knows to be the
house's. A file that says by which key it is signed proves nothing by that: anybody has a key.
"""

import argparse
import base64
import json
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from accounts import heads, leaves, merkle
from accounts.heads import Head

VERSION = 1
FAILED, BAD_INPUT = 1, 2


class Unusable(ValueError):
    """A file or key that can't be read as what it should be; says which and why."""


class Disproved(ValueError):
    """The file proves nothing; says why."""


@dataclass(frozen=True)
class Proved:
    """That `event`, the leaf without its commitments, stands at place `index` under `head`. `values` are those personal values of
    it that are shown, by name; of those in `hidden` there is only the commitment."""

    event: dict[str, Any]
    index: int
    values: dict[str, Any]
    hidden: list[str]
    head: Head

    def told(self) -> dict[str, Any]:
        return {**vars(self), "head": self.head.facts()}


def proved(text: str, *, kept: Iterable[Head] = (), keys: Collection[str] = ()) -> Proved:
    """What the file proves to who has `kept` these heads, or trusts keys of these fingerprints. With heads its own must be one of
    them, or go on from one and be signed by that one's key or a trusted one. Raises Disproved."""
    try:
        return checked(strictly(text), list(kept), frozenset(keys))
    except Disproved:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Disproved(f"it is no proof as Keyholder writes them ({type(error).__name__})") from None


def strictly(text: str) -> Any:
    """JSON that all programs read alike: no name twice, and no number that one of them might round."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Disproved("a name stands in it twice")
        return found

    def rounded(number: str) -> NoReturn:
        raise Disproved(f"the number {number[:40]} can be read in several ways")

    return json.loads(text, object_pairs_hook=once, parse_float=rounded, parse_constant=rounded)


MEMBERS = {"version", "leaf", "values", "index", "path", "head", "public_key", "since"}
OF_SINCE = {"head", "path"}
OF_HEAD = {"version", "size", "root", "at", "key", "signature"}
OF_VALUE = {"value", "salt"}


def members(found: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Nothing stands in a file that is not checked, or somebody would read it as proved."""
    if found.keys() != names:
        raise Disproved(f"{', '.join(map(repr, sorted(found.keys() ^ names)))} stands in it too much or is missing")
    return found


def head_of(written: dict[str, Any]) -> Head:
    return heads.parsed(json.dumps(members(written, OF_HEAD)))


def checked(file: dict[str, Any], kept: list[Head], keys: frozenset[str]) -> Proved:
    if type(file["version"]) is not int or file["version"] != VERSION:
        raise Disproved(f"version {file['version']!r} is not known here")
    head = head_of(members(file, MEMBERS)["head"])
    is_signed(head, file["public_key"])
    earlier = since(file["since"], head) if file["since"] is not None else None
    trusted(head, earlier, kept, keys)
    index, path = file["index"], hashes(file["path"])
    leaf = merkle.leaf_hash(file["leaf"].encode())
    if type(index) is not int or not merkle.is_included(leaf, index=index, size=head.size, proof=path, root=head.root):
        raise Disproved("the leaf does not lead to the root of its head")
    event = strictly(file["leaf"])
    if event["version"] != leaves.VERSION or rfc8785.dumps(event) != file["leaf"].encode():
        raise Disproved("its leaf is none as Keyholder writes them")
    made = event.pop("commitments")
    return Proved(event, index, shown(file["values"], made), sorted(made.keys() - file["values"].keys()), head)


def trusted(head: Head, earlier: Head | None, kept: list[Head], keys: frozenset[str]) -> None:
    """A key that has signed one kept head is not trusted for what follows another: it may be out of use, or stolen."""
    if not kept:
        if head.key not in keys:
            raise Disproved("its head is signed by a key that you do not trust")
    elif head not in kept:
        if earlier not in kept:
            sizes = ", ".join(str(one.size) for one in sorted(kept, key=lambda one: one.size)[-5:])
            raise Disproved(
                f"its head, of {head.size} events, is none that you have kept. Ask for the proof since one that you have kept: "
                f"of {sizes} events"
            )
        if head.key not in {earlier.key, *keys}:
            raise Disproved("its head is signed by a key that you do not trust")
        if head.at < earlier.at:
            raise Disproved("its head is older than the kept one that it goes on from")


def shown(values: dict[str, Any], made: dict[str, str]) -> dict[str, Any]:
    """The values that the leaf commits to, each under its name."""
    found = {}
    for name, said in values.items():
        value = members(said, OF_VALUE)["value"]
        # What the commitment takes for the same must be written the same.
        is_exact = rfc8785.dumps(leaves.exact(value)) == rfc8785.dumps(value)
        if not is_exact or leaves.commitment(name, value, said["salt"]) != made.get(name):
            raise Disproved(f"{name!r} is not what the leaf commits to")
        found[name] = value
    return found


def is_signed(head: Head, written: str) -> None:
    key = public_key(written)
    if heads.fingerprint(key) != head.key:
        raise Disproved("its public key is not the one that its head names")
    try:
        key.verify(head.signature, head.signed_bytes())
    except InvalidSignature:
        raise Disproved("its head does not bear out its signature") from None


def public_key(written: str) -> Ed25519PublicKey:
    """From base64. Raises Unusable."""
    if re.fullmatch("[0-9a-f]{64}", written):
        raise Unusable(f"{written} is the fingerprint of a key. Give the key itself in base64, as verify_audit prints it.")
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(written, validate=True))
    except ValueError:
        raise Unusable(f"{written!r} is no public key in base64.") from None


def since(written: dict[str, Any], head: Head) -> Head:
    """The head that the proof's own goes on from."""
    earlier = head_of(members(written, OF_SINCE)["head"])
    path = hashes(written["path"])
    if not merkle.is_consistent(earlier=earlier.size, earlier_root=earlier.root, size=head.size, root=head.root, proof=path):
        raise Disproved(f"its head does not go on from the one of {earlier.size} events")
    return earlier


def hashes(path: list[str]) -> list[bytes]:
    found = [bytes.fromhex(one) for one in path]
    if [one.hex() for one in found] != path or not merkle.are_hashes(found):
        raise Disproved("its way holds something else than hashes")
    return found


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unusable(f"{file}: it is no text.") from None


def kept_heads(file: Path) -> list[Head]:
    """What somebody outside has kept, one line each. Raises Unusable."""
    try:
        found = list(heads.read(read(file).splitlines()))
    except heads.Unreadable as error:
        raise Unusable(f"{file}: {error}.") from None
    if not found:
        raise Unusable(f"{file}: no head stands in it.")
    return found


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m accounts.proving",
        description="Checks the proof of one event of the audit trail. Prints as JSON what it proves; ends with 1 where that is "
        "nothing to you, and with 2 where a file can't be read.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the proof, from the event's page in the audit trail")
    parser.add_argument("--head", metavar="FILE", type=Path, help="heads that you have kept, one line of JSON each")
    parser.add_argument("--key", metavar="KEY", action="append", default=[], help="a public key that you trust, in base64")
    options = parser.parse_args(arguments)
    if not options.head and not options.key:
        parser.error("say what you trust: --head with heads that you have kept, or --key with the house's public key")
    try:
        kept = kept_heads(options.head) if options.head else []
        found = proved(read(options.file), kept=kept, keys=[heads.fingerprint(public_key(key)) for key in options.key])
    except Unusable as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except Disproved as error:
        print(f"{options.file} proves nothing to you: {error}.", file=sys.stderr)
        return FAILED
    print(json.dumps(found.told(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
