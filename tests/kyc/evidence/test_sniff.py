"""What a file is, by its content."""

import struct
import threading
import zlib
from contextlib import suppress
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from kyc.evidence import sniff


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB") -> bytes:
    out = BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(out, kind)
    return out.getvalue()


def pdf(pages: int = 1) -> bytes:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(100, 100))
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def locked(*, owner: str = "", user: str = "") -> bytes:
    out = BytesIO()
    pikepdf.open(BytesIO(pdf())).save(out, encryption=pikepdf.Encryption(owner=owner, user=user))
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


WHOLE = [pdf(), picture("PNG"), picture("JPEG")]


class TestContentType:
    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
    def test_every_kind_of_png(self, mode: str) -> None:
        assert sniff.content_type(picture("PNG", mode=mode)) == "image/png"

    @pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
    def test_every_kind_of_jpeg(self, mode: str) -> None:
        assert sniff.content_type(picture("JPEG", mode=mode)) == "image/jpeg"

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM"])
    def test_other_pictures_are_not_taken(self, kind: str) -> None:
        with pytest.raises(sniff.NotAccepted, match="Only PDF, JPEG and PNG"):
            sniff.content_type(picture(kind))

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0",
            b"PK\x03\x04" + b"\0" * 60,
            b"<!doctype html><script>alert(1)</script>",
            b"#!/bin/sh\necho",
            b"\x7fELF" + b"\0" * 60,
            b"GIF89a" + pdf(),
            b"just words",
        ],
    )
    def test_nor_is_anything_else(self, data: bytes) -> None:
        with pytest.raises(sniff.NotAccepted, match="Only PDF, JPEG and PNG"):
            sniff.content_type(data)

    def test_a_picture_that_says_it_is_another_is_opened_as_what_it_says(self) -> None:
        with pytest.raises(sniff.NotAccepted):
            sniff.content_type(b"\xff\xd8\xff\xe0" + picture("PNG"))

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_a_damaged_file_is_taken_or_refused_and_nothing_else(self, data: st.DataObject) -> None:
        whole = data.draw(st.sampled_from(WHOLE))
        place = data.draw(st.integers(0, len(whole) - 1))
        cut = data.draw(st.booleans())
        spoiled = whole[:place] if cut else whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        with suppress(sniff.NotAccepted):
            assert sniff.content_type(spoiled) == sniff.content_type(whole)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    @pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
    def test_half_a_picture_is_none(self, kind: str, part: float) -> None:
        data = picture(kind, size=(200, 200))
        with pytest.raises(sniff.NotAccepted, match="damaged or incomplete"):
            sniff.content_type(data[: int(len(data) * part)])


class TestOpenPdf:
    def test_pages_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sniff, "MOST_PAGES", 3)
        assert sniff.content_type(pdf(3)) == "application/pdf"
        with pytest.raises(sniff.NotAccepted, match="more than 3 pages"):
            sniff.content_type(pdf(4))

    def test_one_without_pages(self) -> None:
        with pytest.raises(sniff.NotAccepted, match="no pages"):
            sniff.content_type(pdf(0))

    def test_a_password_to_open_it_is_told(self) -> None:
        with pytest.raises(sniff.NotAccepted, match="protected by a password"):
            sniff.content_type(locked(owner="a", user="b"))

    def test_one_that_opens_without_is_taken(self) -> None:
        assert sniff.content_type(locked(owner="a")) == "application/pdf"

    @pytest.mark.parametrize("keep", [9, 60, 200])
    def test_one_cut_short(self, keep: int) -> None:
        with pytest.raises(sniff.NotAccepted):
            sniff.content_type(pdf()[:keep])


class TestOpenImage:
    @pytest.mark.parametrize(("width", "height"), [(10_000, 8_001), (65_000, 65_000), (20_000, 20_000)])
    def test_a_bomb_is_refused_by_its_head(self, width: int, height: int) -> None:
        data = bomb(width, height)
        assert len(data) < 200
        with pytest.raises(sniff.NotAccepted, match="too large"):
            sniff.content_type(data)

    def test_a_large_one_that_is_not_all_there(self) -> None:
        with pytest.raises(sniff.NotAccepted, match="damaged or incomplete"):
            sniff.content_type(bomb(500, 500))

    def test_a_jpeg_opened_as_a_png_is_damaged(self) -> None:
        with pytest.raises(sniff.NotAccepted, match="damaged"):
            sniff.open_image(picture("JPEG"), "PNG")


class TestStrictly:
    @pytest.mark.parametrize("before", [True, False])
    def test_leaves_the_process_as_it_was(self, monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", before)

        def fails() -> None:
            with sniff.strictly():
                assert ImageFile.LOAD_TRUNCATED_IMAGES is False
                raise ValueError("x")

        with pytest.raises(ValueError, match="x"):
            fails()
        assert ImageFile.LOAD_TRUNCATED_IMAGES is before

    def test_truncated_pictures_are_seen_even_where_the_process_hides_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        data = picture("JPEG", size=(200, 200))
        with pytest.raises(sniff.NotAccepted, match="damaged or incomplete"):
            sniff.content_type(data[: len(data) // 2])

    def test_many_at_once_leave_it_as_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        data = picture("JPEG", size=(200, 200))
        found: list[str] = []

        def work() -> None:
            for part in (data, data[: len(data) // 2]):
                try:
                    found.append(sniff.content_type(part))
                except sniff.NotAccepted:
                    found.append("refused")

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert sorted(found) == ["image/jpeg"] * 6 + ["refused"] * 6
        assert ImageFile.LOAD_TRUNCATED_IMAGES is True
