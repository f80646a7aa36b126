"""How far the machine is with the checks of a case or with a key."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.progress import Progress, of_job
from kyc.cases.models import Case, Examination
from kyc.cases.outdated import Overtaken
from kyc.keys.models import Key

CHECKS, LINK = gettext_lazy("The checks"), gettext_lazy("The link of a key")


def of_case(case: Case, *, overtaken: Overtaken | None = None) -> Progress | None:
    """Nothing once the checks are done and hold. `overtaken` as in kyc.cases.obstacles."""
    if case.is_decided:
        return None
    latest = case.examinations.order_by("-pk").first()
    if latest and latest.state == Examination.State.REQUESTED:
        return of_job(CHECKS, latest, latest.requested_at)
    if latest and latest.state == Examination.State.FAILED:
        sentence = _(
            "The checks could not be made, and the machine has given up. Try again; if that fails too, tell whoever runs "
            "Keyholder what it said."
        )
        return Progress(sentence, latest.failure, "bad", is_running=False, can_retry=True)
    overtaken = overtaken or Overtaken(case)
    if overtaken.causes:
        return Progress(_("The checks are about to be made anew: %(why)s.") % {"why": overtaken.why})
    return None


def of_keys(case: Case) -> Progress | None:
    """Of the key that has waited longest for its link."""
    waiting = Key.objects.filter(organisation=case.organisation_id, state=Key.State.UNLINKED).order_by("pk").first()
    return of_job(LINK, waiting, waiting.issued_at) if waiting else None
