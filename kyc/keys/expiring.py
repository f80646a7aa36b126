"""Evidence of a verified customer's people expires. He is told in time, as often as the rules of assurance say. From the day
after its last the organisation is held, until newer evidence that is no weaker was found good. All of it by policy. A hold that
an officer lifts does not come back of itself."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Case as Switch
from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit, messages, organisations
from accounts.models import AuditEvent, Membership, Organisation, User
from config import jobs
from kyc.cases.models import Case, Entity
from kyc.evidence.item_models import EvidenceItem
from kyc.keys import holds
from kyc.keys.expiry_models import Expiry
from kyc.parties.models import Party
from kyc.rules import assurance

SOURCE = "policy.evidence"
W, S = Expiry.What, Expiry.State
TOLD = "evidence.expiry_told"
LEFT = "party.removed"


class Expiries(jobs.Queue):
    """Whoever is to be told, held or let go today."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or any(rows.exists() for _what, _days, rows in found())


QUEUE = Expiries(
    name="keys.expiries",
    model=Expiry,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
    max_errors=10,
    # What the clock makes due is a matter of days; what is validated wakes the task.
    sweeps=30,
)


def ranked(items: QuerySet[EvidenceItem]) -> QuerySet[EvidenceItem]:
    """Each with `rank`, its strength as a number."""
    strengths = (When(strength=word, then=Value(number)) for word, number in assurance.STRENGTHS.items())
    return items.annotate(rank=Switch(*strengths, default=Value(0), output_field=IntegerField()))


def newer(today: date) -> QuerySet[EvidenceItem]:
    """What is good today, lasts longer than the item it is asked for, and is of the same kind or no weaker."""
    longer = Q(expires_on__isnull=True) | Q(expires_on__gt=OuterRef("expires_on"))
    alike = Q(kind=OuterRef("kind")) | Q(rank__gt=0, rank__gte=OuterRef("rank"))
    return ranked(EvidenceItem.objects.good(today)).filter(longer, alike, party=OuterRef("party"))


def unreplaced() -> QuerySet[EvidenceItem]:
    """What was found good of parties, and has an end, and nothing newer stands in its place."""
    items = ranked(EvidenceItem.objects.live()).filter(
        validation_result=EvidenceItem.Result.PASSED, expires_on__isnull=False, party__removed_on__isnull=True
    )
    return items.filter(~Exists(newer(timezone.localdate())))


def relied_on() -> QuerySet[EvidenceItem]:
    """The same of verified customers. What had expired before it was found good, or before the customer was verified, nobody has
    relied on."""
    entity = Entity.objects.live().filter(organisation=OuterRef("organisation"), valid_from__date__lte=OuterRef("expires_on"))
    return unreplaced().filter(
        Exists(entity), expires_on__gte=TruncDate(F("validated_at")), organisation__in=Organisation.objects.real()
    )


def expiring(days: int) -> QuerySet[EvidenceItem]:
    """What is so close to its day that this reminder is the next one."""
    nearer = max((other for other in assurance.load().reminded_days if other < days), default=-1)
    today = timezone.localdate()
    return relied_on().filter(expires_on__range=(today + timedelta(days=nearer + 1), today + timedelta(days=days)))


def expired() -> QuerySet[EvidenceItem]:
    return relied_on().filter(expires_on__lt=timezone.localdate())


def settled() -> QuerySet[EvidenceItem]:
    """Those for which a hold of this policy stands, though nothing that was found good has expired unreplaced any more: newer
    evidence was found good since, or the item itself counts no more."""
    held = Expiry.objects.filter(item=OuterRef("pk"), what=W.HOLD, hold__isnull=False, hold__lifted_at__isnull=True)
    over = unreplaced().filter(pk=OuterRef("pk"), expires_on__lt=timezone.localdate())
    return ranked(EvidenceItem.objects.all()).filter(Exists(held), ~Exists(over))


def found() -> list[tuple[str, int, QuerySet[EvidenceItem]]]:
    """Those due that are not in the queue yet, by what is due, and for reminders how many days before. Who was told is told once.
    A hold is done while it stands, and once an officer has lifted it; one that was let go again, or that came to nothing, may
    become due anew, as may letting go."""
    undone = ~Q(state=S.DONE)
    due = [(W.TELL, days, expiring(days), Q()) for days in assurance.load().reminded_days]
    due += [(W.HOLD, 0, expired(), undone | Q(hold__isnull=False)), (W.RELEASE, 0, settled(), undone)]
    return [
        (what, days, rows.filter(~Exists(Expiry.objects.filter(is_done, item=OuterRef("pk"), what=what, days=days))))
        for what, days, rows, is_done in due
    ]


def run() -> None:
    """Each in a transaction of its own, so that one that fails stops nobody else's."""
    for what, days, rows in found():
        for item in rows.order_by("pk"):
            told = {"organisation_id": item.organisation_id}
            row, is_new = Expiry.objects.get_or_create(item=item, what=what, days=days, defaults=told)
            if not is_new and what != W.TELL:
                # Unless another worker has been quicker.
                again = Expiry.objects.filter(pk=row.pk, state=S.DONE, hold__isnull=True)
                again.update(state=S.WAITING, found_at=timezone.now())
    for claim in QUEUE.claims():
        with claim, claim.finish(state=S.DONE):
            ACTS[claim.row.what](claim.row)


@transaction.atomic
def tell(row: Expiry) -> None:
    """Tells the owners that it expires. Where it is replaced meanwhile, it is silence."""
    organisations.held(row.organisation_id)
    item = relied_on().filter(pk=row.item_id, expires_on__gte=timezone.localdate()).select_related("party").first()
    if item is not None:
        audit.record(TOLD, target=item, by=None, name=item.party.name, kind=item.kind, expires_on=str(item.expires_on))
        write("evidence_expires", _("A document expires soon"), item)


@transaction.atomic
def hold(row: Expiry) -> None:
    """Holds the organisation, and tells the owners. Where it is replaced meanwhile, it is silence."""
    organisation = organisations.held(row.organisation_id)
    item = expired().filter(pk=row.item_id).select_related("party").first()
    if item is None:
        return
    title = assurance.load().kinds[item.kind].title
    reason = f"{title} of {item.party.name} expired on {item.expires_on}, and nothing newer was found good"
    placed = holds.place_by_policy(organisation, source=SOURCE, reason=reason)
    Expiry.objects.filter(pk=row.pk).update(hold=placed)
    write("evidence_expired", _("Your keys are on hold until a document is sent anew"), item)


@transaction.atomic
def let_go(row: Expiry) -> None:
    """Lifts the hold for that item and no other. The row that placed it forgets it then, by which it is told from one that an
    officer has lifted."""
    organisations.held(row.organisation_id)
    item = settled().select_related("party", "document", "validated_by", "withdrawn_by").filter(pk=row.item_id).first()
    if item is None:
        return
    by, reason = by_whom(item)
    placed = Expiry.objects.filter(item=item, what=W.HOLD, hold__isnull=False, hold__lifted_at__isnull=True)
    for held in placed.select_related("hold"):
        holds.end(held.hold, reason=reason, by=by)
        Expiry.objects.filter(pk=held.pk).update(hold=None)


def by_whom(item: EvidenceItem) -> tuple[User, str]:
    """Whoever first found the newer evidence good, or by whose act the item counts no more; and why that lifts the hold."""
    first = newer(timezone.localdate()).order_by("validated_at", "pk").values("pk")[:1]
    instead = ranked(EvidenceItem.objects.filter(pk=item.pk)).values_list(Subquery(first), flat=True).get()
    found = EvidenceItem.objects.filter(pk=instead).select_related("validated_by").first()
    by: User | None
    if found:
        by, reason = found.validated_by, "Newer evidence was found good"
    elif item.withdrawn_by:
        by, reason = item.withdrawn_by, "The evidence that had expired was withdrawn"
    elif item.document and item.document.removed_by:
        by, reason = item.document.removed_by, "The document that had expired was taken back"
    elif item.party.removed_on:
        by, reason = remover(item.party), "Whom the evidence was about has left"
    else:
        by, reason = item.validated_by, "The evidence that had expired is not found good any more"
    # Of a party that left otherwise than by an act on it nobody can be named.
    return by or item.validated_by or item.recorded_by, reason


def remover(party: Party) -> User | None:
    told = AuditEvent.objects.outside_compartment().filter(
        organisation_id=party.organisation_id, target_type=Party._meta.label_lower, target_id=str(party.pk), verb=LEFT
    )
    event = told.order_by("-pk").first()
    return User.objects.filter(pk=event.actor_id).first() if event else None


ACTS = {W.TELL: tell, W.HOLD: hold, W.RELEASE: let_go}


def write(template: str, subject: Promise, item: EvidenceItem) -> None:
    case = Case.objects.filter(organisation=item.organisation_id).latest("pk")
    owners = Membership.objects.filter(organisation=item.organisation_id, role=Membership.Role.OWNER)
    with translation.override(case.notice_locale or None):
        for membership in owners.select_related("user"):
            messages.queue_template(
                template,
                to=membership.user.email,
                subject=str(subject),
                organisation=item.organisation,
                what=gettext(assurance.load().kinds[item.kind].title),
                person=item.party,
                item=item,
            )
