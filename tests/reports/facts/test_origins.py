"""Where entities are from, as a report tells it of one day."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kyc.evidence import proofs
from kyc.evidence.models import Document
from kyc.parties import actions as parties
from kyc.parties.models import Attribute
from kyc.rules import packs
from reports import bods
from reports.facts.customer import identity
from reports.facts.declared import origins
from reports.facts.reader import Reader
from tests.cast import Founded, customer, staff, submitted
from tests.reports.moments import uncommitted
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def moved() -> Founded:
    """In Norway since 2019, in Singapore since March 2024."""
    found = submitted(customer())
    told = {"legal_form": "AS", "registration_number": "918334207", "country": "NO", "phone": "+4777000000"}
    for where in ({"hq_country": "NO", "hq_since": "2019"}, {"hq_country": "SG", "hq_since": "2024-03"}):
        parties.declare_company(
            found.organisation, name="Nordlys Modelling AS", address=f"A 1, {where['hq_country']}", **told, **where, by=found.by
        )
    return found


def reader(found: Founded, valid_at: datetime | None = None) -> Reader:
    snapshot = uncommitted()
    return Reader(
        organisation=found.organisation.pk, valid_at=valid_at or snapshot.taken_at, snapshot=snapshot, pack=packs.current()
    )


def told(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in ("what", "value", "since", "from", "to", "holds")) for row in rows]


class TestOrigins:
    def test_each_value_stands_with_its_days(self, moved: Founded) -> None:
        rows = told(origins(reader(moved)))
        assert rows[1:] == [
            ("Headquarters", "Norway (NO)", "2019", "2019-01-01", "2024-03-01", "no"),
            ("Headquarters", "Singapore (SG)", "2024-03", "2024-03-01", "", "yes"),
        ]
        assert rows[0][:3] == ("Country of formation", "Norway (NO)", "")

    def test_with_what_an_officer_verified_it_by(self, moved: Founded) -> None:
        row = Attribute.objects.live().get(party=moved.party, what="headquarters")
        extract = Document.objects.get(kind="register_extract")
        proofs.verify_attribute(row, document=extract, note="Page 2.", by=staff("analyst", "Ana Maric"))
        found = origins(reader(moved))[-1]
        shown = [found[name] for name in ("result", "document", "proved_by", "note")]
        assert shown == ["verified", "Register extract, extract.pdf", "Ana Maric", "Page 2."]

    @pytest.mark.parametrize(("year", "country"), [(2018, "NO"), (2020, "NO"), (2025, "SG")])
    def test_a_past_day_has_the_headquarters_of_that_day(self, moved: Founded, year: int, country: str) -> None:
        asked = reader(moved, datetime(year, 6, 1, tzinfo=UTC))
        assert asked.headquarters(asked.parties[moved.party.pk]) == country

    def test_the_rest_of_the_report_and_an_export_say_the_same(self, moved: Founded) -> None:
        asked = reader(moved)
        assert {row["attribute"]: row["value"] for row in identity(asked)}["Headquarters country"] == "Singapore (SG)"
        [company] = [row for row in bods.statements(asked) if row["recordDetails"].get("name") == "Nordlys Modelling AS"]
        assert company["recordDetails"]["addresses"][0]["country"]["code"] == "SG"
