"""What each source says of who owns the customer, side by side: declared, registers, documents, own research; and where
they differ."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.cases.models import Case
from kyc.cases.round import told_apart
from kyc.desk import words
from kyc.desk.source_forms import ObserveForm, ResolveForm, WithdrawForm
from kyc.ownership.differing import Named, Seen, counting, parted
from kyc.ownership.interests import ASKED, Weight, has_size, weight
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.ownership.reconciling import named, seen
from kyc.ownership.shares import as_stated
from kyc.parties.models import Party
from kyc.rules import packs

Facts = dict[str, Any]
K = Discrepancy.Kind
SENTENCES: dict[str, Promise] = {
    K.NOT_DECLARED: gettext_lazy("%(owner)s in %(owned)s: %(observed)s by %(source)s, but not named by the customer."),
    K.NOT_IN_SOURCE: gettext_lazy(
        "%(owner)s in %(owned)s: declared %(declared)s, but not named by %(source)s, which names every owner."
    ),
    K.SHARE: gettext_lazy("%(owner)s in %(owned)s: declared %(declared)s, but %(observed)s by %(source)s."),
    K.ROLE: gettext_lazy("%(owner)s in %(owned)s: declared as %(declared)s, but %(observed)s by %(source)s."),
}


@dataclass(frozen=True)
class Column:
    """One source. `label` is its kind, `found_in` which one."""

    place: tuple[str, str]
    label: str
    found_in: str


@dataclass(frozen=True)
class Said:
    """What stands in a cell: in words, as of which day, and whether it differs from what was declared, or an officer has
    settled that it does."""

    words: str
    on: date | None = None
    differs: bool = False
    is_settled: bool = False


@dataclass
class Row:
    """One owner of one party. `declared` in words; `cells` by source, in the order of the columns."""

    owner: Named
    owned: int
    name: str
    native_name: str
    about: str
    of: str
    declared: list[str] = field(default_factory=list)
    cells: list[tuple[Column, list[Said]]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return any(said.differs for _column, cell in self.cells for said in cell)

    @property
    def is_settled(self) -> bool:
        return not self.differs and any(said.is_settled for _column, cell in self.cells for said in cell)


@dataclass(frozen=True)
class Told:
    """A difference, in a sentence; with the form to resolve it while it is open, or the one that came too late."""

    row: Discrepancy
    sentence: str
    form: ResolveForm | None = None


@dataclass(frozen=True)
class Recorded:
    """One observation, in words, with the form to withdraw it while it stands; `counts` until a newer word of its source."""

    row: Observation
    told: str
    counts: bool
    form: WithdrawForm | None = None


def told(text: str) -> str:
    """Shares and other interests as a discrepancy keeps them, in words; a share that nobody stated is unknown."""
    return " + ".join(what(*parted(part)) for part in text.split(" + "))


def stated(share: str) -> str:
    return as_stated(share) if share else _("a share that is not stated")


def what(kind: str, share: str) -> str:
    """An interest in words; shares by their size alone."""
    if kind == Interest.Kind.SHAREHOLDING:
        return stated(share)
    label = str(Interest.Kind(kind).label)
    return _("%(kind)s: %(share)s") % {"kind": label, "share": stated(share)} if has_size(kind) else label


def of_day(row: Observation) -> str:
    return _("“%(source)s” of %(day)s") % {"source": row.found_in, "day": date_format(row.stated_on, "j F Y")}


def facts(case: Case, customer: Party | None, interests: Iterable[Interest], filled: Facts) -> Facts:
    """In three queries, however much was read. `filled` are forms that came back with errors."""
    if customer is None or customer.is_person:
        return {}
    of_case = {"organisation": case.organisation}
    people = ("owner", "owned", "recorded_by", "withdrawn_by")
    observations = list(Observation.objects.filter(**of_case).select_related(*people).order_by("pk"))
    differ = Discrepancy.objects.filter(**of_case).select_related(
        "party", "observation__owner", "observation__owned", "resolved_by"
    )
    differences = list(differ.order_by("due_on", "pk"))
    standing = [row for row in observations if row.withdrawn_at is None]
    count = {one.pk for one in counting([seen(row) for row in standing])}
    counted = [row for row in standing if row.pk in count]
    columns = columns_of(counted)
    open_ones = [row for row in differences if row.is_open]
    return {
        "sources": columns,
        "side_by_side": side_by_side(list(interests), counted, columns, differences),
        "open_differences": [Told(row, sentence(row), resolve_form(case, row, filled)) for row in open_ones],
        "ended_differences": [Told(row, sentence(row), late(row, filled)) for row in differences if not row.is_open],
        "recorded": [Recorded(row, in_words(row), row.pk in count, withdraw_form(case, row, filled)) for row in observations],
        "observe_form": observe_form(case, customer, standing),
    }


def columns_of(rows: Iterable[Observation]) -> list[Column]:
    """Registers first, then documents, then own research."""
    order = list(Observation.Source.values)
    found = {seen(row).place: row for row in rows}
    every = [Column(place, str(row.get_source_display()), row.found_in) for place, row in found.items()]
    return sorted(every, key=lambda column: order.index(column.place[0]))


def side_by_side(
    interests: list[Interest], observations: list[Observation], columns: list[Column], differences: list[Discrepancy]
) -> list[Row]:
    """A row an owner and what he owns, first those declared. Whom a nominee holds for has a row of his own: a source may name
    either."""
    rows: list[Row] = []
    parties = {party.pk: party for row in interests for party in (row.owner, row.owned, row.held_for) if party}
    names = told_apart(parties.values())

    def row_of(who: Named, owned: Party, party: Party | None, name: str, about: str) -> Row:
        there = next((row for row in rows if row.owned == owned.pk and row.owner.is_same(who)), None)
        if there is None:
            name, native = (names.get(party.pk, party.name), party.native_name) if party else (name, "")
            rows.append(there := Row(who, owned.pk, name, native, about, owned.name))
        return there

    for interest in interests:
        share = what(interest.kind, interest.share)
        share = _("%(share)s, through others") % {"share": share} if interest.is_indirect else share
        owner, behind = interest.owner, interest.held_for
        mine = row_of(named(owner), interest.owned, owner, "", about(owner))
        mine.declared.append(_("%(share)s, as a nominee") % {"share": share} if behind else share)
        if behind:
            through = {"share": share, "name": names[owner.pk]}
            row_of(named(behind), interest.owned, behind, "", about(behind)).declared.append(
                _("%(share)s through %(name)s") % through
            )
    every = [(row, seen(row)) for row in observations]
    for row, one in every:
        if one.owner:
            row_of(one.owner, row.owned, row.owner, row.owner_name, about_observed(row))
    for there in rows:
        there.cells = [
            (column, cell(there, [pair for pair in every if pair[1].place == column.place], differences)) for column in columns
        ]
    return rows


def cell(there: Row, every: list[tuple[Observation, Seen]], differences: list[Discrepancy]) -> list[Said]:
    """What one source says of one owner; that it does not name him, where it names everybody; else nothing."""
    of_owned = [(row, one) for row, one in every if one.owned == there.owned]
    named_there = [row for row, one in of_owned if one.owner and one.owner.is_same(there.owner)]
    if named_there:
        return [
            said(what(row.kind, row.share), row, [gap for gap in differences if gap.observation_id == row.pk])
            for row in named_there
        ]
    about_him = [gap for gap in differences if gap.party_id and gap.party_id == there.owner.party]
    return [
        said(_("not named"), row, [gap for gap in about_him if gap.observation_id == row.pk])
        for row, one in of_owned
        if one.owner is None
    ]


def said(told_in: str, row: Observation, gaps: list[Discrepancy]) -> Said:
    by_hand = any(not gap.is_open and gap.resolution not in Discrepancy.BY_ITSELF for gap in gaps)
    return Said(told_in, row.stated_on, any(gap.is_open for gap in gaps), by_hand)


def about(party: Party) -> str:
    """What tells a party from another of its name."""
    born = _("born %(year)s") % {"year": party.birth_year} if party.birth_year else ""
    return " · ".join(filter(None, (str(party.get_kind_display()), words.country(party.country), born)))


def about_observed(row: Observation) -> str:
    if row.owner:
        return about(row.owner)
    return " · ".join(filter(None, (str(row.get_owner_kind_display()), words.country(row.owner_country))))


def sentence(row: Discrepancy) -> str:
    seen_there = row.observation
    return SENTENCES[row.kind] % {
        "owner": row.party.name if row.party else seen_there.owner_called,
        "owned": seen_there.owned.name,
        "declared": told(row.declared),
        "observed": told(row.observed),
        "source": of_day(seen_there),
    }


def in_words(row: Observation) -> str:
    if row.is_all:
        return _("%(owned)s: nobody else is named") % {"owned": row.owned.name}
    told_of = {"owner": row.owner_called, "owned": row.owned.name, "what": what(row.kind, row.share)}
    return _("%(owner)s in %(owned)s: %(what)s") % told_of


def late(row: Discrepancy, filled: Facts) -> ResolveForm | None:
    """The form that came back with errors, or too late."""
    return filled["resolve_form"] if filled.get("resolved_pk") == row.pk else None


def resolve_form(case: Case, row: Discrepancy, filled: Facts) -> ResolveForm:
    if came_back := late(row, filled):
        return came_back
    return ResolveForm(row, actions=(reverse("desk:discrepancy_resolve", args=[case.pk, row.pk]),))


def withdraw_form(case: Case, row: Observation, filled: Facts) -> WithdrawForm | None:
    if filled.get("withdrawn_pk") == row.pk:
        return filled["withdraw_form"]  # type: ignore[no-any-return]  # as above
    if row.withdrawn_at:
        return None
    return WithdrawForm(row.pk, actions=(reverse("desk:observation_withdraw", args=[case.pk, row.pk]),))


def observe_form(case: Case, customer: Party, standing: list[Observation]) -> ObserveForm:
    """Begun with the source that was read last, since one extract names several owners."""
    last = standing[-1] if standing else None
    initial = (
        {"source": last.source, "found_in": last.found_in, "stated_on": last.stated_on, "owned": last.owned_id} if last else {}
    )
    return ObserveForm(case.organisation, customer, initial=initial, actions=(reverse("desk:observe", args=[case.pk]),))


def weights(kinds: Iterable[str]) -> list[Facts]:
    """What each kind of interest that is declared counts for under which regime, in its title; nothing to say where all are
    shares."""
    declared, pack = dict.fromkeys(kinds), packs.current()
    if not declared.keys() - {Interest.Kind.SHAREHOLDING}:
        return []
    return [weight_row(weight(kind, pack)) for kind in Interest.Kind.values if kind in declared]


def weight_row(found: Weight) -> Facts:
    titles = {regime: str(words.REGIMES.get(regime, regime)) for regime in ASKED}
    ways = {"owned": found.owned, "controls": (*found.controls, *found.role), "nothing": found.nothing}
    told = {way: ", ".join(dict.fromkeys(titles[regime] for regime in regimes)) for way, regimes in ways.items()}
    return {"label": Interest.Kind(found.kind).label, **told}
