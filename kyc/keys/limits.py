"""Setting limits: an officer the organisation's, a member those of its own projects and keys, within the organisation's."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.compartment import refuse_incidents
from accounts.models import Organisation, Project, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused
from kyc.keys import amounts, pools
from kyc.keys.appeal_models import Restriction
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool, Period, Unit
from kyc.parties.currencies import is_currency

# Far above what anybody uses, and a number that the database adds up.
HIGHEST = 10**15


class BadLimit(Refused):
    """A limit is a whole number, of a unit and a period that there are."""

    def __init__(self, message: str, field: str = "limit") -> None:
        super().__init__(message)
        self.field = field


class AboveTheOrganisations(Refused):
    """What a project or key may use is part of what its organisation may."""

    field = "limit"


class SetByAnOwner(Refused):
    """What an owner of the account has set, its other members tighten alone."""

    field = "limit"


@transaction.atomic
def set_limit(
    organisation: Organisation,
    *,
    unit: str,
    period: str,
    limit: int,
    currency: str = "",
    project: Project | None = None,
    key: Key | None = None,
    reason: str = "",
    by: User,
) -> LimitPool:
    """One limit of a unit and period of each: set again, it is another number. In force on the next reservation and the next
    question a gateway asks; what was used in its time before counts. Within what an owner has set any member sets less, and more
    again. An officer says why, and stops keys by a hold and not by a limit of nothing. Raises BadLimit, AboveTheOrganisations,
    SetByAnOwner, NotPermitted, ReasonMissing."""
    is_own = bool(project or key)
    found = held(organisation, is_own=is_own, by=by)
    check(unit, period, limit, currency)
    if not is_own:
        refuse_unexplained(reason, _("Say why the limit is set."))
        if not limit:
            raise BadLimit(_("A limit of 0 would stop every key without saying so. Place a hold instead."))
    if (project or key) and (project or key).organisation_id != found.pk:  # type: ignore[union-attr]  # one of two
        raise BadLimit(_("Choose one of your own projects or keys."), "of")
    of: dict[str, Any] = {"organisation": found, "project": project, "key": key, "restriction": None}
    of |= {"unit": unit, "currency": currency, "period": period}
    refuse_another_currency(found, unit, currency)
    if project or key:
        refuse_above(found, unit, period, currency, limit)
    standing = LimitPool.objects.filter(**of).first()
    most = owners_most(found, standing, limit, by=by) if is_own else None
    if standing is not None and (standing.limit, standing.owners_most) == (limit, most):
        return standing
    told_anew = {"limit": limit, "owners_most": most, "set_at": timezone.now(), "set_by": by}
    pool, _is_new = LimitPool.objects.update_or_create(**of, defaults=told_anew)
    pools.open_windows([pool.pk], [timezone.now().astimezone(UTC).date()])
    audit.record("limit.set", target=pool, by=by, reason=reason, **told(pool))
    return pool


@transaction.atomic
def remove_limit(pool: LimitPool, *, reason: str = "", by: User) -> None:
    """Nothing limits there any more. Repeated, it is silence. An officer says why. Raises SetByAnOwner, NotPermitted,
    ReasonMissing."""
    is_own = bool(pool.project_id or pool.key_id)
    organisation = held(pool.organisation, is_own=is_own, by=by)
    if not is_own:
        refuse_unexplained(reason, _("Say why the limit is removed."))
    found = LimitPool.objects.select_for_update().filter(pk=pool.pk).first()
    if found is not None:
        if found.restriction_id is not None:
            raise BadLimit(_("It is part of what the customer was told, and ends with that."), "reason")
        if found.owners_most is not None and not organisations.is_owner(by, organisation):
            raise SetByAnOwner(_("An owner of the account has set this limit. Only an owner removes it; you may set less."))
        audit.record("limit.removed", target=found, by=by, reason=reason, **told(found))
        found.delete()


def restrict(restriction: Restriction, *, unit: str, period: str, limit: int, currency: str, by: User) -> LimitPool:
    """How much its customer may use of his own, beside the limits that he has; within a transaction that writes the audit row."""
    of_it = {"unit": unit, "period": period, "limit": limit, "currency": currency}
    organisation = restriction.organisation
    made = LimitPool.objects.create(organisation=organisation, restriction=restriction, **of_it, set_at=timezone.now(), set_by=by)
    pools.open_windows([made.pk], [timezone.now().astimezone(UTC).date()])
    return made


def let_go(restriction: Restriction) -> None:
    """What it limited it limits no more; within a transaction as `restrict`."""
    LimitPool.objects.filter(restriction=restriction).delete()


def held(organisation: Organisation, *, is_own: bool, by: User) -> Organisation:
    """The organisation, held, of who may set that limit."""
    if is_own:
        return organisations.locked(organisation, by=by)
    require(by, Permission.HOLD_PLACE)
    found = organisations.held(organisation.pk)
    organisations.refuse_closed(found)
    return found


def owners_most(organisation: Organisation, standing: LimitPool | None, limit: int, *, by: User) -> int | None:
    """What members may set from now on; None where no owner has said. Raises SetByAnOwner."""
    if organisations.is_owner(by, organisation):
        return limit
    most = standing.owners_most if standing else None
    if most is not None and limit > most:
        raise SetByAnOwner(
            _("An owner of the account has set %(most)s. You may set less, and only an owner sets more.")
            % {"most": amounts.shown(most, standing.currency if standing else "")}
        )
    return most


def refuse_unexplained(reason: str, sentence: str) -> None:
    """Of what an officer does to all of a customer's keys."""
    if not reason.strip():
        raise ReasonMissing(sentence)
    refuse_incidents(reason)


def counted(written: Decimal, unit: str) -> int:
    """What somebody wrote, as limits count it. Raises BadLimit."""
    most = HIGHEST // amounts.MILLION if unit == Unit.MONEY else HIGHEST
    if not 0 <= written <= most:
        raise BadLimit(_("Write a number from 0 to %(most)s.") % {"most": amounts.shown(most)})
    found = amounts.kept(written, unit)
    if found is None and unit == Unit.MONEY:
        raise BadLimit(_("Money has six places behind the point at most."))
    if found is None:
        raise BadLimit(_("Write a whole number: only money has parts."))
    return found


def check(unit: str, period: str, limit: int, currency: str) -> None:
    if unit not in Unit.values or period not in Period.values:
        raise BadLimit(_("Choose what is limited, and in which time."), "unit")
    if not 0 <= limit <= HIGHEST:
        raise BadLimit(_("Write a whole number from 0 to %(most)s.") % {"most": HIGHEST})
    if unit == Unit.MONEY and not is_currency(currency):
        raise BadLimit(_("Write the code of a currency that is in use, such as EUR, USD or CNY."), "currency")
    if unit != Unit.MONEY and currency:
        raise BadLimit(_("Only money has a currency: leave it out, or count in money."), "currency")


def refuse_another_currency(organisation: Organisation, unit: str, currency: str) -> None:
    """All limits of money of a customer are in one currency, since none is exchanged here: a limit would leave what is spent in
    another untouched. Raises BadLimit."""
    others = LimitPool.objects.filter(organisation=organisation, unit=Unit.MONEY).exclude(currency=currency)
    if unit == Unit.MONEY and (other := others.first()):
        raise BadLimit(
            _("Money is limited in %(currency)s here already. Limit it in %(currency)s too, or remove those limits first.")
            % {"currency": other.currency},
            "currency",
        )


def refuse_above(organisation: Organisation, unit: str, period: str, currency: str, limit: int) -> None:
    whole = LimitPool.objects.filter(
        organisation=organisation, project=None, key=None, restriction=None, unit=unit, period=period, currency=currency
    ).first()
    if whole is not None and limit > whole.limit:
        raise AboveTheOrganisations(
            _("Your organisation may use %(most)s %(period)s in all. Choose no more than that.")
            % {"most": amounts.measured(whole.limit, unit, currency), "period": whole.get_period_display()}
        )


def told(pool: LimitPool) -> dict[str, str | int]:
    of = f"key {pool.key_id}" if pool.key_id else f"project {pool.project_id}" if pool.project_id else "organisation"
    return {"unit": pool.unit, "period": pool.period, "limit": pool.limit, "currency": pool.currency, "of": of}
