"""The investigators' pages of networks. What nobody else is shown tells tests/test_compartment.py."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import scope, signals
from accounts.models import AuditEvent, User
from accounts.signal_models import Hub
from accounts.signals import Seen
from kyc.desk import network_words as words
from kyc.networks import ruling, standing
from kyc.networks.finding import families, weighing
from kyc.networks.network_models import Attachment, Edge, Network, NetworkMembership, NetworkRun
from kyc.networks.ruling_models import ProposedRuling, Ruling
from kyc.networks.rulings import About
from tests import cast, networked
from tests.networked import CARD, CARRIER, PHONE, hashed, shares
from tests.stage import scene

pytestmark = pytest.mark.django_db
LIST = "/desk/networks/"
WHY = "The same invoice address in both files."


@scene
def ines() -> User:
    return cast.staff("investigator", "Ines Caldeira")


@scene
def inga() -> User:
    return cast.staff("investigator", "Inga Berg")


@scene
def network() -> Network:
    return networked.six()


@pytest.fixture
def as_ines(ines: User) -> Client:
    return cast.signed_in(ines)


@pytest.fixture
def as_inga(inga: User) -> Client:
    return cast.signed_in(inga)


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def opened(ines: User) -> Iterator[None]:
    with scope.of_officer(ines):
        yield


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def page(network: Network, rest: str = "") -> str:
    return f"{LIST}{network.pk}/{rest}"


def value_page(network: Network, of: tuple[str, str], rest: str = "") -> str:
    return page(network, f"values/{of[0]}/{words.handle(str(hashed(of[1])))}/{rest}")


def first_edge(network: Network) -> Edge:
    return Edge.objects.filter(network=network).select_related("a", "b").earliest("pk")


class TestList:
    def test_counts_by_state_and_finds_by_number_and_account(self, as_ines: Client, network: Network) -> None:
        large = networked.network_of(networked.accounts(12, "Heron {} BV"), {})
        found = as_ines.get(LIST).context["page"]
        assert [(tab.count, tab.active) for tab in found.tabs] == [(1, True), (1, False), (0, False)]
        assert [row.network for row in found.rows] == [large] and found.rows[0].network.joined == 12
        for word, rows in ((network.number, [network]), ("kestrel 3", [network]), ("heron", [large]), ("nobody", [])):
            assert [row.network for row in as_ines.get(LIST, {"q": word}).context["page"].rows] == rows, word

    def test_says_which_wait_for_an_answer(self, as_ines: Client, network: Network) -> None:
        other = networked.network_of(networked.accounts(2, "Heron {} BV"), {})
        Attachment.objects.create(network=other, organisation=networked.accounts(1)[0], bits=8, proposed_at=timezone.now())
        found = as_ines.get(LIST, {"whose": "waiting"}).context["page"]
        assert found.end[0].count == 1 and [row.network for row in found.rows] == [other]

    def test_asks_no_more_for_many(self, as_ines: Client, network: Network, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(14) as one:
            as_ines.get(LIST)
        for number in range(55):
            networked.network_of(networked.accounts(2, f"{number} {{}}"), {})
        with django_assert_max_num_queries(len(one)):
            found = as_ines.get(LIST).context["page"]
        assert len(found.rows) == 50
        assert len(as_ines.get(LIST + found.older).context["page"].rows) == 6

    def test_orders_by_what_its_head_says(self, as_ines: Client, network: Network) -> None:
        small = networked.network_of(networked.accounts(2, "Heron {} BV"), {}, confidence=0.99)
        orders = ("size", "confidence", "found")
        by = {order: as_ines.get(LIST, {"order": order}).context["page"].rows[0].network for order in orders}
        assert by == {"size": network, "confidence": small, "found": small}


class TestBuilding:
    def test_is_asked_for_once_and_its_progress_shown(self, as_ines: Client) -> None:
        assert "asked for" in text(as_ines.post(f"{LIST}build/", follow=True))
        as_ines.post(f"{LIST}build/")
        run = NetworkRun.objects.get()
        assert run.asked_by and AuditEvent.objects.filter(verb="networks.building_asked").count() == 1
        part = text(as_ines.get(LIST, headers={"asked-by": "page"}))
        assert "hx-get" in part and "<html" not in part and "about to begin" in part
        NetworkRun.objects.update(step="finding", step_at=timezone.now())
        assert "Finding networks" in text(as_ines.get(LIST, headers={"asked-by": "page"}))

    def test_that_failed_says_why(self, as_ines: Client) -> None:
        NetworkRun.objects.create(state="failed", failure="No room on the disk.")
        assert "No room on the disk." in text(as_ines.get(LIST))


class TestOverview:
    def test_shows_what_ties_the_accounts_in_words_and_never_a_value(self, as_ines: Client, network: Network) -> None:
        shown = text(as_ines.get(page(network)))
        for word in ("Kestrel 6 Ltd", "The same means of payment", "The same phone number", "13.4 bits", "4,200 accounts"):
            assert word in shown, word
        assert str(hashed(PHONE[1])) not in shown and hashed(PHONE[1]).hex not in shown

    def test_the_table_says_all_that_the_picture_does(self, as_ines: Client, network: Network) -> None:
        rows = as_ines.get(page(network)).context["values"]
        assert [(row.told.type, len(row.names), row.is_counted) for row in rows] == [
            ("phone", 6, True), ("payment", 4, True), ("api_ip", 3, False),
        ]  # fmt: skip

    def test_of_many_says_what_the_picture_leaves_out(self, as_ines: Client) -> None:
        many = networked.accounts(200, "Heron {} BV")
        ties = {(place, place + 1): [shares("device", f"device {place}"), shares(*PHONE)] for place in range(199)}
        network = networked.network_of(many, ties)
        shown = as_ines.get(page(network))
        drawn = shown.context["drawn"]
        assert "200 accounts and 200 values are more than the 150 boxes" in drawn.note
        assert drawn.svg.count("<a href") <= 150 and (len(shown.context["values"]), shown.context["more_values"]) == (100, 100)

    def test_as_it_stood_on_a_day(self, as_ines: Client, network: Network) -> None:
        NetworkMembership.objects.filter(network=network).update(until=timezone.now())
        before = timezone.now() - timedelta(days=9)
        old = networked.network_of(networked.accounts(3, "Heron {} BV"), {}, at=before)
        gone = NetworkMembership.objects.filter(network=old).earliest("pk")
        gone.until = timezone.now() - timedelta(days=2)
        gone.save()
        day = f"{timezone.now() - timedelta(days=5):%Y-%m-%d}"
        assert [as_ines.get(page(old), {"on": on}).context["size"] for on in (day, "")] == [3, 2]
        shown = text(as_ines.get(page(old), {"on": day}))
        # Written since, as of another day.
        assert "how sure it was then is not kept" in shown and "94 %" not in shown
        assert "not kept" in text(as_ines.get(page(old, "accounts/"), {"on": day})).partition("<tbody>")[2]
        assert "Nothing is ruled from here" in shown and gone.organisation.name in shown
        versions = as_ines.get(page(old, "changes/")).context["versions"]
        assert [(came, went) for _day, came, went in versions] == [(0, 1), (3, 0)]

    @pytest.mark.parametrize(("day", "why"), [("soon", "Write the day as"), ("2999-01-01", "has not come yet")])
    def test_says_what_is_no_day(self, as_ines: Client, network: Network, day: str, why: str) -> None:
        assert why in text(as_ines.get(page(network), {"on": day}), 422)

    def test_of_one_that_ended_shows_it_as_it_was(self, as_ines: Client, network: Network) -> None:
        now = timezone.now()
        into = networked.network_of(networked.accounts(2, "Heron {} BV"), {})
        network.changes.create(kind="merged", at=now, reason="They share a card.", other=into)
        NetworkMembership.objects.filter(network=network).update(until=now)
        Edge.objects.filter(network=network).update(until=now)
        network.ended_at, network.end_reason, network.merged_into = now, "merged", into
        network.save()
        answer = as_ines.get(page(network))
        assert into.number in text(answer) and answer.context["size"] == 6 and len(answer.context["values"]) == 3

    def test_asks_no_more_for_many_accounts(self, as_ines: Client, network: Network, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(34) as one:
            as_ines.get(page(network))
        large = networked.network_of(networked.accounts(60, "Heron {} BV"), {(0, n): [shares(*CARD)] for n in range(1, 60)})
        with django_assert_max_num_queries(len(one)):
            as_ines.get(page(large))

    def test_of_hundreds_no_page_asks_for_more_or_grows_with_them(
        self, as_ines: Client, network: Network, django_assert_max_num_queries: Any
    ) -> None:
        """Two to each means of payment, all of them at one address that counts for nothing."""
        sizes = {}
        for many in (200, 400):
            ties = {(n, n + 1): [shares("payment", f"card {n}"), shares(*CARRIER, why="office")] for n in range(0, many, 2)}
            large = networked.network_of(networked.accounts(many, f"Heron {many} {{}} BV"), ties)
            for rest in ("", "accounts/", "ledger/", "changes/", "picture.svg", "accounts/?page=3"):
                with django_assert_max_num_queries(32):
                    sizes[rest, many] = len(as_ines.get(page(large, rest)).content)
        drawn = text(as_ines.get(page(large)))
        assert drawn.count('class="own-box') < 150 and "400 accounts and 201 values are more" in drawn
        for rest, many in sizes:
            assert sizes[rest, 400] < 1.2 * sizes[rest, many], rest

    def test_names_accounts_only_where_they_are_drawn(self, as_ines: Client) -> None:
        ties = {(0, n): [shares("payment", f"card {n}")] for n in range(1, 300)}
        large = networked.network_of(networked.accounts(300, "Heron {} BV"), ties)
        assert len(set(re.findall(r"Heron \d+ BV", text(as_ines.get(page(large)))))) < 250


class TestAccounts:
    def test_says_how_surely_and_by_what_each_belongs(self, as_ines: Client, network: Network) -> None:
        row = as_ines.get(page(network, "accounts/")).context["page"].rows[0]
        assert (row.via, row.confidence, row.state, row.member.keys) == ("contact, payment", "90 %", ("Not verified", "warn"), 0)

    def test_as_a_file_no_cell_is_a_formula(self, as_ines: Client, network: Network) -> None:
        member = NetworkMembership.objects.filter(network=network).select_related("organisation").earliest("pk")
        member.organisation.name = "=cmd|' /C calc'!A0"
        member.organisation.save()
        sent = b"".join(as_ines.get(page(network, "accounts.csv")).streaming_content).decode()
        rows = list(csv.DictReader(io.StringIO(sent)))
        assert len(rows) == 6 and rows[0]["name"].startswith("'=cmd")
        assert AuditEvent.objects.get(verb="network.downloaded").details["what"] == "members"


class TestLedger:
    def test_before_it_was_found_says_so_and_shows_no_network(self, as_ines: Client, network: Network) -> None:
        day = (timezone.now() - timedelta(days=10)).date()
        for rest in ("", "accounts/", "ledger/"):
            shown = text(as_ines.get(page(network, f"{rest}?on={day}")))
            assert "it was not found yet" in shown and "sure to be one hand" not in shown
        assert 'id="picture"' not in text(as_ines.get(page(network, f"?on={day}")))

    def test_of_each_edge_says_what_counted_and_what_did_not_and_why(self, as_ines: Client, network: Network) -> None:
        found = as_ines.get(page(network, "ledger/")).context["page"]
        assert len(found.rows) == 15 and found.rows[0].bits == "22.5 bits"
        last = next(row for row in found.rows if row.aside)
        assert "mobile carrier" in last.aside[0].why
        weak = as_ines.get(page(network, "ledger/?order=weak")).context["page"]
        assert weak.rows[0].bits == "9.1 bits"

    def test_of_one_account_alone(self, as_ines: Client, network: Network) -> None:
        edge = first_edge(network)
        found = as_ines.get(page(network, f"ledger/?account={edge.a_id}")).context["page"]
        assert len(found.rows) == 5 and all(edge.a_id in (row.edge.a_id, row.edge.b_id) for row in found.rows)

    def test_what_each_value_adds_is_what_stands_at_the_head(self, as_ines: Client) -> None:
        shared = [
            shares(*CARD),
            shares("template", "t", bits=11.0),
            shares("opened", "x", bits=9.0) | {"value": "2026-11-05T09:00Z"},
        ]
        made = networked.network_of(networked.accounts(2, "Heron {} BV"), {(0, 1): shared})
        shown = text(as_ines.get(page(made, f"edges/{first_edge(made).pk}/")))
        assert "4.5 bits" in shown and "the heaviest counts whole, each other for 50 %" in shown
        sent = b"".join(as_ines.get(page(made, "ledger.csv")).streaming_content).decode()
        assert [row["adds_bits"] for row in csv.DictReader(io.StringIO(sent))] == ["13.4", "11.0", "4.5"]

    def test_every_type_that_evidence_may_name_has_its_words(self) -> None:
        assert set(families.ALL) == words.SAME.keys() and set(families.FAMILIES) == words.FAMILIES.keys()
        assert set(families.ALL) - set(families.NAMES) == standing.TIMES
        assert {*weighing.WHY, *weighing.NOBODYS} <= words.NOT_COUNTED.keys() and set(Hub.values) - {
            Hub.PRIVATE
        } <= words.NOT_COUNTED.keys()

    def test_what_times_tell_is_read_and_not_ruled_on_as_a_value(self, as_ines: Client) -> None:
        """It is no signal and has no hash."""
        silent = shares("ended", "x") | {"value": "2026-11-30T03:00Z", "family": "behaviour"}
        network = networked.network_of(networked.accounts(2, "Heron {} BV"), {(0, 1): [silent, shares(*PHONE)]})
        assert "Fell silent in the same hours" in text(as_ines.get(page(network)))
        where = page(network, "values/ended/20261130T0300Z/")
        assert "Rule on the edges" in text(as_ines.get(where))
        assert as_ines.post(f"{where}rule/", {"kind": "coincidence", "reason": WHY}).status_code == 404

    def test_as_a_file_has_every_value_of_every_edge(self, as_ines: Client, network: Network) -> None:
        sent = b"".join(as_ines.get(page(network, "ledger.csv")).streaming_content).decode()
        rows = list(csv.DictReader(io.StringIO(sent)))
        # 15 phones, 6 cards, 3 addresses of the carrier.
        assert (len(rows), sum(row["counted"] == "no" for row in rows)) == (24, 3)
        assert hashed(PHONE[1]).hex not in sent.replace("-", "")

    def test_no_page_leads_to_what_another_network_has(self, as_ines: Client, network: Network) -> None:
        other = networked.network_of(networked.accounts(2, "Heron {} BV"), {(0, 1): [shares("device", "x")]})
        edge = first_edge(other)
        assert as_ines.get(page(network, f"edges/{edge.pk}/")).status_code == 404
        assert as_ines.get(value_page(network, ("device", "x"))).status_code == 404
        assert as_ines.post(page(network, f"edges/{edge.pk}/rule/"), {"kind": "coincidence", "reason": WHY}).status_code == 404


class TestRuling:
    def test_on_an_edge_is_shown_at_once_with_what_comes_of_it(self, as_ines: Client, network: Network) -> None:
        edge = first_edge(network)
        sent = {"kind": "coincidence", "reason": WHY}
        shown = text(as_ines.post(page(network, f"edges/{edge.pk}/rule/"), sent, follow=True))
        assert "Ruled. The next building" in shown and WHY in shown and "keeps the two apart" in shown
        assert "From the next building on." in shown and f"{edge.a} and {edge.b}" in shown
        NetworkRun.objects.update(begun_at=timezone.now() + timedelta(minutes=1))
        assert "Heeded by the building of" in text(as_ines.get(page(network)))

    def test_by_a_value_marks_it_everywhere(self, as_ines: Client, network: Network) -> None:
        sent = {"kind": "shared_infrastructure", "reason": WHY}
        as_ines.post(value_page(network, CARRIER, "rule/"), sent)
        assert Ruling.objects.get().value == hashed(CARRIER[1])
        shown = as_ines.get(page(network))
        assert [row.ruled for row in shown.context["values"]] == ["", "", "Shared infrastructure"]
        assert "counts it for nobody" in text(shown)

    @pytest.mark.parametrize(
        ("sent", "why"),
        [
            ({"kind": "coincidence"}, "Say why it is so"),
            ({"reason": WHY}, "Choose what it is"),
            ({"kind": "withdrawn", "reason": WHY}, "Choose one"),
        ],
    )
    def test_says_why_not_and_keeps_the_words(self, as_ines: Client, network: Network, sent: dict[str, str], why: str) -> None:
        shown = text(as_ines.post(page(network, f"edges/{first_edge(network).pk}/rule/"), sent), 422)
        assert why in shown and sent.get("reason", "") in shown and not Ruling.objects.exists()

    def test_that_contradicts_another_says_which(self, as_ines: Client, network: Network, ines: User) -> None:
        ruling.rule(network, About(value=(CARD[0], hashed(CARD[1]))), kind="same_controller", reason=WHY, by=ines)
        edge = first_edge(network)
        shown = text(as_ines.post(page(network, f"edges/{edge.pk}/rule/"), {"kind": "coincidence", "reason": WHY}), 422)
        assert "held together and apart" in shown

    def test_on_nothing_that_has_ended(self, as_ines: Client, network: Network) -> None:
        edge = first_edge(network)
        edge.until = timezone.now()
        edge.save()
        assert "Rule on it" not in text(as_ines.get(page(network, f"edges/{edge.pk}/")))
        sent = {"kind": "coincidence", "reason": WHY}
        assert "This edge has ended meanwhile" in text(as_ines.post(page(network, f"edges/{edge.pk}/rule/"), sent), 422)
        networked.ended(network)
        assert "has ended meanwhile" in text(as_ines.post(value_page(network, CARD, "rule/"), sent), 422)
        assert not Ruling.objects.exists()

    def test_is_taken_back_where_its_edge_has_ended(self, as_ines: Client, network: Network, ines: User) -> None:
        edge = first_edge(network)
        ruling.rule_on(edge, kind="coincidence", reason=WHY, by=ines)
        edge.until = timezone.now()
        edge.save()
        where = page(network, f"edges/{edge.pk}/")
        assert f'href="{where}"' in text(as_ines.get(page(network)))
        shown = as_ines.get(where)
        assert [value for value, _label in shown.context["form"].fields["kind"].choices] == ["withdrawn"]
        assert "Say why it is so" in text(as_ines.post(f"{where}rule/", {"kind": "withdrawn"}), 422)
        as_ines.post(f"{where}rule/", {"kind": "withdrawn", "reason": WHY})
        assert not Ruling.objects.in_force().exists()
        assert "Rule anew" not in text(as_ines.get(where))

    def test_by_a_value_is_taken_back_where_nothing_is_tied_by_it_any_more(
        self, as_ines: Client, network: Network, ines: User
    ) -> None:
        ruling.rule(network, About(value=(CARD[0], hashed(CARD[1]))), kind="coincidence", reason=WHY, by=ines)
        assert f'href="{value_page(network, CARD)}"' in text(as_ines.get(page(network)))
        network.edges.live().filter(families__contains=["payment"]).update(until=timezone.now())
        said = Ruling.objects.get()
        assert f"said/{said.pk}/" in text(as_ines.get(page(network)))

    def test_by_a_value_says_before_what_it_frees(self, as_ines: Client, network: Network) -> None:
        shown = text(as_ines.get(value_page(network, PHONE)))
        assert "It counts in 15 edges. If it counts for nobody, 15 of them fall, and 6 accounts are held by no edge" in shown

    def test_of_a_declared_agency_names_it(self, as_ines: Client, network: Network) -> None:
        sent = {"kind": "declared_agency", "reason": WHY}
        assert "Name the agency" in text(
            as_ines.post(
                page(network, f"edges/{first_edge(network).pk}/rule/"),
                sent,
            ),
            422,
        )
        assert not Ruling.objects.exists()

    def test_says_before_who_would_leave(self, as_ines: Client, network: Network) -> None:
        edge = network.edges.order_by("a", "b").first()
        assert edge
        assert f"Kept apart, {edge.a} would leave this network" in text(as_ines.get(page(network, f"edges/{edge.pk}/")))

    def test_says_before_that_nobody_would_leave(
        self, as_ines: Client, network: Network, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kyc.networks.foreseeing.leaving", lambda *_which: [])
        edge = first_edge(network)
        assert "Kept apart, nobody would leave this network." in text(as_ines.get(page(network, f"edges/{edge.pk}/")))

    def test_by_a_value_that_many_have_elsewhere_says_that_it_takes_two(self, as_ines: Client, network: Network) -> None:
        those, now = networked.accounts(30, "Elsewhere {}"), timezone.now()
        signals.leave_all([Seen(one.pk, CARD[0], hashed(CARD[1]), now, now) for one in those])
        assert "30 accounts have it in all, so a second person takes it" in text(as_ines.get(value_page(network, CARD)))


class TestOfTwo:
    @pytest.fixture
    def waits(self, network: Network, ines: User, monkeypatch: pytest.MonkeyPatch) -> ProposedRuling:
        monkeypatch.setattr("kyc.rules.packs.Pack.ruled_alone_up_to", 2)
        return ruling.rule(network, About(value=(CARD[0], hashed(CARD[1]))), kind="same_controller", reason=WHY, by=ines)  # type: ignore[return-value]

    def test_the_page_says_that_it_takes_a_second_person(self, as_ines: Client, waits: ProposedRuling, network: Network) -> None:
        shown = text(as_ines.get(page(network)))
        assert "Not in force" in shown and "Withdraw it" in shown and "Take it" not in shown
        assert "It touches 6 accounts" in text(as_ines.get(value_page(network, PHONE)))

    def test_another_takes_it(self, as_inga: Client, waits: ProposedRuling, network: Network, inga: User) -> None:
        assert "Take it" in text(as_inga.get(page(network)))
        shown = text(as_inga.post(page(network, f"rulings/{waits.proposal_id}/take/"), follow=True))
        assert "keeps 4 accounts in one network" in shown and "taken by Inga Berg" in shown

    def test_or_declines_it_with_a_reason(self, as_inga: Client, waits: ProposedRuling, network: Network) -> None:
        where = page(network, f"rulings/{waits.proposal_id}/decline/")
        assert "Say why" in text(as_inga.post(where, {}), 422)
        assert "Declined" in text(as_inga.post(where, {"reason": "Their bookkeeper's card."}, follow=True))

    def test_the_proposer_does_not(self, as_ines: Client, waits: ProposedRuling, network: Network) -> None:
        shown = text(as_ines.post(page(network, f"rulings/{waits.proposal_id}/take/")), 422)
        assert "another person decides" in shown and not Ruling.objects.exists()
        assert "Withdrawn" in text(as_ines.post(page(network, f"rulings/{waits.proposal_id}/withdraw/"), follow=True))

    def test_of_another_network_is_not_found(self, as_inga: Client, waits: ProposedRuling, network: Network) -> None:
        other = networked.network_of(networked.accounts(2, "Heron {} BV"), {})
        assert as_inga.post(page(other, f"rulings/{waits.proposal_id}/take/")).status_code == 404


class TestProposed:
    @pytest.fixture
    def proposed(self, network: Network) -> Attachment:
        told = {"bits": 9.1, "families": ["contact"], "evidence": [shares(*PHONE)], "proposed_at": timezone.now()}
        return Attachment.objects.create(network=network, organisation=networked.accounts(1, "Newcomer {}")[0], **told)

    def test_is_attached_with_a_reason(self, as_ines: Client, network: Network, proposed: Attachment) -> None:
        assert "Newcomer 1" in text(as_ines.get(page(network)))
        where = page(network, f"proposed/{proposed.pk}/attach/")
        assert "Say why" in text(as_ines.post(where, {}), 422)
        assert "Attached, and kept" in text(as_ines.post(where, {"reason": WHY}, follow=True))
        assert as_ines.get(page(network)).context["size"] == 7

    def test_or_left_out(self, as_ines: Client, network: Network, proposed: Attachment) -> None:
        where = page(network, f"proposed/{proposed.pk}/leave-out/")
        assert "Left out" in text(as_ines.post(where, {"reason": WHY}, follow=True))
        assert "already: Declined" in text(as_ines.post(where, {"reason": WHY}), 422)
