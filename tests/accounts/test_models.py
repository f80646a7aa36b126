"""Whatever writes, each changed row leaves exactly one event; and what users and organisations say of themselves."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from pghistory.core import event_models

from accounts import acting, scope
from accounts.models import LegalHold, Membership, Message, Organisation, Project, Proposal, User
from accounts.permissions import Permission, StaffRole
from kyc.cases.models import Case, Decision, Entity, Examination, Requirement
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from kyc.directives.models import Directive, DirectiveException, DirectiveExtension
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.models import Document
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.models import Hold, Key, Link
from kyc.keys.pool_models import PoolMember
from kyc.keys.standing_models import StandingHold, StandingProof, StandingTier
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.indication_models import Authorisation
from kyc.networks.measure_models import Measure, MeasureMember
from kyc.networks.models import Incident, Involvement
from kyc.networks.network_models import Attachment, Network, NetworkMembership
from kyc.ownership.models import Interest
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.models import Party, Role
from kyc.screening.models import Hit, Inquiry, InquiryPart, ListVersion
from reports.models import Report, SubjectRequest
from tests import cast
from tests.conftest import owner
from tests.rows import Rows, one_of_each
from tests.stage import scene

Model = type[models.Model]
TRACKED: list[Model] = [model.pgh_tracked_model for model in event_models()]
# A column that may change in every tracked model, and what it may change to.
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2999, 1, 1, tzinfo=UTC)
CHANGE: dict[str, tuple[str, Any]] = {
    "Membership": ("role", "owner"),
    "MemberInvitation": ("role", "owner"),
    "Proposal": ("outcome_note", "x"),
    "Message": ("subject", "x"),
    "Role": ("title", "x"),
    "Interest": ("share", "50"),
    "Observation": ("withdrawn_because", "x"),
    "Discrepancy": ("declared", "x"),
    "Divergence": ("first_says", "x"),
    "Case": ("notice_locale", "de"),
    "Examination": ("rule_pack", "x"),
    "Requirement": ("sentence", "x"),
    "Decision": ("message", "x"),
    "ListVersion": ("sha256", "x"),
    "ListUpdate": ("why", "x"),
    "Rescreening": ("found", 1),
    "Inquiry": ("rule_pack", "x"),
    "InquiryPart": ("state", "failed"),
    "Hit": ("ruling_note", "x"),
    "Profile": ("customer_class", "research"),
    "PersonStatus": ("rule_pack", "x"),
    "Attribute": ("since", "2019"),
    "AttributeProof": ("note", "x"),
    "Exclusion": ("reference", "x"),
    "ExclusionRuling": ("reason", "x"),
    "Sameness": ("reason", "x"),
    "PaymentMeans": ("holder", "x"),
    "Questionnaire": ("superseded_at", datetime(2026, 1, 1, tzinfo=UTC)),
    "FlagRuling": ("note", "x"),
    "StatusProof": ("note", "x"),
    "AuthorityProof": ("note", "x"),
    "EvidenceItem": ("note", "x"),
    "Mismatch": ("opened_at", EARLIER),
    "DocumentReview": ("reason", "expired"),
    "Expiry": ("state", "done"),
    "Invitation": ("email", "x@x.example"),
    "Confirmation": ("note", "x"),
    "Reading": ("form", "x"),
    "ConfirmationCode": ("locale", "de"),
    "DomainChallenge": ("found", "dns"),
    "OutsideCheck": ("state", "processing"),
    "Link": ("because", "x"),
    "LimitPool": ("period", "month"),
    "Hold": ("reason", "x"),
    "SandboxOutcome": ("state", "done"),
    "Review": ("state", "done"),
    "Asking": ("state", "waiting"),
    "Fall": ("verifications", 2),
    "Renewal": ("state", "done"),
    "Reassessment": ("state", "done"),
    "KeyRequirement": ("state", "open"),
    "Leak": ("place", "x"),
    "Remediation": ("country", "NO"),
    "ImportedKey": ("last_four", "x"),
    "Report": ("template", "x"),
    "ReportLink": ("reader", "x"),
    "ReportSchedule": ("rhythm", "month"),
    "LegalHold": ("asked_by", "x"),
    "SubjectRequest": ("identity", "x"),
    "Incident": ("title", "x"),
    "Involvement": ("why", "x"),
    "NetworkRun": ("networks", 1),
    "Network": ("confidence", 0.5),
    "NetworkMembership": ("confidence", 0.5),
    "Attachment": ("outcome_note", "x"),
    "IndicationRun": ("keys", 7),
    "Authorisation": ("reason", "x"),
    "ModelRelease": ("source", "x"),
    "Controller": ("name", "x"),
    "ControllerMember": ("why", "x"),
    "Measure": ("state", "declined"),
    "MeasureMember": ("state", "waiting"),
    "PoolMember": ("added_at", EARLIER),
    "StandingHold": ("ended_at", EARLIER),
    "StandingTier": ("told_at", LATER),
    "StandingProof": ("checked_at", EARLIER),
    "Directive": ("work", "failed"),
    "BlockedRecord": ("programme", "x"),
    "TrainingRun": ("location", "x"),
    "TrainingDuty": ("reminded_at", EARLIER),
    "TrainingFiling": ("proposed_at", EARLIER),
    "Reseller": ("place", "domestic"),
    "ResellerAssessment": ("reminded_at", EARLIER),
    "BlockedFiling": ("proposed_at", EARLIER),
    "DirectiveException": ("ground", "x"),
    "DirectiveExtension": ("state", "declined"),
    "DirectiveNotice": ("found_at", EARLIER),
    "Restriction": ("placed_at", EARLIER),
    "Appeal": ("sent_at", EARLIER),
    "Agency": ("declared_at", EARLIER),
    "AgencyAccount": ("added_at", EARLIER),
    "AgencyRuling": ("superseded_at", EARLIER),
}
WHO = {"user": 7, "request": "ab12", "command": "walk", "task": "tests.walk"}
NETWORKS = {
    Network, NetworkMembership, Attachment, Authorisation, Controller, ControllerMember, Measure, MeasureMember, PoolMember,
    Restriction, Appeal, Agency, AgencyAccount, AgencyRuling, StandingHold, StandingTier, StandingProof, Directive,
    DirectiveException, DirectiveExtension, BlockedFiling, BlockedRecord, Reseller, ResellerAssessment,
    TrainingRun, TrainingDuty, TrainingFiling,
}  # fmt: skip
NEVER_DELETED = {Decision, LegalHold, Proposal, Report, SubjectRequest, Inquiry, InquiryPart, Incident, Involvement, *NETWORKS}


def change_of(model: Model) -> tuple[str, str]:
    return CHANGE.get(model.__name__, ("name", "x"))


def labels(row: models.Model) -> list[str]:
    events = type(row).pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    return list(events.filter(pgh_obj_id=row.pk).order_by("pgh_id").values_list("pgh_label", flat=True))


def contexts(row: models.Model) -> list[dict[str, Any]]:
    """What each event says of in whose hands the change was."""
    events = type(row).pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    return list(events.filter(pgh_obj_id=row.pk).order_by("pgh_id").values_list("pgh_context", flat=True))


def by_save(row: Any) -> None:
    column, value = change_of(type(row))
    setattr(row, column, value)
    row.save()


def by_queryset(row: Any) -> None:
    column, value = change_of(type(row))
    type(row)._base_manager.filter(pk=row.pk).update(**{column: value})


def by_sql(row: Any) -> None:
    column, value = change_of(type(row))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s", [value, row.pk])


def by_sql_delete(row: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


def by_queryset_delete(row: Any) -> None:
    type(row)._base_manager.filter(pk=row.pk)._raw_delete("default")


def by_deleting_and_bulk_create(row: Any) -> None:
    by_sql_delete(row)
    type(row)._base_manager.bulk_create([row])


def unchanged(row: Any) -> None:
    type(row)._base_manager.get(pk=row.pk).save()


WAYS: list[tuple[Callable[[Any], None], list[str]]] = [
    (by_save, ["update"]),
    (by_queryset, ["update"]),
    (by_sql, ["update"]),
    (by_sql_delete, ["delete"]),
    (by_queryset_delete, ["delete"]),
    (by_deleting_and_bulk_create, ["delete", "insert"]),
    (unchanged, []),
]


@scene
def one_each() -> Rows:
    found = one_of_each(cast.customer())
    analyst = cast.staff("analyst", "Ana")
    # One that is still open, because an ended one never changes.
    found[Proposal] = Proposal.objects.create(kind="x", choice="x", reason="x", proposed_by=analyst)
    return found


@pytest.fixture
def rows(one_each: Rows) -> Iterator[Rows]:
    """With the compartment open, else those of it would not be shown."""
    with scope.whole():
        yield one_each


class TestEveryTrackedModel:
    def test_has_a_row_here(self, rows: Rows) -> None:
        assert rows.keys() == set(TRACKED)

    def test_left_one_event_of_its_making(self, rows: Rows) -> None:
        assert {row._meta.label: labels(row).count("insert") for row in rows.values()} == {m._meta.label: 1 for m in TRACKED}
        assert {row._meta.label: labels(row)[0] for row in rows.values()} == {m._meta.label: "insert" for m in TRACKED}

    @pytest.mark.parametrize(("way", "expected"), WAYS, ids=[way.__name__ for way, _ in WAYS])
    def test_leaves_exactly_one_event_a_change(self, rows: Rows, way: Callable[[Any], None], expected: list[str]) -> None:
        deletes = "delete" in expected
        walked = {model: row for model, row in rows.items() if not (deletes and model in NEVER_DELETED)}
        assert len(walked) == len(TRACKED) - len(NEVER_DELETED) * deletes
        for model, row in walked.items():
            with transaction.atomic():
                before = labels(row)
                with acting.named(**WHO), acting.on_behalf_of("Nordlys AS"):
                    way(row)
                assert labels(row)[len(before) :] == expected, (model.__name__, way.__name__)
                told = contexts(row)[len(before) :]
                assert told == [{**WHO, "on_behalf_of": "Nordlys AS"}] * len(expected), (model.__name__, way.__name__)
                transaction.set_rollback(True)

    @pytest.mark.parametrize("model", sorted(NEVER_DELETED, key=str))
    def test_or_is_never_deleted(self, rows: Rows, model: Model) -> None:
        with pytest.raises(DatabaseError, match=r"never deleted|Cannot delete"), transaction.atomic():
            by_sql_delete(rows[model])
        assert labels(rows[model]) == ["insert"]

    def test_stores_in_its_event_what_the_row_then_held(self, rows: Rows) -> None:
        for model, row in rows.items():
            by_queryset(row)
            event = model.pgh_event_model.objects.filter(pgh_obj_id=row.pk).latest("pgh_id")  # type: ignore[attr-defined]
            column, value = change_of(model)
            assert getattr(event, column) == value, model


# Foreign keys among our tables, and the triggers that guard rows but write no history.
KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
GUARDS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgname NOT LIKE 'pgtrigger\\_%%\\_delete\\_%%' AND tgtype & 8 <> 0
"""


@pytest.mark.django_db(transaction=True)
class TestCascade:
    def test_of_the_database_itself_leaves_one_event_a_row(self) -> None:
        """No foreign key of the product asks for one, so they are made to, and all that guards rows is put aside."""
        rows = one_of_each(cast.customer())
        whole = rows[Organisation]
        gone = [row for row in rows.values() if row == whole or getattr(row, "organisation_id", None) == whole.pk]
        assert len(gone) > 20
        with owner(), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(KEYS)
                for table, name, definition in cursor.fetchall():
                    again = definition.replace(" DEFERRABLE", " ON DELETE CASCADE DEFERRABLE")
                    cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}", ADD CONSTRAINT "{name}" {again}')
                cursor.execute(GUARDS)
                for table, name in cursor.fetchall():
                    cursor.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')
            with acting.named(**WHO):
                by_sql_delete(whole)
            for row in gone:
                assert labels(row).count("delete") == 1 and labels(row)[-1] == "delete", row._meta.label
                assert contexts(row)[-1] == WHO, row._meta.label
            transaction.set_rollback(True)


def three(model: Model) -> list[Any]:
    alice = cast.customer()
    nordlys = Organisation.objects.create(name="Nordlys")
    made: dict[Model, Callable[[int], models.Model]] = {
        User: lambda n: User(email=f"{n}@x.example"),
        Organisation: lambda n: Organisation(name=str(n)),
        Membership: lambda n: Membership(organisation=Organisation.objects.create(name=str(n)), user=alice),
        Project: lambda n: Project(organisation=nordlys, name=str(n)),
        Proposal: lambda n: Proposal(kind="x", choice="x", reason="x", proposed_by=alice),
        Message: lambda n: Message(to="a@x.example", subject=str(n), text="x"),
    }
    return [made[model](n) for n in range(3)]


@pytest.mark.django_db
class TestManyRowsAtOnce:
    @pytest.mark.parametrize("model", [User, Organisation, Membership, Project, Proposal, Message])
    def test_leave_one_event_each(self, model: Any) -> None:
        rows = model.objects.bulk_create(three(model))
        assert [labels(row) for row in rows] == [["insert"]] * 3
        of_these = model.objects.filter(pk__in=[row.pk for row in rows])
        column, _ = change_of(model)
        assert of_these.update(**{column: Concat(F(column), Value("x"))}) == 3
        assert [labels(row) for row in rows] == [["insert", "update"]] * 3
        if model not in NEVER_DELETED:
            assert of_these.delete()[0] == 3
            assert [labels(row) for row in rows] == [["insert", "update", "delete"]] * 3

    def test_upsert_leaves_an_insert_or_an_update(self) -> None:
        alice = cast.customer()
        User.objects.bulk_create(
            [User(email=alice.email, name="Alias"), User(email="new@x.example")],
            update_conflicts=True, unique_fields=["email"], update_fields=["name"],
        )  # fmt: skip
        assert labels(alice) == ["insert", "update"]
        assert labels(User.objects.get(email="new@x.example")) == ["insert"]

    def test_a_savepoint_taken_back_leaves_nothing(self) -> None:
        alice = cast.customer()
        with transaction.atomic():
            by_save(alice)
            transaction.set_rollback(True)
        assert labels(alice) == ["insert"]


@pytest.mark.django_db
class TestUser:
    def test_secrets_and_sign_ins_leave_no_history(self) -> None:
        alice = cast.customer()
        alice.set_password("another pass phrase")
        alice.save()
        User.objects.update(last_login="2026-01-01T00:00:00Z")
        assert labels(alice) == ["insert"]
        columns = {field.name for field in User.pgh_event_model._meta.fields}  # type: ignore[attr-defined]
        assert not columns & {"password", "last_login"}

    def test_an_address_is_one_whatever_its_case(self) -> None:
        alice = User.objects.create_user("Alice@Nordlys.Example", "x")
        assert alice.email == "alice@nordlys.example"
        assert User.objects.get_by_natural_key("ALICE@nordlys.example") == alice

    @pytest.mark.parametrize(
        ("name", "email", "initials"),
        [("Ana Marić", "", "AM"), ("ana", "", "A"), ("Ana Maria da Silva", "", "AS"), ("", "ana@x.example", "A")],
    )
    def test_initials(self, name: str, email: str, initials: str) -> None:
        assert User(name=name, email=email).initials == initials

    def test_goes_by_name_or_else_by_address(self) -> None:
        assert str(User(name="Ana", email="ana@x.example")) == "Ana"
        assert str(User(email="ana@x.example")) == "ana@x.example"

    @pytest.mark.parametrize("role", StaffRole.values)
    def test_one_who_left_can_do_nothing(self, role: str) -> None:
        assert any(User(staff_role=role).can(permission) for permission in Permission)
        assert not any(User(staff_role=role, is_active=False).can(permission) for permission in Permission)

    def test_a_customer_and_an_unknown_role_can_do_nothing(self) -> None:
        for role in ("", "root"):
            assert not any(User(staff_role=role).can(permission) for permission in Permission)


@pytest.mark.django_db
class TestVisibleTo:
    def test_a_customer_sees_where_he_is_a_member_and_staff_who_work_cases_see_all(self) -> None:
        alice, charlie = cast.customer(), cast.customer("charlie@x.example", "Charlie")
        nordlys = cast.founded(alice).organisation
        cast.founded(charlie, name="Other AS")
        assert list(Organisation.objects.visible_to(alice)) == [nordlys]
        assert Organisation.objects.visible_to(cast.staff("analyst")).count() == 2
        assert Organisation.objects.visible_to(cast.staff("administrator")).count() == 0
        assert Organisation.objects.visible_to(cast.customer("none@x.example", "N")).count() == 0


@pytest.mark.django_db
class TestTheDatabaseRefuses:
    def test_two_users_with_one_address(self) -> None:
        cast.customer()
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(email="alice@nordlys.example")

    def test_a_member_twice_in_one_organisation(self) -> None:
        alice = cast.customer()
        found = cast.founded(alice)
        with pytest.raises(IntegrityError, match="member_once_in_organisation"), transaction.atomic():
            Membership.objects.create(organisation=found.organisation, user=alice)

    def test_two_projects_of_one_name(self) -> None:
        found = cast.founded(cast.customer())
        with pytest.raises(IntegrityError, match="project_name_once_in_organisation"), transaction.atomic():
            Project.objects.create(organisation=found.organisation, name="Default")


def test_the_table_of_changes_names_only_what_is_tracked() -> None:
    names = {model.__name__ for model in TRACKED}
    assert CHANGE.keys() <= names
    known = {Case, Decision, Entity, Examination, Requirement, Document, Hold, Key, Link, Interest, Party, Role, Hit, ListVersion}
    assert known <= set(TRACKED)
