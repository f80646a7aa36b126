"""A regime's figures on a day, read from a rule pack: thresholds, interests that count, regions, when it applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kyc.ownership.graph import SHAREHOLDING
from kyc.rules.packs import Pack, Threshold

REGIMES = ("ofac-50", "bis-affiliates", "eu-amlr", "fincen-cdd", "iaas-cip", "provider-terms", "ultimate-parent")
# By which this product asks who the beneficial owners are.
OF_OWNERS = "iaas-cip"
# Who is caught by listed owners. These alone ask something of a person, who is owned by nobody.
CASCADES = OFAC, BIS = ("ofac-50", "bis-affiliates")


class UnknownRegime(LookupError):
    """The rule pack says nothing about that regime; the message names the pack and the regimes it has."""


@dataclass(frozen=True)
class Rule:
    """What one regime asks. `interests` are the BODS interest types of which each is tested as ownership;
    `control_interests` control whatever their share; `control` is the share above which an interest of `controlled_by` controls;
    `roles` in a trust make an owner of what it holds; an interest of `officers` makes the one person in control; `regions` are
    countries of headquarters; `suspended` tells why ownership alone has no consequence on that day."""

    regime: str
    threshold: Threshold
    interests: tuple[str, ...] = (SHAREHOLDING,)
    control: Threshold | None = None
    control_interests: tuple[str, ...] = ()
    controlled_by: tuple[str, ...] = ()
    mixes_chains: bool = False
    by_strictest: bool = False
    roles: tuple[str, ...] = ()
    officers: tuple[str, ...] = ()
    regions: frozenset[str] = frozenset()
    suspended: str = ""


def rule(pack: Pack, regime: str, *, on: date | None = None) -> Rule:
    """The rule of `regime` as it stood `on` a day (as in force, if none is given). Raises UnknownRegime."""
    figures: Mapping[str, Mapping[str, Any]] = pack.data["ownership"]
    if regime not in figures:
        known = ", ".join(sorted(figures))
        raise UnknownRegime(f"Rule pack {pack.version} has no regime {regime}; it has {known}.")
    found = figures[regime]
    control = pack.threshold(found["control"]) if "control" in found else None
    return Rule(
        regime=regime,
        threshold=pack.threshold(regime),
        interests=tuple(found.get("interests", (SHAREHOLDING,))),
        control=control,
        control_interests=tuple(found.get("control_interests", ())),
        controlled_by=tuple(found.get("controlled_by", found.get("interests", (SHAREHOLDING,)))),
        by_strictest=found.get("by_strictest", False),
        mixes_chains=found.get("mixes_chains", False),
        roles=tuple(found.get("roles", ())),
        officers=tuple(found.get("officers", ())),
        regions=pack.countries(found["regions"]) if "regions" in found else frozenset(),
        suspended=without_effect(pack, found, on),
    )


def without_effect(pack: Pack, found: Mapping[str, Any], on: date | None) -> str:
    """Why ownership alone has no consequence on that day, or nothing; without a day, the day of the pack's review."""
    if not found.get("only_while_in_force"):
        return ""
    basis = pack.legal_basis(found["instrument"], str(on or pack.reviewed_on))
    return "" if basis["status"] == "in_force" else f"{basis['instrument']}: {basis['status_text']}. {basis['note']}"
