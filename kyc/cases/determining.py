"""What each regime makes of the structure that a round of checks goes by. All are asked by the one dispatcher of
kyc.ownership.regimes; what asks more than who holds what, such as who is named in control, by a module of its own."""

from collections.abc import Collection, Iterable, Mapping

from kyc.cases.round import Round
from kyc.ownership import certification, concern, exclusions, regimes
from kyc.ownership.graph import Graph
from kyc.ownership.regimes import INDETERMINATE, NO, YES, Verdict
from kyc.ownership.rule import BIS, CASCADES, OF_OWNERS, OFAC, REGIMES, rule
from kyc.ownership.shares import NONE
from kyc.rules.packs import Pack
from kyc.screening.entries import Topic, is_sanction
from kyc.screening.models import Hit, ListEntry

Verdicts = Mapping[str, Verdict]
CDD = certification.REGIME
CONTROL = f"{CDD}-control"
LIMBS = LOCATED, CONTROLLED = (f"{concern.REGIME}-located", f"{concern.REGIME}-controlled")
# Every regime and prong that a round may have a word by, in the order in which they are shown.
SHOWN = (OFAC, BIS, "provider-terms", OF_OWNERS, CDD, CONTROL, "eu-amlr", "ultimate-parent", *LIMBS)


def place(regime: str) -> tuple[int, str]:
    """Where a regime is shown among the others; one of an older round that is asked no more comes last."""
    return (SHOWN.index(regime) if regime in SHOWN else len(SHOWN)), regime


def determine(facts: Round, hits: Collection[Hit]) -> dict[str, Verdicts]:
    """By regime and party. Of a person, whom nobody owns, only those are asked that go by lists."""
    possible = [hit for hit in hits if hit.ruling != Hit.Ruling.FALSE]
    sure = [hit for hit in hits if hit.ruling == Hit.Ruling.TRUE]
    graph = facts.graph(str(hit.party_id) for hit in possible)
    found = {}
    for regime in CASCADES if facts.customer.is_person else REGIMES:
        listed = listed_by(catching(regime, possible, pack=facts.pack))
        suspected = listed.keys() - {str(hit.party_id) for hit in catching(regime, sure, pack=facts.pack)}
        found[regime] = asked(facts, graph, regime, listed=listed, suspected=suspected)
    if not facts.customer.is_person:
        found[CDD] = left_out(facts, graph, found[CDD])
        found[CONTROL] = in_control(facts, graph, found[CDD])
        found |= of_concern(facts, graph)
    return {regime: found[regime] for regime in SHOWN if regime in found}


def restricting(hits: Iterable[Hit]) -> list[Hit]:
    """Matches with entries of sanctions and of export lists; not with who is merely exposed."""
    return [hit for hit in hits if is_sanction(hit.topics) or Topic.EXPORT in hit.topics]


def catching(regime: str, hits: Iterable[Hit], *, pack: Pack) -> list[Hit]:
    """Matches with entries that a regime goes by: those of the programmes that it names, or else every sanction. An entry that
    names no programme counts, since it may be of any."""
    wanted = pack.programmes(regime)
    if not wanted:
        return [hit for hit in hits if is_sanction(hit.topics)]
    possible = restricting(hits)
    named = programmes(possible)
    return [hit for hit in possible if not named.get(entry := (hit.list_version_id, hit.entry_id)) or named[entry] & wanted]


def programmes(hits: Collection[Hit]) -> dict[tuple[int, str], frozenset[str]]:
    """Of each entry, by version and number; one query, and none where there is no match."""
    if not hits:
        return {}
    versions, entries = {hit.list_version_id for hit in hits}, {hit.entry_id for hit in hits}
    rows = ListEntry.objects.filter(version__in=versions, entry_id__in=entries)
    return {(version, entry): frozenset(named) for version, entry, named in rows.values_list("version", "entry_id", "programmes")}


def asked(
    facts: Round,
    graph: Graph,
    regime: str,
    *,
    listed: Collection[str] = (),
    suspected: Collection[str] = (),
    tell_missing: bool = True,
) -> Verdicts:
    """One regime's word on every party of the structure, as the rule stood on the day of the round."""
    wanted = rule(facts.pack, regime, on=facts.day)
    lacking = [] if wanted.suspended else facts.pack.lists_lacking(regime, {version.source for version in facts.versions})
    result = regimes.determine(
        graph,
        subject=facts.subject,
        rule=wanted,
        listed=listed,
        suspected=suspected,
        is_no_certain=not lacking,
        tell_missing=tell_missing,
    )
    return {party: unsearched(verdict, lacking) for party, verdict in result.parties.items()}


def unsearched(verdict: Verdict, lacking: Collection[str]) -> Verdict:
    """A list that nobody was compared with may name anybody, so there is no certain no."""
    if verdict.verdict != NO or not lacking:
        return verdict
    return Verdict(INDETERMINATE, verdict.share, (not_compared(lacking), *verdict.why))


def not_compared(lacking: Collection[str]) -> str:
    return f"It depends on who stands on {' and '.join(lacking)}, of which no version is in use."


def listed_by(hits: Collection[Hit]) -> dict[str, str]:
    """Who stands on a list by these matches, and on which."""
    found: dict[str, dict[str, None]] = {}
    for hit in hits:
        found.setdefault(str(hit.party_id), {})[str(hit.get_source_display())] = None
    return {party: " and ".join(lists) for party, lists in found.items()}


def left_out(facts: Round, graph: Graph, owners: Verdicts) -> Verdicts:
    """FinCEN's word on the owners, once exclusions that an officer has verified are counted (FIN-04, FIN-05)."""
    wanted = rule(facts.pack, CDD, on=facts.day)
    return exclusions.applied(graph, subject=facts.subject, rule=wanted, pack=facts.pack, verdicts=owners, claims=facts.claims)


def in_control(facts: Round, graph: Graph, owners: Verdicts) -> Verdicts:
    """FinCEN's second prong: exactly one person, with a title (FIN-03); and what the certification as a whole still lacks."""
    claims = facts.claims.get(facts.subject, ())
    told = certification.certify(graph, verdicts=owners, pack=facts.pack, in_control=facts.controllers, claims=claims)
    name, found = graph.name(facts.subject), {}
    said = exclusions.not_relied_on(facts.pack, name, claims)
    if told.excluded:
        asked = "The one person in control is asked for all the same." if told.excluded.ground.is_control_asked else ""
        said = [" ".join(filter(None, (told.excluded.told(name), asked)))]
    if said:
        found[facts.subject] = Verdict(NO, NONE, tuple(said))
    if told.control_person and not certification.wrong_control(graph, facts.controllers):
        title = facts.controllers[told.control_person]
        why = f"{graph.name(told.control_person)} is named as the one person in control: {title}."
        found[told.control_person] = Verdict(YES, NONE, (why,))
    if told.missing:
        found[facts.subject] = Verdict(INDETERMINATE, NONE, (*told.missing, *said))
    return found


def of_concern(facts: Round, graph: Graph) -> dict[str, Verdicts]:
    """Two limbs of three (USX-03). The third, what it did, is ruled on in incidents, which no case tells of (FIN-17)."""
    found = concern.determine(graph, subject=facts.subject, rule=rule(facts.pack, concern.REGIME, on=facts.day))
    limbs = zip(LIMBS, (found.located, found.controlled), strict=True)
    return {regime: {facts.subject: Verdict(limb.verdict, NONE, limb.why, limb.questions)} for regime, limb in limbs}
