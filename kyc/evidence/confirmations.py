"""What parties say of themselves, confirmed otherwise than by reading their papers: made, ended, and asked for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from accounts.vault import Unreadable, searching
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.models import Document
from kyc.evidence.proofs import NotAProof, current, may_prove
from kyc.parties import comparing
from kyc.parties.actions import customer, own
from kyc.parties.models import Party, PaymentMeans
from kyc.parties.wording import BadText, alike, checked, is_same_person
from kyc.rules import packs

W, H = Confirmation.What, Confirmation.How


class NothingToConfirm(Refused):
    """The party does not say what is to be confirmed, or says another thing by now."""


class AlreadyEnded(Refused):
    """The confirmation has ended meanwhile."""


class OtherName(Refused):
    """Who is named on a means of payment is not the customer."""

    field = "reason"


def said(party: Any) -> Mapping[str, str]:
    """By what it is, what the party says of itself, or said in a row of its history; what can't be read is left out."""
    told: dict[str, Any] = {
        W.EMAIL: party.email,
        W.PHONE: party.phone,
        W.ADDRESS: party.address,
        W.DOMAIN: party.domain,
        W.LEI: party.lei,
        W.REGISTRATION: party.registration_number,
        W.IDENTITY: party.birth_date if party.kind == Party.Kind.PERSON else "",
    }
    return {what: str(text) for what, text in told.items() if text and not isinstance(text, Unreadable)}


def mark(what: str, *parts: str) -> str:
    """By which it is told whether two say the same."""
    return searching.fingerprint("\n".join([what, *map(alike, parts)]), purpose="confirmed")


def mark_of(party: Any, what: str, text: str) -> str:
    """A number is one of a register, and an identity one of a name."""
    beside = {W.REGISTRATION: (party.country, party.register), W.IDENTITY: (party.name,)}.get(W(what), ())
    return mark(what, text, *beside)


def mark_of_payment(party: Any, means: Any, number: int | None = None) -> str:
    """`number` where the means is a row of history, which has another of its own."""
    return mark(W.PAYMENT, str(number or means.pk), means.holder, party.name)


def marks(party: Party, live: Iterable[PaymentMeans]) -> set[str]:
    """Of all that it says today, and of its organisation's live means of payment."""
    found = {mark_of(party, what, text) for what, text in said(party).items()}
    return found | {mark_of_payment(party, means) for means in live}


def confirmed(party: Party, *, on: date | None = None) -> QuerySet[Confirmation]:
    """What of the party is confirmed and may be relied on that day, today by default: `what`, `confirmed_at`, `how`,
    `valid_until`. Nothing of what it has said otherwise since; expired, ended or taken back neither."""
    live = PaymentMeans.objects.live().filter(organisation=party.organisation_id)
    return Confirmation.objects.good(on or timezone.localdate()).filter(party=party, mark__in=marks(party, live)).order_by("pk")


def standing(organisation: Organisation, parties: Sequence[Party]) -> dict[int, dict[str, Confirmation]]:
    """The same of several parties of one organisation today, by party and what it is, in as many queries as of one."""
    live = list(PaymentMeans.objects.live().filter(organisation=organisation))
    said_now = {party.pk: marks(party, live) for party in parties}
    found: dict[int, dict[str, Confirmation]] = {}
    for row in Confirmation.objects.good(timezone.localdate()).filter(organisation=organisation).order_by("pk"):
        if row.mark in said_now.get(row.party_id, ()):
            found.setdefault(row.party_id, {})[row.what] = row
    return found


@transaction.atomic
def make(
    party: Party,
    *,
    what: str,
    how: str,
    value: str,
    mark: str,
    by: User | None,
    document: Document | None = None,
    means: PaymentMeans | None = None,
    note: str = "",
    **details: Any,
) -> Confirmation:
    """Takes the place of one made before in the same way of the same thing. Whoever calls holds the organisation's row. Its
    `details` are facts of the check, and no number."""
    pack = packs.current()
    standing = Confirmation.objects.live().filter(party=party, what=what, how=how, mark=mark)
    standing.update(ended_at=timezone.now(), ended_because="confirmed anew")
    row = Confirmation.objects.create(
        organisation=party.organisation,
        party=party,
        what=what,
        how=how,
        value=value,
        mark=mark,
        document=document,
        means=means,
        details=details,
        note=note,
        rule_pack=pack.version,
        confirmed_by=by,
        valid_until=timezone.localdate() + timedelta(days=pack.confirmations.valid_days(how)),
    )
    audit.record("confirmation.made", target=row, by=by, reason=note, name=party.name, what=what, how=how)
    return row


# What an officer confirms by a paper, and of what kinds that is.
D = Document.Kind
BY_PAPER: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    H.EXTRACT: ((W.REGISTRATION,), (D.REGISTER_EXTRACT,)),
    H.ADDRESS_DOCUMENT: ((W.ADDRESS,), (D.ADDRESS, D.REGISTER_EXTRACT, D.RESIDENCE, D.PAYMENT)),
    H.NOTARISED: ((W.IDENTITY, W.REGISTRATION), (D.PASSPORT, D.IDENTITY_CARD, D.REGISTER_EXTRACT, D.ARTICLES, D.FOUNDING_ACT)),
    H.LETTER: ((W.ADDRESS, W.REGISTRATION, W.IDENTITY), tuple(D.values)),
}


@transaction.atomic
def by_paper(
    party: Party,
    *,
    what: str,
    how: str,
    document: Document,
    dated: date,
    issuer: str,
    number: str,
    note: str = "",
    by: User,
) -> Confirmation:
    """An officer has read in a paper what the party says: who issued it, on which day, and what it says word for word in
    `number` (the number, the address, the date of birth), which is compared here. Raises NotPermitted, NotHere, BadText,
    NotAProof, NothingToConfirm."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = organisations.held(party.organisation_id)
    organisations.refuse_closed(organisation)
    party, document = own(party, organisation), current(document, organisation)
    whats, kinds = BY_PAPER.get(how, ((), ()))
    if what not in whats:
        raise BadText("how", _("This is not confirmed in that way."))
    if document.kind not in kinds or not may_prove(document, party, customer(organisation)):
        raise NotAProof(_("This document does not show that of %(name)s.") % {"name": party.name})
    text = said(party).get(what)
    if not text:
        raise NothingToConfirm(_("%(name)s has not told us this.") % {"name": party.name})
    refuse_old(how, dated)
    issuer = checked("issuer", issuer, limit=200, required=True)
    if not agrees(what, text, checked("number", number, limit=500, required=True)):
        raise BadText("number", _("The paper says otherwise than the customer. Ask the customer, or record the difference."))
    facts = {"issuer": issuer, "dated": dated.isoformat(), "paper": document.kind}
    note = checked("note", note, limit=2000, lines=True)
    return make(
        party,
        what=what,
        how=how,
        value=text,
        mark=mark_of(party, what, text),
        document=document,
        note=note,
        by=by,
        **facts,
    )


def refuse_old(how: str, dated: date) -> None:
    today, days = timezone.localdate(), packs.current().confirmations.paper_days(how)
    if dated > today:
        raise BadText("dated", _("This day has not come yet."))
    if dated < today - timedelta(days=days):
        raise BadText("dated", _("The paper is older than %(days)s days. Ask for a new one.") % {"days": days})


def agrees(what: str, declared: str, read: str) -> bool:
    """Of an address the words count and not their order; of all else letters and digits."""
    return comparing.is_same_address(read, declared) if what == W.ADDRESS else comparing.is_same_number(read, declared)


@transaction.atomic
def by_payment(means: PaymentMeans, *, reason: str = "", by: User) -> Confirmation:
    """The name on a means of payment is the customer's; where it is written otherwise, an officer says why it is the same. Raises
    NotPermitted, NothingToConfirm, OtherName, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = organisations.held(means.organisation_id)
    organisations.refuse_closed(organisation)
    row, party = PaymentMeans.objects.live().filter(pk=means.pk).first(), customer(organisation)
    if row is None or not row.holder or party is None:
        raise NothingToConfirm(_("No name is given with this means of payment any more."))
    is_same = is_same_person(row.holder, *filter(None, (party.name, party.native_name)))
    reason = checked("reason", reason, limit=2000, lines=True)
    if not is_same and not reason:
        raise OtherName(_("The names are not the same. Write why the holder is this customer, or ask for another means."))
    mine = mark_of_payment(party, row)
    return make(
        party,
        what=W.PAYMENT,
        how=H.PAYMENT_NAME,
        value=row.holder,
        mark=mine,
        means=row,
        note=reason,
        by=by,
        names_agree=is_same,
    )


@transaction.atomic
def end(confirmation: Confirmation, *, reason: str, by: User) -> Confirmation:
    """An officer takes back what was confirmed by mistake, or is so no longer. Raises NotPermitted, BadText, AlreadyEnded."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisations.held(confirmation.organisation_id)
    row = Confirmation.objects.select_related("party").get(pk=confirmation.pk)
    if row.ended_at:
        raise AlreadyEnded(_("This has ended meanwhile."))
    return ended(row, because=checked("reason", reason, limit=300, required=True), by=by)


def ended(row: Confirmation, *, because: str, by: User | None) -> Confirmation:
    row.ended_at, row.ended_because = timezone.now(), because
    row.save(update_fields=["ended_at", "ended_because"])
    audit.record("confirmation.ended", target=row, by=by, reason=because, name=row.party.name, what=row.what, how=row.how)
    return row
