"""Who is innocent in a world, by where he belongs, and what he shares there with people who have nothing to do with him."""

import numpy as np

from tests.bench.making import HOUR, TYPES, Flags, Ints, Maker, T, enough, heavy


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
    has: dict[str, Flags] = {name: np.zeros(maker.accounts, np.bool_) for name in TYPES}
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


def take(maker: Maker, has: dict[str, Flags], who: Ints, type: str, values: Ints, share: float) -> None:
    """A share of them use these values, one of each."""
    mine = maker.random.random(len(who)) < share
    has[type][who[mine]] = True
    maker.add(who[mine], type, values[mine])


def company(maker: Maker, who: Ints, hand: Ints, has: dict[str, Flags], place: Ints) -> None:
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


def office(maker: Maker, who: Ints, has: dict[str, Flags], place: Ints) -> None:
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


def university(maker: Maker, who: Ints, has: dict[str, Flags], place: Ints) -> None:
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


def agency(maker: Maker, who: Ints, has: dict[str, Flags], declared: Ints, place: Ints) -> None:
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


def double(maker: Maker, who: Ints, hand: Ints, has: dict[str, Flags], place: Ints) -> None:
    """People with a second or third account, mostly because the first one's free quota was used up."""
    group = maker.groups(len(who), enough(maker.random, len(who), 2, 6, 2.5))
    first = np.unique(group, return_index=True)[1]
    hand[who] = who[first][group]
    place[who] = 5
    for type, share in (("device", 0.85), ("payment", 0.5), ("phone", 0.4), ("document", 0.3), ("owner", 0.3), ("template", 0.4)):
        take(maker, has, who, type, maker.fresh(len(first))[group], share)


def coworkers(maker: Maker, who: Ints, has: dict[str, Flags], place: Ints) -> None:
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


def household(maker: Maker, who: Ints, has: dict[str, Flags], place: Ints) -> Ints:
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


def own(maker: Maker, accounts: Ints, has: dict[str, Flags]) -> None:
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
