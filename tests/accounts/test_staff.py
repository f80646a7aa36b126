"""Staff accounts: made, moved and ended, by an administrator or the operator of the machine, each time on the record."""

import os
import pwd
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from accounts import organisations, staff
from accounts.models import AuditEvent, Message, User
from accounts.organisations import NameLeadsElsewhere, NameMissing
from accounts.permissions import NotPermitted, StaffRole
from accounts.refused import Refused
from tests import cast
from tests.kyc.cases.scenes import audit_breaks

pytestmark = pytest.mark.django_db
PHRASE = "a long pass phrase of words"
OPERATOR = pwd.getpwuid(os.getuid()).pw_name
NINA = {"email": "nina@keyholder.example", "name": "Nina Roos", "role": "approver"}


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def omar() -> User:
    return cast.staff("administrator", "Omar")


def recorded() -> list[tuple[str, str, dict[str, object]]]:
    return [(event.verb, event.actor, event.details) for event in AuditEvent.objects.order_by("pk")]


class TestAdd:
    def test_makes_an_account_that_no_password_opens_and_mails_the_link(self, omar: User) -> None:
        nina, link = staff.add(**NINA, by=omar)
        assert (nina.email, nina.name, nina.staff_role, nina.is_active) == (*NINA.values(), True)
        assert not nina.has_usable_password()
        mail = Message.objects.get()
        assert mail.to == nina.email and link in mail.text and link in mail.html
        assert "Approver" in mail.text
        assert recorded() == [("staff.added", "Omar", {"role": "approver", "mailed": True})]
        assert AuditEvent.objects.get().target_id == str(nina.pk)

    def test_the_name_is_one_line_and_no_link(self, omar: User) -> None:
        """It stands in the mail that is sent."""
        nina, _ = staff.add(**NINA | {"name": "Evil\r\nBcc: x@y\u202e"}, by=omar)
        assert nina.name == "Evil Bcc: x@y"
        for link in ("Nina https://evil.example", "www.evil.example"):
            with pytest.raises(NameLeadsElsewhere):
                staff.add(**NINA | {"name": link, "email": "n@keyholder.example"}, by=omar)
        assert Message.objects.count() == 1

    def test_the_operator_of_the_machine_is_named(self) -> None:
        _, link = staff.add(**NINA, mailed=False, by=None)
        assert not Message.objects.exists()
        assert link.startswith("http")
        assert recorded() == [("staff.added", "Keyholder", {"role": "approver", "mailed": False, "operator": OPERATOR})]

    def test_the_record_never_holds_the_link(self, omar: User) -> None:
        _, link = staff.add(**NINA, by=omar)
        assert link.rpartition("-")[2].strip("/") not in str(recorded())

    def test_the_link_leads_through_a_password_to_the_second_factor_and_nowhere_else(self, omar: User) -> None:
        nina, link = staff.add(**NINA, by=omar)
        client = Client()
        page = client.get(urlsplit(link).path, follow=True)
        answer = client.post(page.request["PATH_INFO"], {"password1": PHRASE, "password2": PHRASE})
        assert answer["Location"] == "/account/password/reset/key/done/"
        assert "This link no longer works" in Client().get(urlsplit(link).path, follow=True).content.decode()
        client.post("/account/login/", {"login": nina.email, "password": PHRASE})
        assert client.session["_auth_user_id"] == str(nina.pk)
        assert client.get("/desk/cases/")["Location"] == "/account/2fa/totp/activate/"
        answer = client.post("/account/reauthenticate/?next=/account/2fa/totp/activate/", {"password": PHRASE}, follow=True)
        assert answer.context["form"].secret in answer.content.decode()

    def test_who_lost_the_link_asks_for_another(self, omar: User) -> None:
        nina, _ = staff.add(**NINA, by=omar)
        Client().post("/account/password/reset/", {"email": nina.email})
        assert "/account/password/reset/key/" in Message.objects.latest("pk").text
        assert Message.objects.count() == 2

    @pytest.mark.parametrize(
        ("wrong", "refused", "sentence"),
        [
            ({"email": "nina"}, staff.BadEmail, "nina is no e-mail address."),
            ({"email": ""}, staff.BadEmail, "no e-mail address"),
            ({"email": "OMAR@keyholder.example"}, staff.BadEmail, "signs in with omar@keyholder.example already"),
            ({"email": "second@keyholder.example"}, staff.BadEmail, "already"),
            ({"name": " \u200b"}, NameMissing, "Say what the person is called."),
            ({"role": "king"}, staff.BadRole, "analyst, approver"),
            ({"role": ""}, staff.BadRole, "Choose one of these roles"),
        ],
    )
    def test_says_what_is_wrong_and_makes_nothing(
        self, omar: User, wrong: dict[str, str], refused: type[Refused], sentence: str
    ) -> None:
        EmailAddress.objects.create(user=omar, email="second@keyholder.example", verified=False, primary=False)
        with pytest.raises(refused, match=sentence):
            staff.add(**{**NINA, **wrong}, by=omar)
        assert (User.objects.count(), Message.objects.count(), recorded()) == (1, 0, [])

    @pytest.mark.parametrize("role", [*sorted({*StaffRole.values} - {"administrator"}), ""])
    def test_is_for_the_administrator_only(self, role: str) -> None:
        person = cast.staff(role) if role else cast.customer()
        with pytest.raises(NotPermitted):
            staff.add(**NINA, by=person)
        assert not User.objects.filter(email=NINA["email"]).exists()

    def test_without_its_record_nothing_is_made(self, omar: User) -> None:
        with audit_breaks():
            staff.add(**NINA, by=omar)
        assert (User.objects.count(), Message.objects.count()) == (1, 0)


class TestChangeRole:
    def test_holds_from_the_next_request(self, omar: User) -> None:
        rui = cast.staff("approver", "Rui")
        client = cast.signed_in(rui)
        assert client.get("/desk/cases/").status_code == 200
        staff.change_role(rui, role="administrator", by=omar)
        assert client.get("/desk/cases/").status_code == 404
        staff.change_role(rui, role="analyst", by=None)
        assert client.get("/desk/cases/").status_code == 200
        assert recorded() == [
            ("staff.role_changed", "Omar", {"before": "approver", "after": "administrator"}),
            ("staff.role_changed", "Keyholder", {"before": "administrator", "after": "analyst", "operator": OPERATOR}),
        ]

    def test_none_ends_the_account_and_its_sessions_and_a_role_brings_it_back(self, omar: User) -> None:
        rui = cast.staff("approver", "Rui")
        client = cast.signed_in(rui)
        staff.change_role(rui, role="", by=omar)
        assert client.get("/desk/cases/")["Location"].startswith("/account/login/")
        with pytest.raises(NotPermitted):
            organisations.create(name="Rui AS", by=rui)
        ended = User.objects.get(pk=rui.pk)
        assert (ended.staff_role, ended.is_active, ended.can("case_view")) == ("", False, False)
        staff.change_role(rui, role="auditor", by=omar)
        assert cast.signed_in(User.objects.get(pk=rui.pk)).get("/reports/").status_code == 200

    @pytest.mark.parametrize("role", ["auditor", ""])
    def test_repeated_it_is_silence(self, omar: User, role: str) -> None:
        rui = cast.staff("approver", "Rui")
        for _ in range(2):
            staff.change_role(rui, role=role, by=omar)
        assert len(recorded()) == 1

    def test_a_customer_is_neither_promoted_nor_ended(self, omar: User) -> None:
        alice, nora = cast.customer(), cast.customer("nora@new.example", "Nora")
        cast.founded(alice)
        for role in ("analyst", ""):
            with pytest.raises(staff.ActsForCustomer, match="Alice Olsen acts for a customer"):
                staff.change_role(alice, role=role, by=omar)
        with pytest.raises(staff.NotStaff, match="Nora is no member of staff"):
            staff.change_role(nora, role="", by=omar)
        assert not User.objects.filter(is_active=False).exists()

    @pytest.mark.parametrize("role", ["approver", "", "administrator"])
    def test_nobody_changes_the_own_role_and_the_only_one_is_told_what_to_do_first(self, omar: User, role: str) -> None:
        with pytest.raises(staff.LastAdministrator, match="Add another one first"):
            staff.change_role(omar, role=role, by=omar)
        cast.staff("administrator", "Vera")
        with pytest.raises(NotPermitted, match="Another administrator"):
            staff.change_role(omar, role=role, by=omar)
        assert User.objects.get(pk=omar.pk).staff_role == "administrator"

    def test_the_operator_of_the_machine_may_end_the_last_one(self, omar: User) -> None:
        staff.change_role(omar, role="", by=None)
        assert not staff.administrators().exists()

    @pytest.mark.parametrize("role", [*sorted({*StaffRole.values} - {"administrator"}), ""])
    def test_is_for_the_administrator_only(self, omar: User, role: str) -> None:
        person = cast.staff(role) if role else cast.customer()
        with pytest.raises(NotPermitted):
            staff.change_role(omar, role="support", by=person)

    def test_a_role_out_of_nowhere_is_refused(self, omar: User) -> None:
        with pytest.raises(staff.BadRole):
            staff.change_role(cast.staff("approver"), role="king", by=omar)

    def test_without_its_record_nothing_changes(self, omar: User) -> None:
        rui = cast.staff("approver", "Rui")
        with audit_breaks():
            staff.change_role(rui, role="", by=omar)
        assert User.objects.get(pk=rui.pk).staff_role == "approver"
