"""Files of several pages, and of one."""

from datetime import date
from io import BytesIO

import pikepdf
import pytest

from kyc.evidence.reading import documents, programs
from kyc.evidence.reading.documents import MOST_PAGES, PDF, Outcome

TODAY = date(2026, 11, 30)


def blank(pages: int) -> bytes:
    out, pdf = BytesIO(), pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(300, 400))
    pdf.save(out)
    return out.getvalue()


@pytest.mark.skipif(not programs.is_here("pdftoppm"), reason="poppler-utils is not installed")
class TestPages:
    @pytest.mark.parametrize(("there", "drawn"), [(1, 1), (2, 2), (MOST_PAGES, MOST_PAGES), (MOST_PAGES + 2, MOST_PAGES)])
    def test_are_as_many_as_there_are(self, there: int, drawn: int) -> None:
        assert len([*documents.pages(blank(there), PDF)]) == drawn

    def test_of_which_none_shows_a_zone_are_unreadable(self) -> None:
        assert documents.identity(blank(1), PDF, origin={}, today=TODAY).outcome == Outcome.UNREADABLE
