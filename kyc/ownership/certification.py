"""Whom FinCEN's rule on beneficial owners asks for of a legal entity: each who owns the line, and exactly one person in control,
unless an exclusion is claimed and shown (FIN-02 to FIN-05)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kyc.ownership.exclusions import Claim, Held, holding
from kyc.ownership.graph import PERSON, Graph
from kyc.ownership.verdicts import INDETERMINATE, YES, Verdict
from kyc.rules.packs import Pack

REGIME = "fincen-cdd"


@dataclass(frozen=True)
class Certification:
    """Who is to be identified, and what stands in the way of that, in sentences. `excluded` is the exclusion that holds."""

    owners: tuple[str, ...] = ()
    control_person: str = ""
    excluded: Held | None = None
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
    claims: Iterable[Claim] = (),
) -> Certification:
    """`verdicts` are those of REGIME on every party; `in_control` are those named as the person in control, with their titles;
    `claims` are those of the customer itself. An exclusion that isn't known or not shown excludes nobody."""
    excluded, missing, owners = holding(pack, claims), [], list[str]()
    is_control_asked = excluded is None or excluded.ground.is_control_asked
    if not excluded:
        owners = [party for party, told in verdicts.items() if told.verdict == YES]
        still_open = [party for party, told in verdicts.items() if told.verdict == INDETERMINATE]
        missing += [f"Whether {graph.name(party)} is an owner can't be decided." for party in still_open]
    if is_control_asked:
        missing += wrong_control(graph, in_control)
    one = next(iter(in_control)) if is_control_asked and len(in_control) == 1 else ""
    return Certification(tuple(owners), one, excluded, tuple(missing))


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
