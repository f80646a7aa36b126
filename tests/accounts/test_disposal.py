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
from django.contrib.postgres.fields import ArrayField
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, ProgrammingError, connection, models, transaction
from django.utils import timezone
from pghistory.core import event_models

import manage
from accounts import acting, audit, disposal, legal_holds, members, messages, retention, scope, verification
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
    "accounts.SignalValue": {"why": "counts, and the name of a published range"},
    "accounts.SignalArrival": {"claimed_by": "a process", "failure": "of the machine"},
    "accounts.PlannedDisposal": {"classes": "codes and days"},
    "accounts.Message": {"failure": "the server's words, in which addresses are masked", "claimed_by": "a process"},
    "accounts.AuditEvent": {
        "verb": "a code", "target_type": "a code", "target_id": "a number", "request_id": "a random number",
        **dict.fromkeys(("actor", "on_behalf_of", "reason", "details", "salts", "erased"), "overwritten one by one"),
    },
    "kyc.Party": {
        **dict.fromkeys(("registration_number", "birth_date", "address", "registered_address", "phone", "tax_number"), "sealed"),
        **dict.fromkeys(("address_parts", "registered_address_parts"), "sealed"),
    },
    "kyc.PersonStatus": {"rule_pack": "a version"},
    "kyc.Attribute": {"since": "a year, a month or a day"},
    "kyc.Exclusion": {"ground": "a code", "rule_pack": "a version"},
    "kyc.Sameness": {"shared": "codes"},
    "kyc.PaymentMeans": {"reference": "sealed"},
    "kyc.Questionnaire": {"offering": "a code", "version": "a version"},
    "kyc.Case": {"notice_version": "a version", "notice_locale": "a code"},
    "kyc.Examination": {"rule_pack": "a version", "lists": "versions"},
    "kyc.Inquiry": {"faults": "sealed", "lists": "versions", "rule_pack": "a version"},
    "kyc.InquiryPart": {
        **dict.fromkeys(("subjects", "answers"), "sealed"), "engine": "a version", "configuration": "a version",
        "claimed_by": "a process", "failure": "of the machine",
    },
    "kyc.Finding": {"category": "a code", "anchor": "a code"},
    "kyc.Requirement": {"what": "a code", "why": "a code", "consequence": "a sentence of the product's own"},
    "kyc.FlagRuling": {"question": "a code"},
    "kyc.Entity": {"reference": "a number", "assurance": "a code"},
    "kyc.Document": {"file": "a random name; its content is sealed", "content_type": "a code", "sha256": "a hash",
                     "sent_sha256": "a hash"},
    "kyc.EvidenceItem": {
        "kind": "a code", "issuing_country": "a code", "number": "sealed", "guideline": "a version", "validation": "a code",
        "verification": "a code",
    },
    "kyc.Mismatch": {"declared": "sealed", "shown": "sealed"},
    "kyc.DocumentReview": {"reason": "a code"},
    "kyc.Reading": {
        "told": "sealed", "source": "a code", "form": "a code", "faults": "codes",
        "signs": "codes, and names of programs and fields", "claimed_by": "a process", "failure": "of the machine",
    },
    "kyc.Invitation": {"digest": "a hash", "locale": "a code"},
    "kyc.Confirmation": {
        "value": "sealed", "mark": "a keyed hash", "rule_pack": "a version", "ended_because": "a sentence of the house's",
    },
    "kyc.ConfirmationCode": {
        "digest": "a keyed hash", "salt": "random", "mark": "a keyed hash", "mailbox": "a code", "locale": "a code",
        "claimed_by": "a process", "failure": "of the machine",
    },
    "kyc.DomainChallenge": {"token": "random", "found": "a code", "claimed_by": "a process", "failure": "of the machine"},
    "kyc.OutsideCheck": {"service": "a code", "reference": "a service's own number", "result_sha256": "a hash"},
    "kyc.OutsideMessage": {"service": "a code", "event": "a service's own number", "kind": "a code", "sha256": "a hash"},
    "kyc.Key": {
        "prefix": "random", "last_four": "random", "digest": "a hash", "pepper_version": "a number", "once": "random",
        "scopes": "codes", "tiers": "codes", "confirmation": "a hash",
    },
    "kyc.Remediation": {"claimed_by": "a process", "failure": "of the machine", "country": "a code"},
    "kyc.EstateImport": {
        "name": "of a file of the house's", "content": "sealed, and empty when it is over", "faults": "lines and sentences",
        "claimed_by": "a process", "failure": "of the machine",
    },
    "kyc.ImportedKey": {"prefix": "random", "last_four": "random", "digest": "a hash", "scheme": "a code"},
    "kyc.Leak": {"url": "sealed", "signed_with": "which key of a finder's", "finding": "a keyed hash"},
    "kyc.Hold": {"source": "a code"},
    "kyc.Restriction": {"handle": "random letters"},
    "kyc.Appeal": {"handle": "random letters"},
    "kyc.LimitPool": {"currency": "a code"},
    "kyc.Spending": {"currency": "a code"},
    "kyc.Reservation": {"amounts": "numbers", "actual": "numbers", "currency": "a code"},
    "kyc.UsageDay": {"model": "of the provider", "country": "a code"},
    "kyc.UsageRow": {
        "model": "of the provider", "country": "a code", "currency": "a code", "access": "a code",
        **dict.fromkeys(("ip_hash", "client", "template", "end_user"), "a hash made by a gateway; it goes with its month"),
    },
    "accounts.LegalHold": {},
    "kyc.Interest": {"share": "a number between two who are nameless", "held_since": "a day, a month or a year"},
    "kyc.Observation": {"share": "a number between two who are nameless"},
    "kyc.Divergence": {
        "what": "a code", "first_says": "codes, shares and masked numbers", "second_says": "codes, shares and masked numbers",
    },
    "kyc.Discrepancy": {"declared": "numbers and codes", "observed": "a number or a code"},
    "kyc.DecidedOwner": {"rests_on": "numbers"},
    "kyc.Determination": {
        "regime": "a code", "verdict": "a code", "share_min": "a number", "share_max": "a number", "rule_pack": "a version",
    },
    "kyc.Score": {"rule_pack": "a version"},
    "kyc.Incident": {"erased_rows": "counts and hashes"},
    "kyc.NetworkMembership": {"via": "codes"},
    "kyc.Reseller": {"programme_version": "of a paper", "downstream": "counts by country"},
    "kyc.ResellerAssessment": {"rule_pack": "a version"},
    "kyc.TrainingRun": {"accelerators": "machines", "location": "a place of machines", "rule_pack": "a version"},
    "kyc.TrainingFiling": {"reference": "of an authority"},
    "kyc.BlockedRecord": {
        "currency": "a code", "authority": "a law", "programme": "of a published list", "rule_pack": "a version",
    },
    "kyc.MeasureMember": {
        "families": "codes", "types": "codes", "claimed_by": "a process", "failure": "of the machine",
    },
    "kyc.Indication": {"heads": "points", "indicators": "codes and counts", "peer_group": "codes"},
    "kyc.Attachment": {"families": "codes"},
    "kyc.Factor": {"code": "a code"},
    "kyc.Fact": {"subject": "our own prefix", "name": "a code", "value": "codes of countries", "source": "a code"},
    "kyc.KeyChange": {"prefix": "our own"},
    "kyc.StandingProof": {"grounds": "codes and numbers", "missing": "codes"},
    "kyc.KeyRefusal": {"reason": "a code", "request_id": "our own"},
    "kyc.Hit": {
        "entry_id": "of a published list", "entry_name": "of a published list", "topics": "codes", "ruling_reason": "a code",
        "entry_content": "a hash of what a published list says", "engine": "of our code", "configuration": "of our weights",
    },
    "accounts.MemberInvitation": {"role": "a code"},
    "reports.ReportLink": {"digest": "a hash"},
    "reports.ReportPack": {
        "file": "a random name; its content is sealed and goes after a day", "reports": "numbers", "documents": "numbers",
        "claimed_by": "a process",
        "failure": "of the machine",
    },
    "reports.ReportSchedule": {
        "kind": "a code", "profile": "a code", "paper": "a size", "failure": "an error's class and first line",
    },
    "reports.Report": {
        "parameters": "instants and numbers", "rule_pack": "a version", "template": "a version", "stage": "a code",
        "facts": "sealed under the report's own key", "changes": "sealed as the facts are",
        "sha256": "a hash", "file_sha256": "a hash", "file": "a random name; its content is sealed",
    },
}  # fmt: skip
# Of every job: the error's class and first line, and the process.
OF_JOBS = {"failure", "claimed_by"}
ABOUT_PEOPLE = {"accounts.User", "accounts.Message", "kyc.Incident", "kyc.IncidentNote", "kyc.Referral"}


def texts(model: type[models.Model]) -> set[str]:
    kinds = (models.CharField, models.TextField, models.JSONField, models.FileField, models.GenericIPAddressField, ArrayField)
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


PLANTED = ("203.0.113.77", "Nordlys", "Alice", "Kvalsund", "nordlys.example", "planted")


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
    UserSession.objects.create(user=alice, session_key="planted", ip="192.0.2.9", user_agent="planted browser")
    legal_holds.lift(rows[LegalHold], reason="planted: settled", by=rows[LegalHold].placed_by)
    in_tree(recorded())
    return organisation


# Rows that hold their texts fast: what stands in them was written at the beginning.
FIXED = {apps.get_model(label) for label in ("accounts.Proposal", "kyc.Questionnaire", "reports.Report")}


def second_of(user: User) -> Organisation:
    """Another for which he acts too."""
    second = Organisation.objects.create(name="Second")
    Membership.objects.create(organisation=second, user=user, role=Membership.Role.OWNER)
    return second


class TestDisposal:
    def test_nothing_of_them_is_found_any_more(self, nordlys: Organisation) -> None:
        before = dump()
        assert [word for word in PLANTED if word not in before] == []
        made = {one.record_class: one for one in dispose_all(nordlys)}
        # Where they signed in goes with their accounts, and what keys were used for with its month.
        assert made.keys() == retention.CLASSES.keys() - {"sign_ins", "usage_rows"}
        after = dump()
        found = [line for line in after.splitlines() if any(word.lower() in line.lower() for word in PLANTED)]
        assert found == []
        assert made["identity"].rows["kyc_party"]["count"] == Party.objects.count() > 0
        assert sum(one.keys_destroyed for one in made.values()) == SubjectKey.objects.exclude(organisation=None).count() > 0

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
        second = second_of(alice)
        dispose_all(nordlys)
        alice.refresh_from_db()
        assert (alice.email, alice.is_active) == ("alice@nordlys.example", True)
        assert Membership.objects.filter(user=alice, organisation=second).exists()

    def test_who_was_removed_is_forgotten_with_it(self, nordlys: Organisation) -> None:
        bob = self.removed(nordlys)
        dispose_all(nordlys)
        bob.refresh_from_db()
        assert (bob.email, bob.is_active) == (f"erased-{bob.pk}@erased.invalid", False)
        assert "bob@kvalsund.example" not in dump()

    def test_unless_he_acts_or_acted_for_another_of_which_anything_is_kept(self, nordlys: Organisation) -> None:
        bob = self.removed(nordlys)
        second = second_of(bob)
        dispose_all(nordlys)
        bob.refresh_from_db()
        assert (bob.email, bob.is_active) == ("bob@kvalsund.example", True)
        dispose_all(second)
        bob.refresh_from_db()
        assert bob.is_active is False

    def removed(self, nordlys: Organisation) -> User:
        """Who joined by an invitation, and was removed."""
        alice, bob = User.objects.get(email="alice@nordlys.example"), cast.customer("bob@kvalsund.example", "Bob Moe")
        joined = members.accept(members.invite(nordlys, email=bob.email, by=alice).pk, by=bob)
        members.remove(joined, by=alice)
        Message.objects.update(state="sent")
        in_tree(recorded())
        return bob

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
        assert made == without.keys() - {"identity", "usage_rows"}
        assert "sign_ins" in made
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
        assert told["classes"] == dict.fromkeys(sorted(retention.CLASSES.keys() - {"usage_rows"}), 1)
        assert (told["orders"], told["of_no_organisation"]) == (1, [])
        assert not Disposal.objects.exists()

    def test_dry_it_counts_no_order_that_a_hold_keeps(self, nordlys: Organisation) -> None:
        LegalHold.objects.create(
            organisation=nordlys, source="court", reference="7", asked_by="Court", reason="Keep.", since=TODAY,
            placed_by=cast.staff("approver", "Rui Lopes"),
        )  # fmt: skip
        (told,) = self.run("--dry-run")
        assert (told["classes"], told["orders"]) == ({}, 0)
        assert ErasureOrder.objects.filter(done_at=None).exists()

    def test_it_prints_each_certificate_and_a_second_run_none(self, nordlys: Organisation) -> None:
        order, *certificates = self.run()
        assert order["order"].startswith("EO-")
        assert {line["record_class"] for line in certificates} == retention.CLASSES.keys() - {"sign_ins", "usage_rows"}
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
        self.mail = messages.queue(to="alice@nordlys.example", subject="Hello", text="Hello", organisation=nordlys)
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
        later = messages.queue(to="alice@nordlys.example", subject="Later", text="Later", organisation=order.organisation)
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


class TestWhoseMail:
    """Two organisations that write to one address, and mail about an account, which is of neither."""

    @pytest.fixture
    def outside(self, nordlys: Organisation) -> Organisation:
        found: Organisation = one_of_each(cast.customer("otto@outside.example", "Otto"), confined=False, name="Outside")[
            Organisation
        ]
        LegalHold.objects.filter(organisation=found).update(
            lifted_at=timezone.now(), lifted_by=LegalHold.objects.get(organisation=found).placed_by, lift_reason="Settled."
        )
        return found

    def written(self, *, organisation: Organisation | None, to: str = "alice@nordlys.example") -> Message:
        made = messages.queue(to=to, subject="Hello", text="Hello", organisation=organisation)
        Message.objects.update(state="sent", sent_at=timezone.now())
        return made

    def held(self, organisation: Organisation) -> None:
        LegalHold.objects.create(
            organisation=organisation, source="court", reference="7", asked_by="Court", reason="Keep.", since=TODAY,
            placed_by=cast.staff("approver", "Rui Lopes"),
        )  # fmt: skip

    def is_there(self, message: Message) -> bool:
        return Message.objects.get(pk=message.pk).text == "Hello"

    def order(self, organisation: Organisation) -> ErasureOrder:
        by = ErasureOrder.objects.filter(organisation=organisation).first()
        assert by is not None
        return ErasureOrder.objects.create(
            organisation=organisation, addresses=["alice@nordlys.example"], ordered_by=by.ordered_by
        )

    def night(self) -> None:
        with acting_as("eraser"):
            for number in disposal.ordered():
                disposal.carry_out(number)

    def test_the_order_of_one_erases_its_own_and_what_is_about_the_account(
        self, nordlys: Organisation, outside: Organisation
    ) -> None:
        own, others, of_account = (self.written(organisation=one) for one in (nordlys, outside, None))
        self.order(nordlys)
        self.night()
        assert [self.is_there(one) for one in (own, others, of_account)] == [False, True, False]

    def test_also_about_the_account_of_who_was_removed(self, nordlys: Organisation, outside: Organisation) -> None:
        bob = cast.customer("bob@kvalsund.example", "Bob Moe")
        Membership.objects.create(organisation=nordlys, user=bob).delete()
        of_account, by = self.written(organisation=None, to=bob.email), ErasureOrder.objects.filter(organisation=nordlys).first()
        assert by is not None
        ErasureOrder.objects.create(organisation=nordlys, addresses=[bob.email], ordered_by=by.ordered_by)
        acts = Membership.objects.create(organisation=outside, user=bob)
        self.night()
        assert self.is_there(of_account), "it is the other's, for which he acts now"
        acts.delete()
        ErasureOrder.objects.create(organisation=nordlys, addresses=[bob.email], ordered_by=by.ordered_by)
        self.night()
        assert not self.is_there(of_account)

    def test_a_hold_on_one_keeps_its_mail_and_none_of_the_others(self, nordlys: Organisation, outside: Organisation) -> None:
        own, others = self.written(organisation=nordlys), self.written(organisation=outside)
        self.order(nordlys), self.order(outside)
        self.held(outside)
        self.night()
        assert [self.is_there(one) for one in (own, others)] == [False, True]
        assert ErasureOrder.objects.filter(organisation=outside, done_at=None).exists()

    def test_mail_about_who_acts_for_a_held_one_too_stays(self, nordlys: Organisation, outside: Organisation) -> None:
        of_account = self.written(organisation=None)
        Membership.objects.create(organisation=outside, user=User.objects.get(email="alice@nordlys.example"))
        self.order(nordlys)
        self.held(outside)
        self.night()
        assert self.is_there(of_account)

    def test_nor_does_mail_of_nobody_to_an_address_that_no_member_signs_in_with(
        self, nordlys: Organisation, outside: Organisation
    ) -> None:
        by = ErasureOrder.objects.filter(organisation=nordlys).first()
        assert by is not None
        theirs = self.written(organisation=None, to="otto@outside.example")
        ErasureOrder.objects.create(organisation=nordlys, addresses=["otto@outside.example"], ordered_by=by.ordered_by)
        self.night()
        assert self.is_there(theirs)

    def test_the_end_of_one_leaves_the_mail_of_another_to_the_same_address(
        self, nordlys: Organisation, outside: Organisation
    ) -> None:
        own, others, of_account = (self.written(organisation=one) for one in (nordlys, outside, None))
        self.held(outside)
        dispose_all(nordlys)
        assert [self.is_there(one) for one in (own, others, of_account)] == [False, True, False]
        assert [user.is_active for user in User.objects.filter(name__startswith="erased")] == [False, False]

    def test_of_nobody_it_goes_once_its_period_is_over(self, nordlys: Organisation, outside: Organisation) -> None:
        # An owner stays as long as there is an organisation.
        alice = User.objects.get(email="alice@nordlys.example")
        Membership.objects.create(organisation=outside, user=alice, role=Membership.Role.OWNER)
        Membership.objects.filter(user__email="otto@outside.example").delete()
        ours, theirs = (self.written(organisation=None, to=to) for to in ("rui@example.com", "alice@nordlys.example"))
        self.held(nordlys)
        with acting_as("eraser"):
            assert disposal.houses_due(TODAY) == ["mail"]
            made = disposal.dispose_of_houses("mail", on=TODAY)
            assert made is not None and made.organisation is None and made.rows["accounts_message"]["count"] == 1
            assert disposal.dispose_of_houses("mail", on=TODAY) is None
        assert [self.is_there(one) for one in (ours, theirs)] == [False, True]


class TestSignIns:
    """Where somebody signed in goes two years later, but for the day of his last access, from which other periods count."""

    def session(self, user: User, key: str, *, days_ago: int) -> UserSession:
        made = UserSession.objects.create(user=user, session_key=key, ip="192.0.2.1", user_agent="Planted/1.0")
        UserSession.objects.filter(pk=made.pk).update(last_seen_at=timezone.now() - timedelta(days=days_ago))
        return made

    def taken(self, organisation: Organisation) -> Disposal | None:
        found = retention.CLASSES["sign_ins"]
        with acting_as("eraser"):
            due = Due(organisation.pk, found, DUE_ON, "cdd-file")
            return disposal.dispose(due, on=TODAY)

    def seen_at(self, organisation: Organisation) -> Any:
        return retention.asked(Organisation.objects.filter(pk=organisation.pk), TODAY).get()["seen_at"]

    @pytest.fixture
    def alice(self, nordlys: Organisation) -> User:
        UserSession.objects.all().delete()
        return User.objects.get(email="alice@nordlys.example")

    def test_they_go_and_the_last_access_is_as_before(self, nordlys: Organisation, alice: User) -> None:
        self.session(alice, "a", days_ago=900), self.session(alice, "b", days_ago=800)
        before = self.seen_at(nordlys)
        made = self.taken(nordlys)
        assert made is not None and made.rows["usersessions_usersession"]["count"] == 2
        (left,) = UserSession.objects.all()
        assert (left.ip, left.data, left.session_key) == ("0.0.0.0", {}, "b")
        assert left.user_agent == f"erased, {made.number}"
        assert self.seen_at(nordlys) == before is not None
        assert self.taken(nordlys) is None

    def test_of_who_was_here_since_all_that_is_old_goes(self, nordlys: Organisation, alice: User, monkeypatch: Any) -> None:
        self.session(alice, "a", days_ago=900)
        new = self.session(alice, "b", days_ago=1)
        old = UserSession.objects.filter(last_seen_at__lt=timezone.now() - timedelta(days=700))
        monkeypatch.setattr(retention, "due_rows", lambda found, model, on: old if model is UserSession else model.objects.all())
        assert self.taken(nordlys) is not None
        assert list(UserSession.objects.values_list("pk", "ip")) == [(new.pk, "192.0.2.1")]

    def test_not_of_who_acts_for_an_organisation_that_a_hold_keeps(self, nordlys: Organisation, alice: User) -> None:
        self.session(alice, "a", days_ago=900)
        second = second_of(alice)
        LegalHold.objects.create(
            organisation=second, source="court", reference="7", asked_by="Court", reason="Keep.", since=TODAY,
            placed_by=cast.staff("approver", "Rui Lopes"),
        )  # fmt: skip
        assert self.taken(nordlys) is None
        assert UserSession.objects.get().ip == "192.0.2.1"

    def test_nor_is_an_officers_kept_for_ever(self, nordlys: Organisation, alice: User) -> None:
        self.session(cast.staff("approver", "Rui Lopes"), "a", days_ago=900), self.session(alice, "b", days_ago=900)
        with acting_as("eraser"):
            assert "sign_ins" in disposal.houses_due(TODAY)
            disposal.dispose_of_houses("sign_ins", on=TODAY)
        assert set(UserSession.objects.values_list("user__staff_role", "ip")) == {("approver", "0.0.0.0"), ("", "192.0.2.1")}


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
