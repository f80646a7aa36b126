"""How long is kept what evidences a screened transaction: ten years, and nothing but that.

With us a transaction is that a key acts. Its evidence are the rounds of screening with the versions of the lists, the possible
matches and the rulings on them, who decided upon them, the entity that came of it, and which keys answered to that from when to
when, under which holds. Each of these says in itself whom it is about (the name that was compared, the entity's name), so that
none needs the file, which goes after five years: identity, owners, documents, analysis, and how was paid, since no payment
passes through this product.
"""

from datetime import date
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.models import Proposal
from accounts.retention import Clock, RecordClass, Started, Values, day_of, latest
from kyc.cases.models import Decision, Entity, Examination
from kyc.cases.retention import COLUMNS, relationship
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.models import Hold, Key, Leak, Link
from kyc.keys.standing_models import StandingProof
from kyc.rules.retention import rule
from kyc.screening.models import Hit


def is_blocked(on: Any) -> Any:
    """A party of it is on a list, and the hold on it stands: what is blocked was not unblocked yet."""
    held = Hold.objects.live().filter(on_organisation=OuterRef("pk"))
    listed = Hit.objects.standing().filter(organisation=OuterRef("pk"), ruling=Hit.Ruling.TRUE)
    return ExpressionWrapper(Exists(held) & Exists(listed), output_field=BooleanField())


ENDS = COLUMNS | {"link_ended": lambda on: latest(Link, "valid_to")}
BLOCKED = ENDS | {"is_blocked": is_blocked, "unblocked": lambda on: latest(Hold, "lifted_at")}


def export_event(values: Values, on: date) -> Started:
    """The latest of the last export, which is that a key could act, a known re-export, of which none is recorded, and the end of
    the transaction, which is that of the relationship."""
    return later(relationship(values, on), values["link_ended"])


def transaction(values: Values, on: date) -> Started:
    """The last one there could be, or the unblocking of what was blocked."""
    ended = relationship(values, on)
    if ended.since and values["is_blocked"]:
        return Started(None, _("It is blocked because of a listed party, and was not unblocked."))
    return later(ended, values["link_ended"], values["unblocked"])


def later(ended: Started, *moments: Any) -> Started:
    return Started(max([ended.since, *map(day_of, filter(None, moments))])) if ended.since else ended


retention.clock(Clock("export_event", _("the latest of export, re-export and end of the transaction"), ENDS, export_event))
retention.clock(Clock("transaction", _("the last transaction, or the unblocking"), BLOCKED, transaction))
SCREENED = (Hit, Examination, Proposal, Decision, Entity)
retention.register(
    RecordClass(
        code="screening",
        label=_("Screening, and what it let the keys do"),
        models=(
            Hit,
            Examination,
            Proposal,
            Decision,
            Entity,
            Key,
            Link,
            Hold,
            Restriction,
            Appeal,
            Leak,
            ImportedKey,
            Remediation,
            StandingProof,
        ),
        rules=(rule("ofac-transactions"), rule("cdd-file")),
        told=_("That we compared names with sanctions lists, what we decided, and which keys you held"),
    )
)
retention.no_record("kyc.Renewal", "a task: that somebody has to be told, or keys held; the hold it made is a record")
retention.no_record("kyc.Expiry", "a task: that evidence expires; the hold it made is a record")
retention.no_record("kyc.KeyRequirement", "a task: that a customer has to be told, or a key held; the hold it made is a record")
retention.no_record("kyc.Reassessment", "a task: that keys have to be held or let go; the hold is a record")
retention.no_record("kyc.SandboxOutcome", "a task of sandboxes; the decision it made is a record")
retention.no_record("kyc.KeyUse", "when a key was last asked about, overwritten by the next time; its key is a record")
retention.no_record("kyc.KeyRefusal", "that a call was refused; taken out after days, and what refused it is a record")
retention.no_record("kyc.KeyChange", "that gateways are to read a key again; taken out after days, and what changed is a record")
