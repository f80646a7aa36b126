"""The administrator's pages of staff: what they show, what they do, and that it acts on the next request."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import colleagues, staff
from accounts.models import AuditEvent, Message, User
from accounts.permissions import NotPermitted, StaffRole
from kyc.cases import actions as cases
from tests import cast
from tests.kyc.desk.conftest import made

LIST, ADD = "/staff/", "/staff/add/"
NINA = {"name": "Nina Roos", "email": "nina@keyholder.example", "role": "approver"}


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def omar(db: None) -> User:
    return cast.staff("administrator", "Omar Said")


@pytest.fixture
def client(omar: User) -> Client:
    return cast.signed_in(omar)


@pytest.fixture
def rui(db: None) -> User:
    return cast.staff("approver", "Rui Duarte")


def said(client: Client, path: str, **more: Any) -> str:
    return re.sub(r"\s+", " ", client.get(path, **more).content.decode())


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


class TestTheDoor:
    @pytest.mark.parametrize("role", [*sorted({*StaffRole.values} - {"administrator"}), ""])
    def test_is_the_administrators(self, omar: User, role: str) -> None:
        outsider = cast.signed_in(cast.staff(role) if role else cast.customer())
        for path in (LIST, ADD, f"{LIST}{omar.pk}/", f"{LIST}{omar.pk}/end/"):
            assert outsider.get(path).status_code == 404
            assert outsider.post(path).status_code == 404
            assert Client().get(path)["Location"].startswith("/account/login/")
        assert "/staff/" not in said(outsider, "/account/sessions/")

    def test_a_customer_and_a_robot_are_missing_there(self, client: Client) -> None:
        robot = User.objects.create_user("approver@robots.invalid", staff_role="approver", is_robot=True)
        for pk in (cast.customer().pk, robot.pk, 999_999):
            assert client.get(f"{LIST}{pk}/").status_code == 404
            assert client.post(f"{LIST}{pk}/end/").status_code == 404

    def test_the_bar_leads_there(self, client: Client) -> None:
        page = said(client, LIST)
        assert '<a href="/staff/" aria-current="page">Staff</a>' in page
        assert '<a href="/gateways/">Gateways</a>' in page


class TestTheList:
    def test_tells_who_may_what_and_who_no_longer(self, client: Client, rui: User) -> None:
        new, _ = staff.add(**NINA, by=None)
        ended = cast.staff("analyst", "Zoe")
        staff.change_role(ended, role="", by=None)
        User.objects.filter(pk=rui.pk).update(last_login=timezone.now() - timedelta(hours=3))
        cast.customer()
        page = said(client, LIST)
        rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", page)[1:]]
        assert [row.split()[0] for row in rows] == ["Nina", "Omar", "Rui", "Zoe"]
        told = (
            ("Approver", "not yet", "never", "invited"),
            ("you", "Administrator", "active"),
            ("set up", "3 h ago"),
            ("ended",),
        )
        for row, words in zip(rows, told, strict=True):
            assert all(word in row for word in words), row
        assert new.email in page and "alice@" not in page

    def test_is_one_query_however_long(self, client: Client, reads: Any) -> None:
        client.get(LIST)
        for number in range(5):
            cast.staff("analyst", f"Ana {number}")
        # The session and the person; the list.
        with reads(at_most=4):
            client.get(LIST)


class TestAdding:
    def test_says_of_every_role_what_it_does(self, client: Client) -> None:
        assert colleagues.DOES.keys() == set(StaffRole)
        page = said(client, ADD)
        assert all(f"{role.label}: {colleagues.DOES[role]}" in page for role in StaffRole)

    def test_mails_the_link_and_leads_to_the_colleague(self, client: Client) -> None:
        answer = client.post(ADD, NINA, follow=True)
        nina = User.objects.get(email=NINA["email"])
        assert answer.redirect_chain == [(f"/staff/{nina.pk}/", 302)]
        told = answer.content.decode()
        assert "Nina Roos is added. A link to choose a password is on its way to nina@keyholder.example." in told
        assert Message.objects.get().to == nina.email
        assert verbs() == ["staff.added"]

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"email": "omar@"}, "Write an e-mail address such as"),
            ({"email": "omarsaid@keyholder.example"}, "signs in with omarsaid@keyholder.example already"),
            ({"email": "x@robots.invalid"}, "No mail can reach x@robots.invalid."),
            ({"role": "king"}, "Choose one from the list."),
            ({"name": "\u200b"}, "Say what the person is called."),
        ],
    )
    def test_says_beside_the_field_what_is_wrong(self, client: Client, wrong: dict[str, str], sentence: str) -> None:
        answer = client.post(ADD, {**NINA, **wrong})
        assert answer.status_code == 422
        (field,) = answer.context["form"].errors or {"none": ""}
        assert field in wrong or field == "__all__"
        assert sentence in answer.content.decode()
        assert User.objects.count() == 1


class TestTheColleague:
    def test_is_moved_to_another_role(self, client: Client, rui: User) -> None:
        answer = client.post(f"{LIST}{rui.pk}/role/", {"role": "auditor"}, follow=True)
        assert "Rui Duarte has the role from the next page on." in answer.content.decode()
        assert User.objects.get(pk=rui.pk).staff_role == "auditor"
        assert client.post(f"{LIST}{rui.pk}/role/", {"role": "king"}).status_code == 422

    def test_is_ended_and_brought_back_and_stays_signed_out(self, client: Client, rui: User) -> None:
        open_before = cast.signed_in(rui)
        answer = client.post(f"{LIST}{rui.pk}/end/", follow=True)
        assert "The account of Rui Duarte has ended" in answer.content.decode()
        assert "Bring it back" in answer.content.decode()
        assert "Signed in nowhere" not in answer.content.decode()
        client.post(f"{LIST}{rui.pk}/role/", {"role": "approver"})
        assert User.objects.get(pk=rui.pk).is_active
        assert open_before.get("/desk/cases/")["Location"].startswith("/account/login/")
        assert verbs() == ["staff.role_changed", "staff.role_changed"]

    def test_who_lost_the_factor_sets_up_another(self, client: Client, rui: User) -> None:
        open_before = cast.signed_in(rui)
        page = client.post(f"{LIST}{rui.pk}/second-factor/reset/", follow=True).content.decode()
        assert "The second factor of Rui Duarte is gone" in page
        assert not Authenticator.objects.filter(user=rui).exists()
        assert open_before.get("/desk/cases/")["Location"].startswith("/account/login/")

    def test_is_signed_out_there_or_everywhere(self, client: Client, rui: User) -> None:
        desk, phone = cast.signed_in(rui), cast.signed_in(rui)
        cache.clear()
        for one in (desk, phone):
            assert one.get("/desk/cases/").status_code == 200
        row = UserSession.objects.get(session_key=phone.session.session_key)
        assert said(client, f"{LIST}{rui.pk}/").count("Last seen") == 2
        told = client.post(f"{LIST}{rui.pk}/sessions/{row.pk}/end/", follow=True).content.decode()
        assert "Rui Duarte is signed out there." in told
        assert [one.get("/desk/cases/").status_code for one in (desk, phone)] == [200, 302]
        assert "is signed out everywhere" in client.post(f"{LIST}{rui.pk}/sessions/end/", follow=True).content.decode()
        assert desk.get("/desk/cases/").status_code == 302
        assert "Signed in nowhere." in said(client, f"{LIST}{rui.pk}/")
        client.post(f"{LIST}{rui.pk}/sessions/end/")
        assert verbs() == ["staff.sessions_ended"] * 2

    def test_anothers_session_is_missing(self, client: Client, rui: User, omar: User) -> None:
        cache.clear()
        client.get(LIST)
        own = UserSession.objects.get(user=omar)
        assert client.post(f"{LIST}{rui.pk}/sessions/{own.pk}/end/").status_code == 404
        assert Session.objects.filter(pk=own.session_key).exists()


class TestOneself:
    def test_the_page_offers_nothing_and_the_server_refuses_it_all(self, client: Client, omar: User) -> None:
        cast.staff("administrator", "Vera")
        page = said(client, f"{LIST}{omar.pk}/")
        assert "This is your own account." in page
        assert f'action="/staff/{omar.pk}/' not in page
        for path, data in (("role", {"role": "support"}), ("end", {}), ("second-factor/reset", {})):
            told = client.post(f"{LIST}{omar.pk}/{path}/", data, follow=True).content.decode()
            assert "Another administrator" in told, path
        assert not verbs()
        assert Authenticator.objects.filter(user=omar).exists()

    def test_the_only_administrator_is_told_what_to_do_first(self, client: Client, omar: User) -> None:
        told = client.post(f"{LIST}{omar.pk}/end/", follow=True).content.decode()
        assert "You are the only administrator. Add another one first" in told
        assert User.objects.get(pk=omar.pk).is_active


@pytest.mark.django_db
class TestTheNextRequest:
    """Of a session that was open before."""

    def test_a_page_that_the_new_role_may_not_see_is_missing(self, client: Client, rui: User) -> None:
        theirs = cast.signed_in(rui)
        assert theirs.get("/desk/cases/").status_code == 200
        client.post(f"{LIST}{rui.pk}/role/", {"role": "administrator"})
        assert theirs.get("/desk/cases/").status_code == 404
        assert theirs.get(LIST).status_code == 200

    def test_an_action_too(self, client: Client) -> None:
        ana = cast.staff("analyst", "Ana Marić")
        theirs, case = cast.signed_in(ana), made()
        client.post(f"{LIST}{ana.pk}/role/", {"role": "auditor"})
        before = AuditEvent.objects.count()
        assert theirs.post(f"/desk/cases/{case.pk}/assign/", {"to": str(ana.pk)}).status_code == 404
        assert AuditEvent.objects.count() == before

    def test_the_api_too(self, client: Client) -> None:
        answer = client.post("/gateways/issue/", {"name": "edge-1"})
        secret, gateway = answer.context["secret"], answer.context["credential"]
        asked = {"headers": {"authorization": f"Bearer {secret}"}, "content_type": "application/x-www-form-urlencoded"}
        assert Client().post("/api/v1/introspect", "token=kh_live_no", **asked).status_code == 200
        client.post(f"/gateways/{gateway.pk}/revoke/")
        assert Client().post("/api/v1/introspect", "token=kh_live_no", **asked).status_code == 401

    def test_an_action_that_began_before_reads_the_role_that_holds_now(self, rui: User, omar: User) -> None:
        """The person of the request was read before the change: a stale object."""
        case, stale_rui, stale_omar = made(), User.objects.get(pk=rui.pk), User.objects.get(pk=omar.pk)
        staff.change_role(rui, role="auditor", by=omar)
        with pytest.raises(NotPermitted):
            cases.assign(case, to=stale_rui, by=stale_rui)
        staff.change_role(omar, role="", by=None)
        for act in (
            lambda: staff.add(**NINA, by=stale_omar),
            lambda: staff.change_role(rui, role="approver", by=stale_omar),
            lambda: staff.reset_second_factor(rui, by=stale_omar),
            lambda: staff.end_sessions(rui, by=stale_omar),
        ):
            with pytest.raises(NotPermitted):
                act()


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_of_two_administrators_who_end_each_other_one_is_too_late(self) -> None:
        omar, vera = (cast.staff("administrator", name) for name in ("Omar", "Vera"))
        outcome: list[str] = []

        def the_other_way() -> None:
            try:
                staff.change_role(omar, role="", by=vera)
                outcome.append("done")
            except NotPermitted as refused:
                outcome.append(str(refused))
            finally:
                connection.close()

        thread = threading.Thread(target=the_other_way)
        with transaction.atomic():
            staff.change_role(vera, role="", by=omar)
            thread.start()
            thread.join(timeout=0.5)
            # It waits for what is not committed yet.
            assert not outcome
        thread.join(timeout=20)
        assert outcome == ["Your role does not allow this."]
        assert staff.administrators().get() == omar
