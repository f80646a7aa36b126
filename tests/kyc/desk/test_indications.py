"""The investigators' pages of what use indicates."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import scope
from accounts.models import Organisation, User
from kyc.keys.models import Key
from kyc.networks import authorising, indications
from kyc.networks.indication_models import Authorisation, Indication, IndicationRun
from kyc.networks.models import Incident
from kyc.networks.network_models import NetworkMembership
from tests import cast
from tests.kyc.networks.used import key_of, network_of, use
from tests.stage import scene

pytestmark = pytest.mark.django_db
LIST = "/desk/networks/indications/"
SAID = {"alternative": "A migration of theirs; nobody has told us of one.", "confidence": "low", "kind": "extraction"}


@scene
def ines() -> User:
    return cast.staff("investigator", "Ines Caldeira")


@scene
def odd(ines: User) -> Key:
    """Of ten accounts, one key and one network of three that stand out."""
    alice = cast.customer()
    for number in range(9):
        use(key_of(number, alice))
    hand = [key_of(20 + number, alice) for number in range(3)]
    for number, key in enumerate(hand):
        use(key, each=2000, asn=70_000 + number, ip_hash=f"{number:032x}", template="99" * 16)
    found = key_of(100, alice)
    use(found, hours=range(24), each=900, template="99" * 16)
    with scope.of_officer(ines):
        network_of(key.organisation for key in hand)
        indications.ask(by=ines)
        indications.work()
    return found


@pytest.fixture(autouse=True)
def opened(ines: User) -> Iterator[None]:
    cache.clear()
    with scope.of_officer(ines):
        yield


@pytest.fixture
def as_ines(ines: User) -> Client:
    return cast.signed_in(ines)


@pytest.fixture
def of_key(odd: Key) -> Indication:
    return Indication.objects.get(key=odd)


@pytest.fixture
def of_network(odd: Key) -> Indication:
    return Indication.objects.get(network__isnull=False)


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


class TestList:
    def test_before_the_first_look_says_so(self, as_ines: Client) -> None:
        assert "Not looked at yet" in text(as_ines.get(LIST))

    def test_ranks_networks_and_keys_by_points(self, as_ines: Client, of_key: Indication, of_network: Indication) -> None:
        page = text(as_ines.get(LIST))
        assert str(of_network.network) in page and "3 accounts" in page and str(of_key.key) not in page
        page = text(as_ines.get(f"{LIST}?tab=keys"))
        assert page.index(str(of_key.key)) > 0 and f"<b>{of_key.points}</b>" in page
        points = [one.points for one in Indication.objects.filter(key__isnull=False).order_by("-points")]
        assert points == sorted(points, reverse=True) and len(points) > 1

    @pytest.mark.parametrize(
        ("asked", "is_there"),
        [
            ("head=pattern", True), ("head=timeline", False), ("least=20", True), ("least=nonsense", True),
            ("q=Account 100", True), ("q=kh_live_used00000100", True), ("q=nobody", False), ("page=7", True), ("head=%00", True),
        ],
    )  # fmt: skip
    def test_is_narrowed(self, as_ines: Client, of_key: Indication, asked: str, is_there: bool) -> None:
        page = text(as_ines.get(f"{LIST}?tab=keys&{asked}"))
        assert (str(of_key.key) in page) is is_there and ("Nothing matches" in page) is not is_there

    def test_finds_a_network_by_its_number(self, as_ines: Client, of_network: Indication) -> None:
        assert "3 accounts" in text(as_ines.get(f"{LIST}?q={of_network.network}"))
        assert "Nothing matches" in text(as_ines.get(f"{LIST}?q=N-2026-999999999"))

    def test_takes_as_many_queries_however_many_rows(self, as_ines: Client, odd: Key) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                text(as_ines.get(f"{LIST}?tab=keys"))
            return len(queries)

        before, run, alice = asked(), IndicationRun.objects.latest("pk"), User.objects.get(email="alice@nordlys.example")
        for number in range(20):
            key = key_of(500 + number, alice)
            Indication.objects.create(run=run, day=run.day, organisation=key.organisation, key=key, points=3, requests=9)
        assert asked() == before

    def test_tells_how_far_the_look_is(self, as_ines: Client, odd: Key, ines: User) -> None:
        indications.ask(by=ines)
        part = text(as_ines.get(LIST, headers={"Asked-By": "page"}))
        assert "about to begin" in part and "<html" not in part and "Look again" not in part

    def test_a_look_that_failed_says_why(self, as_ines: Client, odd: Key, ines: User) -> None:
        run = indications.ask(by=ines)
        IndicationRun.objects.filter(pk=run.pk).update(state="failed", failure="DataError: none")
        page = text(as_ines.get(LIST))
        assert "came to no end" in page and "DataError: none" in page

    def test_asks_for_another_look(self, as_ines: Client, odd: Key) -> None:
        assert as_ines.post(f"{LIST}look/").status_code == 302
        assert IndicationRun.objects.filter(state="waiting").count() == 1


class TestHeads:
    def test_show_figure_peers_points_and_what_is_missing(self, as_ines: Client, of_key: Indication) -> None:
        page = text(as_ines.get(f"{LIST}{of_key.pk}/"))
        for words in (
            "Volume, structure, pattern, timing", "Concentration on capabilities", "Accounts that act together",
            "Along the timeline of another model", "Requests on a day of use", "accounts of the same plan, age, declared use",
            "half have at most", "What is missing", "No release of a model of ours is recorded", "Does not stand out.",
        ):  # fmt: skip
            assert words in page, words
        assert f"{of_key.points} of 100 points" in page and "180 days or more" in page

    def test_of_a_network_have_its_synchrony_and_lead_to_it(self, as_ines: Client, of_network: Indication) -> None:
        page = text(as_ines.get(f"{LIST}{of_network.pk}/"))
        assert "rise and fall" in page and f"/desk/networks/{of_network.network_id}/" in page

    def test_without_peers_say_so(self, as_ines: Client, of_key: Indication) -> None:
        told = [{"code": "volume", "figure": 10**6, "points": 0}]
        run = IndicationRun.objects.create(
            state="done", day=of_key.day, ended_at=timezone.now(), rules="2026.11", rules_sha256="0" * 64
        )
        row = Indication.objects.create(
            run=run, day=run.day, organisation=of_key.organisation, key=of_key.key, points=0, indicators=told, requests=1,
            peer_group=["", "0", ""],
        )  # fmt: skip
        page = text(as_ines.get(f"{LIST}{row.pk}/"))
        assert "Fewer than 8 peers to compare with" in page and "1,000,000" in page and "under 30 days" in page

    def test_of_an_earlier_look_stand_as_they_were(self, as_ines: Client, of_key: Indication, ines: User) -> None:
        use(of_key.key, each=9000, seed=5)
        indications.ask(by=ines)
        indications.work()
        newer = Indication.objects.filter(key=of_key.key).latest("pk")
        assert newer.pk != of_key.pk
        assert f"{LIST}{of_key.pk}/" in text(as_ines.get(f"{LIST}{newer.pk}/"))
        old = next(one["figure"] for one in of_key.indicators if one["code"] == "volume")
        assert f"{old:,.0f}" in text(as_ines.get(f"{LIST}{of_key.pk}/"))

    def test_of_none_there_is_no_page(self, as_ines: Client, odd: Key) -> None:
        text(as_ines.get(f"{LIST}999999/"), 404)


class TestAuthorisations:
    ASKED = {"reference": "Contract 7", "since": "2026-01-01", "until": "", "reason": "They train a model of ours."}

    def test_are_recorded_and_the_heads_say_so(self, as_ines: Client, of_key: Indication) -> None:
        asked = self.ASKED | {"organisation": of_key.organisation_id}
        assert as_ines.post(f"{LIST}{of_key.pk}/authorise/", asked).status_code == 302
        page = text(as_ines.get(f"{LIST}{of_key.pk}/"))
        assert "Training with answers is authorised" in page and "Contract 7" in page and "recorded that training" in page

    def test_of_a_network_are_of_one_of_its_accounts(self, as_ines: Client, of_network: Indication, of_key: Indication) -> None:
        member = of_network.network.memberships.first().organisation
        for whose, status in ((member.pk, 302), (of_key.organisation_id, 422), ("", 422)):
            asked = self.ASKED | {"organisation": whose}
            assert as_ines.post(f"{LIST}{of_network.pk}/authorise/", asked).status_code == status
        assert Authorisation.objects.get().organisation == member

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"reference": ""}, "Say where it is agreed"), ({"reason": " "}, "Say what is authorised"),
            ({"since": "soon"}, "Write the day"), ({"until": "2025-01-01"}, "before it begins"),
            ({"since": "1999-01-01"}, "before the year 2000"),
        ],
    )  # fmt: skip
    def test_badly_told_come_back_with_what_was_typed(self, as_ines: Client, of_key: Indication, wrong: Any, said: str) -> None:
        asked = self.ASKED | {"organisation": of_key.organisation_id} | wrong
        page = text(as_ines.post(f"{LIST}{of_key.pk}/authorise/", asked), 422)
        assert said in page and ("Contract 7" in page or "reference" in wrong)
        assert not Authorisation.objects.exists()

    def test_end_with_a_reason(self, as_ines: Client, of_key: Indication, ines: User) -> None:
        row = authorising.declare(
            of_key.organisation, reference="Contract 7", reason="Agreed.", since=timezone.localdate() - timedelta(days=9), by=ines
        )
        address = f"{LIST}{of_key.pk}/authorisations/{row.pk}/end/"
        assert "Say why it is not authorised" in text(as_ines.post(address, {"reason": ""}), 422)
        assert as_ines.post(address, {"reason": "It ran out."}).status_code == 302
        page = text(as_ines.get(f"{LIST}{of_key.pk}/"))
        assert "Training with answers is authorised" not in page and "It ran out." in page

    def test_of_another_account_are_not_ended_here(
        self, as_ines: Client, of_key: Indication, of_network: Indication, ines: User
    ) -> None:
        member = of_network.network.memberships.first().organisation
        row = authorising.declare(member, reference="C", reason="Agreed.", since=timezone.localdate(), by=ines)
        text(as_ines.post(f"{LIST}{of_key.pk}/authorisations/{row.pk}/end/", {"reason": "It ran out."}), 404)


class TestIncident:
    def test_begins_with_what_is_assessed(self, as_ines: Client, of_key: Indication, ines: User) -> None:
        authorising.declare(
            of_key.organisation, reference="Contract 7", reason="Agreed.", since=timezone.localdate() - timedelta(days=9), by=ines
        )
        page = text(as_ines.get(f"{LIST}{of_key.pk}/incident/"))
        for words in (
            "Assessed: use of",
            "Assessed, not established",
            "Requests on a day of use",
            "Contract 7",
            "What else could explain it",
        ):
            assert words in page, words

    def test_is_opened_with_the_alternative_and_the_account_involved(self, as_ines: Client, of_key: Indication) -> None:
        asked = SAID | {"title": "Assessed", "detected_on": "2026-11-30", "why": "It stands out."}
        assert as_ines.post(f"{LIST}{of_key.pk}/incident/", asked).status_code == 302
        incident = Incident.objects.get()
        assert (
            incident.why
            == "It stands out.\nAnother explanation was considered: A migration of theirs; nobody has told us of one."
        )
        [involved] = incident.involvements.all()
        assert (involved.organisation, involved.key) == (of_key.organisation, of_key.key)

    def test_of_a_network_involves_whom_somebody_ticked(self, as_ines: Client, of_network: Indication) -> None:
        idle = Organisation.objects.create(name="Idle BV")
        standing = of_network.network.memberships.first()
        NetworkMembership.objects.create(
            network=of_network.network, organisation=idle, confidence=0.9, since=standing.since, how="run", run=standing.run
        )
        page = as_ines.get(f"{LIST}{of_network.pk}/incident/")
        form, own = page.context["form"], page.content.decode()
        ticked = form["involved"].value()
        assert len(ticked) == 3 and str(idle.pk) not in ticked and "Idle BV: no use" in own
        assert "does not stand out" not in form["where"].value()
        asked = SAID | {"title": "Assessed", "detected_on": "2026-11-30", "involved": [*ticked[:1], str(idle.pk)]}
        assert as_ines.post(f"{LIST}{of_network.pk}/incident/", asked).status_code == 302
        rows = {row.organisation_id: row.why for row in Incident.objects.get().involvements.all()}
        assert rows.keys() == {int(ticked[0]), idle.pk}
        assert "Its own keys made" in rows[int(ticked[0])] and "Its own keys were not used" in rows[idle.pk]

    def test_without_another_explanation_is_not_opened(self, as_ines: Client, of_key: Indication) -> None:
        asked = SAID | {"title": "Assessed", "detected_on": "2026-11-30", "who": "Them.", "alternative": " "}
        page = text(as_ines.post(f"{LIST}{of_key.pk}/incident/", asked), 422)
        assert "Say what else could explain it" in page and "Them." in page
        assert not Incident.objects.exists()


class TestAKeyThatIsNotListed:
    def test_has_a_page_that_says_so(self, odd: Key, as_ines: Client) -> None:
        usual = Key.objects.exclude(pk__in=Indication.objects.exclude(key=None).values("key")).order_by("pk")[0]
        listed = as_ines.get(f"{LIST}?tab=keys&q={usual.prefix}").content.decode()
        assert f"{LIST}keys/{usual.pk}/" in listed
        text = as_ines.get(f"{LIST}keys/{usual.pk}/").content.decode()
        assert "Nothing stands out" in text and "fewer than 5 points" in text and usual.organisation.name in text

    def test_and_one_that_is_listed_leads_to_its_heads(self, odd: Key, as_ines: Client) -> None:
        found = Indication.objects.get(key=odd)
        assert as_ines.get(f"{LIST}keys/{odd.pk}/")["Location"] == f"{LIST}{found.pk}/"

    def test_before_anybody_looked(self, as_ines: Client) -> None:
        key = key_of(1, cast.customer())
        assert "Nobody has looked" in as_ines.get(f"{LIST}keys/{key.pk}/").content.decode()
