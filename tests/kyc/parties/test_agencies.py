"""Agencies: whom a customer runs accounts for is told by him, and confirmed by each of these."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts import organisations, scope
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from kyc.parties import agencies
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.wording import BadText
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return cast.customer()


@pytest.fixture
def bob() -> User:
    return cast.customer("bob@client.example", "Bob Berg")


def of(user: User, name: str) -> Organisation:
    return organisations.create(name=name, by=user)


@pytest.fixture
def desk(alice: User) -> Organisation:
    return of(alice, "Desk & Co")


@pytest.fixture
def client(bob: User) -> Organisation:
    return of(bob, "Client AS")


def declared(desk: Organisation, *clients: Organisation, by: User) -> Agency:
    lines = "\n".join(f"{agencies.number_of(one.pk)} The {one.pk}" for one in clients)
    return agencies.declare(desk, name="Desk & Co clients", ground="agency", words="We run their bots.", accounts=lines, by=by)


class TestNumber:
    def test_leads_back_to_the_account(self, client: Organisation) -> None:
        number = agencies.number_of(client.pk)
        assert agencies.account_of(number) == client.pk
        assert agencies.account_of(f"  {number.lower()} ") == client.pk

    @pytest.mark.parametrize("change", [lambda n: n[:-1] + ("A" if n[-1] != "A" else "B"), lambda n: "9" + n, lambda n: n[:6]])
    def test_that_nobody_was_given_leads_nowhere(self, client: Organisation, change: object) -> None:
        assert agencies.account_of(change(agencies.number_of(client.pk))) is None  # type: ignore[operator]

    def test_is_made_under_the_index_key_alone(self, client: Organisation, settings: Any) -> None:
        number = agencies.number_of(client.pk)
        settings.SECRET_KEY = "another"
        assert agencies.number_of(client.pk) == number
        settings.VAULT_INDEX_KEY = "another"
        assert agencies.number_of(client.pk) != number

    def test_says_nothing_of_whether_there_is_such_an_account(self) -> None:
        assert agencies.account_of("000001-AAAAAAAAAA") is None
        assert agencies.account_of("999999-AAAAAAAAAA") is None


class TestDeclaring:
    def test_names_accounts_that_wait(self, desk: Organisation, client: Organisation, alice: User) -> None:
        agency = declared(desk, client, by=alice)
        row = agency.accounts.get()
        assert (row.account, row.organisation, row.is_confirmed) == (client.pk, desk, False)
        verbs = AuditEvent.objects.filter(organisation_id=desk.pk, verb__startswith="agency.").values_list("verb", flat=True)
        assert list(verbs) == ["agency.declared", "agency.accounts_named"]

    def test_twice_is_one(self, desk: Organisation, client: Organisation, alice: User) -> None:
        assert declared(desk, client, by=alice) == declared(desk, client, by=alice)
        assert AgencyAccount.objects.count() == 1

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ("", "at least one"),
            ("{good} A\nnonsense B", "Line 2 does not begin"),
            ("000001-AAAAAAAAAA A", "Line 1 does not begin"),
            ("{own} Ourselves", "Line 1 has the number of your own"),
            ("{good} http://evil.example", "name here"),
        ],
    )
    def test_is_refused_with_the_line(self, desk: Organisation, client: Organisation, alice: User, lines: str, said: str) -> None:
        text = lines.format(good=agencies.number_of(client.pk), own=agencies.number_of(desk.pk))
        with pytest.raises(BadText, match=said):
            agencies.declare(desk, name="Clients", ground="agency", words="We do.", accounts=text, by=alice)
        assert not Agency.objects.exists()

    def test_is_for_members(self, desk: Organisation, client: Organisation, bob: User) -> None:
        with pytest.raises(NotPermitted):
            declared(desk, client, by=bob)


class TestAnswering:
    def test_confirms_and_takes_back(self, desk: Organisation, client: Organisation, alice: User, bob: User) -> None:
        declared(desk, client, by=alice)
        [row] = agencies.asked_of(client)
        agencies.answer(row, is_so=True, by=bob)
        assert list(AgencyAccount.objects.confirmed()) == [row]
        agencies.answer(row, is_so=True, by=bob)
        agencies.answer(row, is_so=False, by=bob)
        agencies.answer(row, is_so=False, by=bob)
        assert not agencies.asked_of(client)

    def test_stands_in_the_record_of_who_answers(self, desk: Organisation, client: Organisation, alice: User, bob: User) -> None:
        """The other's record says only that it was answered, and names nobody."""
        declared(desk, client, by=alice)
        [row] = agencies.asked_of(client)
        for is_so in (True, True, False, False):
            agencies.answer(row, is_so=is_so, by=bob)
        said = AuditEvent.objects.filter(verb__startswith="agency.account_").order_by("pk")
        own, others = ([(one.verb, one.actor) for one in said.filter(organisation_id=pk)] for pk in (client.pk, desk.pk))
        assert own == [("agency.account_confirmed", str(bob)), ("agency.account_left", str(bob))]
        assert others == [("agency.account_answered", "Keyholder")] * 2

    def test_with_no_is_not_asked_for_again(self, desk: Organisation, client: Organisation, alice: User, bob: User) -> None:
        agency = declared(desk, client, by=alice)
        [row] = agencies.asked_of(client)
        agencies.answer(row, is_so=False, by=bob)
        number = agencies.number_of(client.pk)
        with pytest.raises(BadText, match="is not asked again"):
            agencies.add(agency, accounts=number, by=alice)
        with pytest.raises(BadText, match="is not asked again"):
            agencies.declare(desk, name="Others", ground="group", words="Anew.", accounts=number, by=alice)
        with pytest.raises(DatabaseError, match="is not asked again"), transaction.atomic():
            AgencyAccount.objects.create(organisation=desk, agency=agency, account=client.pk, added_by=alice)

    def test_whom_the_agency_let_go_it_may_name_again(self, desk: Organisation, client: Organisation, alice: User) -> None:
        agency = declared(desk, client, by=alice)
        agencies.let_go(agency.accounts.get(), by=alice)
        assert agencies.add(agency, accounts=agencies.number_of(client.pk), by=alice)

    def test_sees_of_the_database_its_own_alone_and_still_finds_who_asks(
        self, desk: Organisation, client: Organisation, alice: User, bob: User
    ) -> None:
        declared(desk, client, by=alice)
        with scope.of(client.pk):
            assert not AgencyAccount.objects.exists()
            [row] = agencies.asked_of(client)
            agencies.answer(row, is_so=True, by=bob)
            assert not AgencyAccount.objects.exists()
        row.refresh_from_db()
        assert row.is_confirmed

    def test_is_its_members_alone(self, desk: Organisation, client: Organisation, alice: User) -> None:
        declared(desk, client, by=alice)
        [row] = agencies.asked_of(client)
        with pytest.raises(NotPermitted):
            agencies.answer(row, is_so=True, by=alice)
        with pytest.raises(DatabaseError, match="a member of the account confirms it"), transaction.atomic():
            AgencyAccount.objects.filter(pk=row.pk).update(confirmed_at=timezone.now(), confirmed_by=alice)

    def test_comes_too_late(self, desk: Organisation, client: Organisation, alice: User, bob: User) -> None:
        agency = declared(desk, client, by=alice)
        [row] = agencies.asked_of(client)
        agencies.end(agency, by=alice)
        with pytest.raises(agencies.Over):
            agencies.answer(row, is_so=True, by=bob)
        with pytest.raises(agencies.Over):
            agencies.add(agency, accounts=agencies.number_of(client.pk), by=alice)
        assert not agencies.asked_of(client)


class TestWhatWasDeclared:
    @pytest.mark.parametrize("change", [{"words": "Otherwise."}, {"name": "Another"}, {"ground": "group"}])
    def test_does_not_change_unsaid(self, desk: Organisation, client: Organisation, alice: User, change: dict[str, str]) -> None:
        agency = declared(desk, client, by=alice)
        with pytest.raises(DatabaseError, match="other words is said anew"), transaction.atomic():
            Agency.objects.filter(pk=agency.pk).update(**change)
        with pytest.raises(DatabaseError, match="other words is said anew"), transaction.atomic():
            Agency.objects.filter(pk=agency.pk).update(said_at=agency.said_at - timedelta(days=1))

    def test_is_corrected_and_what_it_said_is_kept(
        self, desk: Organisation, client: Organisation, alice: User, bob: User
    ) -> None:
        agency = declared(desk, client, by=alice)
        agencies.answer(agency.accounts.get(), is_so=True, by=bob)
        said = {"name": "Shops", "ground": "integrator", "words": "We run their shops."}
        for _twice in range(2):
            now = agencies.correct(agency, **said, by=alice)
        assert (now.name, now.ground, now.words) == tuple(said.values()) and now.accounts.get().is_confirmed
        assert [one.words for one in agencies.before(now)] == [agency.words]
        event = AuditEvent.objects.get(verb="agency.corrected")
        assert event.details["changed"] == ["name", "ground", "words"]
        with pytest.raises(BadText):
            agencies.correct(agency, **said | {"words": " "}, by=alice)
        agencies.end(agency, by=alice)
        with pytest.raises(agencies.Over):
            agencies.correct(agency, **said | {"name": "Others"}, by=alice)

    def test_is_corrected_by_its_members_alone(self, desk: Organisation, client: Organisation, alice: User, bob: User) -> None:
        agency = declared(desk, client, by=alice)
        with pytest.raises(NotPermitted):
            agencies.correct(agency, name="Mine", ground="agency", words="Not so.", by=bob)

    def test_ended_stays_ended(self, desk: Organisation, client: Organisation, alice: User) -> None:
        agency = agencies.end(declared(desk, client, by=alice), by=alice)
        with pytest.raises(DatabaseError, match="ended it stays ended"), transaction.atomic():
            Agency.objects.filter(pk=agency.pk).update(ended_at=None, ended_by=None)
