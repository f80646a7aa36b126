"""Who runs accounts for others: declared by himself, account by account, and confirmed by each of these.

An account is named by a number that its own members alone are shown and give to whom they like. It can't be guessed, so that
naming one tells nobody who else is a customer, and nobody is asked by a stranger whether he acts for him.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts import audit, organisations, scope
from accounts.models import Membership, Organisation, User
from accounts.refused import Refused
from accounts.vault import searching
from kyc.parties import wording
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.wording import BadText, checked

NUMBER = re.compile(r"0*(\d{1,18})[-\s]?([A-Z2-7]{10})", re.ASCII)
# Of one agency, and named at once.
MOST, MOST_AT_ONCE = 1000, 100


class Over(Refused):
    """It has ended meanwhile."""


class Named(NamedTuple):
    """An account as an agency names it."""

    account: int
    name: str


def number_of(organisation: int) -> str:
    """By which its own people let others name it."""
    return f"{organisation:06d}-{proof(organisation)}"


def proof(organisation: int) -> str:
    """50 bits that nobody finds by trying."""
    key = searching.index_key(settings.VAULT_INDEX_KEY, "account number")
    return b32encode(hmac.digest(key, str(organisation).encode(), "sha256")).decode()[:10]


def account_of(number: str) -> int | None:
    """Whose number it is; nobody's says no more than that."""
    found = NUMBER.fullmatch(number.strip().upper())
    if found is None:
        return None
    account = int(found[1])
    return account if constant_time_compare(proof(account), found[2]) else None


def read(text: str, *, own: int) -> Iterator[Named]:
    """One account a line: its number, and how the agency calls it. Raises BadText with the line."""
    lines = [(at, line.strip()) for at, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise BadText("accounts", _("Write the number of at least one account."))
    if len(lines) > MOST_AT_ONCE:
        raise BadText("accounts", _("Name at most %(most)s at once.") % {"most": MOST_AT_ONCE})
    for at, line in lines:
        number, _space, name = line.partition(" ")
        account = account_of(number)
        if account is None:
            raise BadText("accounts", _("Line %(line)s does not begin with the number of an account.") % {"line": at})
        if account == own:
            raise BadText("accounts", _("Line %(line)s has the number of your own account.") % {"line": at})
        yield Named(account, wording.name(name, field="accounts", required=False)[:200])


@transaction.atomic
def declare(organisation: Organisation, *, name: str, ground: str, words: str, accounts: str, by: User) -> Agency:
    """By a member: that it runs these accounts (one a line, as `read` takes them) for others. Nothing follows before they and an
    officer have confirmed it. The same name declared while it stands is the same agency. Raises BadText."""
    organisation = organisations.locked(organisation, by=by)
    if ground not in Agency.Ground.values:
        raise BadText("ground", _("Choose on which ground."))
    name = wording.name(name)[:200]
    said = {"name": name, "ground": ground, "words": checked("words", words, limit=2000, required=True, lines=True)}
    named = list(read(accounts, own=organisation.pk))
    agency = Agency.objects.live().filter(organisation=organisation, **said).first()
    if agency is None:
        agency = Agency.objects.create(organisation=organisation, **said, declared_by=by)
        audit.record("agency.declared", target=agency, by=by, agency=agency.number, name=agency.name, ground=ground)
    put(agency, named, by=by)
    return agency


@transaction.atomic
def correct(agency: Agency, *, name: str, ground: str, words: str, by: User) -> Agency:
    """By a member: what it is called, why it is so, and what is done. Officers' words on what it said before hold no more; that
    its accounts have confirmed it stands, since that is about who runs them. The same again is silence. Raises BadText, Over."""
    agency = locked(agency, by=by)
    if ground not in Agency.Ground.values:
        raise BadText("ground", _("Choose on which ground."))
    said = {
        "name": wording.name(name)[:200],
        "ground": ground,
        "words": checked("words", words, limit=2000, required=True, lines=True),
    }
    before = {column: getattr(agency, column) for column in said}
    if said != before:
        for column, value in said.items():
            setattr(agency, column, value)
        agency.said_at = timezone.now()
        agency.save(update_fields=[*said, "said_at"])
        changed = [column for column in said if said[column] != before[column]]
        audit.record("agency.corrected", target=agency, by=by, agency=agency.number, changed=changed)
    return agency


def before(agency: Agency) -> list[Any]:
    """What it said before it was corrected, the last first: events of its history, each with `name`, `ground`, `words`,
    `said_at`."""
    events = Agency.pgh_event_model.objects.filter(pgh_obj_id=agency.pk).exclude(said_at=agency.said_at)  # type: ignore[attr-defined]  # pghistory adds it
    return list(events.order_by("-said_at", "-pgh_id").distinct("said_at"))


@transaction.atomic
def add(agency: Agency, *, accounts: str, by: User) -> list[AgencyAccount]:
    """More that it acts for. Whom it has named already it has not named twice. Raises BadText, Over."""
    agency = locked(agency, by=by)
    return put(agency, list(read(accounts, own=agency.organisation_id)), by=by)


def put(agency: Agency, named: list[Named], *, by: User) -> list[AgencyAccount]:
    live = set(agency.accounts.live().values_list("account", flat=True))
    fresh = {one.account: one for one in named if one.account not in live}
    if len(live) + len(fresh) > MOST:
        raise BadText("accounts", _("An agency acts for at most %(most)s accounts.") % {"most": MOST})
    if said_no := refusing(agency.organisation_id) & fresh.keys():
        told = {"number": number_of(min(said_no))}
        raise BadText("accounts", _("%(number)s has answered that you do not run it, and is not asked again.") % told)
    made = [
        AgencyAccount.objects.create(
            organisation=agency.organisation, agency=agency, account=one.account, name=one.name, added_by=by
        )
        for one in fresh.values()
    ]
    if made:
        audit.record("agency.accounts_named", target=agency, by=by, agency=agency.number, accounts=len(made))
    return made


def refusing(organisation: int) -> set[int]:
    """Accounts that have answered with no, whatever they were named for; the database refuses to name them again. Ended by nobody
    of the agency, it was ended by the account's own."""
    own = Membership.objects.filter(organisation=organisation).values("user")
    rows = AgencyAccount.objects.filter(organisation=organisation, ended_at__isnull=False).exclude(ended_by__in=own)
    return set(rows.values_list("account", flat=True))


def locked(agency: Agency, *, by: User) -> Agency:
    """For a member of the organisation that declared it. Raises Over."""
    organisations.locked(agency.organisation, by=by)
    found = Agency.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=agency.pk)
    if found.ended_at is not None:
        raise Over(_("You have ended this meanwhile."))
    return found


@transaction.atomic
def end(agency: Agency, *, by: User) -> Agency:
    """By a member of whoever declared it: it acts for nobody any more. Twice it is silence."""
    organisations.locked(agency.organisation, by=by)
    row = Agency.objects.select_for_update().get(pk=agency.pk)
    if row.ended_at is None:
        row.ended_at, row.ended_by = timezone.now(), by
        row.save(update_fields=["ended_at", "ended_by"])
        audit.record("agency.ended", target=row, by=by, agency=row.number)
    return row


@transaction.atomic
def let_go(row: AgencyAccount, *, by: User) -> AgencyAccount:
    """By a member of the agency: it does not act for that account any more. Twice it is silence."""
    organisations.locked(row.organisation, by=by)
    row, is_new = ended(row, by=by)
    if is_new:
        audit.record("agency.account_let_go", target=row, by=by, agency=row.agency.number)
    return row


def ended(row: AgencyAccount, *, by: User) -> tuple[AgencyAccount, bool]:
    """And whether it was not before."""
    row = AgencyAccount.objects.select_for_update(of=("self",)).select_related("agency").get(pk=row.pk)
    if row.ended_at is not None:
        return row, False
    row.ended_at, row.ended_by = timezone.now(), by
    row.save(update_fields=["ended_at", "ended_by"])
    return row, True


def asked_of(organisation: Organisation) -> list[AgencyAccount]:
    """Who says that he acts for the organisation, and has not ended it; the rows are the agencies' own."""
    with scope.everything():
        rows = AgencyAccount.objects.live().filter(account=organisation.pk, organisation__closed_at__isnull=True)
        return list(rows.select_related("agency", "organisation").order_by("pk"))


@transaction.atomic
def answer(row: AgencyAccount, *, is_so: bool, by: User) -> AgencyAccount:
    """By a member of the account it is about: the agency acts for it, or does not, or does no more. Who answers stands
    in the record of his own organisation; in the agency's stands that it was answered. Raises Over."""
    organisation = organisations.locked(Organisation.objects.get(pk=row.account), by=by)
    with scope.everything():
        if not is_so:
            now, is_new = ended(row, by=by)
            if is_new:
                audit.record("agency.account_left", target=organisation, by=by, agency=now.agency.number)
                audit.record("agency.account_answered", target=now, by=None, agency=now.agency.number)
            return now
        now = AgencyAccount.objects.select_for_update(of=("self",)).select_related("agency").get(pk=row.pk)
        if now.ended_at is not None or now.agency.ended_at is not None:
            raise Over(_("They have taken this back meanwhile, so there is nothing to confirm."))
        if now.confirmed_at is None:
            now.confirmed_at, now.confirmed_by = timezone.now(), by
            now.save(update_fields=["confirmed_at", "confirmed_by"])
            audit.record("agency.account_confirmed", target=organisation, by=by, agency=now.agency.number)
            audit.record("agency.account_answered", target=now, by=None, agency=now.agency.number)
        return now
