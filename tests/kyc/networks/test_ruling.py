"""An officer's word on what ties accounts: what is kept, what is refused, what the next building is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts import audit, proposals, signals
from accounts.models import AuditEvent, Proposal, User
from accounts.permissions import NotPermitted
from accounts.refused import NoteMissing, ReasonMissing
from accounts.signals import Seen
from kyc.networks import ruling, rulings
from kyc.networks.network_models import Network, NetworkChange, NetworkMembership
from kyc.networks.ruling_models import ProposedRuling, Ruling
from kyc.networks.rulings import About
from tests import cast, networked
from tests.networked import CARD, CARRIER, PHONE
from tests.stage import scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("opened")]
WHY = "The same invoice address in both files."


@scene
def network() -> Network:
    return networked.six()


@scene
def inga() -> User:
    return cast.staff("investigator", "Inga Berg")


@pytest.fixture
def members(network: Network) -> list[int]:
    return sorted(NetworkMembership.objects.filter(network=network).values_list("organisation", flat=True))


@pytest.fixture
def say(network: Network, ines: User) -> Callable[..., Any]:
    def said(about: About, kind: str = "same_controller", **more: Any) -> Any:
        return ruling.rule(network, about, **{"kind": kind, "reason": WHY, "by": ines} | more)

    return said


@pytest.fixture
def elsewhere() -> list[int]:
    """Accounts of no network that have the card too."""
    those, now = networked.accounts(3, "Elsewhere {}"), timezone.now()
    signals.leave_all([Seen(one.pk, CARD[0], networked.hashed(CARD[1]), now, now) for one in those])
    return [one.pk for one in those]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rules on more than two alone."""
    monkeypatch.setattr("kyc.rules.packs.Pack.ruled_alone_up_to", 2)


def value(of: tuple[str, str]) -> About:
    return About(value=(of[0], networked.hashed(of[1])))


def last(verb: str) -> AuditEvent:
    return AuditEvent.objects.filter(verb=verb).latest("pk")


class TestRule:
    def test_on_a_pair_stands_at_once_with_who_and_why(self, say: Any, members: list[int], ines: User, network: Network) -> None:
        made = say(About(pair=(members[0], members[1])))
        assert (made.ruled_by, made.reason, made.organisations, made.replaces) == (ines, WHY, members[:2], None)
        event = last("network.ruled")
        assert (event.reason, event.details["kind"], event.organisation_id) == (WHY, "same_controller", None)
        change = NetworkChange.objects.get(network=network, kind="ruled")
        assert (change.by, change.reason, change.organisations) == (ines, WHY, members[:2])

    def test_by_a_value_touches_every_account_that_shares_it(self, say: Any, members: list[int]) -> None:
        assert say(value(PHONE)).organisations == members
        assert say(value(CARD)).organisations == members[:4]
        assert say(value(CARRIER), "shared_infrastructure").organisations == members[3:]

    def test_that_a_value_links_nobody_touches_all_who_have_it(self, say: Any, members: list[int], elsewhere: list[int]) -> None:
        assert say(value(CARD)).organisations == members[:4]
        assert say(value(CARD), "coincidence").organisations == sorted([*members[:4], *elsewhere])

    def test_a_pair_of_two_networks_touches_all_that_come_together(self, say: Any, members: list[int], ines: User) -> None:
        others = networked.accounts(3, "Merlin {}")
        networked.network_of(others, {})
        about = About(pair=(members[0], others[0].pk))
        assert say(about, "coincidence").organisations == [members[0], others[0].pk]
        assert say(about).organisations == sorted([*members, *(one.pk for one in others)])
        assert rulings.for_run().must == (about.pair,)

    def test_of_what_has_ended_nothing_is_ruled(self, say: Any, network: Network, ines: User) -> None:
        edge = network.edges.first()
        assert edge is not None
        network.edges.filter(pk=edge.pk).update(until=timezone.now())
        with pytest.raises(ruling.Over, match="edge has ended"):
            ruling.rule_on(edge, kind="coincidence", reason=WHY, by=ines)
        networked.ended(network)
        with pytest.raises(ruling.Over, match=network.number):
            say(value(CARD))
        assert not Ruling.objects.exists()

    def test_but_a_word_that_stands_is_taken_back(self, say: Any, network: Network, members: list[int], ines: User) -> None:
        made = say(About(pair=(members[0], members[1])))
        networked.ended(network)
        back = ruling.take_back(made, reason="They were two.", by=ines)
        assert isinstance(back, Ruling) and (back.kind, back.replaces) == ("withdrawn", made)
        assert rulings.for_run().must == ()
        with pytest.raises(ruling.Over):
            say(About(pair=(members[0], members[1])))

    def test_the_same_again_is_silence(self, say: Any, members: list[int]) -> None:
        first = say(value(CARD))
        assert say(value(CARD), reason="Said twice.") == first and Ruling.objects.count() == 1

    def test_another_word_replaces_the_first(self, say: Any) -> None:
        first = say(value(CARD))
        second = say(value(CARD), "coincidence")
        assert second.replaces == first and list(Ruling.objects.in_force()) == [second]
        third = say(value(CARD), "withdrawn")
        assert third.organisations == first.organisations and not Ruling.objects.in_force().exists()
        assert say(value(CARD)).replaces == third

    @pytest.mark.parametrize(
        ("wrong", "refusal"),
        [
            ({"kind": "guess"}, ruling.Unknown),
            ({"reason": "  "}, ReasonMissing),
            ({"kind": "withdrawn"}, ruling.NothingRuled),
        ],
    )
    def test_says_why_not(self, say: Any, wrong: dict[str, str], refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            say(value(CARD), **wrong)
        assert not Ruling.objects.exists()

    def test_a_value_that_nobody_shares_is_refused(self, say: Any) -> None:
        with pytest.raises(ruling.Unknown, match="No two accounts"):
            say(value(("phone", "another")))

    def test_takes_whoever_investigates(self, say: Any) -> None:
        with pytest.raises(NotPermitted):
            say(value(CARD), by=cast.staff("analyst"))

    def test_nothing_is_kept_where_the_audit_fails(self, say: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*args: object, **kwargs: object) -> None:
            raise IntegrityError("no log")

        monkeypatch.setattr(audit, "record", broken)
        with pytest.raises(IntegrityError), transaction.atomic():
            say(value(CARD))
        assert not Ruling.objects.exists() and not NetworkChange.objects.filter(kind="ruled").exists()


class TestContradictions:
    def test_what_is_held_together_is_not_held_apart(self, say: Any, members: list[int]) -> None:
        say(value(CARD))
        with pytest.raises(ruling.Contradicts, match="Kestrel 1 Ltd and Kestrel 4 Ltd"):
            say(About(pair=(members[0], members[3])), "coincidence")
        say(About(pair=(members[0], members[4])), "coincidence")

    def test_nor_the_other_way_round_over_a_chain(self, say: Any, members: list[int]) -> None:
        a, b, c = members[:3]
        say(About(pair=(a, c)), "coincidence")
        say(About(pair=(a, b)))
        with pytest.raises(ruling.Contradicts):
            say(About(pair=(b, c)))

    def test_that_a_value_links_nobody_holds_nobody_apart(self, say: Any, members: list[int]) -> None:
        say(About(pair=(members[0], members[1])))
        assert say(value(CARD), "shared_infrastructure").pk


@pytest.mark.usefixtures("few")
class TestOfMany:
    def test_waits_for_a_second_person_and_is_not_in_force(self, say: Any) -> None:
        waits = say(value(CARD))
        assert isinstance(waits, ProposedRuling) and not Ruling.objects.exists()
        assert (waits.proposal.kind, waits.proposal.note, waits.proposal.organisation) == ("network.ruling", "", None)
        assert last("network.ruling_proposed").reason == WHY
        with pytest.raises(ruling.Waits):
            say(value(CARD), "coincidence")

    def test_a_second_person_takes_it(self, say: Any, ines: User, inga: User) -> None:
        waits = say(value(CARD))
        with pytest.raises(proposals.SamePerson):
            ruling.take(waits.proposal, by=ines)
        made = ruling.take(waits.proposal, by=inga)
        assert (made.ruled_by, made.proposed, made.organisations) == (ines, waits, waits.organisations)
        assert Proposal.objects.get(pk=waits.proposal_id).outcome_by == inga
        with pytest.raises(proposals.AlreadyEnded):
            ruling.take(waits.proposal, by=inga)

    def test_or_declines_it_with_a_reason_that_stays_in_the_compartment(self, say: Any, inga: User) -> None:
        waits = say(value(CARD))
        with pytest.raises(NoteMissing):
            ruling.decline(waits.proposal, note=" ", by=inga)
        ruling.decline(waits.proposal, note="A card of their bookkeeper.", by=inga)
        assert last("network.ruling_declined").reason == "A card of their bookkeeper."
        assert Proposal.objects.get(pk=waits.proposal_id).outcome_note == "" and not Ruling.objects.exists()
        assert isinstance(say(value(CARD)), ProposedRuling)

    def test_who_proposed_withdraws_it(self, say: Any, ines: User, inga: User) -> None:
        waits = say(value(CARD))
        with pytest.raises(NotPermitted):
            ruling.withdraw(waits.proposal, by=inga)
        ruling.withdraw(waits.proposal, by=ines)
        assert not Ruling.objects.exists()

    def test_what_was_ruled_meanwhile_is_heard(self, say: Any, members: list[int], inga: User) -> None:
        waits = say(value(CARD))
        say(About(pair=(members[0], members[1])), "coincidence")
        with pytest.raises(ruling.Contradicts):
            ruling.take(waits.proposal, by=inga)
        assert Proposal.objects.get(pk=waits.proposal_id).outcome == ""


class TestTheDatabase:
    """Refuses what the actions would not do."""

    def row(self, network: Network, ines: User, members: list[int], **changed: Any) -> Ruling:
        said = {"network": network, "kind": "coincidence", "a_id": members[0], "b_id": members[1], "reason": WHY}
        said |= {"organisations": members[:2], "alone_up_to": 20, "ruled_by": ines}
        with transaction.atomic():
            return Ruling.objects.create(**said | changed)

    @pytest.mark.parametrize(
        "changed",
        [
            {"type": "phone"},
            {"b_id": None},
            {"a_id": None, "b_id": None},
            {"reason": ""},
            {"kind": "guess"},
            {"kind": "withdrawn"},
            {"organisations": []},
            {"alone_up_to": 1},
        ],
    )
    def test_what_is_half_said(self, network: Network, ines: User, members: list[int], changed: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError):
            self.row(network, ines, members, **changed)
        self.row(network, ines, members)

    def test_two_first_words_on_the_same_and_a_word_that_replaces_another(
        self, network: Network, ines: User, members: list[int]
    ) -> None:
        first = self.row(network, ines, members)
        for changed in ({}, {"replaces": first, "b_id": members[2], "organisations": [members[0], members[2]]}):
            with pytest.raises(IntegrityError):
                self.row(network, ines, members, **changed)
        self.row(network, ines, members, replaces=first)
        with pytest.raises(IntegrityError):
            self.row(network, ines, members, replaces=first)

    def test_any_change(self, network: Network, ines: User, members: list[int]) -> None:
        row = self.row(network, ines, members)
        for change in ({"reason": "Other words."}, {"kind": "same_controller"}):
            with pytest.raises(DatabaseError), transaction.atomic():
                Ruling.objects.filter(pk=row.pk).update(**change)

    @pytest.mark.usefixtures("few")
    def test_what_no_second_person_has_taken(self, say: Any, network: Network, ines: User, inga: User) -> None:
        waits = say(value(CARD))
        said = {name: getattr(waits, name) for name in ruling.COPIED} | {"proposed": waits}
        with pytest.raises(IntegrityError), transaction.atomic():
            Ruling.objects.create(**said, ruled_by=ines)
        proposals.end(waits.proposal, policy=ruling.POLICY, outcome=Proposal.Outcome.TAKEN, by=inga)
        for changed in ({"ruled_by": inga}, {"ruled_by": ines, "organisations": [1]}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Ruling.objects.create(**said | changed)
        Ruling.objects.create(**said, ruled_by=ines)


class TestForRun:
    def test_says_who_is_held_together_and_apart_and_what_links_nobody(self, say: Any, members: list[int]) -> None:
        a, b, c, d, e, f = members
        say(value(CARD))
        say(value(CARRIER), "shared_infrastructure")
        say(About(pair=(e, f)), "shared_infrastructure")
        found = rulings.for_run()
        assert found.must == ((a, b), (b, c), (c, d)) and found.cannot == ((e, f),)
        assert found.values == {value(CARD).value: "same_controller", value(CARRIER).value: "shared_infrastructure"}
        assert found.uncounted == {value(CARRIER).value}

    def test_goes_by_what_is_in_force(self, say: Any, members: list[int]) -> None:
        say(About(pair=(members[0], members[1])))
        say(About(pair=(members[0], members[1])), "withdrawn")
        assert rulings.for_run() == rulings.Ruled((), (), {})

    def test_holds_though_the_network_has_ended(self, say: Any, members: list[int], network: Network) -> None:
        say(value(CARD))
        NetworkMembership.objects.filter(network=network).update(until=network.found_at)
        assert len(rulings.for_run().must) == 3

    def test_asks_no_more_for_many(self, say: Any, members: list[int], django_assert_max_num_queries: Any) -> None:
        for other in members[1:]:
            say(About(pair=(members[0], other)))
        with django_assert_max_num_queries(3):
            rulings.for_run()
