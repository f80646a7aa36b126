"""Support looks at a customer's pages: as the customer sees them, changing nothing, and without one sealed value."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import looking, staff
from accounts.models import AuditEvent, MemberInvitation, Membership, Organisation, User
from accounts.permissions import StaffRole
from kyc.cases.models import Case
from kyc.evidence.models import Document, Invitation
from kyc.keys.appeal_models import Restriction
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool
from kyc.onboarding import looks
from kyc.onboarding.urls import urlpatterns
from kyc.ownership.models import Interest
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.models import Party, PaymentMeans
from tests import cast
from tests.kyc.cases.scenes import audit_breaks
from tests.rows import one_of_each
from tests.stage import scene
from tests.whole import IS_WHOLE

pytestmark = pytest.mark.django_db
# What is sealed about Nordlys: unlike anything else on a page.
SEALED = {
    "registration_number": "814725306-MVA",
    "birth_date": "1911-07-23",
    "address": "Kvitløygata 4711\n9008 Sjøvegan",
    "registered_address": "Attåtvegen 8826\n9009 Grøtsund",
    "phone": "+47 998 877 665",
    "reference": "NO9386011117947",
}
# Beside the whole, parts of it that no mask shows, and that no number of a request holds by chance.
PARTS = ("814725306", "-07-23", "gata 4711", "vegen 8826", "998 877", "998877665", "86011117", "9008 Sj", "Kvitl", "Attåt")
OPEN = {"prove", "prove_anew", "proved", "prove_sent", "on_phone"}
PAGES = [pattern.name for pattern in urlpatterns if pattern.name not in OPEN]
WALKED = ("draft", "waiting", "review", "approved")


def sealed(organisation: Organisation) -> None:
    for party in Party.objects.filter(organisation=organisation):
        for name, value in SEALED.items():
            if name != "reference":
                setattr(party, name, value)
        party.save()
    for means in PaymentMeans.objects.filter(organisation=organisation):
        means.reference = SEALED["reference"]
        means.save()


@scene
def looked_at() -> Organisation:
    """With one of everything, a mistyped register number among it."""
    organisation: Organisation = one_of_each(cast.customer())[Case].organisation
    sealed(organisation)
    return organisation


@scene
def sam() -> User:
    return cast.staff("support", "Sam")


@pytest.fixture
def client(sam: User, looked_at: Organisation) -> Client:
    """Sam, who looks."""
    client = cast.signed_in(sam)
    assert begin(client, looked_at)["Location"] == "/verification/"
    return client


def case_of(organisation: Organisation) -> Case:
    return Case.objects.filter(organisation=organisation).latest("pk")


def begin(client: Client, organisation: Organisation, purpose: str = "stuck") -> Any:
    return client.post(f"/desk/cases/{case_of(organisation).pk}/look/", {"purpose": purpose})


def stop(client: Client, organisation: Organisation) -> Any:
    return client.post(f"/desk/cases/{case_of(organisation).pk}/look/stop/")


def recorded() -> list[tuple[str, str, str, str, str]]:
    events = AuditEvent.objects.filter(verb="customer.looked_at").order_by("pk")
    return [(e.actor, e.on_behalf_of, e.details["step"], e.reason, e.details.get("name", "")) for e in events]


def addresses(organisation: Organisation) -> Iterator[tuple[str, str]]:
    """Every customer's page of that organisation."""
    numbers = {"person": Party, "owner": Interest, "payment": PaymentMeans, "document": Document, "key": Key, "limit": LimitPool}
    first = {name: model.objects.filter(organisation=organisation).order_by("pk").first() for name, model in numbers.items()}
    first["member"] = Membership.objects.filter(organisation=organisation).order_by("-pk").first()
    first["join"] = MemberInvitation.objects.filter(organisation=organisation).first()
    first["restriction"] = Restriction.objects.filter(organisation=organisation).first()
    first["agency"] = Agency.objects.filter(organisation=organisation).first()
    first["agency_account_end"] = AgencyAccount.objects.filter(organisation=organisation).first()
    first["agency_answer"] = asked_of(organisation)
    first["exclusion"] = Party.objects.filter(organisation=organisation, kind="company").first()
    first["person"] = Party.objects.people().filter(organisation=organisation).first()
    for name in PAGES:
        stem = name.partition("_")[0]
        row = first.get(name) or first.get({"invite": "person", "principal": "person", "confirm": "person"}.get(stem, stem))
        pattern = str(next(p.pattern for p in urlpatterns if p.name == name))
        values = {"pk": row.pk} if "<int:pk>" in pattern and row else {}
        if "<str:handle>" in pattern and row:
            values = {"handle": row.handle}
        if "<slug:kind>" in pattern:
            values = {"pk": Party.objects.get(organisation=organisation, kind="company").pk, "kind": "person"}
        if "<slug:channel>" in pattern:
            values["channel"] = "email"
        if "<slug:service>" in pattern:
            values["service"] = "stripe"
        if "<uuid:number>" in pattern:
            values = {"number": "00000000-0000-4000-8000-000000000000"}
        if "<int:claim>" in pattern:
            values |= {"claim": 1}
        yield name, reverse(f"onboarding:{name}", kwargs=values)


def asked_of(organisation: Organisation) -> AgencyAccount:
    """By somebody who says that he runs its account."""
    agent, by = Organisation.objects.get_or_create(name="Agent AS")[0], organisation.membership_set.earliest("pk").user
    said = {"name": "Clients", "ground": "agency", "words": "A desk.", "declared_by": by}
    agency = Agency.objects.get_or_create(organisation=agent, defaults=said)[0]
    of_it = {"organisation": agent, "agency": agency, "account": organisation.pk}
    found: AgencyAccount = AgencyAccount.objects.get_or_create(**of_it, defaults={"added_by": by})[0]
    return found


def bytes_of(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return "\n".join([*map(str, answer.headers.items()), body.decode(errors="replace")])


def in_state(organisation: Organisation, state: str) -> None:
    Case.objects.filter(organisation=organisation).update(state=state)


class TestSealedValues:
    @pytest.mark.soak
    @pytest.mark.sample
    @pytest.mark.parametrize("state", WALKED)
    def test_none_stands_in_any_byte_of_any_answer(self, client: Client, looked_at: Organisation, state: str) -> None:
        """In every run with what else a page may be asked for while everything is asked again, and as it is in one of the
        others."""
        in_state(looked_at, state)
        for number, (name, path) in enumerate(addresses(looked_at)):
            if not IS_WHOLE and state != "waiting" and number % 3 != [one for one in WALKED if one != "waiting"].index(state):
                continue
            for query in ("", "?anew", "?kind=passport") if IS_WHOLE or state == "waiting" else ("",):
                said = bytes_of(client.get(path + query))
                for value in (*SEALED.values(), *SEALED["address"].splitlines(), *PARTS):
                    assert value not in said, f"{name} tells {value}"

    def test_their_customer_sees_them(self, looked_at: Organisation) -> None:
        """So that the search could find something."""
        in_state(looked_at, "waiting")
        alice = cast.signed_in(User.objects.get(email="alice@nordlys.example"))
        said = "".join(bytes_of(alice.get(path)) for _name, path in addresses(looked_at))
        for name, value in SEALED.items():
            assert (value.splitlines()[0] in said) == (name != "reference"), name

    def test_they_are_masked_as_on_the_desk(self, client: Client, looked_at: Organisation) -> None:
        said = client.get("/verification/").content.decode()
        assert "born 1911-••-••" in said and "••• MVA" in said and "••• 665" in said
        assert "•••, Sjøvegan" not in said and "•••" in said

    def test_no_secret_of_a_key_nor_of_an_invitation_is_there(self, client: Client, looked_at: Organisation) -> None:
        Invitation.objects.filter(organisation=looked_at).update(digest="a-digest-of-an-invitation")
        Key.objects.filter(organisation=looked_at).update(digest="d" * 64)
        for _name, path in addresses(looked_at):
            said = bytes_of(client.get(path))
            assert "a-digest-of-an-invitation" not in said and "d" * 64 not in said
            assert "/verification/prove/" not in said

    def test_the_documents_own_bytes_are_not_there(self, client: Client, looked_at: Organisation) -> None:
        for document in Document.objects.filter(organisation=looked_at):
            answer = client.get(f"/verification/documents/{document.pk}/")
            assert (answer.status_code, b"%PDF" in answer.content) == (403, False)
        assert not AuditEvent.objects.filter(verb__in=["document.downloaded", "document.viewed"]).exists()


class TestPages:
    @pytest.mark.soak
    @pytest.mark.sample
    @pytest.mark.parametrize("state", WALKED)
    def test_those_that_are_listed_are_the_customers_and_the_others_are_not_shown(
        self, client: Client, looked_at: Organisation, state: str
    ) -> None:
        """In every run each page in two of the states."""
        in_state(looked_at, state)
        alice = cast.signed_in(User.objects.get(email="alice@nordlys.example"))
        for number, (name, path) in enumerate(addresses(looked_at)):
            if not IS_WHOLE and (number + number // 2 + WALKED.index(state)) % 2:
                continue
            answer, own = client.get(path), alice.get(path)
            if name not in looks.SHOWN:
                assert answer.status_code == 403, name
                assert "This page is not shown to support" in answer.content.decode()
            else:
                assert (answer.status_code, answer.get("Location")) == (own.status_code, own.get("Location")), name
                if own.status_code == 200:
                    heading = re.search(r"<h1.*?</h1>", own.content.decode(), re.DOTALL)
                    assert heading and heading[0] in answer.content.decode()

    def test_each_says_who_looks_at_whom_and_how_to_stop(self, client: Client, looked_at: Organisation) -> None:
        for path in ("/verification/", "/verification/keys/", "/verification/company/"):
            said = client.get(path).content.decode()
            assert "You, <bdi>Sam</bdi> (support), look at the pages of <b><bdi>Nordlys Modelling AS</bdi></b>" in said
            assert f'action="/desk/cases/{case_of(looked_at).pk}/look/stop/"' in said

    def test_forms_on_them_are_switched_off(self, client: Client, looked_at: Organisation) -> None:
        in_state(looked_at, "waiting")
        for path in ("/verification/documents/", "/verification/check/", "/verification/payment/"):
            said = client.get(path).content.decode()
            assert said.index("<fieldset") < said.index('<form class="form" method="post"') < said.index("</fieldset>")
            assert '<fieldset class="stack" disabled>' in said

    def test_staff_who_do_not_look_find_nothing(self, sam: User, looked_at: Organisation) -> None:
        client = cast.signed_in(sam)
        absent = client.get("/no/such/page")
        for _name, path in addresses(looked_at):
            assert client.get(path).status_code == client.post(path).status_code == absent.status_code == 404
        assert recorded() == []

    def test_another_organisation_is_not_there(self, client: Client, looked_at: Organisation) -> None:
        other = one_of_each(cast.customer("charlie@outside.example", "Charlie"), name="Outside GmbH", person="Otto Aussen")
        said = "".join(bytes_of(client.get(path)) for _name, path in addresses(other[Case].organisation))
        assert "Outside GmbH" not in said and "Otto Aussen" not in said


class TestChangingNothing:
    @pytest.mark.parametrize("state", ["waiting", "approved"])
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_no_other_method_gets_through(self, client: Client, looked_at: Organisation, state: str, method: str) -> None:
        in_state(looked_at, state)
        before = AuditEvent.objects.count()
        for name, path in addresses(looked_at):
            answer = getattr(client, method)(path, {"name": "Mallory", "declared_true": "on"} if method == "post" else None)
            assert answer.status_code == (403 if method == "post" else 405), name
            assert method != "post" or "Nothing can be changed while you look" in answer.content.decode()
        assert AuditEvent.objects.count() == before

    def test_nothing_of_the_customers_own_is_touched(self, client: Client, looked_at: Organisation, sam: User) -> None:
        alice = User.objects.get(email="alice@nordlys.example")
        session = cast.signed_in(alice)
        last, kept = alice.last_login, dict(session.session.items())
        for _name, path in addresses(looked_at):
            client.get(path)
        alice.refresh_from_db()
        assert (alice.last_login, dict(session.session.items())) == (last, kept)
        assert {name for name in dict(client.session.items()) if not name.startswith(("_", "account_"))} == {
            "look",
            "signed_in_at",
        }
        saved = session.get("/verification/").context["saved_at"]
        assert saved is None or saved < AuditEvent.objects.filter(verb=looking.VERB).earliest("pk").at


class TestRecord:
    def test_names_both_the_beginning_each_page_and_the_end(self, client: Client, looked_at: Organisation) -> None:
        client.get("/verification/")
        client.head("/verification/")
        client.get("/verification/company/")
        client.get("/verification/keys/")
        answer = stop(client, looked_at)
        assert answer["Location"] == f"/desk/cases/{case_of(looked_at).pk}/"
        both = ("Sam", "Nordlys Modelling AS")
        assert recorded() == [
            (*both, "began", "stuck", ""),
            (*both, "page", "", "overview"),
            (*both, "page", "", "list of keys"),
            (*both, "ended", "", ""),
        ]
        assert set(AuditEvent.objects.filter(verb=looking.VERB).values_list("organisation_id", flat=True)) == {looked_at.pk}
        assert client.get("/verification/").status_code == 404

    def test_stands_on_the_customers_overview(self, client: Client, looked_at: Organisation) -> None:
        alice = cast.signed_in(User.objects.get(email="alice@nordlys.example"))
        said = alice.get("/verification/").content.decode()
        at = AuditEvent.objects.get(verb=looking.VERB).at
        assert "Support looked at these pages" in said and "to see where something is stuck" in said
        assert f"{at:%H:%M} UTC" in said and "Sam" not in said
        charlie = cast.customer("charlie@other.example", "Charlie")
        cast.founded(charlie, name="Other AS")
        assert "Support looked" not in cast.signed_in(charlie).get("/verification/").content.decode()

    def test_is_told_in_words_on_the_desk(self, client: Client, looked_at: Organisation) -> None:
        client.get("/verification/")
        said = client.get(f"/desk/cases/{case_of(looked_at).pk}/?tab=timeline").content.decode()
        assert "began to look at the customer&#x27;s pages" in said and "to see where something is stuck" in said
        assert said.count("looked at the customer&#x27;s pages: overview") == 1, "it stands among what happened lately too"


class TestBeginAndEnd:
    @pytest.mark.parametrize("role", sorted({*StaffRole.values} - {"support"}))
    def test_is_for_support_only(self, looked_at: Organisation, role: str) -> None:
        client = cast.signed_in(cast.staff(role, role))
        assert begin(client, looked_at).status_code == stop(client, looked_at).status_code == 404
        assert client.get("/verification/").status_code == 404

    @pytest.mark.parametrize("purpose", ["", "curiosity"])
    def test_asks_what_for(self, sam: User, looked_at: Organisation, purpose: str) -> None:
        client = cast.signed_in(sam)
        answer = begin(client, looked_at, purpose)
        assert (answer.status_code, "look" in client.session) == (422, False)
        assert "Say what you look for." in answer.content.decode()

    def test_stands_on_the_case_page_of_who_may(self, sam: User, looked_at: Organisation) -> None:
        path = f"/desk/cases/{case_of(looked_at).pk}/"
        assert "Look as the customer" in cast.signed_in(sam).get(path).content.decode()
        assert "Look as the customer" not in cast.signed_in(cast.staff("analyst", "Ana")).get(path).content.decode()

    def test_is_over_after_half_an_hour(self, client: Client, looked_at: Organisation) -> None:
        session = client.session
        assert timedelta(minutes=29) < looking.of(session).until - timezone.now() <= timedelta(minutes=30)  # type: ignore[union-attr]  # begun
        session["look"] |= {"until": timezone.now().timestamp() - 1}
        session.save()
        answer = client.get("/verification/", follow=True)
        assert answer.redirect_chain == [(f"/desk/cases/{case_of(looked_at).pk}/", 302)]
        assert "The half hour is over." in answer.content.decode()
        assert recorded()[-1][2] == "ended"
        assert client.get("/verification/").status_code == 404

    @pytest.mark.parametrize("role", ["analyst", "auditor"])
    def test_another_role_ends_it_at_once(self, client: Client, sam: User, looked_at: Organisation, role: str) -> None:
        staff.change_role(sam, role=role, by=None)
        assert client.get("/verification/").status_code == 404
        assert recorded()[-1][2] == "ended"
        staff.change_role(sam, role="support", by=None)
        assert client.get("/verification/").status_code == 404

    def test_so_does_the_end_of_the_account(self, client: Client, sam: User) -> None:
        staff.change_role(sam, role="", by=None)
        assert client.get("/verification/")["Location"].startswith("/account/login/")

    def test_another_begun_ends_the_one_before(self, client: Client, looked_at: Organisation) -> None:
        outside = one_of_each(cast.customer("charlie@outside.example", "Charlie"), name="Outside GmbH")[Case].organisation
        begin(client, outside, "fault")
        assert [(event[1], event[2]) for event in recorded()] == [
            ("Nordlys Modelling AS", "began"), ("Nordlys Modelling AS", "ended"), ("Outside GmbH", "began"),
        ]  # fmt: skip
        said = client.get("/verification/").content.decode()
        assert "Outside GmbH" in said and "Nordlys" not in said

    def test_stopping_twice_is_silence(self, client: Client, looked_at: Organisation) -> None:
        for _ in range(2):
            assert stop(client, looked_at).status_code == 302
        assert len(recorded()) == 2

    def test_a_sandbox_may_be_looked_at_too(self, sam: User, looked_at: Organisation) -> None:
        Organisation.objects.filter(pk=looked_at.pk).update(sandbox="approved")
        client = cast.signed_in(sam)
        begin(client, looked_at)
        assert "its keys are test keys" in client.get("/verification/").content.decode()

    def test_without_its_record_nothing_begins(self, sam: User, looked_at: Organisation) -> None:
        session = SessionStore()
        with audit_breaks():
            looking.begin(session, looked_at, case=1, purpose="stuck", by=sam)
        assert looking.of(session) is None
