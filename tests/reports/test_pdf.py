"""The PDF as a regulator's reader and archive meet it: PDF/A-3a with tags, its files attached, its text extractable."""

import http.server
import io
import json
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pikepdf
import pikepdf.pdfa
import pytest
import weasyprint

from reports import canonical, pdf
from tests.reports import specimen
from tests.reports.test_paper import strangers

Facts = dict[str, Any]
NAMES = {
    "Chinese": "北极光建模公司",
    "Cyrillic": "Алиса Ольсен",
    "Greek": "Σόλβεϊγκ Νίκβιστ",
    "Arabic": "شركة الأفق للحوسبة",
    "Hebrew": "יעל כהן",
}
MARGIN = 20 / 25.4 * 72
WIDTH = 210 / 25.4 * 72
# What the allowlist checker for 3b cannot know: it has no word for level A, nor for PDF/UA's own extension schema.
ALARMS = re.compile(r"pdfaExtension|pdfaSchema|pdfaProperty|pdfuaid|expected 'B'|(patterns|shadings) are not supported")


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


def tags(document: pikepdf.Pdf) -> Counter[str]:
    """How often each structure type stands in the tree."""
    found: Counter[str] = Counter()
    waiting = [document.Root.StructTreeRoot.K]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting.extend(node)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found[str(node.S)[1:]] += 1
            if "/K" in node:
                waiting.append(node.K)
    return found


def findings(document: pikepdf.Pdf) -> list[str]:
    report = pikepdf.pdfa.check(document, "3b")
    return [str(finding) for finding in report.findings if not ALARMS.search(str(finding))]


class TestArchive:
    def test_it_says_that_it_is_pdf_a_3a_and_pdf_ua_1(self, document: pikepdf.Pdf) -> None:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"]) == ("3", "A", "1")

    def test_a_checker_of_pdf_a_3_finds_nothing_to_say(self, document: pikepdf.Pdf) -> None:
        assert findings(document) == []

    def test_it_finds_nothing_in_an_attribution_report_either(self) -> None:
        with pikepdf.open(io.BytesIO(rendered(specimen.keys()))) as opened:
            assert findings(opened) == []
            assert tags(opened)["H1"] == 1

    def test_that_checker_would_find_a_missing_colour_profile(self, document: pikepdf.Pdf) -> None:
        """The negative control."""
        del document.Root.OutputIntents
        assert findings(document) != []

    def test_it_has_language_title_and_bookmarks(self, document: pikepdf.Pdf, facts: Facts) -> None:
        assert str(document.Root.Lang) == "en"
        assert str(document.docinfo.Title) == f"R-03 {facts['title']}: Nordlys Modelling AS"
        assert document.Root.ViewerPreferences.DisplayDocTitle
        with document.open_outline() as outline:
            titles = [item.title for item in outline.root]
        assert titles[0] == "Legal basis"
        assert [title.split()[-1] for title in titles[1:3]] == ["brief", "customer"]
        assert len(titles) == 18

    def test_it_is_tagged_with_headings_and_table_headers(self, document: pikepdf.Pdf) -> None:
        assert document.Root.MarkInfo.Marked
        found = tags(document)
        assert (found["H1"], found["H2"]) == (1, 18)
        assert found["Table"] > 20 and found["TH"] > 100 and found["TD"] > 200

    def test_the_picture_is_a_figure_that_says_in_words_what_it_shows(self, document: pikepdf.Pdf, facts: Facts) -> None:
        figures = [node for node in document.objects if isinstance(node, pikepdf.Dictionary) and node.get("/S") == "/Figure"]
        assert [str(node.Alt) for node in figures] == [facts["picture"]["sentence"]]

    def test_every_font_is_embedded(self, document: pikepdf.Pdf) -> None:
        descriptors = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/FontName" in item]
        assert len(descriptors) > 6
        for descriptor in descriptors:
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()), descriptor.FontName


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
            "minimised, R-03/8",
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
        listed = re.findall(r"(\d+)\. ?([A-Z][A-Za-z, ]+?) ?\.{3,} ?(\d+)", found[1])
        assert len(listed) == 17
        for number, title, page in listed:
            assert re.search(rf"^ *{number}\s+{title}$", found[int(page) - 1], re.MULTILINE), title

    def test_every_figure_stands_in_one_of_the_two_files(self, data: bytes, facts: Facts) -> None:
        found = pages(data, "-layout")
        found[1] = found[1].split("Contents")[0] + found[1].split("17.", 1)[1]
        text = re.sub(r"Page \d+ of \d+|^ *\d+\s+(?=[A-Z])|\S*\.{5,}.*$", "", "\n".join(found), flags=re.MULTILINE)
        # The extractor leaves out a narrow gap.
        assert strangers(re.sub(r"(\d)%", r"\1 %", text), facts, specimen.envelope(facts)) == set()

    @pytest.mark.parametrize("script", NAMES)
    def test_names_in_other_scripts_can_be_searched_and_copied(self, data: bytes, script: str) -> None:
        # The extractor marks words that run from right to left, and turns the letters of a ligature round.
        words = re.sub(r"[\u200e\u200f\u202a-\u202e]", "", extracted(data)).replace("أل", "لأ")
        for word in NAMES[script].split():
            assert word in words

    def test_the_header_of_a_long_table_stands_on_each_of_its_pages(self, facts: Facts) -> None:
        row = facts["changes"]["rows"][0]
        long = specimen.bare()
        long["changes"] |= {"total": 100, "printed": 100, "rows": [dict(row, which=f"change {n}") for n in range(100)]}
        with_rows = [
            page for page in pages(rendered(long), "-layout") if re.search(r"change \d+$|change \d+ ", page, re.MULTILINE)
        ]
        assert len(with_rows) > 2
        for page in with_rows:
            assert re.search(r"Recorded\s+What\s+Change\s+By", page)


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
            weasyprint.HTML(string=page, url_fetcher=pdf.nothing()).write_pdf()
            assert asked == []
            weasyprint.HTML(string=page).write_pdf()
            assert len(asked) >= 1, "the negative control: without that fetcher it is"

    @pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:9/", "data:text/plain,x", "ftp://127.0.0.1/"])
    def test_no_kind_of_address_is_opened(self, address: str) -> None:
        with pytest.raises(ValueError):
            pdf.nothing().fetch(address)
