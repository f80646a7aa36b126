"""The access doctor: what is pasted is answered for one's own keys alone, and stands nowhere afterwards."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import credentials, resume
from accounts.models import User
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import holds
from kyc.keys.models import Hold, Key
from kyc.keys.pool_models import LimitPool
from kyc.keys.refusal_models import KeyRefusal
from kyc.keys.refusals import REFUSALS
from kyc.onboarding.doctor_pages import DoctorForm
from tests.cast import Founded, signed_in
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked, sorvik  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db
DOCTOR = "/verification/keys/doctor/"
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND has_table_privilege(oid, 'SELECT')
"""
UNKNOWN = "We know no such key or refused call of yours."


def pasted(client: Client, text: str) -> str:
    answer = client.post(DOCTOR, {"pasted": text})
    assert answer.status_code == 200
    return answer.content.decode()


def same(page: str) -> str:
    """Without what is drawn anew for each answer."""
    return re.sub(r'(csrfmiddlewaretoken" value|nonce|data-(idle|absolute))="[^"]+"', "", page)


@pytest.fixture
def client(linked: Issued) -> Client:  # noqa: F811
    return signed_in(linked.key.issued_by)


def ask(secret: str, **more: str) -> Any:
    _, credential = credentials.issue(name="edge", by=None)
    headers = {"Authorization": f"Bearer {credential}"}
    answer = Client().post("/api/v1/introspect", {"token": secret, **more}, content_type="application/json", headers=headers)
    REFUSALS.flush()
    return answer


class TestOutsider:
    def test_anothers_key_and_refused_call_are_as_unknown_as_none(self, linked: Issued, sorvik: Founded, rui: User) -> None:  # noqa: F811
        keys.revoke(linked.key, by=rui)
        number = ask(linked.secret)["X-Request-Id"]
        stranger = signed_in(sorvik.by)
        nothing = same(pasted(stranger, "kh_live_000000000000"))
        assert UNKNOWN in nothing
        for text in (linked.key.prefix, str(linked.key), number, "f" * 16, "what?"):
            assert same(pasted(stranger, text)) == nothing, text
        assert linked.key.organisation.name not in nothing

    def test_who_is_not_signed_in_is_asked_to(self) -> None:
        assert [Client().get(DOCTOR).status_code, Client().post(DOCTOR, {"pasted": "x"}).status_code] == [302, 302]


class TestStates:
    """Each names whose key it is, what stops it, and the page where it is mended."""

    def says(self, client: Client, text: str, *sentences: str) -> str:
        page = pasted(client, text)
        for sentence in ("Nordlys", "prod", *sentences):
            assert sentence in page, sentence
        return page

    def test_good(self, client: Client, linked: Issued) -> None:  # noqa: F811
        self.says(client, linked.key.prefix, "The key is good", f'href="/verification/keys/{linked.key.pk}/"')

    def test_held_and_why_stays_ours(self, client: Client, linked: Issued, rui: User) -> None:  # noqa: F811
        holds.place(key=linked.key, reason="secret matter", by=rui)
        page = self.says(client, linked.key.prefix, "It is on hold.", "We have put it on hold.", "Since")
        assert "secret matter" not in page

    def test_held_for_what_the_customer_mends(self, client: Client, linked: Issued) -> None:  # noqa: F811
        Hold.objects.create(organisation=linked.key.organisation, key=linked.key, source=keys.LEAKED, reason="x")
        self.says(client, linked.key.prefix, "Its secret was found in public.", f"/verification/keys/{linked.key.pk}/roll/")

    def test_revoked(self, client: Client, linked: Issued, rui: User) -> None:  # noqa: F811
        keys.revoke(linked.key, by=rui)
        number = ask(linked.secret)["X-Request-Id"]
        for text in (number, f"X-Request-Id: {number.upper()}", linked.key.prefix):
            self.says(client, text, "It was revoked, for good.", "/verification/keys/issue/")

    def test_expired(self, client: Client, linked: Issued) -> None:  # noqa: F811
        Key.objects.update(expires_at=timezone.now() - timedelta(minutes=1), state="held")
        self.says(client, linked.key.prefix, "Its life is over.")

    def test_entity_ended(self, client: Client, linked: Issued) -> None:  # noqa: F811
        Entity.objects.update(ended_at=timezone.now())
        self.says(client, linked.key.prefix, "Your verification has ended.", 'href="/verification/"')

    def test_limit_reached(self, client: Client, linked: Issued) -> None:  # noqa: F811
        LimitPool.objects.create(
            organisation=linked.key.organisation, unit="requests", period="day", limit=0, set_at=timezone.now(),
            set_by=linked.key.issued_by,
        )  # fmt: skip
        self.says(client, linked.key.prefix, "A limit is reached.", "Requests a day: 0", "It begins anew on", "keys/usage/")

    @pytest.mark.parametrize(
        ("is_own", "period", "advice"),
        [
            (True, "day", "Raise it, or wait until its time begins anew."),
            (True, "total", "Raise it, or remove it: it counts in total"),
            (False, "month", "which only we raise. Write to us, or wait"),
            (False, "total", "which only we raise, and its time never begins anew. Write to us."),
        ],
    )
    def test_of_a_limit_it_is_said_who_raises_it_and_whether_waiting_helps(
        self,
        client: Client,
        linked: Issued,  # noqa: F811
        is_own: bool,
        period: str,
        advice: str,
    ) -> None:
        LimitPool.objects.create(
            organisation=linked.key.organisation, key=linked.key if is_own else None, unit="requests", period=period, limit=0,
            set_at=timezone.now(), set_by=linked.key.issued_by,
        )  # fmt: skip
        self.says(client, linked.key.prefix, advice)

    def test_what_only_officers_end_is_not_mended_by_opening_the_key(
        self,
        client: Client,
        linked: Issued,  # noqa: F811
        rui: User,  # noqa: F811
    ) -> None:
        holds.place(key=linked.key, reason="x", by=rui)
        self.says(client, linked.key.prefix, "It is on hold.", "Nothing that you can do here ends it.", 'href="/verification/"')

    def test_network(self, client: Client, linked: Issued) -> None:  # noqa: F811
        Key.objects.update(allowed_networks=["192.0.2.0/24"])
        number = ask(linked.secret, client_ip="198.51.100.1")["X-Request-Id"]
        page = self.says(
            client, number, "The call came from outside the networks", "192.0.2.0/24", "let an owner of the account add"
        )
        assert "198.51.100.1" not in page

    def test_embargo(self, client: Client, linked: Issued) -> None:  # noqa: F811
        number = ask(linked.secret, client_country="KP")["X-Request-Id"]
        page = self.says(client, number, "from a region where services may not be used", "Call from elsewhere", "Refused")
        assert "The key is good" not in page, "he has asked about a call"
        self.says(client, linked.key.prefix, "The key is good", "from a region where services may not be used")

    def test_what_stopped_it_is_over(self, client: Client, linked: Issued, rui: User) -> None:  # noqa: F811
        hold = holds.place(key=linked.key, reason="x", by=rui)
        number = ask(linked.secret)["X-Request-Id"]
        holds.lift(hold, reason="y", by=rui)
        self.says(client, number, "What stopped it is over: the key is good now", "It is on hold.")

    def test_whether_copies_know(self, client: Client, linked: Issued) -> None:  # noqa: F811
        """Here everything is one transaction, which is not over."""
        self.says(client, linked.key.prefix, "at once", "cannot read the last change of this key yet")


class TestSecret:
    def test_only_its_prefix_is_used_and_he_is_told(
        self,
        client: Client,
        linked: Issued,  # noqa: F811
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        for text in (linked.secret, linked.secret[:-1], f"Bearer {linked.secret}"):
            page = pasted(client, text)
            assert "more of a key than its beginning" in page and "The key is good" in page
            assert linked.secret[20:60] not in page
        assert linked.secret[20:60] not in caplog.text
        assert self.stored(linked.secret[20:60]) == []

    def test_nor_is_it_kept_for_after_a_sign_in(self) -> None:
        assert "pasted" in resume.unkept and list(DoctorForm().fields) == ["pasted"]

    def stored(self, text: str) -> list[str]:
        """The tables of ours in which it stands."""
        found = []
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            for (table,) in cursor.fetchall():
                cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE to_jsonb(t)::text LIKE %s)', [f"%{text}%"])
                found += [table] if cursor.fetchone()[0] else []
        return found


@pytest.mark.parametrize("text", ["", " ", "\x00", "x" * 3000, "\ud800", "kh_live_" + "é" * 12, "<script>", "' OR 1=1 --"])
def test_nothing_makes_it_fail_or_is_shown_again(client: Client, text: str) -> None:
    answer = client.post(DOCTOR, {"pasted": text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")})
    assert answer.status_code in {200, 422}
    assert not re.search(r'name="pasted"[^>]* value="[^"]+"', answer.content.decode())
    assert not text.strip() or text not in answer.content.decode() or text == "<script>"


def test_the_keys_page_leads_there(client: Client) -> None:
    assert f'href="{DOCTOR}"' in client.get("/verification/keys/").content.decode()


def test_an_old_refusal_says_nothing_of_now(client: Client, linked: Issued) -> None:  # noqa: F811
    """The key's last one is shown beside what holds now."""
    gateway, _ = credentials.issue(name="edge", by=None)
    at = timezone.now() - timedelta(days=3)
    KeyRefusal.objects.create(
        key=linked.key, organisation=linked.key.organisation, gateway=gateway, reason="key_held", minute=at, at=at,
        request_id="a" * 16,
    )  # fmt: skip
    page = pasted(client, linked.key.prefix)
    assert "Last refused" in page and "the key is good now" in page
