"""Who stands at the top of the customer by what was declared, kept with the day since when the checks have found it (USX-01)."""

from kyc.cases.round import Round
from kyc.ownership.graph import ENTITY, PERSON, UNKNOWN_OWNER, Graph
from kyc.ownership.graph import Party as Node
from kyc.ownership.parent import Parents
from kyc.ownership.rule import rule
from kyc.ownership.verdicts import YES
from kyc.parties import attributes
from kyc.parties.models import Party

REGIME = "ultimate-parent"


def follow(facts: Round) -> None:
    """Of a customer who is an entity. Where the checks can't tell any more, what stood ends."""
    if facts.customer.is_entity:
        attributes.determined(facts.customer, ultimate(facts))


def ultimate(facts: Round) -> Party | None:
    nodes = [Node(str(pk), kind(party), party.hq_country, facts.names[str(pk)]) for pk, party in facts.parties.items()]
    subject = str(facts.customer.pk)
    parents = Parents(Graph.of(facts.interests, nodes), subject, rule(facts.pack, REGIME))
    found = (one for one in parents.candidates if one in facts.names and parents.verdict(one).verdict == YES)
    return next((facts.parties[int(one)] for one in found), None)


def kind(party: Party) -> str:
    if party.is_person:
        return PERSON
    return ENTITY if party.is_entity else UNKNOWN_OWNER
