"""Every figure on the page comes from report.json or envelope.json.

Two readings that can fail. The page of a specimen is read token by token against the two files. And the specimen is drawn
again with every value replaced by a mark of its own: what is then left beside the marks is the template's own fixed text,
which may hold no figure, and nothing of the specimen.
"""

import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import engines
from django.template.loader import render_to_string

from reports.facts.determined import IF_TRUE
from tests.reports import specimen

Facts = dict[str, Any]
PAPER = "reports/paper/r-03.html"
UNSEEN = {"head", "style", "script", "title", "meta"}
MARK = re.compile(r"§\d+§")
FIGURE = re.compile(r"\S*\d\S*")
# Fixed text that holds a digit: the name of a standard.
FIXED_FIGURES = {"SHA-256"}
# In report.json, but not printed: what is there for machines beside a text that says it, or what a page has no room for.
UNPRINTED = {
    "subject.party_id",
    "not_relied_on.status",
    "origins.party_id",
    "origins.holds",
    "ownership.interests.owner_id",
    "ownership.interests.owned_id",
    "ownership.interests.type",
    "ownership.interests.min",
    "ownership.interests.max",
    "ownership.interests.source",
    "ownership.unaccounted.party_id",
    "ownership.unaccounted.min",
    "ownership.unaccounted.max",
    "ownership.regimes.regime",
    "ownership.regimes.threshold",
    "ownership.regimes.arithmetic",
    "ownership.regimes.verdicts.party_id",
    "ownership.regimes.verdicts.min",
    "ownership.regimes.verdicts.max",
    *(f"ownership.regimes.others.{name}" for name in ("party_id", "party", "about", "verdict", "share", "min", "max", "why")),
    "decision.proposals.owners.party_id",
    "screening.rounds.lists.sha256",
    "screening.rounds.lists.loaded_at",
    "screening.rounds.lists.is_old",
    "screening.hits.party_id",
    "screening.hits.found_at",
    "screening.open",
    "screening.the_same",
    "screening.another",
    "risk.medium_from",
    "risk.high_from",
    "decision.asked.case",
    "access.active",
    "legal_bases.status",
    "ownership.interests.held_for_id",
    "picture.customer",
    *(f"picture.boxes.{name}" for name in ("id", "kind", "tone")),
    *(f"picture.lines.{name}" for name in ("owner", "owned", "is_open", "is_circular")),
}
# Paths whose values are names; the lines of the picture name boxes by number.
NAMED = re.compile(
    r"^(?!picture\.lines\.)(.*\.)?(name|owner|owned|party|provider|addressee|[a-z]+_by|reference|number|key|responsible|native_name)$"
)
UNPRINTED_ENVELOPE = {"status", "requested_at", "paper"}


class Reader(HTMLParser):
    """The visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.parts = 0, []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.hidden += tag in UNSEEN and tag != "meta"
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in UNSEEN and tag != "meta"
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def visible(html: str) -> str:
    reader = Reader()
    reader.feed(html)
    return " ".join("".join(reader.parts).split())


def page(facts: Facts, envelope: Facts, template: str = PAPER) -> str:
    return visible(render_to_string(template, {"report": facts, "envelope": envelope}))


def spoiled_page(facts: Facts, envelope: Facts, addition: str) -> str:
    """The page with something more in its body."""
    source = '{% extends "reports/paper/r-03.html" %}{% load i18n paper %}{% block body %}{{ block.super }}' + addition
    return visible(engines["django"].from_string(source + "{% endblock %}").render({"report": facts, "envelope": envelope}))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path; places in lists are left out of the path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


class Marks:
    """Replaces every value that is not empty by a mark, and remembers which stands where."""

    def __init__(self) -> None:
        self.counter, self.path_of = itertools.count(1000), {}

    def marked(self, value: Any, path: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self.marked(inner, f"{path}.{name}" if path else name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.marked(inner, path) for inner in value]
        if value in ("", None):
            return value
        mark = f"§{next(self.counter)}§"
        self.path_of[mark] = path
        return mark


@pytest.fixture
def facts() -> Facts:
    return specimen.facts()


@pytest.fixture
def envelope(facts: Facts) -> Facts:
    return specimen.envelope(facts)


def marked(facts: Facts, envelope: Facts) -> tuple[Facts, Facts, dict[str, str]]:
    marks = Marks()
    of_facts = marks.marked(facts)
    # Read by the page as a number of rows, not only printed.
    if "changes" in facts:
        of_facts["changes"]["printed"] = facts["changes"]["printed"]
        of_facts["changes"]["later"]["printed"] = facts["changes"]["later"]["printed"]
    # What holds the picture together; its words are marked as all others are.
    if "picture" in facts:
        of_facts["picture"]["customer"] = facts["picture"]["customer"]
        for drawn, names in (("boxes", ("id", "kind", "tone")), ("lines", ("owner", "owned", "is_open", "tone"))):
            for row, whole in zip(of_facts["picture"][drawn], facts["picture"][drawn], strict=True):
                row.update({name: whole[name] for name in names})
    printed = dict(marks.path_of)
    of_envelope = marks.marked(envelope)
    return of_facts, of_envelope, printed


def strangers(text: str, facts: Facts, envelope: Facts) -> set[str]:
    """Tokens with a figure that stand in neither file, nor in the template's fixed text."""
    known = " ".join(str(value) for _, value in leaves([facts, envelope]))
    known += " " + " ".join(re.findall(r"\S*\d\S*", known.replace("T", " ").replace("Z", " ")))
    return {token for token in FIGURE.findall(text) if token not in FIXED_FIGURES and token.strip(",.;:()") not in known}


def typed_in(fixed: str, facts: Facts, envelope: Facts) -> set[str]:
    """What the fixed text holds that it should not: figures, and names of the specimen."""
    figures = {token for token in FIGURE.findall(fixed) if token not in FIXED_FIGURES}
    names = {str(value) for path, value in leaves([facts, envelope]) if NAMED.search(path)}
    return figures | {name for name in names - {""} if name in fixed}


def fixed_text(facts: Facts, envelope: Facts, addition: str = "") -> str:
    of_facts, of_envelope, _ = marked(facts, envelope)
    text = spoiled_page(of_facts, of_envelope, addition)
    fixed = MARK.sub(" ", text)
    for printed in (facts["changes"]["printed"], facts["changes"]["later"]["printed"]):
        fixed = fixed.replace(f"The newest {printed} of", "The newest of")
    return fixed


class TestEveryFigure:
    def test_on_the_page_stands_in_one_of_the_two_files(self, facts: Facts, envelope: Facts) -> None:
        text = page(facts, envelope)
        assert len(FIGURE.findall(text)) > 200
        assert strangers(text, facts, envelope) == set()

    def test_of_the_template_itself_is_none(self, facts: Facts, envelope: Facts) -> None:
        fixed = fixed_text(facts, envelope)
        assert "Beneficial" not in fixed, "titles of regimes are facts"
        assert "Customer" not in fixed
        assert "Verified entity, keys and holds" in fixed
        assert typed_in(fixed, facts, envelope) == set()

    @pytest.mark.parametrize(
        ("addition", "found"),
        [
            ("<p>Of 14,973 entries</p>", "14,973"),
            ("<p>{{ report.parties|length }} parties</p>", "4"),
            ('<p>{% now "Y" %}</p>', ""),
            ("<p>Decided by Rui Duarte</p>", "Rui Duarte"),
        ],
    )
    def test_typed_in_or_counted_or_looked_up_is_found(self, facts: Facts, envelope: Facts, addition: str, found: str) -> None:
        """The negative control."""
        wrong = typed_in(fixed_text(facts, envelope, addition), facts, envelope)
        assert len(wrong) == 1
        assert found in wrong.pop()

    def test_that_is_changed_in_the_files_changes_on_the_page(self, facts: Facts, envelope: Facts) -> None:
        """No figure of the specimen survives when each of its values is replaced."""
        before = {token.strip(",.;:()") for token in FIGURE.findall(page(facts, envelope))}
        after = {token.strip(",.;:()") for token in FIGURE.findall(fixed_text(facts, envelope))}
        assert before & after == {"SHA-256"}

    def test_a_stranger_on_the_real_page_is_found(self, facts: Facts, envelope: Facts) -> None:
        """The negative control of the first reading."""
        text = spoiled_page(facts, envelope, "<p>since 2019-07-13, 14,973 entries</p>")
        assert strangers(text, facts, envelope) == {"2019-07-13,", "14,973"}


class TestEveryFact:
    def test_is_printed_or_has_its_reason_not_to_be(self, facts: Facts, envelope: Facts) -> None:
        of_facts, of_envelope, paths = marked(facts, envelope)
        text = page(of_facts, of_envelope)
        unprinted = {path for mark, path in paths.items() if mark not in text}
        assert unprinted - {"changes.printed", "changes.total", "changes.later.printed", "changes.later.total"} == UNPRINTED

    def test_of_the_envelope_too(self, facts: Facts, envelope: Facts) -> None:
        of_facts, of_envelope, _ = marked(facts, envelope)
        text = page(of_facts, of_envelope)
        assert {name for name, mark in of_envelope.items() if mark not in text} == UNPRINTED_ENVELOPE


class TestAttribution:
    """The other report, by the same two readings."""

    PAPER = "reports/paper/r-06.html"
    UNPRINTED = {
        "subject.party_id",
        "owners.rows.party_id",
        "valid_at",
        "legal_bases.status",
        "keys.gaps.kind",
        "keys.gaps.from",
        "keys.gaps.to",
    }

    @pytest.fixture
    def facts(self) -> Facts:
        return specimen.keys()

    def test_every_figure_stands_in_one_of_the_two_files(self, facts: Facts, envelope: Facts) -> None:
        text = page(facts, envelope, self.PAPER)
        assert len(FIGURE.findall(text)) > 100
        assert strangers(text, facts, envelope) - {"h:mm:ss"} == set()

    def test_the_template_has_no_figure_of_its_own_and_prints_every_fact(self, facts: Facts, envelope: Facts) -> None:
        marks = Marks()
        of_facts = marks.marked(facts)
        paths, of_envelope = dict(marks.path_of), marks.marked(envelope)
        text = page(of_facts, of_envelope, self.PAPER)
        assert {path for mark, path in paths.items() if mark not in text} == self.UNPRINTED
        fixed = MARK.sub(" ", text).replace("report R-03, of the same customer", "")
        assert "Verification behind it" in fixed
        assert typed_in(fixed, facts, envelope) == set()

    def test_a_figure_typed_in_would_be_found(self, facts: Facts, envelope: Facts) -> None:
        """The negative control."""
        text = page(facts, envelope, self.PAPER) + " 14,973 requests"
        assert strangers(text, facts, envelope) - {"h:mm:ss"} == {"14,973"}

    def test_the_contents_name_every_section_once_in_order(self, facts: Facts, envelope: Facts) -> None:
        html = render_to_string(self.PAPER, {"report": facts, "envelope": envelope})
        listed = re.findall(r'<li><a href="#([a-z]+)">([^<]+)</a>', html)
        assert listed == re.findall(r'<h2 id="([a-z]+)">([^<]+)</h2>', html)
        assert [name for name, _ in listed] == [
            *("summary", "selection", "owners", "keys", "use"),
            *("methodology", "sources", "completeness", "since", "attestation", "verification"),
        ]

    def test_use_is_printed_where_it_is_looked_for_with_who_answered_then(self, facts: Facts, envelope: Facts) -> None:
        text = page(facts, envelope, self.PAPER)
        assert "Use is what gateways count of each hour" in text
        assert "AS2116, Norway (NO), addresses: 2" in text and "to E-2026-00002, Alice Olsen (1984, NO): verified" in text

    def test_nothing_proposed_is_called_required(self, facts: Facts, envelope: Facts) -> None:
        text = page(facts, envelope, self.PAPER).lower()
        assert "proposed, binds nobody" in text
        for word in ("required by law", "legally required", "mandatory", "obligation", "must comply"):
            assert word not in text


class TestControl:
    """The report on ownership and control, by the same two readings."""

    PAPER = "reports/paper/r-04.html"
    UNPRINTED = {
        "subject.party_id",
        "legal_bases.status",
        "not_relied_on.status",
        *(f"beneficial.rows.{name}" for name in ("party_id", "min", "max", "controls")),
        "screening.rounds.lists.is_old",
        "entities.party_id",
        "screening.rounds.lists.sha256",
        "screening.rounds.lists.loaded_at",
        *(path for path in UNPRINTED if path.startswith(("ownership.", "picture.", "origins."))),
    }

    @pytest.fixture
    def facts(self) -> Facts:
        return specimen.control()

    def test_every_figure_stands_in_one_of_the_two_files(self, facts: Facts, envelope: Facts) -> None:
        text = page(facts, envelope, self.PAPER)
        assert len(FIGURE.findall(text)) > 200
        assert strangers(text, facts, envelope) == set()
        assert strangers(text + " 14,973 shares", facts, envelope) == {"14,973"}, "the negative control"

    def test_the_template_has_no_figure_of_its_own_and_prints_every_fact(self, facts: Facts, envelope: Facts) -> None:
        of_facts, of_envelope, paths = marked(facts, envelope)
        text = page(of_facts, of_envelope, self.PAPER)
        unprinted = {path for mark, path in paths.items() if mark not in text}
        assert {path for path in unprinted if not path.startswith(("bods.", "persons."))} <= self.UNPRINTED
        fixed = MARK.sub(" ", text)
        assert "What was done to find an owner" in fixed
        assert typed_in(fixed, facts, envelope) - {"yes"} == set()

    def test_the_contents_name_every_section_once_in_order(self, facts: Facts, envelope: Facts) -> None:
        html = render_to_string(self.PAPER, {"report": facts, "envelope": envelope})
        listed = re.findall(r'<li><a href="#([a-z]+)">([^<]+)</a>', html)
        assert listed == re.findall(r'<h2 id="([a-z]+)">([^<]+)</h2>', html)
        assert len(listed) == 13

    def test_where_nobody_is_an_owner_it_says_so_and_what_was_done(self, facts: Facts, envelope: Facts) -> None:
        facts["beneficial"] |= {"rows": [], "none": "No beneficial owner was found from what was declared."}
        text = page(facts, envelope, self.PAPER)
        assert "No beneficial owner was found from what was declared." in text
        assert "Register and statutes were read." in text


class TestPaper:
    def test_the_contents_name_every_section_once_in_order(self, facts: Facts, envelope: Facts) -> None:
        html = render_to_string(PAPER, {"report": facts, "envelope": envelope})
        listed = re.findall(r'<li><a href="#([a-z]+)">([^<]+)</a>', html)
        sections = re.findall(r'<h2 id="([a-z]+)">([^<]+)</h2>', html)
        assert listed == sections
        assert len(sections) == 20

    def test_a_draft_says_so_on_its_cover_and_an_issued_report_does_not(self, facts: Facts) -> None:
        draft = specimen.envelope(facts, status="draft", status_text="Draft: not issued and not registered", number="draft")
        assert page(facts, draft).count("Draft: not issued and not registered") == 2
        assert "Draft" not in page(facts, specimen.envelope(facts))

    def test_a_restatement_prints_what_it_restates_and_every_change(self, facts: Facts) -> None:
        told = {"number": "R-03-2026-00004", "known_at": "2026-11-20T10:00:00Z", "sha256": "4" * 64, "changed": 2}
        rows = [
            {"where": "identity › Legal form › value", "before": "AS", "after": "ASA"},
            {"where": "parties › Kari Moe", "before": None, "after": {"name": "Kari Moe", "roles": ["Owner"], "lei": ""}},
        ]
        html = render_to_string(PAPER, {"report": facts, "envelope": specimen.envelope(facts, restates=told), "restated": rows})
        text = visible(html)
        assert "This report restates R-03-2026-00004, which told the same instant as known at 2026-11-20 10:00:00 UTC" in text
        assert "identity › Legal form › value AS ASA" in text
        assert "parties › Kari Moe – name: Kari Moe; roles: Owner" in text
        listed = re.findall(r'<li><a href="#([a-z]+)">([^<]+)</a>', html)
        assert listed == re.findall(r'<h2 id="([a-z]+)">([^<]+)</h2>', html) and "since" in dict(listed)

    def test_each_legal_basis_prints_its_status_and_dates(self, facts: Facts, envelope: Facts) -> None:
        text = page(facts, envelope)
        for basis in facts["legal_bases"]:
            assert f"{basis['citation']} {basis['status_text']} since {basis['since']}" in text
        assert "until 2027-01-31" in text

    def test_nothing_proposed_is_called_required(self, facts: Facts, envelope: Facts) -> None:
        text = page(facts, envelope).lower()
        for word in ("required by law", "legally required", "mandatory", "obligation", "must comply"):
            assert word not in text

    def test_a_file_with_nothing_in_it_says_so_section_by_section(self) -> None:
        bare = specimen.bare()
        text = page(bare, specimen.envelope(bare))
        for sentence in (
            "Nothing was declared.",
            "Nobody was named.",
            "No owner was declared.",
            "No document was held.",
            "Nobody had been screened.",
            "No score had been made.",
            "No case had been opened.",
            "Nothing had been proposed.",
            "No entity had been made.",
            "No key had been issued.",
            "None was placed.",
            "Nothing had been recorded.",
            "Nothing that this report covers is missing.",
        ):
            assert sentence in text

    def test_a_picture_too_small_to_read_is_left_to_the_tables_and_the_page_says_so(self, facts: Facts) -> None:
        sentence = "The picture would be too small to read on a page; the tables of this section say all of it."
        assert sentence not in page(facts, specimen.envelope(facts))
        box, line = facts["picture"]["boxes"][1], facts["picture"]["lines"][0]
        facts["picture"]["boxes"] += [dict(box, id=f"more-{n}", tone="bad") for n in range(40)]
        facts["picture"]["lines"] += [dict(line, owner=f"more-{n}") for n in range(40)]
        assert sentence in page(facts, specimen.envelope(facts))

    def test_a_wide_picture_stands_last_in_its_section_so_that_its_heading_does_not_stand_alone(self, facts: Facts) -> None:
        html = render_to_string(PAPER, {"report": facts, "envelope": specimen.envelope(facts)})
        assert html.index('class="picture"') < html.index("Declared interests")
        box, line = facts["picture"]["boxes"][1], facts["picture"]["lines"][0]
        facts["picture"]["boxes"] = [facts["picture"]["boxes"][0], *(dict(box, id=str(n), tone="bad") for n in range(2, 9))]
        facts["picture"]["lines"] = [dict(line, owner=str(n)) for n in range(2, 9)]
        html = render_to_string(PAPER, {"report": facts, "envelope": specimen.envelope(facts)})
        assert html.index("OFAC 50 Percent Rule</h3>") < html.index('class="picture wide"') < html.index('id="documents"')

    def test_a_verdict_that_rests_on_a_possible_match_is_no_yes(self, facts: Facts) -> None:
        row = facts["ownership"]["regimes"][1]["verdicts"][0]
        row["verdict"] = IF_TRUE
        text = page(facts, specimen.envelope(facts))
        assert f"{row['party']} {row['about']} would be blocked if the possible match is true" in text

    def test_only_the_newest_of_many_changes_are_printed_and_the_page_says_so(self, facts: Facts) -> None:
        row = facts["changes"]["rows"][0]
        facts["changes"] |= {"total": 90, "printed": 70, "rows": [dict(row, which=f"change number {n};") for n in range(90)]}
        text = page(facts, specimen.envelope(facts))
        assert "The newest 70 of 90 changes" in text
        assert "change number 19;" not in text
        assert "change number 20;" in text and "change number 89;" in text

    def test_what_a_customer_writes_is_text_and_never_markup(self, facts: Facts) -> None:
        facts["parties"][0]["name"] = '<img src="file:///etc/passwd"><b>Bold</b> & Sons'
        html = render_to_string(PAPER, {"report": facts, "envelope": specimen.envelope(facts)})
        assert "&lt;img src=" in html
        assert "<img" not in html
