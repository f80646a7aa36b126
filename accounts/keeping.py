"""What the engine of retention says, in words: until when, why, on what that rests. For officers; customers read less of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import retention
from accounts.retention import Basis, Kept, RecordClass, Running

DAY = "j F Y"


@dataclass(frozen=True)
class Line:
    """One rule, as a table says it."""

    title: str | Promise
    why: str
    until: str
    bases: tuple[Basis, ...]
    note: str


@dataclass(frozen=True)
class Told:
    """One class as a customer or a person reads it."""

    what: str
    until: date | None
    why: str
    bases: tuple[Basis, ...]
    note: str
    is_each: bool = False


@dataclass(frozen=True)
class Row:
    """One class. `lines` has the rule that decides first, then the others."""

    record_class: RecordClass
    until: str
    why: str
    lines: tuple[Line, ...]
    is_held: bool


def rows(kept: Iterable[Kept]) -> list[Row]:
    return [row(one) for one in kept]


def row(one: Kept, *, on: date | None = None) -> Row:
    day = on or datetime.now(UTC).date()
    others = [running for running in one.running if running is not one.decides]
    lines = tuple(line(running, day) for running in filter(None, (one.decides, *others)))
    return Row(one.record_class, lines[0].until if lines else "", lines[0].why if lines else "", lines, bool(one.holds))


def told(one: Kept, *, form: str = DAY) -> Told:
    """Of what decides only the rule, and of its clock only from what it runs: what stops it or waits is our own matter, and of
    legal holds nothing is said, to nobody, since whoever is watched would learn of it."""
    what = str(one.record_class.told or one.record_class.label)
    if one.decides is None:
        return Told(what, one.until, "", (), "")
    found = line(one.decides, datetime.now(UTC).date(), form=form)
    return Told(what, one.until, in_full(one, form=form), found.bases, found.note, one.decides.is_each)


def line(running: Running, on: date, *, form: str = DAY) -> Line:
    until = _("each by its own period") if running.is_each else ended(running.until)
    return Line(running.rule.title, why(running, form=form), until, running.rule.bases(on), running.rule.note)


def ended(until: date | None) -> str:
    return date_format(until, DAY) if until else _("no end yet")


def why(running: Running, *, form: str = DAY) -> str:
    years, clock = running.rule.years, clock_label(running.rule.clock)
    if running.is_each:
        return _("Each %(years)s years from %(clock)s.") % {"years": years, "clock": clock}
    if running.since is None:
        told = _("%(waits)s After that: %(years)s years from %(clock)s.")
        return told % {"waits": running.waits, "clock": clock, "years": years}
    since = date_format(running.since, form)
    return _("%(years)s years from %(clock)s, %(since)s.") % {"years": years, "clock": clock, "since": since}


def clock_label(code: str) -> str:
    return str(retention.OF_RECORDS[code] if code in retention.OF_RECORDS else retention.CLOCKS[code].label)


def without_end(one: Kept) -> str:
    """Where no end can be said yet: for how long from what, and not what stops the clock, which is our own matter."""
    if (decides := one.decides) is None:
        return ""
    if decides.is_each:
        return why(decides)
    return _("%(years)s years from %(clock)s.") % {"years": decides.rule.years, "clock": clock_label(decides.rule.clock)}


def besides(one: Kept) -> str:
    """What keeps records of the class beyond the end that is told of it, in the same words whether there are any or not."""
    if one.record_class.follows:
        return _("At least as long as the records that it tells of.")
    each = next((running.rule for running in one.running if running.is_each and running is not one.decides), None)
    if each is None:
        return ""
    return _("Each at least %(years)s years from %(clock)s.") % {"years": each.years, "clock": clock_label(each.clock)}


def in_full(one: Kept, *, form: str = DAY) -> str:
    """Why a class is kept until its day, for people outside."""
    if one.decides is None:
        return ""
    return " ".join(filter(None, (why(one.decides, form=form) if one.until else without_end(one), besides(one))))
