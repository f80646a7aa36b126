"""A declared agency, from what its customer says to the next building: its accounts are no network, nor does what they share tie
anybody to them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts import counting, scope, signals
from accounts.models import Membership, Organisation, SignalValue, User
from accounts.permissions import NotPermitted
from accounts.signals import Seen
from kyc.evidence import actions as evidence
from kyc.evidence import agencies as judged
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.models import Document
from kyc.evidence.proofs import NotAProof
from kyc.networks import arising, declared, given, ruling, running, taking
from kyc.networks.network_models import NetworkMembership, NetworkRun
from kyc.networks.ruling_models import Ruling
from kyc.networks.rulings import About
from kyc.parties import agencies
from kyc.parties.agency_models import Agency
from tests import cast, networked
from tests.kyc.networks import hands
from tests.stage import scene


@scene
def alice() -> User:
    return cast.customer()


@scene
def ana() -> User:
    return cast.staff("analyst", "Ana Marić")


@scene
def runs(alice: User) -> tuple[Agency, list[int], Document]:
    """Nordlys runs twenty accounts from one desk, which have confirmed it; three hundred others have nothing to do with it."""
    desk = cast.founded(alice).organisation
    those, others = hands.accounts(20, "Client"), hands.accounts(300)
    hands.told(hands.alone(others), hands.alone(those), hands.hand(those, "desk"))
    named = "\n".join(map(agencies.number_of, those))
    agency = agencies.declare(desk, name="Clients", ground="agency", words="We run their bots.", accounts=named, by=alice)
    owner = User.objects.create_user("client@client.example")
    for row in agency.accounts.all():
        Membership.objects.create(organisation_id=row.account, user=owner, role="owner")
        agencies.answer(row, is_so=True, by=owner)
    paper = evidence.upload(desk, kind=Document.Kind.OTHER, file=cast.pdf(width=433), by=alice)
    return agency, those, paper


def confirmed(agency: Agency, paper: Document, *, by: User, days: int = 90) -> AgencyRuling:
    until = timezone.localdate() + timedelta(days=days)
    return judged.rule(agency, ruling="confirmed", reason="Contracts seen.", document=paper, valid_until=until, by=by)


def networks() -> list[set[int]]:
    with scope.whole():
        run = running.ask()
    running.run()
    with scope.whole():
        run.refresh_from_db()
        assert (run.state, run.failure) == (NetworkRun.State.DONE, "")
        found: dict[int, set[int]] = {}
        for network, account in NetworkMembership.objects.live().values_list("network", "organisation"):
            found.setdefault(network, set()).add(account)
    return list(found.values())


class TestAnOfficersWord:
    def test_holds_until_its_day(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, those, paper = runs
        assert judged.groups() == {} and judged.standing(agency).code == "waiting"
        ruling = confirmed(agency, paper, by=ana)
        groups = dict.fromkeys([*those, agency.organisation_id], agency.number)
        assert judged.groups() == groups and judged.standing(agency).code == "confirmed"
        judged.rule(agency, ruling="refused", reason="Ended.", by=ana)
        assert judged.groups() == {} and judged.standing(agency).code == "refused"
        assert AgencyRuling.objects.get(pk=ruling.pk).superseded_at
        confirmed(agency, paper, by=ana, days=0)
        assert judged.groups() == groups
        assert [one.standing.code for one in judged.told(Agency.objects.all())] == ["confirmed"]
        assert (judged.told(Agency.objects.all())[0].named, judged.told(Agency.objects.all())[0].confirmed) == (20, 20)

    def test_is_over_after_its_day(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, _, paper = runs
        yesterday = timezone.localdate() - timedelta(days=1)
        AgencyRuling.objects.create(
            organisation=agency.organisation, agency=agency, ruling="confirmed", document=paper, reason="Seen.", ruled_by=ana,
            valid_until=yesterday,
        )  # fmt: skip
        assert judged.groups() == {} and judged.standing(agency).code == "over"

    def test_falls_with_the_declaration_and_its_document(
        self, runs: tuple[Agency, list[int], Document], ana: User, alice: User
    ) -> None:
        agency, _, paper = runs
        confirmed(agency, paper, by=ana)
        Document.objects.filter(pk=paper.pk).update(removed_at=timezone.now(), removed_by=alice)
        assert judged.groups() == {} and judged.standing(agency).code == "unproved"
        Document.objects.filter(pk=paper.pk).update(removed_at=None, removed_by=None)
        agencies.end(agency, by=alice)
        agency.refresh_from_db()
        assert judged.groups() == {} and judged.standing(agency).code == "ended"
        with pytest.raises(judged.Unruled, match="has ended it"):
            confirmed(agency, paper, by=ana, days=30)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"ruling": "perhaps"}, "whether it is so"),
            ({"reason": " "}, "what you found"),
            ({"document": None}, "Choose the document"),
            ({"valid_until": None}, "Choose a day"),
            ({"valid_until": timezone.localdate() - timedelta(days=1)}, "Choose a day"),
            ({"valid_until": timezone.localdate() + timedelta(days=367)}, "Choose a day"),
        ],
    )
    def test_is_whole(self, runs: tuple[Agency, list[int], Document], ana: User, change: dict[str, object], said: str) -> None:
        agency, _, paper = runs
        told = {"ruling": "confirmed", "reason": "Seen.", "document": paper, "valid_until": timezone.localdate()} | change
        with pytest.raises(judged.Unruled, match=said):
            judged.rule(agency, **told, by=ana)  # type: ignore[arg-type]  # wrong on purpose
        assert not AgencyRuling.objects.exists()

    def test_rests_on_what_that_customer_has_sent(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, _, _ = runs
        other = cast.founded(cast.customer("else@else.example", "Else"), name="Else AS").organisation
        strange = Document.objects.filter(organisation=other).first() or evidence.upload(
            other, kind=Document.Kind.OTHER, file=cast.pdf(width=444), by=other.membership_set.get().user
        )
        with pytest.raises(NotAProof):
            confirmed(agency, strange, by=ana)
        with pytest.raises(DatabaseError, match="what its customer has sent"), transaction.atomic():
            AgencyRuling.objects.create(
                organisation=agency.organisation, agency=agency, ruling="confirmed", document=strange, reason="Seen.",
                ruled_by=ana, valid_until=timezone.localdate(),
            )  # fmt: skip

    def test_is_for_who_judges_evidence(self, runs: tuple[Agency, list[int], Document]) -> None:
        agency, _, paper = runs
        with pytest.raises(NotPermitted):
            confirmed(agency, paper, by=cast.staff("investigator", "Ines"))


class TestABuilding:
    def test_finds_a_hand_until_an_officer_confirms_the_agency(
        self, runs: tuple[Agency, list[int], Document], ana: User, tmp_path: Path
    ) -> None:
        agency, those, paper = runs
        assert networks() == [set(those)]
        confirmed(agency, paper, by=ana)
        taking.take(tmp_path)
        told = json.loads((tmp_path / given.GIVEN).read_text())["declared"]
        assert told == dict.fromkeys(map(str, [*those, agency.organisation_id]), agency.number)
        assert networks() == []
        judged.rule(agency, ruling="refused", reason="Ended.", by=ana)
        assert networks() == [set(those)]

    def test_counts_nobody_who_has_not_confirmed_it(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, those, paper = runs
        confirmed(agency, paper, by=ana)
        left = set(those[:3])
        for row in agency.accounts.filter(account__in=left):
            agencies.answer(row, is_so=False, by=User.objects.get(email="client@client.example"))
        assert left.isdisjoint(judged.groups()) and len(judged.groups()) == len(those) - 3 + 1


class TestBetweenBuildings:
    def test_an_account_is_tied_to_none_of_its_own_agency(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, those, paper = runs
        networked.network_of(list(Organisation.objects.filter(pk__in=those[1:])), {})
        with scope.whole():
            NetworkRun.objects.update(accounts=1000)
            assert arising.ties(those[0])
            confirmed(agency, paper, by=ana)
            assert judged.fellows(those[0]) == {*those[1:], agency.organisation_id}
            assert arising.ties(those[0]) == []

    def test_what_is_mostly_the_agencys_is_so(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, those, paper = runs
        confirmed(agency, paper, by=ana)
        desk, beside = hands.value("phone", "the desk"), Organisation.objects.get(name="Customer 0")
        at = hands.BEGAN
        signals.leave_all([Seen(one, "phone", desk, at, at) for one in [*those[:3], beside.pk]])
        counting.count()
        with scope.whole():
            row = SignalValue.objects.get(type="phone", value=desk)
            assert row.hub == "shared"
            assert declared.mark() > 0
            row.refresh_from_db()
            assert row.hub == "agency" and agency.number in row.why
        counting.count()
        with scope.whole():
            row.refresh_from_db()
            assert row.hub == "shared"


class TestARuling:
    def test_points_to_the_agency_that_it_is(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, those, paper = runs
        ines = cast.staff("investigator", "Ines")
        with scope.of_officer(ines):
            network = networked.network_of(list(Organisation.objects.filter(pk__in=those)), {})
            about = About(pair=(those[0], those[1]))
            said = {"kind": "declared_agency", "reason": "They said so.", "agency": agency, "by": ines}
            with pytest.raises(ruling.NotConfirmed):
                ruling.rule(network, about, **said)  # type: ignore[arg-type]  # of several kinds
            confirmed(agency, paper, by=ana)
            made = ruling.rule(network, about, **said)  # type: ignore[arg-type]
            assert isinstance(made, Ruling) and made.agency == agency
            assert ruling.rule(network, about, **said) == made  # type: ignore[arg-type]
            with pytest.raises(DatabaseError, match="ruling_names_an_agency_as_one"), transaction.atomic():
                Ruling.objects.create(
                    network=network, kind="coincidence", a_id=those[2], b_id=those[3], organisations=those[2:4], reason="x",
                    alone_up_to=20, ruled_by=ines, agency=agency,
                )  # fmt: skip
