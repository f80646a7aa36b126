"""What the database refuses of cases, decisions and entities, whatever code runs."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts.models import Proposal, User
from kyc.cases import actions as cases
from kyc.cases.models import Case, Decision, Entity, Examination
from kyc.screening.models import ListVersion
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.stage import scene

pytestmark = pytest.mark.django_db


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(work: Callable[[], object], match: str = "") -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        work()


@scene
def decision(case: Case, ana: User) -> Decision:
    return scenes.proposed(case, "approve", by=ana)


def by_orm(proposal: Proposal, **columns: object) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(**columns)


def by_save(proposal: Proposal, **columns: object) -> None:
    for name, value in columns.items():
        setattr(proposal, name, value)
    proposal.save()


def by_bulk(proposal: Proposal, **columns: object) -> None:
    for name, value in columns.items():
        setattr(proposal, name, value)
    Proposal.objects.bulk_update([proposal], list(columns))


def by_sql(proposal: Proposal, **columns: object) -> None:
    names = {"proposed_by": "proposed_by_id", "outcome_by": "outcome_by_id"}
    sets = ", ".join(f"{names.get(name, name)} = %s" for name in columns)
    sql(f"UPDATE accounts_proposal SET {sets} WHERE id = %s", *(getattr(v, "pk", v) for v in columns.values()), proposal.pk)


@pytest.mark.parametrize("write", [by_orm, by_save, by_bulk, by_sql])
class TestOneDecisionTwoPeople:
    def test_the_proposer_takes_it(self, decision: Decision, ana: User, write: Callable[..., None]) -> None:
        taken = {"outcome": "taken", "outcome_by": ana, "outcome_at": timezone.now()}
        refused(lambda: write(decision.proposal, **taken), "proposal_taken_by_another")

    def test_the_proposer_is_rewritten_in_the_same_statement(
        self, decision: Decision, ana: User, rui: User, write: Callable[..., None]
    ) -> None:
        taken = {"proposed_by": rui, "outcome": "taken", "outcome_by": ana, "outcome_at": timezone.now()}
        refused(lambda: write(decision.proposal, **taken), "by whom, does not change")

    def test_the_proposer_is_rewritten_first(self, decision: Decision, rui: User, write: Callable[..., None]) -> None:
        refused(lambda: write(decision.proposal, proposed_by=rui), "by whom, does not change")

    def test_what_was_proposed_is_rewritten_as_it_is_taken(
        self, decision: Decision, rui: User, write: Callable[..., None]
    ) -> None:
        taken = {"choice": "refuse", "outcome": "taken", "outcome_by": rui, "outcome_at": timezone.now()}
        refused(lambda: write(decision.proposal, **taken), "does not change")

    def test_an_ended_one_is_opened_again(self, decision: Decision, ana: User, rui: User, write: Callable[..., None]) -> None:
        cases.decline(decision, note="No.", by=rui)
        decision.proposal.refresh_from_db()
        refused(lambda: write(decision.proposal, outcome="", outcome_by=None, outcome_at=None), "ended proposal")
        taken = {"outcome": "taken", "outcome_by": rui, "outcome_at": timezone.now()}
        refused(lambda: write(decision.proposal, **taken), "ended proposal")


def case_by_orm(case: Case, state: str) -> None:
    Case.objects.filter(pk=case.pk).update(state=state)


def case_by_save(case: Case, state: str) -> None:
    case.state = state
    case.save()


def case_by_sql(case: Case, state: str) -> None:
    sql("UPDATE kyc_case SET state = %s WHERE id = %s", state, case.pk)


@pytest.mark.parametrize("write", [case_by_orm, case_by_save, case_by_sql])
@pytest.mark.parametrize("state", ["approved", "refused"])
class TestADecidedCase:
    def test_needs_a_decision(self, case: Case, state: str, write: Callable[[Case, str], None]) -> None:
        refused(lambda: write(case, state), "a second person has taken")

    def test_needs_it_taken(self, case: Case, ana: User, state: str, write: Callable[[Case, str], None]) -> None:
        scenes.proposed(case, {"approved": "approve", "refused": "refuse"}[state], by=ana)
        refused(lambda: write(case, state), "a second person has taken")

    @pytest.mark.parametrize("end", ["declined", "withdrawn"])
    def test_needs_it_neither_declined_nor_withdrawn(
        self, case: Case, ana: User, rui: User, state: str, write: Callable[[Case, str], None], end: str
    ) -> None:
        decision = scenes.proposed(case, {"approved": "approve", "refused": "refuse"}[state], by=ana)
        if end == "declined":
            cases.decline(decision, note="No.", by=rui)
        else:
            cases.withdraw(decision, by=ana)
        refused(lambda: write(case, state), "a second person has taken")

    @pytest.mark.parametrize("choice", ["other", "ask"])
    def test_needs_it_of_that_choice(
        self, case: Case, ana: User, rui: User, state: str, write: Callable[[Case, str], None], choice: str
    ) -> None:
        other = {"approved": "refuse", "refused": "approve"}[state] if choice == "other" else choice
        cases.take(scenes.proposed(case, other, by=ana), by=rui)
        case.refresh_from_db()
        refused(lambda: write(case, state), "a second person has taken|stays decided")

    def test_is_not_decided_by_anothers_decision(
        self, case: Case, ana: User, rui: User, state: str, write: Callable[[Case, str], None]
    ) -> None:
        other = scenes.sorvik()
        theirs = scenes.ready(other)
        cases.take(scenes.proposed(theirs, {"approved": "approve", "refused": "refuse"}[state], by=ana), by=rui)
        refused(lambda: write(case, state), "a second person has taken")


class TestDecision:
    @pytest.fixture
    def theirs(self, case: Case, ana: User, rui: User) -> Decision:
        """An approval that two people took, of another customer."""
        decision = scenes.proposed(scenes.ready(scenes.sorvik()), "approve", by=ana)
        cases.take(decision, by=rui)
        return decision

    @pytest.mark.parametrize("write", ["orm", "sql", "both columns"])
    def test_is_not_lent_to_another_case(self, case: Case, theirs: Decision, write: str) -> None:
        if write == "sql":
            refused(lambda: sql("UPDATE kyc_decision SET case_id = %s WHERE id = %s", case.pk, theirs.pk), "stays with its case")
            return
        columns = {"case": case} | ({"organisation": case.organisation} if write == "both columns" else {})
        refused(lambda: Decision.objects.filter(pk=theirs.pk).update(**columns), "stays with its case")

    def test_is_not_deleted_to_be_made_anew(self, theirs: Decision) -> None:
        refused(lambda: sql("DELETE FROM kyc_decision WHERE id = %s", theirs.pk), "never deleted")

    def test_does_not_exchange_its_proposal(self, case: Case, theirs: Decision, ana: User) -> None:
        ours = scenes.proposed(case, "approve", by=ana)
        refused(lambda: sql("UPDATE kyc_decision SET proposal_id = proposal_id + 1000 WHERE id = %s", ours.pk), "stays with")

    def test_is_of_the_organisation_whose_case_it_decides(self, case: Case, theirs: Decision, ana: User) -> None:
        proposal = Proposal.objects.create(kind="case.decision", choice="approve", reason="low_risk_verified", proposed_by=ana)
        stray = Decision(organisation=theirs.organisation, case=case, proposal=proposal)
        refused(stray.save, "whose case it decides")


@pytest.mark.parametrize("choice", ["approve", "refuse"])
class TestADecidedCaseStays:
    @pytest.mark.parametrize("state", ["review", "draft", "waiting", "proposed"])
    def test_decided(self, case: Case, ana: User, rui: User, choice: str, state: str) -> None:
        cases.take(scenes.proposed(case, choice, by=ana), by=rui)
        refused(lambda: case_by_orm(case, state), "stays decided")

    def test_where_it_is(self, case: Case, ana: User, rui: User, choice: str) -> None:
        cases.take(scenes.proposed(case, choice, by=ana), by=rui)
        other = scenes.sorvik().organisation
        refused(lambda: sql("UPDATE kyc_case SET organisation_id = %s WHERE id = %s", other.pk, case.pk), "changes hands")


class TestANewCase:
    @pytest.mark.parametrize("state", ["approved", "refused"])
    def test_never_starts_decided(self, nordlys: Founded, state: str) -> None:
        now, alice = timezone.now(), nordlys.by
        said = {"submitted_at": now, "submitted_by": alice, "declared_true_at": now, "declared_true_by": alice}
        made = Case(organisation=nordlys.organisation, state=state, in_state_since=now, **said)
        refused(lambda: Case.objects.bulk_create([made]), "a second person has taken")

    def test_is_open_once_an_organisation(self, nordlys: Founded) -> None:
        refused(
            lambda: Case.objects.create(organisation=nordlys.organisation, in_state_since=timezone.now()),
            "one_open_case_an_organisation",
        )

    def test_is_sent_only_declared_true(self, nordlys: Founded) -> None:
        case = nordlys.organisation.case_set.get()
        refused(lambda: case_by_orm(case, "submitted"), "case_submitted_only_declared_true")


class TestEntity:
    def columns(self, decision: Decision, organisation: object) -> dict[str, object]:
        now = timezone.now()
        party = decision.organisation.party_set.get(kind="company")
        span = {"valid_from": now, "valid_until": now + timedelta(days=1)}
        return {"organisation": organisation, "party": party, "decision": decision, "reference": "E-1", "name": "X", **span}

    @pytest.mark.parametrize("choice", Decision.Choice.values)
    def test_needs_the_approval_taken(self, case: Case, ana: User, choice: str) -> None:
        decision = scenes.proposed(case, choice, by=ana)
        refused(lambda: Entity.objects.create(**self.columns(decision, case.organisation)), "needs an approval")

    @pytest.mark.parametrize("choice", ["refuse", "ask"])
    def test_needs_an_approval_nothing_else(self, case: Case, ana: User, rui: User, choice: str) -> None:
        decision = scenes.proposed(case, choice, by=ana)
        cases.take(decision, by=rui)
        refused(lambda: Entity.objects.bulk_create([Entity(**self.columns(decision, case.organisation))]), "needs an approval")

    def test_is_the_organisations_own(self, case: Case, ana: User, rui: User) -> None:
        entity = scenes.approved(case, ana=ana, rui=rui)
        other = scenes.sorvik().organisation
        refused(lambda: Entity.objects.filter(pk=entity.pk).update(organisation=other), "needs an approval")
        refused(lambda: sql("UPDATE kyc_entity SET organisation_id = %s WHERE id = %s", other.pk, entity.pk), "needs an approval")

    def test_is_the_only_live_one(self, case: Case, nordlys: Founded, ana: User, rui: User) -> None:
        first = scenes.approved(case, ana=ana, rui=rui)
        scenes.approved(scenes.case_again(nordlys), ana=ana, rui=rui)
        refused(lambda: Entity.objects.filter(pk=first.pk).update(ended_at=None), "one_live_entity")

    def test_ends_after_it_starts(self, case: Case, ana: User, rui: User) -> None:
        entity = scenes.approved(case, ana=ana, rui=rui)
        refused(lambda: Entity.objects.filter(pk=entity.pk).update(valid_until=entity.valid_from), "valid_until_after_from")


class TestCase:
    @pytest.mark.parametrize(
        ("state", "editable", "decided"),
        [
            ("draft", True, False),
            ("waiting", True, False),
            ("submitted", False, False),
            ("review", False, False),
            ("proposed", False, False),
            ("approved", False, True),
            ("refused", False, True),
        ],
    )
    def test_is_the_customers_to_change_or_decided(self, state: str, editable: bool, decided: bool) -> None:
        case = Case(state=state)
        assert (case.is_editable, case.is_decided) == (editable, decided)

    def test_has_a_number_of_its_year(self, case: Case) -> None:
        assert str(case) == f"C-{case.opened_at.year}-{case.pk:04d}"

    def test_a_customer_sees_his_own_and_staff_see_all(self, case: Case, nordlys: Founded, ana: User) -> None:
        charlie = scenes.person("charlie@outside.example", "Charlie")
        assert [list(Case.objects.visible_to(user)) for user in (nordlys.by, ana, charlie)] == [[case], [case], []]


class TestFinding:
    def test_is_only_ever_added(self, case: Case, the_list: ListVersion) -> None:
        for statement in ("UPDATE kyc_finding SET state = 'good'", "DELETE FROM kyc_finding"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                sql(statement)
        assert Examination.objects.get().findings.count() == 9
