"""Red flags of what a customer signed about its use: each must be asked about and answered before an approval."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from kyc.cases.meanwhile import refuse_unsent
from kyc.cases.models import Case, FlagRuling
from kyc.parties import questionnaires
from kyc.parties.models import Questionnaire
from kyc.parties.wording import BadText, checked

R = FlagRuling.Ruling


class NoFlag(Refused):
    """No answer that counts today raises that flag."""


@dataclass(frozen=True)
class Ruled:
    """A red flag and the newest word on it, if there is any."""

    question: str
    sentence: str
    word: FlagRuling | None

    @property
    def is_open(self) -> bool:
        return self.word is None

    @property
    def is_explained(self) -> bool:
        return self.word is not None and self.word.ruling == R.EXPLAINED


def of(signed: Questionnaire) -> list[Ruled]:
    words = FlagRuling.objects.filter(questionnaire=signed).select_related("ruled_by").order_by("pk")
    newest = {word.question: word for word in words}
    return [Ruled(code, sentence, newest.get(code)) for code, sentence in questionnaires.raised(signed)]


@transaction.atomic
def rule(signed: Questionnaire, question: str, *, ruling: str, note: str, by: User) -> FlagRuling:
    """Says how a flag is explained, or that it stands. A later word counts instead; repeated, it is silence. Raises NoFlag,
    NotSent, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisations.held(signed.organisation_id)
    # Under the lock of the case, so that no approval is taken past a flag that is being ruled to stand.
    for case in Case.objects.select_for_update().open().filter(organisation=signed.organisation_id):
        refuse_unsent(case)
    signed = Questionnaire.objects.select_for_update().get(pk=signed.pk)
    if signed.superseded_at or question not in dict(questionnaires.raised(signed)):
        raise NoFlag(_("The customer has signed anew meanwhile. Read the new answers."))
    if ruling not in R.values:
        raise BadText("ruling", _("Say whether it is explained."))
    note = checked("note", note, limit=2000, required=True, lines=True)
    newest = FlagRuling.objects.filter(questionnaire=signed, question=question).order_by("-pk").first()
    if newest and (newest.ruling, newest.note) == (ruling, note):
        return newest
    word = FlagRuling.objects.create(
        organisation=signed.organisation, questionnaire=signed, question=question, ruling=ruling, note=note, ruled_by=by
    )
    audit.record("flag.ruled", target=word, by=by, reason=note, ruling=ruling, question=question)
    return word


def in_the_way(organisation: Organisation) -> list[str]:
    """Why an approval can't be taken, as far as the intended use goes."""
    signed = questionnaires.current(organisation)
    if signed is None:
        return [_("No intended use is signed that is good today. Ask the customer to sign it.")]
    opened = _("Red flag that nobody has spoken to: %(flag)s Say under “Use and payment” how it is explained, or that it stands.")
    stands = _("Red flag that stands: %(flag)s")
    return [(opened if flag.is_open else stands) % {"flag": flag.sentence} for flag in of(signed) if not flag.is_explained]
