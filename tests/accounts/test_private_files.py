"""Uploads and reports on their way out: whatever the file is and is called, no browser runs it and no cache keeps it."""

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from accounts.private_files import SHOWN, private_file, safe


@pytest.fixture
def file() -> ContentFile:
    return ContentFile(b"the file itself", name="7f/7f03")


class TestPrivateFile:
    @pytest.mark.parametrize("shown", [True, False])
    @pytest.mark.parametrize("content_type", [*sorted(SHOWN), "text/html", "image/svg+xml", ""])
    def test_is_kept_by_no_cache_and_run_by_no_browser(self, file: ContentFile, content_type: str, shown: bool) -> None:
        answer = private_file(file, name="extract.pdf", content_type=content_type, shown=shown)
        assert b"".join(answer) == b"the file itself"
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        rules = [rule.strip() for rule in answer["Content-Security-Policy"].split(";")]
        assert {"sandbox", "default-src 'none'"} <= set(rules)
        assert not [rule for rule in rules if "script" in rule or "allow" in rule]

    @pytest.mark.parametrize(
        ("content_type", "shown", "disposition", "told"),
        [
            ("application/pdf", True, "inline", "application/pdf"),
            ("application/pdf", False, "attachment", "application/pdf"),
            ("image/png", True, "inline", "image/png"),
            ("text/html", True, "attachment", "application/octet-stream"),
            ("image/svg+xml", True, "attachment", "application/octet-stream"),
            ("text/html", False, "attachment", "application/octet-stream"),
        ],
    )
    def test_is_shown_only_on_request_and_only_if_it_cannot_act(
        self, file: ContentFile, content_type: str, shown: bool, disposition: str, told: str
    ) -> None:
        ending = content_type.rpartition("/")[2]
        answer = private_file(file, name=f"extract.{ending}", content_type=content_type, shown=shown)
        assert answer["Content-Disposition"] == f'{disposition}; filename="extract.{ending}"'
        assert answer["Content-Type"] == told

    @pytest.mark.parametrize(
        ("name", "content_type", "served"),
        [
            ("extract.html", "application/pdf", "extract.pdf"),
            ("extract.EXE", "application/pdf", "extract.pdf"),
            ("extract.lnk ", "image/png", "extract.png"),
            ("passport", "image/jpeg", "passport.jpg"),
            ("Passport.JPEG", "image/jpeg", "Passport.JPEG"),
            ("Extract of 1.10.2026", "application/pdf", "Extract of 1.10.2026.pdf"),
            (".html", "application/pdf", "html.pdf"),
            ("scan.pdf", "image/png", "scan.png"),
        ],
    )
    def test_is_called_what_it_is(self, file: ContentFile, name: str, content_type: str, served: str) -> None:
        answer = private_file(file, name=name, content_type=content_type)
        assert answer["Content-Disposition"] == f'attachment; filename="{served}"'

    @given(name=st.text(max_size=60))
    def test_any_name_makes_a_header(self, name: str) -> None:
        answer = private_file(ContentFile(b"x"), name=name, content_type="application/pdf")
        assert answer["Content-Disposition"].startswith("attachment; filename")


class TestSafe:
    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("R-03.pdf", "R-03.pdf"),
            ("护照.pdf", "护照.pdf"),
            ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
            ("../../etc/passwd", "etcpasswd"),
            ("a\u202egnp.exe", "agnp.exe"),
            ('x"; filename="y.exe', "x; filename=y.exe"),
            ("C:\\x.pdf", "C:x.pdf"),
            ("\x00", "file"),
            ("", "file"),
            ("..", "file"),
        ],
    )
    def test_leaves_out_what_deceives(self, name: str, told: str) -> None:
        assert safe(name) == told

    @given(st.text())
    def test_twice_is_once_and_never_nothing(self, name: str) -> None:
        assert safe(name)
        assert safe(safe(name)) == safe(name)
