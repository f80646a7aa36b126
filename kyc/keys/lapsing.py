"""A key whose responsible person has left, or that nobody uses, asks its customer for something by a day, and is held after it,
until it is given: a new responsible person, or a click that wakes it. All by policy, by the rule pack's days; each lifts its own
hold and no other. A hold that an officer lifts does not come back of itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from config import jobs
from kyc.cases.models import Entity
from kyc.keys import answering, holds, telling
from kyc.keys.actions import refuse_irresponsible
from kyc.keys.models import Hold, Key, KeyRequirement, serialise
from kyc.parties.models import Party
from kyc.rules import packs

W, S = KeyRequirement.What, KeyRequirement.State
SOURCES = {W.ANSWER: "policy.answer", W.USE: "policy.idle"}


class Requirements(jobs.Queue):
    """Keys that ask for something now, those included for which no row stands yet."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or due().exists() or over().exists() or any(found(what).exists() for what in FOUND)


QUEUE = Requirements(
    name="keys.requirements",
    model=KeyRequirement,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
    max_errors=10,
    # What is found takes a look at every key, and is a matter of days.
    sweeps=150,
)


class Over(Refused):
    """The key asks for nothing of the kind, or can be used no more."""


def last_used(keys: QuerySet[Key]) -> QuerySet[Key]:
    """Each with `last_used`: when a gateway last asked about it or told of its use, or it was issued, or woken, whichever came
    last. What a gateway asks is written by kyc/keys/uses.py, and the hours of use it tells of by kyc/usage/intake.py."""
    woken = KeyRequirement.objects.filter(key=OuterRef("pk"), what=W.USE).order_by()
    last = Subquery(woken.values("key").annotate(last=Max("ended_at")).values("last"), output_field=DateTimeField())
    return keys.annotate(
        last_used=Greatest(F("issued_at"), Coalesce(F("use__last_used_at"), F("issued_at")), Coalesce(last, F("issued_at")))
    )


def idle_since() -> datetime:
    """Whose last use lies before it is idle."""
    return timezone.now() - timedelta(days=packs.current().key_days("idle"))


def living() -> QuerySet[Key]:
    """Keys of customers who are verified today; sandboxes are nobody's."""
    entity = Entity.objects.live().filter(organisation=OuterRef("organisation"))
    linked = Key.objects.unexpired().filter(state__in=[Key.State.ACTIVE, Key.State.HELD])
    return linked.filter(Exists(entity), organisation__in=Organisation.objects.real())


def left() -> QuerySet[Key]:
    return living().filter(answering.has_left())


def idle() -> QuerySet[Key]:
    """Of those that could be used: what is held is not idle by its holder's choice. What was used lately, as nearly all are, is
    left out before it is looked when it was woken."""
    since = idle_since()
    unused = Q(use__isnull=True) | Q(use__last_used_at__lt=since)
    return last_used(living().filter(unused, state=Key.State.ACTIVE, issued_at__lt=since)).filter(last_used__lt=since)


FOUND: dict[str, Callable[[], QuerySet[Key]]] = {W.ANSWER: left, W.USE: idle}


def found(what: str) -> QuerySet[Key]:
    """Keys that begin to ask for it."""
    return FOUND[what]().filter(~Exists(KeyRequirement.objects.filter(key=OuterRef("pk"), what=what, ended_at__isnull=True)))


def due() -> QuerySet[KeyRequirement]:
    """Those whose day is over."""
    return KeyRequirement.objects.filter(state=S.OPEN, due_on__lt=timezone.localdate())


def over() -> QuerySet[KeyRequirement]:
    """Those that nothing asks for any more: the key ended, it was used, or whoever answers for it may again. Where it is held,
    only what lifts the hold ends it."""
    rows = KeyRequirement.objects.filter(ended_at__isnull=True).exclude(state=S.FAILED)
    gone = Q(key__state=Key.State.REVOKED)
    used = Q(what=W.USE, state=S.OPEN) & ~Q(key__in=idle())
    answered = Q(what=W.ANSWER, state=S.OPEN) & ~Q(key__in=left())
    let_go = Q(what=W.USE, hold__lifted_at__isnull=False)
    return rows.filter(gone | used | answered | let_go)


def run() -> None:
    """Each in a transaction of its own, so that one that fails stops nobody else's."""
    for row in over():
        KeyRequirement.objects.filter(pk=row.pk, ended_at__isnull=True).update(state=S.ENDED, ended_at=timezone.now())
    due().update(state=S.WAITING)
    for what in FOUND:
        for key in found(what).select_related("responsible").order_by("pk"):
            begin(key, what)
    for claim in QUEUE.claims():
        with claim, claim.finish(state=S.OPEN):
            act(claim.row)


def begin(key: Key, what: str) -> None:
    why = answering.why(key.responsible) if what == W.ANSWER else KeyRequirement.Why.IDLE
    if why:
        told = {"organisation_id": key.organisation_id, "why": why}
        KeyRequirement.objects.get_or_create(key=key, what=what, ended_at=None, defaults=told)


def act(row: KeyRequirement) -> None:
    """What the row calls for today, under the organisation's lock: the customer is told, or the key is held. Whatever has changed
    meanwhile ends it."""
    organisations.held(row.organisation_id)
    serialise(row.organisation_id)
    rows = KeyRequirement.objects.filter(pk=row.pk)
    row = rows.select_related("key__organisation", "key__responsible", "key__project").get()
    if row.ended_at or row.hold_id:
        rows.update(state=S.ENDED if row.ended_at else S.HELD)
    elif not FOUND[row.what]().filter(pk=row.key_id).exists():
        rows.update(state=S.ENDED, ended_at=timezone.now())
    elif row.due_on is None:
        ask(row)
    elif row.due_on < timezone.localdate():
        hold(row)


def ask(row: KeyRequirement) -> None:
    days = packs.current().key_days("answer" if row.what == W.ANSWER else "idle_told")
    row.due_on = timezone.localdate() + timedelta(days=days)
    row.save(update_fields=["due_on"])
    verb = "key.answer_asked" if row.what == W.ANSWER else "key.idle_told"
    audit.record(verb, target=row.key, by=None, prefix=row.key.prefix, why=row.why, due_on=str(row.due_on))
    telling.asked(row)


def hold(row: KeyRequirement) -> None:
    reasons = {
        W.ANSWER: f"Nobody was named by {row.due_on} who answers for it instead of {row.key.responsible.name}",
        W.USE: f"Nobody has used it for long, nor woken it by {row.due_on}",
    }
    row.hold = holds.place_on_key(row.key, source=SOURCES[W(row.what)], reason=reasons[W(row.what)])
    row.state = S.HELD
    row.save(update_fields=["hold", "state"])
    telling.held(row)


# In one statement, so that its key never stands there without a link, which the triggers would settle.
RELINK = """
WITH ended AS (
    UPDATE kyc_link SET valid_to = %(now)s, ended_because = %(ended)s
    WHERE key_id = %(key)s AND organisation_id = %(organisation)s AND valid_to IS NULL
    RETURNING organisation_id, key_id, entity_id
)
INSERT INTO kyc_link (organisation_id, key_id, entity_id, responsible_id, valid_from, because, ended_because)
SELECT organisation_id, key_id, entity_id, %(responsible)s, %(now)s, %(because)s, '' FROM ended
"""


@transaction.atomic
def name_responsible(key: Key, *, responsible: Party, by: User) -> Key:
    """Who answers for the key from now on. The link is ended and a new one written, and the hold for want of one is lifted, and
    no other. The same person again, where he may, says that he goes on. Raises NotResponsible, Over."""
    organisations.membership_required(by, key.organisation)
    organisations.held(key.organisation_id)
    serialise(key.organisation_id)
    key = Key.objects.select_for_update(of=("self",)).select_related("organisation", "responsible").get(pk=key.pk)
    if key.state == Key.State.REVOKED:
        raise Over(_("%(name)s is revoked and cannot be used any more.") % {"name": key.name})
    refuse_irresponsible(key.organisation, responsible)
    former = key.responsible
    if responsible != former:
        relink(key, responsible, by=by)
        Key.objects.filter(pk=key.pk).update(responsible=responsible)
        key.responsible = responsible
        audit.record("key.answered", target=key, by=by, prefix=key.prefix, responsible=responsible.name, former=former.name)
    settle(key, W.ANSWER, because=f"{responsible.name} answers for it", by=by)
    return key


def relink(key: Key, responsible: Party, *, by: User) -> None:
    said: dict[str, Any] = {
        "key": key.pk,
        "organisation": key.organisation_id,
        "responsible": responsible.pk,
        "now": timezone.now(),
        "ended": f"{responsible.name} answers for it from now on",
        "because": f"{responsible.name} was named by {by} to answer for it instead of {key.responsible.name}",
    }
    with connection.cursor() as cursor:
        cursor.execute(RELINK, said)


@transaction.atomic
def wake(key: Key, *, by: User) -> bool:
    """That it is wanted, though nobody has used it; lifts the hold for that, and no other. Whether it asked for that: repeated,
    it is silence. Raises Over."""
    organisations.membership_required(by, key.organisation)
    organisations.held(key.organisation_id)
    serialise(key.organisation_id)
    key = Key.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=key.pk)
    if key.state == Key.State.REVOKED:
        raise Over(_("%(name)s is revoked and cannot be used any more.") % {"name": key.name})
    was_asked = settle(key, W.USE, because="Woken by its customer", by=by)
    if was_asked:
        audit.record("key.woken", target=key, by=by, prefix=key.prefix)
    return was_asked


def settle(key: Key, what: str, *, because: str, by: User) -> bool:
    """Ends what the key asked for, with its hold; whether it asked for it."""
    row = KeyRequirement.objects.filter(key=key, what=what, ended_at__isnull=True).select_related("hold").first()
    if row is None:
        return False
    KeyRequirement.objects.filter(pk=row.pk).update(state=S.ENDED, ended_at=timezone.now())
    if row.hold is not None:
        holds.end(row.hold, reason=because, by=by)
    return True


def hold_of(key: Key, source: str) -> Hold | None:
    return Hold.objects.live().filter(key=key, source=source).first()
