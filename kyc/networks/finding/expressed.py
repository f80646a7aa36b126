"""The edges between accounts as one Ibis expression, for signals that lie in a warehouse: the arithmetic of pairing and weighing,
said once more for ClickHouse, Spark or DuckDB to run where the rows are. Needs the extra `warehouse`.

What comes of it are the same edges as of `finder.linked`, to the last pair; networks are made of them on one machine.
"""

from functools import reduce
from operator import add

import ibis
from ibis.expr.types import BooleanValue, FloatingValue, NumericValue, Table

from kyc.networks.finding.families import ALL, ASIDE, FAMILIES, FAMILY_OF, MOST_BITS, PASSES_ON, ROOF
from kyc.networks.finding.pairing import ALL_WITH_ALL, LEAST_TOGETHER, LIFT, MOST_VALUES
from kyc.networks.finding.signals import LEAST_POPULATION
from kyc.networks.finding.weighing import BESIDES, COMMON, FAMILY_BITS, GAP, GONE, LEAST_BITS, LIKELY, cut

# So many places on an account of a long run is compared at the most: two to that power.
FURTHEST = 40
TYPES = [place for place, _ in enumerate(ALL)]
BEHAVIOUR = FAMILIES.index("behaviour")


COLUMNS = ("account", "value", "type", "first", "last")


def sql(accounts: int, *, dialect: str, table: str = "shares") -> str:
    """The query by which a warehouse makes the edges itself: `dialect` is Ibis' name of it, such as clickhouse, or
    databricks for Spark."""
    shares = ibis.table(dict.fromkeys(COLUMNS, "int64"), name=table)
    return str(ibis.to_sql(edges(shares, accounts), dialect=dialect))


def edges(shares: Table, accounts: int) -> Table:
    """`shares` has a row for each account and value that several have, as `Signals` has them: `account` and `value` by number,
    `type` by its place in `families.ALL`, `first` and `last` in seconds or NULL. Of `accounts` in all. The result: a, b, bits."""
    population = max(accounts, LEAST_POPULATION)
    known = told(shares, accounts, population)
    by_type = agreeing(candidates(known, population), known)
    return summed(by_type).filter(lambda row: row.bits >= cut(population, LIKELY))


def told(shares: Table, accounts: int, population: int) -> Table:
    """The rows that tell something, with how many have the value and the bits that it weighs."""
    held = shares.group_by("value").agg(holders=lambda rows: rows.count())
    rows = shares.join(held, "value").mutate(
        bits=lambda row: ibis.least(
            (ibis.ifelse(row.holders * COMMON >= accounts, accounts, population).cast("float64") / row.holders).log2(),
            by_type_of(row.type, MOST_BITS.tolist()),
        ),
    )
    return rows.filter(rows.bits >= LEAST_BITS)


def by_type_of(type: NumericValue, values: list[float]) -> NumericValue:
    """The value in the place that the type has."""
    return type.cases(*enumerate(values), else_=values[0])


def is_among(type: NumericValue, flags: list[bool]) -> BooleanValue:
    return type.isin([place for place, flag in enumerate(flags) if flag])


def candidates(known: Table, population: int) -> Table:
    """Pairs that agree on two values of independent families more often than by chance: a, b."""
    rows = known.filter(~is_among(known.type, ASIDE.tolist())).mutate(
        family=lambda row: by_type_of(row.type, FAMILY_OF.tolist()), roof=lambda row: is_among(row.type, ROOF.tolist())
    )
    rarest = ibis.window(group_by="account", order_by=[ibis.desc("bits"), "value"])
    rows = rows.mutate(rank=ibis.row_number().over(rarest)).filter(lambda row: row.rank < MOST_VALUES)
    here, there = rows.view(), rows.view()
    both = here.join(
        there,
        [
            here.account == there.account,
            here.rank < there.rank,
            here.family != there.family,
            ~(here.roof & there.roof),
            here.bits + there.bits >= LEAST_TOGETHER,
        ],
    ).select(
        account=here.account,
        one=ibis.least(here.value, there.value),
        other=ibis.greatest(here.value, there.value),
        chance=here.holders.cast("float64") * there.holders / population,
        apart=there.rank - here.rank,
    )
    run = {"group_by": ["one", "other"]}
    both = both.mutate(
        many=ibis._.count().over(ibis.window(**run)),
        place=ibis.row_number().over(ibis.window(**run, order_by=["apart", "account"])),
    ).filter(lambda row: (row.many >= 2) & (row.many >= LIFT * row.chance))
    return paired(both.select("one", "other", "account", "many", "place"))


def paired(runs: Table) -> Table:
    """Inside each run of accounts all pairs, or in a long run each account with those 1, 2, 4, 8, ... places on."""
    short, long = runs.filter(runs.many <= ALL_WITH_ALL), runs.filter(runs.many > ALL_WITH_ALL)
    here, there = short.view(), short.view()
    close = here.join(there, [here.one == there.one, here.other == there.other, here.place < there.place])
    step = ibis.array([1 << power for power in range(FURTHEST)]).unnest()
    from_here = long.select("one", "other", "account", "place", step=step).mutate(reached=lambda row: row.place + row.step)
    on = long.view()
    far = from_here.join(on, [from_here.one == on.one, from_here.other == on.other, from_here.reached == on.place])
    return ibis.union(
        close.select(a=ibis.least(here.account, there.account), b=ibis.greatest(here.account, there.account)),
        far.select(a=ibis.least(from_here.account, on.account), b=ibis.greatest(from_here.account, on.account)),
        distinct=True,
    )


def agreeing(pairs: Table, known: Table) -> Table:
    """Of each pair by type the bits of the rarest value that both have, 0 where none tells enough: a, b, t0, t1, ..."""
    one, other = known.view(), known.view()
    rows = (
        pairs.join(one, pairs.a == one.account)
        .select("a", "b", value=one.value, type=one.type, bits=one.bits, first_a=one["first"], last_a=one["last"])
        .join(other, [ibis._.b == other.account, ibis._.value == other.value])
        .select("a", "b", "type", "bits", "first_a", "last_a", first_b=other["first"], last_b=other["last"])
    )
    passed = (
        ibis.greatest(rows.first_a, rows.first_b) - ibis.least(rows.last_a, rows.last_b) > GAP
    ) & is_among(rows.type, PASSES_ON.tolist())  # fmt: skip
    is_known = rows.first_a.notnull() & rows.first_b.notnull() & rows.last_a.notnull() & rows.last_b.notnull()
    rows = rows.mutate(weight=rows.bits - ibis.ifelse(is_known & passed, GONE, 0.0)).filter(lambda row: row.weight >= LEAST_BITS)
    return rows.group_by("a", "b").agg(**{f"t{type}": ibis.ifelse(rows.type == type, rows.weight, 0.0).max() for type in TYPES})


def summed(by_type: Table) -> Table:
    """The bits of all families together, of pairs that agree for two independent reasons: a, b, bits."""
    roofs = [type for type in TYPES if ROOF[type]]
    heaviest = ibis.greatest(*(by_type[f"t{type}"] for type in roofs))
    counted = {type: by_type[f"t{type}"] for type in TYPES}
    before: BooleanValue = ibis.literal(False)
    for type in roofs:
        is_heaviest = by_type[f"t{type}"] == heaviest
        counted[type] = ibis.ifelse(is_heaviest & ~before, heaviest, 0.0)
        before = before | is_heaviest
    reasons = reasoned({type: by_type[f"t{type}"] for type in TYPES}, roofs)
    total = reduce(
        add, (of_family([counted[type] for type in TYPES if FAMILY_OF[type] == number]) for number in range(len(FAMILIES)))
    )
    return by_type.select("a", "b", bits=total, reasons=reasons).filter(lambda row: row.reasons >= 2).select("a", "b", "bits")


def reasoned(bits: dict[int, FloatingValue], roofs: list[int]) -> NumericValue:
    """How many independent reasons there are; what stands under one roof is one."""
    free: list[BooleanValue] = []
    for number in range(len(FAMILIES)):
        alone = [bits[type] > 0 for type in TYPES if FAMILY_OF[type] == number and not ROOF[type] and not ASIDE[type]]
        agrees = ibis.or_(*alone) if alone else ibis.literal(False)
        if number == BEHAVIOUR:
            agrees = agrees | ibis.and_(*(bits[type] > 0 for type in TYPES if ASIDE[type]))
        free.append(agrees)
    roofed = ibis.or_(*((bits[type] > 0) & ~free[FAMILY_OF[type]] for type in roofs))
    return reduce(add, (ibis.ifelse(one, 1, 0) for one in (*free, roofed)))


def of_family(bits: list[FloatingValue]) -> FloatingValue:
    """The heaviest, and of what its types say besides a part; at most FAMILY_BITS."""
    most = ibis.greatest(*bits) if len(bits) > 1 else bits[0]
    return ibis.least(most + BESIDES * (reduce(add, bits) - most), FAMILY_BITS)
