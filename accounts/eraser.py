"""The *eraser*: the database role of the disposal, and of nothing else. It may overwrite personal columns, in live rows and in
history, where everybody else is refused; it can neither delete nor add a row of what it overwrites.

A model names its columns as `personal`. What they become says by which certificate they were erased; where that stands in the row
itself, `certificate` names its columns.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Model, Q
from pghistory.core import event_models
from psycopg import sql

from accounts.vault import SealedField, VaultFileField
from accounts.vault.models import SubjectKey

# Says no until accounts/hardening.py knows the role's name. The session's user, since triggers run as the tables' owner.
SCHEMA = "CREATE FUNCTION kh_is_eraser() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false'"
IS_ERASER = """
CREATE OR REPLACE FUNCTION public.kh_is_eraser() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT session_user = {} $$
"""
# For triggers that hold a row fast: its rights say which columns the eraser reaches.
YIELDS = "IF TG_OP = 'UPDATE' AND public.kh_is_eraser() THEN RETURN NEW; END IF;"
# The same for rows that go as a whole, of the tables in DELETES.
FORGETS = "IF TG_OP = 'DELETE' AND public.kh_is_eraser() THEN RETURN OLD; END IF;"

# Of tables that are no models with `personal`: what is overwritten there, and what is deleted.
ALSO_UPDATES: dict[str, tuple[str, ...]] = {
    "accounts_user": ("password", "is_active"),
    "accounts_auditevent": ("actor", "on_behalf_of", "reason", "details", "salts", "erased"),
    "accounts_subjectkey": ("wrapped", "destroyed_at", "destroyer", "why"),
    "account_emailaddress": ("email", "verified"),
    "usersessions_usersession": ("ip", "user_agent", "data"),
}
DELETES = (
    "accounts_searchdigest", "accounts_signal", "accounts_signalvalue", "mfa_authenticator", "usersessions_usersession",
    "django_session", "kyc_usagerow", "kyc_edge", "kyc_indication",
)  # fmt: skip
# How a text begins that was overwritten.
MARKED = r"^erased(, (DC|EO|IC|NC)-|-)\d"
# Of every row of history: on whose behalf it was written, which is a name.
CONTEXT = "pgh_context"


def personal(model: type[Model]) -> tuple[str, ...]:
    """The model's own columns that are overwritten."""
    return tuple(model._meta.get_field(name).column for name in vars(model).get("personal", ()))


def own_key(model: type[Model]) -> str:
    """The kind of key that rows of the model have, each its own; empty where they have none. A model says it as `own_key`."""
    return str(vars(model).get("own_key", ""))


def is_sealed_by_shared(model: type[Model]) -> bool:
    """Whether it has what is sealed under the key of a person or an organisation."""
    return own_key(model) != SubjectKey.Kind.REPORT and any(
        isinstance(field, SealedField | VaultFileField) for field in model._meta.concrete_fields
    )


def erasable() -> list[type[Model]]:
    return [model for model in apps.get_models() if personal(model)]


def events_of() -> dict[type[Model], type[Model]]:
    return {event.pgh_tracked_model: event for event in event_models()}  # type: ignore[attr-defined]  # pghistory adds it


def updates() -> dict[str, tuple[str, ...]]:
    """By table, the columns that the eraser may overwrite."""
    found = dict(ALSO_UPDATES)
    events = events_of()
    for model in erasable():
        table = model._meta.db_table
        found[table] = (*personal(model), *vars(model).get("certificate", ()), *found.get(table, ()))
    for model, event in events.items():
        kept = {field.column for field in event._meta.concrete_fields}
        found[event._meta.db_table] = (*(column for column in personal(model) if column in kept), CONTEXT)
    return found


def overwritten(field: Any, marker: str, key: sql.Composable) -> sql.Composable:
    """What stands in a column afterwards, the same for all rows but where no two may be the same. What was empty stays so."""
    if isinstance(field, models.JSONField):
        return sql.SQL("{}::jsonb").format("[]" if field.default is list else "{}")
    if isinstance(field, ArrayField):
        return sql.SQL("'{}'")
    column = sql.Identifier(field.column)
    return sql.SQL("CASE WHEN {} = '' THEN '' ELSE {} END").format(column, words(field, marker, key))


def words(field: Any, marker: str, key: sql.Composable) -> sql.Composable:
    if isinstance(field, models.EmailField):
        return sql.SQL("{} || {} || '@erased.invalid'").format("erased-", key)
    if is_unique(field):
        return sql.SQL("{} || {}").format(f"{marker}, ", key)
    longest = field.max_length or len(marker)
    return sql.Literal(marker if longest >= len(marker) else "")


def has_words(model: type[Model]) -> Q:
    """Rows in whose personal columns stands anything that is not the marker."""
    found = Q(pk__in=[])
    for name in vars(model).get("personal", ()):
        if isinstance(model._meta.get_field(name), models.JSONField):
            found |= ~Q(**{f"{name}__in": [{}, []]})
        elif isinstance(model._meta.get_field(name), ArrayField):
            found |= ~Q(**{name: []})
        else:
            found |= ~(Q(**{name: ""}) | Q(**{f"{name}__regex": MARKED}))
    return found


def is_unique(field: Any) -> bool:
    constraints = field.model._meta.constraints
    return field.unique or any(isinstance(one, models.UniqueConstraint) and field.name in one.fields for one in constraints)


def statements(model: type[Model], marker: str, where: sql.Composable) -> Iterator[tuple[str, sql.Composable]]:
    """By table, what overwrites the rows of a model and then those of its history: a row of history that the first makes holds
    what is new. `where` is about columns that both have."""
    columns = personal(model)
    fields = {field.column: field for field in model._meta.concrete_fields}
    table, key = model._meta.db_table, sql.SQL("{}::text").format(sql.Identifier(model._meta.pk.column))
    values = {name: overwritten(fields[name], marker, key) for name in columns}
    yield table, assigned(table, values, where, key=model._meta.pk.column)
    if event := events_of().get(model):
        kept = {field.column for field in event._meta.concrete_fields}
        values = {name: overwritten(fields[name], marker, sql.SQL("pgh_obj_id::text")) for name in columns if name in kept}
        values[CONTEXT] = sql.SQL("pgh_context - 'on_behalf_of'")
        yield event._meta.db_table, assigned(event._meta.db_table, values, where, key=event._meta.pk.column)


def assigned(table: str, values: dict[str, sql.Composable], where: sql.Composable, *, key: str) -> sql.Composable:
    """Answers with the keys of the rows."""
    pairs = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in values.items())
    statement = sql.SQL("UPDATE {} SET {} WHERE {} RETURNING {}")
    return statement.format(sql.Identifier(table), pairs, where, sql.Identifier(key))
