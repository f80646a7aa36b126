"""Documents that a customer has taken back: who once relied on them, and for what, can still be seen."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.cases.models import Requirement
from kyc.evidence.models import AuthorityProof, Document, StatusProof


@dataclass(frozen=True)
class Removed:
    """One document, and in words what was verified by it."""

    document: Document
    relied_on: list[str]


def removed(organisation: Organisation) -> list[Removed]:
    """The newest first, with four queries however many there are."""
    rows = Document.objects.filter(organisation=organisation, removed_at__isnull=False)
    found = list(rows.select_related("party", "uploaded_by", "removed_by").order_by("-removed_at", "-pk"))
    relied: dict[int, list[str]] = {}
    for status in StatusProof.objects.filter(document__in=found).select_related("status__party", "proved_by").order_by("pk"):
        what = f"{status.status.get_axis_display()}: {status.status.get_standing_display()}"
        relied.setdefault(status.document_id, []).append(verified(str(status.proved_by), status.status.party.name, what))
    for authority in AuthorityProof.objects.filter(document__in=found).select_related("role__party", "proved_by").order_by("pk"):
        what = _("authority to sign")
        relied.setdefault(authority.document_id, []).append(verified(str(authority.proved_by), authority.role.party.name, what))
    wealth = Requirement.objects.filter(document__in=found).select_related("party", "accepted_by").order_by("pk")
    for row in wealth:
        relied.setdefault(row.document_id, []).append(verified(str(row.accepted_by), str(row.party), _("source of wealth")))
    return [Removed(document, relied.get(document.pk, [])) for document in found]


def verified(who: str, name: str, what: str) -> str:
    return _("%(who)s had verified by it, of %(name)s: %(what)s") % {"who": who, "name": name, "what": what}
