"""Answers that what the customer told of its owners contradicts. Nobody is accused: one of the two may be a mistake, and an
officer asks which."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from kyc.cases.declared import listed
from kyc.cases.round import Round
from kyc.ownership.parent import Parents
from kyc.ownership.rule import rule
from kyc.ownership.verdicts import NO, YES
from kyc.parties.models import Party
from kyc.parties.sentences import one_stop
from kyc.screening.normalise import telling


def contradicted(facts: Round) -> list[str]:
    """A sentence for each; none where nothing is signed."""
    answers = facts.declared.signed.answers if facts.declared.signed else {}
    return [*of_state(facts, answers.get("government_ownership", "")), *of_parent(facts, answers.get("ultimate_parent", ""))]


def of_state(facts: Round, answer: str) -> list[str]:
    """Said that no state has a part, and one stands in the chain of owners."""
    above = named(facts, facts.chain)
    states = [facts.names[pk] for pk, party in above.items() if party.kind == Party.Kind.STATE]
    if answer != "no" or not states:
        return []
    told = _(
        "It answered that no government or state body owns or directs a part of it; among those named as its owners, directly "
        "or through others, is a state or state body: %(names)s."
    )
    return [one_stop(told % {"names": listed(states)})]


def of_parent(facts: Round, answer: str) -> list[str]:
    """Said who stands at the top of the group, and above the customer stands another who owns more than half at every level, or
    controls it otherwise. Whoever is owned by the customer in a circle is not above it."""
    subject = str(facts.customer.pk)
    control = Parents(facts.graph(), subject, rule(facts.pack, "ultimate-parent")).control
    bodies = {pk: party for pk, party in named(facts, control.above(subject)).items() if is_body(party)}
    above = [pk for pk in bodies if control.of(pk, subject) == YES and control.of(subject, pk) == NO]
    if not answer or not above or any(is_named(bodies[pk], answer) for pk in above):
        return []
    told = _(
        "Asked who stands at the top of its group, it answered “%(answer)s”; by what it told of its owners, more than half of it "
        "is owned at every level, or it is controlled otherwise, by: %(names)s."
    )
    return [one_stop(told % {"answer": answer, "names": listed([facts.names[pk] for pk in above])})]


def named(facts: Round, ids: Iterable[str]) -> dict[str, Party]:
    """The parties of these; where more than the whole is stated to be held, nobody in particular may be among them."""
    return {pk: facts.parties[int(pk)] for pk in ids if pk in facts.names and pk != str(facts.customer.pk)}


def is_body(party: Party) -> bool:
    """A person is nobody's parent; of whom nothing says what he is may be one."""
    return party.kind not in {Party.Kind.PERSON, Party.Kind.UNKNOWN}


def is_named(party: Party, answer: str) -> bool:
    given = set(telling(answer))
    return any(given.issuperset(telling(name)) for name in (party.name, party.native_name) if name)
