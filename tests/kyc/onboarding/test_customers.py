"""What the customer is, and who: each class is asked what it needs, and no more."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import organisations
from accounts.models import Organisation, User
from kyc.cases import actions as cases
from kyc.cases import examining
from kyc.cases.models import Case
from kyc.onboarding import steps
from kyc.parties import profiles
from kyc.parties.models import Party, Profile, Role
from tests.cast import Founded, load_list, signed_in, staff, submitted, written
from tests.stage import scene

KIND = {"customer_class": "company", "programme": "none"}
ADDRESS = {**written(), "phone": "+47 77 00 00 00"}
ENTITY = {**ADDRESS, "domain": "https://www.example.org/x", "lei": "5493001KJTIIGC8Y1R12"}
TOLD: dict[str, dict[str, str]] = {
    "company": {
        **ENTITY,
        **written("NO", of="registered_address", street="Post 2"),
        "name": "A AS",
        "legal_form": "AS",
        "registration_number": "1",
        "country": "NO",
        "hq_country": "NO",
    },
    "research": {**ENTITY, "name": "U", "legal_form": "Uni", "registration_number": "1", "country": "NO", "hq_country": "NO"},
    "trust": {**ENTITY, "name": "The Moe Trust", "country": "GB", "hq_country": "JE", "address_postal_code": "JE1 1AA"},
    "state_body": {**ADDRESS, "name": "Havdirektoratet", "country": "NO", "domain": "hav.example"},
    "individual": {
        **ADDRESS,
        "address_country": "SE",
        "address_postal_code": "111 22",
        "name": "Kari Moe",
        "country": "NO",
        "birth_date": "1980-02-01",
        "us_basis": "none",
    },
}
ALL = ["kind", "company", "people", "owners", "use", "payment", "documents", "check"]
ASKED = {
    "company": ALL,
    "research": ALL,
    "trust": ALL,
    "state_body": [name for name in ALL if name != "owners"],
    "individual": [name for name in ALL if name not in {"people", "owners"}],
}


def url(name: str, *args: object) -> str:
    return reverse(f"onboarding:{name}", args=args)


@scene
def new(alice: User) -> Organisation:
    organisation = organisations.create(name="Something", by=alice)
    cases.open_case(organisation, notice_version="2026-11", locale="en", by=alice)
    return organisation


def sent(client: Client, path: str, told: dict[str, str]) -> tuple[int, dict[str, list[str]]]:
    """The page opened, filled in and sent; the status, and what stands beside each field."""
    shown = client.get(path).context["form"]["shown"].value()
    answer = client.post(path, {**told, "shown": shown})
    return answer.status_code, dict(answer.context["form"].errors) if answer.context else {}


class TestName:
    @pytest.mark.parametrize(
        ("name", "field"),
        [
            ("Something AS", "name"),
            ("株式会社 NTT", "name"),
            ("极光云", "native_name"),
            ("شركة الأفق", "native_name"),
            ("3000", "name"),
        ],
    )
    def test_what_was_typed_at_the_start_stands_where_it_belongs(
        self, new: Organisation, alice: User, name: str, field: str
    ) -> None:
        client = signed_in(alice)
        client.post(url("kind"), {"customer_class": "company", "programme": "none"})
        Organisation.objects.filter(pk=new.pk).update(name=name)
        form = client.get(url("company")).context["form"]
        assert {form[one].value() or "" for one in ("name", "native_name")} == {name, ""}
        assert form[field].value() == name


class TestKind:
    @pytest.mark.parametrize("customer_class", sorted(TOLD))
    def test_decides_what_is_asked(self, new: Organisation, alice: User, customer_class: str) -> None:
        client = signed_in(alice)
        client.post(url("kind"), {"customer_class": customer_class, "programme": "none"})
        assert steps.way(new).names == ASKED[customer_class]
        shown = {name: client.get(url(name)).status_code for name in ALL}
        assert {name for name, status in shown.items() if status == 200} == set(ASKED[customer_class])

    @pytest.mark.parametrize("customer_class", sorted(TOLD))
    def test_is_told_in_its_own_words(self, new: Organisation, alice: User, customer_class: str) -> None:
        client = signed_in(alice)
        client.post(url("kind"), {"customer_class": customer_class, "programme": "none"})
        assert sent(client, url("company"), TOLD[customer_class])[0] == 302
        party = Role.objects.live().get(organisation=new, kind="customer").party
        assert (party.name, party.kind) == (TOLD[customer_class]["name"], profiles.KINDS[customer_class])
        assert party.phone == "+4777000000"
        assert (party.registered_address == "Post 2\n0150 Oslo\nNorway") is (customer_class == "company")
        lies_in = {"trust": "Jersey", "individual": "Sweden"}.get(customer_class, "Norway")
        assert party.address.startswith("Gate 1\n") and party.address.endswith(lies_in)
        page = client.get(url("overview")).content.decode()
        assert "+4777000000" in page
        assert ("5493001KJTIIGC8Y1R12" in page) is ("lei" in TOLD[customer_class])

    def test_the_programme_names_who_runs_it(self, new: Organisation, alice: User) -> None:
        client = signed_in(alice)
        asked = {"customer_class": "company", "programme": "education"}
        status, errors = sent(client, url("kind"), asked)
        assert (status, errors) == (422, {"programme_run_by": ["This is needed."]})
        assert sent(client, url("kind"), {**asked, "programme_run_by": "Kodeskolen"})[0] == 302
        assert Profile.objects.get().programme_run_by == "Kodeskolen"

    @pytest.mark.parametrize(
        "told", [{}, {"customer_class": "x", "programme": "y"}, {"customer_class": "\x00", "programme": "none"}]
    )
    def test_takes_no_harm(self, new: Organisation, alice: User, told: dict[str, str]) -> None:
        assert sent(signed_in(alice), url("kind"), told)[0] == 422
        assert not Profile.objects.exists()

    def test_another_kind_of_party_is_asked_twice_since_everybody_leaves(self, alices: Client, nordlys: Founded) -> None:
        told = {"customer_class": "trust", "programme": "none"}
        assert "everybody you have named leaves" in alices.get(url("kind")).content.decode()
        status, errors = sent(alices, url("kind"), told)
        assert (status, list(errors)) == (422, ["customer_class"])
        assert Party.objects.current().count() == 2
        assert sent(alices, url("kind"), {**told, "start_over": "on"})[0] == 302
        assert not Party.objects.current().exists()

    def test_the_same_kind_of_party_keeps_everybody(self, alices: Client, nordlys: Founded) -> None:
        assert sent(alices, url("kind"), {"customer_class": "research", "programme": "none"})[0] == 302
        assert Party.objects.current().count() == 2

    def test_who_is_verified_becomes_nobody_else(self, alice: User, tmp_path: Path) -> None:
        load_list(tmp_path)
        nordlys, ana, rui = submitted(alice), staff("analyst", "Ana"), staff("approver", "Rui")
        examining.run()
        case = Case.objects.get()
        decision = cases.propose(case, choice="approve", reason="identity_established", note="Read.", by=ana)
        cases.take(decision, by=rui)
        cases.open_case(nordlys.organisation, notice_version="2026-11", locale="en", by=alice)
        told = {"customer_class": "trust", "programme": "none", "start_over": "on"}
        status, errors = sent(signed_in(alice), url("kind"), told)
        assert status == 422
        assert "You are verified as Nordlys Modelling AS" in errors["customer_class"][0]
        assert Profile.objects.get().customer_class == "company"

    def test_two_tabs_do_not_overwrite_each_other(self, alices: Client, nordlys: Founded) -> None:
        opened = alices.get(url("kind")).context["form"]["shown"].value()
        told = {"customer_class": "company", "programme": "research", "programme_run_by": "NTNU", "shown": opened}
        assert alices.post(url("kind"), told).status_code == 302
        later = alices.post(url("kind"), {**told, "programme_run_by": "UiT"})
        assert later.status_code == 422
        assert "“NTNU” is what stands here now." in later.content.decode().replace("<bdi>", "").replace("</bdi>", "")


class TestCompany:
    def test_the_telephone_is_not_asked_of_us_persons(self, new: Organisation, alice: User) -> None:
        client = signed_in(alice)
        client.post(url("kind"), {"customer_class": "individual", "programme": "none"})
        assert sent(client, url("company"), {**TOLD["individual"], "us_basis": "citizen"})[0] == 302
        page = client.get(url("company"))
        assert "phone" not in page.context["form"].fields
        assert sent(client, url("company"), {**TOLD["individual"], "us_basis": "citizen", "phone": ""})[0] == 302
        assert Party.objects.get().phone == "+4777000000"
        assert steps.way(new).names == [name for name in ASKED["individual"] if name != "payment"]
        assert "How you pay is not asked of you" in client.get(url("check")).content.decode()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("phone", "77 00"), ("domain", "not a domain"), ("lei", "5493001KJTIIGC8Y1R13"), ("country", "XX"), ("phone", ""),
            ("tax_number", "995525829"), ("register", "US-DE-CR"), ("register", "x"), ("hq_since", "2999"), ("hq_since", "soon"),
            ("formed_since", "2019-13"),
        ],
    )  # fmt: skip
    def test_says_beside_the_field_what_is_wrong(self, alices: Client, nordlys: Founded, field: str, value: str) -> None:
        status, errors = sent(alices, url("company"), {**TOLD["company"], field: value})
        assert (status, list(errors)) == (422, [field])

    def test_a_slip_in_a_number_costs_nothing_else_that_was_typed(self, alices: Client, nordlys: Founded) -> None:
        told = {**TOLD["company"], "name": "Nordlys Ny AS", "tax_number": "995525829", "hq_since": "2024-03"}
        shown = alices.get(url("company")).context["form"]["shown"].value()
        page = alices.post(url("company"), {**told, "shown": shown})
        text = page.content.decode()
        assert "cannot be a tax number of Norway" in text
        assert all(f'value="{value}"' in text for value in ("Nordlys Ny AS", "995525829", "2024-03", "5493001KJTIIGC8Y1R12"))

    def test_what_was_told_stands_there_again(self, alices: Client, nordlys: Founded) -> None:
        more = {
            "country": "US",
            "register": "US-DE-CR",
            "tax_number": "12-3456789",
            "hq_since": "2024-03",
            "formed_since": "2019",
        }
        told = {**TOLD["company"], **more}
        assert sent(alices, url("company"), told)[0] == 302
        form = alices.get(url("company")).context["form"]
        stands = {name: form[name].value() for name in [*more, "tax_country"]}
        assert stands == {**more, "tax_number": "123456789", "tax_country": "US"}
        overview = alices.get(url("overview")).content.decode()
        assert "Delaware, Division of Corporations (US-DE-CR)" in overview and "123456789" in overview

    def test_an_individual_is_as_old_as_he_says(self, new: Organisation, alice: User) -> None:
        client = signed_in(alice)
        client.post(url("kind"), {"customer_class": "individual", "programme": "none"})
        tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
        status, errors = sent(client, url("company"), {**TOLD["individual"], "birth_date": tomorrow})
        assert (status, list(errors)) == (422, ["birth_date"])
