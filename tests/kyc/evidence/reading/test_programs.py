"""Pages are drawn within what a worker has, whatever a file says of itself."""

import pytest
from pikepdf import Array, Pdf

from kyc.evidence.reading import documents, programs
from tests.kyc.evidence.taking.hostile import pdf


def sized(width: int, height: int) -> bytes:
    """Of which viewers show a corner."""

    def change(made: Pdf) -> None:
        made.pages[0].obj.MediaBox = Array([0, 0, width, height])
        made.pages[0].obj.CropBox = Array([0, 0, 100, 100])

    return pdf(change)


class TestPicture:
    def test_a_sheet_is_drawn_at_two_hundred_dots_an_inch(self) -> None:
        drawn = programs.picture(sized(595, 842), 1)
        assert drawn is not None and drawn.shape == (2339, 1653)

    @pytest.mark.parametrize(("width", "height"), [(7200, 7200), (14_400, 14_400), (200, 14_400)])
    def test_a_page_as_large_as_a_house_is_drawn_coarser(self, width: int, height: int) -> None:
        drawn = programs.picture(sized(width, height), 1)
        assert drawn is not None and max(drawn.shape) in {programs.LONGEST, programs.LONGEST + 1}

    def test_behind_the_last_there_is_none(self) -> None:
        assert programs.picture(pdf(), 2) is None
        assert len(list(documents.pages(pdf(pages=2), documents.PDF))) == 2

    def test_one_that_says_less_than_it_is_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "MOST_PIXELS", 100)
        with pytest.raises(programs.Failed, match="larger than it says"):
            programs.picture(pdf(), 1)
