"""What is taken, and how much of it. Pure."""

from dataclasses import dataclass, field
from typing import Any

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
WEBP, HEIC = "image/webp", "image/heic"
# As Pillow calls them; a HEIF file's brands have several types.
PICTURES = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", HEIC: "HEIF"}
# What a browser offers to choose from; phones name a HEIC file either way.
ACCEPTED = (PDF, JPEG, PNG, WEBP, HEIC, "image/heif")
LARGEST = 15 * 1024 * 1024
MOST_PAGES, MOST_PIXELS = 50, 40_000_000
# What came out, at most: a picture kept without loss may be larger than what was sent.
LARGEST_MADE = 8 * LARGEST
# Seconds, and bytes above what the process has before it is given a file.
SECONDS, MEMORY = 10, 512 * 1024 * 1024

# What the process that forks says: that it is there, and of a child how it ended.
READY, ENDED, TOO_LONG = b"ready", b"e", b"t"


class Unfit(Exception):
    """The file is not taken; `code` is one of refusals.SENTENCES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Made:
    """A file as it was made anew. `origin` says how the one that was sent came to be (origins.py),
    `likenesses` what a picture looks like (kyc/evidence/likeness.py)."""

    data: bytes
    content_type: str
    origin: dict[str, Any] = field(default_factory=dict)
    likenesses: list[str] = field(default_factory=list)
