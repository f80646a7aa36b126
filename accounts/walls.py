"""Which rows the app's database role is shown, table by table: the policies of the second wall (accounts/scope.py).

A table whose rows are each of one organisation stands behind its `organisation_id`, its history too. A model that says
`confined = True` is of the investigators' compartment (FIN-17) and shown only where that is open, and where it is about no
organisation alone, as an incident is that concerns several, only to whose business everything is. Tables that stand open are
listed with the reason, so that a new model is one or the other. A model that says `of_the_house = True` tells officers of two
organisations at once, and is shown only to whose business everything is.

An expression that PostgreSQL does not hold for leakproof (LIKE, most functions) is not looked up by an index before the policy
was asked: on a long table let a plain comparison narrow first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model
from pghistory.core import event_models
from psycopg import sql

from accounts.compartment import PROPOSED, confined, is_confined
from accounts.models import AuditEvent, Organisation, Proposal

FIRST, LAST = (sql.SQL("nullif(current_setting({}, true), '')::bigint").format(f"kh.{end}") for end in ("first", "last"))
# Whose business everything is; what is of no organisation at all is the house's, and nobody else's.
WIDE = sql.SQL("{} = 0").format(FIRST)
IN_COMPARTMENT = sql.SQL("current_setting('kh.compartment', true) = 'on'")
# What it has just written itself a transaction is shown, as INSERT ... RETURNING asks.
OWN = sql.SQL("xid = pg_current_xact_id_if_assigned()")

OPEN = {
    "accounts.User": "read before anybody knows whose business a request is",
    "accounts.GatewayCredential": "of the house; read before anybody knows which key is asked about",
    "accounts.AuditLeaf": "hashes of all events, which prove nothing in part",
    "accounts.AuditHead": "of the whole log; names nobody",
    "accounts.AuditTimestamp": "of the whole log; names nobody",
    "accounts.DisposalPlan": "days and counts; names nobody",
    "accounts.Incarnation": "of the database itself",
    "accounts.Snapshot": "of the database itself",
    "accounts.RangeList": "that a file of ranges was loaded; of no customer",
    "accounts.Range": "whose the addresses of networks are, as published; of no customer",
    "kyc.ListVersion": "published to everybody",
    "kyc.ListEntry": "published to everybody",
    "kyc.ListUpdate": "tries to load what is published to everybody; names nobody",
    "kyc.Rescreening": "numbers and counts; names nobody",
    "kyc.StandingHold": "that some keys may not act, from and to; names no customer",
    "kyc.StandingTier": "which models are closed to them, and when; names no customer",
    "kyc.PlaceList": "that a file of networks was loaded; of no customer",
    "kyc.Place": "where networks are; of no customer",
    "kyc.ModelRelease": "that a model was released, of which everybody may know",
    "kyc.UsageBatch": "numbers and counts of what a gateway sent; names no customer",
    "kyc.LeiCopy": "that a list of legal entities was loaded; of no customer",
    "kyc.LegalEntity": "published to everybody",
    "kyc.LegalEntityParent": "published to everybody",
    "demo.Mail": "the demo's mailbox, which shows what it caught to whoever tries it",
}


@dataclass(frozen=True)
class Wall:
    table: str
    # Empty where a row is of no organisation.
    column: str
    is_nullable: bool = False
    is_confined: bool = False
    # Of an event log that names rows of other tables: those that are confined.
    about: tuple[str, ...] = ()
    # Of proposals: how the kind of those begins that are confined.
    apart: str = ""

    def shown(self) -> sql.Composable:
        column = sql.Identifier(self.column or "id")
        shown = sql.SQL("{} BETWEEN {} AND {}").format(column, FIRST, LAST) if self.column else WIDE
        if self.is_nullable:
            shown = sql.SQL("({} OR ({} IS NULL AND {}))").format(shown, column, WIDE)
        if self.is_confined:
            shown = sql.SQL("{} AND {}").format(shown, IN_COMPARTMENT)
        if self.about:
            shown = sql.SQL("{} AND ({} OR NOT ({}))").format(shown, IN_COMPARTMENT, self.is_about_confined())
        if self.apart:
            begins = sql.SQL("starts_with(kind, {})").format(sql.Literal(self.apart))
            shown = sql.SQL("{} AND ({} OR NOT {})").format(shown, IN_COMPARTMENT, begins)
        return shown

    def is_about_confined(self) -> sql.Composable:
        return sql.SQL("target_type = ANY ({}::text[])").format(sql.Literal([*self.about]))

    def statements(self, role: sql.Identifier, *, everything: sql.Identifier | None) -> Iterator[sql.Composable]:
        """What stands it up before `role`, and lets `everything` through."""
        table = sql.Identifier(self.table)
        yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table)
        for name in ("kh_scope", "kh_written", "kh_everything"):
            yield sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(sql.Identifier(name), table)
        if self.table == AuditEvent._meta.db_table:
            # Whoever acts writes into the log, also what he is not shown there. Of the compartment that is only who has it open.
            yield sql.SQL("CREATE POLICY kh_written ON {} FOR INSERT TO {} WITH CHECK (true)").format(table, role)
            others = sql.SQL("organisation_id IS NULL AND NOT ({})").format(self.is_about_confined())
            shown = sql.SQL("({}) OR {} AND {}").format(self.shown(), others, OWN)
            yield sql.SQL("CREATE POLICY kh_scope ON {} FOR SELECT TO {} USING ({})").format(table, role, shown)
        else:
            yield sql.SQL("CREATE POLICY kh_scope ON {} TO {} USING ({})").format(table, role, self.shown())
        if everything is not None:
            yield sql.SQL("CREATE POLICY kh_everything ON {} TO {} USING (true)").format(table, everything)


def column_of(model: type[Model]) -> Any:
    """The field that says of which organisation a row is, None where there is none."""
    if model is Organisation:
        return model._meta.pk
    named = [field for field in model._meta.concrete_fields if field.attname == "organisation_id"]
    return named[0] if named else None


def walls() -> list[Wall]:
    tracked = {event: event.pgh_tracked_model for event in event_models()}  # type: ignore[attr-defined]  # pghistory adds it
    found = []
    for model in apps.get_models():
        source = tracked.get(model, model)
        is_of_house = getattr(source, "of_the_house", False)
        field = None if is_of_house else column_of(source)
        if field is None and not is_confined(source) and not is_of_house:
            continue
        found.append(
            Wall(
                model._meta.db_table,
                field.column if field else "",
                is_nullable=bool(field and field.null),
                is_confined=is_confined(source),
                about=confined() if source is AuditEvent else (),
                apart=PROPOSED if source is Proposal else "",
            )
        )
    return found
