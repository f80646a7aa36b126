"""The PDF as a regulator's reader and archive meet it: PDF/A-3a with tags, its files attached, its text extractable."""

import functools
import http.server
import io
import itertools
import json
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pdfua
import pikepdf
import pikepdf.pdfa
import pytest
import weasyprint
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from kyc.rules import packs
from reports import canonical, part, pdf
from tests.reports import specimen, test_paper
from tests.reports.test_paper import UNPRINTED, leaves, marked, strangers

Facts = dict[str, Any]
NAMES = {
    "Chinese": "北极光建模公司",
    "Cyrillic": "Алиса Ольсен",
    "Greek": "Σόλβεϊγκ Νίκβιστ",
    "Arabic": "شركة الأفق للحوسبة",
    "Hebrew": "יעל כהן",
    "Japanese": "星見川電子株式会社",
    "Korean": "햇살골게임즈 주식회사",
    "Devanagari": "सूर्यमणि प्रयोगशाला",
    "Thai": "บริษัท ดอกบัว จำกัด",
    "Latin": "Žofia Łęgowska-Ðorđević",
}
MARGIN = 20 / 25.4 * 72
WIDTH = 210 / 25.4 * 72
# What the checker of PDF/A has no rules for in our pages: empty dictionaries that every page of WeasyPrint carries.
UNSUPPORTED = {"patterns are not supported", "shadings are not supported"}
# As much as any signature's words.
SIGNED = (
    "PAdES B-B, by “Reports of the demo, Example AI, Inc.”. No authority outside says when it was signed; the time is the "
    "provider’s own. The certificate was issued by “Reports of the demo: root, Example AI, Inc.”, is good until 2038-11-27 "
    f"and has the SHA-256 {'a' * 64}."
)
# A rule of the checker of PDF/UA that fails over today's pikepdf: headings without text, which are looked for below.
SKIPPED = {"UA-14-001"}


def rendered(found: Facts, **envelope: Any) -> bytes:
    return pdf.render(found, specimen.envelope(found, **envelope))


@pytest.fixture(scope="module")
def facts() -> Facts:
    return specimen.facts()


@pytest.fixture(scope="module")
def data(facts: Facts) -> bytes:
    return rendered(facts)


@pytest.fixture
def document(data: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(data)) as opened:
        yield opened


def extracted(data: bytes, *options: str) -> str:
    return subprocess.run(["pdftotext", *options, "-", "-"], input=data, capture_output=True, check=True).stdout.decode()


def pages(data: bytes, *options: str) -> list[str]:
    return extracted(data, *options).split("\f")[:-1]


def walked(node: Any) -> Iterator[pikepdf.Dictionary]:
    """The structure tree in the order in which it is read."""
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from walked(child)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield node
        yield from walked(node.get("/K"))


def tags(document: pikepdf.Pdf) -> Counter[str]:
    """How often each structure type stands in the tree."""
    return Counter(str(node.S)[1:] for node in walked(document.Root.StructTreeRoot.K))


def as_b(document: pikepdf.Pdf) -> pikepdf.Pdf:
    """The same claiming level B and no PDF/UA, since the checker has rules for those levels alone."""
    out = io.BytesIO()
    document.save(out)
    copy = pikepdf.open(out)
    metadata = copy.Root.Metadata.read_bytes().decode()
    metadata = re.sub(r"<rdf:Description[^>]*xmlns:pdfuaid.*(?=</rdf:RDF>)", "", metadata, flags=re.DOTALL)
    metadata = re.sub(r'(pdfaid:conformance[>="]+)A', r"\1B", metadata)
    copy.Root.Metadata.write(metadata.encode())
    return copy


def violations(document: pikepdf.Pdf) -> list[str]:
    """What breaks a rule of PDF/A-3, and what the checker could not judge and is not known for that."""
    with as_b(document) as copy:
        report = pikepdf.pdfa.check(copy, "3b")
        unknown = [finding for finding in report.unsupported if finding.message not in UNSUPPORTED]
        return [str(finding) for finding in (*report.violations, *unknown)]


def complaints(data: bytes, tmp_path: Path) -> list[str]:
    """Errors, warnings and notes of the checker of PDF/UA."""
    path = tmp_path / "checked.pdf"
    path.write_bytes(data)
    report = pdfua.validate(str(path))
    assert {outcome.rule_id for outcome in report.skipped} <= SKIPPED
    return [f"{finding.rule_id}: {finding.message}" for finding in report.findings]


def text_of(node: pikepdf.Dictionary, shown: dict[tuple[Any, int], str]) -> str:
    """What an element and those in it show, by the numbers of their pieces."""
    own = node.get("/K", pikepdf.Array())
    kids = list(own) if isinstance(own, pikepdf.Array) else [own]
    return "".join(shown.get((node.Pg.objgen, kid), "") if isinstance(kid, int) else text_of(kid, shown) for kid in kids)


def pieces(document: pikepdf.Pdf) -> dict[tuple[Any, int], str]:
    """The glyphs of each marked piece of text, by page and number."""
    found = {}
    for page in document.pages:
        for number, body in re.findall(rb"<</MCID (\d+)>>\nBDC\n(.*?)\nEMC", page.Contents.read_bytes(), re.DOTALL):
            found[(page.objgen, int(number))] = "".join(glyph.decode() for glyph in re.findall(rb"<([0-9a-f]+)>", body))
    return found


@pytest.fixture(scope="module", params=["R-03", "R-06"])
def either(request: pytest.FixtureRequest, data: bytes) -> bytes:
    return data if request.param == "R-03" else keys_data()


@functools.cache
def keys_data() -> bytes:
    """A draft, on the paper of the other half of the world."""
    draft = {"status": "draft", "status_text": "Draft: not issued and not registered", "number": "draft", "paper": "Letter"}
    return rendered(specimen.keys(), **draft)


class TestArchive:
    def test_it_says_that_it_is_pdf_a_3a_and_pdf_ua_1(self, document: pikepdf.Pdf) -> None:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"]) == ("3", "A", "1")

    def test_a_checker_of_pdf_a_3_finds_no_violation(self, either: bytes) -> None:
        with pikepdf.open(io.BytesIO(either)) as opened:
            assert violations(opened) == []

    def test_that_checker_would_find_a_missing_colour_profile(self, document: pikepdf.Pdf) -> None:
        """The negative control."""
        del document.Root.OutputIntents
        assert violations(document) != []

    def test_a_checker_of_pdf_ua_finds_nothing_to_say(self, either: bytes, tmp_path: Path) -> None:
        assert complaints(either, tmp_path) == []

    def test_that_checker_would_find_a_picture_without_words(self, document: pikepdf.Pdf, tmp_path: Path) -> None:
        """The negative control."""
        for node in walked(document.Root.StructTreeRoot.K):
            if node.S == "/Figure":
                del node.Alt
        out = io.BytesIO()
        document.save(out)
        assert [text.split(":")[0] for text in complaints(out.getvalue(), tmp_path)] == ["UA-13-004"]

    def test_it_has_language_title_and_bookmarks(self, document: pikepdf.Pdf, facts: Facts) -> None:
        assert str(document.Root.Lang) == "en"
        assert str(document.docinfo.Title) == f"R-03 {facts['title']}: Nordlys Modelling AS"
        assert document.Root.ViewerPreferences.DisplayDocTitle
        with document.open_outline() as outline:
            titles = [item.title for item in outline.root]
        assert titles[0] == "Legal basis"
        assert [title.split()[-1] for title in titles[1:4]] == ["Contents", "brief", "customer"]
        assert [title.split()[0] for title in titles[-6:]] == ["A", "B", "C", "D", "E", "F"]
        assert len(titles) == 22

    def test_every_font_is_embedded(self, document: pikepdf.Pdf) -> None:
        descriptors = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/FontName" in item]
        assert len(descriptors) > 6
        for descriptor in descriptors:
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()), descriptor.FontName


class TestTags:
    """The structure tree, as a voice reads it."""

    def test_it_has_tables_and_headings(self, document: pikepdf.Pdf) -> None:
        assert document.Root.MarkInfo.Marked
        found = tags(document)
        assert (found["H1"], found["H2"]) == (1, 22)
        assert found["Table"] > 20 and found["TH"] > 100 and found["TD"] > 200

    def test_its_headings_skip_no_level_and_none_is_empty(self, either: bytes) -> None:
        with pikepdf.open(io.BytesIO(either)) as opened:
            shown = pieces(opened)
            headings = [node for node in walked(opened.Root.StructTreeRoot.K) if re.fullmatch(r"/H\d", str(node.S))]
            assert [node for node in headings if not text_of(node, shown)] == []
            levels = [int(str(node.S)[2]) for node in headings]
        assert levels[0] == 1 and levels.count(1) == 1 and len(levels) > 20
        assert [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1] == []

    def test_each_head_of_a_table_says_what_it_is_the_head_of(self, either: bytes) -> None:
        with pikepdf.open(io.BytesIO(either)) as opened:
            heads = [node for node in walked(opened.Root.StructTreeRoot.K) if node.S == "/TH"]
            assert {(str(node.P.P.S), str(node.A.O), str(node.A.Scope)) for node in heads} == {
                ("/THead", "/Table", "/Column"),
                ("/TBody", "/Table", "/Row"),
            }

    def test_every_piece_of_text_stands_in_the_tree_or_is_said_to_be_no_part_of_it(self, either: bytes) -> None:
        with pikepdf.open(io.BytesIO(either)) as opened:
            read: set[tuple[Any, int]] = set()
            for node in walked(opened.Root.StructTreeRoot.K):
                read |= {(node.Pg.objgen, kid) for kid in node.get("/K", []) if isinstance(kid, int)}
            shown = pieces(opened)
            assert set(shown) == read
            assert len(shown) > 300
            for page in opened.pages:
                assert page.Contents.read_bytes().count(b"/Artifact\nBMC\n/") >= 2, "running heads"

    def test_each_footnote_is_a_note_that_can_be_named(self, document: pikepdf.Pdf, facts: Facts) -> None:
        notes = [node for node in walked(document.Root.StructTreeRoot.K) if node.S == "/Note"]
        regimes = facts["ownership"]["regimes"]
        assert len(notes) == len(facts["legal_bases"]) + len(facts["not_relied_on"]) + len(regimes)
        listed = document.Root.StructTreeRoot.IDTree.Names
        assert {str(listed[place]) for place in range(0, len(listed), 2)} == {str(note.ID) for note in notes}
        assert len({str(note.ID) for note in notes}) == len(notes)

    def test_the_picture_is_a_figure_that_says_in_words_what_it_shows(self, document: pikepdf.Pdf, facts: Facts) -> None:
        figures = [node for node in walked(document.Root.StructTreeRoot.K) if node.S == "/Figure"]
        assert [str(node.Alt) for node in figures] == [facts["picture"]["sentence"]]

    def test_each_link_says_where_it_leads(self, document: pikepdf.Pdf) -> None:
        links = [annotation for page in document.pages for annotation in page.get("/Annots", [])]
        assert len(links) >= 17
        assert all(str(link.Contents) and str(link.Dest) for link in links)


class TestAttached:
    def test_are_the_two_files_the_methodology_and_the_manifest(self, document: pikepdf.Pdf, facts: Facts) -> None:
        attached = {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}
        assert attached == pdf.files(facts, specimen.envelope(facts))
        assert json.loads(attached["report.json"]) == facts

    def test_the_manifest_has_the_digest_of_each_other_file(self, document: pikepdf.Pdf) -> None:
        attached = {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}
        digests = json.loads(attached.pop("manifest.json"))
        assert digests == {name: canonical.sha256(content) for name, content in attached.items()}
        changed = attached["report.json"].replace(b"Nordlys", b"Nordlyz", 1)
        assert canonical.sha256(changed) != digests["report.json"]

    def test_each_is_an_associated_file_with_its_relationship_and_date(self, document: pikepdf.Pdf) -> None:
        found = {str(spec.UF): spec for spec in document.Root.AF}
        assert {name: str(spec.AFRelationship) for name, spec in found.items()} == {
            "report.json": "/Source",
            "envelope.json": "/Data",
            "manifest.json": "/Data",
            "methodology.txt": "/Supplement",
        }
        for name, spec in found.items():
            stream = spec.EF.F
            assert str(stream.Subtype) in {"/application/json", "/text/plain"}, name
            assert str(stream.Params.ModDate).startswith("D:20"), name

    def test_an_envelope_of_other_facts_is_refused(self, facts: Facts) -> None:
        with pytest.raises(pdf.WrongDigest):
            rendered(facts, sha256="0" * 64)


class TestPages:
    def test_are_of_the_size_that_was_asked_for(self, data: bytes) -> None:
        for drawn, size in ((data, (595, 842)), (keys_data(), (612, 792))):
            with pikepdf.open(io.BytesIO(drawn)) as opened:
                assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in opened.pages} == {size}

    def test_each_of_a_draft_says_so(self) -> None:
        found = pages(keys_data())
        assert len(found) > 5
        assert "Draft: not issued and not registered" in found[0]
        assert all("Draft" in page for page in found)
        assert "Nobody attests to a draft." in "".join(found)

    def test_a_source_stands_at_the_foot_of_the_page_that_goes_by_it(self, data: bytes, facts: Facts) -> None:
        for page in (" ".join(page.split()) for page in pages(data)[1:]):
            for basis in facts["legal_bases"]:
                assert (basis["instrument"] in page) == (f"{basis['source']}; {basis['certainty']}." in page)

    def test_the_cover_says_what_when_for_whom_and_on_what_basis(self, data: bytes, facts: Facts) -> None:
        cover = " ".join(pages(data)[0].split())
        for text in (
            "Report R-03",
            "Nordlys Modelling AS",
            "R-03-2026-00017",
            "Issued and registered",
            "Bureau of Industry and Security",
            "Astrid Lund",
            "Rui Duarte",
            "minimised, R-03/10",
            "Legal basis",
            "last reviewed on 2026-11-23",
        ):
            assert text in cover
        for instant in (facts["valid_at"], facts["known_at"]):
            assert instant.replace("T", " ").replace("Z", " UTC") in cover
        squeezed = cover.replace(" ", "")
        for basis in facts["legal_bases"]:
            assert basis["citation"].replace(" ", "") in squeezed
            assert f"{basis['status_text']}since{basis['since']}".replace(" ", "") in squeezed

    @pytest.mark.parametrize("kind", ["R-03", "R-04"])
    @pytest.mark.parametrize("paper", ["A4", "Letter"])
    def test_all_of_the_cover_stands_on_one_page(self, kind: str, paper: str) -> None:
        """With every legal basis of the kind, and as much on the signature as the demo's has to say."""
        found = {"R-03": specimen.bare, "R-04": specimen.control}[kind]()
        pack = packs.current()
        found["legal_bases"] = pack.legal_bases(kind, on=date.fromisoformat(pack.reviewed_on))
        verify = "https://keyholder.provider.example/verify/R-03-2026-00017"
        cover, contents, *_ = pages(rendered(found, paper=paper, verify=verify, signature=SIGNED))
        assert "Check this report" in cover and SIGNED[-20:] in " ".join(cover.split()), "the seal stands below all else"
        assert "Contents" in contents and len(found["legal_bases"]) > 5

    def test_the_printed_digest_is_that_of_the_attached_report(self, data: bytes, document: pikepdf.Pdf) -> None:
        digest = canonical.sha256(document.attachments["report.json"].get_file().read_bytes())
        found = pages(data)
        assert all(f"SHA-256 {digest}" in page for page in found)
        assert digest in found[0].split("SHA-256 of report.json")[1]
        assert set(re.findall(r"SHA-256 of report\.json\s+([0-9a-f]{64})", "".join(found))) == {digest}

    def test_every_page_has_number_classification_and_page_of_pages(self, data: bytes) -> None:
        found = pages(data)
        assert len(found) > 5
        for place, page in enumerate(found, start=1):
            assert f"Page {place} of {len(found)}" in page
            assert "R-03-2026-00017 · Confidential" in " ".join(page.split())

    def test_the_contents_give_the_page_of_each_section(self, data: bytes) -> None:
        found = pages(data, "-layout")
        listed = re.findall(r"(\d+|[A-F])\. ?([A-Z][A-Za-z, ]+?) ?\.{3,} ?(\d+)", found[1])
        assert len(listed) == 20
        for number, title, page in listed:
            assert re.search(rf"^ *{number}\s+{title}$", found[int(page) - 1], re.MULTILINE), title

    def test_every_figure_stands_in_one_of_the_two_files(self, data: bytes, facts: Facts) -> None:
        found = pages(data, "-layout")
        # What the paper counts itself: pages, sections, and the notes at the foot with their marks.
        found[1] = re.split(r"\bF\. Verification.*", found[1])[1]
        counted = r"Page \d+ of \d+|^ *\d+\s+(?=[A-Z])|^ *\d\. (?=[^\n]*\.$)|(?<=[\w;]) \d(?=  |$)"
        text = re.sub(counted, "", "\n".join(found), flags=re.MULTILINE)
        # The extractor leaves out a narrow gap.
        assert strangers(re.sub(r"(\d)%", r"\1 %", text), facts, specimen.envelope(facts)) == set()

    def test_the_header_of_a_long_table_stands_on_each_of_its_pages_and_no_row_is_split(self, facts: Facts) -> None:
        row = facts["changes"]["rows"][0]
        long = specimen.bare()
        rows = [dict(row, which=f"change {n}", change=f"begin{n} {'words ' * 30} end{n}") for n in range(100)]
        long["changes"] |= {"total": 100, "printed": 100, "rows": rows}
        drawn = pages(rendered(long), "-layout")
        for n in range(100):
            assert [f"begin{n} " in page for page in drawn] == [bool(re.search(rf"end{n}\b", page)) for page in drawn], "one row"
        with_rows = [page for page in drawn if re.search(r"change \d+$|change \d+ ", page, re.MULTILINE)]
        assert len(with_rows) > 2
        for page in with_rows:
            assert re.search(r"Recorded\s+What\s+Change\s+By", page)


def outlines(font: pikepdf.Dictionary) -> list[str]:
    """The glyphs of an embedded font in the order of their numbers; the first stands for what it does not have."""
    descriptor = font.DescendantFonts[0].FontDescriptor
    opened = TTFont(io.BytesIO(descriptor.get("/FontFile2", descriptor.get("/FontFile3")).read_bytes()))
    drawn, found = opened.getGlyphSet(), []
    for name in opened.getGlyphOrder():
        pen = RecordingPen()
        drawn[name].draw(pen)
        found.append(str(pen.value))
    return found


def boxes(data: bytes) -> list[str]:
    """Glyphs on the pages that are no letter, by font and number: the first of the font, one drawn like it, or one it has not."""
    used: dict[str, set[int]] = {}
    with pikepdf.open(io.BytesIO(data)) as opened:
        for page in opened.pages:
            for name, shown in re.findall(rb"/(\w+) [\d.]+ Tf\n(.*?)\nET", page.Contents.read_bytes(), re.DOTALL):
                glyphs = "".join(part.decode() for part in re.findall(rb"<([0-9a-f]+)>", shown))
                used.setdefault(name.decode(), set()).update(int(glyphs[at : at + 4], 16) for at in range(0, len(glyphs), 4))
        found = []
        for name, numbers in used.items():
            shapes = outlines(opened.pages[0].Resources.Font[f"/{name}"])
            is_box = {n: n == 0 or n >= len(shapes) or shapes[n] == shapes[0] != "[]" for n in numbers}
            found += [f"{name} {n}" for n in sorted(numbers) if is_box[n]]
    assert len(used) > 3 and sum(map(len, used.values())) > 60
    return found


def unprinted(found: Facts) -> set[str]:
    """What report.json holds and the pages do not promise."""
    return UNPRINTED if found["report"] == "R-03" else test_paper.TestAttribution.UNPRINTED


def figures(found: Facts) -> set[str]:
    """The numbers, days, instants and percentages of report.json that the pages promise, as they write them."""
    values = [str(value) for path, value in leaves(found) if path not in unprinted(found)]
    written = [re.sub(r"(\d{4}-\d\d-\d\d)T([\d:.]+)Z", r"\1 \2", value) for value in values]
    return {token.strip(".,;:()") for value in written for token in value.split() if re.search(r"\d", token)}


def without(text: str, wanted: set[str]) -> set[str]:
    """Which figures do not stand in the text; long ones may have been broken over lines."""
    squeezed = "".join(text.split())
    is_there = {
        one: re.search(rf"(?<![\w.]){re.escape(one)}(?![\w])", text) or (len(one) > 5 and one in squeezed) for one in wanted
    }
    return {one for one in wanted if not is_there[one]}


class TestFigures:
    def test_of_report_json_can_all_be_read_from_the_pages(self, either: bytes) -> None:
        found = specimen.facts() if "Report R-03" in extracted(either) else specimen.keys()
        wanted = figures(found)
        assert len(wanted) > 50
        assert without(extracted(either), wanted) == set()

    def test_that_are_others_would_be_missed(self, data: bytes, facts: Facts) -> None:
        """The negative control."""
        facts = json.loads(json.dumps(facts).replace('"60 %"', '"61 %"').replace("2026-05-02", "2026-05-03"))
        assert {"61", "2026-05-03"} & without(extracted(data), figures(facts)) == {"61", "2026-05-03"}

    @pytest.mark.parametrize("made", [specimen.facts, specimen.keys], ids=["R-03", "R-06"])
    def test_and_all_else_stand_on_the_pages_each_for_itself(self, made: Callable[[], Facts]) -> None:
        """Drawn once more with a mark of its own in the place of every value."""
        found = made()
        of_facts, _, paths = marked(found, specimen.envelope(found))
        of_facts["report"] = found["report"]
        squeezed = "".join(extracted(rendered(of_facts)).split())
        # Names which template and which file; read as numbers of rows; told by the picture's tag.
        others = {
            "report",
            "picture.sentence",
            "changes.printed",
            "changes.total",
            "changes.later.printed",
            "changes.later.total",
        }
        assert {path for mark, path in paths.items() if mark not in squeezed} - others == unprinted(found)


@pytest.fixture(scope="module")
def named() -> bytes:
    found = specimen.bare()
    party = specimen.facts()["parties"][0]
    found["parties"] = [dict(party, id=n, name=name, native_name="") for n, name in enumerate(NAMES.values())]
    return rendered(found)


class TestLetters:
    def test_of_every_script_are_drawn_as_themselves(self, named: bytes) -> None:
        assert boxes(named) == []

    # The extractor tells the signs of Devanagari in the order in which they are drawn.
    @pytest.mark.parametrize("script", sorted(NAMES.keys() - {"Devanagari"}))
    def test_of_every_script_can_be_searched_and_copied(self, named: bytes, script: str) -> None:
        # The extractor marks words that run from right to left, and turns the letters of a ligature round.
        words = re.sub(r"[\u200e\u200f\u202a-\u202e]", "", extracted(named)).replace("أل", "لأ")
        for word in NAMES[script].split():
            assert word in words

    def test_nobody_has_are_boxes_and_the_cover_says_so(self) -> None:
        """The negative control too: no font has a letter that is none."""
        found = specimen.bare()
        found["subject"]["name"] = "Nordlys \u0378 AS"
        data = rendered(found)
        assert boxes(data) != []
        cover = " ".join(pages(data)[0].split())
        assert "No font of the machine that drew these pages has the letters U+0378; they stand here as boxes." in cover

    def test_of_all_fonts_are_said_to_be_missing_only_where_some_are(self, named: bytes) -> None:
        assert "No font of the machine" not in extracted(named)


@pytest.mark.soak
class TestLong:
    @pytest.mark.parametrize(
        "name", ["Overlong Holding " * 17 + "end", "W" * 300, "界" * 300], ids=["words", "one word", "Chinese"]
    )
    def test_a_very_long_name_stays_inside_the_margins(self, name: str) -> None:
        found = specimen.bare()
        whole = specimen.facts()
        found["subject"]["name"] = name
        for key in ("parties", "identity", "ownership", "documents"):
            found[key] = whole[key]
        found["identity"][0]["value"] = found["parties"][0]["name"] = name
        found["ownership"]["interests"][0].update(owner=name, owned=name)
        found["ownership"]["regimes"][0]["verdicts"][0].update(party=name, why=[f"{name} holds 60 % of {name}."])
        found["documents"][0]["name"] = name[:200]
        words = re.findall(
            r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"', extracted(rendered(found), "-bbox")
        )
        assert len(words) > 300
        assert min(float(left) for left, *_ in words) > MARGIN - 1
        assert max(float(right) for _, _, right, _ in words) < WIDTH - MARGIN + 1

    def test_a_structure_of_five_hundred_rows_takes_seconds(self) -> None:
        began = time.process_time()
        found = pages(rendered(specimen.with_rows(125)))
        assert time.process_time() - began < 30
        assert sum(page.count("Owner 124") for page in found) >= 4

    @pytest.mark.bench
    def test_a_structure_of_five_hundred_owners_takes_less_than_its_lease(self) -> None:
        began = time.process_time()
        rendered(specimen.with_rows(500))
        assert time.process_time() - began < 60


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/asked", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestFetching:
    def test_a_name_that_is_markup_is_printed_and_fetches_nothing(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.svg"
        secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text>classified</text></svg>')
        with listening() as (address, asked):
            found = specimen.bare()
            found["subject"]["name"] = f'<img src="{address}"><img src="file://{secret}">'
            text = extracted(rendered(found))
        assert asked == []
        assert "<img src=" in text
        assert "classified" not in text

    def test_even_a_picture_in_the_page_would_not_be_fetched(self) -> None:
        with listening() as (address, asked):
            page = f'<img src="{address}"><link rel="stylesheet" href="{address}">'
            weasyprint.HTML(string=page, url_fetcher=part.nothing()).write_pdf()
            assert asked == []
            weasyprint.HTML(string=page).write_pdf()
            assert len(asked) >= 1, "the negative control: without that fetcher it is"

    @pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:9/", "data:text/plain,x", "ftp://127.0.0.1/"])
    def test_no_kind_of_address_is_opened(self, address: str) -> None:
        with pytest.raises(ValueError):
            part.nothing().fetch(address)
