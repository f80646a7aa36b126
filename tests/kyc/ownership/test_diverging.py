"""What becomes of what two customers declared differently of one company."""

from datetime import timedelta

import pytest
from django.db import Error, transaction
from django.utils import timezone

from accounts import scope
from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.ownership import diverging
from kyc.ownership.models import Divergence, Interest
from kyc.ownership.observing import NotThere
from kyc.parties.models import Party
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded, staff
from tests.kyc.ownership.test_twice import company, own
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def ana() -> User:
    return staff("analyst", "Ana Maric")


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


@scene
def sorvik() -> Founded:
    return founded(customer("bo@sorvik.example", "Bo Berg"), name="Sorvik AS", person="Bo Berg", told=False)


@scene
def both(nordlys: Founded, sorvik: Founded) -> tuple[Party, Party]:
    return company(nordlys, hq_country="SE"), company(sorvik)


@scene
def row(both: tuple[Party, Party], ana: User) -> Divergence:
    same(both, ana)
    return Divergence.objects.get()


def same(both: tuple[Party, Party], by: User, *, ruling: str = "same", reason: str = "One LEI.") -> None:
    diverging.rule(*both, ruling=ruling, reason=reason, by=by)


def resolve(row: Divergence, by: User, resolution: str = "first", reason: str = "Seen in the register.") -> Divergence:
    return diverging.resolve(row, resolution=resolution, reason=reason, by=by)


def stands() -> list[tuple[str, str | None, str | None, str]]:
    return [(row.what, row.first_says, row.second_says, row.resolution) for row in Divergence.objects.order_by("pk")]


def told(party: Party, country: str) -> None:
    Party.objects.filter(pk=party.pk).update(hq_country=country)
    diverging.settle(party.organisation_id)


class TestSettle:
    def test_a_ruling_opens_one_with_the_clock_of_a_difference_between_sources(self, row: Divergence, nordlys: Founded) -> None:
        assert stands() == [("hq_country", "SE", "NO", "")]
        assert row.is_open and row.due_on == timezone.now().date() + timedelta(days=14)
        assert row.organisation == nordlys.organisation

    def test_is_the_same_from_either_side_and_repeated_it_is_silence(
        self, row: Divergence, both: tuple[Party, Party], ana: User
    ) -> None:
        same((both[1], both[0]), ana, reason="One number.")
        for party in both:
            diverging.settle(party.organisation_id)
        assert Divergence.objects.get().pk == row.pk
        assert AuditEvent.objects.filter(verb="divergence.opened").count() == 1

    def test_owners_are_told_by_the_party_and_all_of_one_together(
        self, nordlys: Founded, sorvik: Founded, both: tuple[Party, Party], ana: User
    ) -> None:
        kari = own(nordlys, both[0], "Kari Moe", "60")
        nina = own(sorvik, both[1], "Nina Berg", "40")
        other = own(sorvik, both[1], "Kari Moe", "40")
        for found, owner, owned, share in ((nordlys, kari, both[0], "50"), (sorvik, other, both[1], "30")):
            Interest.objects.create(
                organisation=found.organisation, owner=owner, owned=owned, kind="votingRights", share=share,
                valid_from=timezone.localdate(),
            )  # fmt: skip
        same(both, ana)
        rows = {(row.owner, row.first_says, row.second_says) for row in Divergence.objects.filter(what="owner")}
        assert rows == {(kari, "60 + votingRights 50", "40 + votingRights 30"), (nina, None, "40")}

    def test_what_they_say_by_now_is_kept_and_it_ends_by_itself_once_they_agree(
        self, row: Divergence, both: tuple[Party, Party]
    ) -> None:
        told(both[0], "DK")
        assert stands() == [("hq_country", "DK", "NO", "")]
        told(both[1], "DK")
        assert stands() == [("hq_country", "DK", "NO", "corrected")]
        row.refresh_from_db()
        assert row.resolved_by is None

    def test_differing_anew_it_is_a_new_row_whose_clock_has_gone_on(self, row: Divergence, both: tuple[Party, Party]) -> None:
        with transaction.atomic():
            Divergence.objects.filter(pk=row.pk).delete()
        Divergence.objects.create(
            organisation_id=row.organisation_id, party=row.party, other=row.other, what="hq_country", first_says="SE",
            second_says="NO", opened_at=row.opened_at, due_on=row.due_on - timedelta(days=9),
        )  # fmt: skip
        told(both[0], "NO")
        told(both[0], "SE")
        assert stands() == [("hq_country", "SE", "NO", "corrected"), ("hq_country", "SE", "NO", "")]
        assert Divergence.objects.open().get().due_on == row.due_on - timedelta(days=9)

    def test_ruled_to_be_two_it_ends(self, row: Divergence, both: tuple[Party, Party], ana: User) -> None:
        same(both, ana, ruling="different", reason="Mistyped.")
        assert stands() == [("hq_country", "SE", "NO", "overtaken")]

    def test_named_by_one_of_them_no_more_it_ends(self, row: Divergence, nordlys: Founded) -> None:
        for interest in Interest.objects.live().filter(owner=row.party):
            ownership.end(interest, by=nordlys.by)
        Party.objects.filter(pk=row.party_id).update(removed_on=timezone.localdate())
        diverging.settle(nordlys.organisation.pk)
        assert stands() == [("hq_country", "SE", "NO", "overtaken")]


class TestResolve:
    def test_says_who_is_right_and_why_and_by_whom(self, row: Divergence, ana: User) -> None:
        resolve(row, ana, "second", " Moved in 2024. ")
        row.refresh_from_db()
        assert (row.resolution, row.reason, row.resolved_by) == ("second", "Moved in 2024.", ana)

    def test_stays_settled_until_one_of_them_says_something_else(
        self, row: Divergence, both: tuple[Party, Party], ana: User
    ) -> None:
        resolve(row, ana)
        diverging.settle(both[1].organisation_id)
        assert not Divergence.objects.open().exists()
        told(both[0], "DK")
        assert stands() == [("hq_country", "SE", "NO", "first"), ("hq_country", "DK", "NO", "")]

    @pytest.mark.parametrize(("resolution", "reason"), [("corrected", "x"), ("", "x"), ("both", " ")])
    def test_not_without_a_reason_nor_as_what_only_follows(
        self, row: Divergence, ana: User, resolution: str, reason: str
    ) -> None:
        with pytest.raises(BadText):
            resolve(row, ana, resolution, reason)

    def test_once_and_by_who_may(self, row: Divergence, ana: User, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            resolve(row, nordlys.by)
        resolve(row, ana)
        with pytest.raises(NotThere, match="The first is right"):
            resolve(row, ana, "second")

    @pytest.mark.parametrize("change", [{"due_on": "2030-01-01"}, {"reason": "Another."}, {"resolved_at": None}])
    def test_the_database_holds_what_was_settled(self, row: Divergence, ana: User, change: dict[str, str | None]) -> None:
        resolve(row, ana)
        with pytest.raises(Error, match="keeps its clock"), transaction.atomic():
            Divergence.objects.filter(pk=row.pk).update(**change)


class TestTheRecord:
    def test_is_the_houses_and_quotes_nothing(self, row: Divergence, ana: User) -> None:
        resolve(row, ana, reason="Sorvik AS has shown its register.")
        events = AuditEvent.objects.filter(verb__startswith="divergence.").order_by("pk")
        assert [(event.verb, event.organisation_id, event.reason) for event in events] == [
            ("divergence.opened", None, ""), ("divergence.resolved", None, ""),
        ]  # fmt: skip
        assert [sorted(event.details) for event in events] == [["due_on", "what"], ["resolution", "what"]]

    def test_neither_customer_is_shown_a_row(self, row: Divergence, nordlys: Founded, sorvik: Founded) -> None:
        for found in (nordlys, sorvik):
            with scope.of(found.organisation.pk):
                assert not Divergence.objects.exists()
