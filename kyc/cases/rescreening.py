"""A newer version of a list: what is new or changed in it is compared with everybody who is a customer now, stretch by stretch.

Nobody else is touched: a pair of which neither side has changed stands as it was ruled on. A stretch compares with the version in
use when its turn comes, against the one in use before the version it was made for, so that a version overtaken meanwhile loses
nothing.
What is found opens a case (kyc.cases.reviewing) or calls for another round of the open one (kyc.cases.outdated).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import organisations
from accounts.models import Organisation
from accounts.vault import searching
from accounts.vault.models import SearchDigest
from config import jobs
from kyc.cases.models import Case, Entity, Examination
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening import lists, pairs, reasons
from kyc.screening.index import COMPARED, Index
from kyc.screening.match import Match, Subject
from kyc.screening.models import Hit, ListVersion, Rescreening
from kyc.screening.normalise import number

QUEUE = jobs.Queue(
    name="lists.rescreen",
    model=Rescreening,
    field="state",
    ready=Rescreening.State.WAITING,
    failed=Rescreening.State.FAILED,
    lease=timedelta(seconds=30),
    since="asked_at",
)
# By so much what is known beside the name may raise a score, and by no more.
MOST_BESIDE = reasons.SAME_DAY + reasons.SAME_COUNTRY


class Overtaken(Exception):
    """Another version became active while this one was compared."""


@dataclass(frozen=True)
class Touched:
    """The version in use, an index of what is new or changed in it, and the numbers of these entries and of those that are gone;
    its identification numbers as the vault finds them."""

    version: ListVersion
    index: Index
    entries: frozenset[str]
    gone: frozenset[str]
    numbers: frozenset[str]

    @property
    def keys(self) -> set[tuple[str, str]]:
        return {(self.version.source, entry) for entry in self.entries | self.gone}


def concerned() -> QuerySet[Organisation]:
    """Whose parties are compared when a list changes: customers who are verified, or whose case was examined and goes on."""
    of = {"organisation": OuterRef("pk")}
    examined = Examination.objects.filter(**of, state=Examination.State.DONE)
    goes_on = Exists(Case.objects.open().filter(**of)) & Exists(examined)
    return Organisation.objects.real().filter(Exists(Entity.objects.live().filter(**of)) | goes_on, closed_at=None)


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            rescreen(claim)


def rescreen(claim: jobs.Claim) -> None:
    """Compares outside any transaction, and writes all of the stretch in the finishing one; anew, where the list has changed
    meanwhile."""
    stretch = claim.row
    while not claim.finished:
        with claim.kept_up():
            touched = touched_since(stretch)
            parties = involved(stretch)
            found = compare(parties, touched)
        told = {"parties": len(parties), "entries": len(touched.entries)}
        try:
            with claim.finish(state=Rescreening.State.DONE, done_at=timezone.now(), **told):
                written = write(parties, found, touched)
                Rescreening.objects.filter(pk=stretch.pk).update(found=written)
        except Overtaken:
            continue


_touched: tuple[tuple[object, ...], Touched] | None = None


def touched_since(stretch: Rescreening) -> Touched:
    """Made once a process for all stretches of a version."""
    global _touched
    version = in_use(stretch.version.source)
    # First, so that the weights are those of the lists that were in use, or newer.
    of_all = lists.active_index()
    key = (version.pk, stretch.since_id, of_all)
    if _touched is None or _touched[0] != key:
        entries, gone = lists.moved(version, stretch.since)
        index = lists.built([version.pk], of=entries, weighed_as=of_all)
        numbers = {searching.digest(number(text), purpose="number") for text in index.numbers} - {""}
        _touched = (key, Touched(version, index, frozenset(entries), frozenset(gone), frozenset(numbers)))
    return _touched[1]


def in_use(source: str) -> ListVersion:
    return ListVersion.objects.get(source=source, is_active=True)


def involved(stretch: Rescreening) -> dict[int, Party]:
    rows = Party.objects.current().filter(pk__range=(stretch.first, stretch.last), organisation__in=concerned())
    return {party.pk: party for party in rows.order_by("pk")}


def compare(parties: Mapping[int, Party], touched: Touched) -> dict[int, list[Match]]:
    """Matches from the line on. What is sealed is opened of those only whose name comes near enough for it to count, or who bear
    a number of an entry."""
    line = packs.current().screening_threshold
    bearing = bearers(parties, touched)
    found = {}
    for pk, party in parties.items():
        if pk in bearing or is_near(party, touched.index, line):
            found[pk] = list(pairs.likest(touched.index, party, least=line).values())
    return {pk: matches for pk, matches in found.items() if matches}


def is_near(party: Party, index: Index, line: float) -> bool:
    least = line - MOST_BESIDE - 1e-9
    names = filter(None, (party.name, party.native_name))
    return any(index.find(Subject(name, party.screened_as), least=least, limit=COMPARED) for name in names)


def bearers(parties: Mapping[int, Party], touched: Touched) -> set[int]:
    if not parties or not touched.numbers:
        return set()
    place = f"{Party._meta.db_table}.registration_number"
    rows = SearchDigest.objects.filter(place=place, row__range=(min(parties), max(parties)), digest__in=touched.numbers)
    return set(rows.values_list("row", flat=True))


def write(parties: Mapping[int, Party], found: Mapping[int, list[Match]], touched: Touched) -> int:
    """How many rows came of it. Organisations in the order of their numbers, so that two stretches don't wait for each other."""
    stale = set(found) | touched_before(parties, touched)
    by_organisation: dict[int, dict[int, Party]] = defaultdict(dict)
    for pk in sorted(stale):
        by_organisation[parties[pk].organisation_id][pk] = parties[pk]
    for organisation in sorted(by_organisation):
        organisations.held(organisation)
    if in_use(touched.version.source).pk != touched.version.pk:
        raise Overtaken
    pack, written = packs.current(), 0
    for those in by_organisation.values():
        # As they are now: whoever has changed meanwhile is compared by the round that his change calls for.
        comparing = pairs.Comparing(those, [touched.version], touched.index, pack, touched.keys)
        written += len(comparing.settle({pk: found.get(pk, []) for pk in those}))
    if written:
        jobs.woke("hit.found")
    return written


def touched_before(parties: Mapping[int, Party], touched: Touched) -> set[int]:
    """Those with a match of which the list has changed its side."""
    if not parties:
        return set()
    rows = Hit.objects.filter(
        source=touched.version.source,
        party__gte=min(parties),
        party__lte=max(parties),
        entry_id__in=touched.entries | touched.gone,
    )
    return set(rows.values_list("party", flat=True)) & parties.keys()
