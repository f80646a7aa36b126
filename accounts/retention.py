"""How long we keep what: the engine. It knows no stage and no rule pack; those register here what they have.

    retention.clock(Clock("relationship_end", ...))          # when a period begins, of one organisation
    retention.register(RecordClass("identity", ..., models=(Party, Role), rules=(rule, another)))

A *rule* asks that records of a class are kept for so many years from where its clock starts. Where several apply, the latest end
decides; one whose clock has not started has no end yet, and is later than any. A legal hold keeps everything beyond that.

    retention.of(organisation)     # what is kept of one, until when, which rule decides; two queries
    retention.due(on=date)         # whose class may go that day, of all organisations; two queries for each 2000

What clocks go by are *columns*: expressions over `Organisation`, asked all in one query for one organisation or for all.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, Expression, Max, Model, OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import LegalHold, Organisation
from accounts.periods import first_kept, is_over, last_day

Values = Mapping[str, Any]
A_CHUNK = 2000


@dataclass(frozen=True)
class Started:
    """Since when a clock runs; or, with no day, why it does not run yet."""

    since: date | None
    because: str | Promise = ""


@dataclass(frozen=True)
class Clock:
    """`columns` are what it goes by, made anew for the day asked about; `started` reads
    them."""

    code: str
    label: str | Promise
    columns: Mapping[str, Callable[[datetime], Any]]
    started: Callable[[Values, date], Started]


@dataclass(frozen=True)
class Basis:
    """On what a rule rests, and what that is to us on a day: in force, proposed, a model, or our own policy."""

    citation: str
    instrument: str = ""
    status: str = "policy"
    status_text: str = ""
    note: str = ""


@dataclass(frozen=True)
class Rule:
    """Keep for `years` from where `clock` starts; `only` names a column that says for whom."""

    code: str
    title: str | Promise
    years: int
    clock: str
    bases: Callable[[date], tuple[Basis, ...]]
    # Why we keep so long where no law asks for it (PRV-03).
    note: str = ""
    only: str = ""

    @property
    def is_of_record(self) -> bool:
        """Whether it counts from the record itself, and from nothing that happens to its organisation."""
        return self.clock in OF_RECORDS


@dataclass(frozen=True)
class RecordClass:
    """Records that are kept by the same rules. `made` names for a model the field that says when a record was made or last used,
    where such a clock counts; `each` record goes by its own, else all by the latest. One that `follows` has the end of whichever
    class of the organisation is kept longest. `owner` leads from a record to its organisation."""

    code: str
    label: str | Promise
    models: tuple[type[Model], ...]
    rules: tuple[Rule, ...] = ()
    made: Mapping[type[Model], str] = field(default_factory=dict)
    each: bool = False
    follows: bool = False
    # What stands in it, in plain words for the customer.
    told: str | Promise = ""
    owner: str = "organisation"

    @property
    def is_by_itself(self) -> bool:
        """Whether its records go while the relationship lasts, each once its own period is over."""
        return self.each and bool(self.rules) and all(rule.is_of_record for rule in self.rules)

    @property
    def own_years(self) -> int:
        """How long each record is kept at least by itself; 0 where none is."""
        return max((rule.years for rule in self.rules if rule.is_of_record), default=0) if self.each else 0


@dataclass(frozen=True)
class Running:
    """One rule over one class of one organisation: since when it runs and until when, or why it has no end yet."""

    rule: Rule
    since: date | None
    until: date | None
    waits: str | Promise = ""
    # Over records that go each by its own period: their common end is none of it.
    is_each: bool = False


@dataclass(frozen=True)
class Kept:
    """What is kept of one class of one organisation. `until` is the last day, None where that can't be said yet."""

    record_class: RecordClass
    running: tuple[Running, ...]
    decides: Running | None
    until: date | None
    holds: tuple[LegalHold, ...] = ()

    def is_due(self, on: date) -> bool:
        return not self.holds and is_over(self.until, on)


@dataclass(frozen=True)
class Due:
    """That a class of an organisation may go. Of a class whose records go `each` by its own period, those that are old enough
    are asked for with `due_rows`."""

    organisation: int
    record_class: RecordClass
    until: date
    rule: str


# Clocks of a record itself.
OF_RECORDS = {
    "record_made": _("the day it was made"),
    "record_used": _("the day it was last used"),
    "filing": _("the day it was closed, or referred if later"),
    "unblocking": _("the day of the refusal, or of the unblocking"),
}
CLOCKS: dict[str, Clock] = {}
CLASSES: dict[str, RecordClass] = {}
# Columns that say for whom a rule is.
CONDITIONS: dict[str, Callable[[datetime], Any]] = {}
# Models that have an organisation and are no records, with the reason.
NO_RECORDS: dict[str, str] = {}


class RegisteredTwice(ValueError):
    """Each clock and class has one place where it is registered, and each model one class."""


def clock(made: Clock) -> Clock:
    return once(CLOCKS, made.code, made)


def condition(name: str, column: Callable[[datetime], Any]) -> None:
    once(CONDITIONS, name, column)


def no_record(label: str, reason: str) -> None:
    once(NO_RECORDS, label, reason)


def register(made: RecordClass) -> RecordClass:
    for model in made.models:
        if (other := class_of(model)) is not None:
            raise RegisteredTwice(f"{model._meta.label} stands in {other.code} already")
    return once(CLASSES, made.code, made)


def once(known: dict[str, Any], code: str, made: Any) -> Any:
    if code in known:
        raise RegisteredTwice(code)
    known[code] = made
    return made


def class_of(model: type[Model]) -> RecordClass | None:
    return next((found for found in CLASSES.values() if model in found.models), None)


def latest(model: type[Model], name: str | Expression, **which: Any) -> Subquery:
    """The latest of a field over an organisation's rows: a column for clocks to go by."""
    rows = model._default_manager.filter(organisation_id=OuterRef("pk"), **which).order_by()
    return Subquery(rows.values("organisation_id").annotate(at=Max(name)).values("at"))


def made_column(found: RecordClass, model: type[Model]) -> str:
    return f"made_{found.code}_{model._meta.model_name}"


def old_column(found: RecordClass) -> str:
    return f"old_{found.code}"


def has_old(found: RecordClass, on: date) -> Expression:
    """Whether an organisation has records of a class that goes by itself which are past their period."""
    (model,) = found.models
    return Exists(due_rows(found, model, on).filter(**{found.owner: OuterRef("pk")}))


def columns(on: date) -> dict[str, Expression]:
    """Everything that clocks and rules ask of an organisation on that day, by name."""
    end_of_day = datetime.combine(on, time.max, UTC)
    wanted = {name: make for known in CLOCKS.values() for name, make in known.columns.items()} | CONDITIONS
    found = {name: make(end_of_day) for name, make in wanted.items()}
    for each in CLASSES.values():
        if each.is_by_itself:
            found[old_column(each)] = has_old(each, on)
        elif any(rule.is_of_record for rule in each.rules):
            found |= {made_column(each, model): latest(model, name) for model, name in each.made.items()}
    return found


def asked(organisations: QuerySet[Organisation], on: date) -> QuerySet[Organisation, dict[str, Any]]:
    return organisations.annotate(**columns(on)).values("pk", "created_at", "closed_at", *columns(on))


def of(organisation: Organisation, *, on: date | None = None) -> list[Kept]:
    """Each class of the organisation, as things stand on that day, by default today. Where records go each by its own period, no
    end of theirs is told: it would move with the next one, and say that there is one."""
    day = on or datetime.now(UTC).date()
    values = asked(Organisation.objects.filter(pk=organisation.pk), day).get()
    return worked_out(values, day, holds=tuple(holds_on(organisation)), is_told=True)


def of_record(record: Any, *, on: date | None = None) -> Kept:
    """As `of`, for one record: the class it is in, and where records go each by its own period, this one's."""
    found = class_of(type(record))
    if found is None:
        raise LookupError(f"{type(record).__name__} is no record of a class")
    day = on or datetime.now(UTC).date()
    organisation = record.pk if isinstance(record, Organisation) else record.organisation_id
    values = asked(Organisation.objects.filter(pk=organisation), day).get()
    if found.each and type(record) in found.made:
        values |= dict.fromkeys((made_column(found, model) for model in found.made), None)
        values[made_column(found, type(record))] = getattr(record, found.made[type(record)])
    kept = worked_out(values, day, holds=tuple(holds_on(organisation)))
    return next(one for one in kept if one.record_class is found)


def longest_years() -> int:
    """The longest period that any rule asks for."""
    return max(rule.years for found in CLASSES.values() for rule in found.rules)


def holds_on(organisation: Organisation | int) -> QuerySet[LegalHold]:
    """Legal holds in force that keep the organisation's records, those on everything among them."""
    live = LegalHold.objects.live().select_related("placed_by")
    return (live.filter(organisation=organisation) | live.filter(organisation=None)).order_by("pk")


def worked_out(values: Values, on: date, *, holds: tuple[LegalHold, ...] = (), is_told: bool = False) -> list[Kept]:
    """Pure: from what was read of one organisation to what is kept of it, classes that follow others last."""
    run = Runs(values, on, is_told=is_told)
    own = [kept(found, run, holds) for found in CLASSES.values() if not found.follows]
    longest = the_latest([one.decides for one in own if one.decides and not one.decides.is_each])
    until = longest.until if longest else None
    followers = [Kept(found, (), longest, until, holds) for found in CLASSES.values() if found.follows]
    return [*own, *followers]


def kept(found: RecordClass, run: "Runs", holds: tuple[LegalHold, ...]) -> Kept:
    applying = [run.of(rule, found) for rule in found.rules if not rule.only or run.values[rule.only]]
    running = tuple([one for one in applying if one])
    decides = the_latest([one for one in running if not one.is_each]) or the_latest(running)
    return Kept(found, running, decides, decides.until if decides else None, holds)


class Runs:
    """Of one organisation how each rule runs: worked out once, however many classes it applies to."""

    def __init__(self, values: Values, on: date, *, is_told: bool = False) -> None:
        self.values, self.known, self.is_told = values, dict[str, Running](), is_told
        self.started = {code: known.started(values, on) for code, known in CLOCKS.items()}

    def of(self, rule: Rule, found: RecordClass) -> Running | None:
        """None where there is no record whose making could count."""
        if rule.is_of_record:
            if found.each and self.is_told:
                return Running(rule, None, None, is_each=True)
            made = [moment for model in found.made if (moment := self.values.get(made_column(found, model)))]
            return running(rule, Started(max(map(day_of, made)))) if made else None
        if rule.code not in self.known:
            self.known[rule.code] = running(rule, self.started[rule.clock])
        return self.known[rule.code]


def running(rule: Rule, begun: Started) -> Running:
    return Running(rule, begun.since, last_day(begun.since, rule.years) if begun.since else None, begun.because)


def the_latest(running: Collection[Running]) -> Running | None:
    """The one that decides: without an end it is later than any; of several that end together, or whose end can't be said yet,
    the one of most years, and of these the first."""
    return max(running, key=lambda one: (one.until or date.max, one.rule.years), default=None)


def day_of(moment: date | datetime) -> date:
    return moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment


def due(on: date, *, organisations: QuerySet[Organisation] | None = None) -> Iterator[Due]:
    """Which class of which organisation is past its last day on that day and kept by no legal hold, by organisation. What was
    disposed of already is told again: nothing here knows of that. Nothing at all where a hold keeps everything."""
    held = set(LegalHold.objects.live().values_list("organisation", flat=True))
    if None in held:
        return
    rows = (Organisation.objects.all() if organisations is None else organisations).order_by("pk")
    # One query over all of them would be open for as long as a night's disposal lasts. With both ends named, PostgreSQL looks up
    # what each asks for, in place of reading whole tables for every chunk.
    chunk = list(rows.values_list("pk", flat=True)[:A_CHUNK])
    while chunk:
        for values in asked(rows.filter(pk__gte=chunk[0], pk__lte=chunk[-1]), on):
            if values["pk"] not in held:
                yield from due_of(values, on)
        after = rows.filter(pk__gt=chunk[-1]).values_list("pk", flat=True)
        chunk = list(after[:A_CHUNK]) if len(chunk) == A_CHUNK else []


def due_of(values: Values, on: date) -> Iterator[Due]:
    for one in worked_out(values, on):
        if one.record_class.is_by_itself:
            if values[old_column(one.record_class)]:
                # The last day of the youngest that goes.
                yield Due(values["pk"], one.record_class, on - timedelta(days=1), one.record_class.rules[0].code)
            continue
        until = without_made(one) if one.record_class.each else one.until
        if until is not None and is_over(until, on) and one.decides:
            yield Due(values["pk"], one.record_class, until, one.decides.rule.code)


def without_made(one: Kept) -> date | None:
    """The end that the organisation's own clocks set, where each record has besides that an end of its own."""
    decides = the_latest([running for running in one.running if not running.rule.is_of_record])
    return decides.until if decides else None


def due_rows(found: RecordClass, model: type[Model], on: date) -> QuerySet[Any]:
    """The rows of that model, of whichever organisation the class is due, that may go: all, or where each has a period of its
    own those that are past it."""
    rows = model._default_manager.all()
    if not (found.own_years and model in found.made):
        return rows
    return rows.filter(**{f"{found.made[model]}__lt": first_told(found, on)})


def first_told(found: RecordClass, on: date) -> datetime:
    """Of records that go each by its own period, from when on one is still kept on that day. What is older may be there all the
    same, since a legal hold keeps it or the night has not come, and is shown to nobody outside: he would learn of the hold."""
    return datetime.combine(first_kept(on, found.own_years), time.min, UTC)
