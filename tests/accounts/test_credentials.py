"""A gateway's credential is shown once, kept as a digest, and dead once revoked."""

import os
import pwd

import pytest

from accounts import credentials
from accounts.models import AuditEvent, GatewayCredential, User
from accounts.permissions import NotPermitted
from tests import cast


@pytest.fixture
def omar(db: None) -> User:
    return cast.staff("administrator", "Omar")


class TestIssue:
    def test_the_text_is_shown_once_and_kept_nowhere(self, omar: User) -> None:
        credential, text = credentials.issue(name="edge", by=omar)
        credential.refresh_from_db()
        assert text.startswith(credential.prefix)
        assert len(credential.prefix) == 13
        secret = text.removeprefix(credential.prefix)
        assert len(secret) > 42
        history = list(GatewayCredential.pgh_event_model.objects.values())
        recorded = AuditEvent.objects.get(verb="gateway.credential_issued")
        assert secret not in f"{vars(credential)} {history} {recorded.details} {recorded.reason}"
        assert credential.digest == credentials.digest(text)
        assert (recorded.actor, recorded.details) == ("Omar", {"name": "edge"})

    def test_no_two_are_alike(self, omar: User) -> None:
        made = [credentials.issue(name=f"edge {number}", by=omar) for number in range(20)]
        assert len({text for _, text in made}) == len({credential.prefix for credential, _ in made}) == 20

    def test_the_operator_of_the_machine_needs_no_role_and_is_named(self, db: None) -> None:
        credentials.issue(name="edge", by=None)
        recorded = AuditEvent.objects.get(verb="gateway.credential_issued")
        operator = pwd.getpwuid(os.getuid()).pw_name
        assert (recorded.actor, recorded.details) == ("Keyholder", {"name": "edge", "operator": operator})

    def test_a_name_tells_one_gateway_in_use_from_another(self, omar: User) -> None:
        credential, _ = credentials.issue(name=" edge\n1 ", by=omar)
        assert credential.name == "edge 1"
        with pytest.raises(credentials.BadName, match="edge 1 already"):
            credentials.issue(name="edge 1", by=omar)
        credentials.revoke(credential, by=omar)
        credentials.issue(name="edge 1", by=omar)
        assert GatewayCredential.objects.count() == 2

    @pytest.mark.parametrize("name", ["edge\u202e1", "edge\u200b", "ed\u3164ge", "\u2800edge", "edge\x07"])
    def test_with_what_cannot_be_seen_it_is_refused(self, omar: User, name: str) -> None:
        with pytest.raises(credentials.BadName, match="characters that cannot be shown"):
            credentials.issue(name=name, by=omar)

    @pytest.mark.parametrize("name", ["", " ", "\u200b\n", "\u3164"])
    def test_without_a_name_there_is_none(self, omar: User, name: str) -> None:
        with pytest.raises(credentials.BadName, match="Give the gateway a name"):
            credentials.issue(name=name, by=omar)

    @pytest.mark.parametrize("role", ["analyst", "approver", "investigator", "auditor", "support", ""])
    def test_is_for_the_administrator_only(self, db: None, role: str) -> None:
        with pytest.raises(NotPermitted):
            credentials.issue(name="edge", by=cast.staff(role) if role else cast.customer())
        assert not GatewayCredential.objects.exists()


class TestAuthenticate:
    def test_the_whole_text_and_nothing_less_is_good(self, omar: User) -> None:
        credential, text = credentials.issue(name="edge", by=omar)
        assert credentials.authenticate(text) == credential
        for wrong in (text[:-1], text + "x", text[:13], text[:-1] + "\N{SNOWMAN}", text.upper(), text.swapcase(), "", "khgw_"):
            assert credentials.authenticate(wrong) is None, wrong

    def test_one_gateways_secret_behind_anothers_prefix_is_nothing(self, omar: User) -> None:
        (_, first), (_, second) = (credentials.issue(name=name, by=omar) for name in ("a", "b"))
        assert credentials.authenticate(first[:13] + second[13:]) is None


class TestRevoke:
    def test_is_dead_at_once_and_for_good(self, omar: User) -> None:
        credential, text = credentials.issue(name="edge", by=omar)
        other, others = credentials.issue(name="edge 2", by=omar)
        credentials.revoke(credential, by=omar)
        assert credentials.authenticate(text) is None
        assert credentials.authenticate(others) == other

    def test_twice_is_once(self, omar: User) -> None:
        credential, _ = credentials.issue(name="edge", by=omar)
        credentials.revoke(credential, by=omar)
        credential.refresh_from_db()
        at = credential.revoked_at
        credentials.revoke(credential, by=omar)
        credential.refresh_from_db()
        assert at
        assert credential.revoked_at == at
        assert AuditEvent.objects.filter(verb="gateway.credential_revoked").count() == 1

    def test_is_for_the_administrator_only(self, omar: User) -> None:
        credential, text = credentials.issue(name="edge", by=omar)
        with pytest.raises(NotPermitted):
            credentials.revoke(credential, by=cast.staff("approver"))
        assert credentials.authenticate(text) == credential
