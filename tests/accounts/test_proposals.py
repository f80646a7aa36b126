"""Four eyes, as a table of who may do what, and the same refused by the database to raw SQL."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import proposals
from accounts.models import Proposal, User
from accounts.permissions import NotPermitted, Permission
from accounts.proposals import AlreadyEnded, Policy, SamePerson
from accounts.refused import ReasonMissing
from tests import cast

Outcome = Proposal.Outcome
POLICY = Policy(
    kind="test.kind",
    propose=Permission.DECISION_PROPOSE,
    take=Permission.DECISION_TAKE,
    reasons={"approve": ("known",), "refuse": ("unknown", "listed")},
)


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return {
        "ana": cast.staff("analyst", "Ana"),
        "abe": cast.staff("analyst", "Abe"),
        "rui": cast.staff("approver", "Rui"),
        "pia": cast.staff("approver", "Pia"),
        "astrid": cast.staff("auditor", "Astrid"),
        "omar": cast.staff("administrator", "Omar"),
        "alice": cast.customer(),
    }


def proposed(by: User) -> Proposal:
    return proposals.propose(policy=POLICY, choice="approve", reason="known", note="Seen.", by=by)


class TestPropose:
    @pytest.mark.parametrize("name", ["ana", "rui"])
    def test_is_for_those_who_hold_the_permission(self, people: dict[str, User], name: str) -> None:
        proposal = proposed(people[name])
        assert (proposal.kind, proposal.choice, proposal.reason, proposal.note) == ("test.kind", "approve", "known", "Seen.")
        assert (proposal.proposed_by, proposal.outcome, proposal.outcome_by) == (people[name], "", None)
        assert list(Proposal.objects.open()) == [proposal]

    @pytest.mark.parametrize("name", ["astrid", "omar", "alice"])
    def test_and_for_nobody_else(self, people: dict[str, User], name: str) -> None:
        with pytest.raises(NotPermitted):
            proposed(people[name])
        assert not Proposal.objects.exists()

    @pytest.mark.parametrize(
        ("choice", "reason"), [("approve", ""), ("approve", "listed"), ("refuse", "known"), ("other", "known"), ("", "")]
    )
    def test_a_reason_is_of_the_list_of_its_choice(self, people: dict[str, User], choice: str, reason: str) -> None:
        with pytest.raises(ReasonMissing):
            proposals.propose(policy=POLICY, choice=choice, reason=reason, note="", by=people["ana"])
        assert not Proposal.objects.exists()


class TestEnd:
    @pytest.mark.parametrize(
        ("by", "outcome", "refusal"),
        [
            ("rui", Outcome.TAKEN, None),
            ("rui", Outcome.DECLINED, None),
            ("pia", Outcome.WITHDRAWN, None),
            ("pia", Outcome.TAKEN, SamePerson),
            ("pia", Outcome.DECLINED, SamePerson),
            ("rui", Outcome.WITHDRAWN, NotPermitted),
            ("ana", Outcome.TAKEN, NotPermitted),
            ("ana", Outcome.DECLINED, NotPermitted),
            ("ana", Outcome.WITHDRAWN, NotPermitted),
            ("omar", Outcome.TAKEN, NotPermitted),
            ("alice", Outcome.TAKEN, NotPermitted),
        ],
    )
    def test_of_what_pia_proposed(
        self, people: dict[str, User], by: str, outcome: Outcome, refusal: type[Exception] | None
    ) -> None:
        proposal = proposed(people["pia"])
        if refusal:
            with pytest.raises(refusal):
                proposals.end(proposal, policy=POLICY, outcome=outcome, by=people[by])
            proposal.refresh_from_db()
            assert (proposal.outcome, proposal.outcome_by, proposal.outcome_at) == ("", None, None)
            return
        before = timezone.now()
        ended = proposals.end(proposal, policy=POLICY, outcome=outcome, by=people[by], note="Agreed.")
        ended.refresh_from_db()
        assert (ended.outcome, ended.outcome_by, ended.outcome_note) == (outcome, people[by], "Agreed.")
        assert ended.outcome_at
        assert ended.outcome_at >= before
        assert not Proposal.objects.open().exists()

    def test_an_analyst_who_proposed_withdraws_without_the_permission_to_take(self, people: dict[str, User]) -> None:
        assert proposals.end(proposed(people["ana"]), policy=POLICY, outcome=Outcome.WITHDRAWN, by=people["ana"]).outcome

    @pytest.mark.parametrize("first", [(Outcome.TAKEN, "rui"), (Outcome.DECLINED, "rui"), (Outcome.WITHDRAWN, "pia")])
    @pytest.mark.parametrize("second", [(Outcome.TAKEN, "rui"), (Outcome.DECLINED, "rui"), (Outcome.WITHDRAWN, "pia")])
    def test_happens_once(self, people: dict[str, User], first: tuple[Outcome, str], second: tuple[Outcome, str]) -> None:
        proposal = proposed(people["pia"])
        proposals.end(proposal, policy=POLICY, outcome=first[0], by=people[first[1]])
        # The stale row in hand says open still; the locked one decides.
        with pytest.raises(AlreadyEnded):
            proposals.end(proposal, policy=POLICY, outcome=second[0], by=people[second[1]])
        proposal.refresh_from_db()
        assert (proposal.outcome, proposal.outcome_by) == (first[0], people[first[1]])

    def test_who_lost_the_role_meanwhile_takes_nothing(self, people: dict[str, User]) -> None:
        proposal = proposed(people["pia"])
        # As it is in the database, whatever the object at hand still says.
        User.objects.filter(pk=people["rui"].pk).update(is_active=False)
        with pytest.raises(NotPermitted):
            proposals.end(proposal, policy=POLICY, outcome=Outcome.TAKEN, by=people["rui"])

    def test_what_it_was_about_ended_and_so_does_it_once(self, people: dict[str, User]) -> None:
        proposal = proposed(people["pia"])
        assert proposals.lapse(proposal) and not proposals.lapse(proposal)
        assert (proposal.outcome, proposal.outcome_by) == (Outcome.LAPSED, None) and proposal.outcome_at
        with pytest.raises(AlreadyEnded, match="Keyholder: Lapsed"):
            proposals.end(proposal, policy=POLICY, outcome=Outcome.TAKEN, by=people["rui"])
        taken = proposals.end(proposed(people["pia"]), policy=POLICY, outcome=Outcome.TAKEN, by=people["rui"])
        assert not proposals.lapse(taken) and taken.outcome == Outcome.TAKEN


TAKE = "UPDATE accounts_proposal SET outcome = 'taken', outcome_at = now(), outcome_by_id = %(rui)s WHERE id = %(id)s"


@pytest.mark.django_db
class TestTheDatabase:
    def sql(self, statement: str, people: dict[str, User], proposal: Proposal) -> int:
        values: dict[str, Any] = {name: person.pk for name, person in people.items()}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {**values, "id": proposal.pk})
            return cursor.rowcount

    def test_lets_another_take_it(self, people: dict[str, User]) -> None:
        """The negative control of what follows."""
        assert self.sql(TAKE, people, proposed(people["ana"])) == 1

    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            (TAKE.replace("%(rui)s", "proposed_by_id"), "proposal_taken_by_another"),
            (TAKE.replace("taken", "declined").replace("%(rui)s", "proposed_by_id"), "proposal_taken_by_another"),
            (TAKE.replace("taken", "withdrawn"), "proposal_withdrawn_by_proposer"),
            (TAKE.replace("taken", "waved through"), "proposal_outcome_known"),
            (TAKE.replace("%(rui)s", "NULL"), "proposal_outcome_complete"),
            (TAKE.replace("now()", "NULL"), "proposal_outcome_complete"),
            (TAKE.replace("'taken'", "''"), "proposal_outcome_complete"),
            (TAKE.replace("taken", "lapsed").replace("now()", "NULL"), "proposal_outcome_complete"),
            (TAKE.replace("SET", "SET proposed_by_id = %(pia)s,"), "by whom, does not change"),
            (TAKE.replace("SET", "SET choice = 'refuse',"), "does not change"),
            (TAKE.replace("SET", "SET reason = 'listed',"), "does not change"),
            (TAKE.replace("SET", "SET note = 'x',"), "does not change"),
            (TAKE.replace("SET", "SET kind = 'x',"), "does not change"),
            (TAKE.replace("SET", "SET proposed_at = now(),"), "does not change"),
            (TAKE.replace("SET", "SET id = 999999,"), "permission denied"),
            ("UPDATE accounts_proposal SET reason = '' WHERE id = %(id)s", "does not change"),
            ("DELETE FROM accounts_proposal WHERE id = %(id)s", "never deleted"),
            (
                "INSERT INTO accounts_proposal (kind, choice, reason, note, proposed_by_id, proposed_at, outcome, outcome_note,"
                " outcome_by_id, outcome_at) VALUES ('x', 'x', 'x', '', %(ana)s, now(), 'taken', '', %(rui)s, now())",
                "starts open",
            ),
            (
                "INSERT INTO accounts_proposal (kind, choice, reason, note, proposed_by_id, proposed_at, outcome, outcome_note)"
                " VALUES ('x', 'x', '', '', %(ana)s, now(), '', '')",
                "proposal_needs_reason",
            ),
        ],
    )
    def test_refuses(self, people: dict[str, User], statement: str, rule: str) -> None:
        proposal = proposed(people["ana"])
        with pytest.raises(DatabaseError, match=rule):
            self.sql(statement, people, proposal)
        proposal.refresh_from_db()
        assert proposal.outcome == ""

    @pytest.mark.parametrize("ended_as", Outcome.values)
    @pytest.mark.parametrize(
        "statement",
        [
            TAKE,
            "UPDATE accounts_proposal SET outcome = '', outcome_at = NULL, outcome_by_id = NULL WHERE id = %(id)s",
            "UPDATE accounts_proposal SET outcome_note = 'later' WHERE id = %(id)s",
            "DELETE FROM accounts_proposal WHERE id = %(id)s",
        ],
    )
    def test_leaves_an_ended_one_alone(self, people: dict[str, User], statement: str, ended_as: str) -> None:
        proposal = proposed(people["ana"])
        by = people["ana" if ended_as == Outcome.WITHDRAWN else "rui"]
        proposals.end(proposal, policy=POLICY, outcome=Outcome(ended_as), by=by)
        with pytest.raises(DatabaseError, match=r"does not change|never deleted"):
            self.sql(statement, people, proposal)
