"""What an answer lacks of the headers that every answer bears (accounts/headers.py)."""

import html
import re
from collections.abc import Iterator
from typing import Any

from accounts.headers import ALWAYS, policy
from accounts.private_files import SANDBOX

NONCE = re.compile(r"'nonce-([\w-]{22})'")
# Where a page can lead or take something from.
LEADS = re.compile(rb"""\s(?:href|action|formaction|src|poster|hx-(?:get|post|put|delete|patch))=(?:"([^"]*)"|'([^']*)')""")
PICTURE = re.compile(rb"data:image/(?:png|svg\+xml|jpeg)[;,]")
# An element that runs, not one that holds data.
SCRIPT = re.compile(rb"<script(?![^>]*application/json)([^>]*)>")


def lacking(answer: Any, body: bytes) -> list[str]:
    return list(found(answer, body))


def found(answer: Any, body: bytes) -> Iterator[str]:
    wanted = {**ALWAYS, "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin"}
    del wanted["Cache-Control"]
    yield from (f"{name} is {answer.get(name)}" for name, value in wanted.items() if answer.get(name) != value)
    if answer.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        yield "a referrer policy"
    if "Access-Control-Allow-Origin" in answer:
        yield "another site may read it"
    if "no-store" not in answer.get("Cache-Control", ""):
        yield f"no-store: {answer.get('Cache-Control')}"
    given = answer.get("Content-Security-Policy", "")
    nonce = "".join(NONCE.findall(given))
    if given not in {policy(nonce), SANDBOX}:
        yield f"the policy: {given}"
    if not body:
        return
    yield from misnamed(answer.get("Content-Type", ""), body)
    scripts = SCRIPT.findall(body) if answer.get("Content-Type", "").startswith("text/html") else []
    if bool(scripts) != bool(nonce) or any(f'nonce="{nonce}"'.encode() not in script for script in scripts):
        yield f"the nonce {nonce!r} on each of {scripts}"


def misnamed(kind: str, body: bytes) -> Iterator[str]:
    """What the answer is said to be, and in which letters; and where it leads, if it is a page."""
    name, _, charset = kind.partition(";")
    if name.startswith("text/") and "charset=utf-8" not in charset:
        yield f"no charset: {kind}"
    begins = body.lstrip()[:15].lower()
    if begins.startswith((b"<!doctype html", b"<html")) != (name == "text/html") and not is_part(name, begins):
        yield f"a {kind} that begins with {begins!r}"
    if name.endswith("json") and "ndjson" not in name and begins[:1] not in {b"{", b"["}:
        yield f"a {kind} that begins with {begins!r}"
    if name == "text/html":
        yield from (f"a link to {place.decode()!r}" for place in map(b"".join, LEADS.findall(body)) if leads_out(place))


def is_part(name: str, begins: bytes) -> bool:
    """Of a page, as htmx asks for it."""
    return name == "text/html" and begins.startswith(b"<")


def leads_out(place: bytes) -> bool:
    """By another scheme than the page's own, or to another host."""
    place = html.unescape(place.decode()).strip().encode()
    named = re.match(rb"[a-zA-Z][\w+.-]*:", place)
    return place.startswith((b"//", b"\\")) or (named is not None and named[0] != b"mailto:" and not PICTURE.match(place))
