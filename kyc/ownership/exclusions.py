"""Whom FinCEN's rule on beneficial owners leaves out once that is claimed and shown, and what follows (FIN-02, FIN-04, FIN-05):
of an excluded customer no owner is asked for, and nobody is named for what an excluded company holds at the line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kyc.ownership import regimes
from kyc.ownership.graph import Graph, Holding, above
from kyc.ownership.rule import Rule
from kyc.ownership.verdicts import NO, Verdict, is_reached
from kyc.rules.packs import Exclusion, Pack

Verdicts = Mapping[str, Verdict]


@dataclass(frozen=True)
class Claim:
    """An exclusion as claimed: its code in the rule pack, and what shows it, such as a document that an officer has read. Without
    that nothing rests on it, and `lacking` says why not."""

    code: str
    evidence: str
    lacking: str = "nothing shows it"


Claims = Mapping[str, Sequence[Claim]]


@dataclass(frozen=True)
class Held:
    """An exclusion that holds, and what shows it."""

    ground: Exclusion
    evidence: str

    def told(self, name: str) -> str:
        """Of whom, by which rule, by what, on which ground."""
        return f"{name} is excluded ({self.ground.rule}), as {self.evidence} shows: {self.ground.title}."


def holding(pack: Pack, claims: Iterable[Claim]) -> Held | None:
    """Of the claims that are shown the one that goes farthest; None where none holds."""
    found = [Held(pack.exclusions[claim.code], claim.evidence) for claim in claims if not wrong(pack, claim)]
    return min(found, key=lambda held: held.ground.is_control_asked, default=None)


def wrong(pack: Pack, claim: Claim) -> str:
    """Why nothing rests on a claim; empty where it holds."""
    ground = pack.exclusions.get(claim.code)
    if ground is None:
        return f"rule pack {pack.version} has no such exclusion"
    if ground.only_as_far:
        return f"it holds only as far as {ground.only_as_far}, and here none is"
    return "" if claim.evidence.strip() else claim.lacking


def not_relied_on(pack: Pack, name: str, claims: Iterable[Claim]) -> list[str]:
    """Each claim on which nothing rests, in a sentence."""
    return [
        f"{name} claims to be excluded, and nothing rests on it, since {why}: {titled(pack, claim.code)}."
        for claim in claims
        if (why := wrong(pack, claim))
    ]


def titled(pack: Pack, code: str) -> str:
    return pack.exclusions[code].title if code in pack.exclusions else code


def applied(graph: Graph, *, subject: str, rule: Rule, pack: Pack, verdicts: Verdicts, claims: Claims) -> dict[str, Verdict]:
    """The verdicts of FinCEN's rule on the whole structure, once exclusions that hold are counted. Who is no owner only by one is
    told so before the arithmetic, and his share stays what he owns."""
    cut = dict(cutting(graph, subject, rule, pack, verdicts, claims))
    found = dict(verdicts)
    if cut:
        left = Graph.of(counted(graph, subject, rule, cut), graph.parties.values())
        asked = regimes.determine(left, subject=subject, rule=rule).parties
        told = {party: sentence(graph, subject, party, pack, held) for party, held in cut.items()}
        over = {party: set(above(graph.holdings, party)) for party in cut}
        for party, was in verdicts.items():
            why = [told[one] for one in cut if party in over[one]]
            found[party] = joined(was, asked[party], why) if why else was
    for party, made in claims.items():
        if party in found and (notes := not_relied_on(pack, graph.name(party), made)):
            was = found[party]
            found[party] = Verdict(was.verdict, was.share, (*notes, *was.why))
    return found


def cutting(graph: Graph, subject: str, rule: Rule, pack: Pack, verdicts: Verdicts, claims: Claims) -> Iterator[tuple[str, Held]]:
    """Above whom nobody is asked for: the customer, or a company that surely holds the line of it and is excluded as a whole. One
    that is only spared the owners is so as a customer alone."""
    for party, made in claims.items():
        held = holding(pack, made)
        if held is None or party not in verdicts:
            continue
        if party == subject or (not held.ground.is_control_asked and is_reached(rule.threshold, verdicts[party].share)):
            yield party, held


def counted(graph: Graph, subject: str, rule: Rule, cut: Mapping[str, Held]) -> list[Holding]:
    """What is held of others than those. Of a customer that is only spared the owners, who is in control counts on."""
    keeps = rule.officers if subject in cut and cut[subject].ground.is_control_asked else ()
    return [h for h in graph.holdings if h.owned not in cut or (h.owned == subject and h.interest in keeps)]


def sentence(graph: Graph, subject: str, party: str, pack: Pack, held: Held) -> str:
    told = held.told(graph.name(party))
    if party == subject:
        return f"{told} Of it no owner is asked for."
    return f"{told} Nobody need be named for what it holds ({pack.chain_exclusion_rule})."


def joined(was: Verdict, now: Verdict, why: Sequence[str]) -> Verdict:
    """`was` before exclusions, `now` with them."""
    if (was.verdict, was.share) == (now.verdict, now.share):
        return Verdict(was.verdict, was.share, (*why, *was.why))
    if now.verdict == NO:
        return Verdict(NO, was.share, (*why, *was.why))
    return Verdict(now.verdict, now.share, (*why, *now.why))
