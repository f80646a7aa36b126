"""Completing, filing by two, correcting and releasing; and what the database refuses whatever code runs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from accounts.proposals import SamePerson
from accounts.refused import NoteMissing, ReasonMissing
from kyc.directives.blocked import actions, finding
from kyc.directives.blocked.actions import BadRecord, Incomplete, NotNow
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from kyc.rules import packs
from kyc.screening.models import Hit
from tests.cast import Founded
from tests.kyc.directives.blocked.scenes import completed, filed, said

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


class TestFiling:
    def test_a_record_with_gaps_is_not_prepared(self, found: BlockedRecord, ana: User) -> None:
        with pytest.raises(Incomplete):
            actions.prepare(found, by=ana)
        assert actions.missing(completed(found, by=ana)) == []

    def test_one_prepares_and_another_files(self, found: BlockedRecord, ana: User, rui: User) -> None:
        filing = actions.prepare(completed(found, by=rui), by=rui)
        with pytest.raises(SamePerson):
            actions.take(filing, filed_on=TODAY(), reference="ORS-1", by=rui)
        with pytest.raises(NotPermitted):
            actions.take(filing, filed_on=TODAY(), reference="ORS-1", by=ana)

    def test_filed_it_says_when_by_whom_and_under_which_reference(self, found: BlockedRecord, ana: User, rui: User) -> None:
        row = filed(found, by=ana, second=rui)
        filing = row.filings.get()
        assert (row.state, row.is_late, filing.reference, filing.proposal.outcome_by) == ("filed", False, "ORS-2026-118", rui)

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"filed_on": None}, "filed_on"),
            ({"filed_on": date(2199, 1, 1)}, "filed_on"),
            ({"filed_on": date(2020, 1, 2)}, "filed_on"),
            ({"reference": " "}, "reference"),
        ],
    )
    def test_without_its_day_and_reference_it_is_not_filed(
        self, found: BlockedRecord, ana: User, rui: User, given: dict[str, object], field: str
    ) -> None:
        filing = actions.prepare(completed(found, by=ana), by=ana)
        with pytest.raises(BadRecord) as refused:
            actions.take(filing, **({"filed_on": TODAY(), "reference": "ORS-1"} | given), by=rui)  # type: ignore[arg-type]
        assert refused.value.field == field
        filing.refresh_from_db()
        assert filing.waits and not filing.proposal.outcome

    def test_sent_back_it_can_be_prepared_anew(self, found: BlockedRecord, ana: User, rui: User) -> None:
        filing = actions.prepare(completed(found, by=ana), by=ana)
        with pytest.raises(NotNow):
            completed(found, by=ana, value=Decimal(3))
        with pytest.raises(ReasonMissing):
            actions.decline(filing, reason=" ", by=rui)
        actions.decline(filing, reason="The balance is another.", by=rui)
        assert actions.prepare(found, by=ana).waits

    def test_nothing_to_report_takes_two_as_well(self, found: BlockedRecord, ana: User, rui: User) -> None:
        filing = actions.dismiss(found, reason="The licence 2026-9 covers it.", by=ana)
        found.refresh_from_db()
        assert found.is_open
        actions.take(filing, by=rui)
        found.refresh_from_db()
        assert (found.state, found.is_over, found.kept_from is None) == ("dismissed", True, False)


class TestLater:
    def test_what_is_changed_after_filing_is_corrected(self, found: BlockedRecord, ana: User, rui: User) -> None:
        row = completed(filed(found, by=ana, second=rui), by=ana, value=Decimal("1300.00"))
        assert (row.state, row.is_changed) == ("filed", True)
        with pytest.raises(NoteMissing):
            actions.prepare(row, by=ana)
        actions.take(actions.prepare(row, note="A late payment.", by=ana), filed_on=TODAY(), reference="ORS-2", by=rui)
        row.refresh_from_db()
        assert (row.state, row.is_changed) == ("corrected", False)

    def test_its_day_stays_once_it_is_filed(self, found: BlockedRecord, ana: User, rui: User) -> None:
        row = filed(found, by=ana, second=rui)
        due = row.due_on
        actions.amend(row, said(), kind="rejected", happened_on=row.happened_on - timedelta(days=9), by=ana)
        row.refresh_from_db()
        assert (row.kind, row.due_on) == ("blocked", due)

    def test_a_clock_that_the_product_began_is_only_set_back(self, found: BlockedRecord, ana: User) -> None:
        day = found.happened_on
        BlockedRecord.objects.update(happened_on=day - timedelta(days=9))
        with pytest.raises(BadRecord) as refused:
            actions.amend(found, said(), kind="blocked", happened_on=day, by=ana)
        assert refused.value.field == "happened_on"
        earlier = day - timedelta(days=12)
        row = actions.amend(found, said(), kind="blocked", happened_on=earlier, by=ana)
        assert (row.happened_on, row.due_on) == (earlier, packs.current().blocked_due(earlier))
        details = AuditEvent.objects.get(verb="blocked.amended").details
        assert (details["before"], details["now"]) == ((day - timedelta(days=9)).isoformat(), earlier.isoformat())

    def test_only_what_is_filed_is_released_with_its_ground(self, found: BlockedRecord, ana: User, rui: User) -> None:
        with pytest.raises(NotNow):
            actions.release(found, released_on=TODAY(), ground="Delisted.", by=ana)
        row = filed(found, by=ana, second=rui)
        with pytest.raises(ReasonMissing):
            actions.release(row, released_on=TODAY(), ground="", by=ana)
        row = actions.release(row, released_on=TODAY(), ground="Delisted on that day.", by=ana)
        assert row.is_over and row.kept_from is not None and row.kind == "blocked"

    def test_what_is_changed_is_corrected_before_it_is_released_and_never_after(
        self, found: BlockedRecord, ana: User, rui: User
    ) -> None:
        row = completed(filed(found, by=ana, second=rui), by=ana, value=Decimal("1300.00"))
        with pytest.raises(NotNow, match="corrected report first"):
            actions.release(row, released_on=TODAY(), ground="Delisted.", by=ana)
        actions.take(actions.prepare(row, note="A late payment.", by=ana), filed_on=TODAY(), reference="ORS-2", by=rui)
        row = actions.release(row, released_on=TODAY(), ground="Delisted.", by=ana)
        with pytest.raises(NotNow, match="released"):
            completed(row, by=ana, value=Decimal(3))


class TestByHand:
    def test_a_refusal_to_a_region_under_embargo(self, nordlys: Founded, ana: User) -> None:
        made = actions.record(
            nordlys.organisation,
            said(asset="service", value=None, currency=""),
            kind="rejected",
            happened_on=date(2026, 11, 25),
            by=ana,
        )
        # Thanksgiving is no working day.
        assert (made.basis, made.due_on, made.hit_id) == ("region", date(2026, 12, 10), None)

    def test_another_property_on_the_same_ground(
        self, found: BlockedRecord, ana: User, nordlys: Founded, sorvik: Founded
    ) -> None:
        more = {"kind": "blocked", "happened_on": found.happened_on, "ground": found, "by": ana}
        made = actions.record(nordlys.organisation, said(asset="credits"), **more)  # type: ignore[arg-type]
        assert (made.basis, made.determination_id, made.facts) == ("owned", found.determination_id, found.facts)
        with pytest.raises(BadRecord):
            actions.record(sorvik.organisation, said(), **more)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("more", "field"), [({"asset": "gold"}, "asset"), ({"currency": ""}, "value"), ({"value": Decimal(-1)}, "value")]
    )
    def test_what_is_no_property_is_none(self, nordlys: Founded, ana: User, more: dict[str, object], field: str) -> None:
        with pytest.raises(BadRecord) as refused:
            actions.record(nordlys.organisation, said(**more), kind="blocked", happened_on=TODAY(), by=ana)
        assert refused.value.field == field


class TestAnnual:
    def test_the_stock_is_what_was_held_on_the_day(self, found: BlockedRecord, ana: User, rui: User) -> None:
        assert actions.stock(found.happened_on) == [found]
        assert actions.stock(found.happened_on - timedelta(days=1)) == []
        row = actions.release(filed(found, by=ana, second=rui), released_on=TODAY(), ground="Delisted.", by=ana)
        assert actions.stock(row.happened_on) == ([] if row.happened_on == TODAY() else [row])

    def test_of_each_year_with_a_stock_until_it_is_filed(self, found: BlockedRecord, ana: User, rui: User) -> None:
        BlockedRecord.objects.update(happened_on=date(2025, 3, 3), due_on=date(2025, 3, 17))
        assert actions.annual_open(date(2026, 6, 30)) == [(2025, date(2025, 9, 30))]
        filing = actions.prepare_annual(2025, by=ana)
        assert filing.stock == [found.pk]
        with pytest.raises(NotNow):
            actions.prepare_annual(2025, by=rui)
        actions.take(filing, filed_on=TODAY(), reference="ORS-A", by=rui)
        assert actions.annual_open(date(2026, 7, 1)) == [(2026, date(2026, 9, 30))]

    def test_not_before_its_day_is_over(self, found: BlockedRecord, ana: User) -> None:
        with pytest.raises(NotNow):
            actions.prepare_annual(TODAY().year + 1, by=ana)


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"state": "filed"}, "reported by two"),
            ({"state": "dismissed", "kept_from": timezone.now()}, "reported by two"),
            ({"basis": "region"}, "keeps its ground"),
            ({"happened_on": date(2199, 1, 1), "due_on": date(2199, 1, 9)}, "keeps its ground, its clock"),
            ({"value": Decimal(3), "currency": ""}, "blocked_value_has_its_currency"),
            ({"due_on": date(2020, 1, 1)}, "blocked_is_due_later"),
            ({"kept_from": timezone.now()}, "blocked_is_kept_from_its_end"),
        ],
    )  # fmt: skip
    def test_refuses(self, found: BlockedRecord, change: dict[str, object], said: str) -> None:
        with pytest.raises(IntegrityError, match=said), transaction.atomic():
            BlockedRecord.objects.update(**change)

    def test_reported_it_keeps_what_it_tells(self, found: BlockedRecord, ana: User, rui: User) -> None:
        filed(found, by=ana, second=rui)
        with pytest.raises(IntegrityError, match="blocked_reported_is_complete"), transaction.atomic():
            BlockedRecord.objects.update(what="")

    def test_rests_on_no_match_and_no_arithmetic_of_another(self, found: BlockedRecord, same: Hit, sorvik: Founded) -> None:
        more = {"kind": "rejected", "happened_on": TODAY(), "made_by": None, "facts": {}}
        grounds = ({"basis": "listed", "hit": same}, {"basis": "owned", "determination": found.determination})
        for ground in grounds:
            with pytest.raises(IntegrityError, match="belongs to the organisation named"), transaction.atomic():
                finding.put(sorvik.organisation, **more, **ground)

    def test_deletes_no_record(self, found: BlockedRecord) -> None:
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            BlockedRecord.objects.all().delete()

    def test_deletes_no_filing(self, found: BlockedRecord, ana: User) -> None:
        actions.dismiss(found, reason="A licence.", by=ana)
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            BlockedFiling.objects.all().delete()
