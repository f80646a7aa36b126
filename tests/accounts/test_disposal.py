"""The end of an organisation's records: nothing of them is found any more, and the log still proves itself."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, ProgrammingError, connection, models, transaction
from django.utils import timezone
from pghistory.core import event_models

import manage
from accounts import acting, audit, disposal, legal_holds, messages, organisations, retention, scope, verification
from accounts.management.commands import dispose
from accounts.models import AuditEvent, AuditLeaf, Disposal, ErasureOrder, LegalHold, Membership, Message, Organisation, User
from accounts.retention import Due
from accounts.vault.models import SubjectKey
from accounts.walls import column_of
from config import postgres
from kyc.parties.models import Party
from reports.models import Report
from tests import cast
from tests.accounts.test_sequencer import in_tree
from tests.conftest import acting_as
from tests.rows import one_of_each

pytestmark = pytest.mark.usefixtures("heads_folder")
DUE_ON, TODAY = date(2026, 11, 1), datetime.now(UTC).date()
# Text that names nobody, and why.
HARMLESS = {
    "accounts.User": {"password": "a hash, replaced when its owner is erased"},
    "accounts.Proposal": {"kind": "a code", "choice": "a code", "reason": "a code"},
    "accounts.SubjectKey": {"wrapped_by": "a number", "destroyer": "an operator of the house", "why": "a reason of the house"},
    "accounts.SearchDigest": {"purpose": "a code", "place": "a column", "digest": "goes with its subject's key"},
    "accounts.Disposal": {"record_class": "a code", "rule": "a code", "operator": "an operator of the house", "rows": "counts"},
    "accounts.ErasureOrder": {"rows": "counts"},
    "accounts.PlannedDisposal": {"classes": "codes and days"},
    "accounts.Message": {"failure": "the server's words, in which addresses are masked", "claimed_by": "a process"},
    "accounts.AuditEvent": {
        "verb": "a code", "target_type": "a code", "target_id": "a number", "request_id": "a random number",
        **dict.fromkeys(("actor", "on_behalf_of", "reason", "details", "salts", "erased"), "overwritten one by one"),
    },
    "kyc.Party": {
        **dict.fromkeys(("registration_number", "birth_date", "address", "registered_address", "phone"), "sealed"),
    },
    "kyc.PersonStatus": {"rule_pack": "a version"},
    "kyc.PaymentMeans": {"reference": "sealed"},
    "kyc.Questionnaire": {"offering": "a code", "version": "a version"},
    "kyc.Case": {"notice_version": "a version", "notice_locale": "a code"},
    "kyc.Examination": {"rule_pack": "a version", "lists": "versions"},
    "kyc.Finding": {"category": "a code", "anchor": "a code"},
    "kyc.Requirement": {"what": "a code", "why": "a code", "consequence": "a sentence of the product's own"},
    "kyc.FlagRuling": {"question": "a code"},
    "kyc.Entity": {"reference": "a number", "assurance": "a code"},
    "kyc.Document": {"file": "a random name; its content is sealed", "content_type": "a code", "sha256": "a hash"},
    "kyc.Invitation": {"digest": "a hash", "locale": "a code"},
    "kyc.Key": {
        "prefix": "random", "last_four": "random", "digest": "a hash", "pepper_version": "a number", "once": "random",
    },
    "kyc.Hold": {"source": "a code"},
    "accounts.LegalHold": {},
    "kyc.Interest": {"share": "a number between two who are nameless"},
    "kyc.Observation": {"share": "a number between two who are nameless"},
    "kyc.Discrepancy": {"declared": "numbers and codes", "observed": "a number or a code"},
    "kyc.Determination": {
        "regime": "a code", "verdict": "a code", "share_min": "a number", "share_max": "a number", "rule_pack": "a version",
    },
    "kyc.Score": {"rule_pack": "a version"},
    "kyc.Factor": {"code": "a code"},
    "kyc.Hit": {"entry_id": "of a published list", "entry_name": "of a published list", "ruling_reason": "a code"},
    "reports.Report": {
        "parameters": "instants and numbers", "rule_pack": "a version", "template": "a version", "stage": "a code",
        "facts": "sealed under the report's own key", "sha256": "a hash", "file": "a random name; its content is sealed",
    },
}  # fmt: skip
# Of every job: the error's class and first line, and the process.
OF_JOBS = {"failure", "claimed_by"}
ABOUT_PEOPLE = {"accounts.User", "accounts.Message"}


def texts(model: type[models.Model]) -> set[str]:
    kinds = (models.CharField, models.TextField, models.JSONField, models.FileField, models.GenericIPAddressField)
    return {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, kinds) and not field.choices and not isinstance(field, models.DateField)
    }


class TestEveryColumn:
    def test_is_overwritten_or_names_nobody(self) -> None:
        events = set(event_models())
        for model in apps.get_models():
            label = model._meta.label
            if model in events or not (column_of(model) or label in ABOUT_PEOPLE) or model._meta.app_label == "demo":
                continue
            known = set(vars(model).get("personal", ())) | set(HARMLESS.get(label, {}))
            assert texts(model) - known - (OF_JOBS if hasattr(model, "claims") else set()) == set(), label

    def test_and_nothing_stands_in_the_list_that_is_not_there(self) -> None:
        for label, columns in HARMLESS.items():
            assert set(columns) <= texts(apps.get_model(label)), label


PLANTED = ("Nordlys", "Alice", "Kvalsund", "nordlys.example", "planted")


@pytest.fixture(autouse=True)
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every class of every organisation is due; tests/accounts/test_retention.py says when one is."""

    def due(on: date, *, organisations: Any = None) -> Iterator[Due]:
        held = set(LegalHold.objects.live().values_list("organisation", flat=True))
        for organisation in Organisation.objects.order_by("pk") if organisations is None else organisations:
            if not {None, organisation.pk} & held:
                yield from (Due(organisation.pk, found, DUE_ON, "cdd-file") for found in retention.CLASSES.values())

    monkeypatch.setattr(retention, "due", due)
    monkeypatch.setattr(retention, "due_rows", lambda found, model, on: model.objects.all())


def dispose_all(organisation: Organisation) -> list[Disposal]:
    with acting_as("eraser"):
        plan = [due for due in disposal.planned(TODAY) if due.organisation == organisation.pk]
        return [made for due in plan if (made := disposal.dispose(due, on=TODAY))]


def dump() -> str:
    held = connection.settings_dict
    command = [str(postgres.binaries() / "pg_dump"), "-h", held["HOST"], "-U", "postgres", "-d", held["NAME"], "--data-only"]
    return subprocess.run(command, capture_output=True, check=True, timeout=120, text=True).stdout


def recorded() -> int:
    """All events, those of the compartment too, which stand in the tree as well."""
    with scope.whole():
        return AuditEvent.objects.count()


def plant(model: type[models.Model], pk: int, name: str) -> None:
    """A text of our own in place of the one that stands there, where any text may."""
    field: Any = model._meta.get_field(name)
    is_free = isinstance(field, models.CharField | models.TextField) and not isinstance(field, models.EmailField)
    if model not in FIXED and is_free and (field.max_length or 99) > 20:
        with suppress(IntegrityError), transaction.atomic():
            model._base_manager.filter(pk=pk).exclude(**{name: ""}).update(**{name: f"planted {name}"})


@pytest.fixture
def nordlys(transactional_db: None) -> Organisation:
    """Every kind of row, with words of its own in each text that a person may write."""
    alice = cast.customer("alice@nordlys.example", "Alice Kvalsund")
    # What investigators keep has a period of its own.
    rows = one_of_each(alice, confined=False)
    organisation: Organisation = rows[Organisation]
    with acting.on_behalf_of("Alice Kvalsund"), transaction.atomic():
        Party.objects.filter(organisation=organisation).update(domain="kvalsund.example")
        audit.record("party.noted", target=organisation, by=alice, reason="planted reason", name="planted name", count=3)
    for model, row in rows.items():
        for name in vars(model).get("personal", ()):
            plant(model, row.pk, name)
    rows[Report].facts = "planted facts"
    rows[Report].save()
    legal_holds.lift(rows[LegalHold], reason="planted: settled", by=rows[LegalHold].placed_by)
    in_tree(recorded())
    return organisation


# Rows that hold their texts fast: what stands in them was written at the beginning.
FIXED = {apps.get_model(label) for label in ("accounts.Proposal", "kyc.Questionnaire", "reports.Report")}


class TestDisposal:
    def test_nothing_of_them_is_found_any_more(self, nordlys: Organisation) -> None:
        before = dump()
        assert [word for word in PLANTED if word not in before] == []
        made = {one.record_class: one for one in dispose_all(nordlys)}
        assert made.keys() == retention.CLASSES.keys()
        after = dump()
        found = [line for line in after.splitlines() if any(word.lower() in line.lower() for word in PLANTED)]
        assert found == []
        assert made["identity"].rows["kyc_party"]["count"] == Party.objects.count() > 0
        assert sum(one.keys_destroyed for one in made.values()) == SubjectKey.objects.count() > 0

    def test_the_log_still_proves_itself(self, nordlys: Organisation) -> None:
        hashes = dict(AuditLeaf.objects.values_list("event_id", "hash"))
        (trail,) = (one for one in dispose_all(nordlys) if one.record_class == "trail")
        assert trail.rows["accounts_auditevent"]["count"] > 5
        in_tree(recorded())
        told = verification.verify().told()
        assert (told["failed"], told["sound"]) == ([], True)
        assert {**hashes, **dict(AuditLeaf.objects.filter(event_id__in=hashes).values_list("event_id", "hash"))} == hashes

    def test_another_is_left_alone(self, nordlys: Organisation) -> None:
        other = one_of_each(cast.customer("otto@outside.example", "Otto"), name="Outside")[Organisation]
        dispose_all(nordlys)
        other.refresh_from_db()
        assert other.name == "Outside"
        assert User.objects.get(name="Otto").is_active

    def test_who_acts_elsewhere_too_keeps_his_account(self, nordlys: Organisation) -> None:
        alice = User.objects.get(email="alice@nordlys.example")
        second = organisations.create(name="Second", by=alice)
        dispose_all(nordlys)
        alice.refresh_from_db()
        assert (alice.email, alice.is_active) == ("alice@nordlys.example", True)
        assert Membership.objects.filter(user=alice, organisation=second).exists()

    def test_nothing_opens_a_members_account_any_more(self, nordlys: Organisation) -> None:
        alice = User.objects.get(email="alice@nordlys.example")
        client = cast.signed_in(alice)
        UserSession.objects.create(user=alice, session_key=client.session.session_key, ip="192.0.2.1", user_agent="Planted/1.0")
        Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": "planted"})
        EmailAddress.objects.update_or_create(email="planted@nordlys.example", user=alice, defaults={"verified": True})
        dispose_all(nordlys)
        assert client.get("/verification/")["Location"].startswith("/account/login/")
        assert not any(model.objects.filter(user=alice).exists() for model in (Authenticator, UserSession))
        assert [row.email.endswith("@erased.invalid") for row in EmailAddress.objects.filter(user=alice)].count(False) == 0
        alice.refresh_from_db()
        assert (alice.is_active, alice.has_usable_password(), alice.email) == (False, False, f"erased-{alice.pk}@erased.invalid")

    def test_who_of_the_house_decided_stays(self, nordlys: Organisation) -> None:
        officer = User.objects.filter(staff_role="approver").first()
        with transaction.atomic():
            event = audit.record("case.approved", target=nordlys, by=officer, reason="planted")
        dispose_all(nordlys)
        event.refresh_from_db()
        assert event.actor == str(officer)
        assert event.reason.startswith("erased, DC-")

    def test_twice_is_once(self, nordlys: Organisation) -> None:
        with acting_as("eraser"):
            plan = list(disposal.planned(TODAY))
        made = dispose_all(nordlys)
        events = AuditEvent.objects.count()
        assert dispose_all(nordlys) == []
        with acting_as("eraser"):
            assert [disposal.dispose(due, on=TODAY) for due in plan] == [None] * len(plan)
        assert (AuditEvent.objects.count(), Disposal.objects.count()) == (events, len(made))

    def test_a_report_that_never_had_a_key_goes_once_too(self, nordlys: Organisation) -> None:
        """It failed before anything was sealed, and names whom it was for."""
        names = ("kind", "valid_at", "known_at", "snapshot", "requested_by")
        found = Report.objects.create(
            **{name: getattr(Report.objects.get(), name) for name in names},
            organisation=nordlys, rule_pack="1", template="1", state="failed", envelope={"addressee": "Alice Kvalsund"},
        )  # fmt: skip
        (reports,) = (one for one in dispose_all(nordlys) if one.record_class == "reports")
        found.refresh_from_db()
        assert (found.envelope, reports.rows["reports_report"]["count"]) == ({}, 2)
        assert dispose_all(nordlys) == []

    def test_an_error_in_the_middle_leaves_all_as_it_was(self, nordlys: Organisation, monkeypatch: Any) -> None:
        """And what is left is done the next time."""
        monkeypatch.setattr(disposal, "forget_members", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            dispose_all(nordlys)
        nordlys.refresh_from_db()
        assert nordlys.name == "planted name"
        before = {*Disposal.objects.values_list("record_class", flat=True)}
        assert "identity" not in before
        assert SubjectKey.objects.filter(kind="party", destroyed_at__isnull=True).exists()
        monkeypatch.undo()


class TestHolds:
    def place(self, organisation: Organisation | None) -> LegalHold:
        rui = cast.staff("approver", "Rui")
        told = {"source": "court", "reference": "12 O 5/26", "asked_by": "A court", "reason": "It asked."}
        return legal_holds.place(organisation, **told, since=DUE_ON, by=rui)

    @pytest.mark.parametrize("on_everything", [True, False])
    def test_keep_everything(self, nordlys: Organisation, on_everything: bool) -> None:
        hold = self.place(None if on_everything else nordlys)
        assert dispose_all(nordlys) == []
        legal_holds.lift(hold, reason="Settled.", by=hold.placed_by)
        assert dispose_all(nordlys) != []

    @pytest.mark.parametrize("on_everything", [True, False])
    def test_also_one_that_is_placed_after_the_plan_was_made(self, nordlys: Organisation, on_everything: bool) -> None:
        with acting_as("eraser"):
            plan = list(disposal.planned(TODAY))
        self.place(None if on_everything else nordlys)
        with acting_as("eraser"):
            assert [disposal.dispose(due, on=TODAY) for due in plan] == [None] * len(plan)
        assert Party.objects.filter(organisation=nordlys, name__startswith="erased").count() == 0


class TestKeysOfPeople:
    def test_stay_while_a_class_that_they_open_is_kept(self, nordlys: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
        without = {code: found for code, found in retention.CLASSES.items() if code != "evidence"}
        due = retention.due

        def but_evidence(on: date, **which: Any) -> Iterator[Due]:
            yield from (one for one in due(on, **which) if one.record_class.code in without)

        monkeypatch.setattr(retention, "due", but_evidence)
        made = {one.record_class for one in dispose_all(nordlys)}
        assert made == without.keys() - {"identity"}
        assert SubjectKey.objects.filter(kind="party", destroyed_at__isnull=True).exists()


class TestCertificate:
    def test_says_how_much_and_names_nobody(self, nordlys: Organisation) -> None:
        made = dispose_all(nordlys)
        for one in made:
            told = json.dumps(disposal.told(one))
            assert not any(word.lower() in told.lower() for word in PLANTED)
            assert f'"backups_until": "{TODAY + timedelta(days=35)}"' in told
        assert len({one.number for one in made}) == len(made)
        assert AuditEvent.objects.filter(verb="records.disposed").count() == len(made)


class TestCommand:
    def run(self, *arguments: str) -> list[dict[str, Any]]:
        out = StringIO()
        with acting_as("eraser"):
            call_command("dispose", *arguments, stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    def test_dry_it_counts_and_erases_nothing(self, nordlys: Organisation) -> None:
        (told,) = self.run("--dry-run")
        assert told["classes"] == dict.fromkeys(sorted(retention.CLASSES), 1)
        assert not Disposal.objects.exists()

    def test_it_prints_each_certificate_and_a_second_run_none(self, nordlys: Organisation) -> None:
        order, *certificates = self.run()
        assert order["order"].startswith("EO-")
        assert {line["record_class"] for line in certificates} == retention.CLASSES.keys()
        assert self.run() == []

    def test_nothing_goes_before_its_day(self, nordlys: Organisation) -> None:
        with pytest.raises(CommandError, match="nothing is erased before its day"):
            self.run("--on", "2040-01-01")

    def test_every_night_at_ten_past_two(self) -> None:
        at = dispose.next_night
        assert at(datetime(2026, 11, 29, 1, 0, tzinfo=UTC)) == datetime(2026, 11, 29, 2, 10, tzinfo=UTC)
        assert at(datetime(2026, 11, 29, 2, 10, tzinfo=UTC)) == datetime(2026, 11, 30, 2, 10, tzinfo=UTC)

    def test_it_acts_as_the_eraser(self) -> None:
        assert {"dispose"} == manage.ERASER_COMMANDS


class TestOrders:
    """What a person asked to be erased, and nothing needs (PRV-02)."""

    @pytest.fixture
    def order(self, nordlys: Organisation) -> ErasureOrder:
        self.mail = messages.queue(to="alice@nordlys.example", subject="Hello", text="Hello")
        Message.objects.update(state="sent", sent_at=timezone.now())
        made = ErasureOrder.objects.get(organisation=nordlys)
        return ErasureOrder.objects.create(organisation=nordlys, addresses=["alice@nordlys.example"], ordered_by=made.ordered_by)

    def carried_out(self) -> list[ErasureOrder]:
        with acting_as("eraser"):
            return [order for number in disposal.ordered() if (order := disposal.carry_out(number))]

    def test_its_mail_is_gone_and_it_names_nobody(self, order: ErasureOrder) -> None:
        told = Message.objects.filter(to="alice@nordlys.example").count()
        *_, done = self.carried_out()
        mail = Message.objects.get(pk=self.mail.pk)
        assert (mail.text, mail.subject) == (f"erased, {order.number}",) * 2
        assert mail.to == f"erased-{mail.pk}@erased.invalid"
        assert done.addresses == [] and done.rows["accounts_message"]["count"] == told and done.backups_until > TODAY
        event = AuditEvent.objects.filter(verb="erasure.carried_out").latest("pk")
        assert event.details["certificate"] == order.number

    def test_once(self, order: ErasureOrder) -> None:
        self.carried_out()
        events = AuditEvent.objects.count()
        assert self.carried_out() == [] and AuditEvent.objects.count() == events

    def test_mail_that_came_later_stays(self, order: ErasureOrder) -> None:
        later = messages.queue(to="alice@nordlys.example", subject="Later", text="Later")
        self.carried_out()
        later.refresh_from_db()
        assert later.text == "Later"

    def test_it_waits_for_mail_that_has_not_gone_out(self, order: ErasureOrder) -> None:
        Message.objects.update(state="queued")
        assert order not in self.carried_out()

    @pytest.mark.parametrize("on_all", [False, True])
    def test_a_legal_hold_wins(self, order: ErasureOrder, on_all: bool) -> None:
        by = cast.staff("approver", "Rui Lopes")
        LegalHold.objects.create(
            organisation=None if on_all else order.organisation, source="court", reference="7", asked_by="Court", reason="Keep.",
            since=TODAY, placed_by=by,
        )  # fmt: skip
        assert self.carried_out() == []
        with acting_as("eraser"):
            assert disposal.carry_out(order.pk) is None

    def test_nobody_else_changes_one(self, order: ErasureOrder) -> None:
        with pytest.raises((InternalError, IntegrityError, ProgrammingError)), transaction.atomic():
            ErasureOrder.objects.filter(pk=order.pk).update(done_at=timezone.now(), backups_until=TODAY, addresses=[])


class TestTheEraser:
    NEVER = {
        "delete a row": "DELETE FROM kyc_party",
        "delete history": "DELETE FROM kyc_partyevent",
        "add history": "INSERT INTO kyc_partyevent DEFAULT VALUES",
        "change who decided": "UPDATE accounts_proposal SET outcome_by_id = NULL",
        "change a verb of the log": "UPDATE accounts_auditevent SET verb = 'x'",
        "change a leaf": "UPDATE accounts_auditleaf SET hash = ''",
        "make a key live": "UPDATE kyc_key SET state = 'active'",
        "change a certificate": "UPDATE accounts_disposal SET operator = 'x'",
        "make somebody staff": "UPDATE accounts_user SET staff_role = 'approver'",
        "make a table": "CREATE TABLE kh_forged (a int)",
    }

    @pytest.mark.parametrize("what", NEVER)
    def test_never_does(self, nordlys: Organisation, what: str) -> None:
        with acting_as("eraser"), pytest.raises((ProgrammingError, InternalError)), connection.cursor() as cursor:
            cursor.execute(self.NEVER[what])

    def test_alone_overwrites(self, nordlys: Organisation) -> None:
        due = next(disposal.planned(TODAY))
        with pytest.raises(ProgrammingError, match="permission denied"):
            disposal.dispose(due, on=TODAY)

    def test_is_nobody_who_merely_says_so(self, nordlys: Organisation) -> None:
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute("SET SESSION AUTHORIZATION eraser")
