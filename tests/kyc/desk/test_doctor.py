"""The officers' access doctor: of any customer's key, for who may see cases, and recorded."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts import credentials
from accounts.models import AuditEvent, User
from kyc.cases.models import Case, Requirement
from kyc.desk.doctor import TOLD
from kyc.keys import actions as keys
from kyc.keys import holds, introspection
from kyc.keys.models import Hold, KeyRequirement
from kyc.keys.refusals import REFUSALS
from kyc.onboarding import doctor_pages
from tests.cast import Founded, signed_in, staff
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked, sorvik  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db
DOCTOR = "/desk/keys/doctor/"


@pytest.fixture
def eva() -> User:
    return staff("approver", "Eva Berg")


def pasted(client: Client, text: str) -> str:
    answer = client.post(DOCTOR, {"pasted": text})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def ask(secret: str) -> Any:
    _, credential = credentials.issue(name="edge", by=None)
    headers = {"Authorization": f"Bearer {credential}"}
    answer = Client().post("/api/v1/introspect", {"token": secret}, content_type="application/json", headers=headers)
    REFUSALS.flush()
    return answer


class TestOutsider:
    def test_who_sees_no_cases_finds_no_page(self, linked: Issued, sorvik: Founded) -> None:  # noqa: F811
        for user in (sorvik.by, linked.key.issued_by, staff("administrator", "Omar")):
            client = signed_in(user)
            assert client.get(DOCTOR).status_code == client.post(DOCTOR, {"pasted": linked.key.prefix}).status_code == 404
        assert Client().post(DOCTOR, {"pasted": linked.key.prefix}).status_code == 302
        assert not AuditEvent.objects.filter(verb="key.looked_up").exists()


class TestLook:
    @pytest.mark.parametrize("role", ["analyst", "approver", "investigator", "auditor", "support"])
    def test_any_customers_key_with_its_chain(self, linked: Issued, role: str) -> None:  # noqa: F811
        page = pasted(signed_in(staff(role, "Ida")), f"it says {linked.key.prefix} is refused")
        number = Case.objects.get().pk
        for part in (
            "Nordlys",
            "prod",
            "The key is good",
            "Alice Olsen",
            "Gateways",
            f'href="/desk/cases/{number}/?tab=keys#keys"',
        ):
            assert part in page, part

    def test_a_hold_with_who_placed_it_why_and_what_ends_it(self, linked: Issued, eva: User) -> None:  # noqa: F811
        holds.place(key=linked.key, reason="Chargebacks", by=eva)
        Hold.objects.create(organisation=linked.key.organisation, key=linked.key, source=keys.LEAKED, reason="Found")
        number = ask(linked.secret)["X-Request-Id"]
        page = pasted(signed_in(staff("analyst", "Ida")), number)
        for part in (
            "It is on hold.",
            "Chargebacks",
            str(eva),
            "Found",
            "the customer rolls the key",
            "That call",
            "edge",
            "#holds",
        ):
            assert part in page, part

    def test_what_the_key_and_the_case_still_need(self, linked: Issued) -> None:  # noqa: F811
        key = linked.key
        KeyRequirement.objects.create(
            organisation=key.organisation, key=key, what="answer", why="removed", state="open", due_on="2031-03-01"
        )
        Requirement.objects.create(
            organisation=key.organisation, case=Case.objects.get(), sentence="Send the register again.", consequence="Keys stop.",
            due_on="2031-04-01",
        )  # fmt: skip
        page = pasted(signed_in(staff("support", "Tove")), key.prefix)
        for part in ("Name who answers for it", "1 March 2031", "Send the register again.", "Keys stop."):
            assert part in page, part

    def test_of_a_revoked_key_no_hold_matters(self, linked: Issued, eva: User) -> None:  # noqa: F811
        holds.place(key=linked.key, reason="Chargebacks", by=eva)
        keys.revoke(linked.key, by=eva)
        page = pasted(signed_in(eva), linked.key.prefix)
        assert "It was revoked, for good." in page and "Chargebacks" not in page

    def test_what_is_known_of_nobody(self, linked: Issued) -> None:  # noqa: F811
        client = signed_in(staff("analyst", "Ida"))
        for text in ("kh_live_000000000000", "f" * 16, "<script>", "é" * 40):
            assert "No such key or refused call is known." in pasted(client, text)
        assert client.post(DOCTOR, {"pasted": ""}).status_code == 422


class TestRecorded:
    def test_that_it_was_looked_up_and_by_whom_and_never_the_secret(self, linked: Issued, eva: User) -> None:  # noqa: F811
        page = pasted(signed_in(eva), linked.secret)
        assert "more of a key than its beginning" in page and linked.secret[20:60] not in page
        event = AuditEvent.objects.get(verb="key.looked_up")
        assert (event.actor_id, event.organisation_id, event.target_id) == (
            eva.pk,
            linked.key.organisation_id,
            str(linked.key.pk),
        )
        assert event.details == {"prefix": linked.key.prefix, "answer": "good"}

    def test_nothing_is_where_nothing_was_found(self, linked: Issued, eva: User) -> None:  # noqa: F811
        pasted(signed_in(eva), "kh_live_000000000000")
        assert not AuditEvent.objects.filter(verb="key.looked_up").exists()

    def test_no_hold_is_shown_where_it_cannot_be_recorded(
        self,
        linked: Issued,  # noqa: F811
        eva: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError("no paper")

        monkeypatch.setattr("accounts.audit.insert", broken)
        with pytest.raises(RuntimeError, match="no paper"):
            signed_in(eva).post(DOCTOR, {"pasted": linked.key.prefix})


def test_every_reason_the_customer_reads_has_a_sentence_for_officers() -> None:
    assert TOLD.keys() == doctor_pages.TOLD.keys()
    assert {"key_held", "limit_reached", introspection.UNKNOWN.reason} <= TOLD.keys()


def test_the_queue_leads_there(linked: Issued, eva: User) -> None:  # noqa: F811
    assert f'href="{DOCTOR}"' in signed_in(eva).get("/desk/cases/").content.decode()
