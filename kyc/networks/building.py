"""Finds the networks in what a run has put into a folder, in a process of its own, whose memory goes with it. Pure.

    python -m kyc.networks.building FOLDER

In the folder stand `signals` (kyc/networks/copied.py), `hubs.csv` (types and values that link nobody) and `given.json` (Given);
into it come `members.jsonl`, a line a network, the largest first, and `edges.jsonl`, a line an edge, by their numbers. A line of
standard output says what it is at: a step, or at last what came of it (Told). It ends when its standard input is closed, so that
it does not outlive whoever waits for it.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import csv

from kyc.networks import copied
from kyc.networks.finding.finder import find
from kyc.networks.finding.found import Found
from kyc.networks.given import EDGES, GIVEN, HUBS, MEMBERS, SIGNALS, Given, Told, Watch

MEMORY = "3GB"
NAMED = pa.schema([("type", pa.string()), ("value", pa.string()), ("hub", pa.string())])


def build(folder: Path, step: Callable[[str], None]) -> Told:
    watch = Watch()
    text = (folder / GIVEN).read_text()
    given, file = Given.read(text), folder / SIGNALS
    hubs = folder / HUBS
    came_in = sha256(f"{copied.fingerprint(file)} {sha256(hubs.read_bytes()).hexdigest()} {text}".encode()).hexdigest()
    signals = copied.table(file)
    watch.has("read")
    step("finding")
    found = find(
        signals,
        declared=given.declared,
        must=given.must,
        cannot=given.cannot,
        ruled=given.uncounted,
        hubs=whose(hubs),
        memory=MEMORY,
    )
    watch.has("find")
    came_out = written(folder, found)
    watch.has("write")
    return Told(
        accounts=found.accounts, signals=found.signals, networks=found.networks, input_sha256=came_in, found_sha256=came_out,
        seconds=watch.seconds, memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )  # fmt: skip


def whose(hubs: Path) -> pa.Table:
    """Of values that link nobody: type, value and hub, as text."""
    if not hubs.stat().st_size:
        return NAMED.empty_table()
    columns = csv.ReadOptions(column_names=NAMED.names)
    return csv.read_csv(hubs, columns, convert_options=csv.ConvertOptions(column_types=NAMED))


def written(folder: Path, found: Found) -> str:
    """Both files; and the SHA-256 of what they say of who is in which network."""
    digest = sha256()
    with (folder / MEMBERS).open("w") as lines:
        for line in networks(found.members):
            lines.write(line)
            digest.update(line.encode())
    with duckdb.connect() as db:
        db.execute(f"SET memory_limit='{MEMORY}'")
        db.register("members", found.members)
        db.register("edges", found.edges)
        db.register("evidence", found.evidence)
        db.execute(f"COPY ({LEDGERS}) TO '{folder / EDGES}' (FORMAT json)")
    return digest.hexdigest()


def networks(members: pa.Table) -> Iterable[str]:
    """Each network's members with their families and confidence, by their numbers."""
    by_network: dict[int, list[list[Any]]] = {}
    columns = (members[name].to_pylist() for name in ("network", "account", "via", "confidence"))
    for network, account, via, confidence in zip(*columns, strict=True):
        by_network.setdefault(network, []).append([account, via.split("+") if via else [], round(confidence, 4)])
    for _number, those in sorted(by_network.items()):
        yield json.dumps(sorted(those)) + "\n"


# Of those whose ends are in one network.
LEDGERS = """
SELECT a, b, round(e.bits::DOUBLE, 2) AS bits, e.families AS families, coalesce(evidence, []) AS evidence
FROM edges e
JOIN members one ON one.account = a JOIN members other ON other.account = b AND other.network = one.network
LEFT JOIN (
    SELECT a, b, list({
        'type': type, 'value': value::TEXT, 'family': family, 'bits': round(bits::DOUBLE, 2),
        'first_seen': strftime(first_seen::TIMESTAMP, '%Y-%m-%dT%H:%M:%SZ'),
        'last_seen': strftime(last_seen::TIMESTAMP, '%Y-%m-%dT%H:%M:%SZ'), 'counted': counted, 'why': why
    } ORDER BY counted DESC, bits DESC, type, value::TEXT) AS evidence
    FROM evidence GROUP BY a, b
) USING (a, b)
ORDER BY a, b
"""


def say(told: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def end_with_whoever_waits() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def main(folder: str) -> None:
    Thread(target=end_with_whoever_waits, daemon=True).start()
    say({"told": asdict(build(Path(folder), lambda name: say({"step": name})))})


if __name__ == "__main__":
    main(sys.argv[1])
