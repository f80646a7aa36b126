"""Why an approval cannot be taken yet."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kyc.cases.examining import hits_of, outdated
from kyc.cases.models import Case, Examination, Finding
from kyc.screening.models import Hit


def obstacles(case: Case) -> list[str]:
    """Sentences; empty when nothing stands in the way of an approval."""
    latest = case.examinations.order_by("-pk").first()
    if latest is None or latest.state != Examination.State.DONE:
        return [_("The checks have not finished.")]
    if case.organisation.sandbox:
        return []
    hits = hits_of(latest)
    found = [] if latest.lists else [_("No list is loaded, so nobody was screened.")]
    if open_hits := hits.filter(ruling="").count():
        found.append(
            ngettext("%(n)s possible match is still open.", "%(n)s possible matches are still open.", open_hits)
            % {"n": open_hits}
        )
    if hits.filter(ruling=Hit.Ruling.TRUE).exists():
        found.append(_("A party has been confirmed to be on a list."))
    stops = Finding.objects.filter(examination=latest, state=Finding.State.BAD).exclude(category="screening")
    found += [finding.sentence for finding in stops.order_by("pk")]
    if outdated().filter(pk=case.pk).exists():
        found.append(_("The checks are being made anew, because rulings or lists have changed."))
    return found
