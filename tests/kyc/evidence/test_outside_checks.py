"""A verification service says whom it has verified; forged, late, repeated and reordered messages change nothing wrong."""

import json
import threading
import time
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.evidence import confirmations, outside_checks
from kyc.evidence.confirmation_models import Confirmation, OutsideCheck, OutsideMessage
from kyc.evidence.outside import services
from kyc.evidence.outside.services import ServiceAway
from kyc.evidence.outside_checks import NotOffered, TooMany
from kyc.rules import packs
from tests.cast import Founded, customer, founded
from tests.kyc.evidence.confirming.servers import says, web_server
from tests.kyc.evidence.outside.messages import NEW, SECRET, STRIPE, event, generic, sent, stripe
from tests.stage import scene

REF, NOON = "chk_1", "2026-11-30T12:00:00Z"
PERSON = {"name": "Alice OLSEN", "birth_date": "1984-03-17"}
EVIDENCE = {
    "type": "passport",
    "issuing_country": "NO",
    "expires_on": "2030-01-01",
    "number": "N7654321",
    "portrait": "iVBORw0KGgo",
}


@scene
def nordlys() -> Founded:
    return founded(customer())


@pytest.fixture(autouse=True)
def named(settings: Any) -> None:
    settings.VERIFICATION_NAME, settings.VERIFICATION_URL = "Ident House", "http://127.0.0.1:1/sessions"
    settings.VERIFICATION_SECRETS = [SECRET]
    settings.STRIPE_KEY, settings.STRIPE_SECRETS = "rk_test_1", [STRIPE]


@pytest.fixture
def check(nordlys: Founded) -> OutsideCheck:
    return begun(nordlys, "generic", REF)


def begun(nordlys: Founded, service: str, reference: str) -> OutsideCheck:
    return OutsideCheck.objects.create(
        organisation=nordlys.organisation, party=nordlys.controller, service=service, reference=reference, started_by=nordlys.by
    )


def send(body: bytes, headers: dict[str, str], service: str = "generic") -> Any:
    client = Client(raise_request_exception=False)
    return client.generic("POST", f"/api/v1/verifications/{service}", body, content_type="application/json", headers=headers)


def tell(kind: str, number: str, at: str = NOON, **more: Any) -> Any:
    body = generic(REF, kind, at=at, **more)
    return send(body, sent(body, number))


def verified(number: str = "m9", at: str = NOON, person: dict[str, str] = PERSON) -> Any:
    return tell("verified", number, at, evidence=EVIDENCE, person=person)


class TestReceive:
    def test_a_verified_person_is_confirmed_by_descriptors_and_a_hash(self, nordlys: Founded, check: OutsideCheck) -> None:
        answer = verified()
        assert (answer.status_code, answer.json()) == (200, {"effect": "applied"})
        check.refresh_from_db()
        [made] = confirmations.confirmed(nordlys.controller)
        assert (check.state, check.confirmation, made.what, made.how) == ("verified", made, "identity", "service")
        assert made.details["type"] == "passport" and made.details["reference"] == REF and len(made.details["sha256"]) == 64
        kept = str([list(model.objects.values()) for model in (OutsideCheck, OutsideMessage, AuditEvent)]) + str(made.details)
        for text in ("N7654321", "iVBOR", "OLSEN", "1984-03-17"):
            assert text not in kept

    @pytest.mark.parametrize(
        "person",
        [
            {},
            {"name": "Alice Olsen"},
            {"name": "Bob Berg", "birth_date": "1984-03-17"},
            {"name": "Alice Olsen", "birth_date": "1984-03-18"},
        ],
    )
    def test_somebody_else_or_nobody_named_confirms_nothing(self, nordlys: Founded, check: OutsideCheck, person: Any) -> None:
        assert verified(person=person).status_code == 200
        check.refresh_from_db()
        assert check.state == "verified" and not Confirmation.objects.exists()

    def test_repeated_it_is_taken_once(self, check: OutsideCheck) -> None:
        for _ in range(3):
            assert verified().json() == {"effect": "applied"}
        assert (Confirmation.objects.count(), OutsideMessage.objects.count()) == (1, 1)
        assert AuditEvent.objects.filter(verb="outside.told").count() == 1

    def test_an_older_one_that_comes_later_changes_nothing(self, check: OutsideCheck) -> None:
        tell("input_needed", "m2", "2026-11-30T12:02:00Z")
        assert tell("processing", "m1", "2026-11-30T12:01:00Z").json() == {"effect": "stale"}
        check.refresh_from_db()
        assert check.state == "input_needed"

    def test_after_the_end_nothing_changes(self, check: OutsideCheck) -> None:
        verified()
        for number, kind in enumerate(("refused", "processing", "cancelled", "verified")):
            assert tell(kind, f"x{number}", "2027-01-01T00:00:00Z").json() == {"effect": "stale"}
        check.refresh_from_db()
        assert (check.state, Confirmation.objects.count()) == ("verified", 1)

    def test_refused_confirms_nothing(self, check: OutsideCheck) -> None:
        tell("refused", "m1", evidence={"error": "document_expired"})
        check.refresh_from_db()
        assert (check.state, check.descriptors) == ("refused", {"error": "document_expired"})
        assert not Confirmation.objects.exists()

    def test_what_is_forged_or_late_is_refused_and_leaves_nothing(self, check: OutsideCheck) -> None:
        body = generic(REF, "verified", at=NOON, person=PERSON)
        good = sent(body, "m1")
        for headers in (
            {}, good | {"webhook-id": "m2"}, good | {"webhook-signature": "v1,AAAA"}, sent(body, "m1", secret=NEW),
            sent(body, "m1", late=301), sent(body, "m1", late=-301), stripe(body),
        ):  # fmt: skip
            assert send(body, headers).status_code == 401
        assert send(body + b" ", good).status_code == 401
        assert not OutsideMessage.objects.exists()

    def test_while_a_secret_is_replaced_both_are_believed(self, check: OutsideCheck, settings: Any) -> None:
        settings.VERIFICATION_SECRETS = [NEW, SECRET]
        for number, secret in enumerate((SECRET, NEW)):
            body = generic(REF, "processing", at=f"2026-11-30T12:0{number}:00Z")
            assert send(body, sent(body, f"m{number}", secret=secret)).status_code == 200

    def test_of_no_check_it_is_not_found_so_that_it_is_sent_again(self, check: OutsideCheck) -> None:
        body = generic("chk_other", "verified", at=NOON)
        assert send(body, sent(body, "m1")).status_code == 404
        assert not OutsideMessage.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"[]", b"\xff", b"{}", b'{"type": 7}', b"[" * 100_000,
            b'{"type": "verification.verified", "timestamp": "yesterday"}',
            b'{"type": "verification.verified", "timestamp": "2026-11-30T12:00:00", "data": {"id": "chk_1"}}',
            b'{"type": "verification.verified", "timestamp": "2026-11-30T12:00:00Z", "data": []}',
            b'{"type": "verification.verified", "timestamp": "2026-11-30T12:00:00Z", "data": {"id": "a\\u0000b"}}',
        ],
    )  # fmt: skip
    def test_what_is_signed_and_makes_no_sense_is_a_bad_question(self, check: OutsideCheck, body: bytes) -> None:
        assert send(body, sent(body, "m1")).status_code == 400

    def test_a_kind_that_is_not_known_is_ignored(self, check: OutsideCheck) -> None:
        assert tell("renamed", "m1").json() == {"effect": "ignored"}

    def test_an_unknown_service_or_one_not_named_is_not_found(self, settings: Any) -> None:
        settings.VERIFICATION_URL = ""
        assert [send(b"{}", {}, service).status_code for service in ("generic", "other")] == [404, 404]


class TestStripe:
    @pytest.fixture
    def session(self, settings: Any) -> Iterator[dict[str, Any]]:
        """What the API says of the session, from a server of our own."""
        told: dict[str, Any] = {
            "id": "vs_1",
            "status": "verified",
            "verified_outputs": {
                "first_name": "Alice", "last_name": "Olsen", "dob": {"day": 17, "month": 3, "year": 1984},
                "id_number": None, "address": None,
            },
            "last_verification_report": {
                "id": "vr_1",
                "document": {
                    "type": "passport", "issuing_country": "NO", "number": None, "status": "verified", "files": ["file_1"],
                    "expiration_date": {"day": 1, "month": 2, "year": 2030},
                },
            },
            "asked": [],
        }  # fmt: skip

        def answer(handler: Any) -> None:
            told["asked"].append((handler.path, handler.headers["Authorization"]))
            asked = parse_qs(handler.path.partition("?")[2])["expand[]"]
            shown = {name: deepcopy(value) for name, value in told.items() if name != "asked"}
            # As its documentation has it: what tells most of a person is left out unless it is asked for by name.
            if "verified_outputs.dob" not in asked:
                del shown["verified_outputs"]["dob"]
            if "last_verification_report.document.expiration_date" not in asked:
                del shown["last_verification_report"]["document"]["expiration_date"]
            says(json.dumps(shown).encode())(handler)

        with web_server(answer) as port:
            settings.STRIPE_URL = f"http://127.0.0.1:{port}"
            yield told

    def tell(self, kind: str, number: str, created: int = 1_764_504_000, **more: Any) -> Any:
        body = event("vs_1", kind, number=number, created=created, **more)
        return send(body, stripe(body), "stripe")

    def test_a_session_that_verified_the_person_confirms_him(self, nordlys: Founded, session: dict[str, Any]) -> None:
        check = begun(nordlys, "stripe", "vs_1")
        assert self.tell("processing", "evt_1").json() == {"effect": "applied"}
        assert self.tell("verified", "evt_2").json() == {"effect": "applied"}
        check.refresh_from_db()
        assert check.state == "verified"
        assert check.descriptors == {
            "type": "passport", "issuing_country": "NO", "expires_on": "2030-02-01", "report": "vr_1", "name": "agrees",
            "birth_date": "agrees",
        }  # fmt: skip
        assert confirmations.confirmed(nordlys.controller).get().how == "service"
        [(path, authorization)] = session["asked"]
        assert path.startswith("/v1/identity/verification_sessions/vs_1?") and authorization == "Bearer rk_test_1"

    def test_while_its_api_is_away_the_event_is_to_be_sent_again(self, nordlys: Founded, settings: Any) -> None:
        begun(nordlys, "stripe", "vs_1")
        settings.STRIPE_URL = "http://127.0.0.1:1"
        answer = self.tell("verified", "evt_1")
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert not OutsideMessage.objects.exists()

    def test_what_is_asked_for_again_is_not_the_end(self, nordlys: Founded, session: dict[str, Any]) -> None:
        check = begun(nordlys, "stripe", "vs_1")
        self.tell("requires_input", "evt_1", last_error={"code": "document_unverified_other", "reason": "Blurred."})
        check.refresh_from_db()
        assert (check.state, check.descriptors["error"]) == ("input_needed", "document_unverified_other")
        self.tell("verified", "evt_2", created=1_764_504_100)
        check.refresh_from_db()
        assert check.state == "verified"

    def test_of_one_second_the_end_counts_whatever_comes_first(self, nordlys: Founded, session: dict[str, Any]) -> None:
        check = begun(nordlys, "stripe", "vs_1")
        self.tell("verified", "evt_2")
        assert self.tell("processing", "evt_1").json() == {"effect": "stale"}
        check.refresh_from_db()
        assert check.state == "verified"

    def test_sessions_of_others_and_events_of_another_kind_are_ignored(self, nordlys: Founded) -> None:
        begun(nordlys, "stripe", "vs_1")
        assert self.tell("verified", "evt_1", metadata={}).json() == {"effect": "ignored"}
        assert self.tell("redacted", "evt_2").json() == {"effect": "ignored"}

    def test_an_event_of_the_other_mode_is_ignored(self, nordlys: Founded, settings: Any) -> None:
        begun(nordlys, "stripe", "vs_1")
        settings.STRIPE_KEY = "rk_live_1"
        assert self.tell("verified", "evt_1").json() == {"effect": "ignored"}

    def test_what_is_forged_is_refused(self, nordlys: Founded) -> None:
        begun(nordlys, "stripe", "vs_1")
        body = event("vs_1", "verified", number="evt_1", created=1)
        for headers in ({}, stripe(body, secret="x"), stripe(body, late=301), sent(body, "m1")):
            assert send(body, headers, "stripe").status_code == 401


class TestStart:
    def test_the_generic_service_is_asked_with_a_signed_call(self, nordlys: Founded, settings: Any) -> None:
        asked = []

        def answer(handler: Any) -> None:
            body = handler.rfile.read(int(handler.headers["Content-Length"]))
            asked.append((body, {name.lower(): value for name, value in handler.headers.items()}))
            says(b'{"id": "chk_7", "url": "https://ident.example/chk_7"}')(handler)

        with web_server(answer) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/sessions"
            url = outside_checks.start(nordlys.controller, service="generic", path="/verification/", by=nordlys.by)
        [(body, headers)] = asked
        assert (url, json.loads(body)["name"]) == ("https://ident.example/chk_7", "Alice Olsen")
        assert services.signatures.check(body, headers, secrets=[SECRET], now=int(headers["webhook-timestamp"]))
        assert OutsideCheck.objects.get().reference == "chk_7"

    def test_one_whose_process_was_ended_is_taken_up_again_under_its_own_number(self, nordlys: Founded, settings: Any) -> None:
        asked = []

        def answer(handler: Any) -> None:
            asked.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))["reference"])
            says(b'{"id": "chk_8", "url": "https://ident.example/chk_8"}')(handler)

        left, _ = outside_checks.reserved(nordlys.controller, "generic", by=nordlys.by)
        OutsideCheck.objects.update(started_at=timezone.now() - outside_checks.BEGUN_WITHIN)
        begin = {"service": "generic", "path": "/verification/", "by": nordlys.by}
        with web_server(answer) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/sessions"
            outside_checks.start(nordlys.controller, **begin)
        assert asked == [left.reference]
        row = OutsideCheck.objects.get()
        assert (row.pk, row.state, row.reference) == (left.pk, "started", "chk_8")

    def test_one_that_can_not_be_taken_up_is_given_up_after_a_try(self, nordlys: Founded, settings: Any) -> None:
        asked = []

        def answer(handler: Any) -> None:
            asked.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))["reference"])
            says(b'{"id": "chk_8"}' if len(asked) == 1 else b'{"id": "chk_9", "url": "https://ident.example/chk_9"}')(handler)

        left, _ = outside_checks.reserved(nordlys.controller, "generic", by=nordlys.by)
        OutsideCheck.objects.update(started_at=timezone.now() - outside_checks.BEGUN_WITHIN)
        begin = {"service": "generic", "path": "/verification/", "by": nordlys.by}
        with web_server(answer) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/sessions"
            with pytest.raises(ServiceAway):
                outside_checks.start(nordlys.controller, **begin)
            left.refresh_from_db()
            assert (left.state, left.reference) == ("cancelled", asked[0]), "the service may know it"
            assert AuditEvent.objects.get(verb="outside.given_up").reason.startswith("The verification service answered")
            assert outside_checks.start(nordlys.controller, **begin) == "https://ident.example/chk_9"
        assert len(set(asked)) == 2

    def test_one_that_was_left_is_not_taken_up_where_too_many_were_begun(self, nordlys: Founded) -> None:
        for _again in range(packs.current().confirmations.service("a_day")):
            outside_checks.reserved(nordlys.controller, "generic", by=nordlys.by)
        OutsideCheck.objects.update(started_at=timezone.now() - outside_checks.BEGUN_WITHIN)
        with pytest.raises(outside_checks.TooMany):
            outside_checks.reserved(nordlys.controller, "generic", by=nordlys.by)

    def test_one_that_is_being_begun_at_this_moment_is_left_alone(self, nordlys: Founded) -> None:
        first, _ = outside_checks.reserved(nordlys.controller, "generic", by=nordlys.by)
        second, is_taken_up = outside_checks.reserved(nordlys.controller, "generic", by=nordlys.by)
        assert first != second and not is_taken_up

    def test_one_that_nobody_takes_up_is_given_up_after_a_day(self, nordlys: Founded) -> None:
        row, _ = outside_checks.reserved(nordlys.controller, "generic", by=nordlys.by)
        assert not outside_checks.QUEUE.is_waiting()
        OutsideCheck.objects.filter(pk=row.pk).update(started_at=timezone.now() - timedelta(hours=25))
        assert outside_checks.QUEUE.is_waiting()
        for _ in range(2):
            outside_checks.expire()
        row.refresh_from_db()
        assert row.state == "cancelled" and not outside_checks.QUEUE.is_waiting()
        [event] = AuditEvent.objects.filter(verb="outside.given_up")
        assert (event.actor, event.reason) == ("Keyholder", outside_checks.LEFT)

    def test_stripe_is_asked_for_a_session_of_its_own(self, nordlys: Founded, settings: Any) -> None:
        asked = []

        def answer(handler: Any) -> None:
            body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
            asked.append((handler.path, parse_qs(body), handler.headers["Idempotency-Key"]))
            says(b'{"id": "vs_7", "url": "https://verify.stripe.com/start/x", "client_secret": "s"}')(handler)

        with web_server(answer) as port:
            settings.STRIPE_URL = f"http://127.0.0.1:{port}"
            outside_checks.start(nordlys.controller, service="stripe", path="/verification/", by=nordlys.by)
        [(path, fields, key)] = asked
        assert (path, fields["type"], fields["metadata[keyholder]"]) == (
            "/v1/identity/verification_sessions",
            ["document"],
            [key],
        )

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, b"{}"), (200, b"x"), (200, b"{}"), (200, b'{"id": "1", "url": "javascript:alert(1)"}'),
            (302, b'{"id": "1", "url": "https://x.example/"}'),
        ],
    )  # fmt: skip
    def test_a_service_that_answers_otherwise_leaves_nothing(
        self, nordlys: Founded, settings: Any, status: int, body: bytes
    ) -> None:
        with web_server(says(body, status=status)) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/"
            with pytest.raises(ServiceAway):
                outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)
        assert not OutsideCheck.objects.exists()

    def test_what_could_not_be_begun_does_not_count(self, nordlys: Founded, settings: Any) -> None:
        for _ in range(21):
            with pytest.raises(ServiceAway):
                outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)
        assert not OutsideCheck.objects.exists()

    def test_nor_what_failed_for_no_fault_of_the_service(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_arguments: Any, **_more: Any) -> str:
            raise ValueError("an error of ours")

        monkeypatch.setattr(outside_checks, "begun", broken)
        with pytest.raises(ValueError, match="of ours"):
            outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)
        assert not OutsideCheck.objects.exists()

    def test_a_service_that_is_away_says_so(self, nordlys: Founded) -> None:
        with pytest.raises(ServiceAway, match="cannot be reached"):
            outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)

    def test_companies_are_not_checked_so_and_services_that_are_not_named_not_offered(
        self, nordlys: Founded, settings: Any
    ) -> None:
        with pytest.raises(NotOffered):
            outside_checks.start(nordlys.party, service="generic", path="/", by=nordlys.by)
        settings.VERIFICATION_URL = ""
        assert [one.code for one in services.offered()] == ["stripe"]
        with pytest.raises(NotOffered):
            outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)

    def test_a_stranger_begins_none(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            outside_checks.start(
                nordlys.controller, service="generic", path="/", by=customer("charlie@elsewhere.example", "Charlie")
            )

    def test_one_organisation_begins_twenty_a_day_and_the_service_hears_of_no_more(self, nordlys: Founded, settings: Any) -> None:
        for number in range(20):
            OutsideCheck.objects.create(
                organisation=nordlys.organisation, party=nordlys.controller, service="generic", reference=f"chk_{number}",
                started_by=nordlys.by, state="cancelled",
            )  # fmt: skip
        asked: list[str] = []
        with web_server(lambda handler: asked.append(handler.path)) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/"
            with pytest.raises(TooMany, match="tomorrow"):
                outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)
        assert asked == []

    def test_a_service_that_names_the_same_check_again_goes_on_with_it(
        self, nordlys: Founded, check: OutsideCheck, settings: Any
    ) -> None:
        with web_server(says(b'{"id": "chk_1", "url": "https://ident.example/"}')) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/"
            assert (
                outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by) == "https://ident.example/"
            )
            assert OutsideCheck.objects.get().state == "started"
            OutsideCheck.objects.update(state="cancelled")
            with pytest.raises(ServiceAway, match="something else"):
                outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)
            elsewhere = founded(customer("bob@elsewhere.example", "Bob Berg"), name="Elsewhere AS", person="Bob Berg")
            with pytest.raises(ServiceAway, match="something else"):
                outside_checks.start(elsewhere.controller, service="generic", path="/", by=elsewhere.by)

    def test_begun_anew_the_one_before_is_called_off(self, nordlys: Founded, check: OutsideCheck, settings: Any) -> None:
        with web_server(says(b'{"id": "chk_2", "url": "https://ident.example/"}')) as port:
            settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/"
            outside_checks.start(nordlys.controller, service="generic", path="/", by=nordlys.by)
        assert verified().json() == {"effect": "stale"}
        assert not Confirmation.objects.exists()


class TestDatabase:
    def test_a_result_stays_and_time_runs_forward(self, check: OutsideCheck) -> None:
        verified()
        for columns in ({"state": "refused"}, {"told_at": "2020-01-01T00:00:00Z"}):
            with pytest.raises(DatabaseError), transaction.atomic():
                OutsideCheck.objects.filter(pk=check.pk).update(**columns)
        with pytest.raises(DatabaseError), transaction.atomic():
            OutsideMessage.objects.update(effect="stale")


@pytest.mark.django_db(transaction=True)
def test_one_message_that_comes_eight_times_at_once_is_taken_once() -> None:
    found = founded(customer())
    begun(found, "generic", REF)
    body = generic(REF, "verified", at=NOON, person=PERSON)
    headers, answers, together = sent(body, "m1"), [], threading.Barrier(8)

    def knock() -> None:
        together.wait()
        answers.append(send(body, headers).status_code)
        connection.close()

    threads = [threading.Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    assert (Confirmation.objects.count(), OutsideMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_begun_at_once_when_one_is_left_the_service_hears_of_one(settings: Any) -> None:
    found = founded(customer())
    for number in range(packs.current().confirmations.service("a_day") - 1):
        OutsideCheck.objects.create(
            organisation=found.organisation, party=found.controller, service="generic", reference=f"chk_{number}",
            started_by=found.by, state="cancelled",
        )  # fmt: skip
    asked: list[int] = []
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def answer(handler: Any) -> None:
        asked.append(1)
        # As long as it takes the other to ask too, were it let.
        time.sleep(1)
        says(json.dumps({"id": f"new_{len(asked)}", "url": "https://ident.example/"}).encode())(handler)

    def knock() -> None:
        together.wait()
        try:
            outcomes.append(outside_checks.start(found.controller, service="generic", path="/", by=found.by))
        except TooMany:
            outcomes.append("too many")
        connection.close()

    with web_server(answer) as port:
        settings.VERIFICATION_URL = f"http://127.0.0.1:{port}/"
        threads = [threading.Thread(target=knock) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (sorted(outcomes), len(asked)) == (["https://ident.example/", "too many"], 1)
