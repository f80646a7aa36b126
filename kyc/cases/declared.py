"""What a customer says of its use, of its people's status and of who may sign for it, as a round of checks goes by it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from kyc.cases.models import Finding
from kyc.evidence.models import Document
from kyc.evidence.proofs import verified_us
from kyc.parties import profiles, questionnaires
from kyc.parties.models import Party, PersonStatus, Profile, Questionnaire, Role
from kyc.rules import packs

# Category, state, sentence, and the tab that proves it.
Row = tuple[str, str, str, str]
US, FOREIGN = PersonStatus.Standing.US, PersonStatus.Standing.FOREIGN
IN_REGISTER = (Role.Kind.DIRECTOR, Role.Kind.CONTROLLER)
# Names told of one kind; the rest are counted.
MOST_NAMES = 4


@dataclass(frozen=True)
class Declared:
    """`standings` under the test of a US person and `signing`, whether it is shown that one may sign, go by the party's
    number; `verified` are those whom an officer has verified to be US persons."""

    programme: str
    signed: Questionnaire | None
    standings: Mapping[int, str]
    verified: frozenset[int]
    signing: Mapping[int, bool]

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
        signing=signing(organisation),
    )


def signing(organisation: Organisation) -> dict[int, bool]:
    """Everybody who may sign, and whether a place in the register or a document shows it (FATF-02)."""
    live = Role.objects.live().filter(organisation=organisation)
    papers = Document.objects.current().filter(organisation=organisation, kind=Document.Kind.AUTHORITY)
    shown = {*live.filter(kind__in=IN_REGISTER).values_list("party", flat=True), *papers.values_list("party", flat=True)}
    signatories = live.filter(kind=Role.Kind.SIGNATORY).order_by("party").values_list("party", flat=True)
    return {party: party in shown for party in signatories}


def findings(declared: Declared, names: Mapping[int, str]) -> list[Row]:
    """`names` are those of all current parties."""
    rows = [use_finding(declared), status_finding(declared, names)]
    return [*rows, authority_finding(declared, names)] if declared.signing else rows


def use_finding(declared: Declared) -> Row:
    if declared.signed is None:
        return "use", Finding.State.WARN, _("No intended use is signed, or what was signed has expired."), "use"
    if flags := questionnaires.flags(declared.signed):
        return "use", Finding.State.WARN, " ".join(flags), "use"
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
    if unshown := [names.get(pk, "") for pk, is_shown in declared.signing.items() if not is_shown]:
        sentence = _("Nothing shows that these may sign: %(names)s.") % {"names": listed(unshown)}
        return "authority", Finding.State.WARN, sentence, "status"
    sentence = ngettext(
        "%(names)s may sign, as the register or a proof of authority shows.",
        "%(names)s may sign, as the register or proofs of authority show.",
        len(declared.signing),
    )
    told = listed([names.get(pk, "") for pk in declared.signing])
    return "authority", Finding.State.INFO, sentence % {"names": told}, "status"


def listed(names: Collection[str]) -> str:
    """A few names, and how many more."""
    told = list(names)[:MOST_NAMES]
    if rest := len(names) - len(told):
        told.append(ngettext("%(n)s more", "%(n)s more", rest) % {"n": rest})
    return ", ".join(told)
