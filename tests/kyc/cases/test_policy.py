"""Who decides cases, and for which reasons."""

from accounts.permissions import ROLES, Permission
from kyc.cases.models import Decision
from kyc.cases.policy import POLICY, REASONS


class TestPolicy:
    def test_every_choice_has_reasons_and_every_reason_its_sentence_and_one_choice(self) -> None:
        assert set(POLICY.reasons) == set(Decision.Choice.values)
        named = [reason for reasons in POLICY.reasons.values() for reason in reasons]
        assert sorted(named) == sorted(REASONS)
        assert all(str(sentence) for sentence in REASONS.values())

    def test_analysts_and_approvers_propose_and_only_approvers_take(self) -> None:
        def holders(permission: Permission) -> set[str]:
            return {str(role) for role, permissions in ROLES.items() if permission in permissions}

        assert holders(POLICY.propose) == {"analyst", "approver", "senior"}
        assert holders(POLICY.take) == {"approver", "senior"}
