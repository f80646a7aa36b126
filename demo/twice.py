"""Two customers named one company and tell different things of who owns it: an officer has ruled that it is one, and what differs
waits for him. And two people of different customers have sent passports of one number."""

from demo import proven
from demo.founding import examined, staff, turn
from kyc.cases.models import Case
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.models import Document
from kyc.ownership import diverging
from kyc.ownership.models import Divergence
from kyc.parties.models import Party

COMPANY = "Westmoor Trustees Ltd"
TRUSTEE = "Rupert Daventry"
WHY = "Both extracts bear the number of one entry in Companies House, and its office is the same."


def rule() -> None:
    """Once both have named it."""
    named = list(Party.objects.current().filter(name=COMPANY).order_by("pk"))
    if len(named) < 2 or Divergence.objects.filter(party__in=named).exists():
        return
    with turn(analyst := staff("analyst")):
        diverging.rule(named[0], named[1], ruling="same", reason=WHY, by=analyst)


def record() -> None:
    """The second paper of the number, whose case is still open; the first was that of a customer who was refused."""
    person = Party.objects.current().filter(name=TRUSTEE).first()
    if person is None or EvidenceItem.objects.filter(party=person).exists():
        return
    case = Case.objects.get(organisation=person.organisation)
    passport = Document.objects.current().get(party=person, kind=Document.Kind.PASSPORT)
    with turn(analyst := staff("analyst")):
        proven.recorded(case, person, passport, by=analyst)
    examined(case)
