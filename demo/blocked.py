"""What the demo's officers have of sanctions: the product has recorded what was refused to whom a list names, and Ana and Rui
have reported a balance that is held of him."""

from decimal import Decimal

from accounts import scope
from demo.founding import staff, turn
from kyc.directives.blocked import actions, finding
from kyc.directives.blocked.actions import Said
from kyc.directives.blocked.models import BlockedRecord

BALANCE = Said(
    asset="balance",
    what="What was prepaid by card for the use of models, and not used.",
    value=Decimal("420.00"),
    currency="USD",
    authority="31 CFR part 501, and the part of the programme",
    programme="",
    action="The balance was moved to a blocked account that bears interest. Nothing was paid back.",
    contact="Sanctions desk, sanctions@keyholder.example",
)


def record() -> None:
    """Once, where there is whom a list names."""
    with scope.everything():
        if BlockedRecord.objects.filter(made_by__isnull=False).exists():
            return
        finding.run()
        ground = BlockedRecord.objects.select_related("organisation").order_by("pk").first()
    if ground is None:
        return
    ana, rui = staff("analyst"), staff("approver")
    said = Said(**(vars(BALANCE) | {"programme": ground.programme or "SDN"}))
    with turn(ana), scope.of_officer(ana):
        made = actions.record(ground.organisation, said, kind="blocked", happened_on=ground.happened_on, ground=ground, by=ana)
        filing = actions.prepare(made, by=ana)
    with turn(rui), scope.of_officer(rui):
        actions.take(filing, filed_on=ground.happened_on, reference="ORS-2026-004117", by=rui)
