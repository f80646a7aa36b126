"""What two people of the demo ask about their own data: one by letter, whose month is nearly over, and one from her account."""

from datetime import timedelta

from django.utils import timezone

from accounts import scope
from accounts.models import Membership, Organisation
from demo.founding import staff, turn
from kyc.parties.models import Party
from reports import subjects
from reports.models import SubjectRequest

OF = "Nordlys Modelling AS"


def record() -> None:
    """Once, when the organisation is there."""
    rui = staff("approver")
    with turn(rui), scope.of_officer(rui):
        organisation = Organisation.objects.real().filter(name=OF).first()
        if organisation is None or SubjectRequest.objects.exists():
            return
        received_on = timezone.localdate() - timedelta(days=26)
        party = Party.objects.people().filter(organisation=organisation).order_by("-pk").first()
        if party is not None:
            asked = subjects.record(organisation, kind="erasure", party=party, channel="letter", received_on=received_on, by=rui)
            how = "Called back on the number in the register extract; she named her shares and since when she holds them."
            subjects.identify(asked, how=how, party=party, by=rui)
        owner = Membership.objects.filter(organisation=organisation, role=Membership.Role.OWNER).order_by("pk").first()
    if owner is not None:
        with turn(owner.user), scope.everything():
            subjects.ask(organisation, kind="access", by=owner.user)
