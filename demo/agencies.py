"""An agency of the demo: who runs the assistants of seven shops from one desk has said so, and all but one have confirmed it."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.models import Organisation, User
from demo import documents
from demo.founding import sent_in, staff, turn
from kyc.evidence import agencies as judged
from kyc.evidence.models import Document
from kyc.parties import agencies
from kyc.parties.agency_models import Agency

RUNS = "Brightfold Retail SRL"
SAID = {
    "name": "Shop assistants of our customers in Germany",
    "ground": Agency.Ground.INTEGRATOR,
    "words": (
        "We build the assistant on each shop’s pages and run it from our office in Cluj: our people sign in, our programs use "
        "the keys, and each shop pays for its own account."
    ),
}


def declare(shops: Sequence[Organisation]) -> None:
    """Once the shops and whoever runs them are there."""
    desk = Organisation.objects.real().filter(name=RUNS).first()
    if desk is None:
        return
    by = member(desk)
    contract = documents.paper("Contract of service", issuer=RUNS, rows={"Shops": ", ".join(one.name for one in shops)})
    with turn(by):
        named = "\n".join(f"{agencies.number_of(one.pk)} {one.name}" for one in shops)
        agency = agencies.declare(desk, **SAID, accounts=named, by=by)
        paper = sent_in(desk, kind=Document.Kind.OTHER, file=contract, by=by)
    # The last has not answered yet.
    for row in agency.accounts.order_by("pk")[: len(shops) - 1]:
        theirs = member(Organisation.objects.get(pk=row.account))
        with turn(theirs):
            agencies.answer(row, is_so=True, by=theirs)
    ana = staff("analyst")
    with turn(ana):
        judged.rule(
            agency,
            ruling="confirmed",
            reason="The contract names each shop, and two of them told us the same by telephone.",
            document=paper,
            valid_until=timezone.localdate() + timedelta(days=180),
            by=ana,
        )


def member(organisation: Organisation) -> User:
    return User.objects.filter(membership__organisation=organisation).earliest("pk")
