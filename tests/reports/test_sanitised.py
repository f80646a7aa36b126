"""What is handed on shows what the document shows, and holds nothing that acts or tells more."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from reports import sanitised


def acting() -> bytes:
    document = pikepdf.new()
    document.add_blank_page(page_size=(100, 100))
    act = Dictionary(S=Name.JavaScript, JS=String("app.alert('secret')"))
    document.Root.OpenAction = act
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), act])))
    document.attachments["hidden.exe"] = b"MZ secret"
    document.pages[0].obj.AA = Dictionary(O=act)
    document.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=act)])
    document.docinfo["/Author"] = "secret"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


class TestPdf:
    def test_nothing_in_it_acts_or_is_attached(self) -> None:
        assert b"secret" in everything(acting()), "the negative control"
        made = sanitised.sanitised(acting(), "application/pdf")
        assert b"secret" not in everything(made)
        with pikepdf.open(io.BytesIO(made)) as document:
            assert len(document.pages) == 1 and not {"/OpenAction", "/Names", "/AA"} & set(document.Root.keys())
            assert not document.attachments

    def test_it_is_the_same_each_time(self) -> None:
        data = acting()
        assert sanitised.sanitised(data, "application/pdf") == sanitised.sanitised(data, "application/pdf")


def everything(data: bytes) -> bytes:
    """All that stands in it, streams opened."""
    with pikepdf.open(io.BytesIO(data)) as document:
        out = io.BytesIO()
        document.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable,
                      stream_decode_level=pikepdf.StreamDecodeLevel.all)  # fmt: skip
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_of_a_picture_only_the_picture_is_left(kind: str) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret"
    Image.new("RGB", (4, 3), "red").save(out, kind, exif=exif)
    data = out.getvalue()
    assert b"secret" in data
    made = sanitised.sanitised(data + b"secret behind", f"image/{kind.lower()}")
    assert b"secret" not in made
    with Image.open(io.BytesIO(made)) as opened:
        assert opened.size == (4, 3) and opened.convert("RGB").getpixel((1, 1))[0] > 250


@pytest.mark.parametrize(("data", "kind"), [(b"hello", "application/pdf"), (b"hello", "image/png"), (b"hello", "text/html")])
def test_what_cannot_be_opened_is_not_handed_on(data: bytes, kind: str) -> None:
    with pytest.raises(sanitised.Unsafe):
        sanitised.sanitised(data, kind)
