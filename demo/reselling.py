"""What the demo's officers have of resale: a domestic reseller that follows the house's programme and complies, and a foreign one
that checks nobody, whose clock runs."""

from datetime import timedelta

from django.utils import timezone

from accounts import scope
from accounts.models import Organisation
from demo.founding import staff, turn
from kyc.directives.resellers import actions
from kyc.directives.resellers.actions import Terms
from kyc.directives.resellers.models import Reseller

DOMESTIC, FOREIGN = "Pomelo Loop Inc.", "Vantari Access GmbH"
SOUND = "Ten of its customers were drawn, and all are known."
FINDINGS = "Who its own customers are it takes from a card and a company's name. No identity is checked."


def record() -> None:
    """Once, where both are customers."""
    with scope.everything():
        if Reseller.objects.exists():
            return
        both = [Organisation.objects.filter(name=name).first() for name in (DOMESTIC, FOREIGN)]
    domestic, foreign = both
    today, ana = timezone.localdate(), staff("analyst")
    with turn(ana), scope.of_officer(ana):
        if domestic is not None:
            agreed = {"agreed_from": today - timedelta(days=120), "agreed_to": today + timedelta(days=245)}
            ours = actions.enter(domestic, Terms(place="domestic", programme="ours", **agreed), by=ana)
            actions.assess(ours, assessed_on=today, findings=SOUND, complies=True, by=ana)
        if foreign is not None:
            theirs = actions.enter(
                foreign,
                Terms(
                    place="foreign",
                    programme="own",
                    agreed_from=today - timedelta(days=60),
                    programme_version="1.2",
                    programme_received_on=today - timedelta(days=40),
                ),
                by=ana,
            )
            known = today - timedelta(days=12)
            actions.assess(theirs, assessed_on=today, findings=FINDINGS, complies=False, known_on=known, by=ana)
