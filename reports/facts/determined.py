"""Each regime's word on each party in the last round. A word that rests on a match nobody has confirmed is not a yes."""

from collections.abc import Collection
from fractions import Fraction
from typing import Any

from django.utils import timezone

from accounts.history import as_of
from kyc.cases.determining import not_compared, place
from kyc.ownership import regimes
from kyc.ownership.graph import Graph
from kyc.ownership.models import Determination, Interest, holdings
from kyc.ownership.rule import CASCADES, OFAC, rule
from kyc.ownership.shares import Interval, per_cent, shown
from kyc.rules import packs
from kyc.screening.entries import is_sanction
from kyc.screening.models import Hit
from reports.facts.reader import Reader
from reports.facts.unshared import OF_OTHERS, share_or_how

YES, UNDECIDED = "yes", "can't be decided"
IF_TRUE = "would be blocked if the possible match is true"
# Each sentence of the reasons says it flatly, since the arithmetic asks what were so.
ONLY_IF_TRUE = "What follows holds only if the possible match is true."
OVERTAKEN = "open: ruled on since the round"
NO = "no"
VERDICTS = {regimes.YES: YES, regimes.NO: NO, regimes.INDETERMINATE: UNDECIDED}
NO_LINE = "none, no share is asked for"


def determinations(reader: Reader) -> list[dict[str, Any]]:
    """Each regime with its line, its legal status, and its arithmetic a party; what stops an approval first."""
    rows = Determination.objects.filter(organisation_id=reader.organisation, examination_id=reader.latest)
    found: dict[str, list[Determination]] = {}
    for row in rows.order_by("party_id"):
        found.setdefault(row.regime, []).append(row)
    return [regime_row(reader, regime, found[regime]) for regime in sorted(found, key=place)]


def regime_row(reader: Reader, regime: str, rows: list[Determination]) -> dict[str, Any]:
    about, basis = reader.pack.regime(regime), reader.pack.regime_basis(regime, on=reader.day)
    lacking = lists_lacking(reader, regime)
    listed = [row for row in rows if is_listed(row, lacking)]
    others = [row for row in rows if not is_listed(row, lacking)]
    weigh = Certainty.of(reader, regime) if regime in CASCADES else Certainty()
    return {
        "regime": regime,
        "title": about["title"],
        "line": f"{about['line']} {per_cent(Fraction(about['threshold']))}" if about["threshold"] else NO_LINE,
        "threshold": about["threshold"],
        "arithmetic": about["arithmetic"],
        "source": about["source"],
        "status": " since ".join(filter(None, (basis["status_text"], basis["since"]))) if basis else "",
        "until": basis["until"] if basis else "",
        "note": basis["note"] if basis else "",
        "rule_pack": rows[0].rule_pack,
        "verdicts": [told(reader, row, weigh) for row in listed],
        "no": sum(row.verdict == regimes.NO for row in others),
        "not_compared": sum(row.verdict != regimes.NO for row in others),
        "lacking": lacking,
        "others": [told(reader, row, weigh) for row in others],
    }


def is_listed(row: Determination, lacking: str) -> bool:
    """Whether a page names the party. Whom a rule does not catch is counted, but under the one rule that binds everywhere; so is
    who is left open only because a list was not in use, since that is the same of everybody."""
    return row.regime == OFAC or (row.verdict != regimes.NO and not (lacking and row.why[:1] == [lacking]))


def lists_lacking(reader: Reader, regime: str) -> str:
    """In a sentence; empty where all lists that the regime goes by were in use."""
    round_ = reader.examinations[-1]
    found = packs.get(round_.rule_pack).lists_lacking(regime, {used["source"] for used in round_.lists})
    return not_compared(found) if found else ""


def told(reader: Reader, row: Determination, weigh: "Certainty") -> dict[str, Any]:
    verdict, share = weigh.told(row), Interval(Fraction(row.share_min), Fraction(row.share_max))
    is_owner = row.verdict != regimes.NO and row.regime not in OF_OTHERS
    is_sure = row.verdict == regimes.YES
    return {
        "party_id": row.party_id,
        "party": reader.name(row.party_id),
        "about": reader.about(row.party_id),
        "verdict": verdict,
        "share": share_or_how(reader, row.party_id, share, is_sure=is_sure) if is_owner else shown(share),
        "min": row.share_min,
        "max": row.share_max,
        "why": [*([ONLY_IF_TRUE] if verdict == IF_TRUE else ()), *row.why],
    }


class Certainty:
    """What a stored yes is worth: it was computed from confirmed matches and from open ones alike. `sure` are the parties
    blocked by confirmed matches alone, `possible` those blocked when every open match is true too."""

    def __init__(self, *, sure: Collection[str] = (), possible: Collection[str] = (), is_sure: bool = True) -> None:
        self.sure, self.possible, self.is_sure = sure, possible, is_sure

    @classmethod
    def of(cls, reader: Reader, regime: str) -> "Certainty":
        """From the holdings of the last round and the rulings by the effective instant."""
        hits = [hit for hit in reader.current_hits if is_sanction(hit.topics)]
        if all(hit.ruling == Hit.Ruling.TRUE for hit in hits):
            return cls()
        round_ = reader.examinations[-1]
        live = reader.own(as_of(Interest, reader.snapshot, recorded_by=reader.examined_at)).filter(valid_to__isnull=True)
        held = Graph.of(holdings(live))
        asked = rule(packs.get(round_.rule_pack), regime, on=timezone.localdate(round_.done_at))

        def blocked(rulings: Collection[str]) -> set[str]:
            listed = {str(hit.party_id) for hit in hits if hit.ruling in rulings}
            verdicts = regimes.determine(held, subject="", rule=asked, listed=listed, tell_missing=False).parties
            return {party for party in listed | verdicts.keys() if party in listed or verdicts[party].verdict == regimes.YES}

        return cls(sure=blocked([Hit.Ruling.TRUE]), possible=blocked([Hit.Ruling.TRUE, *Hit.OPEN]), is_sure=False)

    def told(self, row: Determination) -> str:
        party = str(row.party_id)
        if row.verdict != regimes.YES or self.is_sure or party in self.sure:
            return VERDICTS.get(row.verdict, row.verdict)
        return IF_TRUE if party in self.possible else OVERTAKEN
