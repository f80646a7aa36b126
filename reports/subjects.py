"""What people ask about their own data, and how they are answered: within a month, by a decision and a report R-17 of it.

    asked = ask(organisation, kind="access", by=member)        # a member, of himself
    record(organisation, kind="erasure", party=owner, channel="letter", received_on=day, by=officer)  # or user=member
    identify(asked, how="...", party=party_or_none, user=member_or_none, by=officer)
    decide(asked, grounds="...", by=officer)
    issue(asked, now=snapshots.take(), by=officer)

A decision and its report are two transactions, since the report tells what had been committed when it was asked for; `issue` may
be repeated. Nothing here reads the investigators' compartment (FIN-17).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit, keeping, messages, organisations, retention
from accounts.alphabet import by_name
from accounts.models import ErasureOrder, Message, Organisation, Snapshot, User
from accounts.periods import months_later
from accounts.permissions import NotPermitted, Permission, require
from accounts.refused import ReasonMissing, Refused
from accounts.retention import Kept
from accounts.vault import Erased
from kyc.cases.models import Case
from kyc.parties.models import Party
from kyc.rules import packs
from reports import actions, mailed
from reports.facts.frame import LANGUAGE
from reports.models import Report, SubjectRequest

Kind, Outcome, Channel = SubjectRequest.Kind, SubjectRequest.Outcome, SubjectRequest.Channel
# Statuses of a rule that make keeping a legal obligation (GDPR 17(3)(b)); all others we answer for ourselves (PRV-03).
OBLIGES = "in_force"
SOON = timedelta(days=7)
# The one form of days in an answer.
ISO = "Y-m-d"
# Of the record classes.
MAIL = "mail"


class NotAPerson(Refused):
    """Companies have no personal data of their own."""

    field = "whom"


class NotOfIt(Refused):
    """The person is of another organisation."""

    field = "whom"


class Nobody(Refused):
    """Whoever asks is a party of the organisation, a member of it, or both."""

    field = "whom"


class NotThen(Refused):
    """What is received on a day has been received by then, and not before there was a right to ask."""

    field = "received_on"


class AlreadyAsked(Refused):
    """One open request of a kind at a time."""


class Ended(Refused):
    """Nothing of an ended request changes."""


class NotIdentified(Refused):
    """Whoever only says that he is that person is told nothing (GDPR 12(6))."""

    field = "how"


class ExtendedAlready(Refused):
    """A month may become three, once, and before it is over (GDPR 12(3))."""

    field = "because"


@dataclass(frozen=True)
class Weighed:
    """One record class with data of the person: until when it is kept, by what, and whether a law obliges us to."""

    kept: Kept
    line: keeping.Line

    @property
    def is_obliged(self) -> bool:
        return any(basis.status == OBLIGES for basis in self.line.bases)


def ask(organisation: Organisation, *, kind: str, by: User) -> SubjectRequest:
    """A member asks about himself. Asked twice, it is the first one. Raises NotPermitted."""
    organisations.membership_required(by, organisation)
    open_one = SubjectRequest.objects.open().filter(organisation=organisation, user=by, kind=kind).first()
    if open_one:
        return open_one
    return recorded(organisation, kind=kind, user=by, party=None, channel=Channel.ACCOUNT, received_on=today(), by=by)


def record(
    organisation: Organisation,
    *,
    kind: str,
    channel: str,
    received_on: date,
    party: Party | None = None,
    user: User | None = None,
    by: User,
) -> SubjectRequest:
    """An officer writes down what a person asked by letter, mail or in another way: one whom the organisation has named, or a
    member of it. Raises NotPermitted, NotThen, Nobody, NotAPerson, NotOfIt, AlreadyAsked."""
    require(by, Permission.SUBJECT_ANSWER)
    if received_on > today():
        raise NotThen(_("That day has not come yet."))
    if received_on < first_day():
        raise NotThen(
            _("Before %(day)s nobody had the right to ask. Check the year.") % {"day": date_format(first_day(), "j F Y")}
        )
    of_it(organisation, party, user)
    return recorded(organisation, kind=kind, user=user, party=party, channel=channel, received_on=received_on, by=by)


def first_day() -> date:
    """From which on people may ask."""
    return date.fromisoformat(packs.current().subjects["since"])


def of_it(organisation: Organisation, party: Party | None, user: User | None, *, is_known: bool = False) -> None:
    if party is None and user is None:
        raise Nobody(_("Choose the person."))
    if party is not None and party.organisation_id != organisation.pk:
        raise NotOfIt(_("This organisation has named no such person."))
    if party is not None and not party.is_person:
        raise NotAPerson(_("Only a natural person may ask about personal data."))
    if user is not None and not is_known and not members_of(organisation).filter(pk=user.pk).exists():
        raise NotOfIt(_("This organisation has no such member."))


@contextmanager
def asked_once() -> Iterator[None]:
    """The database refuses a second open request of a kind."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "one_open_request_of" in str(error):
            raise AlreadyAsked(_("This person has asked for that already, and the answer is open.")) from None
        raise


@transaction.atomic
def recorded(organisation: Organisation, *, kind: str, received_on: date, by: User, **whose: Any) -> SubjectRequest:
    due_on = months_later(received_on, packs.current().subjects["months"])
    with asked_once():
        made = SubjectRequest.objects.create(
            organisation=organisation, kind=kind, received_on=received_on, due_on=due_on, recorded_by=by, **whose
        )
    audit.record("subject_request.received", target=made, by=by, kind=kind, channel=made.channel, due_on=due_on.isoformat())
    return made


@transaction.atomic
def identify(asked: SubjectRequest, *, how: str, party: Party | None, user: User | None = None, by: User) -> SubjectRequest:
    """Says how we know that it is he, which party he is, if any, and of one who asked in another way than from his account which
    member. Without either he stays who was recorded. Done again, the last one counts. Raises NotPermitted, Ended, ReasonMissing,
    NotAPerson, NotOfIt, AlreadyAsked."""
    found = held(asked, by=by)
    if not how.strip():
        raise ReasonMissing(_("Say how you know that it is this person."))
    if found.channel == Channel.ACCOUNT:
        user = found.user
    elif party is None and user is None:
        party, user = found.party, found.user
    # A member may have left since he asked.
    of_it(found.organisation, party, user, is_known=user == found.user)
    found.party, found.user, found.identity = party, user, how.strip()
    found.identified_at, found.identified_by = timezone.now(), by
    with asked_once():
        found.save(update_fields=["party", "user", "identity", "identified_at", "identified_by"])
    audit.record("subject_request.identified", target=found, by=by)
    return found


@transaction.atomic
def extend(asked: SubjectRequest, *, because: str, by: User) -> SubjectRequest:
    """By two further months, which a member is told at once, with the reason. Raises NotPermitted, Ended, ReasonMissing,
    ExtendedAlready."""
    found = held(asked, by=by)
    if not because.strip():
        raise ReasonMissing(_("Say why one month is too short: how complex it is, or how many have asked."))
    if found.extended_because:
        raise ExtendedAlready(_("It was extended already, and can't be extended again."))
    if today() > found.due_on:
        raise ExtendedAlready(_("The month is over. It can only be extended before that."))
    rules = packs.current().subjects
    found.due_on = months_later(found.received_on, rules["months"] + rules["more_months"])
    found.extended_because = because.strip()
    found.save(update_fields=["due_on", "extended_because"])
    audit.record("subject_request.extended", target=found, by=by, due_on=found.due_on.isoformat())
    tell(found, "subject_extended", _("Your request takes longer"))
    return found


@transaction.atomic
def end(asked: SubjectRequest, *, outcome: str, note: str, by: User) -> SubjectRequest:
    """Without an answer: the person took it back, or could not be identified. Raises NotPermitted, Ended, ReasonMissing."""
    found = held(asked, by=by)
    if outcome not in (Outcome.WITHDRAWN, Outcome.UNIDENTIFIED):
        raise Ended(_("Choose one from the list."))
    if not note.strip():
        raise ReasonMissing(_("Say why it ends without an answer."))
    finish(found, outcome, by=by, outcome_note=note.strip())
    audit.record("subject_request.ended", target=found, by=by, outcome=outcome)
    tell(found, "subject_ended", _("Your request has ended"))
    return found


@transaction.atomic
def withdraw(asked: SubjectRequest, *, by: User) -> SubjectRequest:
    """A member takes back what he asked from his account, before it is decided; nobody writes to him. Repeated, it is silence.
    Raises NotPermitted, Ended."""
    found = SubjectRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if found.user_id != by.pk or found.channel != Channel.ACCOUNT:
        raise NotPermitted(_("Only the person who asked can take it back."))
    if found.outcome == Outcome.WITHDRAWN:
        return found
    if found.outcome:
        raise Ended(_("This request has ended, and nothing of it changes any more."))
    finish(found, Outcome.WITHDRAWN, by=by)
    audit.record("subject_request.withdrawn", target=found, by=by)
    return found


def weighed(organisation: Organisation) -> list[Weighed]:
    """Each class with the rule that decides over it, in the order of the classes."""
    day = today()
    return [Weighed(one, keeping.line(one.decides, day)) for one in retention.of(organisation) if one.decides]


def unobliged(organisation: Organisation) -> list[Weighed]:
    """What no law obliges us to keep: that it is kept all the same needs grounds (GDPR 17(1)(c), PRV-03)."""
    return [one for one in weighed(organisation) if not one.is_obliged]


@transaction.atomic
def decide(asked: SubjectRequest, *, grounds: str = "", by: User) -> SubjectRequest:
    """Weighs each class, and orders what is needed by nothing to be erased where erasure was asked for. Raises NotPermitted,
    Ended, NotIdentified, ReasonMissing."""
    found = held(asked, by=by)
    if not found.is_identified:
        raise NotIdentified(_("Say first how you know that it is this person."))
    is_erasure = found.kind == Kind.ERASURE
    if is_erasure and not grounds.strip() and unobliged(found.organisation):
        raise ReasonMissing(_("Say on what grounds we keep what no law obliges us to keep."))
    with translation.override(LANGUAGE):
        places = mailed.places(found)
        decision: dict[str, Any] = {
            # What is ordered to be erased is not kept.
            "kept": [told(one) for one in weighed(found.organisation) if not (is_erasure and one.kept.record_class.code == MAIL)],
            "grounds": "",
            "erased": [],
            "mail": places,
            "account": account(found.user),
        }
        if is_erasure:
            decision["grounds"] = grounds.strip()
            if order := ordered(found, places, by=by):
                decision |= {"erased": [told_order(order)], "mail": mailed.from_now(places, order.ordered_at)}
    finish(found, Outcome.ANSWERED, by=by, decision=decision)
    audit.record("subject_request.decided", target=found, by=by, kind=found.kind)
    return found


def told(one: Weighed) -> dict[str, Any]:
    """A class as the person reads it."""
    found = keeping.told(one.kept, form=ISO)
    return {
        "class": one.kept.record_class.code,
        "what": found.what,
        "until": str(found.until or ""),
        "why": found.why,
        "obliged": one.is_obliged,
        "bases": [{"citation": str(basis.citation), "status": str(basis.status_text)} for basis in found.bases],
        "note": found.note,
    }


def mail_of(asked: SubjectRequest, places: list[mailed.Place] | None = None) -> QuerySet[Message]:
    """What there is of him that nothing needs: mail to him that was not ordered to be erased before."""
    found = mailed.places(asked) if places is None else places
    return mailed.rows(found, organisation=asked.organisation_id, among=Message.objects.all(), on=today())


def order_of(asked: SubjectRequest) -> ErasureOrder | None:
    """What was ordered by the decision; nothing once that is erased itself."""
    decision = {} if isinstance(asked.decision, Erased) else asked.decision
    numbers = [int(one["order"].rpartition("-")[2]) for one in decision.get("erased", [])]
    return ErasureOrder.objects.filter(pk__in=numbers).first()


def ordered(asked: SubjectRequest, places: list[mailed.Place], *, by: User) -> ErasureOrder | None:
    """Orders what nothing needs to be erased."""
    if not mail_of(asked, places).exists():
        return None
    addresses = sorted({place["to"] for place in places})
    return ErasureOrder.objects.create(organisation=asked.organisation, addresses=addresses, ordered_by=by)


def told_order(order: ErasureOrder) -> dict[str, str]:
    return {
        "what": _("What we mailed to you: addresses, subjects and texts"),
        "when": _("In the night after this decision, or as soon as no law, court or agency asks us to keep it any more"),
        "order": order.number,
    }


def account(user: User | None) -> dict[str, Any]:
    """What of his account is not tracked, so that the decision keeps it. Where and with what he signed in it keeps not: that goes
    with each session, and a decision stays for years."""
    if user is None:
        return {}
    kinds = Authenticator.objects.filter(user=user).order_by("pk").values_list("type", flat=True)
    return {
        "emails": sorted(EmailAddress.objects.filter(user=user).values_list("email", flat=True)),
        "factors": [str(Authenticator.Type(kind).label) for kind in kinds],
        "sessions": UserSession.objects.filter(user=user).count(),
    }


def issue(asked: SubjectRequest, *, now: Snapshot, by: User) -> Report:
    """The report of a decision, as known in `now`, a snapshot stored since. Repeated, it is the first one. Raises NotPermitted,
    NotIdentified."""
    require(by, Permission.SUBJECT_ANSWER)
    with transaction.atomic():
        found = SubjectRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
        if found.answer and found.answer.state != Report.State.FAILED:
            return found.answer
        if found.outcome != Outcome.ANSWERED:
            raise NotIdentified(_("There is no decision yet."))
        found.answer = actions.recorded(
            found.organisation,
            kind=Report.Kind.SUBJECT,
            valid_at=now.taken_at,
            snapshot=now,
            parameters={"request": found.pk},
            addressee=found.person,
            by=by,
        )
        found.save(update_fields=["answer"])
    return found.answer


def is_ready(report: Report) -> None:
    """Whoever asked is told, in the transaction that makes it so: before, there is nothing to take."""
    # An answer that could not be built at first may have been asked for anew meanwhile.
    if found := SubjectRequest.objects.select_related("user", "organisation").filter(answer=report).first():
        tell(found, "subject_answered", _("The answer about your data"))


@transaction.atomic
def handed_over(asked: SubjectRequest, *, form: str, by: User) -> None:
    """Writes down that the person took his answer, each time. Raises NotPermitted, NotReady."""
    if asked.user_id is None or asked.user_id != by.pk:
        raise NotPermitted(_("Only the person who asked can take the answer."))
    if asked.answer is None or asked.answer.state != Report.State.ISSUED:
        raise actions.NotReady(_("The answer is being made."))
    audit.record("subject_request.answer_taken", target=asked, by=by, form=form)


def held(asked: SubjectRequest, *, by: User) -> SubjectRequest:
    require(by, Permission.SUBJECT_ANSWER)
    found = SubjectRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if found.outcome:
        raise Ended(_("This request has ended, and nothing of it changes any more."))
    return found


def finish(found: SubjectRequest, outcome: str, *, by: User, **fields: Any) -> None:
    found.outcome, found.ended_at, found.ended_by = outcome, timezone.now(), by
    for name, value in fields.items():
        setattr(found, name, value)
    found.save(update_fields=["outcome", "ended_at", "ended_by", *fields])


def tell(found: SubjectRequest, template: str, subject: str) -> None:
    """By mail, a member only: to whom else it goes, and how, the officer knows from how it came."""
    if found.user is None:
        return
    last = Case.objects.filter(organisation=found.organisation).order_by("-pk").first()
    with translation.override((last and last.notice_locale) or None):
        messages.queue_template(template, to=found.user.email, subject=subject, organisation=found.organisation, asked=found)


def members_of(organisation: Organisation) -> QuerySet[User]:
    return User.objects.filter(membership__organisation=organisation).order_by(*by_name(), "pk")


def people_of(organisation: Organisation) -> QuerySet[Party]:
    """Who may be meant, also those who are not involved any more."""
    return Party.objects.filter(organisation=organisation, kind=Party.Kind.PERSON).order_by(*by_name(), "pk")


def likely(asked: SubjectRequest) -> Party | None:
    """The party with the member's own address or name, if there is exactly one: a proposal, which an officer confirms."""
    if asked.party or asked.user is None:
        return asked.party
    return only(people_of(asked.organisation).filter(Q(email__iexact=asked.user.email) | Q(name__iexact=asked.user.name)))


def likely_member(asked: SubjectRequest) -> User | None:
    """The other way round: the member with the address or the name of the party."""
    if asked.user or asked.party is None:
        return asked.user
    named = Q(name__iexact=asked.party.name)
    return only(members_of(asked.organisation).filter(named | Q(email__iexact=asked.party.email) if asked.party.email else named))


def only(rows: QuerySet[Any]) -> Any | None:
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


def tone(asked: SubjectRequest, on: date | None = None) -> str:
    """Of the badge that says when it is due."""
    day = on or today()
    return "bad" if asked.due_on < day else "warn" if asked.due_on - day <= SOON else ""


def today() -> date:
    return timezone.now().date()
