"""What was sent for a customer that becomes somebody else leaves with those whom it was about."""

from django.db import transaction

from accounts import organisations
from accounts.models import Organisation, User
from kyc.evidence import actions, invitations
from kyc.evidence.models import Document
from kyc.parties.models import Party


@transaction.atomic
def leave(organisation: Organisation, *, by: User) -> None:
    """Takes every document back and ends every open invitation, each with its own line in the audit."""
    organisation = organisations.locked(organisation, by=by)
    for document in Document.objects.current().filter(organisation=organisation).order_by("pk"):
        actions.remove(document, by=by)
    invited = Party.objects.filter(
        organisation=organisation,
        invitations__used_at__isnull=True,
        invitations__ended_at__isnull=True,
        invitations__isnull=False,
    )
    for party in invited.distinct().order_by("pk"):
        invitations.withdraw(party, by=by)
