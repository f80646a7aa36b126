"""A picture drawn anew: decoded in full and written again, upright, in sRGB and without metadata. Pure.

What can be seen through it is white, as on paper. A PNG stays one, everything else becomes a JPEG: with the tables of the one
that was sent, so that saving it anew takes next to nothing of it away.
"""

import io
import warnings
from typing import Any

import pi_heif
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from kyc.evidence.taking import origins
from kyc.evidence.taking.kinds import JPEG, LARGEST, MOST_PIXELS, PICTURES, PNG, Made, Unfit

pi_heif.register_heif_opener()
# Threads reserve memory that is counted.
pi_heif.options.DECODE_THREADS = 1
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# Of 256 shades; paper with anything on it has more between its lightest and its darkest spot.
FAINTEST = 16
QUALITIES = (92, 80, 60)
# Of nine; more takes several times as long for a tenth of the size.
QUICK = 3


def clean(data: bytes, kind: str) -> Made:
    """Raises Unfit."""
    # Libraries that draw pages ask Pillow, for their whole process, to draw half a picture rather than complain.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            # Pillow warns of a bomb before it raises; the size is judged here before anything is unpacked.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[PICTURES[kind]]) as picture:
                return drawn(picture, kind)
    except Image.DecompressionBombError:
        raise Unfit("pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Unfit("picture_damaged") from None


def drawn(picture: Image.Image, kind: str) -> Made:
    if picture.width * picture.height > MOST_PIXELS:
        raise Unfit("pixels")
    picture.load()
    origin = origins.of_picture(picture) | {"sent_as": kind}
    tables = sent_tables(picture) if kind == JPEG else {}
    # Each further picture of the most pixels is a third of the memory there is, so what can be is done in its place.
    ImageOps.exif_transpose(picture, in_place=True)
    profile = picture.info.get("icc_profile")
    plain = on_white(in_srgb(in_bands(picture), profile))
    darkest, lightest = plain.convert("L").getextrema()
    if lightest - darkest < FAINTEST:  # type: ignore[operator]  # two numbers, of one band
        raise Unfit("blank")
    # Pillow writes again what it finds there.
    plain.info.clear()
    if kind == PNG:
        return Made(saved(plain, "PNG", compress_level=QUICK), PNG, origin)
    found = next(made for made in jpegs(plain, tables) if len(made) <= LARGEST)
    return Made(found, JPEG, origin)


def jpegs(plain: Image.Image, tables: dict[str, Any]) -> Any:
    """As it was sent, and coarser ones; the last is small enough at the most pixels there may be."""
    if tables:
        yield saved(plain, "JPEG", **tables)
    for quality in QUALITIES:
        yield saved(plain, "JPEG", quality=quality)
    raise Unfit("pixels")


def saved(plain: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    plain.save(out, form, **options)
    return out.getvalue()


def sent_tables(picture: Any) -> dict[str, Any]:
    """Of a JPEG of eight bits. One with more components than three is converted, and its tables fit no more."""
    tables = getattr(picture, "quantization", {})
    if picture.mode not in {"L", "RGB"} or not tables or any(max(table) > 255 for table in tables.values()):
        return {}
    return {"qtables": tables, "subsampling": -1 if picture.mode == "L" else sampling(picture)}


def sampling(picture: Any) -> int:
    """As Pillow numbers them, 4:2:0 where it is none of these."""
    layers = tuple(part for layer in picture.layer for part in layer[1:3])
    return {(1, 1, 1, 1, 1, 1): 0, (2, 1, 1, 1, 1, 1): 1}.get(layers, 2)


def in_bands(picture: Image.Image) -> Image.Image:
    """In L, RGB, RGBA or CMYK."""
    if picture.mode.startswith("I"):
        # Sixteen bits a shade; the upper eight are what can be seen.
        return picture.convert("I").point(lambda shade: shade / 256).convert("L")
    if picture.mode in {"P", "PA", "LA"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    known = {"1": "L", "F": "L", "L": "L", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK"}.get(picture.mode, "RGB")
    return picture if picture.mode == known else picture.convert(known)


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """By the profile that it brings along; one that is none, or of other colours, is as if it were not there."""
    if not profile:
        return picture.convert("RGB") if picture.mode == "CMYK" else picture
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode in {"RGB", "RGBA"}:
            ImageCms.profileToProfile(picture, own, SRGB, inPlace=True)
            return picture
        return ImageCms.profileToProfile(picture, own, SRGB, outputMode="RGB") or picture.convert("RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture.convert("RGB") if picture.mode == "CMYK" else picture


def on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white
