"""Codes that show that an address reaches whom it should (IDA-05): sent, limited, tried, and used once."""

import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, messages, organisations, scope
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from accounts.vault import searching
from config import jobs
from kyc.evidence import confirmations, proofed, texting
from kyc.evidence.confirmation_models import OPEN, Confirmation, ConfirmationCode
from kyc.evidence.confirming import codes
from kyc.evidence.confirming.domains import KEEPERS
from kyc.parties.actions import own
from kyc.parties.models import Party
from kyc.rules import packs

C, S = ConfirmationCode.Channel, ConfirmationCode.State
W, H = Confirmation.What, Confirmation.How
SHOWS = {
    C.EMAIL: (W.EMAIL, H.EMAIL_CODE),
    C.PHONE: (W.PHONE, H.PHONE_CODE),
    C.POST: (W.ADDRESS, H.LETTER_CODE),
    C.DOMAIN: (W.DOMAIN, H.DOMAIN_MAIL),
}
DAY = timedelta(days=1)


class NoAddress(Refused):
    """The party names none of that kind, or nothing can be sent there."""


class TooMany(Refused):
    """So many codes are asked for by who wants to pester somebody."""


class WrongCode(Refused):
    """What was typed is not the code that was sent; it counts."""

    field = "code"


class Over(Refused):
    """No code is open: it was used, has expired, or was tried too often."""

    field = "code"


# A text message is sent soon or not at all: its code is good for minutes.
QUEUE = jobs.Queue(
    name="codes.send",
    model=ConfirmationCode,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    lease=timedelta(seconds=60),
    since="asked_at",
    max_errors=5,
)


def address(party: Party, channel: str, mailbox: str = "") -> str:
    """To where a code goes. Raises NoAddress."""
    if channel == C.DOMAIN and mailbox not in KEEPERS:
        raise NoAddress(_("Choose one of the mailboxes by which whoever keeps a domain is reached."))
    if channel == C.PHONE and not texting.is_offered():
        raise NoAddress(_("Text messages are not sent here."))
    told = confirmations.said(party).get(SHOWS[C(channel)][0], "")
    if not told:
        raise NoAddress(_("%(name)s has not told us where to send it.") % {"name": party.name})
    return f"{mailbox}@{told.encode('idna').decode()}" if channel == C.DOMAIN else told


@transaction.atomic
def ask(party: Party, *, channel: str, mailbox: str = "", by: User) -> ConfirmationCode:
    """Sends a code by e-mail or text message, in place of any before. Raises NoAddress, TooMany, NotHere."""
    organisation = organisations.locked(party.organisation, by=by)
    party = own(party, organisation)
    if channel not in {C.EMAIL, C.PHONE, C.DOMAIN}:
        raise NoAddress(_("Choose how the code is sent."))
    to = address(party, channel, mailbox)
    refuse_too_often(organisation, to)
    if channel == C.PHONE:
        refuse_too_many_texts()
    row = begun(party, channel, to, mailbox=mailbox if channel == C.DOMAIN else "", by=by)
    if channel == C.PHONE:
        row.save()
        jobs.woke("code.asked")
    else:
        code = draw(row, timedelta(minutes=packs.current().confirmations.code_minutes(channel)))
        row.save()
        mail(row, to, code)
    audit.record("code.asked", target=row, by=by, name=party.name, channel=channel)
    return row


def begun(party: Party, channel: str, to: str, *, mailbox: str = "", by: User) -> ConfirmationCode:
    """Whatever was open before counts no more, under the party's lock."""
    Party.objects.select_for_update(no_key=True).get(pk=party.pk)
    before = ConfirmationCode.objects.filter(party=party, channel=channel, state__in=OPEN)
    before.update(state=S.ENDED, done_at=timezone.now())
    return ConfirmationCode(
        organisation=party.organisation,
        party=party,
        channel=channel,
        mailbox=mailbox,
        mark=mark(to),
        locale=translation.get_language() or "en",
        most_tries=packs.current().confirmations.code("tries"),
        state=S.WAITING,
        asked_by=by,
    )


def mark(to: str) -> str:
    return searching.fingerprint(to.casefold(), purpose="code address")


def draw(row: ConfirmationCode, good_for: timedelta) -> str:
    """The code, of which the row keeps what it is told by."""
    code, row.salt = codes.drawn(packs.current().confirmations.code("digits")), secrets.token_hex(16)
    row.digest, row.state = digest(row.salt, code), S.SENT
    row.sent_at = timezone.now()
    row.expires_at = row.sent_at + good_for
    return code


def digest(salt: str, code: str) -> str:
    """Few codes make one easily guessed from a plain hash; this one is of no use without the index key."""
    return searching.fingerprint(f"{salt} {code}", purpose="confirmation code")


def refuse_too_often(organisation: Organisation, to: str) -> None:
    """Counted in the database, under the organisation's lock and the address's, which others may name too: soon after the one
    before, to one address by whomever, and of one organisation. Raises TooMany."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kh_code_address'), hashtext(%s))", [mark(to)])
    rules, now = packs.current().confirmations, timezone.now()
    since, there = now - DAY, Q(mark=mark(to))
    if asked(organisation.pk, there, now - timedelta(seconds=rules.code("pause_seconds"))):
        raise TooMany(_("A code has just been sent there. Wait a minute before you ask for another."))
    with scope.everything():
        to_it = asked(None, there, since)
    if to_it >= rules.code("a_day") or asked(organisation.pk, Q(), since) >= rules.code("a_day_in_all"):
        raise TooMany(_("Many codes have been asked for today. Ask for this one tomorrow."))


def refuse_too_many_texts() -> None:
    """Of all organisations together: accounts cost nothing, and text messages do. One after the other, so that of two that are
    asked for at once the later counts the one before. Raises TooMany."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kh_texts'))")
    with scope.everything():
        sent = asked(None, Q(channel=C.PHONE), timezone.now() - DAY)
    if sent >= packs.current().confirmations.code("texts_a_day"):
        raise TooMany(_("No more text messages are sent today. Confirm something else first, or ask for this one tomorrow."))


def asked(organisation: int | None, which: Q, since: datetime) -> int:
    rows = ConfirmationCode.objects.filter(which, asked_at__gt=since).exclude(channel=C.POST)
    return (rows.filter(organisation=organisation) if organisation else rows).count()


def mail(row: ConfirmationCode, to: str, code: str) -> None:
    provider = settings.PROVIDER_NAME or _("The provider")
    messages.queue_template(
        "confirmation_code",
        is_secret=True,
        to=to,
        subject=_("%(provider)s: your code") % {"provider": provider},
        provider=provider,
        organisation=row.organisation,
        code=code,
        hours=packs.current().confirmations.code_minutes(row.channel) // 60,
        is_domain=row.channel == C.DOMAIN,
        domain=row.party.domain,
    )


def run() -> None:
    """Sends the text messages that wait. Their code is drawn here, so that it lies nowhere: a message that is sent twice has two
    codes, of which the later counts."""
    for claim in QUEUE.claims():
        with claim:
            row = ConfirmationCode.objects.select_related("party").get(pk=claim.row.pk)
            if not is_still_there(row, row.party):
                # Asked for by a number that the party says no more: today's may be anybody's.
                with claim.finish(state=S.ENDED, done_at=timezone.now()):
                    continue
            minutes = packs.current().confirmations.code_minutes(row.channel)
            code = draw(row, timedelta(minutes=minutes))
            with translation.override(row.locale):
                told = {"code": code, "provider": settings.PROVIDER_NAME or _("The provider"), "minutes": minutes}
                text = _("%(code)s is your %(provider)s code. It is good for %(minutes)s minutes. Give it to nobody.") % told
            texting.send(address(row.party, row.channel), text, key=f"code-{row.pk}-{claim.token}")
            kept = {name: getattr(row, name) for name in ("salt", "digest", "sent_at", "expires_at")}
            with claim.finish(state=S.SENT, **kept):
                pass


@transaction.atomic
def print_letter(party: Party, *, by: User) -> tuple[ConfirmationCode, str]:
    """A code that an officer prints on a letter and posts, and the row that knows it. Raises NotPermitted, NoAddress, NotHere."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = organisations.held(party.organisation_id)
    organisations.refuse_closed(organisation)
    party = own(party, organisation)
    row = begun(party, C.POST, address(party, C.POST), by=by)
    pack = packs.current()
    country = party.country if party.is_person else party.hq_country or party.country
    code = draw(row, timedelta(days=pack.confirmations.code_days_by_post(at_home=country == pack.home)))
    row.save()
    audit.record("code.printed", target=row, by=by, name=party.name, channel=C.POST)
    return row, code


def enter(party: Party, *, channel: str, code: str, by: User) -> Confirmation:
    """The code, typed by a member. A wrong one counts: that is written before it is refused. Raises WrongCode, Over,
    NotHere."""
    outcome = tried(party, channel, code, by=by)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


@transaction.atomic
def tried(party: Party, channel: str, code: str, *, by: User) -> Confirmation | Refused:
    organisation = organisations.locked(party.organisation, by=by)
    party = own(party, organisation)
    row = ConfirmationCode.objects.select_for_update().filter(party=party, channel=channel, state=S.SENT).first()
    if row is None:
        return Over(_("No code is open. Ask for one."))
    if row.expires_at is None or row.expires_at <= timezone.now():
        close(row, S.ENDED)
        return Over(_("The code has expired. Ask for a new one."))
    if not is_still_there(row, party):
        close(row, S.ENDED)
        return Over(_("The address has been changed since the code was sent. Ask for a new one."))
    row.tries += 1
    if not hmac.compare_digest(row.digest, digest(row.salt, codes.typed(code))):
        return wrong(row, by=by)
    close(row, S.USED)
    what, how = SHOWS[C(channel)]
    text = confirmations.said(party)[what]
    made = confirmations.make(party, what=what, how=how, value=text, mark=confirmations.mark_of(party, what, text), by=by)
    proofed.tell(party)
    return made


def is_still_there(row: ConfirmationCode, party: Party) -> bool:
    try:
        return mark(address(party, row.channel, row.mailbox)) == row.mark
    except NoAddress:
        return False


def wrong(row: ConfirmationCode, *, by: User) -> Refused:
    left = row.most_tries - row.tries
    audit.record("code.refused", target=row, by=by, name=row.party.name, channel=row.channel, tries=row.tries)
    if left <= 0:
        close(row, S.ENDED)
        return Over(_("This was not the code, and it was tried too often. Ask for a new one."))
    row.save(update_fields=["tries"])
    sentence = ngettext(
        "This is not the code that was sent. You have one more try.",
        "This is not the code that was sent. You have %(left)s more tries.",
        left,
    )
    return WrongCode(sentence % {"left": left})


def close(row: ConfirmationCode, state: str) -> None:
    row.state, row.done_at = state, timezone.now()
    row.save(update_fields=["state", "done_at", "tries"])
