"""The audit log is checked once a day without anybody asking."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts import checking, heads, verification
from accounts.models import AuditEvent, User
from accounts.tasks import check_audit
from config import jobs
from tests import cast
from tests.accounts.tampering import changed
from tests.accounts.test_sequencer import in_tree, recorded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder")]


@pytest.fixture(autouse=True)
def nobody_is_at_it() -> None:
    cache.clear()


@pytest.fixture
def alice() -> User:
    return cast.customer()


@pytest.fixture
def tree(alice: User) -> None:
    recorded(alice, count=2)
    in_tree(2)


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(target_type="accounts.audithead").order_by("pk").values_list("verb", flat=True))


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: moment)


class TestDue:
    def test_not_before_something_is_signed(self, alice: User) -> None:
        assert not checking.is_due() and checking.check() is None

    def test_then_once_a_day(self, tree: None, monkeypatch: pytest.MonkeyPatch) -> None:
        assert checking.is_due()
        check_audit()
        assert verbs() == ["audit.verified"] and not checking.is_due()
        at(monkeypatch, timezone.now() + checking.EVERY + timedelta(seconds=1))
        assert checking.is_due()

    def test_the_sweeper_asks(self) -> None:
        assert [task for queue, task in jobs.SWEPT if queue.name == "audit.check"] == [check_audit]


class TestCheck:
    def test_one_that_never_ended_is_not_begun_again_at_once(self, tree: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def dies() -> None:
            raise SystemExit

        monkeypatch.setattr("accounts.verification.verify", dies)
        with pytest.raises(SystemExit):
            checking.check()
        assert checking.is_due() and checking.check() is None

    def test_what_was_altered_is_told_in_the_log_and_in_the_trail(self, tree: None, caplog: pytest.LogCaptureFixture) -> None:
        changed("UPDATE accounts_auditevent SET verb = 'y' WHERE id = (SELECT min(id) FROM accounts_auditevent)")
        findings = checking.check()
        assert findings is not None and findings.failed
        assert verbs() == ["audit.found_altered"]
        assert [record.levelname for record in caplog.records if record.name == "accounts.checking"] == ["CRITICAL"]

    def test_so_it_is_where_no_head_is_left(self, tree: None) -> None:
        changed("DELETE FROM accounts_audithead", "DELETE FROM accounts_auditleaf", "DELETE FROM accounts_auditevent")
        findings = checking.check()
        assert findings is not None and findings.failed.keys() == {"outside head"}
        assert verbs() == ["audit.found_altered"]

    @pytest.mark.parametrize("wrong", [b"\xff\xfe\n", b"{}\n"], ids=["bytes", "no head"])
    def test_and_where_the_file_of_heads_cannot_be_read(self, tree: None, wrong: bytes) -> None:
        with heads.path().open("ab") as file:
            file.write(wrong)
        findings = checking.check()
        assert findings is not None and findings.failed.keys() == {"outside file"}
        assert verbs() == ["audit.found_altered"]

    def test_a_later_check_does_not_undo_it(self, tree: None) -> None:
        for verb in ("y", "test.done"):
            changed(f"UPDATE accounts_auditevent SET verb = '{verb}' WHERE id = (SELECT min(id) FROM accounts_auditevent)")
            checking.record(verification.verify())
        assert verbs() == ["audit.found_altered", "audit.verified"]
        alarm, last = checking.last_alarm(), checking.last_check()
        assert alarm and last and (alarm.verb, last.verb) == ("audit.found_altered", "audit.verified")

    def test_a_head_outside_that_the_database_does_not_hold_is_found(self, tree: None, alice: User) -> None:
        outside = heads.path().read_text()
        heads.path().write_text(outside.replace('"size": 2', '"size": 3'))
        findings = checking.check()
        assert findings is not None and "outside signature" in findings.failed
