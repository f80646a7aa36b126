"""Links for readers outside: made by who may download a report, for one report and some days, told once and kept as a digest.
What a stranger is not given looks the same whatever the reason: no such link, an ended one, or a report that stands no more."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import AuditEvent, User
from accounts.organisations import printable
from accounts.permissions import Permission, require
from accounts.refused import Refused
from reports.facts.reader import FULL
from reports.link_models import LONGEST, ReportLink
from reports.models import BESIDES, Report, require_kind

OPENED = "report.link_opened"
# For so many days a link may be made; the first is the usual.
DAYS = (1, 3, 7)
LONGEST_NAME = 200


class NotForOthers(Refused):
    """Only an issued report that tells nobody in full is given to a reader outside."""


class NoReader(Refused):
    """Whom it is for is what tells one link from another."""

    field = "reader"


class BadDays(Refused):
    """A link is good for a day at least and a week at most."""

    field = "days"


class Ended(Refused):
    """What opens nothing any more."""


@dataclass(frozen=True)
class Shown:
    """A live link as officers see it; `opened` is how often the report was taken by it."""

    link: ReportLink
    opened: int


def digest(token: str) -> str:
    """A link is long and random, so a plain digest of it can't be searched."""
    return sha256(token.encode()).hexdigest()


def is_for_others(report: Report) -> bool:
    """Whether a reader outside may be given it."""
    is_of_others = report.is_for_subject or report.is_of_house
    return report.state == Report.State.ISSUED and not is_of_others and report.parameters.get("profile") != FULL


@transaction.atomic
def make(report: Report, *, reader: str, days: int = DAYS[0], by: User) -> tuple[ReportLink, str]:
    """The link and its secret, which is told this once. Raises NotPermitted, NotForOthers, NoReader, BadDays."""
    require(by, Permission.REPORT_VIEW)
    require_kind(report.kind, by=by)
    # So that it is not withdrawn meanwhile.
    found = Report.objects.select_for_update(of=("self",)).defer("facts", "changes").get(pk=report.pk)
    if not is_for_others(found):
        raise NotForOthers(_("A link is made to an issued report that stands, and to none that tells people in full."))
    if not (name := printable(reader)[:LONGEST_NAME]):
        raise NoReader(_("Say for whom the link is."))
    if not timedelta() < timedelta(days=days) <= LONGEST:
        raise BadDays(_("A link is good for a day at least and for a week at most."))
    token, now = secrets.token_urlsafe(32), timezone.now()
    link = ReportLink.objects.create(
        organisation=found.organisation,
        report=found,
        reader=name,
        digest=digest(token),
        made_at=now,
        made_by=by,
        expires_at=now + timedelta(days=days),
    )
    audit.record("report.link_made", target=link, by=by, report=found.number, until=link.expires_at.isoformat(timespec="seconds"))
    return link, token


@transaction.atomic
def end(link: ReportLink, *, by: User) -> None:
    """Whoever may download the report may end any link to it; repeated, it is silence. Raises NotPermitted."""
    require(by, Permission.REPORT_VIEW)
    found = ReportLink.objects.select_for_update(of=("self",)).select_related("report").get(pk=link.pk)
    require_kind(found.report.kind, by=by)
    if found.ended_at:
        return
    found.ended_at, found.ended_by = timezone.now(), by
    found.save(update_fields=["ended_at", "ended_by"])
    audit.record("report.link_ended", target=found, by=by, report=found.report.number)


def known(token: str) -> ReportLink | None:
    """The live link of that secret. It ends with its report, and when its maker may not download that himself any more."""
    rows = ReportLink.objects.live().select_related("report", "made_by").defer("report__facts", "report__changes")
    found = rows.filter(digest=digest(token)).first()
    return found if found and may_give(found.report, by=found.made_by) and is_for_others(found.report) else None


def may_give(report: Report, *, by: User) -> bool:
    """Whether the maker of a link may download the report himself."""
    return by.can(Permission.REPORT_VIEW) and by.can(BESIDES.get(report.kind, Permission.REPORT_VIEW))


@transaction.atomic
def take(token: str) -> Report:
    """What the link opens, written down each time. Raises Ended."""
    link = known(token)
    if link is None:
        raise Ended(_("This link opens nothing."))
    # Whoever withdraws it meanwhile comes before or after, and not between.
    report = Report.objects.select_for_update(of=("self",)).defer("facts", "changes").get(pk=link.report_id)
    if not is_for_others(report):
        raise Ended(_("This link opens nothing."))
    audit.record(OPENED, target=link, by=None, report=report.number, sha256=report.file_sha256)
    return report


def shown(report: Report) -> list[Shown]:
    """The live ones, the newest first."""
    links = list(ReportLink.objects.live().filter(report=report).select_related("made_by").order_by("-pk"))
    links = [link for link in links if may_give(report, by=link.made_by)]
    rows = AuditEvent.objects.filter(verb=OPENED, target_type=ReportLink._meta.label_lower)
    counted = dict(
        rows.filter(target_id__in=[str(link.pk) for link in links]).values_list("target_id").annotate(Count("pk")).order_by()
    )
    return [Shown(link, counted.get(str(link.pk), 0)) for link in links]
