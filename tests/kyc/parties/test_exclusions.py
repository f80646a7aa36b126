"""What a company says of itself by which FinCEN's rule would leave it out."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import exclusions
from kyc.parties.models import Exclusion, Party
from kyc.parties.wording import BadText
from kyc.rules import packs
from tests.cast import Founded, customer, founded
from tests.kyc.cases.scenes import audit_breaks
from tests.stage import scene

pytestmark = pytest.mark.django_db
NYSE = "NYSE: NORD"


@scene
def nordlys() -> Founded:
    return founded(customer())


def claim(found: Founded, ground: str = "listed_company", reference: str = NYSE, *, party: Party | None = None) -> Exclusion:
    return exclusions.claim(party or found.party, ground=ground, reference=reference, by=found.by)


def live(party: Party) -> list[tuple[str, str]]:
    return list(Exclusion.objects.live().filter(party=party).order_by("pk").values_list("ground", "reference"))


class TestGrounds:
    def test_fit_where_it_was_formed_and_can_hold_here(self) -> None:
        pack = packs.current()
        here, abroad, nowhere = ({one.code for one in exclusions.grounds(Party(country=code), pack)} for code in ("US", "NO", ""))
        assert here - abroad == {"government", "insurer", "nonprofit"}
        assert abroad - here == {"foreign_institution", "foreign_government"}
        assert nowhere == here & abroad
        assert {*pack.exclusions} - here - abroad == {"private_banking"}


class TestClaim:
    def test_is_kept_with_who_said_it_and_where_it_can_be_looked_up(self, nordlys: Founded) -> None:
        made = claim(nordlys, reference="  NYSE:   NORD ")
        assert (made.reference, made.claimed_by, made.rule_pack) == (NYSE, nordlys.by, "2026.11")
        event = AuditEvent.objects.get(verb="exclusion.claimed")
        assert event.details == {"name": nordlys.party.name, "ground": packs.current().exclusions["listed_company"].title}

    def test_several_stand_beside_each_other_and_one_told_twice_is_silence(self, nordlys: Founded) -> None:
        first = claim(nordlys)
        assert claim(nordlys) == first
        claim(nordlys, "registered_issuer", "SEC 1-2")
        assert live(nordlys.party) == [("listed_company", NYSE), ("registered_issuer", "SEC 1-2")]

    def test_told_anew_another_takes_its_place(self, nordlys: Founded) -> None:
        first = claim(nordlys)
        claim(nordlys, reference="Nasdaq: NRDL")
        first.refresh_from_db()
        assert first.valid_to and live(nordlys.party) == [("listed_company", "Nasdaq: NRDL")]

    @pytest.mark.parametrize(
        ("ground", "reference", "field"),
        [
            ("insurer", NYSE, "ground"),
            ("private_banking", NYSE, "ground"),
            ("small", NYSE, "ground"),
            ("listed_company", " ", "reference"),
            ("listed_company", "x" * 301, "reference"),
        ],
    )
    def test_is_refused(self, nordlys: Founded, ground: str, reference: str, field: str) -> None:
        with pytest.raises(BadText) as refused:
            claim(nordlys, ground, reference)
        assert refused.value.field == field
        assert not Exclusion.objects.exists()

    def test_is_no_persons(self, nordlys: Founded) -> None:
        with pytest.raises(BadText):
            claim(nordlys, party=nordlys.controller)

    def test_nor_anybodys_who_has_left(self, nordlys: Founded) -> None:
        interest = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name="A AS", country="NO", hq_country="NO", share="30",
            by=nordlys.by,
        )  # fmt: skip
        ownership.end(interest, by=nordlys.by)
        with pytest.raises(BadText):
            claim(nordlys, party=interest.owner)

    def test_nothing_is_kept_where_the_record_fails(self, nordlys: Founded) -> None:
        with audit_breaks():
            claim(nordlys)
        assert not Exclusion.objects.exists()

    def test_the_database_keeps_one_a_ground(self, nordlys: Founded) -> None:
        row = claim(nordlys)
        row.pk = None
        with pytest.raises(IntegrityError, match="one_live_claim_a_ground"), transaction.atomic():
            row.save()


class TestWithdraw:
    def test_ends_it_once(self, nordlys: Founded) -> None:
        row = claim(nordlys)
        for _ in range(2):
            exclusions.withdraw(row, by=nordlys.by)
        assert not live(nordlys.party)
        assert AuditEvent.objects.filter(verb="exclusion.withdrawn").count() == 1


class TestOfStates:
    def body(self, found: Founded, country: str) -> Party:
        Party.objects.filter(pk=found.party.pk).update(kind=Party.Kind.STATE)
        told = {
            "name": "Harbour Authority",
            "country": country,
            "hq_country": country,
            "address": f"Quay 1, {country}",
            "phone": "+4777000000",
        }
        return parties.declare_company(found.organisation, kind=Party.Kind.STATE, **told, by=found.by)

    def test_are_claimed_by_what_they_are_and_follow_the_country(self, nordlys: Founded) -> None:
        assert live(self.body(nordlys, "NO")) == [("foreign_government", "")]
        assert live(self.body(nordlys, "US")) == [("government", "")]
        self.body(nordlys, "US")
        verbs = AuditEvent.objects.filter(verb__startswith="exclusion.").order_by("pk").values_list("verb", flat=True)
        assert list(verbs) == ["exclusion.claimed", "exclusion.withdrawn", "exclusion.claimed"]

    def test_a_company_claims_nothing_by_being_one(self, nordlys: Founded) -> None:
        assert not live(nordlys.party)
