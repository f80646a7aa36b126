"""The way through the onboarding: its steps, how far it has come, and whether anything may still be changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent, Organisation
from accounts.refused import Refused
from kyc.cases.completeness import Missing, missing
from kyc.cases.models import Case

STEPS = {
    "kind": _("What you are"),
    "company": _("About the company"),
    "people": _("People"),
    "owners": _("Owners"),
    "use": _("Intended use"),
    "payment": _("Payment"),
    "documents": _("Documents"),
    "check": _("Check and send"),
}
CLOSED = _("What you sent is being examined and cannot be changed now. If we need more, we open it again and write to you.")
# What a customer's own saving is called in the audit; officers' work on the case must not show here.
SAVING = Q(verb="case.opened")
for stage in ("organisation", "party", "interest", "document"):
    SAVING |= Q(verb__startswith=f"{stage}.")


class NotEditable(Refused):
    """What was sent is being examined, or was decided."""


@dataclass(frozen=True)
class Step:
    """One line of the stepper."""

    label: str
    url: str
    number: int
    done: bool
    here: bool


def current_case(organisation: Organisation) -> Case | None:
    """The case being worked on, or the last one decided."""
    return Case.objects.filter(organisation=organisation).order_by("-pk").first()


@contextmanager
def editing(organisation: Organisation) -> Iterator[Case]:
    """A transaction in which the organisation's case stays open to changes. Raises NotEditable."""
    with transaction.atomic():
        case = Case.objects.select_for_update().open().filter(organisation=organisation).first()
        if case is None or not case.is_editable:
            raise NotEditable(CLOSED)
        yield case


def gaps(organisation: Organisation) -> list[Missing]:
    """What is missing; the owners of a company come up only once the company is known."""
    found = missing(organisation)
    if any(gap.step == "company" for gap in found):
        found.append(Missing("owners", str(_("Say who owns the company."))))
    return sorted(found, key=lambda gap: list(STEPS).index(gap.step))


def stepper(case: Case | None, found: list[Missing], current: str = "") -> list[Step]:
    """`found` is what gaps() returned. The last step is done once the case was sent."""
    open_steps = {gap.step for gap in found}
    is_sent = case is not None and not case.is_editable
    return [
        Step(
            label=str(title),
            url=reverse(f"onboarding:{name}"),
            number=number,
            done=is_sent if name == "check" else name not in open_steps,
            here=name == current,
        )
        for number, (name, title) in enumerate(STEPS.items(), start=1)
    ]


def after(step: str) -> str:
    """The address of the next step."""
    names = list(STEPS)
    return f"onboarding:{names[min(names.index(step) + 1, len(names) - 1)]}"


def saved_at(organisation: Organisation) -> datetime | None:
    events = AuditEvent.objects.filter(SAVING, organisation_id=organisation.pk).order_by("-pk")
    return events.values_list("at", flat=True).first()
