"""The product makes the record itself, once two officers have ruled that a customer is whom a list of blocked parties names, or
that such parties own it: from that day the clock runs, whether anybody looks or not. Officers are reminded before it is over.
Nothing of it is told to the customer: the hold on his keys, or the decision of his case, says what it says to anybody."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages
from accounts.models import Organisation, User
from accounts.permissions import ROLES, Permission
from kyc.cases.models import Entity, Examination
from kyc.directives.blocked import facts
from kyc.directives.blocked.models import BlockedRecord
from kyc.keys.models import Hold
from kyc.ownership.models import Determination
from kyc.ownership.rule import OFAC
from kyc.ownership.verdicts import YES
from kyc.parties.models import Role
from kyc.rules import packs
from kyc.screening.entries import Topic
from kyc.screening.models import Hit

K, B = BlockedRecord.Kind, BlockedRecord.Basis


class Found:
    """For the sweeper: whether something was blocked that no record tells of, or officers are to be reminded."""

    name = "directives.blocked"

    def is_waiting(self) -> bool:
        return listed().exists() or owned().exists() or nearly_due().exists()


QUEUE = Found()


def of_customer() -> Exists:
    return Exists(Role.objects.live().filter(party=OuterRef("party"), kind=Role.Kind.CUSTOMER))


def blocking() -> QuerySet[Hit]:
    """Matches with entries of lists that block, which officers have ruled to be the same."""
    is_sanction = Q(topics=[]) | Q(topics__contains=[Topic.SANCTION])
    rows = Hit.objects.current().filter(is_sanction, ruling=Hit.Ruling.TRUE, source__in=packs.current().blocking_lists)
    return rows.filter(organisation__in=Organisation.objects.real())


def listed() -> QuerySet[Hit]:
    """Of customers themselves, while no record of the same entry stands."""
    same = BlockedRecord.objects.filter(
        organisation=OuterRef("organisation"), hit__source=OuterRef("source"), hit__entry_id=OuterRef("entry_id")
    )
    return blocking().filter(of_customer(), ~Exists(same))


def owned() -> QuerySet[Determination]:
    """By the newest round of a customer who is not listed himself, once no match with such a list waits for a ruling: until then
    the arithmetic says what were so."""
    rounds = Examination.objects.filter(organisation=OuterRef("organisation"), state=Examination.State.DONE)
    newer = rounds.filter(pk__gt=OuterRef("examination_id"))
    of_same = Q(organisation=OuterRef("organisation"))
    open_ones = Hit.objects.open().current().filter(of_same, source__in=packs.current().blocking_lists)
    same = BlockedRecord.objects.filter(of_same, basis__in=[B.OWNED, B.LISTED])
    rows = Determination.objects.filter(of_customer(), regime=OFAC, verdict=YES)
    return rows.filter(Exists(blocking().filter(of_same)), ~Exists(newer), ~Exists(open_ones), ~Exists(same)).exclude(
        Exists(blocking().filter(of_same & Q(party=OuterRef("party"))))
    )


def nearly_due() -> QuerySet[BlockedRecord]:
    until = timezone.localdate() + timedelta(days=packs.current().blocked("remind_days"))
    rows = BlockedRecord.objects.open().filter(due_on__lte=until)
    return rows.filter(Q(reminded_for__isnull=True) | ~Q(reminded_for=F("due_on")))


def run() -> None:
    """Twice is once, each in a transaction of its own."""
    for hit in listed().select_related("organisation", "list_version").order_by("pk"):
        made(hit.organisation, hits=[hit], hit=hit)
    for row in owned().select_related("organisation").order_by("pk"):
        sure = blocking().filter(organisation=row.organisation).select_related("list_version").order_by("pk")
        made(row.organisation, hits=list(sure), determination=row)
    for pk in list(nearly_due().values_list("pk", flat=True)):
        remind(pk)


@transaction.atomic
def made(
    organisation: Organisation, *, hits: list[Hit], hit: Hit | None = None, determination: Determination | None = None
) -> BlockedRecord | None:
    """With what is known; officers complete the rest. Property is blocked where there was a customer, else the service was
    refused to whom asked for it."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    still = listed().filter(pk=hit.pk) if hit else owned().filter(pk=determination.pk if determination else 0)
    if not still.exists():
        return None
    hold = Hold.objects.live().filter(on_organisation=organisation).order_by("pk").first()
    is_customer = hold is not None or Entity.objects.filter(organisation=organisation).exists()
    # From the ruling on it was known; the round that follows it only does the sum.
    ruled_at = max(one.ruled_at for one in hits if one.ruled_at)
    programmes = dict.fromkeys(name for one in hits for name in facts.entry(one)["programmes"])
    record = put(
        organisation,
        kind=K.BLOCKED if is_customer else K.REJECTED,
        basis=B.LISTED if hit else B.OWNED,
        hit=hit,
        determination=determination,
        facts=facts.gathered(organisation, hits=hits, determination=determination),
        happened_on=timezone.localdate(ruled_at),
        programme=", ".join(programmes)[:200],
        made_by=None,
    )
    audit.record("blocked.recorded", target=record, by=None, record=record.number, basis=record.basis, kind=record.kind)
    return record


def put(organisation: Organisation, **said: Any) -> BlockedRecord:
    """The row, its clock begun."""
    pack = packs.current()
    is_rejected = said["kind"] == K.REJECTED
    return BlockedRecord.objects.create(
        organisation=organisation,
        holder=facts.holder(organisation),
        due_on=pack.blocked_due(said["happened_on"]),
        rule_pack=pack.version,
        kept_from=timezone.now() if is_rejected else None,
        **said,
    )


@transaction.atomic
def remind(pk: int) -> None:
    """Whoever files, by mail that names no customer."""
    found = nearly_due().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if found is None:
        return
    found.reminded_for = found.due_on
    found.save(update_fields=["reminded_for"])
    subject = _("A report to OFAC is due on %(day)s") % {"day": found.due_on.isoformat()}
    for officer in filing_officers():
        messages.queue_template("blocked_due", to=officer.email, subject=subject, organisation=None, record=found)
    audit.record("blocked.reminded", target=found, by=None, record=found.number, on=found.due_on.isoformat())


def filing_officers() -> QuerySet[User]:
    roles = [role for role, powers in ROLES.items() if {Permission.BLOCKED_WORK, Permission.REPORT_APPROVE} <= powers]
    return User.objects.filter(is_active=True, staff_role__in=roles).order_by("pk")
