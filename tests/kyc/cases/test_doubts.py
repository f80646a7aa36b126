"""What is to be looked at before it is believed."""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

import pytest
from django.utils import timezone

from accounts.vault import shredding, subjects
from kyc.cases import doubts
from kyc.cases.models import Examination
from kyc.cases.round import gather
from kyc.evidence import actions as evidence
from kyc.ownership import leaving
from kyc.parties import actions as parties
from kyc.parties import payments, questionnaires
from kyc.parties.models import Party, Role
from kyc.screening.models import ListVersion
from tests.cast import ANSWERS, Founded, founded, pdf
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import finding

pytestmark = pytest.mark.django_db


def born(years: int) -> str:
    """Whose birthday of so many years is today."""
    today = timezone.localdate()
    return str(date(today.year - years, today.month, min(today.day, 28)))


def named(nordlys: Founded, name: str, birth_date: str, *roles: str) -> None:
    parties.declare_person(
        nordlys.organisation, name=name, country="NO", birth_date=birth_date, roles=roles, title="Chief", by=nordlys.by
    )


class TestTooYoung:
    def test_who_leads_or_signs_is_told_and_nobody_else(self, nordlys: Founded, the_list: ListVersion) -> None:
        named(nordlys, "Old Enough", born(18), "director")
        named(nordlys, "Too Young", born(17), "director")
        named(nordlys, "A Child", born(2), "signatory")
        scenes.own(nordlys, "Owning Child", "10", birth_date=born(3))
        scenes.own(nordlys, "Kari Moe", "90")
        child = nordlys.organisation.party_set.get(name="A Child")
        evidence.upload(nordlys.organisation, kind="register_extract", file=pdf(), by=nordlys.by)
        evidence.upload(nordlys.organisation, kind="authority", file=pdf(width=421), party=child, by=nordlys.by)
        assert finding(scenes.examine(nordlys), "people") == (
            "warn",
            "Acts for the customer and is under 18 years of age: Too Young, A Child.",
        )

    def test_a_trustee_counts_and_a_beneficiary_does_not(self, nordlys: Founded, the_list: ListVersion) -> None:
        trust = scenes.own(nordlys, "The Moe Trust", "100", kind="trust").owner
        for role, name in (("settlor", "Siri Moe"), ("trustee", "Tor Vik"), ("beneficiaryOfLegalArrangement", "Bo Moe")):
            scenes.own(nordlys, name, "", owned=trust, interest=role, birth_date=born(9))
        assert finding(scenes.examine(nordlys), "people")[1].endswith("under 18 years of age: Tor Vik.")

    def test_with_nobody_young_there_is_no_finding(self, nordlys: Founded, the_list: ListVersion) -> None:
        examination = scenes.ready(nordlys).examinations.get()
        assert not examination.findings.filter(category__in=["people", "payment"]).exists()

    def test_who_leads_no_more_is_not_told(self, nordlys: Founded) -> None:
        Role.objects.filter(party=nordlys.controller).update(valid_to=timezone.localdate())
        assert nordlys.controller.pk not in doubts.acting_for(nordlys.organisation)


class TestErased:
    @pytest.fixture(autouse=True)
    def forgotten(self) -> Iterator[None]:
        """The test's transaction is taken back, but not what the process remembers of the keys."""
        yield
        subjects.cache.forget()

    def shredded(self, party: Party) -> None:
        shredding.shred(party.sealed_for, reason="Asked for.", by=None)

    def test_a_case_with_an_erased_director_is_examined_again_and_says_so(self, nordlys: Founded, the_list: ListVersion) -> None:
        named(nordlys, "Nils Vik", born(16), "director")
        case = scenes.ready(nordlys)
        assert not case.examinations.latest("pk").findings.filter(category="erased").exists()
        self.shredded(nordlys.organisation.party_set.get(name="Nils Vik"))
        again = scenes.examine_anew(case)
        assert finding(again, "erased") == (
            "warn",
            "The date of birth or the number was erased, so the lists were searched without it, for: Nils Vik.",
        )
        assert not again.findings.filter(category="people").exists()

    def test_so_is_one_of_a_customer_that_was_erased_itself(self, nordlys: Founded, the_list: ListVersion) -> None:
        case = scenes.ready(nordlys)
        for party in (nordlys.party, nordlys.controller):
            self.shredded(party)
        again = scenes.examine_anew(case)
        assert finding(again, "erased")[1].endswith("for: Nordlys Modelling AS, Alice Olsen.")


class TestSignedAndLeft:
    def test_a_signature_of_one_who_left_is_told(self, nordlys: Founded, the_list: ListVersion) -> None:
        named(nordlys, "Siri Sand", born(40), "signatory")
        siri = nordlys.organisation.party_set.get(name="Siri Sand")
        questionnaires.sign(nordlys.organisation, answers=ANSWERS, signed_name="Siri Sand", by=nordlys.by)
        assert doubts.signed_and_left(gather(Examination(organisation=nordlys.organisation, rule_pack="2026.11"))) == ""
        leaving.remove(siri, by=nordlys.by)
        assert finding(scenes.ready(nordlys).examinations.get(), "signature") == (
            "warn",
            "The intended use was signed by Siri Sand, who is not named any more as one who may sign.",
        )


class TestOutOfReach:
    REACH: ClassVar = {"address": "Storgata 1, Oslo", "email": "kari@moe.example", "phone": "+47 22 00 00 00"}

    @pytest.mark.parametrize(
        ("left_out", "us_basis", "share", "is_told"),
        [
            ("", "none", "40", False),
            ("address", "none", "40", True),
            ("email", "unknown", "40", True),
            ("phone", "none", "40", True),
            ("phone", "citizen", "40", False),
            ("phone", "none", "10", False),
        ],
    )
    def test_a_foreign_owner_of_a_quarter_is_told_without_it(
        self, nordlys: Founded, the_list: ListVersion, left_out: str, us_basis: str, share: str, is_told: bool
    ) -> None:
        reach = {name: value for name, value in self.REACH.items() if name != left_out}
        scenes.own(nordlys, "Kari Moe", share, us_basis=us_basis, **reach)
        told = scenes.examine(nordlys).findings.filter(category="contact").first()
        assert bool(told) is is_told
        if told:
            assert (told.state, told.anchor) == ("info", "status")
            assert told.sentence.endswith("these owners, who are no US persons: Kari Moe.")


class TestInAnothersName:
    @pytest.mark.parametrize(
        ("holder", "is_told"),
        [
            ("Nordlys Modelling AS", False),
            ("NORDLYS MODELLING", False),
            ("Olsen, Alice", False),
            ("Fjord Holding Ltd", False),
            ("Ola Ukjent", True),
            ("Nordlys Shipping AS", True),
        ],
    )
    def test_it_is_told_unless_it_is_the_customers_or_its_peoples(
        self, nordlys: Founded, the_list: ListVersion, holder: str, is_told: bool
    ) -> None:
        scenes.company(nordlys, "Fjord Holding AS", "100", owner=("Kari Moe", "100"))
        payments.declare(
            nordlys.organisation, kind="bank", holder=holder, institution="DNB", country="NO", reference="NO9386011117947",
            source="revenue", by=nordlys.by,
        )  # fmt: skip
        told = scenes.examine(nordlys).findings.filter(category="payment").first()
        assert bool(told) is is_told
        if told:
            assert (told.state, told.anchor) == ("warn", "use")
            assert told.sentence.endswith(f"who is not named as one of this customer's parties: {holder}.")


class TestNamesakes:
    def namesakes(self, found: Founded) -> list[tuple[str, str]]:
        rows = doubts.namesakes(gather(Examination(organisation=found.organisation, rule_pack="2026.11")))
        return [(state, sentence) for _category, state, sentence, _anchor in rows]

    @pytest.mark.parametrize(
        "name", ["Nordlys Modelling Ltd", "modelling NÖRDLYS", "Nordlys' Modelling", "ＮＯＲＤＬＹＳ Modelling"]
    )
    def test_another_customer_of_the_same_name_is_told_to_the_officer(self, nordlys: Founded, name: str) -> None:
        other = founded(scenes.person("mal@evil.example", "Mal"), name=name, person="Mal")
        assert self.namesakes(nordlys) == [
            ("warn", f"Another customer goes by the same name: {name} ({other.organisation.pk})."),
        ]

    def test_whom_one_only_resembles_is_none(self, nordlys: Founded) -> None:
        founded(scenes.person("mal@evil.example", "Mal"), name="Nordlys Modelling Services AS", person="Mal")
        assert self.namesakes(nordlys) == []

    def test_the_providers_own_name_is_told(self, nordlys: Founded, settings: Any) -> None:
        settings.PROVIDER_NAME = "Nordlys Modelling, Inc."
        assert self.namesakes(nordlys) == [("warn", "The customer bears the name of Nordlys Modelling, Inc. itself.")]

    def test_stands_among_the_findings(self, nordlys: Founded, the_list: ListVersion) -> None:
        founded(scenes.person("mal@evil.example", "Mal"), person="Mal")
        assert finding(scenes.ready(nordlys).examinations.get(), "namesake")[0] == "warn"
