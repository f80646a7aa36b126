"""A picture is told from others however it was scaled or saved anew."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from kyc.evidence.likeness import likenesses


def passport(seed: int, *, wide: int = 800) -> Image.Image:
    """Blocks of grey in a place of their own for every seed, as photographs and print are."""
    picture = Image.new("L", (wide, wide * 7 // 10), 230)
    draw = ImageDraw.Draw(picture)
    for number in range(40):
        left, top = (seed * 7919 + number * 104729) % 90, (seed * 6151 + number * 15485863) % 90
        box = [left * wide // 100, top * wide // 143, (left + 9) * wide // 100, (top + 9) * wide // 143]
        draw.rectangle(box, fill=(seed * 31 + number * 57) % 220)
    return picture


def saved(picture: Image.Image, kind: str = "PNG", **how: int) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def of(picture: Image.Image, kind: str = "PNG", **how: int) -> set[str]:
    return set(likenesses(saved(picture, kind, **how), f"image/{kind.lower()}"))


class TestLikenesses:
    @pytest.mark.parametrize("seed", range(8))
    def test_are_the_same_of_a_picture_saved_anew(self, seed: int) -> None:
        first = of(passport(seed))
        assert len(first) == 4
        assert first & of(passport(seed), "JPEG", quality=60)
        assert first & of(passport(seed).resize((500, 350)), "JPEG", quality=80)

    def test_are_others_of_other_pictures(self) -> None:
        found = [one for seed in range(60) for one in of(passport(seed))]
        assert len(set(found)) == len(found) == 240

    def test_of_a_page_with_nothing_on_it_and_of_a_pdf_there_are_none(self) -> None:
        assert of(Image.new("L", (800, 560), 250)) == set()
        assert likenesses(b"%PDF-1.7", "application/pdf") == []
