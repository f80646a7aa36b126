"""What the demo's officers know of training: one run of which everything is known that its report tells, and whose clock runs."""

from datetime import timedelta

from django.utils import timezone

from accounts import scope
from accounts.models import Organisation
from demo.founding import staff, turn
from kyc.directives.training import actions
from kyc.directives.training.actions import Said
from kyc.directives.training.models import TrainingRun

CUSTOMER = "Vantari Access GmbH"


def record() -> None:
    """Once, where it is a customer."""
    with scope.everything():
        if TrainingRun.objects.exists():
            return
        customer = Organisation.objects.filter(name=CUSTOMER).first()
    if customer is None:
        return
    today, ana = timezone.localdate(), staff("analyst")
    said = Said(
        basis="Its engineer asked support for 4,096 accelerators in one block, for one model.",
        deal="The order of the month before, with all keys of its project.",
        operations=1.8e26,
        method="Hours of accelerators by their rated operations, at two fifths of the rate.",
        begins_on=today + timedelta(days=14),
        ends_on=today + timedelta(days=104),
        accelerators="4,096 of H200",
        location="Luleå, Sweden",
        practices="Pre-training on text and code, then by preference.",
        security="Weights are sealed; two people open them.",
        incidents="None told.",
    )
    with turn(ana), scope.of_officer(ana):
        actions.record(customer, said, known_on=today - timedelta(days=6), by=ana)
