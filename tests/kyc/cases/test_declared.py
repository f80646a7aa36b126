"""What a round says of intended use, person status, authority, and of who is no company."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from kyc.cases import actions as cases
from kyc.cases import declared, examining, judging
from kyc.cases.models import Case, Examination
from kyc.evidence import actions as evidence
from kyc.evidence import exclusions, proofs
from kyc.evidence.models import AuthorityProof
from kyc.ownership import actions as ownership
from kyc.ownership.models import Determination
from kyc.parties import actions as parties
from kyc.parties import payments, profiles, questionnaires
from kyc.parties.models import Exclusion, Party, PersonStatus, Questionnaire
from kyc.risk.models import Score
from kyc.screening import lists
from kyc.screening.models import Hit, ListVersion
from tests import cast
from tests.cast import ANSWERS, Founded, pdf
from tests.kyc.cases import scenes

pytestmark = pytest.mark.django_db


def finding(examination: Examination, category: str) -> tuple[str, str]:
    found = examination.findings.get(category=category)
    return found.state, found.sentence


def newest(case: Case) -> Examination:
    return case.examinations.latest("pk")


def factors(examination: Examination) -> set[str]:
    return set(Score.objects.get(examination_id=examination.pk).factors.values_list("code", flat=True))


class TestUseFinding:
    def test_plain_answers_raise_nothing(self, case: Case) -> None:
        assert finding(newest(case), "use") == ("good", "Signed by Alice Olsen; no answer raises a question.")
        assert not factors(newest(case))

    @pytest.mark.parametrize(
        ("answers", "sentence", "code"),
        [
            (
                {"military": "yes", "military_details": "Maps."},
                "Use for the military or for weapons was declared.",
                "declared_military",
            ),
            ({"weapons": "yes"}, "Use for weapons of mass destruction was declared.", "declared_weapons"),
            ({"training": "model", "training_for": "Ours."}, "Training of a model for others was declared.", "declared_training"),
            ({"resale": "resale", "onward_controls": "A list."}, "Resale of access was declared.", "declared_resale"),
        ],
    )  # fmt: skip
    def test_an_answer_that_must_be_asked_about_is_told_and_raises_the_score(
        self, nordlys: Founded, the_list: ListVersion, answers: dict[str, Any], sentence: str, code: str
    ) -> None:
        questionnaires.sign(nordlys.organisation, answers=ANSWERS | answers, signed_name="Alice Olsen", by=nordlys.by)
        examination = newest(scenes.ready(nordlys))
        assert finding(examination, "use") == ("warn", sentence)
        assert factors(examination) == {code}

    def test_one_that_expired_is_to_be_looked_at(self, case: Case) -> None:
        signed = Questionnaire.objects.get()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(questionnaires.timezone, "localdate", lambda: signed.expires_on.replace(year=2099))
            told = declared.use_finding(declared.of(case.organisation, []))
        assert told[:3] == ("use", "warn", "No intended use is signed, or what was signed has expired.")


class TestStatusFinding:
    def test_names_everyone_under_what_he_is(self, nordlys: Founded, the_list: ListVersion, ana: User) -> None:
        scenes.own(nordlys, "Kari Moe", "50")
        claims = scenes.own(nordlys, "Joe Hill", "30", us_basis="citizen").owner
        shown = scenes.own(nordlys, "Ann Lee", "20", us_basis="resident").owner
        case = scenes.send(nordlys)
        status = PersonStatus.objects.live().get(party=shown, axis="iaas")
        passport = evidence.upload(nordlys.organisation, kind="passport", file=pdf(width=300), party=shown, by=nordlys.by)
        proofs.verify(status, document=passport, by=ana)
        examining.run()
        assert claims.name == "Joe Hill"
        assert finding(newest(case), "status") == (
            "warn",
            "Verified US persons: Ann Lee. Declared to be US persons, not verified: Joe Hill. "
            "Foreign: Nordlys Modelling AS, Alice Olsen. Not known, so counted as foreign: Kari Moe.",
        )

    def test_that_all_are_foreign_is_only_to_know(self, case: Case) -> None:
        assert finding(newest(case), "status") == ("info", "Foreign: Nordlys Modelling AS, Alice Olsen.")


class TestAuthorityFinding:
    def test_what_an_officer_has_verified_is_in_order(self, case: Case) -> None:
        assert finding(newest(case), "authority") == ("good", "Verified to have authority to sign: Alice Olsen.")

    def test_an_office_is_only_declared_and_a_document_only_sent(self, nordlys: Founded, case: Case, ana: User) -> None:
        AuthorityProof.objects.all().delete()
        lars = parties.declare_person(
            nordlys.organisation, name="Lars Dahl", country="NO", birth_date="1970-01-01", roles=["signatory"], by=nordlys.by
        )
        examining.run()
        office = "Declared as director or controlling person, not checked: Alice Olsen."
        assert finding(newest(case), "authority") == ("warn", f"{office} Nothing shows that these may sign: Lars Dahl.")
        paper = evidence.upload(nordlys.organisation, kind="authority", file=pdf(), party=lars, by=nordlys.by)
        examining.run()
        sent = "A proof of authority was sent and is not verified: Lars Dahl."
        assert finding(newest(case), "authority") == ("warn", f"{sent} {office}")
        evidence.look_at(paper, by=ana)
        judging.verify(case, document=paper, authority=lars.roles.get(kind="signatory"), by=ana)
        examining.run()
        verified = "Verified to have authority to sign: Lars Dahl."
        assert finding(newest(case), "authority") == ("warn", f"{verified} {office}")


class TestListed:
    def test_tells_a_few_and_counts_the_rest(self) -> None:
        assert declared.listed(list("abcd")) == "a, b, c, d"
        assert declared.listed(list("abcdef")) == "a, b, c, d, 2 more"


class TestProgramme:
    def test_raises_the_score_a_little(self, nordlys: Founded, the_list: ListVersion) -> None:
        profiles.choose(
            nordlys.organisation, customer_class="company", programme="startup_credit", programme_run_by="Fjord", by=nordlys.by
        )
        assert factors(newest(scenes.ready(nordlys))) == {"programme_entry"}


class TestNominee:
    def test_arithmetic_goes_by_whom_it_is_held_for(self, nordlys: Founded, the_list: ListVersion) -> None:
        behind = scenes.own(nordlys, scenes.KARPOV, "10").owner
        held = scenes.own(nordlys, "Nina Nominee", "60")
        ownership.say_held_for(held, held_for=behind, by=nordlys.by)
        scenes.own(nordlys, "Kari Moe", "30")
        examination = scenes.examine(nordlys)
        owners = dict(Determination.objects.filter(regime="iaas-cip", verdict="yes").values_list("party__name", "share_min"))
        assert owners == {scenes.KARPOV: "7/10", "Kari Moe": "3/10"}
        assert finding(examination, "ownership")[1].startswith("Blocked under OFAC 50 % if possible matches are true")
        assert "nominee" in factors(examination)

    def test_the_officer_reads_that_somebody_holds_for_another(self, nordlys: Founded, the_list: ListVersion) -> None:
        behind = scenes.own(nordlys, "Per Skjult", "10").owner
        scenes.own(nordlys, "Nina Nominee", "60", held_for=behind)
        scenes.own(nordlys, "Kari Moe", "30")
        sentence = "2 people own 25 % or more. 1 interest is held by a nominee."
        assert finding(scenes.examine(nordlys), "ownership") == ("good", sentence)


class TestTrust:
    def test_whoever_has_a_role_in_a_trust_that_owns_the_customer_counts(self, nordlys: Founded, the_list: ListVersion) -> None:
        trust = scenes.own(nordlys, "The Moe Trust", "60", kind="trust").owner
        for role, name in (("settlor", "Siri Moe"), ("trustee", "Tor Vik"), ("beneficiaryOfLegalArrangement", "Bo Moe")):
            scenes.own(nordlys, name, "", owned=trust, interest=role)
        scenes.own(nordlys, "Kari Moe", "40")
        examination = scenes.examine(nordlys)
        assert finding(examination, "ownership") == ("good", "4 people own 25 % or more, or have a role in a trust that does.")
        assert finding(examination, "unaccounted")[0] == "good"
        owners = Determination.objects.filter(regime="iaas-cip", verdict="yes").values_list("party__name", flat=True)
        assert set(owners) == {"Siri Moe", "Tor Vik", "Bo Moe", "Kari Moe"}

    def test_its_roles_count_as_a_level_of_the_chain(self, nordlys: Founded, the_list: ListVersion) -> None:
        above = scenes.company(nordlys, "Second AS", "100", owned=scenes.company(nordlys, "First AS", "100"))
        trust = scenes.own(nordlys, "The Moe Trust", "100", kind="trust", owned=above).owner
        for role, name in (("settlor", "Siri Moe"), ("trustee", "Tor Vik"), ("beneficiaryOfLegalArrangement", "Bo Moe")):
            scenes.own(nordlys, name, "", owned=trust, interest=role)
        assert "deep_chain" in factors(scenes.examine(nordlys))


def founded_as(by: User, customer_class: str, kind: str, paper: str) -> Founded:
    """A customer that is no company, with all that its class is asked."""
    organisation = cast.organisations.create(name="Moe", by=by)
    cases.open_case(organisation, notice_version="2026-11", locale="en", by=by)
    profiles.choose(organisation, customer_class=customer_class, programme="none", by=by)
    payments.declare(
        organisation, kind="bank", holder="Moe", institution="DNB", country="NO", reference="NO9386011117947",
        source="salary", by=by,
    )  # fmt: skip
    if kind == "person":
        party = parties.declare_individual(
            organisation, name="Siri Moe", country="NO", birth_date="1980-01-02", address="Strandgata 1", phone="+4777000000",
            us_basis="none", by=by,
        )  # fmt: skip
        controller = party
    else:
        party = parties.declare_company(
            organisation, kind=kind, name="Moe", country="NO", hq_country="NO", address="Strandgata 1", phone="+4777000000", by=by
        )
        controller = parties.declare_person(
            organisation, name="Siri Moe", country="NO", birth_date="1980-01-02", title="Head",
            roles=["controller", "signatory"], by=by,
        )  # fmt: skip
    questionnaires.sign(organisation, answers=ANSWERS, signed_name="Siri Moe", by=by)
    evidence.upload(organisation, kind=paper, file=pdf(), by=by)
    return Founded(organisation, party, controller, by)


class TestNoCompany:
    @pytest.mark.parametrize(
        ("customer_class", "kind", "paper", "sentence"),
        [
            ("individual", Party.Kind.PERSON, "passport", "The customer is a person, whom nobody owns."),
            ("state_body", Party.Kind.STATE, "founding_act", "The customer is a state or state body, which has no owners."),
        ],
    )
    def test_who_has_no_owners_is_examined_all_the_same(
        self, the_list: ListVersion, customer_class: str, kind: str, paper: str, sentence: str
    ) -> None:
        found = founded_as(scenes.person("siri@moe.example", "Siri Moe"), customer_class, kind, paper)
        examination = scenes.examine(found)
        assert (examination.state, examination.case.state) == ("done", "review")
        assert finding(examination, "ownership") == ("info", sentence)
        assert not examination.findings.filter(category="unaccounted").exists()
        assert not Determination.objects.filter(regime="ofac-50").exclude(verdict="no").exists()

    def test_a_state_body_is_excluded_from_naming_owners_once_an_officer_has_read_its_founding_act(
        self, the_list: ListVersion
    ) -> None:
        found = founded_as(scenes.person("siri@moe.example", "Siri Moe"), "state_body", Party.Kind.STATE, "founding_act")
        case = scenes.examine(found).case
        claim, act = Exclusion.objects.get(party=found.party), found.organisation.document_set.get(kind="founding_act")
        of_control = Determination.objects.filter(regime="fincen-cdd-control", party=found.party)
        lacking = (
            "Moe claims to be excluded, and nothing rests on it, since no officer has verified it: Department, agency or body"
        )
        assert of_control.latest("pk").why[0].startswith(lacking)
        exclusions.rule(claim, ruling="verified", document=act, reason="Section 1.", by=cast.staff("analyst", "Ana Reis"))
        scenes.examine_anew(case)
        told = of_control.latest("pk")
        assert told.why[0].startswith(f"Moe is excluded (FIN-04: 31 CFR 1010.230(e)(2)), as “{act.name}”, verified by an officer")
        assert told.verdict == "no"

    def test_a_listed_individual_is_found(self, the_list: ListVersion) -> None:
        found = founded_as(scenes.person("siri@moe.example", "Siri Moe"), "individual", Party.Kind.PERSON, "passport")
        parties.declare_individual(
            found.organisation, name=scenes.KARPOV, country="RU", birth_date="1961-02-04", address="Nevsky 1",
            phone="+7495000000", us_basis="none", by=found.by,
        )  # fmt: skip
        examination = scenes.examine(found)
        assert finding(examination, "ownership")[0] == "bad"
        assert finding(examination, "screening")[0] == "warn"

    def test_of_an_individual_in_public_office_nobody_else_is_said_to_be_clear(
        self, the_list: ListVersion, ana: User, tmp_path: Path
    ) -> None:
        (tmp_path / "peps.csv").write_text("id,kind,name,topics\nm1,person,Siri Moe,pep\n")
        lists.load("csv", primary=tmp_path / "peps.csv", published=cast.PUBLISHED)
        found = founded_as(scenes.person("siri@moe.example", "Siri Moe"), "individual", Party.Kind.PERSON, "passport")
        case = scenes.examine(found).case
        cast.ruled(Hit.objects.get(), ruling="true", reason="other_evidence", note="The register says so.", by=ana)
        examining.run()
        state, sentence = finding(case.examinations.latest("pk"), "screening")
        assert state == "info" and sentence.startswith("Nobody else was compared with ")

    def test_of_a_trust_the_roles_count_and_nothing_is_a_gap(self, the_list: ListVersion) -> None:
        found = founded_as(scenes.person("siri@moe.example", "Siri Moe"), "trust", Party.Kind.TRUST, "trust_deed")
        for role, name in (("settlor", "Siri Berg"), ("trustee", "Tor Vik")):
            scenes.own(found, name, "", interest=role)
        scenes.own(found, "Students of Oslo", "", kind="unknown", interest="beneficiaryOfLegalArrangement")
        examination = scenes.examine(found)
        assert finding(examination, "ownership") == (
            "good",
            "2 people have a role in the trust and count as its owners. Known as a class only: Students of Oslo.",
        )
        assert not examination.findings.filter(category="unaccounted").exists()
        state, sentence = finding(examination, "screening")
        assert state == "info" and sentence.endswith(" 1 is not known by name and can't be compared.")

    def test_behind_a_company_with_a_role_others_stand(self, the_list: ListVersion) -> None:
        found = founded_as(scenes.person("siri@moe.example", "Siri Moe"), "trust", Party.Kind.TRUST, "trust_deed")
        for role, name in (("settlor", "Siri Berg"), ("beneficiaryOfLegalArrangement", "Bo Moe")):
            scenes.own(found, name, "", interest=role)
        trustee = scenes.own(found, "Trustees AS", "", kind="company", interest="trustee").owner
        scenes.own(found, "Kari Moe", "60", owned=trustee)
        examination = scenes.examine(found)
        state, sentence = finding(examination, "ownership")
        assert (state, sentence.partition(". ")[2]) == ("warn", "Who stands behind these is to be looked at: Trustees AS.")
        assert finding(examination, "unaccounted") == ("warn", "Not accounted for: 40 % of Trustees AS.")

    def test_behind_a_company_with_a_role_in_a_trust_that_owns(self, nordlys: Founded, the_list: ListVersion) -> None:
        scenes.own(nordlys, "Kari Moe", "60")
        trust = scenes.own(nordlys, "Moe Family Trust", "40", kind="trust").owner
        for role, name in (("settlor", "Siri Berg"), ("beneficiaryOfLegalArrangement", "Bo Moe")):
            scenes.own(nordlys, name, "", interest=role, owned=trust)
        trustee = scenes.own(nordlys, "Trustees B.V.", "", kind="company", interest="trustee", owned=trust).owner
        scenes.own(nordlys, "Per Vik", "100", owned=trustee)
        examination = scenes.examine(nordlys)
        assert finding(examination, "ownership") == (
            "warn",
            "4 people own 25 % or more, or have a role in a trust that does. "
            "Who stands behind these is to be looked at: Trustees B.V.",
        )
        owners = Determination.objects.filter(examination_id=examination.pk, regime="iaas-cip", verdict="yes")
        assert "Per Vik" in owners.values_list("party__name", flat=True)
