"""Owners who are no people and no companies: trusts, classes of beneficiaries, and who stands behind a nominee."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from kyc.ownership import actions as ownership
from kyc.ownership.interests import OF_COMPANIES, SIZED
from kyc.ownership.models import Interest
from kyc.parties.models import Party, Role
from tests.cast import Founded, written

REACH = {**written("NO"), "email": "kari@moe.example", "phone": "+47 77 00 00 01"}
KARI = {"name": "Kari Moe", "country": "NO", "birth_date": "1970-02-01", "us_basis": "none", **REACH}
TRUST = {"name": "The Moe Trust", "country": "GB", "share": "40"}
CLASS = {"name": "The grandchildren of Kari Moe", "country": "NO"}
MISSING = 999_999_999


def url(name: str, *args: object) -> str:
    return reverse(f"onboarding:{name}", args=args)


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    """What a refused page says, by field."""
    assert answer.status_code == 422
    said: dict[str, list[str]] = answer.context["form"].errors
    assert all(sentence in answer.content.decode() for sentences in said.values() for sentence in sentences)
    return said


def trust_of(found: Founded, *, share: str = "40") -> Party:
    return ownership.declare_owner(
        found.organisation, owned=found.party, kind="trust", name="The Moe Trust", country="GB", share=share, by=found.by
    ).owner


def behind(found: Founded) -> Party:
    told = {name: value for name, value in KARI.items() if not name.startswith("address_")}
    return ownership.name_principal(found.organisation, **told, by=found.by)


class TestNamePrincipal:
    def test_is_kept_and_offered_where_the_share_stands(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(url("principal"), KARI)["Location"] == url("owners")
        kari = Party.objects.get(name="Kari Moe")
        assert (kari.birth_date, kari.email, kari.phone) == ("1970-02-01", "kari@moe.example", "+4777000001")
        assert alices.get(url("owners")).context["principals"] == [(kari, None)]
        assert Role.objects.live().get(party=kari).kind == Role.Kind.OWNER
        page = alices.get(url("owner_add", nordlys.party.pk, "company"))
        assert (str(kari.pk), "Kari Moe") in page.context["form"].fields["held_for"].choices
        assert "No nominee is named yet" in alices.get(url("owners")).content.decode()

    @pytest.mark.parametrize(
        ("field", "typed", "sentence"),
        [
            ("name", "", "This is needed."),
            ("country", "XX", "Choose a country from the list."),
            ("us_basis", "", "Choose what applies, or “Not known”."),
            ("email", "kari", "Write a full e-mail address."),
            ("phone", "77", "Write the number with its country code, such as +47 77 00 00 00."),
        ],
    )
    def test_what_is_wrong_stands_beside_the_field_and_nobody_is_named(
        self, alices: Client, nordlys: Founded, field: str, typed: str, sentence: str
    ) -> None:
        answer = alices.post(url("principal"), {**KARI, field: typed})
        assert errors(answer) == {field: [sentence]}
        assert answer.context["form"]["birth_date"].value() == "1970-02-01"
        assert not Party.objects.filter(name="Kari Moe").exists()

    def test_one_named_before_is_not_named_twice(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(url("principal"), KARI).status_code == 302
        [sentence] = errors(alices.post(url("principal"), KARI))["__all__"]
        assert sentence.startswith("Kari Moe is already named with this date of birth.")
        assert Party.objects.filter(name="Kari Moe").count() == 1


class TestRemovePrincipal:
    def test_asks_first_and_then_lets_go(self, alices: Client, nordlys: Founded) -> None:
        kari = behind(nordlys)
        gone = url("principal_remove", kari.pk)
        assert "Kari Moe" in alices.get(gone).content.decode()
        assert Party.objects.get(pk=kari.pk).removed_on is None
        assert alices.post(gone)["Location"] == url("owners")
        assert Party.objects.get(pk=kari.pk).removed_on is not None
        assert alices.get(url("owners")).context["principals"] == []

    def test_not_while_a_nominee_holds_something(self, alices: Client, nordlys: Founded) -> None:
        kari = behind(nordlys)
        ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, name="Nils Dahl", country="NO", share="5", held_for=kari, by=nordlys.by
        )
        said = errors(alices.post(url("principal_remove", kari.pk)))
        assert said == {"__all__": ["Nils Dahl holds a share for Kari Moe. First say anew for whom."]}
        assert Party.objects.get(pk=kari.pk).removed_on is None

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_somebody_elses_is_nobody(self, alices: Client, other: Founded, method: str) -> None:
        kari = behind(other)
        theirs = getattr(alices, method)(url("principal_remove", kari.pk))
        missing = getattr(alices, method)(url("principal_remove", MISSING))
        assert (theirs.status_code, theirs.content) == (404, missing.content)
        assert Party.objects.get(pk=kari.pk).removed_on is None

    def test_who_holds_something_himself_is_removed_elsewhere(self, alices: Client, nordlys: Founded) -> None:
        trust = trust_of(nordlys)
        assert alices.post(url("principal_remove", trust.pk)).status_code == 404
        assert Party.objects.get(pk=trust.pk).removed_on is None


class TestTrustOwner:
    def test_is_kept_and_asked_for_who_stands_behind_it(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(url("owner_add", nordlys.party.pk, "trust"), TRUST)["Location"] == url("owners")
        interest = Interest.objects.get()
        assert (interest.owner.name, interest.owner.kind, interest.owner.country) == ("The Moe Trust", Party.Kind.TRUST, "GB")
        assert (interest.kind, interest.share) == (Interest.Kind.SHAREHOLDING, "40")
        assert "Who stands behind it is still missing" in alices.get(url("owners")).content.decode()
        gaps = [gap.sentence for gap in alices.get(url("overview")).context["missing"] if gap.step == "owners"]
        assert gaps == [
            "Name the settlor of The Moe Trust.",
            "Name the trustees of The Moe Trust.",
            "Name the beneficiaries, or their class, of The Moe Trust.",
        ]

    @pytest.mark.parametrize(
        ("field", "typed", "sentence"),
        [
            ("name", "", "This is needed."),
            ("country", "", "Choose a country from the list."),
            ("share", "101", "A share lies between 0 and 100 per cent."),
            ("held_for", "0", "Choose one from the list."),
        ],
    )
    def test_what_is_wrong_stands_beside_the_field_and_nothing_is_kept(
        self, alices: Client, nordlys: Founded, field: str, typed: str, sentence: str
    ) -> None:
        answer = alices.post(url("owner_add", nordlys.party.pk, "trust"), {**TRUST, field: typed})
        assert errors(answer) == {field: [sentence]}
        assert not Interest.objects.exists()

    def test_says_where_it_is_administered_and_since_when_it_holds(self, alices: Client, nordlys: Founded) -> None:
        told = {**TRUST, "hq_country": "JE", "hq_since": "2015", "held_since": "2019-03"}
        assert alices.post(url("owner_add", nordlys.party.pk, "trust"), told)["Location"] == url("owners")
        interest = Interest.objects.get()
        assert (interest.owner.hq_country, interest.held_since) == ("JE", "2019-03")
        assert "40 % · since 2019-03" in alices.get(url("owners")).content.decode()
        page = alices.get(url("owner", interest.pk))
        stands = {name: page.context["form"][name].value() for name in ("hq_country", "hq_since", "held_since")}
        assert stands == {"hq_country": "JE", "hq_since": "2015", "held_since": "2019-03"}
        shown = {"shown": page.context["form"]["shown"].value()}
        answer = alices.post(url("owner", interest.pk), {**told, **shown, "held_since": "2999"})
        assert errors(answer) == {"held_since": ["This lies in the future. Tell it when it is so."]}
        assert (
            alices.post(url("owner", interest.pk), {**told, **shown, "held_since": "2020", "hq_country": ""}).status_code == 302
        )
        interest.refresh_from_db()
        assert (interest.held_since, interest.owner.hq_country) == ("2020", "")

    @pytest.mark.parametrize("role", ["settlor", "trustee", "protector", "beneficiaryOfLegalArrangement"])
    def test_takes_a_person_in_each_role(self, alices: Client, nordlys: Founded, role: str) -> None:
        trust = trust_of(nordlys)
        assert alices.post(url("owner_add", trust.pk, "person"), {**KARI, "interest": role}).status_code == 302
        interest = Interest.objects.get(owned=trust)
        assert (interest.kind, interest.share, interest.owner.name) == (role, "", "Kari Moe")

    @pytest.mark.parametrize("role", ["", "shareholding", "guardian"])
    def test_a_role_that_is_none_is_asked_again(self, alices: Client, nordlys: Founded, role: str) -> None:
        trust = trust_of(nordlys)
        answer = alices.post(url("owner_add", trust.pk, "person"), {**KARI, "interest": role})
        assert errors(answer) == {"interest": ["Choose one."]}
        assert not Interest.objects.filter(owned=trust).exists()

    def test_is_changed_on_its_own_page(self, alices: Client, nordlys: Founded) -> None:
        trust_of(nordlys)
        page = url("owner", Interest.objects.get().pk)
        form = alices.get(page).context["form"]
        assert (form["name"].value(), form["share"].value()) == ("The Moe Trust", "40")
        sent = {**TRUST, "name": "The Dahl Trust", "share": "50", "shown": form["shown"].value()}
        assert alices.post(page, sent).status_code == 302
        interest = Interest.objects.select_related("owner").get()
        assert (interest.owner.name, interest.share) == ("The Dahl Trust", "50")


class TestWhatIsHeld:
    """Shares, unless another right or control is chosen."""

    def add(self, client: Client, owned: Party, kind: str = "person", **typed: str) -> HttpResponse:
        return client.post(url("owner_add", owned.pk, kind), (KARI if kind == "person" else {}) | typed)  # type: ignore[return-value]  # the test client's

    def test_shares_are_chosen_before_anybody_chooses(self, alices: Client, nordlys: Founded) -> None:
        form = alices.get(url("owner_add", nordlys.party.pk, "person")).context["form"]
        assert form["interest"].value() == "shareholding"
        assert [value for value, _ in form.fields["interest"].choices] == list(OF_COMPANIES)
        assert self.add(alices, nordlys.party, share="40").status_code == 302
        assert Interest.objects.get().kind == "shareholding"

    @pytest.mark.parametrize("kind", OF_COMPANIES)
    def test_each_kind_is_kept_with_its_share_if_it_has_one(self, alices: Client, nordlys: Founded, kind: str) -> None:
        assert self.add(alices, nordlys.party, interest=kind, share="40").status_code == 302
        interest = Interest.objects.get()
        assert (interest.kind, interest.share) == (kind, "40" if kind in SIZED else "")
        told = " ".join(alices.get(url("owners")).content.decode().split())
        assert ("40 %" if kind == "shareholding" else str(interest.get_kind_display())) in told

    def test_whoever_holds_shares_is_offered_again_and_may_hold_votes_besides(self, alices: Client, nordlys: Founded) -> None:
        self.add(alices, nordlys.party, share="40")
        kari = Party.objects.get(name="Kari Moe")
        known = alices.get(url("owner_add", nordlys.party.pk, "known")).context["form"].fields["owner"].queryset
        assert kari in known
        more = {"owner": str(kari.pk), "interest": "votingRights", "share": "70", "is_indirect": "on"}
        assert self.add(alices, nordlys.party, "known", **more).status_code == 302
        votes = Interest.objects.get(kind="votingRights")
        assert (votes.owner, votes.share, votes.is_indirect) == (kari, "70", True)
        told = " ".join(alices.get(url("owners")).content.decode().split())
        assert "Voting rights · 70 % · through others" in told and "40 % named, 60 % left" in told
        again = self.add(alices, nordlys.party, "known", **more)
        assert "is already named" in errors(again)["__all__"][0]

    def test_shares_and_votes_together_are_not_too_much(self, alices: Client, nordlys: Founded) -> None:
        self.add(alices, nordlys.party, share="100")
        kari = str(Party.objects.get(name="Kari Moe").pk)
        assert self.add(alices, nordlys.party, "known", owner=kari, interest="votingRights", share="100").status_code == 302
        lars = self.add(alices, nordlys.party, name="Lars Vik", interest="votingRights", share="1")
        assert "comes to more than 100 %" in errors(lars)["share"][0]

    @pytest.mark.parametrize(("kind", "asks"), [("votingRights", True), ("otherInfluenceOrControl", False)])
    def test_its_kind_stays_and_only_a_size_is_changed(self, alices: Client, nordlys: Founded, kind: str, asks: bool) -> None:
        self.add(alices, nordlys.party, interest=kind, share="40")
        address = url("owner", Interest.objects.get().pk)
        form = alices.get(address).context["form"]
        assert ("share" in form.fields, "interest" in form.fields, "is_indirect" in form.fields) == (asks, False, False)
        sent = {**KARI, "name": "Kari Dahl", "share": "55", "interest": "shareholding", "shown": form["shown"].value()}
        assert alices.post(address, sent).status_code == 302
        interest = Interest.objects.select_related("owner").get()
        assert (interest.owner.name, interest.kind, interest.share) == ("Kari Dahl", kind, "55" if asks else "")

    def test_what_is_no_kind_is_asked_again(self, alices: Client, nordlys: Founded) -> None:
        assert errors(self.add(alices, nordlys.party, interest="boardMember")) == {"interest": ["Choose one."]}

    def test_a_trust_may_be_controlled_by_somebody_without_a_role(self, alices: Client, nordlys: Founded) -> None:
        trust = trust_of(nordlys)
        assert self.add(alices, trust, interest="otherInfluenceOrControl").status_code == 302
        assert Interest.objects.get(owned=trust).kind == "otherInfluenceOrControl"


class TestClassOfBeneficiaries:
    def test_is_kept_in_their_one_role(self, alices: Client, nordlys: Founded) -> None:
        trust = trust_of(nordlys)
        assert alices.post(url("owner_add", trust.pk, "class"), CLASS)["Location"] == url("owners")
        interest = Interest.objects.get(owned=trust)
        assert (interest.owner.name, interest.owner.kind) == (CLASS["name"], Party.Kind.UNKNOWN)
        assert interest.kind == Interest.Kind.BENEFICIARY
        assert CLASS["name"] in alices.get(url("owners")).content.decode()

    def test_nobody_need_know_where_they_live(self, alices: Client, nordlys: Founded) -> None:
        trust = trust_of(nordlys)
        assert alices.post(url("owner_add", trust.pk, "class"), {**CLASS, "country": ""}).status_code == 302
        assert Interest.objects.get(owned=trust).owner.country == ""

    @pytest.mark.parametrize(
        ("field", "typed", "sentence"),
        [("name", "", "This is needed."), ("country", "XX", "Choose a country from the list.")],
    )
    def test_what_is_wrong_stands_beside_the_field_and_nothing_is_kept(
        self, alices: Client, nordlys: Founded, field: str, typed: str, sentence: str
    ) -> None:
        trust = trust_of(nordlys)
        assert errors(alices.post(url("owner_add", trust.pk, "class"), {**CLASS, field: typed})) == {field: [sentence]}
        assert not Interest.objects.filter(owned=trust).exists()

    def test_a_company_has_none(self, alices: Client, nordlys: Founded) -> None:
        assert alices.post(url("owner_add", nordlys.party.pk, "class"), CLASS).status_code == 404
        assert not Interest.objects.exists()


class TestAStrangersTrust:
    @pytest.mark.parametrize(("kind", "told"), [("trust", TRUST), ("class", CLASS), ("person", {**KARI, "interest": "trustee"})])
    def test_is_no_trust_at_all(self, alices: Client, other: Founded, kind: str, told: dict[str, str]) -> None:
        trust = trust_of(other)
        theirs = alices.post(url("owner_add", trust.pk, kind), told)
        missing = alices.post(url("owner_add", MISSING, kind), told)
        assert (theirs.status_code, theirs.content) == (404, missing.content)
        assert not Interest.objects.filter(owned=trust).exists()

    def test_and_its_entry_is_none_either(self, alices: Client, other: Founded) -> None:
        trust = trust_of(other)
        page = url("owner", Interest.objects.get(owner=trust).pk)
        assert alices.post(page, {**TRUST, "name": "Mine"}).status_code == alices.get(page).status_code == 404
        assert Party.objects.get(pk=trust.pk).name == "The Moe Trust"
