"""The way through the onboarding: its steps, how far it has come, and whether anything may still be changed."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import organisations
from accounts.models import AuditEvent, Organisation, User
from accounts.refused import Refused
from kyc.cases.completeness import UNNAMED, WITHOUT, Holding, Missing, Told, missing
from kyc.cases.models import Case, Entity, Requirement
from kyc.onboarding import papers
from kyc.onboarding.asked import Asked, asked, named_steps, unmet
from kyc.onboarding.words import WORDS, Words
from kyc.ownership import shares
from kyc.ownership.fitting import stated
from kyc.parties.models import Party

STEPS: dict[str, Promise] = {
    "kind": _("What you are"),
    "company": _("About the company"),
    "people": _("People"),
    "owners": _("Owners"),
    "use": _("Intended use"),
    "payment": _("Payment"),
    "documents": _("Documents"),
    "check": _("Check and send"),
}
VERIFIED = _("You are verified, and what you told us stands as it was checked. If something has changed, tell us of it here.")
CLOSED = _("What you sent is being examined and cannot be changed now. If we need more, we open it again and write to you.")
ACCOUNT_CLOSED = _("Your account is closed, and nothing of it is changed any more.")
NOT_ASKED = _("We have asked for certain things only, and this is none of them. What we asked for stands below.")
NOT_YOURS = _("This page is not asked of you.")
# What a customer's own saving is called in the audit; officers' work on the case must not show here.
SAVING = Q(verb="case.opened")
for stage in ("organisation", "party", "interest", "document", "questionnaire", "payment"):
    SAVING |= Q(verb__startswith=f"{stage}.")
SAVING |= Q(verb__in=("exclusion.claimed", "exclusion.withdrawn", "case.change_told"))


class NotEditable(Refused):
    """What was sent is being examined, or was decided, or something else was asked for."""


@dataclass(frozen=True)
class Step:
    """One line of the stepper; without an address where its page is closed."""

    label: str
    url: str
    number: int
    done: bool
    here: bool


@dataclass(frozen=True)
class Way:
    """What one organisation is asked, and how far it has come."""

    case: Case | None
    customer_class: str
    gaps: list[Missing]
    requirements: list[Requirement] = field(default_factory=list)
    is_foreign_data_asked: bool = True
    is_verified: bool = False
    # Something is named of the owners, and less than the whole. It may be sent so; it is no step that is done.
    is_half_named: bool = False
    # So is a document that can't be read.
    is_unreadable: bool = False
    # While officers have it: whether a document may be sent in place of one that proves nothing.
    may_replace: bool = False

    @cached_property
    def asked(self) -> list[Asked]:
        return asked(self.requirements)

    @property
    def undone(self) -> list[Asked]:
        """Items that are asked for and not yet sent or changed; one that is only a sentence is for people to judge."""
        return [one for one in self.asked if one.step and not one.is_done]

    @property
    def words(self) -> Words:
        return WORDS[self.customer_class]

    @property
    def names(self) -> list[str]:
        left_out = set(WITHOUT.get(self.customer_class, ()))
        if not self.is_foreign_data_asked:
            left_out.add("payment")
        return [name for name in STEPS if name not in left_out - named_steps(self.requirements)]

    @property
    def open(self) -> set[str]:
        """The steps that may be changed. Where items were asked for, theirs alone, and those on which something is missing; while
        officers have the case, those of what is asked for meanwhile, and the documents while one proves nothing. Who is verified
        may sign the use anew, since what is signed expires sooner than what is verified."""
        if self.case is None or not self.case.is_editable:
            replaced = {"documents"} if self.may_replace else set()
            return {"use"} if self.is_verified else named_steps(self.requirements) | replaced
        if named := named_steps(self.requirements):
            return {*named, *(gap.step for gap in self.gaps)}
        return set(self.names)

    def label(self, name: str) -> str:
        texts = {"company": self.words["about"], "owners": self.words["owners_step"]}
        return str(texts.get(name, STEPS[name]))

    def after(self, step: str) -> "Step":
        """The step that comes next and is open."""
        names = [name for name in self.names if name in self.open or name == "check"]
        later = [name for name in names if list(STEPS).index(name) > list(STEPS).index(step)]
        return self.step(later[0] if later else "check")

    def step(self, name: str, current: str = "") -> Step:
        """The last step is done once the case was sent; before it is said who asks, nothing else is. What we ask for is not done
        before it is answered."""
        open_gaps = {gap.step for gap in self.gaps} | {one.step for one in self.undone}
        if self.is_half_named:
            open_gaps.add("owners")
        if self.is_unreadable or self.may_replace:
            open_gaps.add("documents")
        is_sent = self.case is not None and not self.case.is_editable
        return Step(
            label=self.label(name),
            url=reverse(f"onboarding:{name}"),
            number=self.names.index(name) + 1 if name in self.names else 0,
            done=is_sent if name == "check" else name not in open_gaps and "kind" not in open_gaps,
            here=name == current,
        )

    def stepper(self, current: str = "") -> list[Step]:
        """While officers have the case, a step that is closed leads nowhere but back, and so is no link."""
        leads = set(self.names) if self.case is None or self.case.is_editable else self.open | {current}
        steps = (self.step(name, current) for name in self.names)
        return [step if name in leads else replace(step, url="") for name, step in zip(self.names, steps, strict=True)]


def current_case(organisation: Organisation) -> Case | None:
    """The case being worked on, or the last one decided."""
    return Case.objects.counting().filter(organisation=organisation).order_by("-pk").first()


def way(organisation: Organisation, case: Case | None = None) -> Way:
    case, told = case or current_case(organisation), Told(organisation)
    return Way(
        case=case,
        customer_class=told.customer_class,
        gaps=gaps(told),
        requirements=unmet(case) if case else [],
        is_foreign_data_asked=told.is_foreign_data_asked,
        is_verified=is_verified(organisation, case),
        is_half_named=is_half_named(told.holdings),
        may_replace=bool(papers.to_replace(organisation, case)),
        is_unreadable=case is not None and case.is_editable and any(one.is_unreadable for one in told.documents.values()),
    )


def is_half_named(holdings: Collection[Holding]) -> bool:
    """Whether of some company in the chain less than the whole is named, by shares that are all exact."""
    held: dict[int, list[str]] = {}
    for holding in holdings:
        if holding.owned_kind == Party.Kind.COMPANY:
            held.setdefault(holding.owned, []).append(holding.share)
    return any(stated(told) < 1 and all(shares.parse(share).is_exact for share in told) for told in held.values())


def is_verified(organisation: Organisation, case: Case | None) -> bool:
    """Whether the last case ended in an approval that still holds."""
    is_approved = case is not None and case.state == Case.State.APPROVED
    return is_approved and Entity.objects.live().filter(organisation=organisation).exists()


def closed(organisation: Organisation, case: Case | None) -> Promise:
    """Why nothing can be changed now."""
    if organisation.is_closed:
        return ACCOUNT_CLOSED
    return VERIFIED if is_verified(organisation, case) else CLOSED


@contextmanager
def signing(organisation: Organisation, *, by: User) -> Iterator[None]:
    """As `editing` of the use, which one who is verified may sign anew at any time. Raises NotEditable."""
    if not is_verified(organisation, current_case(organisation)):
        with editing(organisation, "use"):
            yield
        return
    with transaction.atomic():
        organisations.locked(organisation, by=by)
        if not is_verified(organisation, current_case(organisation)):
            raise NotEditable(CLOSED)
        yield


@contextmanager
def editing(organisation: Organisation, *wanted: str) -> Iterator[Case]:
    """A transaction in which the organisation's case stays open to changes, and those steps of it; while officers have it, to
    what is asked for meanwhile or proves nothing. Raises NotEditable."""
    with transaction.atomic():
        organisations.held(organisation.pk)
        case = Case.objects.select_for_update().open().filter(organisation=organisation).first()
        is_asked = case is not None and bool(named_steps(unmet(case)) & set(wanted))
        is_asked = is_asked or ("documents" in wanted and bool(papers.to_replace(organisation, case)))
        if case is None or not (case.is_editable or is_asked):
            raise NotEditable(closed(organisation, current_case(organisation)))
        if wanted and not opened(organisation, case, wanted):
            raise NotEditable(NOT_ASKED)
        yield case


def opened(organisation: Organisation, case: Case, wanted: Collection[str]) -> bool:
    """Whether one of the steps is open; while no items are named, all are."""
    if not named_steps(unmet(case)):
        return True
    return bool(way(organisation, case).open & set(wanted))


def gaps(told: Told) -> list[Missing]:
    """What is missing; the owners come up only once it is known whose."""
    found = missing(told)
    is_owned = "owners" not in WITHOUT.get(told.customer_class, ())
    if is_owned and any(gap.code == UNNAMED for gap in found):
        found.append(Missing("owners", str(WORDS[told.customer_class]["owners_gap"])))
    return sorted(found, key=lambda gap: list(STEPS).index(gap.step))


def saved_at(organisation: Organisation) -> datetime | None:
    events = AuditEvent.objects.outside_compartment().filter(SAVING, organisation_id=organisation.pk).order_by("-pk")
    return events.values_list("at", flat=True).first()
