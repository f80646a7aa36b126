"""Somebody politically exposed, or close to somebody who is, is no refusal: it asks for the source of wealth and for the approval
of a senior officer.

Once two officers have ruled that a party is the one on the list, the source of its wealth is asked of the customer by itself, and
the customer can send it while the case goes on. What was sent is enough when an officer has accepted it. Where the ruling turns
out otherwise, nothing is asked any more.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations
from accounts.alphabet import by_name
from accounts.models import User
from accounts.permissions import Permission, StaffRole
from kyc.cases import mailing
from kyc.cases.declared import listed
from kyc.cases.items import CONSEQUENCE
from kyc.cases.models import Case, Requirement
from kyc.evidence.models import Document
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening.entries import Topic
from kyc.screening.models import Hit

WEALTH = "wealth"
S = Case.State
# While a case goes on and something of it was sent.
ASKED_IN = (S.SUBMITTED, S.REVIEW, S.PROPOSED, S.WAITING)
SUBJECT = gettext_lazy("One more thing we need from you")


def exposures() -> QuerySet[Hit]:
    """Matches that officers have ruled to be the same, with entries that are listed for nothing else."""
    return Hit.objects.current().filter(ruling=Hit.Ruling.TRUE, topics=[Topic.PEP.value])


def accepted() -> QuerySet[Requirement]:
    """What officers have accepted, as long as the customer has not taken the document back."""
    return Requirement.objects.by_rule().filter(accepted_at__isnull=False, document__removed_at__isnull=True)


def unasked() -> QuerySet[Hit]:
    """Those of customers whose case goes on, and of whom nothing is asked yet."""
    case = Case.objects.real().filter(organisation=OuterRef("organisation"), state__in=ASKED_IN)
    of = {"party": OuterRef("party")}
    asked = Requirement.objects.open().by_rule().filter(**of, case__state__in=ASKED_IN)
    return exposures().filter(Exists(case), ~Exists(asked), ~Exists(accepted().filter(**of)))


def unfounded() -> QuerySet[Requirement]:
    """What is asked of whom nobody takes for the one on the list any more."""
    still = exposures().filter(party=OuterRef("party"))
    return Requirement.objects.open().by_rule().filter(~Exists(still), case__state__in=ASKED_IN)


def due() -> QuerySet[Any]:
    """The numbers of what `settle` would do something about, whatever it is."""
    return unasked().values("pk").union(unfounded().values("pk"), all=True)


def settle() -> None:
    """Asks for what is not asked for yet, and withdraws what is asked for without a reason. Each in a transaction of its own;
    repeated, it is silence."""
    for requirement in unfounded().order_by("pk"):
        withdraw(requirement)
    for organisation in unasked().order_by("organisation").values_list("organisation", flat=True).distinct():
        ask(organisation)


@transaction.atomic
def ask(organisation: int) -> list[Requirement]:
    """The customer is written to, unless what would show it was sent before."""
    organisations.held(organisation)
    parties = Party.objects.filter(pk__in=unasked().filter(organisation=organisation).values("party")).order_by("pk")
    case = Case.objects.select_for_update().filter(organisation=organisation, state__in=ASKED_IN).first()
    if case is None:
        return []
    made = [asked_of(case, party) for party in parties]
    sent = set(papers(made).values_list("party", flat=True))
    if lacking := [row for row in made if row.party_id not in sent]:
        mailing.to_owners(case, "requirement_asked", SUBJECT, requirements=lacking, due_on=lacking[0].due_on)
    return made


def asked_of(case: Case, party: Party) -> Requirement:
    """In words that say nothing of a list: it is no accusation, and whom somebody is close to is nobody else's to learn."""
    due = timezone.now().date() + timedelta(days=packs.current().days("answer"))
    with translation.override(case.notice_locale or None):
        told = _(
            "Proof of the source of wealth of %(name)s, such as a tax return, accounts or a contract of sale. The rules make us "
            "ask this of some of the people who own or run our customers; it says nothing against anybody."
        )
        row = Requirement.objects.create(
            organisation_id=case.organisation_id,
            case=case,
            what=WEALTH,
            why=Requirement.BY_RULE,
            party=party,
            sentence=told % {"name": party.name},
            consequence=str(CONSEQUENCE),
            due_on=due,
        )
    audit.record("requirement.asked", target=row, by=None, name=party.name, what=WEALTH)
    return row


@transaction.atomic
def withdraw(requirement: Requirement) -> None:
    organisations.held(requirement.organisation_id)
    row = unfounded().select_related("party").filter(pk=requirement.pk).first()
    if row is None:
        return
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    audit.record("requirement.withdrawn", target=row, by=None, name=row.party.name if row.party else "", what=row.what)


def papers(requirements: Collection[Requirement]) -> QuerySet[Document]:
    """What was sent that may show it, whenever that was."""
    parties = {row.party_id for row in requirements}
    return Document.objects.current().filter(party__in=parties, kind=Document.Kind.WEALTH).order_by("pk")


def unexplained(parties: Collection[int]) -> list[str]:
    """Why those of the exposed are in the way of whom no officer knows where the wealth comes from."""
    shown = accepted().filter(party=OuterRef("pk"))
    lacking = Party.objects.filter(pk__in=parties).exclude(Exists(shown)).order_by("pk").values_list("name", flat=True)
    sentence = _(
        "Politically exposed, or close to somebody who is, and no officer has accepted a proof of the source of wealth: "
        "%(names)s. It is asked of the customer by itself; accept it under “Documents”."
    )
    return [sentence % {"names": listed(list(lacking))}] if lacking else []


def seniors() -> QuerySet[User]:
    return User.objects.filter(staff_role=StaffRole.SENIOR, is_active=True, is_robot=False).order_by(*by_name(), "pk")


def reserved(case: Case, *, to: User | None = None) -> str:
    """Why only a senior officer approves this, with who can; empty where anybody may who approves, as `to` may."""
    if case.organisation.sandbox or (to is not None and to.can(Permission.SENIOR_APPROVE)):
        return ""
    of_case = Hit.objects.current().filter(organisation=case.organisation_id, ruling=Hit.Ruling.TRUE)
    if not of_case.filter(topics__contains=[Topic.PEP.value]).exists():
        return ""
    proposed = case.decisions.select_related("proposal").first() if case.state == S.PROPOSED else None
    others = seniors().exclude(pk=proposed.proposal.proposed_by_id) if proposed else seniors()
    names = [str(user) for user in others]
    if not names:
        return _(
            "A senior officer approves this, since somebody in it is politically exposed or close to somebody who is. There is "
            "none who could yet: an administrator makes somebody a senior approver."
        )
    told = _(
        "A senior officer approves this, since somebody in it is politically exposed or close to somebody who is. Who can: "
        "%(names)s."
    )
    return told % {"names": listed(names)}
