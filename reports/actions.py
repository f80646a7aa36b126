"""What people do with reports: ask for one, take its file, draw a draft."""

from datetime import UTC, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit, snapshots
from accounts.models import Organisation, Snapshot, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from config import jobs
from kyc.cases.models import Case
from kyc.directives.models import Directive
from kyc.keys.models import Key
from kyc.rules import packs
from reports import issuing, pdf, restating
from reports.facts.blocked import ANNUAL
from reports.facts.catalogue import CATALOGUE, frame_of
from reports.facts.frame import Frame
from reports.facts.reader import FULL, MINIMISED, exact
from reports.instants import EARLIEST, year_before
from reports.long_tables import SUMMARY
from reports.models import Report, require_kind


class FutureAsked(Refused):
    """A report tells what was true, not what will be."""


class TooEarly(Refused):
    """Nothing that is reported is older than the year 2000."""

    field = "as_of"


class NotYetThere(Refused):
    """A report of one instant tells of a customer that was there."""

    field = "as_of"


class NotReady(Refused):
    """A report has a file only once it is built."""


class SandboxAsked(Refused):
    """What integrators try out is no customer and stands in no report."""

    field = "organisation"


class NeverSent(Refused):
    """What a customer has only filled in and never sent, officers don't see, and no report tells."""

    field = "organisation"


class AnswersAPerson(Refused):
    """What a person is told about himself is made of his request, and for nobody else."""


class AboutAnOrder(Refused):
    """What is told of several customers is asked for of none."""

    field = "kind"


class NoProfile(Refused):
    """Only a report that tells of people is asked for minimised or in full."""

    field = "profile"


class NoSuchPaper(Refused):
    """Pages are A4 or Letter."""

    field = "paper"


class NoSummary(Refused):
    """Only a report with tables that may be long is drawn as a summary."""

    field = "tables"


class WasWithdrawn(Refused):
    """What an approver has withdrawn an approver brings back, or nobody."""


class BadInterval(Refused):
    """An interval ends after it begins; a report of one instant has none."""

    field = "since"


class NoSuchKey(Refused):
    """The key is another organisation's, was issued later, or is not asked about in that kind of report."""

    field = "key"


def request(
    organisation: Organisation,
    *,
    kind: str = Report.Kind.DOSSIER,
    valid_at: datetime | None = None,
    known_at: datetime | None = None,
    since: datetime | None = None,
    key: Key | None = None,
    profile: str = "",
    addressee: str = "",
    paper: str = "",
    tables: str = "",
    now: Snapshot | None = None,
    by: User,
) -> Report:
    """A report to be built by a worker. Without `known_at` it is what is known now, so a snapshot is stored first, unless the
    caller, who stands in a transaction, has stored it as `now`; without `valid_at` it is as of that snapshot. One over a period
    tells of [since, valid_at), by default of a year, and of one `key` where that is given. `profile` is how much it tells of
    people, by default minimised. `paper` and `tables` say how the pages are drawn, and change nothing of what is told. Raises
    NotPermitted, SandboxAsked, NeverSent, FutureAsked, TooEarly, NotYetThere, NothingKnown, BadInterval, NoSuchKey, NoProfile,
    NoSuchPaper, NoSummary, WasWithdrawn."""
    require(by, Permission.REPORT_REQUEST)
    require_kind(kind, by=by)
    is_reported(organisation)
    is_past(valid_at)
    frame = CATALOGUE[kind]
    if frame.for_subject:
        raise AnswersAPerson(_("This report answers what a person asked. It is made where that stands."))
    if frame.of_house:
        raise AboutAnOrder(_("This report is about an order. It is asked for where that stands."))
    on_paper = {"paper": paper, "tables": tables}
    is_drawn_so(frame, **on_paper)
    # Before a snapshot is stored for nothing.
    is_there(frame, organisation.created_at, until=valid_at or timezone.now())
    narrowed(frame, organisation, until=valid_at or timezone.now(), since=since, key=key, profile=profile)
    # The snapshot stands in its own transaction: it must not count the one that asks.
    snapshot = snapshots.at(known_at) if known_at else now or snapshots.take()
    until = valid_at or snapshot.taken_at
    is_there(frame, organisation.created_at, until=until)
    parameters = narrowed(frame, organisation, until=until, since=since, key=key, profile=profile)
    told: dict[str, Any] = {
        "kind": kind,
        "valid_at": until,
        "snapshot": snapshot,
        "parameters": parameters,
        "addressee": addressee,
    }
    return recorded(organisation, **told, **on_paper, by=by)


def request_of_order(
    directive: Directive,
    *,
    valid_at: datetime | None = None,
    known_at: datetime | None = None,
    profile: str = "",
    addressee: str = "",
    paper: str = "",
    tables: str = "",
    now: Snapshot | None = None,
    by: User,
) -> Report:
    """R-10 of one order over many customers; another approves it. Raises NotPermitted, FutureAsked, TooEarly, NotYetThere,
    NothingKnown, NoProfile, NoSuchPaper, NoSummary, WasWithdrawn."""
    kind = Report.Kind.COMPLIANCE
    require(by, Permission.REPORT_REQUEST)
    require_kind(kind, by=by)
    is_past(valid_at)
    is_drawn_so(CATALOGUE[kind], paper=paper, tables=tables)
    if profile and profile not in (MINIMISED, FULL):
        raise NoProfile(_("People are told minimised or in full."))
    if valid_at and valid_at < directive.proposed_at:
        told = {"at": date_format(directive.proposed_at.astimezone(UTC), "j F Y H:i")}
        raise NotYetThere(_("There was no such order at that time: it was entered on %(at)s UTC.") % told)
    snapshot = snapshots.at(known_at) if known_at else now or snapshots.take()
    return recorded(
        None,
        directive=directive,
        kind=kind,
        valid_at=valid_at or snapshot.taken_at,
        snapshot=snapshot,
        parameters={"directive": directive.pk, "profile": profile or MINIMISED},
        addressee=addressee,
        paper=paper,
        tables=tables,
        by=by,
    )


def request_of_year(
    year: int,
    *,
    known_at: datetime | None = None,
    addressee: str = "",
    paper: str = "",
    now: Snapshot | None = None,
    by: User,
) -> Report:
    """R-20 of all property that was held at the end of the day that the rules name in that year (31 CFR 501.603(b)(2)); another
    approves it. Raises NotPermitted, FutureAsked, TooEarly, NothingKnown, NoSuchPaper, WasWithdrawn."""
    kind = Report.Kind.BLOCKED
    require(by, Permission.REPORT_REQUEST)
    require_kind(kind, by=by)
    stock_on, _due_on = packs.current().blocked_annual(year)
    valid_at = datetime.combine(stock_on, time.max, UTC)
    is_past(valid_at)
    is_drawn_so(ANNUAL, paper=paper, tables="")
    snapshot = snapshots.at(known_at) if known_at else now or snapshots.take()
    told: dict[str, Any] = {"kind": kind, "valid_at": valid_at, "snapshot": snapshot, "addressee": addressee, "paper": paper}
    return recorded(None, **told, parameters={}, by=by)


def is_past(valid_at: datetime | None) -> None:
    """Raises FutureAsked, TooEarly."""
    if valid_at and valid_at > timezone.now():
        raise FutureAsked(_("“As of” lies in the future. Choose a day that has begun."))
    if valid_at and valid_at < EARLIEST:
        raise TooEarly(_("“As of” lies before the year 2000, of which nothing is recorded."))


@transaction.atomic
def recorded(
    organisation: Organisation | None,
    *,
    directive: Directive | None = None,
    kind: str,
    valid_at: datetime,
    snapshot: Snapshot,
    parameters: dict[str, Any],
    addressee: str,
    paper: str = "",
    tables: str = "",
    by: User,
) -> Report:
    """The row of a report that may be asked for: it is the queue. Raises WasWithdrawn."""
    cut: dict[str, Any] = {"valid_at": valid_at, "known_at": snapshot.taken_at, "parameters": parameters}
    withdrawn = Report.objects.filter(
        organisation=organisation, directive=directive, kind=kind, state=Report.State.WITHDRAWN, **cut
    )
    if not by.can(Permission.REPORT_APPROVE) and withdrawn.exists():
        raise WasWithdrawn(_("A report of the same instants was withdrawn. Whoever may approve reports can have it built again."))
    frame = frame_of(kind, organisation.pk if organisation else None)
    is_proposed = frame.takes_two(parameters)
    report = Report.objects.create(
        proposal=issuing.proposed(organisation, by=by) if is_proposed else None,
        kind=kind,
        organisation=organisation,
        directive=directive,
        valid_at=valid_at,
        known_at=snapshot.taken_at,
        snapshot=snapshot,
        parameters=parameters,
        rule_pack=packs.current().version,
        template=frame.template,
        envelope={"addressee": addressee, **({"paper": paper} if paper else {}), **({"tables": tables} if tables else {})},
        requested_by=by,
    )
    said = {"valid_at": report.valid_at.isoformat(), "known_at": report.known_at.isoformat()}
    audit.record("report.requested", target=report, by=by, kind=kind, **said, **report.parameters)
    jobs.woke("report.requested")
    return report


def again(first: Report, *, by: User) -> Report:
    """A second report of the same subject, instants and parameters: the same rules and template give the same facts."""
    return anew(first, known_at=first.known_at, by=by)


def anew(first: Report, *, known_at: datetime | None = None, now: Snapshot | None = None, by: User) -> Report:
    """As `first`, known at another instant."""
    when: dict[str, Any] = {"known_at": known_at, "now": now, "by": by}
    if first.organisation:
        cut = {"kind": first.kind, "valid_at": first.valid_at, **asked(first)}
        return request(first.organisation, **cut, **drawn(first), **when)
    if first.directive:
        profile = first.parameters.get("profile", "")
        return request_of_order(first.directive, valid_at=first.valid_at, profile=profile, **drawn(first), **when)
    told = drawn(first)
    return request_of_year(first.valid_at.year, addressee=told["addressee"], paper=told["paper"], **when)


def restate(first: Report, *, now: Snapshot | None = None, by: User) -> Report:
    """The same subject, instant and parameters, as known now: it will say what changed, and take the first one's place. `now` as
    for a request. Raises NothingToRestate, and as a request does."""
    require(by, Permission.REPORT_REQUEST)
    require_kind(first.kind, by=by)
    restating.must_stand(first)
    return anew(first, now=now, by=by)


def drawn(first: Report) -> dict[str, str]:
    """For whom and on which paper it was made, and how its long tables are told."""
    return {name: first.envelope.get(name, "") for name in ("addressee", "paper", "tables")}


def is_drawn_so(frame: Frame, *, paper: str, tables: str) -> None:
    """Whether pages of that kind can be drawn in that way. Raises NoSuchPaper, NoSummary."""
    if paper and paper not in pdf.SHEETS:
        raise NoSuchPaper(_("Pages are A4 or Letter."))
    if tables and (tables != SUMMARY or not frame.has_long_tables):
        raise NoSummary(_("This report has no long tables; it is printed whole."))


def asked(report: Report) -> dict[str, Any]:
    """What narrows a report, for its page: `since`, where its interval begins, `key` and `profile`."""
    since, key = report.parameters.get("from"), report.parameters.get("key")
    return {
        "since": datetime.fromisoformat(since) if since else None,
        "key": Key.objects.filter(pk=key).first() if key else None,
        "profile": report.parameters.get("profile", ""),
    }


def reported() -> QuerySet[Organisation]:
    """Of whom a report may be asked for: customers that have sent a case at some time."""
    return Organisation.objects.real().filter(Exists(Case.objects.sent().filter(organisation=OuterRef("pk"))))


def is_reported(organisation: Organisation) -> None:
    if organisation.sandbox:
        raise SandboxAsked(_("This is a sandbox of an integrator, not a customer. Sandboxes are never reported."))
    if not reported().filter(pk=organisation.pk).exists():
        raise NeverSent(_("This customer has never sent anything. What it is still filling in is not reported."))


def is_there(frame: Frame, opened_at: datetime, *, until: datetime) -> None:
    """Whether the account was open at the effective instant, where the report shows that alone: earlier there is nothing to show,
    and a file that says so would be taken for a customer of whom nothing was known. Raises NotYetThere."""
    if not frame.is_period and until < opened_at:
        day = date_format(opened_at.astimezone(UTC), "j F Y H:i")
        raise NotYetThere(_("There was no such customer at that time: its account was opened on %(day)s UTC.") % {"day": day})


def narrowed(
    frame: Frame, organisation: Organisation, *, until: datetime, since: datetime | None, key: Key | None, profile: str = ""
) -> dict[str, Any]:
    """The parameters of a report, as it keeps them."""
    if profile and (not frame.has_profiles or profile not in (MINIMISED, FULL)):
        raise NoProfile(_("This report is made in one way only; it is neither minimised nor told in full."))
    if not frame.is_period:
        if since or key:
            raise BadInterval(_("This report shows one instant and all keys; it takes neither “from” nor a key."))
        return {"profile": profile or MINIMISED} if frame.has_profiles else {}
    if since and since < EARLIEST:
        raise BadInterval(_("“From” lies before the year 2000, of which nothing is recorded."))
    if since and since > timezone.now():
        raise BadInterval(_("“From” lies in the future. Choose a day that has begun."))
    since = since or year_before(until)
    if since >= until:
        raise BadInterval(_("“From” must lie before “to”."))
    if key is None:
        return {"from": exact(since)}
    if key.organisation_id != organisation.pk:
        raise NoSuchKey(_("This organisation has no such key."))
    if key.issued_at >= until:
        raise NoSuchKey(_("That key was issued only after the end of the interval."))
    return {"from": exact(since), "key": key.pk}


@transaction.atomic
def downloaded(report: Report, *, by: User) -> Report:
    """Writes down that the file of a built report was handed to `by`, each time. One that waits for an approval is read by who
    may approve it and by who asked. Raises NotPermitted, NotReady."""
    require(by, Permission.SUBJECT_ANSWER if report.is_for_subject else Permission.REPORT_VIEW)
    require_kind(report.kind, by=by)
    if report.state == Report.State.AWAITING:
        if report.requested_by_id != by.pk:
            require(by, Permission.REPORT_APPROVE)
    elif not report.is_registered:
        raise NotReady(_("This report is not ready yet."))
    audit.record("report.downloaded", target=report, by=by, sha256=report.sha256, state=report.state)
    return report


@transaction.atomic
def drafted(organisation: int | None = None, *, directive: int | None = None, kind: str, sha256: str, by: User | None) -> None:
    """Writes down that a report that is not issued was drawn, of an organisation, a directive, or of nobody; `by=None` is whoever
    has the command line."""
    target = (
        Directive(pk=directive) if directive
        else Organisation(pk=organisation) if organisation
        else Snapshot.objects.latest("pk")
    )  # fmt: skip
    audit.record("report.drafted", target=target, by=by, kind=kind, sha256=sha256)
