"""What the demo's investigator sees of use: two models were released, and two keys of one hand work by night, by one template,
and went over to the new model within hours (demo/use.py)."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import timezone

from accounts import scope
from demo import use
from demo.founding import staff, turn
from kyc.networks import indications, releases, running
from kyc.networks.indication_models import IndicationRun
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
    """Of ours the one that the two went over to; of another provider one that their use ran up to: by a file, as an administrator
    tells of them."""
    rows = [",".join(releases.COLUMNS)]
    for whose, name, days in (("ours", use.NEWEST, use.RELEASED), ("another", "Meridian 4", use.RELEASED + 8)):
        at = timezone.now() - timedelta(days=days)
        rows.append(f"{whose},{name},{at:%Y-%m-%d}T15:00:00Z,,Release notes of the demo")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "releases.csv"
        path.write_text("\n".join(rows) + "\n")
        releases.load(path)
