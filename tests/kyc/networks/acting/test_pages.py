"""The desk's pages of controllers, measures and appeals, and the customer's of what was done to him."""

import html
import re
from collections import Counter
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import scope
from accounts.models import Organisation, User
from kyc.cases.models import Case, Entity
from kyc.keys import appeals, introspection, pools
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.pool_models import PoolMember
from kyc.keys.refusals import REFUSALS
from kyc.networks import carrying, controlling, lifting
from kyc.networks.controller_models import Controller
from kyc.networks.measure_models import Measure, MeasureMember
from kyc.networks.models import Incident
from kyc.networks.network_models import NetworkMembership
from tests import cast, networked
from tests.kyc.api.conftest import gateway  # noqa: F401  # fixture
from tests.kyc.keys.scenes import Issued
from tests.kyc.networks.acting import two as hands

pytestmark = pytest.mark.django_db
CONTROLLERS = "/desk/controllers/"


@pytest.fixture
def as_ines(ines: User) -> Client:
    return cast.signed_in(ines)


@pytest.fixture
def as_vasco(vasco: User) -> Client:
    return cast.signed_in(vasco)


def reason(one: Issued) -> str:
    return introspection.judged(one.secret, for_test=False).reason


def carried() -> None:
    with scope.whole():
        lifting.run()
        carrying.run()


def reserved(credential: str, one: Issued, amount: int) -> Any:
    said = {"number": str(uuid4()), "token": one.secret, "amounts": {"requests": amount}}
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {credential}"})
    return client.post("/api/v1/limits/reserve", said, content_type="application/json")


def asked(page: Client, measure: dict[str, Any], controller: Controller) -> Any:
    told = {"kind": "hold", "told": "account", "reason": "harm", "why": "It copies answers."}
    return page.post(f"{CONTROLLERS}{controller.pk}/measures/new/", told | measure)


class TestTheWay:
    def test_from_a_network_to_keys_on_hold_and_back(
        self, linked: Issued, second: Issued, as_ines: Client, as_vasco: Client
    ) -> None:
        with scope.whole():
            network = hands.network_of(linked.key.organisation, second.key.organisation)
        new = f"/desk/networks/{network.pk}/controller/"
        assert new in as_ines.get(f"/desk/networks/{network.pk}/").content.decode()
        assert b"Nordlys" in as_ines.get(new).content
        told = {"name": "Mirror", "why": "One card.", "reason": "payment"}
        found = as_ines.post(new, told)
        own = found["Location"]
        page = as_ines.get(own).content.decode()
        assert found.status_code == 302 and "another investigator rules on it" in page
        assert as_ines.post(f"{own}take/").status_code == 422
        assert as_vasco.post(f"{own}take/").status_code == 302
        form = as_ines.get(f"{own}measures/new/").content.decode()
        assert "one edge, 14.0 bits, 2 families" in form and "live key" in form
        with scope.whole():
            controller = Controller.objects.get()
        made = asked(as_ines, {}, controller)["Location"]
        assert as_ines.post(f"{made}take/").status_code == 422 and reason(linked) == ""
        assert as_vasco.post(f"{made}take/").status_code == 302
        carried()
        assert reason(linked) == "key_held" and "in force for 2 of 2" in as_ines.get(made).content.decode()
        assert as_ines.post(f"{made}undo/", {"reason": "A school."}).status_code == 302
        carried()
        assert (reason(linked), reason(second)) == ("", "")

    def test_what_was_kept_is_read_and_downloaded(self, controller: Controller, as_ines: Client) -> None:
        with scope.whole():
            kept = controller.kept.get()
        own = f"{CONTROLLERS}{controller.pk}/kept/{kept.pk}/"
        assert own in as_ines.get(f"{CONTROLLERS}{controller.pk}/").content.decode()
        text = as_ines.get(own).content.decode()
        assert "the same means of payment" in text.lower() and "Not counted:" in text and "One card pays for both." in text
        file = as_ines.get(f"{own}?download")
        assert sha256(file.content).hexdigest() == kept.sha256 and "attachment" in file["Content-Disposition"]
        assert as_ines.get(f"{CONTROLLERS}{controller.pk + 99}/kept/{kept.pk}/").status_code == 404
        assert cast.signed_in(cast.staff("approver", "Rosa Lima")).get(own).status_code == 404

    def test_what_was_erased_is_no_file(self, controller: Controller, as_ines: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("kyc.desk.kept_pages.read", lambda _content: None)
        with scope.whole():
            own = f"{CONTROLLERS}{controller.pk}/kept/{controller.kept.get().pk}/"
        shown = as_ines.get(own)
        assert shown.status_code == 200 and "?download" not in shown.content.decode()
        assert as_ines.get(f"{own}?download").status_code == 404

    def test_an_incident_is_opened_from_it(self, controller: Controller, as_ines: Client) -> None:
        told = {"title": "Copied", "kind": "extraction", "confidence": "high", "detected_on": "2026-11-02"}
        opened = as_ines.post(f"{CONTROLLERS}{controller.pk}/incident/", told)
        assert opened.status_code == 302 and "/desk/incidents/" in opened["Location"]
        with scope.whole():
            assert Incident.objects.get().kept.count() == 1
        assert as_ines.post(f"{CONTROLLERS}{controller.pk}/incident/", {}).status_code == 422


class TestOverlapping:
    def test_who_is_of_a_controller_already_is_said_wherever_somebody_acts(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User, as_ines: Client, as_vasco: Client
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        own = Restriction.objects.get(organisation=linked.key.organisation)
        cast.signed_in(linked.key.issued_by).post(f"/verification/restrictions/{own.handle}/", {"words": "We are a school."})
        with scope.whole():
            network = controller.network
        assert network
        case = Case.objects.get(organisation=linked.key.organisation)
        new = f"/desk/networks/{network.pk}/controller/"
        pages = (f"/desk/networks/{network.pk}/", new, f"/desk/cases/{case.pk}/")
        for page in pages:
            text = as_ines.get(page).content.decode()
            assert f"{CONTROLLERS}{controller.pk}/" in text and "has " in text, page
            assert f"{CONTROLLERS}measures/{measure.pk}/" in text and "waits for an answer" in text, page
        made = as_ines.post(new, {"name": "Again", "why": "One card.", "reason": "payment"})["Location"]
        for officer in (as_ines, as_vasco):
            text = officer.get(made).content.decode()
            assert "Of another controller already" in text and controller.number in text
        assert "Of another controller already" in as_ines.get(f"{CONTROLLERS}{controller.pk}/").content.decode()
        outside = cast.signed_in(cast.staff("approver", "Rosa Lima")).get(f"/desk/cases/{case.pk}/").content.decode()
        assert "CT-" not in outside and "Networks and controllers" not in outside and network.number not in outside


class TestTheEnd:
    def test_lifts_limits_leaves_holds_and_lets_nothing_follow(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User, as_ines: Client
    ) -> None:
        limit = {"kind": "limit", "told": "terms", "unit": "requests", "period": "day", "limit": 10, "reason": "limits"}
        hands.measured(controller, by=ines, second=vasco, **limit)
        hands.measured(controller, by=ines, second=vasco, first=[linked.key.organisation_id])
        carried()
        own = f"{CONTROLLERS}{controller.pk}/"
        assert as_ines.post(f"{own}end/", {"reason": " "}).status_code == 422
        assert as_ines.post(f"{own}end/", {"reason": "Two schools."}).status_code == 302
        with scope.whole():
            MeasureMember.objects.filter(state="planned").update(state="waiting")
        carried()
        assert (reason(linked), reason(second)) == ("key_held", "") and "Two schools." in as_ines.get(own).content.decode()
        with scope.whole():
            assert not PoolMember.objects.live().exists()
            assert Counter(MeasureMember.objects.values_list("state", flat=True)) == {"undone": 2, "placed": 1, "spared": 1}
        assert as_ines.post(f"{own}end/", {"reason": "Two schools."}).status_code == 422


class TestManyAccounts:
    """More than Django takes fields of one form."""

    def test_are_ruled_on_and_measured(self, linked: Issued, ines: User, as_ines: Client, as_vasco: Client) -> None:
        with scope.whole():
            network = hands.network_of(linked.key.organisation)
            many = [Organisation(name=f"Twin {number}") for number in range(1_200)]
            joined = {"via": ["payment"], "confidence": 0.9, "since": timezone.now(), "how": "run", "run": network.found_in}
            NetworkMembership.objects.bulk_create(
                NetworkMembership(network=network, organisation=one, **joined) for one in Organisation.objects.bulk_create(many)
            )
        new = f"/desk/networks/{network.pk}/controller/"
        told = {"name": "Mirror", "why": "One card.", "reason": "payment", "without": [str(many[0].pk)]}
        sent = as_ines.post(new, fields_of(as_ines.get(new)) | told)
        assert sent.status_code == 302 and as_vasco.post(f"{sent['Location']}take/").status_code == 302
        with scope.whole():
            controller = Controller.objects.get()
            assert controller.members.count() == 1_200
        measure = f"{CONTROLLERS}{controller.pk}/measures/new/"
        told = {"kind": "hold", "told": "account", "reason": "harm", "why": "It copies answers."}
        told |= {"without": [str(many[1].pk)], "because": "A school.", "later": [str(many[2].pk)]}
        assert as_ines.post(measure, fields_of(as_ines.get(measure)) | told).status_code == 302
        with scope.whole():
            stages = Counter(MeasureMember.objects.values_list("stage", flat=True))
            assert stages == {1: 1_198, 0: 1, 2: 1}
            assert MeasureMember.objects.get(stage=0).left_out_because == "A school."


def fields_of(page: Any) -> dict[str, Any]:
    """What a browser sends of the form as it is drawn."""
    return {field.html_name: field.value() for field in page.context["form"] if field.value()}


class TestTheFormOfAMeasure:
    def test_keeps_what_was_typed_and_says_what_is_wrong(self, controller: Controller, second: Issued, as_ines: Client) -> None:
        left = {"without": [str(second.key.organisation_id)], "why": "It copies."}
        answer = asked(as_ines, left, controller)
        assert answer.status_code == 422 and "Say why those are left out." in answer.content.decode()
        assert "It copies." in answer.content.decode()
        answer = asked(as_ines, {"kind": "limit", "unit": "requests", "period": "day", "limit": "0"}, controller)
        assert answer.status_code == 422
        with scope.whole():
            assert not Measure.objects.exists()

    def test_counts_what_is_ticked_before_it_is_sent(
        self, controller: Controller, linked: Issued, second: Issued, as_ines: Client
    ) -> None:
        new = f"{CONTROLLERS}{controller.pk}/measures/new/"
        typed = {"look": "1", "why": "It copies.", "without": [str(second.key.organisation_id)]}
        page = as_ines.post(new, typed)
        lines = {label: [n for _part, n in counts] for label, counts in page.context["parts"]["lines"]}
        assert page.status_code == 200 and lines["Accounts"] == [1, 1, 0, 1] and lines["Live keys"] == [1, 1, 0, 1]
        assert "It copies." in page.content.decode() and "Say why those" not in page.content.decode()
        both = {"without": [str(linked.key.organisation_id)], "later": [str(linked.key.organisation_id)], "because": "A school."}
        answer = asked(as_ines, both, controller)
        assert answer.status_code == 422 and "choose one of both" in answer.content.decode()
        answer = asked(as_ines, {"starts_at": "2020-01-01T10:00"}, controller)
        assert answer.status_code == 422 and "This time is over" in answer.content.decode()
        with scope.whole():
            assert not Measure.objects.exists()
        later = {"later": [str(second.key.organisation_id)]}
        made = asked(as_ines, later, controller)["Location"]
        assert "First part: 1 accounts" in as_ines.get(made).content.decode()

    def test_says_what_was_done_to_each_before(
        self, linked: Issued, controller: Controller, ines: User, vasco: User, rui: User, as_ines: Client
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        own = Restriction.objects.get(organisation=linked.key.organisation)
        sent = appeals.send(own, words="We are a school.", by=linked.key.issued_by)
        new = f"{CONTROLLERS}{controller.pk}/measures/new/"
        text = as_ines.get(new).content.decode()
        assert f"{measure.number}</a> keys on hold: done, an appeal waits for an answer" in text
        appeals.decide(sent, outcome="overturned", answer="You are right.", by=rui)
        carried()
        assert f"{measure.number}</a> keys on hold: ended by an appeal" in as_ines.get(new).content.decode()
        with scope.of_officer(ines):
            controlling.end_member(
                controller.members.get(organisation=linked.key.organisation), reason="It is a school.", by=ines
            )
        text = as_ines.get(f"{CONTROLLERS}{controller.pk}/members/add/").content.decode()
        assert "It is a school." in text and "Was of it until" in text and "ended by an appeal" in text
        told = as_ines.get(f"{CONTROLLERS}measures/{measure.pk}/").content.decode()
        assert "carried a measure out on an account" in told and f"{measure.number} · Nordlys" in told

    def test_takes_stages_and_times(self, controller: Controller, second: Issued, as_ines: Client) -> None:
        more = {"later": [str(second.key.organisation_id)], "starts_at": "2099-01-01T10:00", "rest_at": "2099-01-02T10:00"}
        assert asked(as_ines, more, controller).status_code == 302
        with scope.whole():
            measure = Measure.objects.get()
            stages = set(MeasureMember.objects.values_list("stage", flat=True))
        assert (measure.starts_at.isoformat(), stages) == ("2099-01-01T10:00:00+00:00", {1, 2})


class TestNumbers:
    def test_an_investigator_begins_at_networks(self, as_ines: Client) -> None:
        assert as_ines.get("/start/").url == "/desk/networks/"

    @pytest.mark.parametrize("page", ["/desk/networks/", "/desk/incidents/"])
    def test_a_number_leads_to_its_page(
        self, linked: Issued, controller: Controller, ines: User, vasco: User, as_ines: Client, page: str
    ) -> None:
        measure = hands.measured(controller, by=ines, second=vasco)
        carried()
        restriction = Restriction.objects.get(organisation=linked.key.organisation)
        appeal = appeals.send(restriction, words="We are a school.", by=linked.key.issued_by)
        with scope.whole():
            rows = {"measures": measure, "appeals": appeal, "networks": controller.network, "controllers": controller}
        if page == "/desk/networks/":
            # Listed there.
            del rows["networks"]
        for stem, row in rows.items():
            there = "controllers/measures" if stem == "measures" else stem
            assert as_ines.get(page, {"q": row.number.lower()}).url == f"/desk/{there}/{row.pk}/"
        assert as_ines.get(page, {"q": "CT-1999-0001"}).status_code == 200

    def test_an_account_is_found_by_the_number_that_the_list_prints(self, controller: Controller, as_ines: Client) -> None:
        network = controller.network
        with scope.whole():
            account = NetworkMembership.objects.filter(network=network).earliest("pk").organisation_id
        assert network.number in as_ines.get("/desk/networks/", {"q": f"O-{account}"}).content.decode()
        assert network.number not in as_ines.get("/desk/networks/", {"q": "O-999999"}).content.decode()


class TestAppeals:
    @pytest.fixture
    def restriction(self, linked: Issued, controller: Controller, ines: User, vasco: User) -> Restriction:
        hands.measured(controller, by=ines, second=vasco)
        carried()
        return Restriction.objects.get(organisation=linked.key.organisation)

    def test_the_customer_reads_what_is_done_and_appeals(self, linked: Issued, restriction: Restriction) -> None:
        alice = cast.signed_in(linked.key.issued_by)
        own = f"/verification/restrictions/{restriction.handle}/"
        overview = alice.get("/verification/").content.decode()
        assert own in overview and "We are looking through your account." in overview
        assert "your keys go on working" not in overview
        for text in (overview, alice.get(own).content.decode(), alice.get("/verification/keys/").content.decode()):
            assert "Mirror" not in text and "Sørvik" not in text and "network" not in text.lower().replace("networks", "")
        assert alice.post(own, {"words": ""}).status_code == 422
        sent = alice.post(own, {"words": "We are a school.", "file": cast.pdf(width=123)})
        assert sent.status_code == 302 and "Being read" in alice.get(own).content.decode()
        assert alice.post(own, {"words": "Again."}).status_code == 422
        assert Appeal.objects.get().document is not None

    def test_whom_a_limit_of_several_stops_is_shown_where_to_appeal(
        self, linked: Issued, second: Issued, controller: Controller, ines: User, vasco: User
    ) -> None:
        asked = {"kind": "limit", "told": "terms", "unit": "requests", "period": "day", "limit": 10, "reason": "limits"}
        measure = hands.measured(controller, by=ines, second=vasco, **asked)
        carried()
        assert "Limited at present" not in cast.signed_in(linked.key.issued_by).get("/verification/keys/").content.decode()
        with transaction.atomic():
            pools.charge(
                [pools.Charge(second.key.organisation_id, second.key.pk, timezone.now().date(), "requests", "", used=10)]
            )
        alice = cast.signed_in(linked.key.issued_by)
        listed, overview = (alice.get(page).content.decode() for page in ("/verification/keys/", "/verification/"))
        # He has used nothing: that it is reached would tell him of others.
        assert "Limited at present" in listed and "Your keys are limited at present" in overview
        assert "reached" not in listed + overview
        assert "Sørvik" not in listed + overview and "shared" not in listed + overview
        case = Case.objects.get(organisation=linked.key.organisation)
        as_rosa = cast.signed_in(cast.staff("approver", "Rosa Lima"))
        assert "Limit reached" in as_rosa.get(f"/desk/cases/{case.pk}/?tab=keys").content.decode()
        text = alice.post("/verification/keys/doctor/", {"pasted": linked.key.prefix}).content.decode()
        restriction = Restriction.objects.get(organisation=linked.key.organisation)
        assert "A limit is reached" in text and "Raise it" not in text and "appeal" in text
        assert f"/verification/restrictions/{restriction.handle}/" in text and "Sørvik" not in text
        with scope.whole():
            Restriction.objects.filter(pk=restriction.pk).update(ended_at=timezone.now(), ended_by=ines)
        assert measure.pool
        text = alice.post("/verification/keys/doctor/", {"pasted": linked.key.prefix}).content.decode()
        assert "Write to us" in text and "Raise it" not in text

    def test_a_limit_is_one_that_he_can_live_by(
        self,
        linked: Issued,
        second: Issued,
        controller: Controller,
        ines: User,
        vasco: User,
        gateway: str,  # noqa: F811
    ) -> None:
        asked = {"kind": "limit", "told": "terms", "unit": "requests", "period": "day", "limit": 20_000, "reason": "limits"}
        hands.measured(controller, by=ines, second=vasco, **asked)
        carried()
        answers = {amount: reserved(gateway, linked, amount) for amount in (15_000, 10_001, 4_000, 100)}
        assert [answer.status_code for answer in answers.values()] == [403, 403, 200, 200]
        refused = answers[15_000].json()
        assert (refused["limit"]["limit"], refused["limit"]["left"]) == (10_000, 10_000) and "Raise" not in refused["detail"]
        assert answers[100].json()["limits"][0]["left"] == 5_900
        assert introspection.introspect(linked.secret)["limits"][0]["limit"] == 10_000
        alice = cast.signed_in(linked.key.issued_by)
        page = alice.get(urlsplit(refused["fix"]).path).content.decode()
        own = Restriction.objects.get(organisation=linked.key.organisation)
        assert "How much your keys may use is limited." in page and f"/restrictions/{own.handle}/" in page
        assert "10,000 requests" in page and "No limit is set" not in page and "20,000" not in page
        assert "10,000 requests" in alice.get(f"/verification/restrictions/{own.handle}/").content.decode()
        REFUSALS.flush()
        as_rosa = cast.signed_in(cast.staff("approver", "Rosa Lima"))
        for doctor in (alice, as_rosa):
            address = "/verification/keys/doctor/" if doctor is alice else "/desk/keys/doctor/"
            text = doctor.post(address, {"pasted": linked.key.prefix}).content.decode()
            assert "A limit left less than that call asked for." in text and "is over" not in text and "usage/" in text
        case = Case.objects.get(organisation=linked.key.organisation)
        desk = as_rosa.get(f"/desk/cases/{case.pk}/usage/").content.decode()
        assert "10,000 requests" in desk and "Part of what the customer was told" in desk

    def test_no_word_of_his_contradicts_another(self, linked: Issued, restriction: Restriction) -> None:
        alice = cast.signed_in(linked.key.issued_by)
        text = alice.post("/verification/keys/doctor/", {"pasted": linked.key.prefix}).content.decode()
        assert f"/verification/restrictions/{restriction.handle}/" in text and "appeal" in text
        assert "Nothing that you can do here ends it" not in text
        for page in ("/verification/", "/verification/keys/"):
            assert not re.search(r'class="button primary" href="/verification/keys/issue/"', alice.get(page).content.decode())

    @pytest.mark.parametrize(("kind", "goes_on"), [("limit", False), ("verification", True)])
    def test_keys_go_on_working_where_nothing_is_done_to_them(
        self, linked: Issued, controller: Controller, ines: User, vasco: User, kind: str, goes_on: bool
    ) -> None:
        limit = {"kind": "limit", "unit": "requests", "period": "day", "limit": 10, "reason": "limits"}
        again = {"kind": "verification", "items": ["use"], "reason": "doubt"}
        if kind == "limit":
            hands.measured(controller, by=ines, second=vasco, told="terms", **limit)
        hands.measured(controller, by=ines, second=vasco, told="details", **again)
        carried()
        overview = cast.signed_in(linked.key.issued_by).get("/verification/").content.decode()
        assert ("your keys go on working" in overview) == goes_on

    def test_nobody_elses(self, second: Issued, restriction: Restriction) -> None:
        other = cast.signed_in(second.key.issued_by)
        assert other.get(f"/verification/restrictions/{restriction.handle}/").status_code == 404

    def test_an_approver_answers_and_learns_of_no_controller(self, linked: Issued, restriction: Restriction) -> None:
        alice, as_rosa = cast.signed_in(linked.key.issued_by), cast.signed_in(cast.staff("approver", "Rosa Lima"))
        alice.post(f"/verification/restrictions/{restriction.handle}/", {"words": "We are a school."})
        own = f"/desk/appeals/{Appeal.objects.get().pk}/"
        for text in (as_rosa.get("/desk/appeals/").content.decode(), as_rosa.get(own).content.decode()):
            assert "Nordlys" in text and "Mirror" not in text and "CT-" not in text and "/desk/controllers/" not in text
        assert as_rosa.get(CONTROLLERS).status_code == 404
        assert as_rosa.post(f"{own}decide/", {"outcome": "overturned", "answer": ""}).status_code == 422
        assert as_rosa.post(f"{own}decide/", {"outcome": "overturned", "answer": "You are right."}).status_code == 302
        assert (
            reason(linked) == ""
            and "You are right." in alice.get(f"/verification/restrictions/{restriction.handle}/").content.decode()
        )

    def test_what_they_find_wrong_is_counted_on_a_page(self, linked: Issued, restriction: Restriction, as_ines: Client) -> None:
        alice, as_rosa = cast.signed_in(linked.key.issued_by), cast.signed_in(cast.staff("approver", "Rosa Lima"))
        alice.post(f"/verification/restrictions/{restriction.handle}/", {"words": "We are a school."})
        as_rosa.post(f"/desk/appeals/{Appeal.objects.get().pk}/decide/", {"outcome": "overturned", "answer": "Yes."})
        carried()
        text = as_ines.get(f"{CONTROLLERS}misses/").content.decode()
        assert "The same means of payment" in text and "Nordlys" in text and "api_ip" not in text

    def test_whoever_proposed_it_is_refused(self, linked: Issued, restriction: Restriction, as_ines: Client) -> None:
        alice = cast.signed_in(linked.key.issued_by)
        alice.post(f"/verification/restrictions/{restriction.handle}/", {"words": "We are a school."})
        own = f"/desk/appeals/{Appeal.objects.get().pk}/"
        page = as_ines.get(own).content.decode()
        assert "You proposed this; another person decides the appeal." in page and f"{own}decide/" not in page
        assert as_ines.post(f"{own}decide/", {"outcome": "upheld", "answer": "No."}).status_code == 422

    def test_who_decides_reads_what_is_known_of_the_customer_and_whom_to_ask(
        self, linked: Issued, restriction: Restriction, settings: LazySettings
    ) -> None:
        alice, as_rosa = cast.signed_in(linked.key.issued_by), cast.signed_in(cast.staff("approver", "Rosa Lima"))
        alice.post(f"/verification/restrictions/{restriction.handle}/", {"words": "We are a school."})
        text = as_rosa.get(f"/desk/appeals/{Appeal.objects.get().pk}/").content.decode()
        entity = Entity.objects.get(organisation=linked.key.organisation)
        assert entity.reference in text and "0 requests" in text and settings.CONTACT_EMAIL in text
        assert "Ines" not in text and "Vasco" not in text and "Mirror" not in text

    def test_an_answer_that_names_another_customer_is_confirmed(
        self, linked: Issued, second: Issued, restriction: Restriction
    ) -> None:
        alice, as_rosa = cast.signed_in(linked.key.issued_by), cast.signed_in(cast.staff("approver", "Rosa Lima"))
        alice.post(f"/verification/restrictions/{restriction.handle}/", {"words": "We are a school."})
        own = f"/desk/appeals/{Appeal.objects.get().pk}/decide/"
        name = second.key.organisation.name.split()[0]
        said = {"outcome": "upheld", "answer": f"You share a card with {second.key.organisation.name}."}
        returned = as_rosa.post(own, said)
        assert returned.status_code == 422 and Appeal.objects.get().is_open
        assert name in html.unescape(returned.content.decode()).partition("Your answer names")[2]
        assert as_rosa.post(own, said | {"named": "on"}).status_code == 302 and not Appeal.objects.get().is_open


class TestOfHundreds:
    """Pages of a controller with more accounts than have boxes."""

    @pytest.fixture
    def large(self, ines: User, vasco: User) -> Controller:
        those = networked.accounts(130, "Heron {} BV")
        with scope.whole():
            network = networked.network_of(those, {(n, n + 1): [networked.shares("payment", f"card {n}")] for n in range(129)})
            proposed = controlling.propose(
                name="Heron", why="One hand.", reason="conduct", members=those, network=network, by=ines
            )
            return controlling.take(proposed, by=vasco)

    def test_who_has_no_box_is_left_out_by_its_number(self, large: Controller, as_ines: Client) -> None:
        new = f"{CONTROLLERS}{large.pk}/measures/new/"
        form = as_ines.get(new).context["form"]
        boxes = {account for account, _without, _later in form.rows()}
        with scope.whole():
            every = list(large.members.values_list("organisation", flat=True))
        assert len(boxes) == 100 and form["without_numbers"].label == "Others left out"
        hidden, *others = sorted(set(every) - boxes)
        said = {"without": [min(boxes)], "without_numbers": str(hidden), "later_numbers": f"{others[0]}, {others[1]}"}
        answer = asked(as_ines, said | {"because": "They are known."}, large)
        assert answer.status_code == 302
        with scope.whole():
            stages = dict(Measure.objects.get(controller=large).members.values_list("organisation", "stage"))
        assert {one for one, stage in stages.items() if stage == 0} == {min(boxes), hidden}
        assert {one for one, stage in stages.items() if stage == 2} == set(others[:2])

    def test_a_number_that_is_nobodys_is_said(self, large: Controller, as_ines: Client) -> None:
        answer = asked(as_ines, {"without_numbers": "12 x", "because": "Because."}, large)
        assert answer.status_code == 422 and "is the number of no account of it" in answer.content.decode()

    def test_stand_on_pages_in_as_many_questions_as_of_few(
        self, large: Controller, as_ines: Client, django_assert_max_num_queries: Any
    ) -> None:
        page = f"{CONTROLLERS}{large.pk}/"
        with django_assert_max_num_queries(30):
            first = as_ines.get(page)
        assert len(first.context["members"]) == 50 and "?page=2" in first.content.decode()
        last = as_ines.get(f"{page}?page=3").context["members"]
        assert len(last) == 30
        refused = as_ines.post(f"{page}members/{last[0]['member'].pk}/end/", {"reason": ""})
        assert refused.status_code == 422
        assert [row["member"].pk for row in refused.context["members"]][-1] == last[0]["member"].pk

    def test_a_measure_stands_on_pages_too(self, large: Controller, as_ines: Client, django_assert_max_num_queries: Any) -> None:
        asked(as_ines, {}, large)
        with scope.whole():
            measure = Measure.objects.get(controller=large)
        with django_assert_max_num_queries(30):
            shown = as_ines.get(f"{CONTROLLERS}measures/{measure.pk}/")
        assert len(shown.context["rows"]) == 50 and "?page=2" in shown.content.decode()
