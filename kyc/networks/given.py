"""What passes between a run and the process that finds (kyc/networks/building.py): files of one folder. Pure, and light: every
process of the product imports it, and none but that one what finding takes.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

# By the number that stands in the file.
TYPES = (
    "email", "domain", "phone", "address", "owner", "document", "document_image", "payment", "device", "login_ip", "api_ip",
    "user_agent", "template",
)  # fmt: skip
# With the table's name and the types, in their order.
COPY = """
COPY (
    SELECT organisation_id, array_position({types}::varchar[], type)::smallint, value, first_seen, last_seen, count FROM {table}
) TO STDOUT (FORMAT binary)
"""
# With the two tables' names, the classes of values that link, and rulings that have lapsed: the others, but for what an officer
# ruled.
COPY_HUBS = """
COPY (
    SELECT v.type, v.value, v.hub FROM {values} v WHERE v.hub <> ALL ({linking}) AND NOT EXISTS (
        SELECT FROM {rulings} r WHERE r.value = v.value AND r.type = v.type AND r.kind <> 'withdrawn'
        AND r.id <> ALL ({lapsed}::bigint[])
        AND NOT EXISTS (SELECT FROM {rulings} n WHERE n.replaces_id = r.id)
    ) ORDER BY v.value, v.type
) TO STDOUT (FORMAT csv)
"""
SIGNALS, HUBS, GIVEN, MEMBERS, EDGES = "signals", "hubs.csv", "given.json", "members.jsonl", "edges.jsonl"
# Raised where the way of finding changes, so that runs by two ways are told apart.
VERSION = 6
Pair = tuple[int, int]


@dataclass(frozen=True)
class Given:
    """Beside the signals. `declared` names the groups of each account that declared agencies run; pairs `must` be in one network,
    or `cannot`; `uncounted` are values (type, UUID as text) that officers ruled to link nobody."""

    declared: Mapping[int, Sequence[str]] = field(default_factory=dict)
    must: tuple[Pair, ...] = ()
    cannot: tuple[Pair, ...] = ()
    uncounted: tuple[tuple[str, str], ...] = ()

    def written(self) -> str:
        return json.dumps({"version": VERSION, **asdict(self)}, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> "Given":
        told = json.loads(text)
        pairs = {name: tuple((a, b) for a, b in told[name]) for name in ("must", "cannot", "uncounted")}
        declared = {int(account): tuple(groups) for account, groups in told["declared"].items()}
        return cls(declared, **pairs)


@dataclass(frozen=True)
class Told:
    """Of a run that came to its end: seconds of its parts, and the most memory that it had in bytes."""

    accounts: int
    signals: int
    networks: int
    input_sha256: str
    found_sha256: str
    seconds: Mapping[str, float]
    memory: int


class Watch:
    def __init__(self) -> None:
        self.since, self.seconds = time.monotonic(), dict[str, float]()

    def has(self, done: str) -> None:
        now = time.monotonic()
        self.seconds[done] = round(now - self.since, 2)
        self.since = now
