"""Staffing an installation from its own machine: what each command prints, and the sentence where it can't."""

from io import StringIO
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import credentials
from accounts.models import AuditEvent, GatewayCredential, Message, User
from tests import cast
from tests.running import BASE

pytestmark = pytest.mark.django_db
NINA = ["nina@keyholder.example", "--name", "Nina Roos", "--role", "approver"]


def printed(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def refused(name: str, *arguments: str) -> str:
    """The sentence of a command that ends with 2."""
    with pytest.raises(CommandError) as ended:
        call_command(name, *arguments)
    assert ended.value.returncode == 2 or str(ended.value).startswith("Error: ")
    return str(ended.value)


class TestAddStaff:
    def test_mails_a_link_and_says_so_without_showing_it(self) -> None:
        said = printed("add_staff", *NINA)
        assert said == "A link to choose a password is on its way to nina@keyholder.example.\n"
        assert "/account/password/reset/key/" in Message.objects.get(to="nina@keyholder.example").text
        assert User.objects.get().staff_role == "approver"

    def test_or_prints_it_alone(self) -> None:
        link = printed("add_staff", *NINA, "--print-link")
        assert link.count("\n") == 1
        assert "Set the password" in Client().get(urlsplit(link.strip()).path, follow=True).content.decode()
        assert not Message.objects.exists()

    def test_says_what_is_wrong(self) -> None:
        printed("add_staff", *NINA)
        assert refused("add_staff", *NINA) == "Somebody signs in with nina@keyholder.example already."
        assert refused("add_staff", "nina", *NINA[1:]) == "nina is no e-mail address."
        assert "invalid choice: 'king'" in refused("add_staff", *NINA[:-1], "king")
        assert "--name" in refused("add_staff", NINA[0], "--role", "approver")


class TestChangeRole:
    @pytest.mark.parametrize(("role", "said"), [("auditor", "auditor"), ("none", "no access")])
    def test_says_what_holds_now(self, role: str, said: str) -> None:
        rui = cast.staff("approver", "Rui")
        assert printed("change_role", rui.email.upper(), "--role", role) == f"{rui.email}: {said}\n"
        rui.refresh_from_db()
        assert (rui.staff_role, rui.is_active) == ({"none": ""}.get(role, role), role != "none")

    def test_says_what_is_wrong(self) -> None:
        alice = cast.customer()
        cast.founded(alice)
        assert refused("change_role", "nobody@x.example", "--role", "none") == "Nobody signs in with nobody@x.example."
        assert refused("change_role", alice.email, "--role", "analyst").startswith("Alice Olsen acts for a customer")
        assert "invalid choice" in refused("change_role", alice.email, "--role", "king")


class TestListStaff:
    def test_is_a_table_of_staff_and_nobody_else(self) -> None:
        cast.customer()
        cast.staff("approver", "Rui")
        printed("add_staff", *NINA)
        printed("change_role", cast.staff("auditor", "Astrid").email, "--role", "none")
        lines = printed("list_staff").splitlines()
        assert [line.split() for line in lines] == [
            ["E-mail", "Role", "Name", "Second", "factor", "Last", "sign-in"],
            ["nina@keyholder.example", "approver", "Nina", "Roos", "no", "never"],
            ["rui@keyholder.example", "approver", "Rui", "yes", "never"],
        ]
        assert lines[1].index("approver") == lines[2].index("approver") == lines[0].index("Role")

    @pytest.mark.parametrize(("kind", "is_factor"), [("totp", "yes"), ("webauthn", "yes"), ("recovery_codes", "no")])
    def test_a_passkey_is_a_second_factor_and_recovery_codes_alone_are_none(self, kind: str, is_factor: str) -> None:
        printed("add_staff", *NINA)
        Authenticator.objects.create(user=User.objects.get(), type=kind, data={})
        [line] = printed("list_staff").splitlines()[1:]
        assert line.split() == ["nina@keyholder.example", "approver", "Nina", "Roos", is_factor, "never"]


class TestGateways:
    def test_one_is_printed_alone_works_and_is_ended_by_its_name(self) -> None:
        text = printed("issue_gateway", "edge").removesuffix("\n")
        other = printed("issue_gateway", "backup").strip()
        found = credentials.authenticate(text)
        assert found is not None and found.name == "edge"
        assert printed("revoke_gateway", "edge") == "edge is refused from its next call on.\n"
        assert credentials.authenticate(text) is None
        assert credentials.authenticate(other) is not None
        verbs = AuditEvent.objects.order_by("pk").values_list("verb", "details__name")
        assert list(verbs) == [
            ("gateway.credential_issued", "edge"),
            ("gateway.credential_issued", "backup"),
            ("gateway.credential_revoked", "edge"),
        ]

    def test_one_for_test_is_marked_and_told_apart_in_the_record(self) -> None:
        found = credentials.authenticate(printed("issue_gateway", "staging", "--test").strip())
        assert found is not None and found.for_test
        assert AuditEvent.objects.get().details["for_test"] is True
        other = credentials.authenticate(printed("issue_gateway", "edge").strip())
        assert other is not None and not other.for_test

    def test_say_what_is_wrong(self) -> None:
        assert refused("revoke_gateway", "edge") == "No gateway in use is called edge. In use: none."
        printed("issue_gateway", "edge")
        assert refused("issue_gateway", "edge").startswith("A gateway in use is called edge already")
        assert refused("issue_gateway", " ").startswith("Give the gateway a name")
        assert refused("issue_gateway", "x" * 101) == "The name has 101 characters; at most 100."
        assert refused("revoke_gateway", "edg") == "No gateway in use is called edg. In use: edge."
        assert GatewayCredential.objects.count() == 1


def test_the_readme_names_every_command_of_ours() -> None:
    readme = (BASE / "README.md").read_text()
    for app in ("accounts", "kyc", "reports", "demo"):
        for path in (BASE / app / "management/commands").glob("[a-z]*.py"):
            assert f"| `{path.stem}" in readme, path


class TestResetSecondFactor:
    def test_signs_out_everywhere_and_the_next_session_sets_up_a_new_one(self) -> None:
        rui, ana = cast.staff("approver", "Rui"), cast.staff("analyst", "Ana")
        client, other = cast.signed_in(rui), cast.signed_in(ana)
        assert client.get("/desk/cases/").status_code == 200
        said = printed("reset_second_factor", rui.email.upper())
        assert said == f"{rui.email}: signed out everywhere; the next sign-in sets up a new second factor.\n"
        assert client.get("/desk/cases/")["Location"].startswith("/account/login/")
        assert cast.signed_in(rui).get("/desk/cases/")["Location"] == "/account/2fa/totp/activate/"
        assert other.get("/desk/cases/").status_code == 200
        event = AuditEvent.objects.get(verb="staff.second_factor_reset")
        assert event.target_id == str(rui.pk)
        assert event.details["removed"] == ["totp"]
        assert event.details["operator"]

    def test_says_what_is_wrong(self) -> None:
        alice = cast.customer()
        assert refused("reset_second_factor", "nobody@x.example") == "Nobody signs in with nobody@x.example."
        assert refused("reset_second_factor", alice.email) == "Alice Olsen is no member of staff."
