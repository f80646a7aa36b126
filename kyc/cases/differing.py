"""Where other sources contradict what a customer declared of its owners, as far as a case goes by it."""

from datetime import date

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import ngettext

from accounts import organisations
from accounts.models import Organisation, User
from kyc.cases.meanwhile import refuse_unsent
from kyc.cases.models import Case
from kyc.evidence.item_models import Mismatch
from kyc.ownership import observing
from kyc.ownership.models import Discrepancy, Divergence


@transaction.atomic
def resolve(
    discrepancy: Discrepancy,
    *,
    resolution: str,
    reason: str,
    reported_on: date | None = None,
    reference: str = "",
    by: User,
) -> Discrepancy:
    """As `observing.resolve`, and not while the customer is changing what would be judged. Raises NotSent besides."""
    organisations.held(discrepancy.organisation_id)
    # Under the lock of the case, so that no approval is taken past a difference that is being resolved.
    for case in Case.objects.select_for_update().open().filter(organisation=discrepancy.organisation_id):
        refuse_unsent(case)
    return observing.resolve(
        discrepancy, resolution=resolution, reason=reason, reported_on=reported_on, reference=reference, by=by
    )


def in_the_way(organisation: Organisation) -> list[str]:
    """Why an approval can't be taken, as far as the sources go (AMLR-09)."""
    found = list(Discrepancy.objects.open().filter(organisation=organisation).values_list("due_on", flat=True))
    if not found:
        return []
    sentence = ngettext(
        "%(n)s difference between what was declared and another source is open, to be resolved by %(day)s. Resolve it under "
        "“People and ownership”, or ask the customer.",
        "%(n)s differences between what was declared and other sources are open, the first to be resolved by %(day)s. Resolve "
        "them under “People and ownership”, or ask the customer.",
        len(found),
    )
    return [sentence % {"n": len(found), "day": date_format(min(found), "j F Y")}]


def unsettled(organisation: Organisation) -> list[str]:
    """The same, as far as it goes by what the house knows of a company besides. In words from which nobody learns from whom."""
    found = list(Divergence.objects.open().of(organisation.pk).values_list("due_on", flat=True))
    if not found:
        return []
    sentence = ngettext(
        "%(n)s point about a company in this case is not settled, to be settled by %(day)s. Settle it under “People and "
        "ownership”.",
        "%(n)s points about companies in this case are not settled, the first to be settled by %(day)s. Settle them under "
        "“People and ownership”.",
        len(found),
    )
    return [sentence % {"n": len(found), "day": date_format(min(found), "j F Y")}]


def contradicted(organisation: Organisation) -> list[str]:
    """The same, as far as documents say otherwise than was declared (FIN-12)."""
    found = Mismatch.objects.open().filter(organisation=organisation, item__document__removed_at=None).count()
    if not found:
        return []
    sentence = ngettext(
        "%(n)s difference between a document and what was declared is open. Resolve it with the evidence of the party, under "
        "“People and ownership”.",
        "%(n)s differences between documents and what was declared are open. Resolve them with the evidence of the party, under "
        "“People and ownership”.",
        found,
    )
    return [sentence % {"n": found}]
