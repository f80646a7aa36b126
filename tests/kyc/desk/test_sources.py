"""Declared beside what other sources say, on the case page: what differs, until when, and what an officer does about it."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from kyc.cases.models import Case
from kyc.ownership import actions as ownership
from kyc.ownership import observing
from kyc.ownership.models import Determination, Discrepancy, Interest, Observation
from kyc.parties.models import Party
from tests import cast

REGISTER = {"source": "officialRegister", "found_in": "Brønnøysund register", "stated_on": "2026-06-01"}


@pytest.fixture
def company(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind="company")


def observed(case: Case, company: Party, ana: User, **more: Any) -> Observation:
    values = {"owned": company, "by": ana} | REGISTER | {"stated_on": date(2026, 6, 1)} | more
    return observing.observe(case.organisation, **values)[-1]


def page(client: Client, case: Case, tab: str = "people") -> str:
    return client.get(f"/desk/cases/{case.pk}/", {"tab": tab}).content.decode()


def section(told: str) -> str:
    """Of the sources alone, without tags."""
    part = told[told.index('id="sources"') : told.index('id="arithmetic"')]
    return " ".join(re.sub(r"<[^>]+>|[\u2066-\u2069]", " ", part).split())


def post(client: Client, case: Case, where: str, **data: Any) -> Any:
    return client.post(f"/desk/cases/{case.pk}/{where}/", data, follow=True)


class TestSideBySide:
    def test_before_anything_was_read(self, as_ana: Client, case: Case) -> None:
        assert "No other source was recorded yet." in section(page(as_ana, case))

    def test_a_row_an_owner_and_a_column_a_source(
        self, as_ana: Client, case: Case, company: Party, person: Party, ana: User
    ) -> None:
        observed(case, company, ana, owner=person, share="60", is_all=True)
        observed(
            case, company, ana, owner_name="Kari Moe", owner_country="SE", share="25-50", source="primaryResearch", found_in="Web"
        )
        told = section(page(as_ana, case))
        assert "Register Brønnøysund register" in told and "Own research Web" in told
        assert f"{person.name} differs Person" in told
        assert "Kari Moe differs Person · Sweden Nordlys Modelling AS not declared not named 1 Jun 2026 25 to 50 %" in told

    def test_who_is_behind_a_nominee_has_a_row(self, as_ana: Client, case: Case, company: Party, ana: User, by: User) -> None:
        interest = Interest.objects.get()
        kari = ownership.name_principal(case.organisation, name="Kari Moe", country="NO", by=by)
        ownership.say_held_for(interest, held_for=kari, by=by)
        observed(case, company, ana, owner=kari, share=interest.share)
        told = section(page(as_ana, case))
        assert "as a nominee" in told and f"through {interest.owner.name}" in told
        assert "differs" not in told.replace("what differs", "")

    def test_takes_as_many_queries_however_much_was_read(self, as_ana: Client, case: Case, company: Party, ana: User) -> None:
        counts = []
        for share in ("10", "20", "30"):
            for name in ("Kari Moe", "Lars Moe", "Nils Moe"):
                observed(case, company, ana, owner_name=f"{name} {share}", share=share, found_in=f"Register {share}")
            with CaptureQueriesContext(
                connection,
            ) as asked:
                page(as_ana, case)
            counts.append(len(asked))
        assert counts[1:] == counts[:1] * 2

    def test_a_person_has_none(self, as_ana: Client, case: Case, company: Party) -> None:
        Party.objects.filter(pk=company.pk).update(kind="person")
        assert 'id="sources"' not in page(as_ana, case)


class TestRecord:
    def test_an_owner_whom_the_customer_has_not_named(self, as_ana: Client, case: Case, company: Party) -> None:
        answer = post(
            as_ana, case, "sources/record",
            **REGISTER, owned=company.pk, owner="another", owner_name="Kari Moe", owner_kind="person", owner_country="NO",
            kind="shareholding", share="40",
        )  # fmt: skip
        told = answer.content.decode()
        assert "Recorded. It differs from what was declared." in told
        due = timezone.now().date() + timedelta(days=14)
        assert f"to be resolved by {due.day} " in section(told) and "14 d left" in section(told)
        said = "Kari Moe in Nordlys Modelling AS: 40 % by “Brønnøysund register” of 1 June 2026, but not named by the customer."
        assert said in section(told)

    def test_one_whom_he_has_and_that_nobody_else_is_named(
        self, as_ana: Client, case: Case, company: Party, person: Party
    ) -> None:
        share = Interest.objects.get().share
        data = REGISTER | {"owned": company.pk, "owner": person.pk, "kind": "shareholding", "share": share, "is_all": "on"}
        assert "It agrees with what was declared." in post(as_ana, case, "sources/record", **data).content.decode()
        assert [row.is_all for row in Observation.objects.order_by("pk")] == [False, True]
        assert "That was recorded already." in post(as_ana, case, "sources/record", **data).content.decode()

    def test_that_it_names_nobody(self, as_ana: Client, case: Case, company: Party) -> None:
        post(as_ana, case, "sources/record", **REGISTER, owned=company.pk, owner="nobody")
        assert Discrepancy.objects.get().kind == "not_in_source"

    def test_begins_with_the_source_that_was_read_last(
        self, as_ana: Client, case: Case, company: Party, person: Party, ana: User
    ) -> None:
        observed(case, company, ana, owner=person, share="10")
        told = page(as_ana, case)
        assert 'value="Brønnøysund register"' in told and 'value="2026-06-01"' in told

    @pytest.mark.parametrize(
        ("lacking", "said"),
        [
            ({"found_in": ""}, "Say which register or document it is"),
            ({"source": ""}, "Say what kind of source it is."),
            ({"stated_on": "2999-01-01"}, "This day has not come yet."),
            ({"owner": ""}, "Say whom the source names"),
            ({"owner_name": " "}, "Write the name that the source gives."),
            ({"share": "40,5"}, "Write the decimals after a point: 33.5"),
        ],
    )
    def test_what_lacks_is_said_and_what_was_typed_stays(
        self, as_ana: Client, case: Case, company: Party, lacking: dict[str, str], said: str
    ) -> None:
        data = {"owned": company.pk, "owner": "another", "owner_name": "Kari Moe", "owner_kind": "person", "share": "40"}
        answer = post(as_ana, case, "sources/record", **REGISTER | data | lacking)
        assert answer.status_code == 422
        told = answer.content.decode()
        assert said in told and ("Brønnøysund" in told or "found_in" in lacking)
        assert not Observation.objects.exists()

    def test_of_a_person_nothing(self, as_ana: Client, case: Case, company: Party) -> None:
        Party.objects.filter(pk=company.pk).update(kind="person")
        assert post(as_ana, case, "sources/record", **REGISTER, owned=company.pk, owner="nobody").status_code == 404

    def test_is_not_offered_to_who_only_reads(self, case: Case, auditor: User) -> None:
        told = page(cast.signed_in(auditor), case)
        assert 'id="sources"' in told and "sources/record" not in told


class TestWithdraw:
    def test_it_stays_to_be_read(self, as_ana: Client, case: Case, company: Party, ana: User) -> None:
        row = observed(case, company, ana, owner_name="Kari Moe", share="40")
        assert post(as_ana, case, f"sources/{row.pk}/withdraw", reason="").status_code == 422
        told = post(as_ana, case, f"sources/{row.pk}/withdraw", reason="Another Nordlys.").content.decode()
        assert "Another Nordlys." in section(told) and "1 difference that has ended" in section(told)

    def test_of_another_customer_is_no_page(self, as_ana: Client, case: Case, make: Any, ana: User) -> None:
        other = make("Sorvik AS", email="bob@sorvik.example")
        row = observed(
            other, Party.objects.get(organisation=other.organisation, kind="company"), ana, owner_name="Kari", share="4"
        )
        assert post(as_ana, case, f"sources/{row.pk}/withdraw", reason="x").status_code == 404
        gap = Discrepancy.objects.get()
        assert post(as_ana, case, f"differences/{gap.pk}/resolve", resolution="spelling", reason="x").status_code == 404


class TestResolve:
    @pytest.fixture
    def gap(self, case: Case, company: Party, ana: User) -> Discrepancy:
        observed(case, company, ana, owner_name="Kari Moe", share="40")
        return Discrepancy.objects.get()

    def test_says_how_and_why(self, as_ana: Client, case: Case, gap: Discrepancy) -> None:
        assert "1 difference between what was declared and another source is open" in page(as_ana, case)
        told = post(
            as_ana, case, f"differences/{gap.pk}/resolve", resolution="source_wrong", reason="Sold in 2024."
        ).content.decode()
        assert "The source is wrong or older Sold in 2024." in section(told)
        assert "difference between what was declared" not in told
        assert "Kari Moe settled Person" in section(told)

    def test_reported_to_the_register_on_a_day_under_a_reference(self, as_ana: Client, case: Case, gap: Discrepancy) -> None:
        said = {"resolution": "reported", "reason": "They disagree."}
        answer = post(as_ana, case, f"differences/{gap.pk}/resolve", **said)
        assert answer.status_code == 422
        assert "Write the reference under which the register has it." in answer.content.decode()
        more = {"reported_on": timezone.localdate().isoformat(), "reference": "BR 2026-7"}
        assert "BR 2026-7" in section(post(as_ana, case, f"differences/{gap.pk}/resolve", **said, **more).content.decode())

    def test_only_a_register_is_offered_for_a_report(self, as_ana: Client, case: Case, company: Party, ana: User) -> None:
        observed(case, company, ana, owner_name="Kari Moe", share="40", source="thirdParty")
        assert 'value="reported"' not in page(as_ana, case)

    def test_too_late_it_says_so_and_by_whom_it_ended(self, as_ana: Client, case: Case, gap: Discrepancy, ana: User) -> None:
        observing.resolve(gap, resolution="spelling", reason="Moe and Mø.", by=ana)
        answer = post(as_ana, case, f"differences/{gap.pk}/resolve", resolution="source_wrong", reason="Sold.")
        assert answer.status_code == 422
        assert "This has ended meanwhile: Spelling" in answer.content.decode()

    def test_is_not_offered_while_the_customer_changes_it(self, as_ana: Client, case: Case, gap: Discrepancy) -> None:
        Case.objects.filter(pk=case.pk).update(state=Case.State.WAITING)
        told = page(as_ana, case)
        assert "To be resolved once the customer has sent the case again." in told and f"differences/{gap.pk}/resolve" not in told
        answer = post(as_ana, case, f"differences/{gap.pk}/resolve", resolution="spelling", reason="x")
        assert answer.status_code == 422 and Discrepancy.objects.open().exists()


class TestTheQueue:
    def test_says_how_many_are_open_and_until_when(self, as_ana: Client, case: Case, company: Party, ana: User) -> None:
        observed(case, company, ana, owner_name="Kari Moe", share="40")
        told = " ".join(re.sub(r"<[^>]+>", " ", as_ana.get("/desk/cases/").content.decode()).split())
        assert "1 difference between sources, 14 d left" in told


class TestTheCustomer:
    def test_never_sees_what_an_officer_read_elsewhere(self, case: Case, company: Party, ana: User, by: User) -> None:
        observed(case, company, ana, owner_name="Kari Moe", share="40", source="primaryResearch", found_in="A newspaper")
        Case.objects.filter(pk=case.pk).update(state=Case.State.WAITING)
        client = cast.signed_in(by)
        for path in ("", "owners/", "people/", "check/", "kept/"):
            answer = client.get(f"/verification/{path}", follow=True)
            assert answer.status_code == 200
            assert "Kari Moe" not in answer.content.decode() and "newspaper" not in answer.content.decode()


class TestArithmetic:
    def test_unfolds_by_regime(self, as_ana: Client, case: Case, person: Party) -> None:
        examination = case.examinations.get()
        for regime, verdict in (("ofac-50", "no"), ("iaas-cip", "yes")):
            Determination.objects.create(
                organisation=case.organisation, party=person, regime=regime, verdict=verdict, share_min="1", share_max="1",
                why=[f"{regime} says {verdict}."], rule_pack="2026.11", examination_id=examination.pk,
            )  # fmt: skip
        told = page(as_ana, case)
        part = told[told.index('id="arithmetic"') :]
        assert "25 % or more" in part and "15 CFR 7" in part and "50 % or more" in part
        assert part.count('<details class="verdict">') == 2 and "1 answer is no" in part
        assert "stops an approval" in part and "shown only" in part
        assert "iaas-cip says yes." in part and "ofac-50 says no." in part
