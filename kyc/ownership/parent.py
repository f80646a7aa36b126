"""The ultimate parent: the entity that controls the subject and is controlled by no other entity."""

from dataclasses import dataclass
from functools import cached_property

from kyc.ownership.control import Control, control_in
from kyc.ownership.flows import Flow, flow_into
from kyc.ownership.graph import ENTITY, PERSON, SHAREHOLDING, Graph
from kyc.ownership.rule import Rule
from kyc.ownership.verdicts import INDETERMINATE, NO, YES, Verdict, line


@dataclass(frozen=True)
class Parents:
    """Who stands at the top of one subject. People are nobody's parent; an owner of whom nothing says what it is may be."""

    graph: Graph
    subject: str
    rule: Rule

    @cached_property
    def flow(self) -> Flow:
        return flow_into(self.graph, SHAREHOLDING, self.subject)

    @cached_property
    def control(self) -> Control:
        return control_in(self.graph, self.rule.controlled_by, self.rule.control_interests, self.rule.threshold)

    @cached_property
    def candidates(self) -> list[str]:
        """The subject, and every entity that controls it or may."""
        above = (p for p in self.control.above(self.subject) if self.graph.kind(p) != PERSON and p not in self.graph.fronts)
        return [self.subject, *(party for party in above if self.control.of(party, self.subject) != NO)]

    def verdict(self, party: str) -> Verdict:
        share = self.flow.share(party)
        if party not in self.candidates:
            return Verdict(NO, share, (f"{self.name(party)} does not control {self.name(self.subject)}.",))
        if self.graph.kind(party) == PERSON:
            return Verdict(NO, share, (f"{self.name(party)} is a person.",))
        parents = [other for other in self.candidates if other != party and self.control.of(other, party) != NO]
        for parent in parents:
            if self.surely(parent, party) and not self.is_ring(parent, party):
                return Verdict(NO, share, (f"{self.name(parent)} controls {self.name(party)}.",))
        told = self.reasons(party, parents)
        rivals = [other for other in self.tops if other != party]
        told += [f"Whether {self.name(other)} or {self.name(party)} stands at the top is not certain." for other in rivals]
        is_sure = not parents and not rivals and self.surely(party, self.subject)
        return Verdict(YES if is_sure else INDETERMINATE, share, tuple(told))

    @cached_property
    def tops(self) -> list[str]:
        """Candidates whom no other controls for certain, where there are several: one by its shares, one by its votes."""
        able = [p for p in self.candidates if self.surely(p, self.subject)]
        free = [p for p in able if not any(self.control.of(other, p) != NO for other in self.candidates if other != p)]
        return free if len(free) > 1 else []

    def surely(self, parent: str, party: str) -> bool:
        if parent == party:
            return True
        return self.graph.kind(parent) == ENTITY and self.control.of(parent, party) == YES

    def is_ring(self, parent: str, party: str) -> bool:
        return self.control.of(party, parent) != NO

    def reasons(self, party: str, parents: list[str]) -> list[str]:
        told = []
        if party != self.subject:
            verb = "controls" if self.surely(party, self.subject) else "may control"
            told.append(f"{self.name(party)} {verb} {self.name(self.subject)}: {line(self.rule.threshold)} at every level.")
        for parent in parents:
            how = "control each other" if self.is_ring(parent, party) else "is not certain"
            if self.is_ring(parent, party):
                told.append(f"{self.name(party)} and {self.name(parent)} {how}.")
            else:
                told.append(f"Whether {self.name(parent)} controls {self.name(party)} {how}.")
        if not parents:
            told.append(f"No entity is stated to hold {line(self.rule.threshold)} of {self.name(party)}.")
        country = self.graph.country(party)
        return [
            *told,
            f"Its headquarters country is {country}." if country else "Its headquarters country is not stated.",
        ]

    def name(self, party: str) -> str:
        return self.graph.name(party)
