"""What drawing a large ownership picture costs: whole, and that part of it which the layout program takes."""

import pytest

from kyc.ownership import sheet, stacks
from kyc.ownership.drawing import svg
from kyc.ownership.lettering import letter, share_width
from kyc.ownership.picture import BAD, PERSON, Box, Line, Picture
from tests import figures
from tests.bench.timing import side_by_side, told
from tests.kyc.ownership.test_picture import large

pytestmark = pytest.mark.bench
SEED, ROUNDS = 7, 20


def fan() -> Picture:
    """Twelve holdings with fifteen owners each, one in twelve of them blocked."""
    boxes, lines = [Box("c", "Helios Compute FZE", country="AE", role="the customer")], []
    for holding in range(12):
        boxes.append(Box(f"h{holding}", f"Holding Company {holding} Limited", country="CY", note="clear"))
        lines.append(Line(f"h{holding}", "c", "8 %"))
        for owner in range(15):
            tone = BAD if owner % 12 == 0 else ""
            boxes.append(Box(f"p{holding}-{owner}", f"Owner Number {holding} {owner}", PERSON, "CY", note="clear", tone=tone))
            lines.append(Line(f"p{holding}-{owner}", f"h{holding}", "5 %"))
    return Picture("c", tuple(boxes), tuple(lines), "A picture.")


def placed(picture: Picture) -> None:
    sizes = {box.id: letter(box).size for box in picture.boxes}
    lines = [sheet.Line(line.owner, line.owned, share_width(line.share)) for line in picture.lines]
    stacks.arranged(sizes, lines, bottom=picture.customer)


class TestPicture:
    def test_of_two_hundred_parties(self) -> None:
        tangled, spread = large(200, 280), fan()
        taken = side_by_side(
            {
                "places of 200 parties, 280 holdings": lambda: placed(tangled),
                "200 parties, 280 holdings": lambda: svg(tangled),
                "193 parties, 192 holdings": lambda: svg(spread),
            },
            rounds=ROUNDS,
            warm_up=2,
        )
        figures.keep("picture", seeds=[SEED], figures=told(taken, beside="places of 200 parties, 280 holdings"))
        assert len(svg(tangled)) > 100_000
