"""Uploads on their way in: in memory alone, and no more of them than is taken."""

from io import BytesIO
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.files import uploadedfile
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.test import RequestFactory

from accounts.uploads import TooLarge
from config.settings import FILE_UPLOAD_MAX_MEMORY_SIZE as REAL
from kyc.evidence.taking.kinds import LARGEST
from kyc.onboarding import entering
from kyc.screening import filed


@pytest.fixture(autouse=True)
def most(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 100_000)
    return 100_000


def sent(**sizes: int) -> dict[str, UploadedFile]:
    """As a view is given them; nothing of it may have become a temporary file."""
    content = {name: SimpleUploadedFile(f"{name}.csv", b"x" * size) for name, size in sizes.items()}
    request = RequestFactory().post("/", content | {"note": "Seen"})
    with patch.object(uploadedfile.tempfile, "NamedTemporaryFile", side_effect=AssertionError("in clear on the disk")):
        files = request.FILES
    assert request.POST["note"] == "Seen"
    return {name: files[name] for name in sizes}


def test_what_fits_is_as_it_was_sent(most: int) -> None:
    found = sent(front=most // 2, back=most // 2)
    assert [(file.name, file.size, len(file.read())) for file in found.values()] == [
        ("front.csv", most // 2, most // 2), ("back.csv", most // 2, most // 2),
    ]  # fmt: skip


def test_of_what_does_not_nothing_is_kept_but_how_large_it_is(most: int) -> None:
    kept: list[int] = []

    class Watched(BytesIO):
        def write(self, content: bytes) -> int:  # type: ignore[override]  # of bytes alone
            kept.append(len(content))
            return super().write(content)

    with patch("accounts.uploads.BytesIO", Watched):
        [file] = sent(file=3 * most).values()
    assert isinstance(file, TooLarge) and file.size == 3 * most and sum(kept) <= most
    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_many_that_fit_alone_do_not_together(most: int) -> None:
    *fit, last = sent(a=most // 2, b=most // 3, c=most // 4).values()
    assert [len(file.read()) for file in fit] == [most // 2, most // 3]
    assert isinstance(last, TooLarge) and last.size and last.size > most


def test_no_form_takes_more_than_is_kept_for_its_files() -> None:
    # A card is sent with its two sides.
    assert REAL >= 2 * LARGEST
    assert max(filed.LARGEST, entering.LARGEST) < REAL
