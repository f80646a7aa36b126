"""What a customer was verified by has fallen: the document was taken back, rejected, or found infected. He is asked for it anew,
in the case that is open or in one of its own, and stays verified until that is decided: what is missing by then an officer sees.

A first verification asks for its documents by itself, and a case that is with the officers is theirs to ask in."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations
from config import jobs
from kyc.cases import items, mailing, telling
from kyc.cases.models import Case, Requirement
from kyc.evidence.fall_models import Fall
from kyc.evidence.models import Document
from kyc.parties import profiles
from kyc.parties.actions import customer
from kyc.parties.models import Party
from kyc.rules import packs

SUBJECT = gettext_lazy("A document has to be sent anew")
CONSEQUENCE = gettext_lazy("What we had verified by it counts no more, and keys that need it may be put on hold.")
WHY = "fell"
QUEUE = jobs.Queue(
    name="cases.falls",
    model=Fall,
    field="state",
    ready=Fall.State.WAITING,
    failed=Fall.State.FAILED,
    lease=timedelta(seconds=20),
    since="fell_at",
)


def run() -> None:
    for claim in QUEUE.claims():
        with claim, claim.finish(state=Fall.State.DONE):
            ask(claim.row)


@transaction.atomic
def ask(fall: Fall) -> Requirement | None:
    """None where nobody is to be asked, or is asked already. Repeated, it is silence."""
    organisation = organisations.held(fall.organisation_id)
    if organisation.is_closed or not telling.was_verified(organisation):
        return None
    case = Case.objects.select_for_update().open().filter(organisation=organisation).first()
    if case is not None and (not case.is_editable or case.trigger == Case.Trigger.OPENING):
        return None
    document = Document.objects.select_related("party").get(pk=fall.document_id)
    what, party = items.asked_anew(document, customer(organisation), profiles.customer_class(organisation))
    if party is not None and party.removed_on is not None:
        return None
    if case is not None and case.requirements.open().filter(what=what, party=party).exists():
        return None
    if case is None:
        case = telling.opened(organisation, Case.State.WAITING, Case.Trigger.FALL, days="answer")
        audit.record("case.opened", target=case, by=None)
    return asked(case, document, what, party)


def asked(case: Case, document: Document, what: str, party: Party | None) -> Requirement:
    label = items.ITEMS[what].label
    newer = Document.objects.current().filter(
        organisation=case.organisation_id, kind=document.kind, party=document.party, uploaded_at__gt=document.uploaded_at
    )
    instead = newer.exclude(pk__in=Document.objects.unsound()).order_by("pk").last()
    with translation.override(case.notice_locale or None):
        told = _("%(what)s of %(name)s") % {"what": label, "name": party.name} if party else str(label)
        row = Requirement.objects.create(
            organisation_id=case.organisation_id,
            case=case,
            what=what,
            why=WHY,
            party=party,
            sentence=_("%(what)s. What you sent before does not count any more.") % {"what": told},
            consequence=str(CONSEQUENCE),
            due_on=timezone.now().date() + timedelta(days=packs.current().days("answer")),
        )
    if instead is not None:
        # What came instead of it before it fell answers this already, and need only be sent on.
        row.asked_at = instead.uploaded_at
        row.save(update_fields=["asked_at"])
    audit.record("requirement.placed", target=row, by=None, what=what)
    mailing.to_owners(case, "requirement_asked", SUBJECT, requirements=[row], due_on=row.due_on)
    return row
