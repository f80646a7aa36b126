"""Scores of nomenklatura's logic-v2, run by a Python that has it: reads pairs from standard input, writes a score for each.

In: {"entities": {id: [kind, [name, ...]]}, "asked": [[kind, name, [id, ...]], ...]}; out: for each asked a list of scores.
"""

import json
import sys

from followthemoney import EntityProxy
from nomenklatura.matching import get_algorithm
from nomenklatura.matching.types import ScoringConfig

SCHEMATA = {"person": "Person", "company": "Organization", "other": "Vessel"}


def entity(id: str, kind: str, names: list[str]) -> EntityProxy:
    return EntityProxy.from_dict({"id": id, "schema": SCHEMATA[kind], "properties": {"name": names}})


def main() -> None:
    given = json.load(sys.stdin)
    algorithm, config = get_algorithm("logic-v2"), ScoringConfig.defaults()
    known = {id: entity(id, kind, names) for id, (kind, names) in given["entities"].items()}
    scores = []
    for place, (kind, name, candidates) in enumerate(given["asked"]):
        query = entity(f"asked-{place}", kind, [name])
        scores.append([algorithm.compare(query, known[id], config).score for id in candidates])
    json.dump(scores, sys.stdout)


if __name__ == "__main__":
    main()
