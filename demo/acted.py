"""What the demo's investigators did about one hand: ruled by two of them to be a controller, whose accounts share one limit; one
of its customers appeals."""

from datetime import timedelta

from accounts import scope
from accounts.models import Organisation, User
from demo import hands
from demo.founding import turn
from kyc.keys import appeals
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.networks import carrying, controlling, measuring
from kyc.networks.controller_models import Controller
from kyc.networks.network_models import Network

NAME = "The desk behind nineteen accounts"
WHY = (
    "Cards, browsers and telephone numbers go round among them, each with other accounts than the next, and all use one set of "
    "templates. One contractor who works for all of them could explain the templates and not the cards."
)
LIMIT = {"kind": "limit", "unit": "requests", "period": "day", "limit": 20_000}
APPEALS = "Pomelo Loop Inc."
WORDS = (
    "We are a recipe site of four people. Our card is paid by an accelerator that pays for many; that may be why you look at us. "
    "At the weekend we need three thousand requests."
)


def load() -> None:
    """Once networks are found; where none was, nothing is done."""
    ines, vasco = User.objects.filter(staff_role="investigator").order_by("pk")[:2]
    with scope.of_officer(ines):
        if Controller.objects.exists():
            return
        live = {"memberships__organisation__name": hands.HAND[0][0], "memberships__until": None}
        network = Network.objects.live().filter(**live).first()
        if network is None:
            return
        members = [row.organisation for row in network.memberships.live().select_related("organisation")]
        with turn(ines):
            proposed = controlling.propose(name=NAME, why=WHY, reason="payment", members=members, network=network, by=ines)
        with turn(vasco):
            controller = controlling.take(proposed, by=vasco)
        with turn(ines):
            controlling.note(controller, text="Asked the accelerator whose cards these are.", by=ines)
            # Its case is still examined.
            left_out = {one.pk: "It is being examined, and holds no key." for one in members if one.name == hands.AMONG[0]}
            measure = measuring.propose(controller, **LIMIT, told="terms", why=WHY, reason="limits", left_out=left_out, by=ines)
        with turn(vasco):
            measuring.take(measure, by=vasco)
    carrying.run(timedelta())
    appeal()


def appeal() -> None:
    """By one whom the limit reached."""
    restriction = Restriction.objects.live().filter(organisation__name=APPEALS).first()
    if restriction is None or Appeal.objects.filter(restriction=restriction).exists():
        return
    by = User.objects.filter(membership__organisation=Organisation.objects.get(pk=restriction.organisation_id)).earliest("pk")
    with turn(by):
        appeals.send(restriction, words=WORDS, by=by)
