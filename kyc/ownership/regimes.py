"""What each regime makes of a structure, in exact fractions (OWN-01 to OWN-05).

`determine` answers for any regime and every party, and is the one way to ask.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kyc.ownership import shares, trusts
from kyc.ownership.cascade import Cascade
from kyc.ownership.flows import circles
from kyc.ownership.graph import Graph, by_owned, is_overfull, remainder
from kyc.ownership.graph import Holding as Holding
from kyc.ownership.graph import Party as Party
from kyc.ownership.missing import Answers, Deciding, Missing
from kyc.ownership.owners import Owners
from kyc.ownership.parent import Parents
from kyc.ownership.regions import Regions
from kyc.ownership.rule import CASCADES, Rule
from kyc.ownership.shares import Interval
from kyc.ownership.unknowns import World
from kyc.ownership.verdicts import INDETERMINATE as INDETERMINATE
from kyc.ownership.verdicts import NO as NO
from kyc.ownership.verdicts import YES as YES
from kyc.ownership.verdicts import Verdict as Verdict

NAMED_IN_CIRCLE = 6


@dataclass(frozen=True)
class Result:
    """One regime's word on every party of a structure; `errors` are statements that cannot all be true."""

    subject: str
    regime: str
    as_of: str
    parties: Mapping[str, Verdict]
    unaccounted: Mapping[str, Interval]
    errors: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Shares as fractions of one in text: `1/4`, `0`."""
        return {
            "subject": self.subject,
            "regime": self.regime,
            "as_of": self.as_of,
            "parties": {party: told(verdict) for party, verdict in self.parties.items()},
            "unaccounted": {party: limits(share) for party, share in self.unaccounted.items()},
            "errors": list(self.errors),
        }


def told(verdict: Verdict) -> dict[str, Any]:
    return {"verdict": verdict.verdict, "share": limits(verdict.share), "why": list(verdict.why)}


def limits(share: Interval) -> dict[str, str]:
    least = shares.text(share.min)
    return {"min": least, "max": least if share.is_exact else shares.text(share.max)}


def determine(
    graph: Graph,
    *,
    subject: str,
    rule: Rule,
    listed: Collection[str] = (),
    suspected: Collection[str] = (),
    as_of: str = "",
    is_no_certain: bool = True,
    tell_missing: bool = True,
) -> Result:
    """The rule's verdict on every party. For the cascades: is it blocked, and what blocked parties hold of it directly.
    For multiply and add: is it a beneficial owner of `subject`, and what it owns of it. For a provider's terms: do
    companies of the rule's regions own more than they may, and how much. For the ultimate parent: is it that. `listed` may
    also say, of each, on which list it stands; `suspected` are those listed by an open match only. Of open verdicts it tells
    which facts would decide, unless that isn't wanted; `is_no_certain` is false where some list was not looked through."""
    answer = answers(graph, subject, rule, listed, suspected)
    parties = with_circles(graph, rule, {party: answer(party) for party in sorted({*graph.ids, subject})})
    if tell_missing:
        parties = with_missing(parties, missing(graph, subject=subject, rule=rule, listed=listed, is_no_certain=is_no_certain))
    without_shares = trusts.arrangements(graph.holdings)
    return Result(
        subject=subject,
        regime=rule.regime,
        as_of=as_of,
        parties=parties,
        unaccounted={party: left for party, left in graph.unaccounted().items() if party not in without_shares},
        errors=tuple(graph.errors()),
    )


def missing(graph: Graph, *, subject: str, rule: Rule, listed: Collection[str] = (), is_no_certain: bool = True) -> Missing:
    """What open verdicts of the rule wait for; as `determine` asks."""

    def word(world: World) -> Answers:
        return answers(world.graph, subject, rule, world.listed, tells_why=False)

    return Missing(graph, rule, subject, word, frozenset(listed), is_no_certain)


def with_missing(parties: Mapping[str, Verdict], asks: Missing) -> dict[str, Verdict]:
    """Of each verdict that is open, which facts would decide it."""
    return {
        party: found if found.verdict != INDETERMINATE else waiting(found, asks.of(party)) for party, found in parties.items()
    }


def waiting(found: Verdict, deciding: Deciding) -> Verdict:
    return Verdict(found.verdict, found.share, (*found.why, *deciding.told), deciding.questions)


def with_circles(graph: Graph, rule: Rule, parties: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Of each party that holds, over others, some of itself, with whom: first of its reasons."""
    told: dict[str, str] = {}
    for ring in circles(graph.stakes(rule.interests[0]).holds):
        names = " and ".join(sorted(map(graph.name, ring))) if len(ring) <= NAMED_IN_CIRCLE else f"{len(ring)} parties"
        if len(ring) > 1:
            told |= dict.fromkeys(ring, f"{names} hold one another in a circle.")
    return {
        party: Verdict(found.verdict, found.share, (told[party], *found.why)) if party in told else found
        for party, found in parties.items()
    }


def answers(
    graph: Graph, subject: str, rule: Rule, listed: Collection[str], suspected: Collection[str] = (), *, tells_why: bool = True
) -> Answers:
    """How to ask the rule of one party after another; for its reasons too, or only for what it comes to."""
    if rule.regime in CASCADES:
        found = Cascade.of(graph, listed=listed, threshold=rule.threshold, interest=rule.interests[0], suspected=suspected)
        answer = strictest(found, listed) if rule.by_strictest else found.verdict
        return suspended(found, rule) if rule.suspended else answer
    if rule.regime == "provider-terms":
        return Regions(graph, rule).verdict
    if rule.regime == "ultimate-parent":
        return Parents(graph, subject, rule).verdict
    asked = Owners(graph, subject, rule)
    owners = asked.verdict if tells_why else asked.word
    return trusts.Roles(graph, subject, rule).joined(owners) if rule.roles else owners


def strictest(cascade: Cascade, listed: Collection[str]) -> Answers:
    """Whoever is blocked through several owners is under the requirements of the strictest of them, whose lists are told where
    `listed` says on which each stands."""
    lists: Mapping[str, str] = listed if isinstance(listed, Mapping) else {}

    def answer(party: str) -> Verdict:
        found = cascade.verdict(party)
        if found.verdict != YES or party in cascade.listed:
            return found
        names = [f"{cascade.name(p)} ({lists[p]})" if lists.get(p) else cascade.name(p) for p in cascade.sources(party)]
        told = f"To {cascade.name(party)} applies what applies to {names[0]}."
        if len(names) > 1:
            told = f"To {cascade.name(party)} applies the strictest of what applies to {' and to '.join(names)}."
        return Verdict(found.verdict, found.share, (*found.why, told))

    return answer


def suspended(cascade: Cascade, rule: Rule) -> Answers:
    """While a rule is suspended only listed parties themselves are met; the arithmetic is still told, as a warning."""

    def answer(party: str) -> Verdict:
        found = cascade.verdict(party)
        if party in cascade.listed:
            return found
        return Verdict(NO, found.share, (rule.suspended, *found.why))

    return answer


def unaccounted(holdings: Iterable[Holding]) -> dict[str, Interval]:
    """What is left of each owned party after all stated shares; never below nothing."""
    return {owned: remainder(h.share for h in held) for owned, held in by_owned(holdings).items()}


def overfull(holdings: Iterable[Holding]) -> list[str]:
    """Parties of which more than the whole is stated to be held."""
    return [owned for owned, held in by_owned(holdings).items() if is_overfull(h.share for h in held)]


def depth(holdings: Iterable[Holding], *, subject: str) -> int:
    """How many levels of owners stand above `subject`, counting each party once."""
    held, seen, level, levels = by_owned(holdings), {subject}, [subject], 0
    while True:
        owners = {h.owner for owned in level for h in held.get(owned, [])} - seen
        if not owners:
            return levels
        seen |= owners
        level, levels = sorted(owners), levels + 1
