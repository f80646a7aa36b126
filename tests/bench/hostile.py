"""One network of a world: whose accounts take from common pools, by its habits."""

import numpy as np

from tests.bench.making import BEGIN, DAY, HOUR, SPAN, Ints, Maker

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
