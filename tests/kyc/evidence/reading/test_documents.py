"""Files of several pages, and of one."""

from datetime import date
from io import BytesIO

import cv2
import numpy as np
import pikepdf
import pytest

from kyc.evidence.reading import documents, programs
from kyc.evidence.reading.documents import MOST_PAGES, PDF, Outcome
from tests.bench import specimens
from tests.kyc.evidence.reading.made import Bearer

TODAY = date(2026, 11, 30)


def blank(pages: int) -> bytes:
    out, pdf = BytesIO(), pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(300, 400))
    pdf.save(out)
    return out.getvalue()


def says(bearer: Bearer) -> list[str]:
    return [bearer.surname, bearer.given, f"No {bearer.number}"]


@pytest.mark.skipif(not programs.is_here("tesseract"), reason="tesseract-ocr is not installed")
class TestAbove:
    @pytest.mark.parametrize("quarters", [0, 1])
    def test_what_stands_above_the_zone_of_a_turned_photograph_is_compared_too(self, quarters: int) -> None:
        """Of a few of them, since print on a pattern is read badly: the bench's specimens are turned within fifteen degrees."""
        seen: list[str] = []
        for seed in range(1, 4):
            jpeg = specimens.specimen("TD3", seed, 75, says=says).jpeg
            grey = np.rot90(np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)), quarters)
            found = documents.identity(cv2.imencode(".png", grey)[1].tobytes(), "image/png", origin={}, today=TODAY)
            seen += [one.beside for one in found.fields if one.name in {"surname", "given", "number"}]
        assert len(seen) == 9 and seen.count("same") >= 4 and "differs" not in seen


@pytest.mark.skipif(not programs.is_here("pdftoppm"), reason="poppler-utils is not installed")
class TestPages:
    @pytest.mark.parametrize(("there", "drawn"), [(1, 1), (2, 2), (MOST_PAGES, MOST_PAGES), (MOST_PAGES + 2, MOST_PAGES)])
    def test_are_as_many_as_there_are(self, there: int, drawn: int) -> None:
        assert len([*documents.pages(blank(there), PDF)]) == drawn

    def test_of_which_none_shows_a_zone_are_unreadable(self) -> None:
        assert documents.identity(blank(1), PDF, origin={}, today=TODAY).outcome == Outcome.UNREADABLE
