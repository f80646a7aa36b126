"""How the values of an edge add up to its bits, as kyc/networks/finding/weighing.py adds them: what stands beside each one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from kyc.networks.finding.weighing import BESIDES, FAMILY_BITS


def added(counted: Sequence[Mapping[str, Any]]) -> list[float]:
    """Of values that counted, in their order, the bits that each adds: of a type one, of a family the heaviest whole and of each
    other a part, and together no more than a family may."""
    found, types, families = [0.0] * len(counted), set[str](), defaultdict[str, float](float)
    for place, one in sorted(enumerate(counted), key=lambda each: -(each[1].get("bits") or 0)):
        family = one.get("family") or ""
        if one["type"] in types:
            continue
        types.add(one["type"])
        part = (one.get("bits") or 0) * (BESIDES if families[family] else 1)
        found[place] = min(part, FAMILY_BITS - families[family])
        families[family] += found[place]
    return found
