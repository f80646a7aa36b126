"""CSV as spreadsheets write it, and as we write it for them."""

import csv

import pytest

from accounts.tables import BadTable, Echo, decoded, safe, separator

TEXT = "name;born\nJürgen Groß;1952\n"


class TestDecoded:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_what_spreadsheets_save_in_is_read(self, encoding: str) -> None:
        assert decoded(TEXT.encode(encoding)) == TEXT

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf_16_of_either_order_with_its_mark(self, encoding: str) -> None:
        assert decoded("\ufeff北方;1952".encode(encoding)) == "北方;1952"

    @pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00", b"\xff\xfea", b"\x89PNG\r\n\x1a\n\x00\x00\x81"])
    def test_what_is_no_text_is_refused(self, content: bytes) -> None:
        with pytest.raises(BadTable, match="CSV UTF-8"):
            decoded(content)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name,born", ","),
        ("name;born;land", ";"),
        ("name\tborn", "\t"),
        ("name|born", "|"),
        ("name", ","),
        ("", ","),
        ('\n"last, first, middle";born', ";"),
    ],
)
def test_what_stands_between_is_told_by_the_first_line(text: str, found: str) -> None:
    assert separator(text) == found


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-3", "@SUM(A1)", "\t=1", "\r=1"])
def test_nothing_is_taken_for_a_formula(cell: str) -> None:
    assert csv.writer(Echo()).writerow([safe(cell)]).lstrip('"').startswith("'")  # type: ignore[union-attr]  # Echo gives it back
    assert safe(None) == "" and safe(7) == "7" and safe("Ana = Anna") == "Ana = Anna"
