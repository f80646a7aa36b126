"""Powers, role by role: the table is the specification, so a change of power changes this file too."""

import pytest

from accounts.models import User
from accounts.permissions import ROLES, NotPermitted, Permission, StaffRole, require

P = Permission
DECIDING = {P.CASE_VIEW, P.CASE_ASSIGN, P.HIT_RULE, P.DECISION_PROPOSE, P.DECISION_TAKE, P.HOLD_PLACE}


def test_every_role_has_its_powers_and_every_power_somebody_who_has_it() -> None:
    assert set(ROLES) == set(StaffRole)
    assert frozenset().union(*ROLES.values()) == set(Permission)


def test_the_administrator_never_decides_a_case_nor_sees_one() -> None:
    assert not ROLES[StaffRole.ADMINISTRATOR] & DECIDING
    assert not [p for p in ROLES[StaffRole.ADMINISTRATOR] if p.startswith(("case", "decision", "hit", "hold", "report"))]


def test_the_auditor_changes_nothing() -> None:
    looks = {P.CASE_VIEW, P.DOCUMENT_VIEW, P.REPORT_VIEW, P.AUDIT_VIEW, P.RETENTION_VIEW, P.LIST_VIEW}
    looks |= {P.INQUIRY_VIEW, P.INQUIRY_ALL, P.DIRECTIVE_VIEW, P.BLOCKED_VIEW, P.RESELLER_VIEW, P.TRAINING_VIEW}
    assert ROLES[StaffRole.AUDITOR] == looks | {P.REPORT_REQUEST}


@pytest.mark.parametrize("role", StaffRole)
def test_who_takes_decisions_manages_no_users_and_no_gateways(role: StaffRole) -> None:
    powers = ROLES[role]
    assert not (powers & {P.DECISION_TAKE, P.DECISION_PROPOSE} and powers & {P.USERS_MANAGE, P.GATEWAYS_MANAGE})


def test_only_the_approver_takes_decisions() -> None:
    assert {role for role, powers in ROLES.items() if P.DECISION_TAKE in powers} == {StaffRole.APPROVER, StaffRole.SENIOR}


@pytest.mark.django_db
class TestRequire:
    @pytest.mark.parametrize("permission", Permission)
    @pytest.mark.parametrize("role", StaffRole)
    def test_is_silent_or_raises_as_the_table_says(self, role: StaffRole, permission: Permission) -> None:
        person = User.objects.create(email="x@keyholder.example", staff_role=role)
        if permission in ROLES[role]:
            require(person, permission)
        else:
            with pytest.raises(NotPermitted, match="Your role does not allow this"):
                require(person, permission)

    @pytest.mark.parametrize("now", [{"staff_role": "auditor"}, {"staff_role": ""}, {"is_active": False}])
    def test_asks_what_holds_now_and_not_what_the_request_began_with(self, now: dict[str, object]) -> None:
        person = User.objects.create(email="x@keyholder.example", staff_role="approver")
        require(person, P.DECISION_TAKE)
        User.objects.filter(pk=person.pk).update(**now)
        with pytest.raises(NotPermitted):
            require(person, P.DECISION_TAKE)
