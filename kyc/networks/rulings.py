"""What rulings in force say together: to the next building of networks, and to whoever is about to rule."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from django.db.models import Q

from kyc.evidence import agencies
from kyc.networks.network_models import Attachment, NetworkMembership
from kyc.networks.ruling_models import Ruling

Pair = tuple[int, int]
K = Ruling.Kind


@dataclass(frozen=True)
class About:
    """Two accounts, by their numbers and the smaller first, or one value of a type."""

    pair: Pair | None = None
    value: tuple[str, UUID] | None = None

    @classmethod
    def of(cls, ruling: Ruling) -> "About":
        if ruling.value is not None:
            return cls(value=(ruling.type, ruling.value))
        return cls(pair=(ruling.a_id, ruling.b_id))  # type: ignore[arg-type]  # the database's CHECK

    @property
    def columns(self) -> dict[str, object]:
        """As a ruling has them."""
        if self.pair:
            return {"a_id": self.pair[0], "b_id": self.pair[1], "type": "", "value": None}
        return {"a": None, "b": None, "type": self.value[0], "value": self.value[1]} if self.value else {}

    @property
    def rows(self) -> Q:
        """Rulings on it."""
        if self.pair:
            return Q(a=self.pair[0], b=self.pair[1])
        return Q(type=self.value[0], value=self.value[1]) if self.value else Q(pk=None)


@dataclass(frozen=True)
class Ruled:
    """Evidence that signals don't overrule. `must` are pairs of accounts that are in one network, `cannot` pairs that are in none
    together, numbers of organisations and the smaller first, each once and in order; no pair is in both, not even by a chain.
    `values` has the kind ruled of each (type, value)."""

    must: tuple[Pair, ...]
    cannot: tuple[Pair, ...]
    values: Mapping[tuple[str, UUID], str]

    @property
    def uncounted(self) -> frozenset[tuple[str, UUID]]:
        """Values that are ruled to link nobody."""
        return frozenset(value for value, kind in self.values.items() if kind != K.SAME_CONTROLLER)


def for_run(besides: About | None = None) -> Ruled:
    """What the next building goes by, in a few queries; without what is said of `besides`, where another word on it is
    weighed. The compartment is open around it, else the database shows no row."""
    said = Ruling.objects.in_force().exclude(pk__in=lapsed())
    rows = list((said.exclude(besides.rows) if besides else said).order_by("pk"))
    must, cannot = together(rows), {(row.a_id, row.b_id) for row in rows if row.is_of_pair and row.kind != K.SAME_CONTROLLER}
    cannot |= declined(groups(must))
    values = {(row.type, row.value): row.kind for row in rows if row.value is not None}
    return Ruled(tuple(sorted(must)), tuple(sorted(cannot)), values)  # type: ignore[arg-type]  # a pair names two


def lapsed() -> set[int]:
    """Numbers of those that point to an agency which does not hold now. They are heeded again once it does, and so agree with all
    others in force."""
    pointing = dict(Ruling.objects.in_force().filter(agency__isnull=False).values_list("pk", "agency"))
    held = set(agencies.held().filter(pk__in=pointing.values()).values_list("pk", flat=True)) if pointing else set()
    return {ruling for ruling, agency in pointing.items() if agency not in held}


def together(rows: Iterable[Ruling]) -> set[Pair]:
    """Pairs whose accounts are ruled to have one hand; of a value those of the network that had it when it was ruled, as a
    chain."""
    return {pair for row in rows if row.kind == K.SAME_CONTROLLER for pair in tied(About.of(row), row.organisations)}


def tied(about: About, organisations: Iterable[int]) -> Iterable[Pair]:
    """What is ruled to have one hand. That others come together with a pair touches them, but is not said of them."""
    return [about.pair] if about.pair else pairwise(sorted(organisations))


def declined(head: Mapping[int, int]) -> set[Pair]:
    """Accounts that an officer did not attach, each with all that are in the network now; but not where a ruling, of which `head`
    tells as `groups` does, ties it to one of them."""
    answered = Attachment.objects.filter(outcome=Attachment.Outcome.DECLINED).values_list("network", "organisation")
    members: dict[int, set[int]] = {}
    live = NetworkMembership.objects.live().filter(network__in={network for network, _organisation in answered})
    for network, organisation in live.values_list("network", "organisation"):
        members.setdefault(network, set()).add(organisation)
    found: set[Pair] = set()
    for network, organisation in answered:
        others = members.get(network, set())
        tied = organisation in others or any(head.get(one, one) == head.get(organisation, organisation) for one in others)
        found |= set() if tied else {(min(organisation, one), max(organisation, one)) for one in others}
    return found


def groups(pairs: Iterable[Pair]) -> dict[int, int]:
    """For each account of the pairs the smallest that it hangs together with, over however many."""
    found: dict[int, int] = {}

    def head(one: int) -> int:
        while found.setdefault(one, one) != one:
            found[one] = found[found[one]]
            one = found[one]
        return one

    for a, b in pairs:
        first, last = sorted((head(a), head(b)))
        found[last] = first
    return {one: head(one) for one in list(found)}


def contradicted(about: About, kind: str, organisations: Iterable[int], rows: Iterable[Ruling]) -> Pair | None:
    """A pair that would be held together and apart at once, were this ruled of `organisations` beside `rows`, which are in force
    on anything else; nothing where all agree."""
    others = [row for row in rows if About.of(row) != about]
    must = together(others)
    cannot = {(row.a_id, row.b_id) for row in others if row.is_of_pair and row.kind != K.SAME_CONTROLLER}
    if kind == K.SAME_CONTROLLER:
        must |= set(tied(about, organisations))
    elif about.pair and kind != K.WITHDRAWN:
        cannot |= {about.pair}
    head = groups(must)
    for a, b in sorted(cannot):  # type: ignore[type-var]  # a pair names two
        if a in head and head.get(a) == head.get(b):  # type: ignore[arg-type]
            return a, b  # type: ignore[return-value]
    return None
