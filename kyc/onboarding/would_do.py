"""What a customer can send to prove who one of his people is, and what else would do."""

from dataclasses import dataclass

from django.utils.translation import gettext

from kyc.evidence import graded
from kyc.evidence.grading.shortest import Do
from kyc.parties.models import Party
from kyc.rules import assurance


@dataclass(frozen=True)
class Wanted:
    """A document that would bring nearer what we aim at: what it is, and what would do in its place."""

    what: str
    instead: list[str]


def of(person: Party) -> list[Wanted]:
    """Documents alone, since checks are ours to make; none once the level is reached that is aimed at."""
    rules = assurance.load()
    found = next((one for one in graded.graded(person) if one.is_aim), None)
    aim = rules.aim[assurance.PERSON][1]
    if found is None or found.path is None or (found.reached and found.reached.level.code == aim):
        return []
    wanted = []
    for act in found.path.acts:
        kinds = list(dict.fromkeys([act.kind, *(kind for kind, _how in act.instead)])) if act.do == Do.ADD else []
        titles = [gettext(rules.kinds[kind].title) for kind in kinds if rules.kinds[kind].documents]
        if titles:
            wanted.append(Wanted(titles[0], titles[1:]))
    return wanted
