"""Where an entity was formed and is run from, and who is its ultimate parent: what was told of which day stays told."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import attributes
from kyc.parties.models import Attribute, Party
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded
from tests.stage import scene

pytestmark = pytest.mark.django_db
HQ = Attribute.What.HEADQUARTERS


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


def told(nordlys: Founded, hq: str, **more: Any) -> Party:
    return parties.declare_company(
        nordlys.organisation, name="Nordlys Modelling AS", legal_form="AS", registration_number="918334207", country="NO",
        hq_country=hq, address=f"Strandgata 12, {hq}", phone="+4777000000", **more, by=nordlys.by,
    )  # fmt: skip


def rows(party: Party, what: str = HQ) -> list[tuple[str, str, str, str]]:
    found = Attribute.objects.filter(party=party, what=what).order_by("pk")
    return [(row.country, row.since, str(row.valid_from), str(row.valid_to or "")) for row in found]


TODAY = str(timezone.localdate())


class TestDeclared:
    def test_each_entity_is_told_of_by_both_of_its_countries(self, nordlys: Founded) -> None:
        live = Attribute.objects.live().filter(party=nordlys.party).order_by("what")
        assert [(row.what, row.country, row.source) for row in live] == [
            ("formed", "NO", "declared"),
            ("headquarters", "NO", "declared"),
        ]
        assert not Attribute.objects.filter(party=nordlys.controller).exists()

    def test_another_value_ends_the_one_before_on_the_day_it_begins(self, nordlys: Founded) -> None:
        told(nordlys, "NO", hq_since="2019")
        told(nordlys, "SG", hq_since="2024-03")
        assert rows(nordlys.party) == [("NO", "2019", "2019-01-01", "2024-03-01"), ("SG", "2024-03", "2024-03-01", "")]
        assert Party.objects.get(pk=nordlys.party.pk).hq_country == "SG"
        event = AuditEvent.objects.get(verb="attribute.changed")
        assert [event.details[name] for name in ("what", "before", "now", "since")] == ["headquarters", "NO", "SG", "2024-03"]

    def test_one_of_which_nobody_says_since_when_counts_from_now(self, nordlys: Founded) -> None:
        told(nordlys, "SE")
        assert rows(nordlys.party) == [("NO", "", TODAY, TODAY), ("SE", "", TODAY, "")]

    def test_the_same_again_is_silence_and_keeps_its_day(self, nordlys: Founded) -> None:
        for more in ({"hq_since": "2019-05-06"}, {}):
            told(nordlys, "NO", **more)
        assert rows(nordlys.party) == [("NO", "2019-05-06", "2019-05-06", "")]
        assert AuditEvent.objects.filter(verb="attribute.dated").count() == 1

    def test_a_day_that_is_told_later_moves_the_end_of_what_was_before(self, nordlys: Founded) -> None:
        told(nordlys, "NO", hq_since="2019")
        told(nordlys, "SG")
        told(nordlys, "SG", hq_since="2024-03")
        assert rows(nordlys.party) == [("NO", "2019", "2019-01-01", "2024-03-01"), ("SG", "2024-03", "2024-03-01", "")]

    @pytest.mark.parametrize("since", ["2024-13", "24", "2999", "last year", "2024-3"])
    def test_what_is_no_day_that_has_come_is_refused(self, nordlys: Founded, since: str) -> None:
        with pytest.raises(BadText) as bad:
            told(nordlys, "SG", hq_since=since)
        assert bad.value.field == "hq_since"
        assert rows(nordlys.party) == [("NO", "", TODAY, "")]

    def test_of_owners_too(self, nordlys: Founded) -> None:
        owner = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name="Fjord AS", share="10", country="NO",
            hq_country="NO", hq_since="2018", by=nordlys.by,
        ).owner  # fmt: skip
        parties.correct(owner, name="Fjord AS", country="NO", hq_country="CN", hq_since="2025-01-15", by=nordlys.by)
        assert rows(owner) == [("NO", "2018", "2018-01-01", "2025-01-15"), ("CN", "2025-01-15", "2025-01-15", "")]


def run_from(party: Party, day: date) -> str:
    found = attributes.on(Attribute.objects.filter(party=party), day)
    return str(found[party.pk, HQ].country) if found else ""


class TestOn:
    @pytest.mark.parametrize(
        ("day", "country"), [("2019-01-01", "NO"), ("2024-02-29", "NO"), ("2024-03-01", "SG"), ("2026-01-01", "SG")]
    )
    def test_a_past_day_has_the_value_of_that_day(self, nordlys: Founded, day: str, country: str) -> None:
        told(nordlys, "NO", hq_since="2019")
        told(nordlys, "SG", hq_since="2024-03")
        assert run_from(nordlys.party, date.fromisoformat(day)) == country

    def test_before_the_first_day_stands_what_was_told_first(self, nordlys: Founded) -> None:
        told(nordlys, "SE", hq_since=TODAY)
        told(nordlys, "SG", hq_since="2024-03")
        assert run_from(nordlys.party, date(2001, 1, 1)) == "SG"

    def test_of_whom_nothing_was_told_it_is_empty(self, nordlys: Founded) -> None:
        assert run_from(nordlys.controller, date(2024, 1, 1)) == ""


class TestDetermined:
    def test_the_parent_is_kept_with_the_day_until_another_is_found(self, nordlys: Founded) -> None:
        owner = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name="Fjord AS", share="60", country="NO",
            hq_country="NO", by=nordlys.by,
        ).owner  # fmt: skip
        for parent in (nordlys.party, nordlys.party, owner, None):
            attributes.determined(nordlys.party, parent)
        found = Attribute.objects.filter(party=nordlys.party, what="parent").order_by("pk")
        assert [(row.parent, row.source, row.valid_to is None) for row in found] == [
            (nordlys.party, "determined", False),
            (owner, "determined", False),
        ]
