"""A picture drawn anew."""

import io

import pytest
from PIL import Image, ImageCms

from kyc.evidence.taking import pictures
from kyc.evidence.taking.kinds import HEIC, JPEG, PNG, WEBP, Unfit
from tests.kyc.evidence.taking.hostile import picture


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def photo(kind: str = "JPEG", *, turned: int = 1, **options: object) -> bytes:
    """Black at the left, white at the right, with what a phone writes into it."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112], exif[0x0131], exif[0x010F], exif[0x0110], exif[0x0132] = (
        turned,
        "Editor 9",
        "Nordfon",
        "P1",
        "2026:03:04 05:06:07",
    )
    exif.get_ifd(0x8825)[2] = (59.0, 54.0, 0.0)
    seen = Image.new("RGB", (40, 20), "black")
    seen.paste("white", (20, 0, 40, 20))
    seen.save(out, kind, exif=exif, **options)
    return out.getvalue()


class TestClean:
    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
    def test_every_kind_of_png_stays_one(self, mode: str) -> None:
        out = io.BytesIO()
        shades = Image.radial_gradient("L").resize((60, 40))
        (Image.frombytes("I;16", (60, 40), bytes(shade for grey in shades.tobytes() for shade in (0, grey))) if mode == "I;16"
         else shades.convert(mode)).save(out, "PNG")  # fmt: skip
        made = pictures.clean(out.getvalue(), PNG)
        assert (made.content_type, opened(made.data).size) == (PNG, (60, 40))
        assert opened(made.data).mode in {"L", "RGB"}

    @pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
    def test_every_kind_of_jpeg(self, mode: str) -> None:
        made = pictures.clean(picture("JPEG", mode=mode), JPEG)
        assert made.content_type == JPEG and opened(made.data).mode == ("L" if mode == "L" else "RGB")

    @pytest.mark.parametrize(("kind", "sent"), [("WEBP", WEBP), ("HEIC", HEIC)])
    def test_the_others_become_jpegs(self, kind: str, sent: str) -> None:
        made = pictures.clean(picture(kind), sent)
        assert (made.content_type, made.origin["sent_as"]) == (JPEG, sent)

    def test_stands_upright_and_without_what_a_phone_wrote(self) -> None:
        made = pictures.clean(photo(turned=6), JPEG)
        seen = opened(made.data)
        assert seen.size == (20, 40) and not seen.getexif()
        assert seen.convert("L").getpixel((10, 2)) < 40 < 200 < seen.convert("L").getpixel((10, 37))  # type: ignore[operator]  # shades
        assert b"Nordfon" not in made.data and b"Editor" not in made.data

    def test_what_tells_how_it_was_made_is_kept_apart_and_where_it_was_is_not(self) -> None:
        assert pictures.clean(photo(), JPEG).origin == {
            "software": "Editor 9", "camera": "Nordfon P1", "changed_at": "2026-03-04T05:06:07", "sent_as": JPEG,
        }  # fmt: skip

    def test_saving_a_jpeg_anew_takes_nothing_of_it_away(self) -> None:
        first = pictures.clean(picture("JPEG"), JPEG).data
        assert opened(first).quantization == opened(picture("JPEG")).quantization  # type: ignore[attr-defined]  # of a JPEG
        far = max(abs(one - other) for one, other in zip(opened(first).tobytes(), opened(picture("JPEG")).tobytes(), strict=True))
        assert far <= 6

    def test_colours_are_converted_by_the_profile_that_it_brings(self) -> None:
        out = io.BytesIO()
        seen = Image.new("RGB", (40, 20), (200, 30, 30))
        seen.paste((30, 30, 30), (20, 0, 40, 20))
        seen.save(out, "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())
        wrong = pictures.clean(out.getvalue(), PNG)
        assert opened(wrong.data).getpixel((5, 5)) == (200, 30, 30), "a profile of other colours is as none"
        out = io.BytesIO()
        seen.save(out, "PNG", icc_profile=b"no profile")
        assert opened(pictures.clean(out.getvalue(), PNG).data).getpixel((5, 5)) == (200, 30, 30)
        assert "icc_profile" not in opened(wrong.data).info

    def test_what_is_seen_through_is_white(self) -> None:
        out = io.BytesIO()
        seen = Image.new("RGBA", (40, 20), (10, 20, 30, 0))
        seen.paste((0, 0, 0, 255), (20, 0, 40, 20))
        seen.save(out, "PNG")
        made = opened(pictures.clean(out.getvalue(), PNG).data)
        assert made.getpixel((5, 5)) == (255, 255, 255), "what was hidden there is gone"

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    @pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
    def test_half_a_picture_is_none(self, kind: str, part: float) -> None:
        data = picture(kind)
        with pytest.raises(Unfit, match="damaged"):
            pictures.clean(data[: int(len(data) * part)], f"image/{kind.lower()}")

    def test_paper_with_nothing_on_it_is_told(self) -> None:
        out = io.BytesIO()
        Image.new("RGB", (60, 40), "white").save(out, "JPEG")
        with pytest.raises(Unfit, match="blank"):
            pictures.clean(out.getvalue(), JPEG)
