"""Each regime's word on each party in the last round. A word that rests on a match nobody has confirmed is not a yes."""

from collections.abc import Collection
from fractions import Fraction
from typing import Any

from accounts.history import as_of
from kyc.ownership import regimes, trusts
from kyc.ownership.models import Determination, Interest, holdings
from kyc.ownership.shares import Interval, per_cent, shown
from kyc.rules import packs
from kyc.screening.entries import is_sanction
from kyc.screening.models import Hit
from reports.facts.reader import Reader

YES, UNDECIDED = "yes", "can't be decided"
IF_TRUE = "would be blocked if the possible match is true"
OVERTAKEN = "open: ruled on since the round"
VERDICTS = {regimes.YES: YES, regimes.NO: "no", regimes.INDETERMINATE: UNDECIDED}
OFAC = "ofac-50"


def determinations(reader: Reader) -> list[dict[str, Any]]:
    """Each regime with its line, its legal status, and its arithmetic a party."""
    rows = Determination.objects.filter(organisation_id=reader.organisation, examination_id=reader.latest)
    found: dict[str, list[Determination]] = {}
    for row in rows.order_by("regime", "party_id"):
        found.setdefault(row.regime, []).append(row)
    return [regime_row(reader, regime, rows) for regime, rows in found.items()]


def regime_row(reader: Reader, regime: str, rows: list[Determination]) -> dict[str, Any]:
    about, basis = reader.pack.regime(regime), reader.pack.regime_basis(regime, on=reader.day)
    weigh = Certainty.of(reader) if regime == OFAC else Certainty()
    return {
        "regime": regime,
        "title": about["title"],
        "line": f"{about['line']} {per_cent(Fraction(about['threshold']))}",
        "threshold": about["threshold"],
        "arithmetic": about["arithmetic"],
        "source": about["source"],
        "status": " since ".join(filter(None, (basis["status_text"], basis["since"]))) if basis else "",
        "rule_pack": rows[0].rule_pack,
        "verdicts": [
            {
                "party_id": row.party_id,
                "party": reader.name(row.party_id),
                "about": reader.about(row.party_id),
                "verdict": weigh.told(row),
                "share": shown(Interval(Fraction(row.share_min), Fraction(row.share_max))),
                "min": row.share_min,
                "max": row.share_max,
                "why": list(row.why),
            }
            for row in rows
        ],
    }


class Certainty:
    """What a stored yes is worth: it was computed from confirmed matches and from open ones alike. `sure` are the parties
    blocked by confirmed matches alone, `possible` those blocked when every open match is true too."""

    def __init__(self, *, sure: Collection[str] = (), possible: Collection[str] = (), is_sure: bool = True) -> None:
        self.sure, self.possible, self.is_sure = sure, possible, is_sure

    @classmethod
    def of(cls, reader: Reader) -> "Certainty":
        """From the holdings of the last round and the rulings by the effective instant."""
        hits = [hit for hit in reader.current_hits if is_sanction(hit.topics)]
        if all(hit.ruling == Hit.Ruling.TRUE for hit in hits):
            return cls()
        round_ = reader.examinations[-1]
        live = reader.own(as_of(Interest, reader.snapshot, recorded_by=reader.examined_at)).filter(valid_to__isnull=True)
        held = trusts.shares_only(holdings(live))
        threshold = packs.get(round_.rule_pack).threshold(OFAC)

        def blocked(rulings: Collection[str]) -> set[str]:
            listed = {str(hit.party_id) for hit in hits if hit.ruling in rulings}
            verdicts = regimes.blocked(held, listed=listed, threshold=threshold)
            return {party for party, found in verdicts.items() if found.verdict == regimes.YES}

        return cls(sure=blocked([Hit.Ruling.TRUE]), possible=blocked([Hit.Ruling.TRUE, ""]), is_sure=False)

    def told(self, row: Determination) -> str:
        party = str(row.party_id)
        if row.verdict != regimes.YES or self.is_sure or party in self.sure:
            return VERDICTS.get(row.verdict, row.verdict)
        return IF_TRUE if party in self.possible else OVERTAKEN
