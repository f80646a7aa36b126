"""What officers read in other sources of who holds what, and what they make of where it differs from what was declared."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.organisations import refuse_closed
from accounts.permissions import Permission, require
from accounts.refused import Refused
from kyc.ownership import differing, shares
from kyc.ownership.interests import has_size
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.ownership.reconciling import called, reconcile
from kyc.parties import wording
from kyc.parties.actions import country_of, own
from kyc.parties.models import Party
from kyc.parties.wording import BadText, checked

R, K = Discrepancy.Resolution, Discrepancy.Kind
EARLIEST = date(1900, 1, 1)


class NotThere(Refused):
    """It has been withdrawn, or has ended, meanwhile."""


class NoSlip(Refused):
    """The two are too far apart to be one and the same."""

    field = "resolution"


class NotOfRegister(Refused):
    """Only what a register says is reported to one."""

    field = "resolution"


@transaction.atomic
def observe(
    organisation: Organisation,
    *,
    owned: Party,
    source: str,
    found_in: str,
    stated_on: date,
    owner: Party | None = None,
    owner_name: str = "",
    owner_kind: str = Party.Kind.PERSON,
    owner_country: str = "",
    kind: str = Interest.Kind.SHAREHOLDING,
    share: str = "",
    is_all: bool = False,
    by: User,
) -> list[Observation]:
    """Records that a source, on the day `stated_on`, names an owner of `owned`: a party named already, or somebody by the name
    it gives. With `is_all` it names nobody besides those recorded of it, and alone, that is all it says. The same again is
    silence. Raises BadText, NotHere."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = organisations.held(organisation.pk)
    refuse_closed(organisation)
    owned = own(owned, organisation)
    of_source = {
        "organisation": organisation,
        "owned": owned,
        "source": chosen("source", source, Observation.Source.values),
        "found_in": checked("found_in", found_in, limit=200, required=True),
        "stated_on": past(stated_on, "stated_on"),
    }
    said: list[dict[str, Any]] = []
    if owner or owner_name.strip():
        who = whoever(organisation, owned, owner, owner_name, owner_kind, owner_country)
        kind = chosen("kind", kind, Interest.Kind.values)
        said.append(who | {"kind": kind, "share": share_of(share) if has_size(kind) else ""})
    if is_all:
        said.append({"is_all": True})
    if not said:
        raise BadText("owner", _("Say whom the source names, or that it names nobody else."))
    known = Observation.objects.standing()
    made = [record(of_source | row, by=by) for row in said if not known.filter(**of_source, **BLANK | row).exists()]
    reconcile(organisation.pk, because=R.OVERTAKEN, by=by)
    return made


# What an observation says of an owner where it names none.
BLANK: dict[str, Any] = {
    "is_all": False,
    "owner": None,
    "owner_name": "",
    "owner_kind": "",
    "owner_country": "",
    "kind": Interest.Kind.SHAREHOLDING,
    "share": "",
}


def record(values: dict[str, Any], *, by: User) -> Observation:
    row = Observation.objects.create(**values, recorded_by=by)
    place = {"source": row.source, "found_in": row.found_in, "stated_on": row.stated_on.isoformat()}
    if row.is_all:
        audit.record("observation.nobody_else", target=row, by=by, name=row.owned.name, **place)
    else:
        more = {"owner": row.owner_called, "owned": row.owned.name, "interest": row.kind, "share": row.share}
        audit.record("observation.recorded", target=row, by=by, **more, **place)
    return row


def whoever(organisation: Organisation, owned: Party, owner: Party | None, name: str, kind: str, country: str) -> dict[str, Any]:
    if owner:
        owner = own(owner, organisation)
        if owner == owned:
            raise BadText("owner", _("Nobody holds anything in himself."))
        return {"owner": owner}
    return {
        "owner_name": wording.name(name, field="owner_name"),
        "owner_kind": chosen("owner_kind", kind, Party.Kind.values),
        "owner_country": country_of("owner_country", country, required=False),
    }


def chosen(field: str, value: str, values: list[str]) -> str:
    if value not in values:
        raise BadText(field, _("Choose one from the list."))
    return value


def past(day: date, field: str) -> date:
    if day > timezone.localdate():
        raise BadText(field, _("This day has not come yet."))
    if day < EARLIEST:
        raise BadText(field, _("Write a day from %(year)s on.") % {"year": EARLIEST.year})
    return day


def share_of(text: str) -> str:
    """As a share is kept, also one of nothing: a register may say so. Raises BadText."""
    try:
        shares.parse(text, zero=True)
    except shares.BadShare as bad:
        raise BadText("share", _(str(bad))) from None
    return checked("share", text, limit=40)


@transaction.atomic
def withdraw(observation: Observation, *, reason: str, by: User) -> Observation:
    """Takes back what was recorded by mistake; it stays to be read. Raises NotThere, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisations.held(observation.organisation_id)
    row = Observation.objects.select_related("owner", "owned").get(pk=observation.pk)
    if row.withdrawn_at:
        raise NotThere(_("This has been withdrawn meanwhile."))
    row.withdrawn_because = checked("reason", reason, limit=2000, required=True, lines=True)
    row.withdrawn_at, row.withdrawn_by = timezone.now(), by
    row.save(update_fields=["withdrawn_because", "withdrawn_at", "withdrawn_by"])
    audit.record(
        "observation.withdrawn", target=row, by=by, reason=row.withdrawn_because, name=row.owner_called or row.owned.name
    )
    reconcile(row.organisation_id, because=R.OVERTAKEN, by=by)
    return row


@transaction.atomic
def resolve(
    discrepancy: Discrepancy,
    *,
    resolution: str,
    reason: str,
    reported_on: date | None = None,
    reference: str = "",
    by: User,
) -> Discrepancy:
    """An officer's word on a difference that stands: why it is none, or that it was reported to the register, on that day, under
    that reference (AMLR-09). Raises NotThere, NoSlip, NotOfRegister, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisations.held(discrepancy.organisation_id)
    row = Discrepancy.objects.select_related("observation__owner", "party").get(pk=discrepancy.pk)
    if not row.is_open:
        raise NotThere(_("This has ended meanwhile: %(how)s.") % {"how": row.get_resolution_display()})
    every = [value for value in R.values if value not in Discrepancy.BY_ITSELF]
    row.resolution = chosen("resolution", resolution, every)
    if row.resolution == R.SPELLING and R.SPELLING not in by_hand(row):
        raise NoSlip(
            _("Neither spelling nor rounding makes one of the other. Say what it is, or ask the customer to correct it.")
        )
    row.reason = checked("reason", reason, limit=2000, required=True, lines=True)
    if row.resolution == R.REPORTED:
        row.reported_on, row.reference = reported(row, reported_on, reference)
    row.resolved_at, row.resolved_by = timezone.now(), by
    row.save(update_fields=["resolution", "reason", "reported_on", "reference", "resolved_at", "resolved_by"])
    audit.record(
        "discrepancy.resolved",
        target=row,
        by=by,
        reason=row.reason,
        name=called(row),
        difference=row.kind,
        resolution=row.resolution,
    )
    return row


def by_hand(row: Discrepancy) -> list[R]:
    """How an officer may say that it ended: rounding explains no other kind of interest and no share of another size, and only
    what a register says is reported to it."""
    is_slip = {K.SHARE: differing.may_be_rounding(row.declared, row.observed), K.ROLE: False}.get(K(row.kind), True)
    return [*([R.SPELLING] if is_slip else []), R.SOURCE_WRONG, *([R.REPORTED] if is_of_register(row) else [])]


def is_of_register(row: Discrepancy) -> bool:
    return row.observation.source == Observation.Source.REGISTER


def reported(row: Discrepancy, on: date | None, reference: str) -> tuple[date, str]:
    if not is_of_register(row):
        raise NotOfRegister(_("Only what a register says is reported to a register."))
    if on is None:
        raise BadText("reported_on", _("Say on which day it was reported."))
    return past(on, "reported_on"), checked("reference", reference, limit=200, required=True)
