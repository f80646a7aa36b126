"""A picture told from others however it was scaled or saved anew: a difference hash in parts. Pure.

The picture is made 9 by 8 grey squares; of each is asked whether its right neighbour is clearly brighter, which makes 64 bits in
four bands of two rows. Each likeness is three of the four bands, so that two pictures are alike where they differ in one band at
most. A page with hardly anything on it is like every other such page, and has none.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import combinations, pairwise

from PIL import Image

WIDE, HIGH, BANDS = 9, 8, 4
# Of 255; what is saved anew differs by less.
CLEARLY = 4
LEAST_SET = 8
KINDS = {"image/jpeg": "JPEG", "image/png": "PNG"}


def likenesses(data: bytes, content_type: str) -> list[str]:
    """Of a picture that was judged before (kyc/evidence/taking); of any other file none. It is decoded in full, so this
    runs where files are opened (taking/warden.py) and in no process that serves people."""
    if content_type not in KINDS:
        return []
    with Image.open(BytesIO(data), formats=[KINDS[content_type]]) as picture:
        picture.draft("L", (WIDE * 64, HIGH * 64))
        small = picture.convert("L").resize((WIDE, HIGH), Image.Resampling.BOX)
    return [*of_squares(list(small.tobytes()))]


def of_squares(grey: list[int]) -> Iterator[str]:
    """`grey` row by row."""
    rows = [grey[start : start + WIDE] for start in range(0, len(grey), WIDE)]
    bits = ["".join("1" if right - left > CLEARLY else "0" for left, right in pairwise(row)) for row in rows]
    bands = ["".join(bits[place : place + HIGH // BANDS]) for place in range(0, HIGH, HIGH // BANDS)]
    if sum(band.count("1") for band in bands) < LEAST_SET:
        return
    for three in combinations(range(BANDS), BANDS - 1):
        yield " ".join(f"{place}:{int(bands[place], 2):04x}" for place in three)
