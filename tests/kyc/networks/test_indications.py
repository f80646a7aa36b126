"""What is indicated of keys and networks each night, and on demand."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import ROLES, NotPermitted
from kyc.keys.models import Key
from kyc.networks import indications, using
from kyc.networks.indication_models import Indication, IndicationRun, ModelRelease
from kyc.networks.using import Window
from kyc.parties.models import Party, Role
from kyc.rules import indicators
from tests import cast
from tests.kyc.networks.used import LONG_AGO, key_of, network_of, said, tell, use, yesterday
from tests.stage import scene

RULES = indicators.load()
ROOT = Path(__file__).parents[3]


@scene
def alice() -> User:
    return cast.customer()


@scene
def crowd(alice: User) -> list[Key]:
    """Twelve accounts of office hours."""
    keys = [key_of(number, alice) for number in range(12)]
    for key in keys:
        use(key)
    return keys


@pytest.fixture(autouse=True)
def opened(ines: User) -> Any:
    with scope.of_officer(ines):
        yield


def looked(ines: User) -> IndicationRun:
    indications.ask(by=ines)
    indications.work()
    run = IndicationRun.objects.latest("pk")
    assert run.state == "done", run.failure
    return run


def of(run: IndicationRun, what: Any) -> dict[str, dict[str, Any]]:
    found = run.indications.get(**{type(what)._meta.model_name: what})  # type: ignore[arg-type,dict-item]
    return {one["code"]: one for one in found.indicators}


def points(run: IndicationRun, what: Any) -> dict[str, int]:
    return {code: one["points"] for code, one in of(run, what).items() if one["points"]}


class TestKeys:
    def test_like_all_others_nothing_is_indicated_of(self, crowd: list[Key], ines: User) -> None:
        run = looked(ines)
        assert (run.keys, run.networks, run.indications.count()) == (12, 0, 0)
        assert (run.rules, run.rules_sha256, run.day) == (RULES.version, RULES.sha256, yesterday())

    def test_that_stand_out_have_points_with_figure_and_peers(self, crowd: list[Key], ines: User, alice: User) -> None:
        odd = key_of(100, alice)
        for number in range(6):
            use(odd, hours=range(24), each=900, seed=number, end_user=f"{number:032x}", template="99" * 16, asn=64500 + number)
        found = of(run := looked(ines), odd)
        assert found["volume"] | {"points": 0} == {
            "code": "volume", "points": 0, "rung": 0, "peers": 12, "figure": pytest.approx(129_600, rel=0.1),
            "middle": pytest.approx(160, rel=0.2), "line": pytest.approx(160, rel=0.2),
        }  # fmt: skip
        assert found["hours"]["figure"] == 24 and found["at_once"]["figure"] == 6 and found["templates"]["figure"] == 1
        assert {"volume", "hours", "templates", "asns"} <= points(run, odd).keys()
        assert found["abroad"]["figure"] is None
        row = run.indications.get()
        assert row.points == sum(row.heads.values()) and row.organisation == odd.organisation

    def test_are_used_from_abroad_where_countries_were_declared(self, crowd: list[Key], ines: User, alice: User) -> None:
        for key in crowd:
            home = Party.objects.create(organisation=key.organisation, kind="company", name="Firm", country="NO")
            Role.objects.create(organisation=key.organisation, party=home, kind="customer", valid_from=LONG_AGO.date())
            use(key, seed=1, country="NO", each=40)
        use(crowd[0], seed=2, country="VN", each=120)
        found = of(looked(ines), crowd[0])["abroad"]
        assert found["figure"] == pytest.approx(0.75, abs=0.05) and found["points"] and found["line"] == 0

    def test_of_an_account_count_what_was_issued_to_it(self, crowd: list[Key], ines: User, alice: User) -> None:
        for number in range(9):
            new = key_of(200 + number, alice, organisation=crowd[0].organisation)
            Key.objects.filter(pk=new.pk).update(issued_at=timezone.now() - timedelta(days=5))
        assert of(looked(ines), crowd[0])["rotation"] | {"points": 0} == {
            "code": "rotation", "figure": 9, "points": 0, "middle": 0, "line": 0, "peers": 11, "rung": 0,
        }  # fmt: skip

    def test_without_peers_have_no_points(self, ines: User, alice: User) -> None:
        for number in range(7):
            use(key_of(number, alice))
        odd = key_of(100, alice)
        use(odd, hours=range(24), each=9000)
        assert looked(ines).indications.count() == 0

    def test_of_a_sandbox_are_left_out(self, crowd: list[Key], ines: User, alice: User) -> None:
        odd = key_of(100, alice, organisation=Organisation.objects.create(name="Trial", sandbox="approved"))
        use(odd, hours=range(24), each=9000)
        run = looked(ines)
        assert (run.keys, run.indications.count()) == (12, 0)


class TestReleases:
    def test_going_over_to_a_new_model_at_once_is_told(self, crowd: list[Key], ines: User, alice: User) -> None:
        at = datetime.combine(yesterday() - timedelta(days=8), time(10), UTC)
        ModelRelease.objects.create(whose="ours", name="atlas-max-2", released_at=at, source="Our notes.")
        odd = key_of(100, alice)
        use(odd)
        tell(odd, [said(odd, at + timedelta(hours=hour), 500, model="atlas-max-2") for hour in range(60)])
        found = of(looked(ines), odd)["shift"]
        assert found["figure"] == pytest.approx(0.985, abs=0.01) and found["points"] == 15 and found["line"] == 0

    def test_so_is_use_that_ends_when_another_provider_releases(self, crowd: list[Key], ines: User, alice: User) -> None:
        at = datetime.combine(yesterday() - timedelta(days=11), time(10), UTC)
        ModelRelease.objects.create(whose="another", name="Rival 3", released_at=at, source="Their notes.")
        odd = key_of(100, alice)
        tell(odd, [said(odd, at - timedelta(days=day, hours=2), 500) for day in range(1, 11)])
        found = of(looked(ines), odd)["eve"]
        assert found["figure"] == 1 and found["points"] == 15 and found["line"] < 0.5

    def test_without_any_nothing_is_told(self, crowd: list[Key], ines: User) -> None:
        use(crowd[0], each=2000, seed=1)
        found = of(looked(ines), crowd[0])
        assert found["shift"] == found["eve"] | {"code": "shift"} == {"code": "shift", "figure": None, "points": 0}


class TestNetworks:
    def test_do_not_stand_out_by_how_many_they_are(self, crowd: list[Key], ines: User, alice: User) -> None:
        hand = [key_of(300 + number, alice) for number in range(10)]
        for number, key in enumerate(hand):
            use(key, each=18, asn=70_000 + number, ip_hash=f"{number:032x}", model=f"atlas-{number}")
        network = network_of(key.organisation for key in hand)
        run = looked(ines)
        found = of(run, network)
        for code in ("addresses", "asns", "at_once", "breadth"):
            assert (found[code]["figure"], found[code]["line"], found[code]["peers"]) == (1, 1, 12), code
        assert found["volume"]["figure"] == pytest.approx(144, rel=0.2) and found["hours"]["figure"] == 8
        assert points(run, network) == {} and run.networks == 1
        assert run.indications.get(network=network).requests == pytest.approx(40_320, rel=0.1)

    def test_stand_out_by_what_half_of_their_accounts_do(self, crowd: list[Key], ines: User, alice: User) -> None:
        hand = [key_of(300 + number, alice) for number in range(5)]
        for key in hand[:3]:
            for number in range(30):
                use(key, each=60, days=3, seed=number, asn=70_000 + number, ip_hash=f"{number:032x}")
        for key in hand[3:]:
            use(key)
        network = network_of(key.organisation for key in hand)
        found = of(run := looked(ines), network)
        assert found["addresses"]["figure"] == 30 and found["asns"]["figure"] == 30
        assert {"volume", "addresses", "asns"} <= points(run, network).keys()

    def test_of_accounts_that_were_each_used_little_shares_are_told_and_counts_are_not(
        self, crowd: list[Key], ines: User, alice: User
    ) -> None:
        hand = [key_of(300 + number, alice) for number in range(10)]
        for key in hand:
            use(key, hours=[3], days=5, each=10, template="99" * 16)
        network = network_of(key.organisation for key in hand)
        found = of(looked(ines), network)
        assert found["templates"]["figure"] == 1 and found["templates"]["points"]
        assert found["addresses"]["figure"] is found["hours"]["figure"] is None
        assert found["volume"]["figure"] == pytest.approx(10, rel=0.5) and found["volume"]["points"] == 0

    def test_act_together_where_their_accounts_rise_and_fall_as_one(self, crowd: list[Key], ines: User, alice: User) -> None:
        draw, bursts = Random(7), []
        for day in range(28):
            bursts += [(day, hour) for hour in range(24) if draw.random() < 0.06]
        together, apart = [key_of(300 + number, alice) for number in range(5)], [key_of(400 + n, alice) for n in range(5)]
        for key in (*together, *apart):
            use(key)
        for key in together:
            for day, hour in bursts:
                at = datetime.combine(yesterday() - timedelta(days=day), time(hour), UTC)
                tell(key, [said(key, at, 400 + key.pk % 7)])
        one, other = (network_of(key.organisation for key in keys) for keys in (together, apart))
        run = looked(ines)
        assert of(run, one)["synchrony"]["figure"] > 0.5 and of(run, one)["synchrony"]["points"] >= 15
        assert of(run, other)["synchrony"]["figure"] < 0.1 and "synchrony" not in points(run, other)
        assert of(run, one)["synchrony"]["peers"] == 12


class TestReading:
    def test_takes_as_many_statements_for_many_as_for_few(self, crowd: list[Key], alice: User) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                indications.look(Window(yesterday(), RULES.window_days), RULES)
            return len(queries)

        network_of(key.organisation for key in crowd[:3])
        few = asked()
        for number in range(20):
            use(key_of(500 + number, alice), days=3)
        network_of(key.organisation for key in crowd[3:6])
        assert asked() == few <= 40

    def test_is_of_whole_days_in_utc(self) -> None:
        window = Window(yesterday(), 28)
        assert (window.until - window.since).days == 28 and window.first.tzinfo is UTC and window.hours == 672

    @pytest.mark.parametrize(
        ("hours", "middle"),
        [([20, 20, 22, 0, 0, 0, 0, 0], 20), ([20, 22, 0, 0, 0], None), ([20, 22], 21), ([0, 0, 0, 0], None)],
    )
    def test_of_counts_takes_the_middle_of_those_used_enough(self, hours: list[int], middle: int | None) -> None:
        """Those that are left all but unused keep the others from nothing."""
        group = using.Group("", "", "")
        members = [using.Measured(at, at, group, {"hours": float(one)} if one else {}) for at, one in enumerate(hours)]
        assert using.in_the_middle(members).get("hours") == middle

    def test_of_groups_takes_what_most_are(self) -> None:
        group = using.Group
        assert using.commonest([group("a", "1"), group("b", "1"), group("b", "2")]) == group("b", "1")


class TestRuns:
    @pytest.mark.parametrize("role", sorted({"", *ROLES} - {"investigator"}))
    def test_are_asked_for_by_investigators_alone(self, alice: User, role: str) -> None:
        with pytest.raises(NotPermitted):
            indications.ask(by=cast.staff(role) if role else alice)

    def test_that_waits_is_the_one_asked_for_again(self, ines: User) -> None:
        assert indications.ask(by=ines) == indications.ask(by=ines)
        [event] = AuditEvent.objects.filter(verb="indications.asked")
        assert event.details["day"] == yesterday().isoformat()

    def test_the_clock_asks_once_a_night_where_something_was_used(self, monkeypatch: Any, crowd: list[Key]) -> None:
        before, after = (datetime.combine(timezone.now().date(), at, UTC) for at in (time(3), time(4)))
        assert not indications.is_due(before) and indications.is_due(after)
        monkeypatch.setattr("kyc.networks.indications.timezone.now", lambda: after)
        indications.work()
        assert not indications.is_due(after) and IndicationRun.objects.get().asked_by is None
        indications.work()
        assert IndicationRun.objects.count() == 1

    def test_it_does_not_where_nothing_was(self) -> None:
        assert not indications.is_due(datetime.combine(timezone.now().date(), time(4), UTC))

    def test_what_was_shown_then_stays(self, crowd: list[Key], ines: User) -> None:
        use(crowd[0], each=5000, seed=1)
        first = looked(ines)
        row = first.indications.get()
        for change in (lambda: Indication.objects.filter(pk=row.pk).update(points=1), row.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
        second = looked(ines)
        assert (first.indications.get().indicators, second != first) == (row.indicators, True)


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]


# Below, beside and above: whatever decides, holds, links, scores, answers a gateway or a customer, or makes a report.
DECIDES = (
    "accounts", "kyc/parties", "kyc/ownership", "kyc/evidence", "kyc/screening", "kyc/risk", "kyc/cases", "kyc/keys", "kyc/usage",
    "kyc/onboarding", "kyc/api", "reports", "kyc/networks/finding",
)  # fmt: skip
# What makes and shows them, and what says how long they are kept and ends them; ENDS below all of it.
OF_NETWORKS = {
    "indicating.py", "indications.py", "indication_models.py", "using.py", "synchrony.py", "heads.py", "authorising.py",
    "tasks.py", "releases.py", "assessing.py", "retention.py", "ending.py", "erasing.py", "forgetting.py",
}  # fmt: skip


ENDS = {"eraser.py"}


def reads(text: str) -> bool:
    return any(word in text for word in ("indication", "Indication", "indicating"))


class TestTheyNeverActAlone:
    @pytest.mark.parametrize("folder", DECIDES)
    def test_nothing_that_decides_reads_them(self, folder: str) -> None:
        assert (found := sources(folder)) and [path for path in found if reads(path.read_text()) and path.name not in ENDS] == []

    def test_nor_does_anything_that_links_accounts(self) -> None:
        others = [path for path in sources("kyc/networks") if path.name not in OF_NETWORKS]
        assert len(others) > 5 and [path.name for path in others if reads(path.read_text())] == []

    def test_looking_writes_nothing_but_them(self, crowd: list[Key], ines: User) -> None:
        use(crowd[0], hours=range(24), each=5000, seed=1)
        indications.ask(by=ines)
        with CaptureQueriesContext(connection) as queries:
            indications.work()
        written = [query["sql"] for query in queries if query["sql"].lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
        assert written and all("kyc_indication" in statement for statement in written)
