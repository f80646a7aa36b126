"""What a customer says of its use, of its people's status and of who may sign for it, as a round of checks goes by it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from kyc.cases.models import Finding
from kyc.evidence import authority
from kyc.evidence.authority import Signatory
from kyc.evidence.proofs import verified_us
from kyc.parties import profiles, questionnaires
from kyc.parties.models import Party, PersonStatus, Profile, Questionnaire
from kyc.rules import packs

# Category, state, sentence, and the tab that proves it.
Row = tuple[str, str, str, str]
US, FOREIGN = PersonStatus.Standing.US, PersonStatus.Standing.FOREIGN
# Names told of one kind; the rest are counted.
MOST_NAMES = 4


@dataclass(frozen=True)
class Declared:
    """`standings` under the test of a US person go by the party's number; `verified` are those whom an officer has verified to
    be US persons, and `signing` those who may sign."""

    programme: str
    signed: Questionnaire | None
    standings: Mapping[int, str]
    verified: frozenset[int]
    signing: Collection[Signatory]

    def codes(self) -> dict[str, bool]:
        """Factors of the rule pack, and whether they hold."""
        asked = packs.questions(self.signed.version) if self.signed else packs.current().questionnaire
        answers = self.signed.answers if self.signed else {}
        told = {code: answers.get(q.code) == answer for q in asked.questions for answer, code in q.factors}
        return told | {"programme_entry": self.programme != Profile.Programme.NONE}


def of(organisation: Organisation, parties: Collection[Party]) -> Declared:
    profile = profiles.of(organisation)
    statuses = PersonStatus.objects.live().filter(party__in=parties, axis=PersonStatus.Axis.IAAS)
    us = verified_us(Party.objects.current().filter(organisation=organisation))
    return Declared(
        programme=profile.programme if profile else Profile.Programme.NONE,
        signed=questionnaires.current(organisation),
        standings=dict(statuses.values_list("party", "standing")),
        verified=frozenset(us.values_list("pk", flat=True)),
        signing=authority.of(organisation),
    )


def findings(declared: Declared, names: Mapping[int, str], contradicted: Sequence[str] = ()) -> list[Row]:
    """`names` are those of all current parties; `contradicted` says which answers something else that was told contradicts."""
    rows = [use_finding(declared, contradicted), status_finding(declared, names)]
    return [*rows, authority_finding(declared, names)] if declared.signing else rows


def use_finding(declared: Declared, contradicted: Sequence[str] = ()) -> Row:
    if declared.signed is None:
        return "use", Finding.State.WARN, _("No intended use is signed, or what was signed has expired."), "use"
    if told := [*questionnaires.flags(declared.signed), *contradicted]:
        return "use", Finding.State.WARN, " ".join(told), "use"
    sentence = _("Signed by %(name)s; no answer raises a question.") % {"name": declared.signed.signed_name}
    return "use", Finding.State.GOOD, sentence, "use"


def status_finding(declared: Declared, names: Mapping[int, str]) -> Row:
    us = {pk for pk in names if declared.standings.get(pk) == US}
    groups = {
        _("Verified US persons: %(names)s."): us & declared.verified,
        _("Declared to be US persons, not verified: %(names)s."): us - declared.verified,
        _("Foreign: %(names)s."): {pk for pk in names if declared.standings.get(pk) == FOREIGN},
        _("Not known, so counted as foreign: %(names)s."): {
            pk for pk in names if declared.standings.get(pk) not in (US, FOREIGN)
        },
    }
    told = [sentence % {"names": listed([names[pk] for pk in sorted(group)])} for sentence, group in groups.items() if group]
    state = Finding.State.WARN if us - declared.verified else Finding.State.INFO
    return "status", Finding.State.GOOD if us == set(names) and state != Finding.State.WARN else state, " ".join(told), "status"


def authority_finding(declared: Declared, names: Mapping[int, str]) -> Row:
    """An office is only what the customer says, and a document only what it sent, until an officer has verified it."""
    open_ones = [one for one in declared.signing if one.proof is None]
    groups = {
        _("Verified to have authority to sign: %(names)s."): [one for one in declared.signing if one.proof],
        _("A proof of authority was sent and is not verified: %(names)s."): [one for one in open_ones if one.papers],
        _("Declared as director or controlling person, not checked: %(names)s."): [
            one for one in open_ones if one.offices and not one.papers
        ],
        _("Nothing shows that these may sign: %(names)s."): [one for one in open_ones if not one.is_claimed],
    }
    told = [
        sentence % {"names": listed([names.get(one.party, "") for one in group])} for sentence, group in groups.items() if group
    ]
    return "authority", Finding.State.WARN if open_ones else Finding.State.GOOD, " ".join(told), "status"


def listed(names: Collection[str]) -> str:
    """A few names, and how many more."""
    told = list(names)[:MOST_NAMES]
    if rest := len(names) - len(told):
        told.append(ngettext("%(n)s more", "%(n)s more", rest) % {"n": rest})
    return ", ".join(told)
