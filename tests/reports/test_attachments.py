"""What is attached beside the two files: it passes the standard's own checks, and says what report.json says."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pikepdf
import pytest

from kyc.ownership.bods import network, schema
from kyc.ownership.bods.shares import stated
from kyc.ownership.shares import short
from reports import attachments, canonical, drawing, pdf
from tests.reports import specimen
from tests.reports.story import STAGES, Life
from tests.reports.test_paper import visible

Facts = dict[str, Any]
NAMES = ["bods.json", "determinations.csv", "interests.csv", "parties.csv"]
PER_CENT = re.compile(r"\d[\d.]*(?: to \d[\d.]*)? %")


def made(facts: Facts) -> dict[str, bytes]:
    return attachments.made(facts, specimen.envelope(facts))


def statements(facts: Facts) -> list[Facts]:
    found: list[Facts] = json.loads(made(facts)["bods.json"])
    return found


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def names(found: list[Facts]) -> dict[str, str]:
    called = {}
    for one in found:
        details = one["recordDetails"]
        called[one["recordId"]] = details.get("name") or next((name["fullName"] for name in details.get("names", ())), "")
    return called


def shares(found: list[Facts]) -> dict[tuple[str, str], set[str]]:
    """What the file of the standard says is held directly, as a page writes it, by the names of both ends."""
    called, told = names(found), {}
    for one in found:
        details = one["recordDetails"]
        if one["recordType"] != "relationship" or not isinstance(details["interestedParty"], str):
            continue
        direct = [row for row in details.get("interests", ()) if row["directOrIndirect"] == "direct" and "share" in row]
        ends = (called[details["interestedParty"]], called[details["subject"]])
        told[ends] = {short(stated(row["share"])) for row in direct}
    return told


@pytest.mark.parametrize("stage", STAGES)
def test_bods_json_passes_all_that_the_standard_asks_at_every_stage(life: Life, stage: str) -> None:
    found = statements(life.then[stage].control)
    assert list(schema.errors(found)) == []
    assert network.findings(found, today=datetime.now(UTC).date()) == []
    assert bool(found) == (stage != "signed_up")


class TestPicture:
    def test_each_share_drawn_is_the_share_of_that_relationship_in_bods_json(self, life: Life) -> None:
        facts = life.then["lived"].control
        told = shares(statements(facts))
        called = {box["id"]: re.sub(r" \(\d{4}\)$", "", box["name"]) for box in facts["picture"]["boxes"]}
        drawn = [row for row in facts["picture"]["lines"] if not row["owner"].startswith("left-")]
        assert len(drawn) == 3
        for line in drawn:
            ends = (called[line["owner"]], called[line["owned"]])
            assert told[ends] == (set() if line["share"] == "?" else {line["share"].replace("% to", "to")}), ends

    def test_the_per_cents_printed_in_the_picture_are_those_of_bods_json(self, life: Life) -> None:
        """As a reader has them: out of the drawing itself, and out of the attached file."""
        facts = life.then["lived"].control
        data = pdf.render(facts, specimen.envelope(facts))
        with pikepdf.open(io.BytesIO(data)) as document:
            found = json.loads(document.attachments["bods.json"].get_file().read_bytes())
        in_file = {share for held in shares(found).values() for share in held}
        assert in_file == {"60 %", "25 to 30 %"}
        # The words of the drawing that stands in the page.
        words = visible(drawing.drawn(facts["picture"]).html).replace("\u2068", "").replace("\u2069", "")
        assert set(PER_CENT.findall(re.sub(r"undeclared[^%]*% to [^%]*%", "", words).replace("% to", "to"))) == in_file

    def test_a_share_changed_on_one_side_only_is_found(self, life: Life) -> None:
        """The negative control."""
        facts = json.loads(canonical.encode(life.then["lived"].control))
        for one in facts["bods"]:
            for row in one["recordDetails"].get("interests", ()):
                if "exact" in row.get("share", {}):
                    row["share"]["exact"] = 61
        assert shares(statements(facts)) != shares(statements(life.then["lived"].control))


class TestTables:
    @pytest.fixture
    def facts(self, life: Life) -> Facts:
        return life.then["lived"].control

    def test_there_is_one_of_parties_interests_and_determinations_and_only_in_this_report(self, facts: Facts) -> None:
        assert sorted(made(facts)) == NAMES
        assert made(specimen.facts()) == made(specimen.keys()) == {}

    def test_parties_are_everybody_in_the_structure(self, facts: Facts) -> None:
        found = {row["name"]: row for row in rows(made(facts)["parties.csv"])}
        assert sorted(found) == ["Alice Olsen", "Fjord Invest AS", "Nordlys Modelling AS", "Solveig Nyquist"]
        assert (found["Solveig Nyquist"]["born"], found["Fjord Invest AS"]["headquarters"]) == ("1975", "Sweden (SE)")

    def test_interests_have_their_shares_as_exact_fractions(self, facts: Facts) -> None:
        found = {(row["owner"], row["owned"]): row for row in rows(made(facts)["interests.csv"])}
        fund = found["Fjord Invest AS", "Nordlys Modelling AS"]
        assert (Fraction(fund["min"]), Fraction(fund["max"])) == (Fraction(1, 4), Fraction(3, 10))

    def test_determinations_are_those_of_every_regime_also_where_the_answer_is_no(self, facts: Facts) -> None:
        found = rows(made(facts)["determinations.csv"])
        regimes = facts["ownership"]["regimes"]
        assert len(found) == sum(len(one["verdicts"]) + len(one["others"]) for one in regimes)
        assert {row["regime"] for row in found} == {one["regime"] for one in regimes}

    def test_nothing_in_them_is_a_formula(self, facts: Facts) -> None:
        spoiled = json.loads(canonical.encode(facts))
        spoiled["persons"][0]["party"] = "=HYPERLINK(0)"
        assert b"'=HYPERLINK(0)" in made(spoiled)["parties.csv"]

    def test_each_is_attached_as_data_and_named_in_the_manifest(self, facts: Facts) -> None:
        with pikepdf.open(io.BytesIO(pdf.render(facts, specimen.envelope(facts)))) as document:
            manifest = json.loads(document.attachments["manifest.json"].get_file().read_bytes())
            for name in NAMES:
                one = document.attachments[name]
                assert str(one.obj.AFRelationship) == "/Data"
                assert manifest[name] == canonical.sha256(one.get_file().read_bytes())


def test_the_attached_file_names_the_provider_and_report_json_does_not(life: Life) -> None:
    """What an installation is called is none of the five inputs."""
    facts = life.then["lived"].control
    assert "Example AI" not in canonical.encode(facts["bods"]).decode()
    assert {one["publicationDetails"]["publisher"]["name"] for one in statements(facts)} == {"Example AI, Inc."}
