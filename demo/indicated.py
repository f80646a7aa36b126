"""What the demo's investigator sees of use: two models were released, and two keys of one hand work by night, by one template,
and went over to the new model within hours (demo/use.py)."""

from datetime import timedelta

from django.utils import timezone

from accounts import scope
from demo import use
from demo.founding import staff, turn
from kyc.networks import indications, running
from kyc.networks.indication_models import IndicationRun, ModelRelease
from kyc.networks.network_models import NetworkRun


def load() -> None:
    """Once the networks are built, which is waited for."""
    ines = staff("investigator")
    with scope.of_officer(ines):
        if IndicationRun.objects.filter(asked_by=ines).exists():
            return
    release()
    with scope.whole():
        is_to_be_built = NetworkRun.objects.filter(state=NetworkRun.State.WAITING).exists()
    if is_to_be_built:
        running.now()
    with turn(ines), scope.of_officer(ines):
        indications.ask(by=ines)
    indications.work()


def release() -> None:
    """Of ours the one that the two went over to; of another provider one that their use ran up to."""
    now = timezone.now()
    told = ((use.NEWEST, use.RELEASED, ModelRelease.Whose.OURS), ("Meridian 4", use.RELEASED + 8, ModelRelease.Whose.ANOTHER))
    for name, days, whose in told:
        at = (now - timedelta(days=days)).replace(hour=15, minute=0, second=0, microsecond=0)
        ModelRelease.objects.get_or_create(
            whose=whose, name=name, defaults={"released_at": at, "source": "Release notes, as the demo has them."}
        )
