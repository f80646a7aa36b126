"""What officers answer to a proposal that an account is of a network."""

import pytest
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from kyc.networks import joining, ruling, rulings
from kyc.networks.network_models import Attachment, Network, NetworkChange, NetworkMembership
from kyc.networks.ruling_models import Ruling
from kyc.networks.rulings import About
from tests import cast, networked
from tests.networked import PHONE, shares
from tests.stage import scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("opened")]
WHY = "The same phone number, and the same clerk answers it."


@scene
def network() -> Network:
    return networked.six()


@pytest.fixture
def newcomer(network: Network) -> Organisation:
    return networked.accounts(1, "Newcomer {}")[0]


@pytest.fixture
def proposed(network: Network, newcomer: Organisation, opened: None) -> Attachment:
    now = timezone.now()
    return Attachment.objects.create(
        network=network, organisation=newcomer, bits=9.1, families=["contact"], evidence=[shares(*PHONE)], proposed_at=now
    )


def members(network: Network) -> set[int]:
    return set(NetworkMembership.objects.live().filter(network=network).values_list("organisation", flat=True))


class TestAttach:
    def test_makes_a_member_and_holds_it_there_for_good(
        self, proposed: Attachment, network: Network, newcomer: Organisation, ines: User
    ) -> None:
        surest = joining.anchor(network)
        made = joining.attach(proposed, reason=WHY, by=ines)
        network.refresh_from_db()
        assert (made.how, made.via, network.size, newcomer.pk in members(network)) == ("ruled", ["contact"], 7, True)
        assert rulings.for_run().must == ((surest, newcomer.pk),)
        assert NetworkChange.objects.get(network=network, kind="attached").organisations == [newcomer.pk]
        proposed.refresh_from_db()
        assert (proposed.outcome, proposed.outcome_by, proposed.outcome_note) == ("attached", ines, WHY)

    def test_that_makes_ten_makes_an_alert(self, proposed: Attachment, network: Network, ines: User) -> None:
        for number, one in enumerate(networked.accounts(3, "Other {}")):
            found = Attachment.objects.create(network=network, organisation=one, bits=number, proposed_at=timezone.now())
            joining.attach(found, reason=WHY, by=ines)
        network.refresh_from_db()
        assert (network.size, network.is_alert) == (9, False)
        joining.attach(proposed, reason=WHY, by=ines)
        network.refresh_from_db()
        assert (network.size, network.is_alert) == (10, True)

    def test_of_an_account_that_is_elsewhere_is_refused(
        self, proposed: Attachment, newcomer: Organisation, network: Network, ines: User
    ) -> None:
        other = networked.network_of([newcomer], {})
        with pytest.raises(joining.Elsewhere, match=other.number):
            joining.attach(proposed, reason=WHY, by=ines)

    def test_what_a_ruling_holds_apart_is_refused(
        self, proposed: Attachment, newcomer: Organisation, network: Network, ines: User
    ) -> None:
        about = About(pair=(joining.anchor(network), newcomer.pk))
        ruling.rule(network, about, kind="coincidence", reason="They only share a street.", by=ines)
        made = joining.attach(proposed, reason=WHY, by=ines)
        assert made.organisation == newcomer
        assert Ruling.objects.in_force().get().kind == "same_controller"


class TestDecline:
    def test_keeps_it_apart_from_everybody_there(
        self, proposed: Attachment, network: Network, newcomer: Organisation, ines: User
    ) -> None:
        joining.decline(proposed, reason="Its bookkeeper's phone.", by=ines)
        found = rulings.for_run()
        assert set(found.cannot) == {(one, newcomer.pk) for one in members(network)} and not found.must

    def test_yields_to_a_later_word_on_a_pair(
        self, proposed: Attachment, network: Network, newcomer: Organisation, ines: User
    ) -> None:
        joining.decline(proposed, reason="Its bookkeeper's phone.", by=ines)
        first = min(members(network))
        ruling.rule(network, About(pair=(first, newcomer.pk)), kind="same_controller", reason=WHY, by=ines)
        found = rulings.for_run()
        assert found.must == ((first, newcomer.pk),) and not found.cannot


@pytest.mark.parametrize("verb", [joining.attach, joining.decline])
class TestEither:
    def test_is_answered_once(self, verb: object, proposed: Attachment, ines: User) -> None:
        joining.decline(proposed, reason=WHY, by=ines)
        with pytest.raises(joining.Answered, match="Declined"):
            verb(proposed, reason=WHY, by=ines)  # type: ignore[operator]

    def test_needs_a_reason_and_the_role(self, verb: object, proposed: Attachment, ines: User) -> None:
        with pytest.raises(ReasonMissing):
            verb(proposed, reason=" ", by=ines)  # type: ignore[operator]
        with pytest.raises(NotPermitted):
            verb(proposed, reason=WHY, by=cast.staff("auditor"))  # type: ignore[operator]
