"""Worlds to look for networks in: accounts with what they leave behind, and the truth about who is whose.

Everything is drawn from one seed. Innocent people share a great deal, and how much is heavy-tailed: households and one family's
card, companies with several accounts, offices and business centres behind one address, universities with lab computers and a
course that signs up within an hour, carriers' NAT, VPN exits, serverless egress, ready-made templates that a post makes famous
for a day, recycled telephones, agencies that run their clients' accounts, homes through which somebody else's traffic runs.
Networks have 20 to 5,000 accounts (a Pareto tail) at three levels of evasion, and use the VPN, clouds, mail and templates of all.

Shared values of networks come from pools that overlap at random, so that hardly any value is all of a network.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tests.bench.hostile import hostile
from tests.bench.innocent import everybody, famous, innocent
from tests.bench.making import BEGIN, DAY, HOUR, SPAN, TYPES, Flags, Ints, Maker, heavy, opening_hours

LEVELS = ("careless", "ordinary", "disciplined")
SMALLEST, LARGEST = 20, 5000
# Who sells the use of infected homes, each of homes of his own, to several networks.
VENDORS = 6
__all__ = ["BEGIN", "DAY", "LEVELS", "SPAN", "TYPES", "World", "make"]


@dataclass(frozen=True)
class World:
    """signals: account, type (place in TYPES), value, first, last (seconds since 1970), count.

    Truth by account: the hand (whose it is; its own number where nobody else's), the network (-1: none), its level (-1), the
    declared agency (-1), and the kind of place that an innocent account belongs to."""

    signals: dict[str, Ints]
    hand: Ints
    network: Ints
    level: Ints
    declared: Ints
    place: Ints

    @property
    def accounts(self) -> int:
        return len(self.hand)

    def write(self, path: Path) -> None:
        """As the product would hand it out: values are 16 bytes of a keyed hash, as text."""
        s = self.signals
        table = pa.table({name: s[name] for name in ("account", "type", "value", "first", "last", "count")})
        with duckdb.connect() as db:
            db.execute("SET threads=2")
            db.register("rows", table)
            db.execute("CREATE TABLE names AS SELECT unnest(?) AS name, unnest(range(?)) AS place", [list(TYPES), len(TYPES)])
            db.execute(
                f"""COPY (SELECT account, names.name AS type, md5(type::TEXT || ':' || value::TEXT) AS value,
                    to_timestamp(first)::TIMESTAMP AS first_seen, to_timestamp(last)::TIMESTAMP AS last_seen, count
                    FROM rows JOIN names ON names.place = rows.type) TO '{path}'
                    ({"FORMAT PARQUET, COMPRESSION ZSTD" if path.suffix == ".parquet" else "FORMAT CSV, HEADER"})"""
            )

    def write_declared(self, path: Path) -> None:
        whose = np.flatnonzero(self.declared >= 0)
        path.write_text("account,group\n" + "".join(f"{account},agency-{self.declared[account]}\n" for account in whose))


def make(
    accounts: int, *, seed: int, networks: int | None = None, thinned: float = 1.0, least: int = SMALLEST, most: int = LARGEST
) -> World:
    """A world with networks of `least` to `most` accounts, a tenth of all at most unless all are to be larger; of `thinned` below
    1 each value that is shared with somebody is kept with that probability, in networks and among the innocent, and otherwise
    becomes one that nobody else has."""
    random = np.random.default_rng(seed)
    networks = networks if networks is not None else (50 if accounts <= 100_000 else 150)
    levels = random.permutation(np.resize(np.array([0, 1, 0, 1, 2, 0, 1, 0, 1, 0, 1, 2]), networks))
    # Discipline takes work for each account: the largest have little of it.
    largest = np.minimum(np.array([most, max(least, most // 2), max(least, 200)])[levels], max(least, accounts // 10))
    sizes = np.minimum(heavy(random, networks, least, most, 1.0), largest)
    bad = int(sizes.sum())
    network = np.full(accounts, -1)
    network[accounts - bad :] = np.repeat(np.arange(networks), sizes)
    level = np.where(network >= 0, levels[network], -1)
    opened = opening_hours(random, accounts)
    # Every fourth looks round for an hour or an evening, and never comes back.
    lasts = np.where(
        random.random(accounts) < 0.25, random.exponential(4 * HOUR, accounts), random.exponential(240 * DAY, accounts)
    )
    lasts = lasts.astype(np.int64) + HOUR
    maker = Maker(random, accounts, opened, np.minimum(opened + lasts, BEGIN + SPAN))
    hand = np.arange(accounts)
    declared = np.full(accounts, -1)
    place = np.zeros(accounts, np.int64)
    maker.freemail, maker.browsers = maker.fresh(40), maker.fresh(max(40, accounts // 250))
    maker.clouds = maker.fresh(max(10, accounts // 250))
    famous(maker, np.arange(accounts))
    homes = innocent(maker, np.arange(accounts - bad), hand, declared, place)
    everybody(maker, np.arange(accounts))
    rented = random.choice(homes, (VENDORS, max(30, accounts // 200)))
    for number in range(networks):
        members = np.flatnonzero(network == number)
        hand[members] = accounts + number
        hostile(maker, members, LEVELS[levels[number]], rented[random.integers(0, VENDORS)])
    signals = merged(maker, thinned)
    names = random.permutation(accounts) + 1_000
    return World(*named(signals, names, hand, network, level, declared, place))


def named(signals: dict[str, Ints], names: Ints, *truth: Ints) -> tuple[dict[str, Ints], *tuple[Ints, ...]]:
    """Accounts under numbers that tell nothing; truth is then by place of the number."""
    order = np.argsort(names)
    hand = truth[0]
    signals["account"] = names[signals["account"]] - 1_000
    return signals, hand[order], *(one[order] for one in truth[1:])


def merged(maker: Maker, thinned: float) -> dict[str, Ints]:
    """One row for each account, type and value, in no order."""
    account, type, value, first, last = (
        np.concatenate([np.broadcast_to(np.asarray(row[part]), row[0].shape) for row in maker.rows]) for part in range(5)
    )
    if thinned < 1:
        lost = maker.random.random(len(value)) > thinned
        lost &= shared(type * (1 << 40) + value)
        value = value.copy()
        value[lost] = maker.fresh(int(lost.sum()))
    order = np.lexsort((first, value, type, account))
    account, type, value, first, last = (one[order] for one in (account, type, value, first, last))
    new = np.r_[True, (account[1:] != account[:-1]) | (type[1:] != type[:-1]) | (value[1:] != value[:-1])]
    rows = np.flatnonzero(new)
    mixed = maker.random.permutation(len(rows))
    count = maker.random.geometric(0.08, len(rows))
    last = np.maximum.reduceat(last, rows)
    return {
        "account": account[rows][mixed], "type": type[rows][mixed], "value": value[rows][mixed], "first": first[rows][mixed],
        "last": last[mixed], "count": count,
    }  # fmt: skip


def shared(key: Ints) -> Flags:
    """Whose key stands there more than once."""
    _, place, many = np.unique(key, return_inverse=True, return_counts=True)
    found: Flags = many[place] > 1
    return found
