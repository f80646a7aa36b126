"""Two customers named one company and tell different things of who owns it: an officer has ruled that it is one, and what differs
waits for him."""

from demo.founding import staff, turn
from kyc.ownership import diverging
from kyc.ownership.models import Divergence
from kyc.parties.models import Party

COMPANY = "Westmoor Trustees Ltd"
WHY = "Both extracts bear the number of one entry in Companies House, and its office is the same."


def rule() -> None:
    """Once both have named it."""
    named = list(Party.objects.current().filter(name=COMPANY).order_by("pk"))
    if len(named) < 2 or Divergence.objects.filter(party__in=named).exists():
        return
    with turn(analyst := staff("analyst")):
        diverging.rule(named[0], named[1], ruling="same", reason=WHY, by=analyst)
