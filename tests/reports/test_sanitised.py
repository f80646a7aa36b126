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

    def test_what_is_filled_into_a_form_is_seen_in_it_still(self) -> None:
        made = sanitised.sanitised(filled(), "application/pdf")
        assert b"Alice Olsen" in everything(made)
        with pikepdf.open(io.BytesIO(made)) as document:
            assert "/AcroForm" not in document.Root and "/Annots" not in document.pages[0].obj

    def test_no_bookmark_acts_and_no_picture_in_it_tells_where_it_was_taken(self) -> None:
        data = pictured()
        assert everything(data).count(b"secret") == 3, "the negative control"
        made = sanitised.sanitised(data, "application/pdf")
        assert b"secret" not in everything(made)
        with pikepdf.open(io.BytesIO(made)) as document:
            (image,) = document.pages[0].get_images().values()
            assert pikepdf.PdfImage(image).as_pil_image().size == (4, 3)

    def test_it_is_the_same_each_time(self) -> None:
        data = acting()
        assert sanitised.sanitised(data, "application/pdf") == sanitised.sanitised(data, "application/pdf")


def filled() -> bytes:
    """A form with a value that no reader has drawn yet."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    font = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    field = document.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"), V=String("Alice Olsen"), F=4,
                   Rect=Array([10, 10, 190, 40]), DA=String("/Helv 12 Tf 0 g"), P=document.pages[0].obj)
    )  # fmt: skip
    document.pages[0].obj.Annots = Array([field])
    document.Root.AcroForm = Dictionary(
        Fields=Array([field]), NeedAppearances=True, DA=String("/Helv 12 Tf 0 g"), DR=Dictionary(Font=Dictionary(Helv=font))
    )
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pictured() -> bytes:
    document = pikepdf.new()
    document.add_blank_page(page_size=(100, 100))
    image = document.make_stream(photo("JPEG", (4, 3)))
    image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.DCTDecode
    image.Width, image.Height, image.ColorSpace, image.BitsPerComponent = 4, 3, Name.DeviceRGB, 8
    image.Metadata = document.make_stream(b"secret")
    document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(P=image))
    document.pages[0].obj.Contents = document.make_stream(b"q 50 0 0 50 0 0 cm /P Do Q")
    act = Dictionary(S=Name.JavaScript, JS=String("app.alert('secret')"))
    mark = document.make_indirect(Dictionary(Title=String("One"), A=act))
    document.Root.Outlines = document.make_indirect(Dictionary(Type=Name.Outlines, First=mark, Last=mark, Count=1))
    mark.Parent = document.Root.Outlines
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def photo(kind: str, size: tuple[int, int], *, turned: int = 1) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E], exif[0x0112] = "secret", turned
    Image.new("RGB", size, "red").save(out, kind, exif=exif)
    return out.getvalue()


def everything(data: bytes) -> bytes:
    """All that stands in it, streams opened but for pictures."""
    with pikepdf.open(io.BytesIO(data)) as document:
        out = io.BytesIO()
        document.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable,
                      stream_decode_level=pikepdf.StreamDecodeLevel.specialized)  # fmt: skip
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_of_a_picture_only_the_picture_is_left(kind: str) -> None:
    data = photo(kind, (4, 3))
    assert b"secret" in data
    made = sanitised.sanitised(data + b"secret behind", f"image/{kind.lower()}")
    assert b"secret" not in made
    with Image.open(io.BytesIO(made)) as opened:
        assert opened.size == (4, 3) and opened.convert("RGB").getpixel((1, 1))[0] > 250


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_stands_upright_as_its_camera_meant_it(kind: str) -> None:
    with Image.open(io.BytesIO(sanitised.sanitised(photo(kind, (4, 3), turned=6), f"image/{kind.lower()}"))) as opened:
        assert opened.size == (3, 4)


@pytest.mark.parametrize(("data", "kind"), [(b"hello", "application/pdf"), (b"hello", "image/png"), (b"hello", "text/html")])
def test_what_cannot_be_opened_is_not_handed_on(data: bytes, kind: str) -> None:
    with pytest.raises(sanitised.Unsafe):
        sanitised.sanitised(data, kind)
