"""Beneficial owners: people who own a subject at the threshold by multiply and add, or, where the regime asks for it,
through control in the chain (AMLR Art. 52 to 54)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kyc.ownership.control import Control, control_in
from kyc.ownership.flows import Flow, flow_into
from kyc.ownership.graph import ENTITY, PERSON, SHAREHOLDING, Graph
from kyc.ownership.rule import Rule
from kyc.ownership.shares import Interval, per_cent, shown
from kyc.ownership.verdicts import INDETERMINATE, NO, STRENGTH, YES, Verdict, lesser, line, may_be_reached, weigh

Limb = tuple[str, str]


@dataclass(frozen=True)
class Owners:
    """Who owns one subject under one rule."""

    graph: Graph
    subject: str
    rule: Rule

    @cached_property
    def flows(self) -> dict[str, Flow]:
        """One for each kind of interest that the rule tests and somebody states."""
        stated = self.graph.interests() | {SHAREHOLDING}
        kinds = [kind for kind in self.rule.interests if kind in stated]
        return {kind: flow_into(self.graph, kind, self.subject) for kind in kinds}

    @cached_property
    def above(self) -> list[str]:
        """Everybody named from whom a chain of what the rule counts leads down to the subject."""
        found = [party for flow in self.flows.values() for party in flow.stakes.above(self.subject)]
        found += self.control.above(self.subject) if self.control else []
        known = set(self.graph.ids)
        return [party for party in dict.fromkeys(found) if party != self.subject and party in known]

    @cached_property
    def control(self) -> Control | None:
        if self.rule.control is None:
            return None
        return control_in(self.graph, self.rule.controlled_by, self.rule.control_interests, self.rule.control)

    @cached_property
    def controllers(self) -> dict[str, dict[str, Flow]]:
        """Entities that control the subject, or may, with what flows into them."""
        if self.control is None or not self.rule.mixes_chains:
            return {}
        found = [party for party in self.control.above(self.subject) if self.graph.kind(party) == ENTITY]
        return {
            party: {kind: flow_into(self.graph, kind, party) for kind in self.flows}
            for party in found
            if self.control.of(party, self.subject) != NO
        }

    def share(self, party: str) -> Interval:
        """The greatest over the kinds of interest."""
        return max((flow.share(party) for flow in self.flows.values()), key=lambda share: (share.min, share.max))

    def verdict(self, party: str) -> Verdict:
        share = self.share(party)
        kind = self.graph.kind(party)
        if kind == ENTITY:
            told = f"{self.name(party)} is an entity; only people are owners in the end, and its share counts again in theirs."
            return Verdict(NO, share, (*self.chains(party), told))
        if party in self.graph.fronts:
            return Verdict(NO, share, (*self.chains(party), self.graph.as_nominee(party)))
        limbs = self.limbs_of(party)
        verdict = self.strength(party)
        why = [*self.chains(party), *(told for limb, told in limbs if told and limb == verdict)]
        if kind != PERSON and verdict == YES:
            verdict = INDETERMINATE
            why.append(f"Nothing says whether {self.name(party)} is a person.")
        return Verdict(verdict, share, tuple(why))

    def word(self, party: str) -> Verdict:
        """The verdict alone, without its reasons."""
        share, kind = self.share(party), self.graph.kind(party)
        if kind == ENTITY or party in self.graph.fronts:
            return Verdict(NO, share)
        verdict = self.strength(party)
        return Verdict(INDETERMINATE if kind != PERSON and verdict == YES else verdict, share)

    def strength(self, party: str) -> str:
        """The verdict on the party if it is a person."""
        return max((verdict for verdict, _ in self.limbs_of(party)), key=STRENGTH.index)

    def limbs_of(self, party: str) -> list[Limb]:
        if party not in self.weighed:
            self.weighed[party] = list(self.limbs(party))
        return self.weighed[party]

    @cached_property
    def weighed(self) -> dict[str, list[Limb]]:
        return {}

    def chains(self, party: str) -> list[str]:
        told = []
        for kind, flow in self.flows.items():
            sentences = flow.told(party)
            told += sentences if kind == SHAREHOLDING else [f"{kind}: {sentence}" for sentence in sentences]
        return list(dict.fromkeys(told))

    def limbs(self, party: str) -> Iterator[Limb]:
        """Each way in which a person may be an owner: the verdict, and the sentence for it."""
        for kind, flow in self.flows.items():
            yield weigh(self.rule.threshold, flow.possible(party)), self.by_share(party, kind, flow)
        if party in self.officers:
            yield (YES if len(self.officers) == 1 else INDETERMINATE), self.as_officer(party)
        if self.control:
            verdict = self.control.of(party, self.subject)
            yield verdict, self.by_control(party, self.control, verdict)
        if self.control and self.rule.mixes_chains:
            for flow in self.flows.values():
                yield self.through_controlled(party, flow, self.control)
            for controller, flows in self.controllers.items():
                for flow in flows.values():
                    yield self.into_controller(party, controller, flow, self.control)

    @cached_property
    def officers(self) -> list[str]:
        """Of whom the rule wants exactly one named as the person in control."""
        held = (h for h in self.graph.holdings if h.owned == self.subject and h.interest in self.rule.officers)
        return sorted({h.owner for h in held})

    def as_officer(self, party: str) -> str:
        told = f"{self.name(party)} is a senior managing official of {self.name(self.subject)}"
        if len(self.officers) == 1:
            return f"{told}, and so the one person in control, whatever that person owns."
        return f"{told}. It depends on which one of {len(self.officers)} is named as the person in control: exactly one is."

    def by_share(self, party: str, kind: str, flow: Flow) -> str:
        share = flow.share(party)
        of = "" if kind == SHAREHOLDING else f" ({kind})"
        if not share.max:
            told = f"{self.name(party)} is not stated to hold any of {self.name(self.subject)}{of}"
        else:
            told = f"{self.name(party)} holds {shown(share)} of {self.name(self.subject)}{of} over all chains"
        unknown = flow.nameless_share
        besides = f", and owners who are not known up to {per_cent(unknown)}" if unknown and not share.min >= 1 else ""
        return f"{told}{besides}; {line(self.rule.threshold)} is the line."

    def by_control(self, party: str, control: Control, verdict: str) -> str:
        if verdict == NO:
            return ""
        controls = "controls" if verdict == YES else "may control"
        return f"{self.name(party)} {controls} {self.name(self.subject)}: {line(control.threshold)} at every level."

    def through_controlled(self, party: str, flow: Flow, control: Control) -> Limb:
        """AMLR Art. 54(a): controls entities that hold the threshold directly."""
        share = control.gathered(party, self.subject, flow.stakes)
        helpers = self.helpers(party, flow, control)
        if not helpers or not may_be_reached(self.rule.threshold, share):
            return NO, ""
        told = f"{self.name(party)} controls {helpers}; together they hold {shown(share)} of {self.name(self.subject)} directly"
        return weigh(self.rule.threshold, share), f"{told}; {line(self.rule.threshold)} is the line (control in the chain)."

    def helpers(self, party: str, flow: Flow, control: Control) -> str:
        """The entities under the party that hold some of the subject directly."""
        under = control.under(party, surely=False)
        held = flow.stakes.held.get(self.subject, ())
        return " and ".join(self.name(h.owner) for h in held if h.owner in under and h.owner not in (party, self.subject))

    def into_controller(self, party: str, controller: str, flow: Flow, control: Control) -> Limb:
        """AMLR Art. 54(b): holds the threshold, over all chains, in an entity that controls the subject."""
        share = flow.possible(party)
        verdict = lesser(weigh(self.rule.threshold, share), control.of(controller, self.subject))
        if verdict == NO:
            return NO, ""
        held = f"{self.name(party)} holds {shown(flow.share(party))} of {self.name(controller)}"
        told = f"{held}, which controls {self.name(self.subject)}"
        return verdict, f"{told}; {line(self.rule.threshold)} is the line (control in the chain)."

    def name(self, party: str) -> str:
        return self.graph.name(party)
