"""Worlds to look for networks in: accounts with what they leave behind, and the truth about who is whose.

Everything is drawn from one seed. Innocent people share a great deal, and how much is heavy-tailed: households and one family's
card, companies with several accounts, offices and business centres behind one address, universities with lab computers and a
course that signs up within an hour, carriers' NAT, VPN exits, serverless egress, ready-made templates that a post makes famous
for a day, recycled telephones, agencies that run their clients' accounts, homes through which somebody else's traffic runs.
Networks have 20 to 5,000 accounts (a Pareto tail) at three levels of evasion, and use the VPN, clouds, mail and templates of all.

Shared values of networks come from pools that overlap at random, so that hardly any value is all of a network.
"""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
TYPES = (
    "email", "domain", "phone", "address", "owner", "document", "document_image", "payment", "device", "login_ip", "api_ip",
    "user_agent", "template",
)  # fmt: skip
T = {name: place for place, name in enumerate(TYPES)}
LEVELS = ("careless", "ordinary", "disciplined")
HOUR, DAY = 3600, 86_400
BEGIN, SPAN = 1_735_689_600, 600 * DAY  # 2025-01-01, and how long the provider has been open
SMALLEST, LARGEST = 20, 5000
# Who sells the use of infected homes, each of homes of his own, to several networks.
VENDORS = 6

# How likely an account of a network takes from its network's pool, and how many accounts take the same value of it.
HABITS: dict[str, dict[str, tuple[float, float]]] = {
    "careless": {
        "payment": (0.85, 7), "document": (0.6, 5), "document_image": (0.6, 5), "device": (0.85, 12), "phone": (0.6, 4),
        "owner": (0.4, 9), "address": (0.7, 10), "domain": (0.6, 25), "login_ip": (0.85, 12), "api_ip": (0.8, 25),
        "template": (0.85, 120), "email": (0.1, 3),
    },
    "ordinary": {
        "payment": (0.6, 5), "document": (0.3, 3), "document_image": (0.4, 3), "device": (0.7, 7), "phone": (0.35, 3),
        "owner": (0.3, 7), "address": (0.4, 6), "domain": (0.35, 12), "login_ip": (0.65, 8), "api_ip": (0.6, 20),
        "template": (0.8, 80), "email": (0.03, 2),
    },
    "disciplined": {
        "payment": (0.12, 2), "document": (0.04, 2), "document_image": (0.08, 2), "device": (0.2, 3), "phone": (0.1, 2),
        "owner": (0.08, 3), "address": (0.1, 3), "domain": (0.06, 5), "login_ip": (0.25, 3), "api_ip": (0.35, 8),
        "template": (0.6, 25), "email": (0.0, 2),
    },
}  # fmt: skip
# Accounts that are opened in one go, and within how many hours.
BATCHES = {"careless": (40, 2), "ordinary": (15, 3), "disciplined": (6, 5)}


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


@dataclass
class Maker:
    """Collects rows; `opened` is when each account was."""

    random: np.random.Generator
    accounts: int
    opened: Ints
    ended: Ints
    next_value: int = 0
    freemail: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    browsers: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    clouds: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    rows: list[tuple[Ints, int, Ints, Ints, Ints]] = field(default_factory=list)

    def fresh(self, many: int) -> Ints:
        self.next_value += many
        return np.arange(self.next_value - many, self.next_value)

    def add(
        self,
        accounts: Ints,
        type: str,
        values: Ints,
        *,
        at_once: bool = False,
        first: Ints | None = None,
        last: Ints | None = None,
    ) -> None:
        many = len(accounts)
        opened, ended = self.opened[accounts], self.ended[accounts]
        if first is None:
            late = self.random.exponential(0.02 if at_once else 0.25, many) * (ended - opened)
            late = np.where(self.random.random(many) < 0.7, self.random.exponential(HOUR / 3, many), late)
            first = np.minimum(opened + late, ended).astype(np.int64)
        if last is None:
            last = (ended - self.random.random(many) ** 3 * (ended - first)).astype(np.int64)
        self.rows.append((accounts, T[type], values, first, np.maximum(first, last)))

    def move(self, accounts: Ints, opened: Ints) -> None:
        """They open then, and last as long as they would have."""
        self.ended[accounts] = np.clip(self.ended[accounts] + opened - self.opened[accounts], opened + HOUR, BEGIN + SPAN + DAY)
        self.opened[accounts] = opened

    def some(self, accounts: Ints, share: float) -> Ints:
        return accounts[self.random.random(len(accounts)) < share]

    def popular(self, values: int, many: int, tail: float) -> Ints:
        """`many` draws of that many values whose popularity falls with rank to the power `tail`."""
        weights = np.arange(1, values + 1) ** -tail
        return np.searchsorted(np.cumsum(weights) / weights.sum(), self.random.random(many)).clip(max=values - 1)

    def groups(self, total: int, sizes: Ints) -> Ints:
        """A group number for each of `total`, in groups of these sizes, of which there are enough."""
        return np.repeat(np.arange(len(sizes)), sizes)[:total]


def heavy(random: np.random.Generator, many: int, least: float, most: float, tail: float) -> Ints:
    """Pareto sizes between both ends."""
    u = random.random(many)
    low, high = least**-tail, most**-tail
    return np.round((low - u * (low - high)) ** (-1 / tail)).astype(np.int64)


def enough(random: np.random.Generator, total: int, least: float, most: float, tail: float) -> Ints:
    """Sizes of such groups until they hold that many."""
    sizes = heavy(random, max(8, int(total / least) + 8), least, most, tail)
    return sizes[: int(np.searchsorted(np.cumsum(sizes), total)) + 1]


def opening_hours(random: np.random.Generator, many: int) -> Ints:
    """More from month to month, by day more than by night, and days on which the news brings many at once."""
    days = np.arange(SPAN // DAY)
    rate = (0.4 + days / len(days)) * np.where(days % 7 < 5, 1.0, 0.55) * random.lognormal(0, 0.35, len(days))
    rate[random.integers(0, len(days), 6)] *= random.uniform(3, 9, 6)
    day = random.choice(days, many, p=rate / rate.sum())
    hour = random.normal(14, 4.5, many) % 24
    return (BEGIN + day * DAY + hour * HOUR + random.random(many) * 60).astype(np.int64)


def make(accounts: int, *, seed: int, networks: int | None = None, thinned: float = 1.0) -> World:
    """A world; of `thinned` below 1 each value that is shared with somebody is kept with that probability, in networks and
    among the innocent, and otherwise becomes one that nobody else has."""
    random = np.random.default_rng(seed)
    networks = networks if networks is not None else (50 if accounts <= 100_000 else 150)
    levels = random.permutation(np.resize(np.array([0, 1, 0, 1, 2, 0, 1, 0, 1, 0, 1, 2]), networks))
    # Discipline takes work for each account: the largest have little of it.
    largest = np.minimum(np.array([LARGEST, LARGEST // 2, 200])[levels], max(SMALLEST, accounts // 10))
    sizes = np.minimum(heavy(random, networks, SMALLEST, LARGEST, 1.0), largest)
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


def everybody(maker: Maker, accounts: Ints) -> None:
    """What honest and dishonest draw from alike, in proportion: browsers, mail, VPN, carriers, clouds, ready-made templates."""
    n = len(accounts)
    r = maker.random
    shared = {
        "user_agent": (maker.browsers, 1.15, 1.3),
        "nat": (maker.fresh(max(20, n // 120)), 0.8, 0.45),
        "vpn": (maker.fresh(max(10, n // 500)), 0.9, 0.16),
        "cloud": (maker.clouds, 1.0, 0.4),
        "template": (maker.fresh(max(30, n // 60)), 1.05, 0.7),
    }
    kinds = {"user_agent": "user_agent", "nat": "login_ip", "vpn": "login_ip", "cloud": "api_ip", "template": "template"}
    for name, (values, tail, each) in shared.items():
        who = np.repeat(accounts, r.poisson(each, n))
        maker.add(who, kinds[name], values[maker.popular(len(values), len(who), tail)])


def famous(maker: Maker, accounts: Ints) -> None:
    """A post with a template to copy: whoever follows it signs up within hours."""
    r = maker.random
    posts = heavy(r, max(3, len(accounts) // 2500), 8, 400, 1.1)
    values = maker.fresh(len(posts))
    for value, many in zip(values, posts, strict=True):
        who = r.choice(accounts, min(many, len(accounts) // 20), replace=False)
        begins = int(maker.opened[who[0]])
        # Those who have an account already use it; of the others some sign up for it.
        new = maker.some(who, 0.5)
        maker.move(new, (begins + r.exponential(9 * HOUR, len(new))).astype(np.int64))
        maker.add(who, "template", np.full(len(who), value))


def innocent(maker: Maker, accounts: Ints, hand: Ints, declared: Ints, place: Ints) -> Ints:
    """Who they are, by where they belong. Returns the addresses of their homes in the network."""
    r = maker.random
    order = r.permutation(accounts)
    n = len(order)
    cuts = np.cumsum([int(n * share) for share in (0.16, 0.12, 0.05, 0.012, 0.01, 0.015)])
    companies, offices, students, clients, doubles, colleagues, alone = np.split(order, cuts)
    has: dict[str, NDArray[np.bool_]] = {name: np.zeros(maker.accounts, np.bool_) for name in TYPES}
    company(maker, companies, hand, has, place)
    office(maker, offices, has, place)
    university(maker, students, has, place)
    agency(maker, clients, has, declared, place)
    double(maker, doubles, hand, has, place)
    coworkers(maker, colleagues, has, place)
    homes = household(maker, np.concatenate([students, doubles, alone, offices]), has, place)
    own(maker, accounts, has)
    recycled(maker, accounts)
    return homes


def take(maker: Maker, has: dict[str, NDArray[np.bool_]], who: Ints, type: str, values: Ints, share: float) -> None:
    """A share of them use these values, one of each."""
    mine = maker.random.random(len(who)) < share
    has[type][who[mine]] = True
    maker.add(who[mine], type, values[mine])


def company(maker: Maker, who: Ints, hand: Ints, has: dict[str, NDArray[np.bool_]], place: Ints) -> None:
    """Companies, most with one account, some with one for each team: truly one hand, and openly so."""
    sizes = enough(maker.random, len(who), 0.8, 60, 3.2).clip(min=1)
    group = maker.groups(len(who), sizes)
    first = np.unique(group, return_index=True)[1]
    hand[who] = who[first][group]
    place[who] = 1
    many = len(first)
    one = {
        type: maker.fresh(many)[group]
        for type in ("domain", "address", "owner", "document", "payment", "login_ip", "api_ip", "phone", "template")
    }
    shares = {
        "domain": 0.95,
        "address": 0.9,
        "owner": 0.8,
        "document": 0.5,
        "payment": 0.55,
        "login_ip": 0.85,
        "api_ip": 0.5,
        "phone": 0.3,
        "template": 0.3,
    }
    for type, values in one.items():
        take(maker, has, who, type, values, shares[type])


def office(maker: Maker, who: Ints, has: dict[str, NDArray[np.bool_]], place: Ints) -> None:
    """Large employers, business centres, addresses rented by the hour: strangers under one roof."""
    r = maker.random
    sizes = enough(r, len(who), 4, max(40, maker.accounts // 60), 1.0)
    group = maker.groups(len(who), sizes)
    place[who] = 2
    many = int(group.max()) + 1
    exits = maker.fresh(many * 4)
    take(maker, has, who, "login_ip", exits[group * 4 + r.integers(0, 1 + r.integers(0, 4, many)[group])], 0.85)
    take(maker, has, who, "address", maker.fresh(many)[group], 0.6)
    employer = r.random(many)[group] < 0.4
    take(maker, has, who[employer], "domain", maker.fresh(many)[group][employer], 0.9)
    take(maker, has, who, "user_agent", maker.fresh(many)[group], 0.4)
    take(maker, has, who, "phone", maker.fresh(many)[group], 0.04)
    take(maker, has, who[employer], "template", maker.fresh(many)[group][employer], 0.25)
    # A purchasing card of a department.
    department = maker.fresh(len(who))[np.cumsum(r.random(len(who)) < 0.2)]
    take(maker, has, who[employer], "payment", department[employer], 0.06)


def university(maker: Maker, who: Ints, has: dict[str, NDArray[np.bool_]], place: Ints) -> None:
    r = maker.random
    sizes = enough(r, len(who), 60, max(120, maker.accounts // 80), 1.0)
    group = maker.groups(len(who), sizes)
    place[who] = 3
    many = int(group.max()) + 1
    # A course signs up together, with the template of its exercise.
    course = np.cumsum(np.concatenate([[True], (group[1:] != group[:-1]) | (r.random(len(who) - 1) < 1 / 45)])) - 1
    taught = r.random(int(course.max()) + 1)[course] < 0.5
    starts = maker.opened[who[np.unique(course, return_index=True)[1]]][course]
    maker.move(who[taught], starts[taught] + (r.random(int(taught.sum())) * 1.5 * HOUR).astype(np.int64))
    take(maker, has, who[taught], "template", maker.fresh(int(course.max()) + 1)[course[taught]], 0.8)
    exits = maker.fresh(many * 12)
    for share in (0.9, 0.5):
        take(maker, has, who, "login_ip", exits[group * 12 + r.integers(0, 12, len(who))], share)
    take(maker, has, who, "domain", maker.fresh(many)[group], 0.8)
    take(maker, has, who, "address", maker.fresh(many * 5)[group * 5 + r.integers(0, 5, len(who))], 0.4)
    # A lab's computers.
    take(maker, has, who, "device", maker.fresh(many * 9)[group * 9 + r.integers(0, 9, len(who))], 0.12)


def agency(maker: Maker, who: Ints, has: dict[str, NDArray[np.bool_]], declared: Ints, place: Ints) -> None:
    """Agencies that run their clients' accounts. Each is declared, but its list lacks a twentieth of its clients."""
    r = maker.random
    sizes = enough(r, len(who), 8, max(30, maker.accounts // 400), 1.0)
    group = maker.groups(len(who), sizes)
    place[who] = 4
    declared[who] = np.where(r.random(len(who)) < 0.95, group, -1)
    many = int(group.max()) + 1
    for type, share, pool in (
        ("device", 0.7, 3), ("login_ip", 0.9, 2), ("payment", 0.6, 2), ("api_ip", 0.5, 2), ("template", 0.6, 3),
        ("phone", 0.3, 2), ("address", 0.15, 1), ("domain", 0.15, 1),
    ):  # fmt: skip
        take(maker, has, who, type, maker.fresh(many * pool)[group * pool + r.integers(0, pool, len(who))], share)


def double(maker: Maker, who: Ints, hand: Ints, has: dict[str, NDArray[np.bool_]], place: Ints) -> None:
    """People with a second or third account, mostly because the first one's free quota was used up."""
    group = maker.groups(len(who), enough(maker.random, len(who), 2, 6, 2.5))
    first = np.unique(group, return_index=True)[1]
    hand[who] = who[first][group]
    place[who] = 5
    for type, share in (("device", 0.85), ("payment", 0.5), ("phone", 0.4), ("document", 0.3), ("owner", 0.3), ("template", 0.4)):
        take(maker, has, who, type, maker.fresh(len(first))[group], share)


def coworkers(maker: Maker, who: Ints, has: dict[str, NDArray[np.bool_]], place: Ints) -> None:
    """Small teams and clubs of different people: one office line, one card for some, a laptop that goes round."""
    r = maker.random
    group = maker.groups(len(who), enough(r, len(who), 3, 25, 1.6))
    place[who] = 6
    many = int(group.max()) + 1
    for type, share in (
        ("login_ip", 0.8),
        ("address", 0.6),
        ("domain", 0.4),
        ("payment", 0.15),
        ("device", 0.12),
        ("template", 0.2),
        ("api_ip", 0.3),
    ):
        take(maker, has, who, type, maker.fresh(many)[group], share)


def household(maker: Maker, who: Ints, has: dict[str, NDArray[np.bool_]], place: Ints) -> Ints:
    """Homes with one account or a few, and of a few who share a computer or a card. Providers give the address in the network to
    another home now and then."""
    r = maker.random
    who = r.permutation(who)
    sizes = r.choice([1, 2, 3, 4, 5], size=len(who), p=[0.89, 0.075, 0.022, 0.01, 0.003])
    group = maker.groups(len(who), sizes)
    many = int(group.max()) + 1
    here = np.bincount(group, minlength=many)[group] > 1
    place[who[here & (place[who] == 0)]] = 7
    lines = maker.fresh(many)
    maker.add(who, "login_ip", lines[group])
    again = maker.some(np.arange(len(who)), 0.12)
    maker.add(who[again], "login_ip", lines[r.integers(0, many, len(again))])
    addresses = maker.fresh(many)[group]
    lacks = ~has["address"][who]
    take(maker, has, who[lacks], "address", addresses[lacks], 0.92)
    cards, computers, phones = maker.fresh(many), maker.fresh(many), maker.fresh(many)
    for type, values, share in (("payment", cards, 0.25), ("device", computers, 0.35), ("phone", phones, 0.06)):
        take(maker, has, who[here], type, values[group][here], share)
    return lines


def own(maker: Maker, accounts: Ints, has: dict[str, NDArray[np.bool_]]) -> None:
    """What each has for himself, where nothing shared took its place, and a little besides."""
    r = maker.random
    n = len(accounts)
    lacks = accounts[~has["domain"][accounts]]
    mine = r.random(len(lacks)) < 0.2
    maker.add(lacks[mine], "domain", maker.fresh(int(mine.sum())))
    maker.add(lacks[~mine], "domain", maker.freemail[maker.popular(40, int((~mine).sum()), 1.4)])
    shares = {
        "email": 1.0,
        "phone": 0.9,
        "address": 0.9,
        "owner": 0.5,
        "document": 0.95,
        "document_image": 0.8,
        "payment": 0.95,
        "device": 1.0,
        "api_ip": 0.6,
        "template": 0.6,
    }
    for type, share in shares.items():
        who = maker.some(accounts[~has[type][accounts]], share)
        maker.add(who, type, maker.fresh(len(who)), at_once=type in ("email", "document", "payment"))
    for type, each in (("device", 0.45), ("login_ip", 0.6), ("payment", 0.15), ("template", 0.35), ("api_ip", 0.25)):
        who = np.repeat(accounts, r.poisson(each, n))
        maker.add(who, type, maker.fresh(len(who)))
    # Registered agents and nominee directors, who stand behind many companies that have nothing to do with each other.
    who = maker.some(accounts, 0.03)
    nominees = maker.fresh(max(5, n // 400))
    maker.add(who, "owner", nominees[maker.popular(len(nominees), len(who), 0.9)])
    # Numbers that receive codes for whoever pays a few cents, and gift cards.
    who = maker.some(accounts, 0.01)
    numbers = maker.fresh(max(4, n // 500))
    maker.add(who, "phone", numbers[maker.popular(len(numbers), len(who), 0.7)])


def recycled(maker: Maker, accounts: Ints) -> None:
    """A telephone number that went to somebody else a while after."""
    taken = [(who, values) for who, type, values, _, _ in maker.rows if type == T["phone"]]
    values = np.concatenate([values for _, values in taken])
    who = maker.some(accounts, 0.03)
    maker.add(who, "phone", maker.random.choice(values, len(who)))


def hostile(maker: Maker, members: Ints, level: str, homes: Ints) -> None:
    """One network: batches of accounts, pools it takes from by its habits, and what is new for each account."""
    r = maker.random
    n = len(members)
    size, hours = BATCHES[level]
    batch = np.cumsum(r.random(n) < 1 / size)
    begins = r.integers(0, SPAN * 3 // 4)
    starts = BEGIN + begins + (r.random(batch.max() + 1) ** 1.5 * min(SPAN - begins, 150 * DAY)).astype(np.int64)
    maker.opened[members] = starts[batch] + (r.random(n) * hours * HOUR).astype(np.int64)
    maker.ended[members] = np.minimum(
        maker.opened[members] + r.exponential(70 * DAY, n).astype(np.int64) + DAY, BEGIN + SPAN + DAY
    )
    # What falls in one campaign stops together.
    fall = BEGIN + begins + int(r.uniform(160, 260) * DAY)
    maker.ended[members] = np.maximum(
        np.minimum(maker.ended[members], fall + r.integers(0, 3 * HOUR, n)), maker.opened[members] + HOUR
    )
    for type, (share, per) in HABITS[level].items():
        pool = maker.fresh(max(1, round(n * share / per)))
        uses = r.random(n) < share
        # Some values of a pool are used up faster; neighbours in time take from neighbouring ones.
        drift = (np.arange(n) / n * len(pool) + r.normal(0, 1 + 0.15 * len(pool), n)).astype(np.int64) % len(pool)
        maker.add(members[uses], type, pool[drift][uses], at_once=True)
        if type in ("login_ip", "device", "template"):
            again = uses & (r.random(n) < 0.4)
            maker.add(members[again], type, pool[r.integers(0, len(pool), n)][again])
        if type not in ("domain", "owner", "template", "api_ip"):
            maker.add(members[~uses], type, maker.fresh(int((~uses).sum())), at_once=True)
    without = maker.some(members, 0.6)
    maker.add(without, "domain", maker.freemail[maker.popular(40, len(without), 1.4)])
    # One program runs them all, from one region of a cloud that many use.
    for type, everybodys, tail, share in (("user_agent", maker.browsers, 1.15, 0.5), ("api_ip", maker.clouds, 1.0, 0.25)):
        few = everybodys[maker.popular(len(everybodys), 3, tail)]
        who = maker.some(members, share)
        maker.add(who, type, r.choice(few, len(who)))
    # Others' homes, rented by the minute from one who rents the same to others.
    each = {"careless": 0.3, "ordinary": 1.5, "disciplined": 2.2}[level]
    who = np.repeat(members, r.poisson(each, n))
    maker.add(who, "login_ip", r.choice(homes, len(who)))
    who = maker.some(members, each / 4)
    maker.add(who, "api_ip", r.choice(homes, len(who)))


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


def shared(key: Ints) -> NDArray[np.bool_]:
    """Whose key stands there more than once."""
    _, place, many = np.unique(key, return_inverse=True, return_counts=True)
    found: NDArray[np.bool_] = many[place] > 1
    return found
