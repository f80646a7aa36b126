"""R-20: what was blocked or rejected, whose, by which entry and arithmetic, with its clock; and the stock of the annual one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import snapshots
from accounts.models import User
from kyc.directives.blocked import actions
from kyc.directives.blocked.models import BlockedRecord
from kyc.rules import packs
from reports import canonical, pdf
from reports.facts.blocked import ANNUAL, BLOCKED
from reports.facts.frame import LANGUAGE, Frame
from tests import cast
from tests.cast import Founded
from tests.kyc.directives.blocked.scenes import completed, filed, said
from tests.reports import specimen
from tests.reports.test_pdf import extracted

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 6, 15)


def told(organisation: int, *, frame: Frame = BLOCKED, valid_at: datetime | None = None) -> dict[str, Any]:
    snapshot = snapshots.take()
    with translation.override(LANGUAGE):
        *_, (_name, facts) = frame.build(
            organisation=organisation, valid_at=valid_at or snapshot.taken_at, snapshot=snapshot, pack=packs.current()
        )
    return facts


@pytest.fixture
def ana() -> User:
    return cast.staff("analyst", "Ana Maric")


@pytest.fixture
def rui() -> User:
    return cast.staff("approver", "Rui Duarte")


@pytest.fixture
def nordlys() -> Founded:
    return cast.founded(cast.customer())


def blocked(nordlys: Founded, by: User, on: date = ON) -> BlockedRecord:
    return actions.record(nordlys.organisation, said(), kind="blocked", happened_on=on, by=by)


class TestRecords:
    def test_each_tells_holder_property_authority_and_clock(self, nordlys: Founded, ana: User) -> None:
        made = blocked(nordlys, ana)
        [row] = told(nordlys.organisation.pk)["records"]
        assert (row["number"], row["holder"]["name"], row["property"]) == (made.number, "Nordlys Modelling AS", "Prepaid balance")
        assert (row["value"], row["authority"], row["programme"]) == ("1250.00 USD", "31 CFR part 594", "SDGT")
        # Juneteenth is no working day.
        assert (row["on"], row["due_on"], row["clock"]) == ("2026-06-15", "2026-06-30", "overdue, not filed")

    def test_filed_it_says_by_whom_when_and_under_what(self, nordlys: Founded, ana: User, rui: User) -> None:
        filed(blocked(nordlys, ana), by=ana, second=rui)
        [row] = told(nordlys.organisation.pk)["records"]
        assert row["clock"] == "filed in time"
        assert [(one["kind"], one["reference"], one["prepared_by"], one["filed_by"]) for one in row["filings"]] == [
            ("First report", "ORS-2026-118", "Ana Maric", "Rui Duarte")
        ]

    def test_nothing_to_report_says_who_found_so_and_why_and_the_clock_ran_until_then(
        self, nordlys: Founded, ana: User, rui: User
    ) -> None:
        made = actions.dismiss(blocked(nordlys, ana), reason="Another of that name.", by=ana)
        before = timezone.now()
        actions.take(made, by=rui)
        [row] = told(nordlys.organisation.pk)["records"]
        assert row["clock"] == "ended: two officers found nothing to report"
        [one] = row["filings"]
        assert (one["kind"], one["note"], one["prepared_by"], one["filed_by"]) == (
            "Nothing to report", "Another of that name.", "Ana Maric", "Rui Duarte",
        )  # fmt: skip
        assert one["filed_on"] == "" and one["ended_at"]
        [row] = told(nordlys.organisation.pk, valid_at=before)["records"]
        assert (row["clock"], row["filings"]) == ("overdue, not filed", [])

    def test_what_another_customer_holds_is_not_told(self, nordlys: Founded, ana: User) -> None:
        blocked(nordlys, ana)
        assert told(nordlys.organisation.pk + 1)["records"] == []

    def test_the_same_five_give_the_same_bytes_and_later_facts_change_none(self, nordlys: Founded, ana: User) -> None:
        row = blocked(nordlys, ana)
        snapshot = snapshots.take()

        def again() -> str:
            with translation.override(LANGUAGE):
                *_, (_name, facts) = BLOCKED.build(
                    organisation=nordlys.organisation.pk, valid_at=snapshot.taken_at, snapshot=snapshot, pack=packs.current()
                )
            return canonical.sha256(canonical.encode(facts))

        first = again()
        completed(row, by=ana, value=Decimal("9.00"))
        assert again() == first
        assert told(nordlys.organisation.pk)["records"][0]["value"] == "9.00 USD"

    def test_the_legal_bases_stand_with_their_status_and_day(self, nordlys: Founded, ana: User) -> None:
        bases = {one["citation"]: (one["status_text"], one["since"]) for one in told(nordlys.organisation.pk)["legal_bases"]}
        assert bases["31 CFR 501.603"] == bases["31 CFR 501.604"] == ("in force", "2019-06-21")


class TestAnnual:
    JUNE = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)

    def test_the_stock_is_what_was_held_on_the_day_of_whichever_customer(self, nordlys: Founded, ana: User, rui: User) -> None:
        made = blocked(nordlys, ana)
        blocked(nordlys, ana, date(2026, 7, 1))
        actions.record(nordlys.organisation, said(), kind="rejected", happened_on=ON, by=ana)
        facts = told(0, frame=ANNUAL, valid_at=self.JUNE)
        assert [row["number"] for row in facts["stock"]] == [made.number]
        assert facts["annual"] | {"stock_on": "2026-06-30", "due_on": "2026-09-30", "is_the_day": "yes"} == facts["annual"]
        assert {"what": "Value", "value": "1250.00 USD"} in facts["summary"]

    def test_what_was_released_by_then_is_held_no_more(self, nordlys: Founded, ana: User, rui: User) -> None:
        row = filed(blocked(nordlys, ana), by=ana, second=rui)
        actions.release(row, released_on=date(2026, 6, 29), ground="Delisted.", by=ana)
        assert told(0, frame=ANNUAL, valid_at=self.JUNE)["stock"] == []


class TestPaper:
    @pytest.mark.parametrize("frame", [BLOCKED, ANNUAL], ids=["one customer", "annual"])
    def test_its_pages_say_that_nothing_is_to_be_reported(self, nordlys: Founded, ana: User, rui: User, frame: Frame) -> None:
        """Of the house what came to be nothing is none of the stock."""
        actions.take(actions.dismiss(blocked(nordlys, ana), reason="Another of that name.", by=ana), by=rui)
        facts = told(0 if frame is ANNUAL else nordlys.organisation.pk, frame=frame)
        page = render_to_string("reports/paper/r-20.html", {"report": facts, "envelope": specimen.envelope(facts)})
        assert ("Another of that name." in page, "Nothing to report, " in page) == (frame is BLOCKED, frame is BLOCKED)

    @pytest.mark.parametrize("frame", [BLOCKED, ANNUAL], ids=["one customer", "annual"])
    def test_its_pages_say_what_its_facts_do(self, nordlys: Founded, ana: User, frame: Frame) -> None:
        made = blocked(nordlys, ana)
        facts = told(0 if frame is ANNUAL else nordlys.organisation.pk, frame=frame)
        text = extracted(pdf.render(facts, specimen.envelope(facts)))
        assert all(word in text for word in (made.number, "1250.00 USD", "31 CFR part 594", "2026-06-30", "in force"))
