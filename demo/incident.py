"""The demo's incident (FIN-17): only the investigator of the cast finds it."""

from datetime import timedelta

from django.utils import timezone

from accounts import scope
from accounts.models import Organisation
from demo.founding import staff, turn
from kyc.keys.models import Key
from kyc.networks import actions
from kyc.networks.models import Incident

TITLE = "Reasoning traces drawn by keys that take turns"
# Who is in it, and why; of the first one its key by itself too.
ABOUT = {
    "Lotus Inference Ltd": "Signed up in the same hour and from the same block of addresses as two accounts that were refused.",
    "Helios Compute FZE": "Half of it leads to a listed holding; its sign-ins come by the same residential proxies.",
    "Nordlys Modelling AS": "Its key asks the same templates by night, an hour after the others fall silent.",
}


def record() -> None:
    """Once, when those whom it concerns are there."""
    ines, today = staff("investigator"), timezone.localdate()
    with turn(ines), scope.of_officer(ines):
        if Incident.objects.filter(title=TITLE).exists():
            return
        incident = actions.open_incident(
            title=TITLE,
            kind=Incident.Kind.EXTRACTION,
            confidence=Incident.Confidence.MEDIUM,
            detected_on=today - timedelta(days=2),
            first_seen_on=today - timedelta(days=9),
            last_seen_on=today - timedelta(days=1),
            who="One verified customer and two that are being examined; nobody is known who stands behind all three.",
            what="Long step-by-step answers to mathematics and code, asked for by the same forty templates in changing order.",
            when="Nightly from 22:00 to 04:00 UTC. It began three days after a new model was released.",
            why=(
                "Volume, structure and timing agree across accounts that say they do not know each other. "
                "It may also be one contractor who works for all three; that is not ruled out."
            ),
            by=ines,
        )
        for organisation in Organisation.objects.real().filter(name__in=ABOUT).order_by("pk"):
            actions.involve(incident, organisation=organisation, why=ABOUT[organisation.name], by=ines)
        key = (
            Key.objects.filter(organisation__name="Nordlys Modelling AS").exclude(state=Key.State.REVOKED).order_by("pk").first()
        )
        if key is not None:
            actions.involve(
                incident, organisation=key.organisation, key=key, why="The key that asks after the others fall silent.", by=ines
            )
        actions.note(incident, text="Asked the network team which proxy provider the addresses belong to.", by=ines)
