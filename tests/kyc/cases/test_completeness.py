"""What must be there before a case can be sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import organisations
from accounts.models import Organisation, User
from kyc.cases import completeness
from kyc.cases.completeness import Told, ownerless
from kyc.evidence import actions as evidence
from kyc.evidence import invitations
from kyc.evidence.models import Invitation
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties import profiles
from kyc.parties.models import Party, Profile, Role
from tests.cast import Founded, pdf
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import company, own

pytestmark = pytest.mark.django_db


@pytest.fixture
def complete(nordlys: Founded) -> Founded:
    own(nordlys, "Kari Moe", "100")
    evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), by=nordlys.by)
    evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=nordlys.by)
    return nordlys


def missing(organisation: Organisation) -> list[completeness.Missing]:
    return completeness.missing(Told(organisation))


def lacks_paper(organisation: Organisation) -> bool:
    return completeness.lacks_paper(Told(organisation))


def steps(found: Founded) -> list[str]:
    return [gap.step for gap in missing(found.organisation)]


class TestMissing:
    def test_nothing_when_all_is_there(self, complete: Founded) -> None:
        assert missing(complete.organisation) == []

    def test_everything_of_a_new_organisation(self, db: None) -> None:
        organisation = organisations.create(name="New AS", by=scenes.person("new@new.example", "New"))
        found = missing(organisation)
        assert [gap.step for gap in found] == ["kind"]
        profiles.choose(organisation, customer_class="company", programme="none", by=User.objects.get())
        found = missing(organisation)
        assert [gap.step for gap in found] == ["company", "people", "people", "people", "use", "payment", "documents"]
        assert all(gap.sentence.endswith(".") for gap in found)

    @pytest.mark.parametrize(
        ("role", "step", "sentence"),
        [
            (Role.Kind.CUSTOMER, "company", "Tell us about the company."),
            (Role.Kind.CONTROLLER, "people", "Name the one person who controls the company day to day."),
            (Role.Kind.DIRECTOR, "people", "Name at least one director."),
            (Role.Kind.SIGNATORY, "people", "Name at least one person who may sign for you."),
        ],
    )
    def test_a_role_that_has_ended(self, complete: Founded, role: str, step: str, sentence: str) -> None:
        Role.objects.filter(organisation=complete.organisation, kind=role).update(valid_to="2099-01-01")
        assert [(gap.step, gap.sentence) for gap in missing(complete.organisation)] == [(step, sentence)]

    def test_a_document_taken_back(self, complete: Founded) -> None:
        evidence.remove(complete.organisation.document_set.get(kind="passport"), by=complete.by)
        # An identity card about the company itself is nobody's.
        evidence.upload(complete.organisation, kind="identity_card", file=pdf(), by=complete.by)
        [gap] = missing(complete.organisation)
        assert gap.sentence == (
            "Add the passport or identity card of this person, who may sign for you, or invite him or her: Alice Olsen."
        )

    def test_what_a_signatory_sent_by_his_link_is_enough(self, complete: Founded) -> None:
        evidence.remove(complete.organisation.document_set.get(kind="passport"), by=complete.by)
        invitation = Invitation.objects.create(
            organisation=complete.organisation, party=complete.controller, email="a@b.example", digest="0" * 64, locale="en",
            expires_at=timezone.now() + timedelta(days=7),
        )  # fmt: skip
        assert steps(complete) == ["documents"]
        invitations.prove(invitation, kind="passport", file=pdf(width=500))
        assert steps(complete) == []

    def test_who_signs_without_an_office_needs_a_proof_of_authority_too(self, complete: Founded) -> None:
        parties.declare_person(
            complete.organisation, name="Lars Dahl", country="NO", birth_date="1970-01-01", roles=["signatory"], by=complete.by
        )
        assert [gap.sentence for gap in missing(complete.organisation)] == [
            "Add the passport or identity card of this person, who may sign for you, or invite him or her: Lars Dahl.",
            "Add the proof that this person may sign for you: Lars Dahl.",
        ]

    def test_who_controls_without_a_title(self, complete: Founded) -> None:
        Role.objects.filter(kind=Role.Kind.CONTROLLER).update(title="")
        (gap,) = missing(complete.organisation)
        assert (gap.step, gap.sentence) == ("people", "Say what title Alice Olsen has, who controls you day to day.")

    @pytest.mark.parametrize(
        ("customer_class", "kind", "whose", "is_enough"),
        [
            ("company", "register_extract", None, True),
            ("company", "articles", "customer", True),
            ("company", "founding_act", None, True),
            ("company", "register_extract", "owner", False),
            ("company", "passport", "person", False),
            ("company", "passport", None, False),
            ("company", "other", None, False),
            ("research", "articles", None, True),
            ("research", "address", None, False),
            ("trust", "trust_deed", None, True),
            ("trust", "trust_deed", "customer", True),
            ("trust", "trust_deed", "owner", False),
            ("state_body", "founding_act", "owner", False),
            ("individual", "passport", "customer", True),
            ("individual", "passport", "person", False),
        ],
    )
    def test_the_paper_is_the_customers_own_and_of_a_kind_that_shows_what_it_is(
        self, nordlys: Founded, customer_class: str, kind: str, whose: str | None, is_enough: bool
    ) -> None:
        holding = company(nordlys, "Fjord Holding AS", "60")
        about = {"customer": nordlys.party, "owner": holding, "person": nordlys.controller, None: None}[whose]
        Profile.objects.filter(organisation=nordlys.organisation).update(customer_class=customer_class)
        assert lacks_paper(nordlys.organisation)
        if customer_class == "individual":
            nordlys.party.kind = Party.Kind.PERSON
            nordlys.party.save()
        evidence.upload(nordlys.organisation, kind=kind, file=pdf(), party=about, by=nordlys.by)
        assert lacks_paper(nordlys.organisation) is not is_enough

    def test_another_organisations_documents_and_owners_do_not_count(self, complete: Founded, db: None) -> None:
        new = scenes.person("new@new.example", "New")
        other = organisations.create(name="New AS", by=new)
        profiles.choose(other, customer_class="company", programme="none", by=new)
        assert "documents" in [gap.step for gap in missing(other)]


class TestOwnerless:
    def test_names_each_company_of_the_chain_that_nobody_owns(self, nordlys: Founded) -> None:
        holding = company(nordlys, "Fjord Holding AS", "60")
        company(nordlys, "Skog AS", "40", owned=holding)
        assert list(ownerless(Told(nordlys.organisation))) == ["Say who owns Skog AS."]

    def test_people_need_no_owner(self, nordlys: Founded) -> None:
        own(nordlys, "Kari Moe", "1")
        assert list(ownerless(Told(nordlys.organisation))) == []

    def test_an_interest_that_ended_counts_no_more(self, nordlys: Founded) -> None:
        interest = own(nordlys, "Kari Moe", "100")
        ownership.end(interest, by=nordlys.by)
        assert list(ownerless(Told(nordlys.organisation))) == ["Say who owns Nordlys Modelling AS."]

    def test_a_company_that_left_needs_none(self, nordlys: Founded) -> None:
        holding = company(nordlys, "Fjord Holding AS", "60")
        own(nordlys, "Kari Moe", "40")
        ownership.remove(holding, by=nordlys.by)
        assert list(ownerless(Told(nordlys.organisation))) == []
        assert Interest.objects.live().count() == 1
