import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kyc.ownership import lettering
from kyc.ownership.lettering import BOLD, ELLIPSIS, TURNING, Room, broken, is_mark, is_right_to_left, readable, width

ROOM = Room(200, 13, BOLD, lines=2, kept=30)
NAMES = ["Helios Compute FZE", "莲花推理有限公司", "شركة الأفق للحوسبة", "אברהם לוי", "Ольга Иванова", "ชื่อบริษัท", "Ελένη Χρήστου"]


class TestReadable:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("Nordlys AS", "Nordlys AS"),
            (" two\n lines\t", "two lines"),
            ("a\x00b", "a\ufffdb"),
            ("\u202egnp.exe", "\ufffdgnp.exe"),
            ("\ud800", "\ufffd"),
            ("نام\u200cخانوادگی", "نام\u200cخانوادگی"),
            ("", ""),
        ],
    )
    def test_shows_what_cannot_be_shown(self, text: str, shown: str) -> None:
        assert readable(text) == shown

    @settings(deadline=None)
    @given(st.text())
    def test_leaves_nothing_that_turns_or_breaks(self, text: str) -> None:
        assert not {c for c in readable(text) if c in TURNING or unicodedata.category(c) in ("Cc", "Cs")}


class TestIsRightToLeft:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("אברהם", True),
            ("شركة 24", True),
            ("24 شركة", True),
            ("ACME شركة", False),
            ("莲花", False),
            ("24", False),
            ("", False),
        ],
    )
    def test_by_the_first_letter(self, text: str, told: bool) -> None:
        assert is_right_to_left(text) is told


class TestWidth:
    @pytest.mark.parametrize("text", NAMES)
    def test_grows_with_the_text_and_the_size(self, text: str) -> None:
        assert 0 < width(text, 13) < width(text + text, 13)
        assert width(text, 26) == pytest.approx(2 * width(text, 13))

    @pytest.mark.parametrize("text", NAMES)
    def test_the_estimate_is_near_the_measure(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        measured = width(text, 13, BOLD)
        width.cache_clear()
        monkeypatch.setattr(lettering, "font", lambda name: None)
        estimated = width(text, 13, BOLD)
        width.cache_clear()
        assert 0.85 * measured <= estimated <= 1.5 * measured

    def test_a_wide_letter_is_as_wide_as_high(self) -> None:
        assert width("莲花", 10) == pytest.approx(2 * 10 * lettering.RESERVE)

    def test_the_fonts_of_the_house_are_found_where_setup_put_them(self) -> None:
        installed = [
            name for names in lettering.FONTS.values() for name in names.values() if any(Path("/usr/share/fonts").rglob(name))
        ]
        assert [name for name in installed if lettering.font(name) is None] == []
        assert lettering.font("no such font.otf") is None


class TestBroken:
    @pytest.mark.parametrize(
        ("text", "lines"),
        [
            ("", []),
            ("Nordlys AS", ["Nordlys AS"]),
            ("may be a beneficial owner, 66 %", ["may be a beneficial owner,", "66 %"]),
            ("Lotus Holdings (Hong Kong) Limited", ["Lotus Holdings (Hong Kong)", "Limited"]),
        ],
    )
    def test_between_words(self, text: str, lines: list[str]) -> None:
        assert broken(text, ROOM) == lines

    @settings(deadline=None)
    @example("a" * 22)
    @given(st.one_of(st.text(alphabet="ab ce\u0301莲שл", max_size=200), st.text(max_size=120)))
    def test_every_line_fits_and_together_they_are_the_beginning(self, text: str) -> None:
        text = readable(text)
        lines = broken(text, ROOM)
        assert len(lines) <= 2
        assert all(width(line, 13, BOLD) <= 200 for line in lines)
        assert not lines or width(lines[-1], 13, BOLD) <= 170 or lines[-1] == ELLIPSIS
        told = "".join(lines).replace(" ", "")
        whole = text.replace(" ", "")
        assert told == whole or (told.endswith(ELLIPSIS) and whole.startswith(told[:-1]))

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(["e\u0301", "a", "ש\u05bc", "\u0ba8\u0bbf"]), min_size=60, max_size=80).map("".join))
    def test_no_letter_loses_its_marks(self, text: str) -> None:
        first, last = broken(text, ROOM)
        kept = last.removesuffix(ELLIPSIS)
        assert not is_mark(last[0]) and not is_mark(text[len(first) + len(kept)])
