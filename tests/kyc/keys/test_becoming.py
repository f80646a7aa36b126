"""A customer becomes another kind of party: not while verified or holding keys, not unasked, and with nothing left behind."""

from typing import Any

import pytest

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.cases.models import Entity
from kyc.evidence import actions as evidence
from kyc.evidence import invitations
from kyc.evidence.models import Document, Invitation
from kyc.keys import becoming
from kyc.keys.models import Key
from kyc.parties import profiles
from kyc.parties.models import Party
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded, pdf
from tests.rows import one_of_each
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    """With a document about nobody, one about Alice, and Alice invited."""
    found = founded(customer())
    evidence.upload(found.organisation, kind="register_extract", file=pdf(), by=found.by)
    evidence.upload(found.organisation, kind="passport", party=found.controller, file=pdf(), by=found.by)
    invitations.invite(found.controller, email="alice@nordlys.example", by=found.by)
    return found


def become(found: Founded, customer_class: str = "individual", **more: Any) -> Any:
    told = {"programme": "none", "start_over": True, "by": found.by} | more
    return becoming.become(found.organisation, customer_class=customer_class, **told)


class TestBecome:
    def test_everything_that_was_sent_leaves_too(self, nordlys: Founded) -> None:
        become(nordlys)
        assert profiles.customer_class(nordlys.organisation) == "individual"
        assert not Party.objects.current().exists()
        assert not Document.objects.current().exists()
        assert Invitation.objects.get().state == Invitation.State.ENDED
        told = AuditEvent.objects.filter(actor_id=nordlys.by.pk).values_list("verb", flat=True)
        assert list(told.filter(verb__in=["document.removed", "person.invitation_withdrawn"]).order_by("pk")) == [
            "document.removed", "document.removed", "person.invitation_withdrawn",
        ]  # fmt: skip

    def test_as_the_same_kind_of_party_everything_stays(self, nordlys: Founded) -> None:
        become(nordlys, "research", start_over=False)
        assert profiles.customer_class(nordlys.organisation) == "research"
        assert Document.objects.current().count() == 2
        assert Invitation.objects.live().count() == 1

    def test_what_others_have_sent_stays(self, nordlys: Founded) -> None:
        other = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        evidence.upload(other.organisation, kind="register_extract", file=pdf(), by=other.by)
        become(nordlys)
        assert Document.objects.current().get().organisation == other.organisation

    def test_not_unasked(self, nordlys: Founded) -> None:
        with pytest.raises(becoming.StartsOver, match="Nordlys Modelling AS and everybody you have named"):
            become(nordlys, start_over=False)
        assert Document.objects.current().count() == 2

    def test_not_while_verified(self) -> None:
        found = of_each()
        with pytest.raises(becoming.StaysVerified, match="You are verified as Nordlys"):
            become(found)

    def test_not_while_a_key_answers_to_somebody(self) -> None:
        found = of_each()
        Entity.objects.update(ended_at="2026-01-01T00:00Z", end_reason="A test.")
        with pytest.raises(becoming.StaysVerified, match="Your keys answer to people"):
            become(found)
        assert Document.objects.current().exists()

    @pytest.mark.parametrize("customer_class", ["planet", ""])
    def test_what_is_no_class_names_its_field(self, nordlys: Founded, customer_class: str) -> None:
        with pytest.raises(BadText) as refused:
            become(nordlys, customer_class)
        assert refused.value.field == "customer_class"

    def test_a_stranger_makes_nobody_of_another(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            become(nordlys, by=customer("eve@other.example", "Eve"))


def of_each() -> Founded:
    """Verified, and with a key."""
    rows = one_of_each(customer())
    return Founded(rows[Key].organisation, rows[Party], rows[Key].responsible, rows[Key].issued_by)
