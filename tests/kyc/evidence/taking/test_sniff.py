"""What a file is, by two opinions."""

import pytest

from kyc.evidence.taking import sniff
from kyc.evidence.taking.kinds import HEIC, JPEG, PDF, PNG, WEBP, Unfit
from tests.kyc.evidence.taking.hostile import pdf, picture


class TestKind:
    @pytest.mark.parametrize(("kind", "found"), [("JPEG", JPEG), ("PNG", PNG), ("WEBP", WEBP), ("HEIC", HEIC)])
    def test_of_pictures(self, kind: str, found: str) -> None:
        assert sniff.kind(picture(kind)) == found

    def test_of_a_pdf(self) -> None:
        assert sniff.kind(pdf()) == PDF

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "AVIF", "ICO"])
    def test_others_are_not_taken(self, kind: str) -> None:
        with pytest.raises(Unfit, match=r"^kind$"):
            sniff.kind(picture(kind))

    def test_one_opinion_alone_is_not_enough(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for marked in ("image/png", "application/pdf", "image/webp", "image/heic"):
            monkeypatch.setattr(sniff.magic, "from_buffer", lambda _data, mime, marked=marked: marked)
            with pytest.raises(Unfit, match=r"^doubtful$"):
                sniff.kind(picture("JPEG"))
        # What libmagic takes for a PDF by its first bytes, magika does not.
        monkeypatch.undo()
        with pytest.raises(Unfit, match=r"^doubtful$"):
            sniff.kind(b"%PDF-1.7\nnothing more")
