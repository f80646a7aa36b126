"""docs/asvs.md is whole, and every test that it names exists."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.running import BASE

# How many requirements of levels 1 and 2 each section of ASVS 5.0.0 begins with; those of level 3 stand behind them.
SECTIONS = (
    "1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 "
    "5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 "
    "9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 "
    "13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 "
    "17.3:2"
)
OF_LEVEL_3 = {"2.3.5", "5.2.6", "7.5.3", "8.3.2", "14.2.8"}
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)((?:::\w+)+)`")
OTHERWISE = re.compile(r"\*(open|none)\*: \w.+")


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall((BASE / "docs/asvs.md").read_text())


def wanted() -> Iterator[str]:
    for section in SECTIONS.split():
        name, _, count = section.partition(":")
        yield from (f"{name}.{n}" for n in range(1, int(count) + 1))
    yield from OF_LEVEL_3


def missing(proof: str) -> str:
    """What is not there of the tests that a row names, or what the row lacks."""
    if OTHERWISE.fullmatch(proof):
        return ""
    found = [TEST.fullmatch(one) for one in proof.split(", ")]
    return next((why for one in found if (why := lacking(one) if one else f"neither a test nor a reason: {proof}")), "")


def lacking(found: "re.Match[str]") -> str:
    file = BASE / "tests" / found[1]
    if not file.is_file():
        return found[1]
    text = file.read_text()
    *groups, last = found[2].strip(":").split("::")
    wanted = [*(f"class {group}" for group in groups), f"(?:def|class) {last}"]
    return next((name for name in wanted if not re.search(rf"^ *{name}\b", text, re.MULTILINE)), "")


def test_every_requirement_has_its_row() -> None:
    assert len(list(wanted())) == 253 + len(OF_LEVEL_3)
    assert not {name: n for name, n in Counter(row[0] for row in rows()).items() if n > 1}
    assert {row[0] for row in rows()} == set(wanted())


def test_every_test_that_proves_one_exists() -> None:
    assert not {row[0]: why for row in rows() if (why := missing(row[2]))}


def test_one_that_does_not_exist_is_found() -> None:
    """The negative control."""
    assert missing("`test_asvs.py::test_every_test_that_proves_one_exists`") == ""
    assert missing("`test_asvs.py::test_every_requirement_has_its_row`, `test_sources.py::TestNothing`") == ""
    for proof in (
        "`test_asvs.py::test_no`",
        "`no.py::test_x`",
        "`test_asvs.py::test_every_requirement_has_its_row`, `test_asvs.py::test_no`",
        "`test_asvs.py::test_every_requirement_has_its_row` and more",
        "open",
        "*open*:",
        "`test_asvs.py::No::rows`",
    ):
        assert missing(proof), proof
