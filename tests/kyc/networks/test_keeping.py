"""What a building found becomes what stands: numbers stay, memberships end and begin, and each change is told once."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import scope
from accounts.models import Organisation
from kyc.networks.keeping import Keeping, Member
from kyc.networks.network_models import Attachment, Edge, Network, NetworkChange, NetworkMembership, NetworkRun
from kyc.networks.tying import Tying
from tests.stage import scene

pytestmark = pytest.mark.usefixtures("compartment")
SHA = "0" * 64
Found = list[list[int]]


@pytest.fixture
def compartment(db: None) -> Iterator[None]:
    with scope.whole():
        yield


@scene
def accounts() -> list[int]:
    made = Organisation.objects.bulk_create(Organisation(name=f"Customer {number}") for number in range(60))
    return [organisation.pk for organisation in made]


def seen() -> frozenset[int]:
    return frozenset(NetworkMembership.objects.live().values_list("pk", flat=True))


def at_work() -> NetworkRun:
    return NetworkRun.objects.create(
        state="done", begun_at=timezone.now(), ended_at=timezone.now(), input_sha256=SHA, found_sha256=SHA
    )


def kept(
    *found: Iterable[int], before: frozenset[int] | None = None, ruled: Iterable[int] = (), sure: float = 0.99
) -> dict[int, int]:
    """A building that found these; `before` are the memberships that it has seen, all where nothing is said."""
    members = [{account: Member(["device", "payment"], sure) for account in those} for those in found]
    standing = seen() if before is None else before
    now = Keeping(at_work(), members, standing, timezone.now(), frozenset(ruled)).keep()
    # As at the end of its transaction.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return now


def members_of(network: Network) -> set[int]:
    return set(network.memberships.live().values_list("organisation", flat=True))


def told(network: Network) -> list[tuple[str, int]]:
    return [(change.kind, len(change.organisations)) for change in network.changes.order_by("pk")]


def the_one() -> Network:
    return Network.objects.live().get()


class TestTheFirst:
    def test_is_found_with_all_that_are_in_it(self, accounts: list[int]) -> None:
        kept(accounts[:12], accounts[20:24])
        large, small = Network.objects.order_by("-size")
        assert (members_of(large), members_of(small)) == (set(accounts[:12]), set(accounts[20:24]))
        assert (large.size, large.is_alert) == (12, True) and (small.size, small.is_alert) == (4, False)
        assert large.number == f"N-{timezone.now():%Y}-{large.pk:04d}"
        change = large.changes.get()
        assert change.kind == "found" and change.organisations == accounts[:12] and change.run == large.found_in
        assert change.reason.startswith("12 accounts share ")
        row = large.memberships.first()
        assert row and (row.via, row.confidence, row.how) == (["device", "payment"], 0.99, "run")

    def test_says_who_was_ruled_to_be_in_it(self, accounts: list[int]) -> None:
        kept(accounts[:4], ruled=accounts[:2])
        assert set(NetworkMembership.objects.filter(how="ruled").values_list("organisation", flat=True)) == set(accounts[:2])


class TestTheSameAgain:
    def test_changes_nothing(self, accounts: list[int]) -> None:
        def standing() -> Any:
            models = (Network, NetworkMembership, NetworkChange, Network.pgh_event_model, NetworkMembership.pgh_event_model)  # type: ignore[attr-defined]
            return [list(model.objects.order_by("pk").values()) for model in models]

        kept(accounts[:12], accounts[20:24])
        before = standing()
        kept(accounts[20:24], accounts[:12])
        assert standing() == before

    def test_nor_does_a_little_more_confidence(self, accounts: list[int]) -> None:
        kept(accounts[:12], sure=0.99)
        kept(accounts[:12], sure=0.985)
        assert the_one().confidence == 0.99
        kept(accounts[:12], sure=0.97)
        assert the_one().confidence == 0.97
        assert set(NetworkMembership.objects.values_list("confidence", flat=True)) == {0.97}


class TestWhoComesAndGoes:
    def test_is_told_and_stays_on_record(self, accounts: list[int]) -> None:
        kept(accounts[:10])
        network = the_one()
        kept(accounts[2:15])
        network.refresh_from_db()
        assert network.size == 13 and members_of(network) == set(accounts[2:15])
        assert told(network) == [("found", 10), ("attached", 5), ("left", 2)]
        gone = NetworkMembership.objects.exclude(until=None)
        assert {row.organisation_id for row in gone} == set(accounts[:2]) and all(row.until for row in gone)

    def test_from_one_to_another_is_told_of_both(self, accounts: list[int]) -> None:
        kept(accounts[:10], accounts[20:30])
        one, other = Network.objects.order_by("pk")
        kept(accounts[:9], accounts[20:30] + [accounts[9]])
        assert told(one)[1:] == [("left", 1)] and told(other)[1:] == [("attached", 1)]

    def test_below_ten_a_network_is_no_alert_any_more(self, accounts: list[int]) -> None:
        kept(accounts[:10])
        kept(accounts[:9])
        assert (the_one().size, the_one().is_alert) == (9, False)


class TestTwoThatWereOne:
    def test_are_merged_into_the_larger_and_say_so(self, accounts: list[int]) -> None:
        kept(accounts[:5], accounts[20:30])
        small, large = Network.objects.order_by("size")
        kept(accounts[:5] + accounts[20:30])
        small.refresh_from_db()
        assert the_one() == large and members_of(large) == {*accounts[:5], *accounts[20:30]}
        assert small.end_reason == "merged" and small.merged_into == large and small.ended_at and small.size == 5
        assert told(small)[-1] == ("merged", 5) == told(large)[-1]
        assert large.changes.latest("pk").other == small and small.number in large.changes.latest("pk").reason
        assert small.changes.latest("pk").other == large and large.number in small.changes.latest("pk").reason


class TestOneThatWasTwo:
    def test_is_split_and_the_larger_part_stays_itself(self, accounts: list[int]) -> None:
        kept(accounts[:15])
        origin = the_one()
        kept(accounts[:4], accounts[4:15])
        new = Network.objects.exclude(pk=origin.pk).get()
        origin.refresh_from_db()
        assert members_of(origin) == set(accounts[4:15]) and members_of(new) == set(accounts[:4])
        assert told(origin) == [("found", 15), ("split", 4)] and told(new) == [("split", 4)]
        assert origin.changes.latest("pk").other == new and new.changes.get().other == origin

    def test_gone_for_good_has_dissolved(self, accounts: list[int]) -> None:
        kept(accounts[:15])
        kept()
        network = Network.objects.get()
        assert (network.end_reason, network.size, members_of(network)) == ("dissolved", 15, set())
        assert told(network) == [("found", 15), ("dissolved", 15)]
        kept(accounts[:15])
        assert Network.objects.count() == 2 and the_one() != network


class TestWhoWasAttachedMeanwhile:
    def attach(self, network: Network, account: int) -> NetworkMembership:
        made = {"via": ["payment"], "confidence": 0.95, "since": timezone.now(), "how": "attached"}
        return NetworkMembership.objects.create(network=network, organisation_id=account, **made)

    def test_stays(self, accounts: list[int]) -> None:
        kept(accounts[:10])
        before, network = seen(), the_one()
        row = self.attach(network, accounts[50])
        kept(accounts[:10], before=before)
        row.refresh_from_db()
        assert row.until is None and the_one().size == 11

    def test_goes_with_his_network_into_another(self, accounts: list[int]) -> None:
        kept(accounts[:5], accounts[20:30])
        before = seen()
        small, large = Network.objects.order_by("size")
        self.attach(small, accounts[50])
        kept(accounts[:5] + accounts[20:30], before=before)
        row = NetworkMembership.objects.live().get(organisation=accounts[50])
        assert row.network == large and (row.how, row.via) == ("attached", ["payment"])
        assert told(large)[-1] == ("merged", 6)

    def test_leaves_one_that_dissolved(self, accounts: list[int]) -> None:
        kept(accounts[:10])
        before = seen()
        self.attach(the_one(), accounts[50])
        kept(before=before)
        assert not NetworkMembership.objects.live().exists()

    def test_and_is_moved_where_the_run_found_him_elsewhere(self, accounts: list[int]) -> None:
        kept(accounts[:10], accounts[20:30])
        before = seen()
        one, other = Network.objects.order_by("pk")
        self.attach(one, accounts[50])
        kept(accounts[:10], accounts[20:30] + [accounts[50]], before=before)
        assert accounts[50] in members_of(other)


class TestAProposal:
    def propose(self, account: int, at: datetime) -> Attachment:
        return Attachment.objects.create(network=the_one(), organisation_id=account, bits=7, proposed_at=at)

    def test_that_the_run_has_seen_is_overtaken(self, accounts: list[int]) -> None:
        kept(accounts[:10])
        early = self.propose(accounts[50], timezone.now() - timedelta(minutes=1))
        late = self.propose(accounts[51], timezone.now() + timedelta(minutes=1))
        kept(accounts[:10])
        early.refresh_from_db()
        late.refresh_from_db()
        assert (early.outcome, early.outcome_by, late.outcome) == ("overtaken", None, "")
        assert early.outcome_at


def tie(a: int, b: int, *values: str, bits: float = 20.0, families: tuple[str, ...] = ("device", "payment")) -> dict[str, Any]:
    named = [
        {"type": "payment", "value": value, "family": "payment", "bits": 10.0, "counted": True, "why": ""} for value in values
    ]
    return {"a": a, "b": b, "bits": bits, "families": list(families), "evidence": named}


class TestEdges:
    def tied(self, now: dict[int, int], *ties: dict[str, Any], meanwhile: Iterable[int] = ()) -> int:
        return Tying(at_work(), timezone.now(), now, frozenset(meanwhile)).tie(sorted(ties, key=lambda one: (one["a"], one["b"])))

    def live(self) -> list[tuple[int, int, float]]:
        return list(Edge.objects.live().order_by("a", "b").values_list("a", "b", "bits"))

    def test_stand_with_their_evidence(self, accounts: list[int]) -> None:
        a, b, c = accounts[:3]
        now = kept([a, b, c])
        assert self.tied(now, tie(a, b, "x"), tie(b, c, "y")) == 2
        edge = Edge.objects.get(a=a)
        assert edge.evidence == tie(a, b, "x")["evidence"] and edge.families == ["device", "payment"]
        assert edge.network == the_one()

    def test_found_again_are_brought_up_to_date(self, accounts: list[int]) -> None:
        a, b, c = accounts[:3]
        now = kept([a, b, c])
        self.tied(now, tie(a, b, "x"), tie(b, c, "y"))
        first = Edge.objects.get(a=a)
        self.tied(now, tie(a, b, "x", bits=18.0), tie(b, c, "y"))
        assert Edge.objects.count() == 2 and Edge.objects.get(a=a).bits == 18.0 and Edge.objects.get(a=a).pk == first.pk

    def test_of_other_values_are_others(self, accounts: list[int]) -> None:
        a, b, c = accounts[:3]
        now = kept([a, b, c])
        self.tied(now, tie(a, b, "x"), tie(b, c, "y"))
        self.tied(now, tie(a, b, "x", "z"), tie(b, c, "y"))
        old, new = Edge.objects.filter(a=a).order_by("pk")
        assert old.until == new.since and new.until is None

    def test_not_found_any_more_have_ended(self, accounts: list[int]) -> None:
        a, b, c, d = accounts[:4]
        now = kept([a, b, c, d])
        self.tied(now, tie(a, b, "x"), tie(b, c, "y"), tie(c, d, "z"))
        self.tied(now, tie(b, c, "y"))
        assert self.live() == [(b, c, 20.0)] and Edge.objects.count() == 3

    def test_of_who_was_attached_meanwhile_stand_with_him(self, accounts: list[int]) -> None:
        a, b, c, d = accounts[:4]
        now = kept([a, b, c])
        network = the_one()
        Edge.objects.create(network=network, a_id=c, b_id=d, bits=19, since=timezone.now())
        self.tied(now | {d: network.pk}, tie(a, b, "x"), meanwhile=[d])
        assert self.live() == [(a, b, 20.0), (c, d, 19.0)]
        self.tied(now, tie(a, b, "x"), meanwhile=[d])
        assert self.live() == [(a, b, 20.0)]

    def test_in_parts_are_the_same(self, accounts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("kyc.networks.tying.A_PART", 3)
        now = kept(accounts[:20])
        ties = [tie(a, b, "x") for a, b in pairwise(accounts[:20])]
        self.tied(now, *ties)
        assert len(self.live()) == 19
        self.tied(now, *ties[::2], *[tie(accounts[0], accounts[5], "q")])
        assert {(a, b) for a, b, _ in self.live()} == {(one["a"], one["b"]) for one in ties[::2]} | {(accounts[0], accounts[5])}


@pytest.mark.parametrize(("statement", "why"), [
    ("UPDATE kyc_network SET ended_at = now(), end_reason = 'dissolved'", "ends with a change that says why"),
    ("UPDATE kyc_network SET ended_at = now(), end_reason = 'merged'", "network_ended_at_and_why"),
    ("UPDATE kyc_network SET found_at = now() + interval '1 day'", "does not change"),
    ("UPDATE kyc_network SET is_alert = NOT is_alert", "network_alert_from_its_size_on"),
    ("DELETE FROM kyc_network", "never deleted"),
    ("INSERT INTO kyc_network (found_in_id, found_at, confidence, size, is_alert, end_reason) "
     "SELECT found_in_id, now(), 0.5, 1, false, '' FROM kyc_network", "begins with a change that says why"),
    ("UPDATE kyc_networkmembership SET organisation_id = organisation_id + 1", "does not change"),
    ("DELETE FROM kyc_networkmembership", "never deleted"),
    ("INSERT INTO kyc_networkmembership (network_id, organisation_id, via, confidence, since, how, run_id) "
     "SELECT network_id, organisation_id, via, confidence, since, how, run_id FROM kyc_networkmembership LIMIT 1",
     "in_one_network_at_a_time"),
    ("UPDATE kyc_networkmembership SET confidence = 1.5", "confidence_is_a_share"),
    ("UPDATE kyc_networkchange SET reason = 'x'", "append_only|permission denied"),
    ("DELETE FROM kyc_networkchange", "append_only|permission denied"),
])  # fmt: skip
def test_the_database_refuses(accounts: list[int], statement: str, why: str) -> None:
    kept(accounts[:10])
    with pytest.raises(Exception, match=why), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")


def test_what_has_ended_stays_ended(accounts: list[int]) -> None:
    kept(accounts[:10])
    kept()
    for table, column in (("kyc_network", "ended_at"), ("kyc_networkmembership", "until")):
        with pytest.raises(IntegrityError, match="stays ended"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = NULL")
