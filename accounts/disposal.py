"""The end of an organisation's records, one record class after the other: overwritten in live rows and in history, keys
destroyed, and a certificate in their place. Runs in the database role *eraser*; what is due says accounts/retention.py.

Each class of each organisation is one transaction, so that a disposal that is interrupted goes on with what is left, and one
that is repeated finds nothing.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, Max, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from accounts import audit, eraser, leaves, leaving, legal_holds, organisations, retention
from accounts.compartment import confined
from accounts.models import AuditEvent, Disposal, ErasureOrder, LegalHold, Membership, Message, Organisation, User
from accounts.retention import A_CHUNK, Due, RecordClass
from accounts.vault import shredding
from accounts.walls import column_of

# What is erased of who deleted his account himself: no class of any organisation.
LEAVER = RecordClass(code="left_account", label=_("An account that was deleted by who had it"), models=())
# What goes by periods of its own, and of which no plan and no certificate here tells: the nightly disposal does it and is silent.
APART: list[Callable[[date], None]] = []
# In place of an address from which somebody signed in.
NOWHERE = "0.0.0.0"  # noqa: S104  # nosec B104  # nothing listens there


@dataclass
class Tally:
    """By table, the numbers of the rows that were overwritten."""

    found: dict[str, list[int]] = field(default_factory=dict)

    def note(self, table: str, numbers: Collection[int]) -> None:
        self.found.setdefault(table, []).extend(numbers)

    def told(self) -> dict[str, dict[str, Any]]:
        """How many rows of each table, and the hash of which."""
        return {
            table: {"count": len(numbers), "sha256": hashlib.sha256(",".join(map(str, sorted(numbers))).encode()).hexdigest()}
            for table, numbers in sorted(self.found.items())
            if numbers
        }


def planned(on: date) -> Iterator[Due]:
    """What of everything that is due on that day is still there, by organisation. A few queries for each so many of them, and no
    more of them in memory at once."""
    each = groupby(retention.due(on), attrgetter("organisation"))
    by_organisation = (list(classes) for _organisation, classes in each)
    while chunk := list(islice(by_organisation, A_CHUNK)):
        yield from left_of(chunk, on)


def left_of(chunk: Sequence[Sequence[Due]], on: date) -> Iterator[Due]:
    """Of what is due of some organisations that which is still there."""
    numbers = [classes[0].organisation for classes in chunk]
    rows = Disposal.objects.filter(organisation__in=numbers).values_list("organisation", "record_class")
    done = {(organisation, code): last for organisation, code, last in rows.annotate(last=Max("due_on"))}
    opens, opened = by_shared_keys()
    by_each = {one.record_class.code: one.record_class for classes in chunk for one in classes if one.record_class.each}
    left = {code: with_rows_left(found, numbers, on) for code, found in by_each.items()}
    for classes in chunk:
        codes = {one.record_class.code for one in classes}
        for one in classes:
            code = one.record_class.code
            # The keys of a person or an organisation open what stands in other classes too, which may have to be kept longer.
            if code in opens and not opened <= codes:
                continue
            last = done.get((one.organisation, code))
            if one.organisation in left[code] if code in left else last is None or last < one.until:
                yield one


def with_rows_left(found: RecordClass, organisations: Collection[int], on: date) -> set[int]:
    """Of a class whose records go each by its own period, those organisations that have any which are due and still there."""
    return {
        organisation
        for model in found.models
        for organisation in rows_left(found, model, on)
        .filter(**{f"{found.owner}__in": organisations})
        .values_list(found.owner, flat=True)
        .distinct()
    }


def by_shared_keys() -> tuple[set[str], set[str]]:
    """Classes with which keys of people and organisations go, and those that have what these open."""
    found = retention.CLASSES.values()
    opens = {one.code for one in found if any(eraser.own_key(model) in shredding.SHARED for model in one.models)}
    return opens, {one.code for one in found if any(map(eraser.is_sealed_by_shared, one.models))}


def rows_left(found: RecordClass, model: type[Model], on: date) -> QuerySet[Any]:
    """Of a class whose records go each by its own period, those that are due and not erased yet: their key is there, or where
    there never was one, words of theirs."""
    rows = retention.due_rows(found, model, on)
    if model is UserSession:
        return rows.exclude(user_agent__regex=eraser.MARKED).exclude(user__in=held_people())
    kind = eraser.own_key(model)
    words = eraser.has_words(model)
    return rows.filter(Exists(shredding.live(kind, ref=OuterRef("pk"))) | words if kind else words)


def numbers_left(due: Due, model: type[Model], on: date) -> list[int]:
    rows = rows_left(due.record_class, model, on).filter(**{due.record_class.owner: due.organisation})
    return list(rows.values_list("pk", flat=True))


def ever_members() -> QuerySet[Any, Any]:
    """What history says of who acts for whom: whoever was removed stands nowhere else."""
    return eraser.events_of()[Membership]._default_manager.all()


def held_people() -> QuerySet[Any, Any]:
    """Who acts or acted for organisations whose records a legal hold keeps: they may act for others besides."""
    held = LegalHold.objects.live().exclude(organisation=None).values("organisation")
    return ever_members().filter(organisation__in=held).values("user")


@transaction.atomic
def dispose(due: Due, *, on: date) -> Disposal | None:
    """Erases it and says so; None where it is not due any more, since a hold was placed or it was done meanwhile. Raises
    ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    organisation = organisations.held(due.organisation)
    now = list(retention.due(on, organisations=Organisation.objects.filter(pk=organisation.pk)))
    return erased(organisation, due, on=on) if now and due in left_of([now], on) else None


def erased(organisation: Organisation, due: Due, *, on: date) -> Disposal:
    made = begun(organisation, due.record_class, due.rule, due_on=on if due.record_class.each else due.until)
    tally = Tally()
    for model in due.record_class.models:
        numbers = numbers_left(due, model, on) if due.record_class.each else None
        if kind := eraser.own_key(model):
            made.keys_destroyed += shredding.shred_all(organisation, kind, numbers, reason=made.number, operator=made.operator)
        if model is Membership:
            forget_members(organisation, made, tally)
        elif model is AuditEvent:
            forget_trail(organisation.pk, made.number, tally)
        elif model is UserSession:
            forget_sign_ins(UserSession.objects.filter(pk__in=numbers or []), made.number, tally)
        if eraser.personal(model):
            overwrite(model, rows_of(model, organisation.pk, numbers), made.number, tally)
    return certified(made, tally)


def begun(organisation: Organisation | None, found: RecordClass, rule: str, *, due_on: date) -> Disposal:
    """A certificate that is not written yet."""
    return Disposal(
        pk=next_number(),
        organisation=organisation,
        record_class=found.code,
        rule=rule,
        due_on=due_on,
        at=timezone.now(),
        operator=audit.operator(None)["operator"],
        backups_until=timezone.now().date() + timedelta(days=settings.BACKUP_DAYS),
    )


def certified(made: Disposal, tally: Tally) -> Disposal:
    made.rows = tally.told()
    return counted(made)


def counted(made: Disposal) -> Disposal:
    """As `certified`, where the rows are told already."""
    made.save(force_insert=True)
    counts = {"count": sum(table["count"] for table in made.rows.values()), "rule": made.rule, "kind": made.record_class}
    audit.record("records.disposed", target=made, by=None, certificate=made.number, **counts, **audit.operator(None))
    return made


def houses(on: date) -> dict[str, QuerySet[Any]]:
    """By record class what is of no organisation and past its period: mail about accounts and to staff, and where somebody had
    signed in who acts for none. Nothing while a legal hold keeps everything; nor mail to who acts for an organisation that one
    keeps."""
    if LegalHold.objects.live().filter(organisation=None).exists():
        return {}
    rows = {
        found.code: rows_left(found, model, on)
        for model in (Message, UserSession)
        if (found := retention.class_of(model)) is not None
    }
    kept = [*sign_in_addresses(held_people())]
    return {
        code: left.filter(organisation=None).exclude(to__in=kept) if left.model is Message else left.filter(user__membership=None)
        for code, left in rows.items()
    }


def houses_due(on: date) -> list[str]:
    return [code for code, rows in houses(on).items() if rows.exists()]


@transaction.atomic
def dispose_of_houses(code: str, *, on: date) -> Disposal | None:
    """As `dispose`, of what is of no organisation."""
    legal_holds.none_placed_meanwhile()
    numbers = list(houses(on).get(code, Message.objects.none()).values_list("pk", flat=True))
    if not numbers:
        return None
    found = retention.CLASSES[code]
    made, tally = begun(None, found, found.rules[0].code, due_on=on), Tally()
    if UserSession in found.models:
        forget_sign_ins(UserSession.objects.filter(pk__in=numbers), made.number, tally)
    else:
        forget_mail(Message.objects.filter(pk__in=numbers), made.number, tally)
    return certified(made, tally)


def told(made: Disposal) -> dict[str, Any]:
    """The certificate: what stays of it (PRV-04), and no personal data."""
    return {
        "certificate": made.number,
        # Of nobody's, none.
        "organisation": made.organisation_id,
        "record_class": made.record_class,
        "rule": made.rule,
        "due_on": made.due_on.isoformat(),
        "erased_at": made.at.isoformat(timespec="seconds"),
        "operator": made.operator,
        "rows": made.rows,
        "keys_destroyed": made.keys_destroyed,
        "backups_until": made.backups_until.isoformat(),
    }


def next_number() -> int:
    """Drawn before the row is written, since what is overwritten names it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('accounts_disposal', 'id'))")
        return int(cursor.fetchone()[0])


def marker(number: str) -> str:
    return f"erased, {number}"


def rows_of(model: type[Model], organisation: int, numbers: Collection[int] | None) -> sql.Composable:
    """All of the organisation, or those of these numbers; in words that the table and its history both understand."""
    which = sql.SQL("{} = {}").format(sql.Identifier(column_of(model).column), organisation)
    return which if numbers is None else sql.SQL("{} AND id = ANY ({})").format(which, list(numbers))


def overwrite(model: type[Model], where: sql.Composable, number: str, tally: Tally) -> None:
    """The personal columns of those rows and of their history."""
    with connection.cursor() as cursor:
        for table, statement in eraser.statements(model, marker(number), where):
            cursor.execute(statement.as_string(None))
            tally.note(table, [one for (one,) in cursor.fetchall()])


def ordered() -> list[int]:
    """Orders to erase what was mailed to somebody who asked for that, which no legal hold keeps."""
    held = set(LegalHold.objects.live().values_list("organisation", flat=True))
    waiting = ErasureOrder.objects.filter(done_at=None).exclude(organisation__in=held - {None}).order_by("pk")
    return [] if None in held else list(waiting.values_list("pk", flat=True))


@transaction.atomic
def carry_out(number: int) -> ErasureOrder | None:
    """Erases it and says so in the order; None where that was done meanwhile, a hold was placed, or such
    mail is still on its way."""
    legal_holds.none_placed_meanwhile()
    order = ErasureOrder.objects.select_related("organisation").get(pk=number)
    organisations.held(order.organisation_id)
    order.refresh_from_db()
    if number not in ordered():
        return None
    mail = ordered_mail(order)
    if mail.filter(state=Message.State.QUEUED).exists():
        # It goes out first.
        return None
    tally, backups = Tally(), timezone.now().date() + timedelta(days=settings.BACKUP_DAYS)
    forget_mail(mail, order.number, tally)
    done = {"addresses": [], "done_at": timezone.now(), "rows": tally.told(), "backups_until": backups}
    ErasureOrder.objects.filter(pk=number).update(**done)
    count = sum(table["count"] for table in tally.told().values())
    audit.record("erasure.carried_out", target=order, by=None, certificate=order.number, count=count, **audit.operator(None))
    return ErasureOrder.objects.get(pk=number)


def ordered_mail(order: ErasureOrder) -> QuerySet[Message]:
    """What the organisation had mailed to those addresses, and mail about the accounts that go by them of its members, and of who
    was one and acts for nobody now. Mail of others to the same address is theirs, and stays; so does that about who acts for an
    organisation that a legal hold keeps."""
    acted = ever_members().filter(organisation=order.organisation).values("user")
    members = User.objects.filter(Q(membership__organisation=order.organisation) | Q(membership=None, pk__in=acted))
    accounts = sign_in_addresses(members.exclude(pk__in=held_people()).values("pk"))
    theirs = Q(organisation=order.organisation) | Q(organisation=None, to__in=[*accounts])
    return Message.objects.filter(theirs, to__in=order.addresses, queued_at__lte=order.ordered_at)


def sign_in_addresses(users: QuerySet[Any, Any]) -> set[str]:
    rows = EmailAddress.objects.filter(user__in=users, verified=True).values_list("email", flat=True)
    return {*rows, *User.objects.filter(pk__in=users).values_list("email", flat=True)}


def told_order(order: ErasureOrder) -> dict[str, Any]:
    return {
        "order": order.number,
        "organisation": order.organisation_id,
        "erased_at": order.done_at.isoformat(timespec="seconds") if order.done_at else None,
        "rows": order.rows,
        "backups_until": order.backups_until.isoformat() if order.backups_until else None,
    }


def forget_mail(mail: QuerySet[Message], number: str, tally: Tally) -> None:
    if numbers := list(mail.values_list("pk", flat=True)):
        overwrite(Message, sql.SQL("id = ANY ({})").format(numbers), number, tally)


def only_of(organisation: Organisation, record_class: str) -> list[int]:
    """Who acts or acted for it, and for no other whose records of that class are still there."""
    people = set(ever_members().filter(organisation=organisation).values_list("user", flat=True))
    gone = Disposal.objects.filter(record_class=record_class).exclude(organisation=None).values("organisation")
    elsewhere = ever_members().filter(user__in=people).exclude(organisation=organisation).exclude(organisation__in=gone)
    alone = User.objects.filter(pk__in=people, staff_role="").exclude(pk__in=elsewhere.values("user"))
    return list(alone.order_by("pk").values_list("pk", flat=True))


def forget_members(organisation: Organisation, made: Disposal, tally: Tally) -> None:
    """The accounts of who acts or acted for it and for no other, and mail about these accounts. What it was itself that wrote to
    them is a class of its own."""
    numbers, number = only_of(organisation, made.record_class), made.number
    if not numbers:
        return
    addresses = sign_in_addresses(User.objects.filter(pk__in=numbers).values("pk"))
    signed_out(numbers)
    User.objects.filter(pk__in=numbers).update(password=make_password(None), is_active=False)
    for row in EmailAddress.objects.filter(user__in=numbers):
        EmailAddress.objects.filter(pk=row.pk).update(email=f"erased-{row.user_id}-{row.pk}@erased.invalid", verified=False)
    overwrite(User, sql.SQL("id = ANY ({})").format(numbers), number, tally)
    forget_mail(Message.objects.filter(organisation=None, to__in=addresses), number, tally)


def signed_out(users: list[int]) -> None:
    """Nothing opens their accounts any more."""
    Authenticator.objects.filter(user__in=users).delete()
    keys = UserSession.objects.filter(user__in=users).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()
    UserSession.objects.filter(user__in=users).delete()


def forget_sign_ins(rows: QuerySet[UserSession], number: str, tally: Tally) -> None:
    """Sessions that ended long ago. Of each person the last one stays, without its address and browser: the periods of what his
    organisations are kept for count from when he was last there."""
    later = UserSession.objects.filter(user=OuterRef("user"))
    later = later.filter(
        Q(last_seen_at__gt=OuterRef("last_seen_at")) | Q(last_seen_at=OuterRef("last_seen_at"), pk__gt=OuterRef("pk"))
    )
    found = dict(rows.annotate(is_last=~Exists(later)).values_list("pk", "is_last"))
    tally.note(UserSession._meta.db_table, list(found))
    UserSession.objects.filter(pk__in=[pk for pk, is_last in found.items() if is_last]).update(
        ip=NOWHERE, user_agent=marker(number), data={}
    )
    UserSession.objects.filter(pk__in=[pk for pk, is_last in found.items() if not is_last]).delete()


def leavers() -> list[int]:
    """Events that say that somebody has deleted his account, and that still name him."""
    if LegalHold.objects.live().filter(organisation=None).exists():
        return []
    left = AuditEvent.objects.filter(
        target_type=User._meta.label_lower, organisation_id=None, verb=leaving.LEFT, erased__isnull=True
    )
    return list(left.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def forget_leaver(number: int) -> Disposal | None:
    """What history, mail and the log still say of him. The account itself is gone since."""
    legal_holds.none_placed_meanwhile()
    if number not in leavers():
        return None
    event = AuditEvent.objects.get(pk=number)
    pk, history = int(event.target_id), eraser.events_of()[User]
    rows = history._default_manager.filter(pgh_obj_id=pk)
    made, tally = begun(None, LEAVER, "asked", due_on=event.at.date()), Tally()
    addresses = [*rows.values_list("email", flat=True).distinct()]
    forget_mail(Message.objects.filter(organisation=None, to__in=addresses, queued_at__lte=event.at), made.number, tally)
    overwrite(User, sql.SQL("id = {}").format(pk), made.number, tally)
    acts = AuditEvent.objects.filter(organisation_id=None, at__lte=event.at, actor_id=pk)
    tally.note(AuditEvent._meta.db_table, [one.pk for one in acts if forget(one, (), made.number)])
    return certified(made, tally)


def forget_trail(organisation: int, number: str, tally: Tally) -> None:
    """Its audit events, but for those of the compartment, which go with what they are about."""
    forget_events(AuditEvent.objects.filter(organisation_id=organisation).exclude(target_type__in=confined()), number, tally)


def forget_events(events: QuerySet[AuditEvent], number: str, tally: Tally) -> None:
    """Their personal values, with what the tree commits to in their place: every proof still holds. Who of the house decided
    stays."""
    staff = set(User.objects.exclude(staff_role="").values_list("pk", flat=True))
    rows = events.order_by("pk").iterator()
    tally.note(AuditEvent._meta.db_table, [event.pk for event in rows if forget(event, staff, number)])


def forget(event: AuditEvent, staff: Collection[int], number: str) -> bool:
    """Whether anything was left to erase in it."""
    names = [name for name in gone(event) if name != "actor" or (event.actor_id and event.actor_id not in staff)]
    if not names:
        return False
    kept = leaves.erased(event, names)
    left = {name: value for name, value in event.details.items() if f"details.{name}" not in kept}
    words = {name: marker(number) for name in leaves.NAMES if name in names}
    salts = {name: salt for name, salt in event.salts.items() if name not in kept}
    AuditEvent.objects.filter(pk=event.pk).update(**words, details=left, salts=salts, erased=kept)
    return True


def gone(event: AuditEvent) -> Iterator[str]:
    """What of it is personal and not erased yet."""
    return (name for name, _value in leaves.personal(event) if name not in (event.erased or {}))
