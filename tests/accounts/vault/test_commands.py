"""rotate_keys and shred_subject, as an operator runs them."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from accounts.vault import Erased, subjects
from kyc.parties.models import Party
from tests import cast

OLD, NEW = "an old key-encryption key of the tests", "a newer key-encryption key of the tests"


def told(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
class TestRotateKeys:
    def test_says_how_far_it_is_and_when_old_keys_can_go(self, keys: Callable[..., None]) -> None:
        keys(v1=OLD)
        cast.founded(cast.customer())
        keys(v1=OLD, v2=NEW)
        assert told("rotate_keys").splitlines() == [
            "2 moved to key 2, 0 left",
            "Every key is wrapped by key 2. Older ones can be taken out of VAULT_KEYS.",
        ]

    def test_names_a_key_that_is_missing(self, keys: Callable[..., None]) -> None:
        keys(v1=OLD)
        cast.founded(cast.customer())
        keys(v2=NEW)
        with pytest.raises(CommandError, match="no key number 1") as raised:
            told("rotate_keys")
        assert raised.value.returncode == 2

    def test_in_production_the_environment_is_the_keepers(self, keys: Callable[..., None]) -> None:
        keys(v1=OLD)
        with pytest.raises(CommandError, match="VAULT_KEYS"):
            told("rotate_keys", "--new")


@pytest.mark.django_db
class TestShredSubject:
    def test_erases_and_gives_the_certificate(self) -> None:
        alice = cast.founded(cast.customer()).controller
        answer = told("shred_subject", f"party:{alice.pk}", "--reason", "She asked for it.")
        read: Any = Party.objects.get(pk=alice.pk).birth_date
        assert isinstance(read, Erased)
        assert f"certificate {read.certificate}." in answer
        assert AuditEvent.objects.get(verb="subject.erased").reason == "She asked for it."

    @pytest.mark.parametrize(
        "subject", ["party:0", "party:x", "alice", "organisation:999999", "organisation:²", "", "party:" + "9" * 30]
    )
    def test_says_when_there_is_no_such_subject(self, subject: str) -> None:
        subjects.cache.forget()
        with pytest.raises(CommandError, match="Nothing is sealed") as raised:
            told("shred_subject", subject, "--reason", "x")
        assert raised.value.returncode == 2

    def test_takes_a_reason(self) -> None:
        found = cast.founded(cast.customer())
        with pytest.raises(CommandError, match="Say why"):
            told("shred_subject", f"organisation:{found.organisation.pk}", "--reason", " ")
