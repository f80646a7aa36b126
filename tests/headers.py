"""What an answer lacks of the headers that every answer bears (accounts/headers.py)."""

import re
from collections.abc import Iterator
from typing import Any

from accounts.headers import ALWAYS, policy
from accounts.private_files import SANDBOX

NONCE = re.compile(r"'nonce-([\w-]{22})'")
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
    if "no-store" not in answer.get("Cache-Control", ""):
        yield f"no-store: {answer.get('Cache-Control')}"
    given = answer.get("Content-Security-Policy", "")
    nonce = "".join(NONCE.findall(given))
    if given not in {policy(nonce), SANDBOX}:
        yield f"the policy: {given}"
    if not body:
        return
    scripts = SCRIPT.findall(body) if answer.get("Content-Type", "").startswith("text/html") else []
    if bool(scripts) != bool(nonce) or any(f'nonce="{nonce}"'.encode() not in script for script in scripts):
        yield f"the nonce {nonce!r} on each of {scripts}"
