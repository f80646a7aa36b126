"""A file of keys issued elsewhere is tried, waits for a word, and is taken over in parts, whoever dies over it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from kyc.keys import estate_imports, importing
from kyc.keys.estate_import_models import EstateImport
from kyc.keys.estate_models import ImportedKey, Remediation
from tests.cast import staff
from tests.kyc.keys.test_estate_file import FORMS, GOOD, SECRET, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def elsewhere(settings: Any) -> None:
    settings.ESTATE_FORMS = FORMS


@pytest.fixture
def omar() -> User:
    return staff("administrator", "Omar")


def rows(count: int) -> list[dict[str, str]]:
    return [
        GOOD | {"account": f"acct-{n}", "name": f"Customer {n}", "email": f"o{n}@x.example", "key_prefix": f"sk-abcd12{n}x"}
        for n in range(count)
    ]


BAD = GOOD | {"account": "acct-9", "email": "nobody", "key_prefix": "sk-badbad1x"}


def sent(by: User, *lines: dict[str, str]) -> EstateImport:
    return estate_imports.send(written(*(lines or [*rows(3), BAD])), name="estate.csv", by=by)


def tried(by: User, *lines: dict[str, str]) -> EstateImport:
    row = sent(by, *lines)
    estate_imports.run()
    row.refresh_from_db()
    return row


class Died(BaseException):
    """As a worker that is killed: nothing that it would do at its end is done."""


class TestTrying:
    def test_says_what_would_come_of_it_and_changes_nothing(self, omar: User) -> None:
        before = Organisation.objects.count()
        row = tried(omar)
        assert (row.state, row.accounts, row.at, row.keys, row.new, row.unchanged, row.refused) == ("held", 3, 3, 3, 3, 0, 1)
        assert row.faults == [[5, "email is no e-mail address"]]
        assert (Organisation.objects.count(), ImportedKey.objects.count()) == (before, 0)

    def test_nothing_that_stands_in_it_can_be_read_in_the_row(self, omar: User) -> None:
        row = sent(omar)
        assert row.content and "acct-0" not in row.content and GOOD["digest"] not in row.content

    def test_a_file_with_a_whole_key_is_not_kept(self, omar: User) -> None:
        with pytest.raises(estate_imports.BadFile, match="Line 3") as raised:
            sent(omar, *rows(1), GOOD | {"last_four": SECRET})
        assert SECRET not in str(raised.value) and not EstateImport.objects.exists()

    @pytest.mark.parametrize("text", ["a,b\n1,2\n", "", written()])
    def test_nor_what_is_none(self, omar: User, text: str) -> None:
        with pytest.raises(estate_imports.BadFile):
            estate_imports.send(text, name="a.csv", by=omar)
        assert not EstateImport.objects.exists()

    def test_by_administrators_alone(self, omar: User) -> None:
        ana = staff("analyst", "Ana")
        row = tried(omar)
        for act in (lambda: sent(ana), lambda: estate_imports.begin(row, by=ana), lambda: estate_imports.discard(row, by=ana)):
            with pytest.raises(NotPermitted):
                act()

    def test_without_a_form_of_keys_nothing_is_taken(self, omar: User, settings: Any) -> None:
        settings.ESTATE_FORMS = []
        with pytest.raises(estate_imports.FormsMissing):
            sent(omar)


class TestTakingOver:
    def test_by_a_word_and_the_file_goes(self, omar: User) -> None:
        row = tried(omar)
        estate_imports.begin(row, by=omar)
        estate_imports.run()
        row.refresh_from_db()
        assert (row.state, row.new, row.refused, row.content, row.failure) == ("done", 3, 1, "", "")
        assert Remediation.objects.count() == ImportedKey.objects.count() == 3
        told = AuditEvent.objects.filter(verb__startswith="estate.").order_by("pk").values_list("verb", "on_behalf_of")
        assert [verb for verb, _for in told] == [
            "estate.file_sent", "estate.file_begun", *["estate.imported"] * 3, "estate.file_imported",
        ]  # fmt: skip
        assert dict(told)["estate.imported"] == str(omar)

    def test_the_same_file_again_changes_nothing(self, omar: User) -> None:
        for _ in range(2):
            row = tried(omar)
            estate_imports.begin(row, by=omar)
            estate_imports.run()
        row.refresh_from_db()
        assert (row.new, row.unchanged, ImportedKey.objects.count()) == (0, 3, 3)

    @pytest.mark.parametrize("is_begun", [False, True])
    def test_who_takes_over_from_a_dead_worker_goes_on_where_it_was(
        self, omar: User, monkeypatch: pytest.MonkeyPatch, is_begun: bool
    ) -> None:
        monkeypatch.setattr(importing, "PART", 1)
        row, take, seen = tried(omar) if is_begun else sent(omar), importing.take, []
        if is_begun:
            estate_imports.begin(row, by=omar)

        def dies(account: str, *of_it: Any) -> None:
            if account == "acct-2" and account not in seen:
                seen.append(account)
                raise Died
            seen.append(account)
            take(account, *of_it)

        monkeypatch.setattr(importing, "take", dies)
        with pytest.raises(Died):
            estate_imports.run()
        row.refresh_from_db()
        assert (row.at, row.new, row.state) == (2, 2, "waiting")
        assert ImportedKey.objects.count() == (2 if is_begun else 0)
        estate_imports.run()
        assert not seen.count("acct-2") > 1, "its lease still stands"
        EstateImport.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        estate_imports.run()
        row.refresh_from_db()
        assert seen == ["acct-0", "acct-1", "acct-2", "acct-2"]
        assert (row.state, row.at, row.new, row.refused) == ("done" if is_begun else "held", 3, 3, 1)
        assert ImportedKey.objects.count() == (3 if is_begun else 0)

    def test_what_is_found_refused_meanwhile_is_told_by_its_line(self, omar: User) -> None:
        row = tried(omar)
        estate_imports.begin(tried(omar, rows(1)[0] | {"digest": "0" * 64}), by=omar)
        estate_imports.run()
        estate_imports.begin(row, by=omar)
        estate_imports.run()
        row.refresh_from_db()
        assert row.faults == [[2, "the key was imported with another digest or scheme"], [5, "email is no e-mail address"]]
        assert (row.new, row.refused) == (2, 2)


class TestDiscarding:
    def test_keeps_nothing(self, omar: User) -> None:
        row = tried(omar)
        estate_imports.discard(row, by=omar)
        row.refresh_from_db()
        assert (row.state, row.content) == ("discarded", "")
        for act in (estate_imports.begin, estate_imports.discard):
            with pytest.raises(estate_imports.NotHeld):
                act(row, by=omar)

    def test_what_nobody_says_a_word_about_goes_after_a_week(self, omar: User) -> None:
        row = tried(omar)
        assert not estate_imports.QUEUE.is_waiting()
        EstateImport.objects.update(asked_at=timezone.now() - timedelta(days=8))
        assert estate_imports.QUEUE.is_waiting()
        estate_imports.run()
        row.refresh_from_db()
        assert (row.state, row.content, estate_imports.QUEUE.is_waiting()) == ("discarded", "", False)

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            ({"state": "done"}, "estateimport_done_was_begun"),
            ({"state": "discarded"}, "estateimport_over_keeps_no_file"),
            ({"at": 4}, "estateimport_at_within"),
        ],
    )
    def test_the_database_refuses_what_cannot_be(self, omar: User, change: dict[str, Any], name: str) -> None:
        tried(omar)
        with pytest.raises(IntegrityError, match=f"{name}|over_keeps_no_file"), transaction.atomic():
            EstateImport.objects.update(**change)
