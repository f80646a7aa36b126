"""What is read of a key for a population: of its customer, declared or proved, and of where it is used."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.models import User
from kyc.directives import facts
from kyc.directives.population import HEADQUARTERS, PARENT, USED_FROM, WHO, Fact, population
from kyc.evidence.models import AttributeProof, Document
from kyc.keys.introspection import introspect
from kyc.keys.models import Key
from kyc.keys.standing_models import StandingProof
from kyc.parties.models import Attribute, Party
from kyc.risk.models import Fact as Seen
from tests.kyc.directives.scenes import in_force, shown_us
from tests.kyc.keys.scenes import Issued

BY_ALL = {"countries": ["CN"], "by": ["headquarters", "parent", "location"]}
BY_PLACE = {"countries": ["CN"], "by": ["headquarters", "location"]}


def known(one: Issued) -> dict[str, Fact]:
    keys = facts.asked(Key.objects.filter(pk=one.key.pk).values_list("pk", "organisation", "responsible", "prefix"))
    [(_, found)] = facts.of(keys, population("countries", BY_ALL), now=timezone.now())
    return dict(found)


def verified(one: Issued, *, by: User) -> AttributeProof:
    """Where the customer has its headquarters."""
    live = Attribute.objects.live().get(organisation=one.key.organisation, what="headquarters", party__roles__kind="customer")
    document = Document.objects.filter(organisation=one.key.organisation).first()
    return AttributeProof.objects.create(
        organisation=one.key.organisation, attribute=live, document=document, note="Page 2.", proved_by=by
    )


def seen_from(one: Issued, country: str) -> None:
    now = datetime.now(UTC)
    Seen.objects.create(
        organisation=one.key.organisation, subject=f"key:{one.key.prefix}", name="traffic_country", source="gateway",
        value={"traffic": country, "declared": ["NO"], "payment": []}, at=now, on=now.date(),
    )  # fmt: skip


class TestOf:
    def test_what_is_only_declared_is_not_proved(self, linked: Issued) -> None:
        found = known(linked)
        assert (found[HEADQUARTERS].values, found[HEADQUARTERS].is_proved) == ({"NO"}, False)
        assert not found[PARENT].is_proved

    def test_what_an_officer_has_verified_is(self, linked: Issued, rui: User) -> None:
        proof = verified(linked, by=rui)
        found = known(linked)[HEADQUARTERS]
        assert (found.is_proved, found.row, found.evidence) == (True, proof.attribute_id, proof.pk)

    def test_where_a_key_is_used_counts_beside_its_customers_own_country(self, linked: Issued) -> None:
        seen_from(linked, "CN")
        assert known(linked)[USED_FROM].values == {"NO", "CN"}

    def test_use_from_where_it_was_formed_counts_since_none_is_noted(self, linked: Issued) -> None:
        customer = linked.key.organisation.role_set.live().get(kind="customer").party
        Party.objects.filter(pk=customer.pk).update(country="CN")
        assert known(linked)[USED_FROM].values == {"NO", "CN"}

    def test_who_is_verified_is_known_until_that_ends(self, linked: Issued) -> None:
        keys = facts.asked(Key.objects.filter(pk=linked.key.pk).values_list("pk", "organisation", "responsible", "prefix"))
        [(_, found)] = facts.of(keys, population("named", {"organisations": [1]}), now=timezone.now())
        assert found[WHO].is_proved
        assert found[WHO].until == linked.key.link_set.get().entity.valid_until


class TestUnsettled:
    @pytest.fixture
    def outside(self, linked: Issued, rui: User, sonia: User) -> Issued:
        verified(linked, by=rui)
        in_force(by=rui, second=sonia, population="countries", parameters=BY_PLACE)
        assert introspect(linked.secret)["active"]
        return linked

    def test_a_key_that_is_used_from_inside_is_refused_at_once(self, outside: Issued) -> None:
        seen_from(outside, "CN")
        assert not introspect(outside.secret)["active"]

    def test_so_is_one_whose_customer_moves(self, outside: Issued) -> None:
        Attribute.objects.live().filter(organisation=outside.key.organisation, what="headquarters").update(
            valid_to=timezone.localdate()
        )
        assert not introspect(outside.secret)["active"]

    def test_and_one_that_somebody_else_answers_for(self, outside: Issued, rui: User, sonia: User) -> None:
        shown_us(outside.key.organisation, outside.key.responsible, by=rui)
        made = in_force(by=rui, second=sonia)
        assert introspect(outside.secret)["active"]
        others = Party.objects.filter(organisation=outside.key.organisation).exclude(pk=outside.key.responsible_id)
        Key.objects.filter(pk=outside.key.pk).update(responsible=others.first())
        assert [proof.standing for proof in StandingProof.objects.filter(stale_at__isnull=False)] == [made.standing]
        assert not introspect(outside.secret)["active"]
