"""A declared agency, from what its customer says to the next building: its accounts are no network, nor does what they share tie
anybody to them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts import counting, scope, signals
from accounts.models import AuditEvent, Membership, Organisation, SignalValue, User
from accounts.permissions import NotPermitted
from accounts.signals import Seen
from kyc.desk.agencies import of_tab
from kyc.evidence import actions as evidence
from kyc.evidence import agencies as judged
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.models import Document
from kyc.evidence.proofs import NotAProof
from kyc.networks import arising, declared, given, ruling, rulings, running, taking
from kyc.networks.network_models import NetworkMembership, NetworkRun
from kyc.networks.ruling_models import Ruling
from kyc.networks.rulings import About
from kyc.parties import agencies
from kyc.parties.agency_models import Agency
from kyc.rules import packs
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
    answered(agency)
    paper = evidence.upload(desk, kind=Document.Kind.OTHER, file=cast.pdf(width=433), by=alice)
    return agency, those, paper


def owner_of(account: int) -> User:
    return User.objects.get_or_create(email=f"client{account}@client.example")[0]


def answered(agency: Agency) -> None:
    """By each account whom nobody has asked yet: so it is."""
    for row in agency.accounts.live().filter(confirmed_at=None):
        Membership.objects.create(organisation_id=row.account, user=owner_of(row.account), role="owner")
        agencies.answer(row, is_so=True, by=owner_of(row.account))


def named(agency: Agency, *accounts: int, by: User) -> None:
    """And confirmed by each."""
    agencies.add(agency, accounts="\n".join(map(agencies.number_of, accounts)), by=by)
    answered(agency)


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
        groups = dict.fromkeys([*those, agency.organisation_id], (agency.number,))
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
        assert told == {str(one): [agency.number] for one in (*those, agency.organisation_id)}
        assert networks() == []
        judged.rule(agency, ruling="refused", reason="Ended.", by=ana)
        assert networks() == [set(those)]

    def test_counts_nobody_who_has_not_confirmed_it(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, those, paper = runs
        confirmed(agency, paper, by=ana)
        left = set(those[:3])
        for row in agency.accounts.filter(account__in=left):
            agencies.answer(row, is_so=False, by=owner_of(row.account))
        assert left.isdisjoint(judged.groups()) and len(judged.groups()) == len(those) - 3 + 1


class TestWhoIsNamedLater:
    def test_counts_from_the_next_word_on(self, runs: tuple[Agency, list[int], Document], ana: User, alice: User) -> None:
        agency, those, paper = runs
        first = confirmed(agency, paper, by=ana)
        (late,) = hands.accounts(1, "Late")
        # So that one officer suffices for those that are left and that one.
        agencies.let_go(agency.accounts.get(account=those[-1]), by=alice)
        assert not judged.waiting().exists() and list(of_tab("confirmed")) == [agency]
        named(agency, late, by=alice)
        assert late not in judged.groups() and len(judged.groups()) == 20
        assert judged.fellows(late) == frozenset() and late not in judged.fellows(those[0])
        assert list(of_tab("waiting")) == [agency] and list(of_tab("confirmed")) == [] and list(of_tab("others")) == []
        assert confirmed(agency, paper, by=ana) != first
        assert late in judged.groups() and late in judged.fellows(those[0])
        assert list(of_tab("confirmed")) == [agency]


class TestWhatIsSaidAnew:
    SAID: ClassVar = {"name": "Clients", "ground": "integrator", "words": "We only build what they run."}

    def test_corrected_holds_once_an_officer_has_read_it(
        self, runs: tuple[Agency, list[int], Document], ana: User, alice: User
    ) -> None:
        agency, those, paper = runs
        first = confirmed(agency, paper, by=ana)
        now = agencies.correct(agency, **self.SAID, by=alice)
        assert judged.groups() == {} and judged.standing(now).code == "corrected" and list(of_tab("waiting")) == [agency]
        # The same word is one about other words.
        assert confirmed(now, paper, by=ana) != first
        assert len(judged.groups()) == len(those) + 1 and list(of_tab("confirmed")) == [agency]

    def test_renewed_counts_on_and_is_looked_at(self, runs: tuple[Agency, list[int], Document], ana: User, alice: User) -> None:
        agency, those, paper = runs
        first = confirmed(agency, paper, by=ana)
        for _twice in range(2):
            now = judged.renew(agency, by=alice)
        assert AuditEvent.objects.filter(verb="agency.renewed").count() == 1
        assert len(judged.groups()) == len(those) + 1 and judged.standing(now).code == "confirmed"
        assert list(of_tab("waiting")) == [agency] and not of_tab("confirmed").exists()
        assert confirmed(now, paper, by=ana) != first
        assert list(of_tab("confirmed")) == [agency] and not of_tab("waiting").exists()

    def test_renewed_after_a_no_is_looked_at_again(
        self, runs: tuple[Agency, list[int], Document], ana: User, alice: User
    ) -> None:
        agency, _those, _paper = runs
        no = judged.rule(agency, ruling="refused", reason="No contract.", by=ana)
        assert list(of_tab("others")) == [agency]
        now = judged.renew(agency, by=alice)
        assert judged.standing(now).code == "renewed" and list(of_tab("waiting")) == [agency]
        assert judged.rule(now, ruling="refused", reason="No contract.", by=ana) != no
        assert judged.standing(now).code == "refused" and list(of_tab("others")) == [agency]

    def test_waits_for_nobody_while_it_was_never_looked_at(self, runs: tuple[Agency, list[int], Document], alice: User) -> None:
        assert judged.renew(runs[0], by=alice).renewed_at is None

    def test_is_said_of_what_stands(self, runs: tuple[Agency, list[int], Document], alice: User) -> None:
        agencies.end(runs[0], by=alice)
        with pytest.raises(agencies.Over):
            judged.renew(runs[0], by=alice)


class TestOfMany:
    """Of more accounts than one investigator rules on alone."""

    @pytest.fixture
    def many(self, runs: tuple[Agency, list[int], Document], alice: User) -> tuple[Agency, Document, int]:
        agency, those, paper = runs
        more = packs.current().ruled_alone_up_to + 1 - len(those)
        named(agency, *hands.accounts(more, "More"), by=alice)
        return agency, paper, len(those) + more

    def test_it_takes_a_second_officer(self, many: tuple[Agency, Document, int], ana: User) -> None:
        agency, paper, count = many
        first = confirmed(agency, paper, by=ana)
        assert confirmed(agency, paper, by=ana) == first
        assert judged.groups() == {} and judged.standing(agency).code == "alone" and list(of_tab("waiting")) == [agency]
        assert confirmed(agency, paper, by=cast.staff("approver", "Rui Costa")) != first
        assert len(judged.groups()) == count + 1
        assert judged.standing(agency).code == "confirmed" and list(of_tab("confirmed")) == [agency]

    def test_the_second_says_the_same_of_the_same(self, many: tuple[Agency, Document, int], ana: User, alice: User) -> None:
        agency, paper, _ = many
        rui = cast.staff("approver", "Rui Costa")
        confirmed(agency, paper, by=ana)
        other = evidence.upload(agency.organisation, kind=Document.Kind.OTHER, file=cast.pdf(width=434), by=alice)
        confirmed(agency, other, by=rui)
        assert judged.groups() == {}, "another document"
        named(agency, *hands.accounts(1, "Late"), by=alice)
        confirmed(agency, other, by=ana)
        assert judged.groups() == {}, "accounts that only one of them was shown"
        confirmed(agency, other, by=rui)
        assert judged.groups()
        judged.rule(agency, ruling="refused", reason="Ended.", by=ana)
        confirmed(agency, other, by=rui)
        assert judged.groups() == {}, "after a word against it"

    @pytest.mark.parametrize("anew", ["corrected", "renewed"])
    def test_it_does_so_of_what_is_said_anew(self, many: tuple[Agency, Document, int], ana: User, alice: User, anew: str) -> None:
        """A word of before counts for none of the two."""
        agency, paper, _ = many
        rui = cast.staff("approver", "Rui Costa")
        confirmed(agency, paper, by=rui)
        confirmed(agency, paper, by=ana)
        assert judged.groups()
        if anew == "corrected":
            agencies.correct(agency, **TestWhatIsSaidAnew.SAID, by=alice)
        else:
            judged.renew(agency, by=alice)
            assert judged.groups(), "counts on until the first word"
        confirmed(agency, paper, by=rui)
        assert judged.groups() == {} and list(of_tab("waiting")) == [agency]
        # Nor is the first word of it made the second by asking once more.
        assert judged.renew(agency, by=alice).renewed_at == Agency.objects.get().renewed_at
        confirmed(agency, paper, by=ana)
        assert judged.groups() and list(of_tab("confirmed")) == [agency]

    def test_it_does_so_however_they_are_divided(self, runs: tuple[Agency, list[int], Document], ana: User, alice: User) -> None:
        agency, those, paper = runs
        more = hands.accounts(packs.current().ruled_alone_up_to + 1 - len(those), "More")
        told = {"name": "The rest", "ground": "agency", "words": "Those too."}
        rest = agencies.declare(agency.organisation, **told, accounts="\n".join(map(agencies.number_of, more)), by=alice)
        answered(rest)
        confirmed(agency, paper, by=ana)
        assert judged.groups()
        confirmed(rest, paper, by=ana)
        assert judged.groups() == {} and set(judged.waiting()) == {agency, rest}
        rui = cast.staff("approver", "Rui Costa")
        for each in (agency, rest):
            confirmed(each, paper, by=rui)
        assert len(judged.groups()) == len(those) + len(more) + 1


class TestInTwo:
    def test_an_account_is_run_with_the_accounts_of_both(
        self, runs: tuple[Agency, list[int], Document], ana: User, alice: User
    ) -> None:
        agency, those, paper = runs
        second = agencies.declare(
            agency.organisation, name="Others", ground="agency", words="Those too.", accounts=agencies.number_of(those[0]),
            by=alice,
        )  # fmt: skip
        # So that one officer suffices for the accounts of both.
        agencies.let_go(agency.accounts.get(account=those[-1]), by=alice)
        (other,) = hands.accounts(1, "Other")
        Membership.objects.create(organisation_id=other, user=owner_of(other), role="owner")
        agencies.add(second, accounts=agencies.number_of(other), by=alice)
        for row in second.accounts.all():
            agencies.answer(row, is_so=True, by=owner_of(row.account))
        confirmed(agency, paper, by=ana)
        confirmed(second, paper, by=ana)
        assert judged.fellows(those[0]) == {*those[1:-1], other, agency.organisation_id}
        groups = judged.groups()
        assert groups[those[0]] == groups[agency.organisation_id] == (agency.number, second.number)
        assert groups[other] == (second.number,) and groups[those[1]] == (agency.number,)
        assert other in judged.fellows(agency.organisation_id) and other not in judged.fellows(those[1])


class TestBetweenBuildings:
    def test_what_others_of_its_agency_have_speaks_for_no_network(
        self, runs: tuple[Agency, list[int], Document], ana: User
    ) -> None:
        """Three fellows and one other, who shares one value with it: as little as if the fellows were not there."""
        agency, those, paper = runs
        outsider = Organisation.objects.get(name="Customer 0").pk
        networked.network_of(list(Organisation.objects.filter(pk__in=[*those[1:4], outsider])), {})
        at = hands.BEGAN
        shared = [(type, hands.value(type, "of four")) for type in ("phone", "payment", "document")]
        signals.leave_all([Seen(one, type, value, at, at) for one in those[:4] for type, value in shared])
        signals.leave_all([Seen(outsider, *shared[0], at, at)])
        with scope.whole():
            NetworkRun.objects.update(accounts=1000)
            assert any(tie.is_certain for tie in arising.ties(those[0]))
            confirmed(agency, paper, by=ana)
            assert arising.ties(those[0]) == []

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
            strange = About(pair=(those[0], max(those) + 1))
            with pytest.raises(ruling.NotConfirmed, match="does not run both"):
                ruling.rule(network, strange, **said)  # type: ignore[arg-type]
            with pytest.raises(DatabaseError, match="ruling_names_an_agency_as_one"), transaction.atomic():
                Ruling.objects.create(
                    network=network, kind="coincidence", a_id=those[2], b_id=those[3], organisations=those[2:4], reason="x",
                    alone_up_to=20, ruled_by=ines, agency=agency,
                )  # fmt: skip

    def test_is_heeded_while_the_agency_holds(
        self, runs: tuple[Agency, list[int], Document], ana: User, alice: User, tmp_path: Path
    ) -> None:
        agency, those, paper = runs
        ines, card = cast.staff("investigator", "Ines"), hands.value("payment", "of two")
        confirmed(agency, paper, by=ana)
        with scope.of_officer(ines):
            shares = [networked.shares("payment", "x") | {"value": str(card)}]
            network = networked.network_of(list(Organisation.objects.filter(pk__in=those)), {(0, 1): shares})
            pair, value = About(pair=(those[0], those[1])), About(value=("payment", card))
            for about in (pair, value):
                ruling.rule(network, about, kind="declared_agency", reason="So they said.", agency=agency, by=ines)
        with scope.whole():
            held = rulings.for_run()
            assert held.cannot == (pair.pair,) and held.uncounted == {value.value}
        agencies.end(agency, by=alice)
        with scope.whole():
            assert rulings.for_run() == rulings.Ruled((), (), {})
            assert len(rulings.lapsed()) == 2

    def test_that_ended_leaves_a_value_to_the_signals(
        self, runs: tuple[Agency, list[int], Document], ana: User, alice: User
    ) -> None:
        agency, those, paper = runs
        ines, new = cast.staff("investigator", "Ines"), Organisation.objects.get(name="Customer 0").pk
        at = hands.BEGAN
        shared = [(type, hands.value(type, "of two")) for type in ("phone", "payment")]
        signals.leave_all([Seen(one, type, value, at, at) for one in (those[0], new) for type, value in shared])
        network = networked.network_of(list(Organisation.objects.filter(pk__in=those[:3])), {})
        confirmed(agency, paper, by=ana)
        with scope.whole():
            NetworkRun.objects.update(accounts=1000)
            assert arising.ties(new)
            Ruling.objects.create(
                network=network, kind="declared_agency", type="payment", value=shared[1][1], organisations=[those[0], new],
                reason="So they said.", alone_up_to=20, ruled_by=ines, agency=agency,
            )  # fmt: skip
            assert arising.ties(new) == []
        agencies.end(agency, by=alice)
        with scope.whole():
            assert arising.ties(new)


class TestTheNetworksPage:
    def test_says_how_many_an_agency_runs(self, runs: tuple[Agency, list[int], Document], ana: User) -> None:
        agency, those, paper = runs
        network = networked.network_of(list(Organisation.objects.filter(pk__in=those[:4])), {})
        as_ines = cast.signed_in(cast.staff("investigator", "Ines"))
        page = f"/desk/networks/{network.pk}/"
        assert agency.number not in as_ines.get(page).content.decode()
        confirmed(agency, paper, by=ana)
        assert f"{agency.number}: 4 accounts" in as_ines.get(page).content.decode()
