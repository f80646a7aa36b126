"""What is counted, and how long it took."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from kyc.parties.models import Party
from kyc.screening import actions as screening
from kyc.screening import overturning, rates
from kyc.screening.models import Hit, ListVersion
from kyc.screening.rates import Rates
from tests import cast
from tests.cast import customer, founded, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db
EPOCH, NEVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@scene
def party() -> Party:
    return founded(customer()).controller


@scene
def ana() -> User:
    return staff("analyst", "Ana")


@scene
def rui() -> User:
    return staff("approver", "Rui")


def version(source: str) -> ListVersion:
    told = {"published": "2026-11-01", "sha256": source, "entries_count": 1}
    return ListVersion.objects.get_or_create(source=source, defaults=told)[0]


def match(party: Party, number: int, source: str = "ofac-sdn", **more: Any) -> Hit:
    return cast.matched(party, version(source), entry_id=str(number), **more)


def asked(since: datetime = EPOCH, until: datetime = NEVER, *, days: int = 3) -> list[Rates]:
    return rates.of(rates.described(since=since, until=until, at=timezone.now(), promised=timedelta(days=days)))


def whole(**asking: Any) -> Rates:
    [row] = [row for row in asked(**asking) if row.by == "all"]
    return row


class TestOf:
    def test_every_match_is_one_thing(self, party: Party, ana: User, rui: User) -> None:
        hits = [match(party, number) for number in range(7)]
        cast.ruled(hits[0], ruling="false", by=ana)
        cast.ruled(hits[1], ruling="false", by=ana)
        cast.ruled(hits[2], ruling="true", by=ana, second=rui)
        cast.ruled(hits[3], ruling="undecided", note="Ask.", by=ana)
        screening.rule(hits[4], ruling="true", reason="same_identifier", by=ana)
        match(party, 5, before=hits[5], is_match=False)
        found = whole()
        assert (found.found, found.another, found.same, found.open, found.undecided, found.passed) == (7, 2, 1, 3, 1, 1)
        assert found.found == found.ruled + found.open + found.passed
        assert (found.false_alarms, found.is_enough) == (2 / 3, False)
        Party.objects.filter(pk=party.pk).update(removed_on="2026-11-24")
        assert (whole().open, whole().passed, whole().late) == (0, 4, 0)

    def test_what_was_overturned_counts_once_and_as_it_is_ruled_now(self, party: Party, ana: User, rui: User) -> None:
        first, second = match(party, 1), match(party, 2)
        for hit in (first, second):
            cast.ruled(hit, ruling="false", by=ana)
        said = {"reason": "same_identifier", "note": "Wrong."}
        row = overturning.confirm(overturning.overturn(first, ruling="true", **said, by=ana).overturning, by=rui)
        overturning.overturn(second, ruling="undecided", reason="asked", note="Wrong.", by=ana)
        found = whole()
        assert (found.found, found.another, found.same, found.undecided, found.overturned) == (2, 0, 1, 1, 2)
        again = {"ruling": "false", "reason": "different_name", "note": "Not wrong."}
        overturning.confirm(overturning.overturn(row, **again, by=ana).overturning, by=rui)
        found = whole()
        assert (found.found, found.another, found.same, found.overturned) == (2, 1, 0, 2)
        # What follows a row by which something was overturned is a match of its own.
        match(party, 2, before=Hit.objects.get(overturns=second))
        found = whole()
        assert (found.found, found.open, found.passed, found.overturned) == (3, 1, 1, 2)

    def test_is_told_apart_by_list_topic_configuration_and_month(self, party: Party, ana: User) -> None:
        match(party, 1, topics=["sanction"], configuration="2026-11")
        match(party, 2, topics=["sanction"], configuration="2026-12")
        cast.ruled(match(party, 3, "ftm", topics=["pep"], configuration="2026-12"), ruling="false", by=ana)
        match(party, 4, "ftm", topics=["pep", "sanction"], configuration="2026-12")
        told = [(row.by, row.source, row.topics, row.configuration, row.found, row.another) for row in asked()]
        month = f"{timezone.now():%Y-%m}"
        assert told[:-1] == [
            ("all", "", (), "", 4, 1),
            ("list", "ftm", (), "", 2, 1),
            ("list", "ofac-sdn", (), "", 2, 0),
            ("topic", "ftm", ("pep",), "", 1, 1),
            ("topic", "ftm", ("pep", "sanction"), "", 1, 0),
            ("topic", "ofac-sdn", ("sanction",), "", 2, 0),
            ("configuration", "", (), "2026-11", 1, 0),
            ("configuration", "", (), "2026-12", 3, 1),
        ]
        assert (asked()[-1].by, asked()[-1].month, asked()[-1].found) == ("month", month, 4)

    def test_the_period_is_by_when_it_was_found(self, party: Party) -> None:
        hit = match(party, 1)
        assert whole(since=hit.found_at).found == 1
        assert asked(until=hit.found_at) == [] == asked(since=hit.found_at + timedelta(microseconds=1))

    def test_late_is_what_is_open_for_longer_than_was_promised(self, party: Party, ana: User) -> None:
        cast.ruled(match(party, 1), ruling="false", by=ana)
        match(party, 2)
        assert (whole(days=3).late, whole(days=0).late) == (0, 1)

    def test_times_are_of_the_first_ruling_in_force(self, party: Party, ana: User) -> None:
        now = timezone.now()
        for number in range(rates.ENOUGH_FOR_TENTH):
            ruled = {"ruling": "false", "ruling_reason": "different_name", "ruled_by": ana}
            hit = match(party, number, **ruled, ruled_at=now + timedelta(hours=number))
            if number == 0:
                overturning.overturn(hit, ruling="undecided", reason="asked", note="Wrong.", by=ana)
        match(party, 99)
        found = whole()
        assert found.took == rates.ENOUGH_FOR_TENTH
        assert found.median and round(found.median.total_seconds() / 360) == 45, "four and a half hours"
        assert found.ninetieth and round(found.ninetieth.total_seconds() / 360) == 81
        assert whole(since=Hit.objects.get(entry_id="1", overturns=None).found_at).ninetieth is None, "nine are too few"

    def test_one_question_however_many_there_are(self, party: Party) -> None:
        for number in range(3):
            match(party, number)
        with CaptureQueriesContext(connection) as asking:
            asked()
        assert len(asking) == 1
