"""What finding a name in the shipped list costs and yields, beside a plain scan of the same names with rapidfuzz.

The scan is as fast as such a scan gets: every name of the list is folded to plain lower case beforehand, and compared in C.
Both are asked for ten entries; found means that the entry whose name was spoiled is among them.
"""

from itertools import cycle

import pytest
from rapidfuzz import fuzz, process

from kyc.screening import lists
from kyc.screening.index import Index
from kyc.screening.normalise import latin
from kyc.screening.sources import ofac
from tests import figures
from tests.bench.timing import side_by_side, told
from tests.kyc.screening import spoiled

pytestmark = pytest.mark.bench
SEED, COUNT, LIMIT = 20240502, 120, 10


class TestScreening:
    def test_beside_a_plain_scan_of_the_same_names(self) -> None:
        entries = list(ofac.read(*map(lists.lines, lists.SHIPPED_FILES)))
        index = Index(entries)
        names, owners = zip(*((latin(name), entry.id) for entry in entries for name in entry.names), strict=True)
        asked = spoiled.sample(entries, COUNT, seed=SEED)

        def indexed(one: spoiled.Spoiled) -> set[str]:
            return {match.entry.id for match in index.find(one.subject, limit=LIMIT)}

        def scanned(one: spoiled.Spoiled) -> set[str]:
            best = process.extract(latin(one.subject.name), names, scorer=fuzz.token_sort_ratio, limit=LIMIT)
            return {owners[place] for _, _, place in best}

        found = {
            name: sum(one.entry.id in find(one) for one in asked)
            for name, find in {"the scan": scanned, "the index": indexed}.items()
        }
        scans, finds = cycle(asked), cycle(asked)
        taken = side_by_side(
            {"the scan": lambda: scanned(next(scans)), "the index": lambda: indexed(next(finds))}, rounds=COUNT, warm_up=5
        )
        yields = {f"{name} found": f"{count} of {COUNT} ({count / COUNT:.0%})" for name, count in found.items()}
        figures.keep(
            "screening",
            seeds=[SEED],
            figures={"names": len(names), "entries": len(entries), **told(taken, beside="the scan"), **yields},
        )
        assert found["the index"] >= found["the scan"]
