"""Keys that were issued elsewhere: imported, good for a while, asked for, and one of ours at last."""

import csv
import json
import logging
from datetime import date, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Membership, Message, Organisation, User
from kyc.keys import actions as keys
from kyc.keys import campaign, holds, importing, introspection, linking, secret
from kyc.keys.estate_file import COLUMNS
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.introspection import introspect
from kyc.keys.models import Key
from kyc.rules import packs
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued
from tests.kyc.keys.test_estate_file import FORMS, GOOD, SECRET

pytestmark = pytest.mark.django_db
THEIR_PEPPER = "their-pepper"
OTHER = "sk-other123" + "Y" * 32
HMAC = {"key_prefix": "sk-other123", "scheme": "hmac-sha256:3", "digest": secret.digest(OTHER, THEIR_PEPPER), "project": ""}


@pytest.fixture(autouse=True)
def elsewhere(settings: Any) -> None:
    settings.ESTATE_FORMS, settings.ESTATE_PEPPERS = FORMS, {"3": THEIR_PEPPER}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "estate.csv", GOOD, GOOD | HMAC)


def written(file: Path, *rows: dict[str, str]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return file


def load(file: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_estate", str(file), *options, stdout=out, stderr=StringIO())
    [line] = out.getvalue().splitlines()
    return dict(json.loads(line))


@pytest.fixture
def imported(file: Path, monkeypatch: pytest.MonkeyPatch) -> ImportedKey:
    """Begun long ago, with all of its days still to come, so that these may be moved."""
    long = timedelta(days=100)
    days = packs.Pack.estate
    with monkeypatch.context() as patched:
        patched.setattr(importing, "timezone", SimpleNamespace(now=lambda: timezone.now() - long))
        patched.setattr(packs.Pack, "estate", lambda pack, what: days(pack, what) + (long.days if what.endswith("_days") else 0))
        load(file, "--apply")
    return ImportedKey.objects.get(prefix="sk-abcd1234")


TIMES = ("begun_at", "reminded_at", "limited_at", "due_at")


def later(days: float) -> None:
    """As if the import were so much longer ago: what is to come comes sooner, which the database allows."""
    row = Remediation.objects.get()
    Remediation.objects.update(**{name: getattr(row, name) - timedelta(days=days) for name in TIMES[1:]})


@pytest.fixture
def theirs(issued: Issued) -> ImportedKey:
    now, organisation = timezone.now(), issued.key.organisation
    row = Remediation.objects.create(
        organisation=organisation, account="acct-9", email="a@a.example", requests_a_day=1,
        begun_at=now - timedelta(days=100), **dict.fromkeys(TIMES[1:], now + timedelta(days=30)),
    )  # fmt: skip
    return ImportedKey.objects.create(
        organisation=organisation, remediation=row, project=organisation.project_set.get(), prefix="sk-abcd1234",
        last_four="ZZZZ", digest=GOOD["digest"], scheme="sha256", issued_on=date(2025, 1, 1),
    )  # fmt: skip


class TestImport:
    def test_a_dry_run_says_what_would_be_and_changes_nothing(self, file: Path) -> None:
        before = Organisation.objects.count()
        assert load(file) == {"accounts": 1, "keys": 2, "new": 2, "unchanged": 0, "refused": 0, "applied": False}
        assert (Organisation.objects.count(), ImportedKey.objects.count(), Message.objects.count()) == (before, 0, 0)

    def test_twice_is_once(self, file: Path, imported: ImportedKey) -> None:
        before = list(ImportedKey.objects.order_by("pk").values())
        assert load(file, "--apply") == {"accounts": 1, "keys": 2, "new": 0, "unchanged": 2, "refused": 0, "applied": True}
        assert list(ImportedKey.objects.order_by("pk").values()) == before
        assert AuditEvent.objects.filter(verb="estate.imported").count() == 1

    def test_one_that_is_cut_off_keeps_its_parts_and_goes_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        numbers = range(3)
        rows = [
            GOOD | {"account": f"acct-{n}", "name": f"Customer {n}", "email": f"o{n}@x.example", "key_prefix": f"sk-abcd12{n}x"}
            for n in numbers
        ]
        whole, take = written(tmp_path / "three.csv", *rows), importing.take

        def cut_off(account: str, *of_it: Any) -> None:
            if account == "acct-2":
                raise ConnectionError
            take(account, *of_it)

        monkeypatch.setattr(importing, "PART", 2)
        with monkeypatch.context() as patched:
            patched.setattr(importing, "take", cut_off)
            with pytest.raises(ConnectionError):
                load(whole, "--apply")
        assert Remediation.objects.count() == ImportedKey.objects.count() == 2
        assert load(whole, "--apply")["new"] == 1
        assert {row.account: row.keys.count() for row in Remediation.objects.all()} == {f"acct-{n}": 1 for n in numbers}

    def test_an_account_is_an_organisation_that_nobody_has_signed_up_for(self, imported: ImportedKey) -> None:
        organisation = imported.organisation
        assert (organisation.name, organisation.sandbox) == ("Sørvik AS", "")
        assert not Membership.objects.filter(organisation=organisation).exists()
        assert sorted(organisation.project_set.values_list("name", flat=True)) == ["Ada", "Default"]

    def test_refused_rows_are_told_and_the_others_taken(self, tmp_path: Path, imported: ImportedKey) -> None:
        rows = (
            GOOD | {"digest": "0" * 64},
            GOOD | {"account": "acct-8", "email": "x@x.example", "key_prefix": "sk-other123"},
            GOOD | {"key_prefix": "sk-third123", "last_four": SECRET},
            GOOD | {"key_prefix": "sk-fourth12"},
        )
        out, err = StringIO(), StringIO()
        with pytest.raises(CommandError) as raised:
            call_command("import_estate", str(written(tmp_path / "b.csv", *rows)), "--apply", stdout=out, stderr=err)
        assert raised.value.returncode == 2
        assert json.loads(out.getvalue())["new"] == 1 and json.loads(out.getvalue())["refused"] == 3
        assert [line.partition(":")[0] for line in err.getvalue().splitlines()] == [f"b.csv, line {n}" for n in (2, 3, 4)]
        assert SECRET not in err.getvalue() and SECRET[12:] not in err.getvalue()

    @pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\n", b"account\n"])
    def test_a_bad_file_ends_with_two(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "bad.csv").write_bytes(content)
        with pytest.raises(CommandError) as raised:
            load(tmp_path / "bad.csv")
        assert raised.value.returncode == 2 and "bad.csv, line 1" in str(raised.value)

    def test_without_a_form_of_keys_nothing_is_imported(self, file: Path, settings: Any) -> None:
        settings.ESTATE_FORMS = []
        with pytest.raises(CommandError, match="ESTATE_FORMS"):
            load(file)


class TestAnswer:
    def test_at_first_nothing_is_switched_off(self, imported: ImportedKey) -> None:
        for text in (SECRET, OTHER):
            answer = introspect(text)
            assert (answer["active"], answer["assurance"]) == (True, "unverified")
            assert answer["campaign"]["stage"] == "open" and answer["exp"] == answer["campaign"]["limited_from"]
            assert answer["campaign"]["deadline"] == int(imported.remediation.due_at.timestamp())
            assert "entity" not in answer and "requests_a_day" not in answer["campaign"]

    @pytest.mark.parametrize("text", [SECRET[:-1] + "x", "sk-zzzz1234" + "Z" * 32, SECRET + "Z", SECRET[:-1]])
    def test_another_text_is_none(self, imported: ImportedKey, text: str) -> None:
        assert introspect(text) == {"active": False}
        assert introspection.judged(text, for_test=False).row is None

    def test_it_costs_one_query_as_a_key_of_ours(self, imported: ImportedKey, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            introspect(SECRET)
        with django_assert_num_queries(0):
            introspect("sk-no-form-of-any")

    def test_no_gateway_for_test_knows_it(self, imported: ImportedKey) -> None:
        assert not introspect(SECRET, for_test=True)["active"]

    def test_with_its_stages_by_the_clock_alone(self, imported: ImportedKey) -> None:
        later(packs.current().estate("limited_days"))
        answer = introspect(SECRET)
        assert answer["campaign"]["stage"] == "limited" and answer["campaign"]["requests_a_day"] == 1000
        assert answer["exp"] == answer["campaign"]["deadline"]
        later(packs.current().estate("due_days") - packs.current().estate("limited_days"))
        assert introspect(SECRET) == {"active": False}
        assert introspection.judged(SECRET, for_test=False).reason == "verification_due"

    def test_not_while_its_organisation_is_held(self, imported: ImportedKey, rui: User) -> None:
        holds.place(organisation=imported.organisation, reason="why", by=rui)
        assert introspection.judged(SECRET, for_test=False).reason == "key_held"

    def test_nor_when_its_account_is_closed(self, imported: ImportedKey, rui: User) -> None:
        Organisation.objects.filter(pk=imported.organisation_id).update(closed_at=timezone.now(), closed_by=rui)
        assert introspection.judged(SECRET, for_test=False).reason == "key_revoked"

    def test_nor_under_a_pepper_that_is_gone(self, imported: ImportedKey, settings: Any) -> None:
        settings.ESTATE_PEPPERS = {}
        assert not introspect(OTHER)["active"] and introspect(SECRET)["active"]

    def test_no_log_and_no_row_has_the_secret(self, imported: ImportedKey, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            introspect(SECRET)
        assert SECRET not in caplog.text
        assert SECRET not in str(list(ImportedKey.objects.values())) + str(list(AuditEvent.objects.values()))


class TestTheDatabase:
    """Refuses whatever would let an imported key outlive its deadline, or another key be one."""

    def refused(self, change: Any) -> str:
        with pytest.raises(IntegrityError) as raised, transaction.atomic():
            change()
        return str(raised.value).splitlines()[0]

    @pytest.mark.parametrize("name", ["limited_at", "due_at"])
    def test_a_deadline_never_moves_away(self, imported: ImportedKey, name: str) -> None:
        at = imported.remediation.due_at + timedelta(seconds=1)
        told = {"limited_at": at, "due_at": at} if name == "limited_at" else {name: at}
        assert "never given longer" in self.refused(lambda: Remediation.objects.update(**told))

    def test_nor_its_beginning(self, imported: ImportedKey) -> None:
        assert "never given longer" in self.refused(lambda: Remediation.objects.update(begun_at=timezone.now()))

    def test_and_is_within_a_year_from_the_start(self, nordlys: Founded) -> None:
        now = timezone.now()
        times = dict.fromkeys(("reminded_at", "limited_at", "due_at"), now + timedelta(days=367))
        told = {"organisation": nordlys.organisation, "account": "a", "email": "a@a.example", "requests_a_day": 1}
        assert "remediation_ends_within_a_year" in self.refused(lambda: Remediation.objects.create(**told, begun_at=now, **times))

    def test_a_key_of_ours_is_never_an_imported_one(self, imported: ImportedKey, issued: Issued) -> None:
        row = {name: getattr(imported, name) for name in ("organisation", "remediation", "project", "digest", "issued_on")}
        of_ours = {"prefix": issued.key.prefix, "scheme": "sha256"}
        assert "importedkey_is_none_of_ours" in self.refused(lambda: ImportedKey.objects.create(**row, **of_ours))
        others = row | {"organisation": issued.key.organisation, "prefix": "sk-x", "scheme": "sha256"}
        assert "of the customer who is asked" in self.refused(lambda: ImportedKey.objects.create(**others))

    def test_an_imported_one_moves_to_no_other_deadline(self, imported: ImportedKey, nordlys: Founded) -> None:
        now = timezone.now()
        other = Remediation.objects.create(
            organisation=nordlys.organisation, account="b", email="b@b.example",
            requests_a_day=1, begun_at=now, **dict.fromkeys(TIMES[1:], now + timedelta(days=300)),
        )  # fmt: skip
        project = nordlys.organisation.project_set.get()
        told = {"remediation": other, "organisation": nordlys.organisation, "project": project}
        assert "stays what it was" in self.refused(lambda: ImportedKey.objects.filter(pk=imported.pk).update(**told))

    def test_a_key_takes_no_foreign_digest_that_was_not_imported(self, issued: Issued) -> None:
        digest = sha256(b"anything").hexdigest()
        change = {"digest": digest, "pepper_version": "sha256"}
        assert "one that was imported" in self.refused(lambda: Key.objects.filter(pk=issued.key.pk).update(**change))

    def test_what_is_revoked_stays_so(self, imported: ImportedKey, rui: User) -> None:
        rows = ImportedKey.objects.filter(pk=imported.pk)
        rows.update(revoked_at=timezone.now(), revoked_by=rui)
        assert introspection.judged(SECRET, for_test=False).reason == "key_revoked"
        assert "stays over" in self.refused(lambda: rows.update(revoked_at=None, revoked_by=None))


def run() -> None:
    """Twice, as a second wake-up would."""
    for _ in range(2):
        campaign.run()
    assert not campaign.QUEUE.is_waiting()


def mails() -> list[str]:
    return list(Message.objects.filter(to="bo@sorvik.example").order_by("pk").values_list("subject", flat=True))


class TestCampaign:
    def test_each_stage_is_told_once(self, imported: ImportedKey) -> None:
        pack = packs.current()
        assert campaign.QUEUE.is_waiting()
        run()
        assert mails() == ["Who holds your API keys?"]
        assert "Sign up with bo@sorvik.example" in Message.objects.get().text
        later(pack.estate("reminded_days"))
        assert campaign.QUEUE.is_waiting()
        run()
        later(pack.estate("limited_days") - pack.estate("reminded_days"))
        run()
        later(pack.estate("due_days") - pack.estate("limited_days"))
        run()
        assert mails()[1:] == [
            "Get verified to keep your API keys", "Your API keys are limited until you are verified",
            "Your API keys are stopped until you are verified",
        ]  # fmt: skip
        told = AuditEvent.objects.filter(verb__startswith="estate.").order_by("pk").values_list("verb", flat=True)
        assert list(told) == [f"estate.{verb}" for verb in ("imported", "told", "reminded", "limited", "due")]

    def test_who_has_no_such_key_any_more_is_told_nothing(self, imported: ImportedKey, rui: User) -> None:
        run()
        ImportedKey.objects.update(revoked_at=timezone.now(), revoked_by=rui)
        assert campaign.QUEUE.is_waiting()
        run()
        later(packs.current().estate("limited_days"))
        run()
        assert (len(mails()), Remediation.objects.get().state) == (1, "ended")

    def test_who_is_verified_is_asked_who_answers(self, theirs: ImportedKey, nordlys: Founded) -> None:
        """Once, and in other words than whoever is not."""
        run()
        later(25)
        run()
        later(10)
        run()
        told = Message.objects.filter(subject="Say who answers for your API keys").order_by("pk")
        assert set(told.values_list("to", flat=True)) == {nordlys.by.email} and told.count() == 2
        assert "You are verified" in told[0].text and "it works again" in told[1].text
        assert not Message.objects.filter(text__contains="Get verified by").exists()
        campaign.adopt(theirs, responsible=nordlys.controller, by=nordlys.by)
        run()
        assert Remediation.objects.get().state == "ended"


class TestTakingOver:
    def user(self, email: str, *, verified: bool = True) -> User:
        user = User.objects.create(email=email)
        EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
        return user

    def test_whoever_reads_the_mail_is_the_owner(self, imported: ImportedKey) -> None:
        bo = self.user("Bo@sorvik.example")
        for _ in range(2):
            campaign.on_sign_in(user=bo)
        membership = Membership.objects.get(organisation=imported.organisation)
        assert (membership.user, membership.role) == (bo, "owner")

    @pytest.mark.parametrize(("email", "verified"), [("bo@sorvik.example", False), ("eve@sorvik.example", True)])
    def test_nobody_else_is(self, imported: ImportedKey, email: str, verified: bool) -> None:
        assert campaign.take_over(self.user(email, verified=verified)) == []

    def test_nor_a_second_one(self, imported: ImportedKey, nordlys: Founded) -> None:
        Membership.objects.create(organisation=imported.organisation, user=nordlys.by, role="owner")
        assert campaign.take_over(self.user("bo@sorvik.example")) == []


class TestAdopting:
    """An imported key of Nordlys, which is verified."""

    def test_it_is_a_key_like_any_and_its_text_the_same(self, theirs: ImportedKey, nordlys: Founded, rui: User) -> None:
        key = campaign.adopt(theirs, responsible=nordlys.controller, by=nordlys.by)
        assert introspection.judged(SECRET, for_test=False).reason == "key_not_linked"
        linking.run()
        answer = introspect(SECRET)
        assert answer["active"] and answer["entity"] and answer["assurance"] != "unverified"
        assert answer["responsible"] == f"party:{nordlys.controller.pk}" and "campaign" not in answer
        holds.place(key=key, reason="why", by=rui)
        assert not introspect(SECRET)["active"]

    def test_also_after_the_deadline(self, theirs: ImportedKey, nordlys: Founded) -> None:
        later(31)
        assert not introspect(SECRET)["active"]
        campaign.adopt(theirs, responsible=nordlys.controller, by=nordlys.by)
        linking.run()
        assert introspect(SECRET)["active"]

    def test_once_and_by_a_member(self, theirs: ImportedKey, nordlys: Founded, rui: User) -> None:
        with pytest.raises(Exception, match="Only a member"):
            campaign.adopt(theirs, responsible=nordlys.controller, by=rui)
        key = campaign.adopt(theirs, responsible=nordlys.controller, by=nordlys.by)
        with pytest.raises(campaign.NoLonger):
            campaign.adopt(theirs, responsible=nordlys.controller, by=nordlys.by)
        keys.revoke(key, by=nordlys.by)
        assert introspection.judged(SECRET, for_test=False).reason == "key_revoked"

    def test_only_of_who_is_verified(self, imported: ImportedKey, nordlys: Founded) -> None:
        Membership.objects.create(organisation=imported.organisation, user=nordlys.by, role="owner")
        with pytest.raises(keys.NotVerified):
            campaign.adopt(imported, responsible=nordlys.controller, by=nordlys.by)
