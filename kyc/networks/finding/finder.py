"""From signals to networks: the whole way, in order."""

from collections.abc import Collection, Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa

from kyc.networks.finding import bound, clustering, judging, leftovers, pairing, reading, telling, weighing
from kyc.networks.finding.found import Found
from kyc.networks.finding.judging import Flags, Ints
from kyc.networks.finding.numbers import Numbers, Pair, infrastructure
from kyc.networks.finding.reading import Source
from kyc.networks.finding.signals import Signals
from kyc.networks.finding.telling import Went
from kyc.networks.finding.weighing import CERTAIN, LIKELY, Bits, Pairs

# An edge of so many bits more than needed counts as two.
DOUBLY = 5.0
# In how many rounds what lies about goes to networks.
ROUNDS = 4
# Two are no network.
SMALLEST = 3


def find(
    signals: Source,
    *,
    declared: Mapping[Any, str | Collection[str]] | None = None,
    must: Iterable[Pair] = (),
    cannot: Iterable[Pair] = (),
    ruled: Iterable[tuple[str, str]] = (),
    hubs: Mapping[tuple[str, str], str] | pa.Table | None = None,
    evidence: bool = True,
    threads: int = 2,
    memory: str = "2GB",
) -> Found:
    """The networks among the accounts of `signals`: a Parquet or CSV file or an Arrow table of the columns `reading.COLUMNS`.

    `declared` names the group, or several, of accounts that an agency runs and has declared; `must` and `cannot` hold pairs that
    an officer ruled to be one hand, or not; `ruled` values (type, value) that he ruled to be shared infrastructure; `hubs` names
    of others that link nobody whose they are, a class of `weighing.NOBODYS`, or is a table of type, value and hub as text. The
    same input gives the same networks. Raises BadSignals with file, line and reason."""
    read = reading.read(signals, threads=threads, memory=memory)
    numbers = Numbers(read)
    groups = numbers.groups(declared or {})
    nobodys = numbers.nobodys(infrastructure(read, groups), hubs or {}, ruled)
    bits = np.where(nobodys > 0, np.float32(0), weighing.rarity(read))
    begins = np.searchsorted(read.account, np.arange(read.accounts + 1)).astype(np.int64)
    together, apart = numbers.pairs(bound.chained(must, numbers.known)), numbers.pairs(cannot)
    pairs = linked(read, bits, begins, groups, together, apart)
    head = bound.heads(together, read.accounts)
    place, went = networks(read, bits, pairs, groups, head)
    place = bound.enough(bound.separated(place, apart, head, pairs), head, SMALLEST)
    inside = (place[pairs.a] >= 0) & (place[pairs.a] == place[pairs.b])
    pairs = pairs.some(inside)
    told = telling.shown(signals, read, pairs, bits, begins, nobodys) if evidence else None
    families = telling.worded(pairs.families)
    edges = pa.table({"a": read.names.take(pairs.a), "b": read.names.take(pairs.b), "bits": pairs.bits, "families": families})
    return Found(telling.members(read, place, pairs, went), edges, told, read.accounts, read.rows)


def linked(signals: Signals, bits: Bits, begins: Ints, groups: Ints, must: Ints, cannot: Ints) -> Pairs:
    """Pairs that are of one hand rather than not, and those that were ruled to be."""
    a, b = pairing.candidates(signals, bits, weighing.LEAST_BITS)
    may = ~run_together(groups, a, b) & ~np.isin(a * signals.accounts + b, cannot)
    pairs = weighing.weighed(signals, a[may], b[may], bits, begins)
    return bound.edged(pairs.some(pairs.bits >= weighing.cut(signals.population, LIKELY)), must, signals.accounts)


def run_together(groups: Ints, a: Ints, b: Ints) -> Flags:
    """Whether one agency runs both."""
    found = np.zeros(len(a), np.bool_)
    for one, other in product(groups, groups):
        found |= (one[a] >= 0) & (one[a] == other[b])
    return found


def networks(signals: Signals, bits: Bits, pairs: Pairs, groups: Ints, head: Ints) -> tuple[Ints, Went]:
    """The network of each account, and by what those came to it that no edge holds there. Judged are the signals; what an officer
    ruled to be one hand, as `head` has it, is put together after it."""
    counted = bits >= weighing.LEAST_BITS
    least = weighing.cut(signals.population, CERTAIN)
    sure = pairs.some(pairs.bits >= least)
    place = clustering.communities(signals.accounts, sure.a, sure.b, 1 + (sure.bits - least) / DOUBLY)
    place = bound.united(judging.kept(signals, place, counted, odds=0.0, smallest=2), head)
    went = Went(np.zeros(signals.accounts, np.float32), np.zeros(signals.accounts, np.uint8))
    for _ in range(ROUNDS):
        place = clustering.rejoined(place, sure.a, sure.b)
        new, weight, families = leftovers.attached(signals, place, bits, groups, leftovers.ATTACHED)
        changed = new != place
        went = Went(np.where(changed, weight, went.bits), np.where(changed, families, went.families))
        place = judging.renumbered(new)
        if not changed.any():
            break
    return bound.united(judging.kept(signals, place, counted, odds=leftovers.ODDS, smallest=SMALLEST), head), went
