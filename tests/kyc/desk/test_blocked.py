"""The pages of what was blocked or rejected: the queue by its clocks, one record, filing by two, the annual report, the file."""

# ruff: noqa: F811  # Names of fixtures.

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kyc.directives.blocked import actions
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from tests import cast
from tests.cast import Founded
from tests.kyc.directives.blocked.conftest import (  # noqa: F401  # fixtures
    ana,
    case,
    entity,
    found,
    issued,
    linked,
    nordlys,
    rui,
    same,
    sold,
    the_list,
)
from tests.kyc.directives.blocked.scenes import TOLD, completed, filed


@pytest.fixture
def vera(db: None) -> User:
    """With a second factor, as whoever opens pages needs one."""
    return cast.staff("approver", "Vera Lima")


@pytest.fixture
def desk(vera: User) -> Client:
    return cast.signed_in(vera)


def sent(found: BlockedRecord, **more: Any) -> dict[str, Any]:
    return TOLD | {"kind": found.kind, "happened_on": found.happened_on.isoformat()} | more


def text(client: Client, name: str, *args: Any, **query: str) -> str:
    return client.get(reverse(f"desk:{name}", args=args), query).content.decode()


class TestList:
    def test_what_is_due_stands_first_and_says_what_it_rests_on(self, desk: Client, found: BlockedRecord) -> None:
        page = text(desk, "blocked_records")
        assert found.number in page and "Listed parties own the customer" in page

    def test_overdue_it_says_so(self, desk: Client, found: BlockedRecord) -> None:
        BlockedRecord.objects.update(happened_on=date(2026, 10, 1), due_on=date(2026, 10, 16))
        assert "Overdue" in text(desk, "blocked_records")

    def test_the_file_holds_each_record(self, desk: Client, found: BlockedRecord, ana: User, rui: User) -> None:
        filed(found, by=ana, second=rui)
        answer = desk.get(reverse("desk:blocked_csv"))
        rows = b"".join(answer.streaming_content).decode().splitlines()
        assert rows[0].startswith("record,kind,holder") and len(rows) == 2
        assert "ORS-2026-118" in rows[1] and "1250.00,USD" in rows[1]


class TestRecord:
    def test_gaps_are_named_and_no_report_is_offered(self, desk: Client, found: BlockedRecord) -> None:
        page = text(desk, "blocked_record", found.pk)
        assert "Still to be filled in:" in page and reverse("desk:blocked_prepare", args=[found.pk]) not in page
        assert "60 %" in page and "entry 9103" in page

    def test_it_is_completed_and_prepared(self, desk: Client, found: BlockedRecord) -> None:
        desk.post(reverse("desk:blocked_amend", args=[found.pk]), sent(found))
        desk.post(reverse("desk:blocked_prepare", args=[found.pk]), {"note": ""})
        assert BlockedFiling.objects.get().waits
        assert "You prepared this, so another officer files it." in text(desk, "blocked_record", found.pk)

    @pytest.mark.parametrize(
        ("more", "field"), [({"value": "many"}, "value"), ({"currency": ""}, "value"), ({"asset": ""}, "asset")]
    )
    def test_what_is_wrong_is_said_beside_it(
        self,
        desk: Client,
        found: BlockedRecord,
        more: dict[str, str],
        field: str,
    ) -> None:
        page = desk.post(reverse("desk:blocked_amend", args=[found.pk]), sent(found, **more))
        assert page.status_code == 422 and field in page.context["form"].errors

    def test_another_files_it(self, desk: Client, found: BlockedRecord, ana: User) -> None:
        filing = actions.prepare(completed(found, by=ana), by=ana)
        take = reverse("desk:blocked_take", args=[filing.pk])
        assert take in text(desk, "blocked_record", found.pk)
        assert desk.post(take, {"filed_on": "", "reference": ""}).status_code == 422
        desk.post(take, {"filed_on": timezone.localdate().isoformat(), "reference": "ORS-7"})
        assert "ORS-7" in text(desk, "blocked_record", found.pk)

    def test_or_sends_it_back(self, desk: Client, found: BlockedRecord, ana: User) -> None:
        filing = actions.prepare(completed(found, by=ana), by=ana)
        desk.post(reverse("desk:blocked_decline", args=[filing.pk]), {"reason": "Another balance."})
        assert "Another balance." in text(desk, "blocked_record", found.pk)

    def test_nothing_to_report_is_confirmed_by_another(self, desk: Client, found: BlockedRecord, ana: User) -> None:
        filing = actions.dismiss(found, reason="A licence.", by=ana)
        desk.post(reverse("desk:blocked_take", args=[filing.pk]))
        found.refresh_from_db()
        assert found.state == "dismissed"

    def test_filed_it_is_released_with_its_ground(
        self,
        desk: Client,
        found: BlockedRecord,
        ana: User,
        rui: User,
    ) -> None:
        filed(found, by=ana, second=rui)
        desk.post(
            reverse("desk:blocked_release", args=[found.pk]), {"released_on": str(timezone.localdate()), "ground": "Delisted."}
        )
        assert "Delisted." in text(desk, "blocked_record", found.pk)
        assert found.number in text(desk, "blocked_records", tab="over")

    def test_filed_its_kind_and_day_are_no_fields(self, desk: Client, found: BlockedRecord, ana: User, rui: User) -> None:
        assert 'name="happened_on"' in text(desk, "blocked_record", found.pk)
        filed(found, by=ana, second=rui)
        page = text(desk, "blocked_record", found.pk)
        assert 'name="happened_on"' not in page and 'name="kind"' not in page and 'name="contact"' in page
        desk.post(reverse("desk:blocked_amend", args=[found.pk]), TOLD | {"value": "7.00"})
        found.refresh_from_db()
        assert (found.kind, str(found.value), found.is_changed) == ("blocked", "7.00", True)

    def test_whoever_comes_second_is_told_why_it_is_not_filed(
        self, desk: Client, found: BlockedRecord, ana: User, rui: User
    ) -> None:
        filed(found, by=ana, second=rui)
        take = reverse("desk:blocked_take", args=[BlockedFiling.objects.get().pk])
        page = desk.post(take, {"filed_on": timezone.localdate().isoformat(), "reference": "ORS-8"})
        assert page.status_code == 422 and "It is decided already: done." in page.content.decode()


class TestNew:
    def test_a_refusal_is_recorded_by_hand(self, desk: Client, nordlys: Founded) -> None:
        told = TOLD | {"kind": "rejected", "happened_on": "2026-11-25", "customer": f"O-{nordlys.organisation.pk}", "ground": ""}
        page = desk.post(reverse("desk:blocked_new"), told)
        made = BlockedRecord.objects.get()
        assert page.url == reverse("desk:blocked_record", args=[made.pk]) and made.basis == "region"

    @pytest.mark.parametrize("more", [{"customer": "Nobody AG"}, {"ground": "B-2026-9999"}, {"happened_on": "2199-01-01"}])
    def test_of_nobody_or_on_no_ground_it_is_none(self, desk: Client, nordlys: Founded, more: dict[str, str]) -> None:
        told = (
            TOLD | {"kind": "rejected", "happened_on": "2026-11-25", "customer": nordlys.organisation.name, "ground": ""} | more
        )
        page = desk.post(reverse("desk:blocked_new"), told)
        assert page.status_code == 422 and {*more} == {*page.context["form"].errors}


class TestAnnual:
    def test_it_is_prepared_and_filed_by_another(self, desk: Client, found: BlockedRecord, ana: User) -> None:
        BlockedRecord.objects.update(happened_on=date(2025, 3, 3), due_on=date(2025, 3, 17))
        prepare = reverse("desk:blocked_prepare_annual", args=[2025])
        assert prepare in text(desk, "blocked_records")
        assert desk.post(reverse("desk:blocked_prepare_annual", args=[2019])).status_code == 404
        filing = actions.prepare_annual(2025, by=ana)
        take = reverse("desk:blocked_take", args=[filing.pk])
        assert take in text(desk, "blocked_records")
        assert desk.post(take, {"filed_on": "", "reference": ""}).status_code == 422
        desk.post(take, {"filed_on": timezone.localdate().isoformat(), "reference": "ORS-A"})
        assert "Annual report of 2025" not in text(desk, "blocked_records")
        again = desk.post(take, {"filed_on": timezone.localdate().isoformat(), "reference": "ORS-B"})
        assert again.status_code == 422 and "It is decided already: done." in again.content.decode()
