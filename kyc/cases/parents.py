"""Who stands at the top of the customer by what was declared, kept with the day since when the checks have found it (USX-01)."""

from collections.abc import Mapping

from kyc.cases.determining import Verdicts
from kyc.cases.round import Round
from kyc.ownership.verdicts import YES
from kyc.parties import attributes

REGIME = "ultimate-parent"


def follow(facts: Round, verdicts: Mapping[str, Verdicts]) -> None:
    """Of a customer who is an entity. Where the checks can't tell any more, what stood ends."""
    if facts.customer.is_entity:
        found = [party for party, word in verdicts.get(REGIME, {}).items() if word.verdict == YES]
        attributes.determined(facts.customer, facts.parties[int(found[0])] if found else None)
