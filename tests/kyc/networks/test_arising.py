"""Whose an account is: one query, weighed as a building weighs it."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest

from accounts import scope, signals
from accounts.models import Organisation, SignalValue
from accounts.signals import Seen
from kyc.networks import arising
from kyc.networks.finding import reading, weighing
from kyc.networks.finding.families import FAMILIES, NAMES
from kyc.networks.network_models import Network, NetworkRun
from kyc.networks.ruling_models import Ruling
from tests import cast
from tests.kyc.networks import hands
from tests.networked import network_of

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class TestWeighed:
    """Of worlds made by chance, each pair that shares anything has the bits, families and ledger that a building gives it."""

    @pytest.mark.parametrize("seed", range(20))
    def test_is_what_a_building_makes_of_it(self, seed: int) -> None:
        rows = self.world(Random(seed))
        table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(
            ("account", "type", "value", "first_seen", "last_seen", "count")
        )})  # fmt: skip
        read = reading.read(table)
        bits = weighing.rarity(read)
        begins = np.searchsorted(read.account, np.arange(read.accounts + 1)).astype(np.int64)
        names = read.names.to_pylist()
        a, b = (np.array(side, np.int64) for side in zip(*[(0, other) for other in range(1, len(names))], strict=True))
        there = weighing.weighed(read, a, b, bits, begins)
        here = {tie.partner: tie for tie in arising.weighed(self.shared(rows, names[0], len(names)))}
        compared = 0
        for place, other in enumerate(names[1:]):
            tie = here.get(other)
            if tie is None:
                assert there.bits[place] == 0
                continue
            assert (tie.bits if tie.confidence else 0.0) == pytest.approx(float(there.bits[place]), abs=0.01)
            families = [name for number, name in enumerate(FAMILIES) if there.families[place] >> number & 1]
            assert tie.families == families
            compared += tie.confidence > 0
        assert compared, "a world in which nobody agrees would prove nothing"

    def world(self, random: Random) -> list[tuple[int, str, str, datetime, datetime, int]]:
        found = []
        # Opened on days of their own, which a building weighs too.
        for account in range(400):
            opened = NOON - timedelta(days=3 * account % 97 + 90, hours=account)
            for type in NAMES:
                if random.random() < 0.8:
                    shared = random.random() < (0.8 if account < 6 else 0.005)
                    value = f"{type} {random.randrange(2) if shared else f'own {account}'}"
                    first = opened + timedelta(days=random.randrange(60))
                    found.append((account, type, value, first, first + timedelta(days=random.randrange(30)), 1))
        return found

    def shared(self, rows: list[tuple[int, str, str, datetime, datetime, int]], mine: int, accounts: int) -> list[arising.Shared]:
        holders: dict[tuple[str, str], int] = {}
        for row in rows:
            holders[row[1], row[2]] = holders.get((row[1], row[2]), 0) + 1
        own = {(row[1], row[2]): row for row in rows if row[0] == mine}
        return [
            arising.Shared(
                1, row[0], row[1], UUID(int=abs(hash((row[1], row[2])))), holders[row[1], row[2]], own[row[1], row[2]][3],
                own[row[1], row[2]][4], row[3], row[4], accounts, 1, 10,
            )
            for row in rows
            if row[0] != mine and (row[1], row[2]) in own
        ]  # fmt: skip

    def test_of_nothing_is_nothing(self) -> None:
        assert arising.weighed([]) == []


@pytest.mark.django_db
class TestAsked:
    """In worlds made by chance the query finds what is found by counting one after the other."""

    PARTNERS, FEW = 12, ("email", "phone", "payment", "device", "document")

    @pytest.mark.parametrize("seed", range(6))
    def test_is_what_counting_finds(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        random = Random(seed)
        monkeypatch.setattr(arising, "MOST_PARTNERS", self.PARTNERS)
        those = hands.accounts(60, "Kestrel")
        new, fellows = those[0], random.sample(those[1:], 4)
        drawn = [(one, type) for one in those for type in self.FEW for _ in range(random.choice((0, 1, 1, 2)))]
        shown = {(one, type, random.randrange(6)) for one, type in drawn}
        shown |= {(new, type, number) for type in self.FEW for number in range(2)}
        hands.told(hands.seen(*one) for one in sorted(shown))
        counts = {(type, number): random.choice((0, 0, 3, 20, 31, 40)) for type in self.FEW for number in range(6)}
        whose = {one: place % 4 for place, one in enumerate(those[1:40])}
        self.said({value: many for value, many in counts.items() if many})
        numbers = {
            place: network_of(list(Organisation.objects.filter(pk__in=[one for one in whose if whose[one] == place])), {}).pk
            for place in range(4)
        }
        with scope.whole():
            NetworkRun.objects.update(accounts=1000)
            found = arising.asked(new, without=fellows).rows
        told = [(one.network, one.partner, one.type, one.value, one.holders, one.there, one.size) for one in found]
        expected = self.counted(new, shown, counts, {one: numbers[place] for one, place in whose.items()}, {*fellows})
        assert sorted(told) == sorted(expected) and len({one.partner for one in found}) == self.PARTNERS

    def said(self, counts: dict[tuple[str, int], int]) -> None:
        with scope.whole():
            SignalValue.objects.bulk_create(
                SignalValue(type=type, value=hands.value(type, number), accounts=many, first_seen=NOON, last_seen=NOON)
                for (type, number), many in counts.items()
            )

    def counted(
        self,
        new: int,
        shown: set[tuple[int, str, int]],
        counts: dict[tuple[str, int], int],
        whose: dict[int, int],
        fellows: set[int],
    ) -> list[tuple[Any, ...]]:
        """As `asked` has them: the network, the account, the type, the value, how many have it, of them there, of how many."""
        mine = {(type, number) for one, type, number in shown if one == new and counts[type, number] <= 1000 / 32}
        others = {value: {one for one, *its in shown if one != new and tuple(its) == value} for value in mine}
        inside = {value: {one for one in others[value] if one in whose and one not in fellows} for value in mine}
        agreeing: dict[int, list[tuple[str, int]]] = {}
        for value in sorted(mine):
            for one in inside[value]:
                agreeing.setdefault(one, []).append(value)
        types: dict[int, set[str]] = {}
        for one, values in agreeing.items():
            types.setdefault(whose[one], set()).update(type for type, _ in values)

        def order(one: int) -> tuple[Any, ...]:
            rare = sum(Fraction(1, 1 + (counts[value] or len(others[value]))) for value in agreeing[one])
            return -len({type for type, _ in agreeing[one]}), -rare, one

        partners = sorted((one for one in agreeing if len(types[whose[one]]) > 1), key=order)[: self.PARTNERS]
        return [
            (
                whose[one], one, value[0], hands.value(*value), max(counts[value], len(others[value]) + 1),
                sum(whose[one] == whose[two] for two in inside[value]),
                sum(whose[one] == network and two not in fellows for two, network in whose.items()),
            )
            for one in partners
            for value in agreeing[one]
        ]  # fmt: skip


@pytest.mark.django_db
class TestTies:
    """Ten accounts are one hand; one that comes has something in common with one of them."""

    @pytest.fixture
    def kestrel(self, db: None) -> tuple[list[int], int]:
        those, others = hands.accounts(10, "Kestrel"), hands.accounts(60)
        hands.told(hands.alone(those), hands.alone(others))
        network_of(list(Organisation.objects.filter(pk__in=those)), {})
        with scope.whole():
            NetworkRun.objects.update(accounts=1000)
        return those, others[0]

    def share(self, organisation: int, other: int, *types: str) -> None:
        """What the other has of its own, in the same days."""
        at = hands.BEGAN + timedelta(hours=other % 1000)
        signals.leave_all([Seen(organisation, type, hands.value(type, "own", other), at, at) for type in types])

    def ties(self, organisation: int) -> list[arising.Tie]:
        with scope.whole():
            return arising.ties(organisation)

    def test_of_two_families_are_one(self, kestrel: tuple[list[int], int]) -> None:
        those, new = kestrel
        self.share(new, those[3], "phone", "payment")
        (tie,) = self.ties(new)
        assert (tie.partner, tie.families, tie.is_certain) == (those[3], ["payment", "contact"], True)
        assert sorted(tie.counted) == ["payment", "phone"]
        assert {one["value"] for one in tie.evidence} == {str(hands.value(t, "own", those[3])) for t in ("phone", "payment")}

    @pytest.mark.parametrize("types", [("phone",), ("phone", "email"), ("login_ip", "user_agent")])
    def test_of_one_family_or_one_roof_are_none(self, kestrel: tuple[list[int], int], types: tuple[str, ...]) -> None:
        those, new = kestrel
        self.share(new, those[3], *types)
        assert self.ties(new) == []

    def test_of_two_accounts_are_likely_by_the_network_and_make_no_edge(self, kestrel: tuple[list[int], int]) -> None:
        those, new = kestrel
        self.share(new, those[3], "phone")
        self.share(new, those[4], "payment")
        (tie,) = self.ties(new)
        assert (tie.is_likely, tie.is_certain, tie.is_edge, tie.via) == (True, False, False, ["payment", "contact"])
        self.share(new, those[5], "device")
        (tie,) = self.ties(new)
        assert (tie.is_certain, tie.is_edge) == (True, False) and tie.sure > 0.9

    def test_of_what_the_whole_network_has_weigh_more(self, kestrel: tuple[list[int], int]) -> None:
        """Too many have it to tell of two accounts; that hardly anybody else does tells of the network."""
        those, new = kestrel
        at = hands.BEGAN
        values = [(type, hands.value(type, "of all")) for type in ("template", "device")]
        signals.leave_all([Seen(one, type, value, at, at) for one in (*those, new) for type, value in values])
        (tie,) = self.ties(new)
        assert tie.beyond > 6 and tie.is_certain
        with scope.whole():
            everybody = hands.accounts(90, "Merlin")
        signals.leave_all([Seen(one, type, value, at, at) for one in everybody for type, value in values])
        assert self.ties(new) == []

    @pytest.mark.parametrize("hub", ["vpn", "office", "agency", "carrier_nat"])
    def test_hubs_count_for_nothing(self, kestrel: tuple[list[int], int], hub: str) -> None:
        those, new = kestrel
        self.share(new, those[3], "phone", "payment")
        value = hands.value("payment", "own", those[3])
        with scope.whole():
            SignalValue.objects.create(type="payment", value=value, first_seen=NOON, last_seen=NOON, hub=hub, why="x")
        assert self.ties(new) == []

    def test_but_one_that_an_officer_ruled_one_hand(self, kestrel: tuple[list[int], int]) -> None:
        """As in a building: his word is the last on it."""
        those, new = kestrel
        self.share(new, those[3], "phone", "payment")
        value = hands.value("payment", "own", those[3])
        ines = cast.staff("investigator", "Ines")
        with scope.whole():
            SignalValue.objects.create(type="payment", value=value, first_seen=NOON, last_seen=NOON, hub="office", why="x")
            network = Network.objects.get(memberships__organisation=those[3])
            said = {"kind": "same_controller", "reason": "One card.", "organisations": those, "alone_up_to": 100}
            Ruling.objects.create(network=network, type="payment", value=value, **said, ruled_by=ines)
        assert [tie.partner for tie in self.ties(new)] == [those[3]]

    def test_say_since_when_both_have_it(self, kestrel: tuple[list[int], int]) -> None:
        those, new = kestrel
        since = hands.BEGAN + timedelta(days=45)
        value = hands.value("phone", "own", those[3])
        signals.leave_all([Seen(new, "phone", value, since, since + timedelta(days=1))])
        self.share(new, those[3], "payment")
        (tie,) = self.ties(new)
        assert next(one["first_seen"] for one in tie.evidence if one["type"] == "phone") == arising.told(since)

    def test_of_who_is_in_no_network_are_none(self, kestrel: tuple[list[int], int]) -> None:
        _, new = kestrel
        self.share(new, new + 1, "phone", "payment", "device")
        assert self.ties(new) == []

    def test_are_shown_to_nobody_outside_the_compartment(self, kestrel: tuple[list[int], int]) -> None:
        those, new = kestrel
        self.share(new, those[3], "phone", "payment")
        for seen in (scope.everything(), scope.of(new), scope.opened(scope.Scope(*[str(new)] * 2, "on"))):
            with seen:
                assert arising.ties(new) == []
        assert self.ties(new)

    def test_are_asked_for_in_one_statement(self, kestrel: tuple[list[int], int], django_assert_num_queries: Any) -> None:
        """Where no agency is spoken of."""
        those, new = kestrel
        self.share(new, those[3], "phone", "payment")
        with scope.whole(), django_assert_num_queries(1):
            assert arising.ties(new)

    def test_a_value_of_more_than_were_looked_at_counts_only_where_it_is_known_how_many(
        self, kestrel: tuple[list[int], int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        those, new = kestrel
        monkeypatch.setattr(arising, "MOST_HOLDERS", 5)
        value, at = hands.value("payment", "everybody's"), hands.BEGAN
        signals.leave_all([Seen(one, "payment", value, at, at) for one in (*those, new)])
        self.share(new, those[0], "phone")
        assert self.ties(new) == []
        with scope.whole():
            SignalValue.objects.create(type="payment", value=value, accounts=11, first_seen=NOON, last_seen=NOON)
        assert [tie.partner for tie in self.ties(new)] == [those[0]]

    def test_of_whoever_shows_ever_new_values_of_his_own_are_found_all_the_same(self, kestrel: tuple[list[int], int]) -> None:
        those, new = kestrel
        self.share(new, those[3], "phone", "payment")
        at = hands.BEGAN + timedelta(days=40)
        signals.leave_all([Seen(new, "template", hands.value("template", number), at, at) for number in range(200)])
        assert [tie.partner for tie in self.ties(new)] == [those[3]]

    def test_of_many_partners_those_are_looked_at_that_agree_on_most(
        self, kestrel: tuple[list[int], int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        those, new = kestrel
        monkeypatch.setattr(arising, "MOST_PARTNERS", 1)
        self.share(new, those[3], "phone", "payment")
        self.share(new, those[8], "phone", "payment", "document")
        assert [tie.partner for tie in self.ties(new)] == [those[8]]
