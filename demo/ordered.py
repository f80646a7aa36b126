"""An order that Rui has entered and nobody has taken yet: what it would touch is there to be read, and nothing is closed."""

from datetime import timedelta

from django.utils import timezone

from accounts import scope
from demo.founding import staff, turn
from kyc.directives import acting
from kyc.directives.acting import Order
from kyc.directives.models import Directive

REFERENCE = "IS-2026-11"


def propose() -> None:
    """Once."""
    rui = staff("approver")
    with scope.everything():
        if Directive.objects.filter(reference=REFERENCE).exists():
            return
    received = timezone.now() - timedelta(minutes=40)
    order = Order(
        issuer="Bureau of Industry and Security",
        authority="15 CFR 744.22(b)",
        reference=REFERENCE,
        received_at=received,
        population=Directive.Population.FOREIGN,
        why="Until a licence is granted no foreign person may use the models named in the letter.",
        effective_at=received + timedelta(days=30),
    )
    with turn(rui), scope.of_officer(rui):
        acting.propose(order, left_out={}, by=rui)
