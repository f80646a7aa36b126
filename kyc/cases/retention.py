"""How long the examination is kept; and when a relationship has ended, from which most clocks count.

A customer's relationship lasts while he is verified or an application of his is alive. It ends when the account is closed, or
without that when the last of these has ended: a refused application on the day of its decision, since nothing is owed to each
other from then on; one that was given up on the day on which somebody of the customer was last seen; a verified entity that
nobody renewed on its last day. An account of which nothing is left counts as closed on that day too, else what a refused customer
sent would be kept for ever. Access is a member's: when a key was last used is not known yet, since nothing counts usage.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.models import Membership
from accounts.retention import Clock, RecordClass, Started, Values, day_of, latest
from kyc.cases.models import Case, DecidedOwner, Entity, Finding, FlagRuling, Requirement
from kyc.ownership.models import Determination
from kyc.risk.models import Fact, Factor, Score
from kyc.rules import packs
from kyc.rules.retention import rule

State = Case.State
WITH_CUSTOMER = (State.DRAFT, State.WAITING)
WITH_US = (State.SUBMITTED, State.REVIEW, State.PROPOSED)


def of_organisation(model: Any) -> Any:
    return model.objects.filter(organisation=OuterRef("pk"))


COLUMNS = {
    "is_verified": lambda on: Exists(of_organisation(Entity).filter(ended_at=None, valid_until__gt=on)),
    "entity_ended": lambda on: latest(Entity, Coalesce("ended_at", "valid_until")),
    "is_examined": lambda on: Exists(of_organisation(Case).filter(state__in=WITH_US)),
    "is_with_customer_since": lambda on: latest(Case, "in_state_since", state__in=WITH_CUSTOMER),
    "case_ended": lambda on: latest(Case, "in_state_since", state__in=Case.ENDED),
    "seen_at": lambda on: Greatest(latest(Membership, "user__last_login"), latest(Membership, "user__usersession__last_seen_at")),
}


def relationship(values: Values, on: date) -> Started:
    if values["closed_at"]:
        return Started(day_of(values["closed_at"]))
    if values["is_verified"]:
        return Started(None, _("The customer is verified, and the relationship lasts."))
    if values["is_examined"]:
        return Started(None, _("An application is being examined."))
    alive = last_day_of(values["is_with_customer_since"], values["seen_at"]) if values["is_with_customer_since"] else None
    if alive and on - alive < timedelta(days=packs.current().abandoned_days):
        return Started(None, _("An application is being filled in."))
    ended = last_day_of(values["created_at"], values["entity_ended"], values["case_ended"])
    return Started(max(ended, alive) if alive else ended)


def last_day_of(*moments: datetime | None) -> date:
    return max(moment.astimezone(UTC).date() for moment in moments if moment)


def closed_or_accessed(values: Values, on: date) -> Started:
    ended = relationship(values, on)
    if ended.since is None or values["seen_at"] is None:
        return ended
    return Started(max(ended.since, day_of(values["seen_at"])))


retention.clock(Clock("relationship_end", _("the end of the relationship"), COLUMNS, relationship))
retention.clock(Clock("account_closed", _("the closing of the account"), COLUMNS, relationship))
retention.clock(
    Clock("closed_or_accessed", _("the closing of the account, or the last access if later"), COLUMNS, closed_or_accessed)
)
retention.register(
    RecordClass(
        code="examination",
        label=_("The examination and its analysis"),
        models=(Case, Requirement, Finding, Determination, DecidedOwner, Score, Factor, Fact),
        rules=(rule("cdd-file"), rule("cip-descriptions")),
        made={Case: "opened_at", Requirement: "asked_at", Determination: "determined_at", Score: "scored_at", Fact: "at"},
        told=_("What we examined, asked and found"),
    )
)
retention.register(
    RecordClass(
        code="red_flags",
        label=_("Rulings on red flags"),
        models=(FlagRuling,),
        rules=(rule("export-records"), rule("cdd-file")),
        told=_("What we asked you about your use, and what came of it"),
    )
)
retention.no_record("kyc.Fall", "a task: that a document is asked for anew; what fell and what was asked stand in the record")
retention.no_record("kyc.Asking", "a task: that something is to be asked by rule; what was asked stands in the case")
retention.no_record("kyc.Review", "a task: that somebody has to look at signed answers; what came of it stands in the case")
