"""Whom FinCEN's rule on beneficial owners asks for of a legal entity: each who owns the line, and exactly one person in control,
unless an exclusion is claimed and shown (FIN-02 to FIN-05)."""

from collections.abc import Mapping
from dataclasses import dataclass

from kyc.ownership.graph import PERSON, Graph
from kyc.ownership.verdicts import INDETERMINATE, YES, Verdict
from kyc.rules.packs import Pack

REGIME = "fincen-cdd"


@dataclass(frozen=True)
class Claim:
    """An exclusion as claimed: its code in the rule pack, and what shows it, such as the number of a document."""

    code: str
    evidence: str


@dataclass(frozen=True)
class Certification:
    """Who is to be identified, and what stands in the way of that, in sentences. `excluded` is the exclusion in words."""

    owners: tuple[str, ...] = ()
    control_person: str = ""
    excluded: str = ""
    missing: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.missing


def certify(
    graph: Graph,
    *,
    verdicts: Mapping[str, Verdict],
    pack: Pack,
    in_control: Mapping[str, str],
    claim: Claim | None = None,
) -> Certification:
    """`verdicts` are those of REGIME on every party; `in_control` are those named as the person in control, with their titles. An
    exclusion that isn't known or not shown excludes nobody."""
    excluded, is_control_asked, missing = claimed(pack, claim)
    owners: list[str] = []
    if not excluded:
        owners = [party for party, told in verdicts.items() if told.verdict == YES]
        still_open = [party for party, told in verdicts.items() if told.verdict == INDETERMINATE]
        missing += [f"Whether {graph.name(party)} is an owner can't be decided." for party in still_open]
    if is_control_asked:
        missing += wrong_control(graph, in_control)
    one = next(iter(in_control)) if is_control_asked and len(in_control) == 1 else ""
    return Certification(tuple(owners), one, excluded, tuple(missing))


def claimed(pack: Pack, claim: Claim | None) -> tuple[str, bool, list[str]]:
    """The exclusion that holds, in words; whether a person in control is asked for; and what is wrong with the claim."""
    if claim is None:
        return "", True, []
    try:
        title, is_control_asked = pack.exclusion(claim.code)
    except KeyError:
        return "", True, [f"The exclusion {claim.code} is none of rule pack {pack.version}."]
    if not claim.evidence.strip():
        return "", True, [f"Nothing shows the exclusion: {title}."]
    return title, is_control_asked, []


def wrong_control(graph: Graph, in_control: Mapping[str, str]) -> list[str]:
    if not in_control:
        return ["No person in control is named; exactly one is, also where nobody owns the line."]
    if len(in_control) > 1:
        names = " and ".join(map(graph.name, in_control))
        return [f"Exactly one person in control is named, not {names}."]
    (party, title), *_ = in_control.items()
    wrong = (
        [] if graph.kind(party) == PERSON else [f"{graph.name(party)} is not stated to be a person, and so can't be in control."]
    )
    return wrong if title.strip() else [*wrong, f"The title of {graph.name(party)} is missing."]
