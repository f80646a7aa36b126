"""The end of an organisation's records, one record class after the other: overwritten in live rows and in history, keys
destroyed, and a certificate in their place. Runs in the database role *eraser*.

Each class is one transaction, so that a disposal that is interrupted goes on with what is left, and a second one finds nothing.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Count, Model
from django.utils import timezone
from psycopg import sql

from accounts import audit, eraser, leaves, organisations
from accounts.models import AuditEvent, Disposal, Message, Organisation, User
from accounts.vault import shredding
from accounts.walls import column_of

Found = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Due:
    """One class of an organisation's records whose time has come, and by which rule. `people` goes with what says who they are:
    the accounts of its members, and the keys under which its identifiers and files are sealed. `trail` is its audit trail."""

    organisation: int
    record_class: str
    rule: str
    due_on: date
    models: Collection[type[Model]] = ()
    people: bool = False
    trail: bool = False


@dataclass
class Tally:
    """By table, how many rows were overwritten and which."""

    found: dict[str, list[int]] = field(default_factory=dict)

    def note(self, table: str, numbers: Collection[int]) -> None:
        self.found.setdefault(table, []).extend(numbers)

    def told(self) -> Found:
        return {
            table: {"count": len(numbers), "sha256": hashlib.sha256(",".join(map(str, sorted(numbers))).encode()).hexdigest()}
            for table, numbers in sorted(self.found.items())
            if numbers
        }


@transaction.atomic
def dispose(due: Due) -> Disposal:
    """Erases it and says so. Repeated, it is silence. Raises ProgrammingError in any role but the eraser's."""
    organisation = organisations.held(due.organisation)
    done = Disposal.objects.filter(organisation=organisation, record_class=due.record_class, due_on=due.due_on).first()
    if done:
        return done
    made = Disposal(
        pk=next_number(),
        organisation=organisation,
        record_class=due.record_class,
        rule=due.rule,
        due_on=due.due_on,
        at=timezone.now(),
        operator=audit.operator(None)["operator"],
        backups_until=timezone.now().date() + timedelta(days=settings.BACKUP_DAYS),
    )
    tally = Tally()
    if due.people:
        made.keys_destroyed = forget_people(organisation, made, tally)
    for model in due.models:
        overwrite(model, rows_of(model, due.organisation), made.number, tally)
    if due.trail:
        forget_trail(due.organisation, made.number, tally)
    made.rows = tally.told()
    made.save(force_insert=True)
    counts = {"count": sum(table["count"] for table in made.rows.values()), "record_class": made.record_class, "rule": made.rule}
    audit.record("records.disposed", target=made, by=None, certificate=made.number, **counts, **audit.operator(None))
    return made


def next_number() -> int:
    """Drawn before the row is written, since what is overwritten names it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('accounts_disposal', 'id'))")
        return int(cursor.fetchone()[0])


def marker(number: str) -> str:
    return f"erased, {number}"


def rows_of(model: type[Model], organisation: int) -> sql.Composable:
    return sql.SQL("{} = {}").format(sql.Identifier(column_of(model).column), organisation)


def overwrite(model: type[Model], where: sql.Composable, number: str, tally: Tally) -> None:
    """The personal columns of those rows and of their history."""
    with connection.cursor() as cursor:
        for table, statement in eraser.statements(model, marker(number), where):
            cursor.execute(statement.as_string(None))
            tally.note(table, [one for (one,) in cursor.fetchall()])


def forget_people(organisation: Organisation, made: Disposal, tally: Tally) -> int:
    """Its members' accounts, unless they belong to another organisation too, and mail to them; how many keys were destroyed."""
    members = User.objects.filter(membership__organisation=organisation, staff_role="").values("pk")
    alone = User.objects.filter(pk__in=members).alias(all=Count("membership")).filter(all=1)
    numbers = [user.pk for user in alone]
    addresses = sorted({user.email for user in alone})
    if numbers:
        signed_out(numbers)
        User.objects.filter(pk__in=numbers).update(password=make_password(None), is_active=False)
        for row in EmailAddress.objects.filter(user__in=numbers):
            EmailAddress.objects.filter(pk=row.pk).update(email=f"erased-{row.user_id}-{row.pk}@erased.invalid", verified=False)
        overwrite(User, sql.SQL("id = ANY ({})").format(numbers), made.number, tally)
    mail = list(Message.objects.filter(to__in=addresses).values_list("pk", flat=True))
    if mail:
        overwrite(Message, sql.SQL("id = ANY ({})").format(mail), made.number, tally)
    return shredding.shred_all(organisation, reason=made.number, operator=made.operator)


def signed_out(users: list[int]) -> None:
    """Nothing opens their accounts any more."""
    Authenticator.objects.filter(user__in=users).delete()
    keys = UserSession.objects.filter(user__in=users).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()
    UserSession.objects.filter(user__in=users).delete()


def forget_trail(organisation: int, number: str, tally: Tally) -> None:
    """The personal values of its audit events, with what the tree commits to in their place: every proof still holds. Who of the
    house decided stays."""
    staff = set(User.objects.exclude(staff_role="").values_list("pk", flat=True))
    events = AuditEvent.objects.filter(organisation_id=organisation).order_by("pk")
    tally.note(AuditEvent._meta.db_table, [event.pk for event in events.iterator() if forget(event, staff, number)])


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
