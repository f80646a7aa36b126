"""Somebody politically exposed, or close to somebody who is, is no refusal: it asks for the source of wealth and for the approval
of a senior officer.

Once two officers have ruled that a party is the one on the list, the source of its wealth is asked of the customer by itself, and
the customer can send it while the case goes on. What was sent is enough when an officer has accepted it, until the customer is
confirmed anew: then it is asked again. Where the ruling turns out otherwise, nothing is asked any more. What it is asked by, with
its status, stands in the rule pack.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations
from accounts.alphabet import by_name
from accounts.models import User
from accounts.permissions import Permission, StaffRole
from config import jobs
from kyc.cases import mailing
from kyc.cases.declared import listed
from kyc.cases.items import CONSEQUENCE
from kyc.cases.models import Asking, Case, Requirement
from kyc.evidence.models import Document
from kyc.parties.models import Party, Role
from kyc.rules import packs
from kyc.screening.entries import Topic
from kyc.screening.models import Hit

WEALTH = "wealth"
S = Case.State
# While a case goes on and something of it was sent.
ASKED_IN = (S.SUBMITTED, S.REVIEW, S.PROPOSED, S.WAITING)
SUBJECT = gettext_lazy("One more thing we need from you")


def exposures() -> QuerySet[Hit]:
    """Matches that officers have ruled to be the same, with entries that are listed for nothing else; of a company too, which
    lists name that are of who holds a public office and of what such a person owns."""
    return Hit.objects.current().filter(ruling=Hit.Ruling.TRUE, topics=[Topic.PEP.value])


def accepted() -> QuerySet[Requirement]:
    """What officers have accepted, as long as the document was not taken back and is not unsound, and for the verification that
    it was accepted in: with the next periodic confirmation it is asked anew."""
    newer = {"organisation": OuterRef("organisation"), "pk__gt": OuterRef("case")}
    anew = Case.objects.filter(**newer, trigger=Case.Trigger.CONFIRMATION)
    rows = Requirement.objects.by_rule().filter(accepted_at__isnull=False, document__removed_at__isnull=True)
    return rows.filter(~Exists(anew)).exclude(document__in=Document.objects.unsound())


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
    """The numbers of the customers of whom something is to be asked, or not any more."""
    return unasked().values("organisation").union(unfounded().values("organisation"))


class Askings(jobs.Queue):
    """Customers of whom something is to be asked, or not any more; one that could not be asked waits for whoever puts it back."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or bool(found())


QUEUE = Askings(
    name="cases.askings",
    model=Asking,
    field="state",
    ready=Asking.State.WAITING,
    failed=Asking.State.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
)


def found() -> list[int]:
    """Those due that are not in the queue, nor failed there."""
    numbers = set(due().values_list("organisation", flat=True))
    queued = Asking.objects.exclude(state=Asking.State.DONE).filter(organisation__in=numbers)
    return sorted(numbers - set(queued.values_list("organisation", flat=True)))


def settle() -> None:
    """Asks for what is not asked for yet, and withdraws what is asked for without a reason. Each customer in a transaction of its
    own, so that one of whom it fails stops nobody else's; repeated, it is silence."""
    Asking.objects.bulk_create((Asking(organisation_id=pk) for pk in found()), ignore_conflicts=True)
    for claim in QUEUE.claims():
        with claim, claim.finish(state=Asking.State.DONE):
            for requirement in unfounded().filter(organisation=claim.row.organisation_id).order_by("pk"):
                withdraw(requirement)
            ask(claim.row.organisation_id)


@transaction.atomic
def ask(organisation: int) -> list[Requirement]:
    """The customer is written to, unless what would show it was sent before."""
    organisations.held(organisation)
    parties = Party.objects.filter(pk__in=unasked().filter(organisation=organisation).values("party")).order_by("pk")
    case = Case.objects.select_for_update().filter(organisation=organisation, state__in=ASKED_IN).first()
    if case is None:
        return []
    made = [asked_of(case, party) for party in parties]
    sent = papers_of(made)
    if lacking := [row for row in made if not sent[row.pk]]:
        mailing.to_owners(case, "requirement_asked", SUBJECT, requirements=lacking, due_on=lacking[0].due_on)
    return made


def asked_of(case: Case, party: Party) -> Requirement:
    """In words that say nothing of a list: it is no accusation, and whom somebody is close to is nobody else's to learn."""
    due = timezone.now().date() + timedelta(days=packs.current().days("answer"))
    with translation.override(case.notice_locale or None):
        told = wanted(party)
        row = Requirement.objects.create(
            organisation_id=case.organisation_id,
            case=case,
            what=WEALTH,
            why=Requirement.BY_RULE,
            party=party,
            sentence=told,
            consequence=str(CONSEQUENCE),
            due_on=due,
        )
    audit.record("requirement.asked", target=row, by=None, name=party.name, what=WEALTH)
    return row


def wanted(party: Party) -> str:
    """What is asked, and by what: by our policy until a law binds us to it. Of a company where its money comes from."""
    is_law = any(basis["status"] == "in_force" for basis in packs.current().exposure_bases(on=timezone.localdate()))
    by = _("The law makes us") if is_law else _("Our policy makes us")
    if party.is_person:
        told = _(
            "Proof of the source of wealth of %(name)s, such as a tax return, accounts or a contract of sale. %(by)s ask this of "
            "some of the people who own or run our customers; it says nothing against anybody."
        )
    else:
        told = _(
            "Proof of where the money of %(name)s comes from, such as audited annual accounts, or papers on who paid in its "
            "capital and from what. %(by)s ask this of some of our customers and of companies that own them; it says nothing "
            "against anybody."
        )
    return told % {"name": party.name, "by": by}


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
    """What was sent that may show it, whenever that was. A document about the customer itself names no party."""
    parties = {row.party_id for row in requirements}
    customers = Role.objects.live().filter(kind=Role.Kind.CUSTOMER, party__in=parties)
    about = Q(party__in=parties) | Q(party=None, organisation__in=customers.values("organisation"))
    papers = Document.objects.current().filter(about, kind=Document.Kind.WEALTH)
    return papers.exclude(pk__in=Document.objects.unsound()).order_by("pk")


def papers_of(requirements: Collection[Requirement]) -> dict[int, list[Document]]:
    """By the number of each requirement what was sent that may show it; in two queries, however many there are."""
    if not requirements:
        return {}
    sent, parties = list(papers(requirements)), {row.party_id for row in requirements}
    live = Role.objects.live().filter(kind=Role.Kind.CUSTOMER, party__in=parties)
    customers = set(live.values_list("party", flat=True))
    return {
        row.pk: [
            paper for paper in sent if paper.party_id == row.party_id or (paper.party_id is None and row.party_id in customers)
        ]
        for row in requirements
    }


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
