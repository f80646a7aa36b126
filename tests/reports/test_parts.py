"""A long report drawn in parts is the report drawn whole: the same words, numbers, tags and links."""

import io
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.template.loader import render_to_string

from reports import parts, pdf
from tests.reports import specimen
from tests.reports.test_pdf import complaints, extracted, pages, pieces, text_of, violations, walked

KEYS = 260
SETTINGS = pytest.mark.usefixtures("short_limit")


def long_facts() -> dict[str, Any]:
    found = specimen.facts()
    key = found["access"]["keys"][0]
    found["access"]["keys"] = [dict(key, key=f"kh_live_{n:05d}", name=f"number {n}") for n in range(KEYS)]
    return found


@pytest.fixture(scope="module")
def html() -> str:
    found = long_facts()
    return render_to_string("reports/paper/r-03.html", {"report": found, "envelope": specimen.envelope(found)})


@pytest.fixture(scope="module")
def heard() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def joined(heard: list[tuple[int, int]]) -> bytes:
    found = long_facts()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "LIMIT", 100)
        patch.setattr(parts, "ROWS", 100)
        return pdf.render(found, specimen.envelope(found), told=lambda done, of: heard.append((done, of)))


@pytest.fixture(scope="module")
def whole() -> bytes:
    found = long_facts()
    return pdf.render(found, specimen.envelope(found))


@pytest.fixture
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LIMIT", 100)
    monkeypatch.setattr(parts, "ROWS", 100)


def bookmarks(data: bytes) -> list[tuple[str, int]]:
    """Titles with the page each leads to, whatever their level."""
    with pikepdf.open(io.BytesIO(data)) as opened, opened.open_outline() as outline:
        numbers = {page.objgen: number for number, page in enumerate(opened.pages)}
        waiting, found = list(outline.root), []
        while waiting:
            item = waiting.pop(0)
            found.append((item.title, numbers[item.destination[0].objgen]))
            waiting = list(item.children) + waiting
    return found


class TestCut:
    def test_a_short_report_is_left_whole(self, html: str) -> None:
        assert parts.cut(html) == []

    @SETTINGS
    def test_each_part_is_a_page_and_each_row_stands_in_one(self, html: str) -> None:
        found = parts.cut(html)
        assert len(found) == 4
        assert [part.is_first for part in found] == [True, False, False, False]
        for n in range(KEYS):
            assert sum(f"number {n}," in part.html for part in found) == 1
        assert all(part.html.count("<body") == part.html.count("<meta charset") == 1 for part in found)

    @SETTINGS
    def test_what_is_counted_goes_on(self, html: str) -> None:
        assert [re.findall(r"counter-reset: ([a-z0-9 ]+)", part.html) for part in parts.cut(html)] == [
            [],
            ["section 0 appendix 0 footnote 0"],
            ["section 13 appendix 0 footnote 8"],
            ["section 13 appendix 0 footnote 8"],
        ]

    @SETTINGS
    def test_a_long_report_that_may_be_cut_nowhere_is_left_whole(self, html: str) -> None:
        assert parts.cut(html.replace(parts.CUT, "")) == []


class TestJoined:
    def test_it_has_the_words_of_the_whole_in_their_order(self, joined: bytes, whole: bytes) -> None:
        counted = r"Page \d+ of \d+|\.{3,} ?\d+"

        def rows(data: bytes) -> list[str]:
            return re.findall(r"kh_live_\d{5}|number \d+,", extracted(data))

        assert rows(joined) == rows(whole)
        assert len(rows(joined)) == 2 * KEYS
        ours, theirs = (sorted(set(re.sub(counted, "", extracted(data), flags=re.MULTILINE).split())) for data in (joined, whole))
        assert set(ours) - {"\f"} == set(theirs)

    def test_its_bookmarks_are_those_of_the_whole_and_lead_to_where_each_heading_stands(
        self, joined: bytes, whole: bytes
    ) -> None:
        found, drawn = bookmarks(joined), pages(joined)
        assert [title for title, _ in found] == [title for title, _ in bookmarks(whole)]
        for title, page in found:
            assert "".join(title.split()) in "".join(drawn[page].split()), title

    def test_the_contents_give_the_page_of_each_section_and_lead_there(self, joined: bytes) -> None:
        drawn = pages(joined, "-layout")
        listed = re.findall(r"(\d+|[A-F])\. ?([A-Z][A-Za-z, ]+?) ?\.{3,} ?(\d+)", drawn[1])
        assert len(listed) == 20
        for number, title, page in listed:
            assert re.search(rf"^ *{number}\s+{title}$", drawn[int(page) - 1], re.MULTILINE), title
        with pikepdf.open(io.BytesIO(joined)) as opened:
            numbers = {page.objgen: number for number, page in enumerate(opened.pages, start=1)}
            names = opened.Root.Names.Dests.Names
            places = {str(names[at]): numbers[names[at + 1][0].objgen] for at in range(0, len(names), 2)}
            links = [str(link.Dest) for page in opened.pages for link in page.get("/Annots", [])]
        assert sorted(places[name] for name in set(links)) == [int(page) for *_, page in listed]
        assert list(places) == sorted(places)

    def test_every_page_has_its_number_once_and_the_running_heads(self, joined: bytes) -> None:
        found = pages(joined)
        assert len(found) > 20
        for place, page in enumerate(found, start=1):
            assert re.findall(r"Page \d+ of \d+", page) == [f"Page {place} of {len(found)}"]
            assert "R-03-2026-00017 · Confidential" in " ".join(page.split())
            assert place == 1 or "Report R-03 · Nordlys Modelling AS" in " ".join(page.split())

    def test_the_checkers_find_nothing(self, joined: bytes, tmp_path: Path) -> None:
        assert complaints(joined, tmp_path) == []
        with pikepdf.open(io.BytesIO(joined)) as opened:
            assert violations(opened) == []

    def test_its_tags_are_one_tree_that_holds_every_piece_of_text(self, joined: bytes, whole: bytes) -> None:
        with pikepdf.open(io.BytesIO(joined)) as opened:
            root = opened.Root.StructTreeRoot
            nodes, shown = list(walked(root.K)), pieces(opened)
            assert {(node.Pg.objgen, kid) for node in nodes for kid in node.get("/K", []) if isinstance(kid, int)} == set(shown)
            numbers = [int(root.ParentTree.Nums[at]) for at in range(0, len(root.ParentTree.Nums), 2)]
            assert all(one < other for one, other in pairwise(numbers))
            assert [int(page.StructParents) for page in opened.pages] == sorted(
                {int(page.StructParents) for page in opened.pages}
            )
            own = {int(link.StructParent) for page in opened.pages for link in page.get("/Annots", [])}
            assert own | {int(page.StructParents) for page in opened.pages} == set(numbers)
            for page in opened.pages:
                parents = root.ParentTree.Nums[2 * numbers.index(int(page.StructParents)) + 1]
                mine = {number for at, number in shown if at == page.objgen}
                assert {number for number, parent in enumerate(parents) if isinstance(parent, pikepdf.Dictionary)} == mine
            notes = [str(node.ID) for node in nodes if node.S == "/Note"]
            assert len(notes) == len(set(notes)) == 9
            headings = [text_of(node, shown) for node in nodes if node.S == "/H2"]
            assert len(headings) == 22 and all(headings)

    def test_it_has_the_files_of_the_whole(self, joined: bytes, whole: bytes) -> None:
        def attached(data: bytes) -> dict[str, bytes]:
            with pikepdf.open(io.BytesIO(data)) as opened:
                return {name: spec.get_file().read_bytes() for name, spec in opened.attachments.items()}

        assert attached(joined) == attached(whole)

    def test_whoever_waits_hears_of_each_part(self, joined: bytes, heard: list[tuple[int, int]]) -> None:
        assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


@SETTINGS
class TestPainter:
    def test_knows_none_of_our_secrets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VAULT_KEYS", "1:secret")
        with parts.painter(".") as process:
            environment = Path(f"/proc/{process.pid}/environ").read_text()
        assert {entry.split("=")[0] for entry in environment.split("\0") if entry} <= {"PATH", "HOME", "LANG", "TMPDIR"}

    def test_that_dies_leaves_no_half_report(self, html: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.executable", "/bin/false")
        with pytest.raises(parts.Unfinished):
            pdf.drawn(html, {}, paper="A4")
