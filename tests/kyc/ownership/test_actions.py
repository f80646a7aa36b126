"""What customers tell about who owns what."""

import pytest

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.ownership import fitting, leaving
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties import attributes
from kyc.parties.actions import NotHere
from kyc.parties.models import Party, Role
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer())


def own(nordlys: Founded, name: str, share: str, kind: str = "person", owned: Party | None = None, **more: object) -> Interest:
    return ownership.declare_owner(
        nordlys.organisation,
        owned=owned or nordlys.party,
        kind=kind,
        name=name,
        share=share,
        country="NO",
        hq_country="NO" if kind == "company" else "",
        by=nordlys.by,
        **more,
    )


class TestSince:
    """From when an interest is held (AMLR-03)."""

    def test_is_kept_as_it_was_told(self, nordlys: Founded) -> None:
        assert own(nordlys, "Kari Moe", "10", held_since=" 2019-03 ").held_since == "2019-03"
        assert AuditEvent.objects.get(verb="interest.declared").details["since"] == "2019-03"

    @pytest.mark.parametrize(
        ("since", "sentence"),
        [
            ("2999", "This lies in the future. Tell it when it is so."),
            ("in spring", "Write a year, a month or a day, such as 2024, 2024-03 or 2024-03-15."),
            ("2001-06-30", "This lies before Nordlys Modelling AS was formed: 2001-07."),
            ("2000", "This lies before Nordlys Modelling AS was formed: 2001-07."),
        ],
    )
    def test_one_that_cannot_be_is_refused_beside_its_field(self, nordlys: Founded, since: str, sentence: str) -> None:
        attributes.record(nordlys.party, formed_since="2001-07", by=nordlys.by)
        with pytest.raises(BadText, match=sentence) as refused:
            own(nordlys, "Kari Moe", "10", held_since=since)
        assert refused.value.field == "held_since" and not Interest.objects.exists()

    @pytest.mark.parametrize("since", ["2001", "2001-07", "2001-07-01", "2020"])
    def test_may_be_told_less_exactly_than_when_the_company_was_formed(self, nordlys: Founded, since: str) -> None:
        attributes.record(nordlys.party, formed_since="2001-07", by=nordlys.by)
        assert own(nordlys, "Kari Moe", "10", held_since=since).held_since == since

    def test_said_anew_it_is_recorded_once(self, nordlys: Founded) -> None:
        interest = own(nordlys, "Kari Moe", "10", held_since="2019")
        for since in ("2020", "2020", ""):
            assert ownership.say_since(interest, held_since=since, by=nordlys.by).held_since == since
        said = AuditEvent.objects.filter(verb="interest.dated").order_by("pk")
        assert [event.details["since"] for event in said] == ["2020", ""]

    def test_a_stranger_says_nothing(self, nordlys: Founded) -> None:
        interest = own(nordlys, "Kari Moe", "10")
        with pytest.raises(NotPermitted):
            ownership.say_since(interest, held_since="2020", by=customer("bob@sorvik.example"))
        assert Interest.objects.get().held_since == ""


class TestWhereATrustIsRun:
    def test_is_kept_and_may_stay_unknown(self, nordlys: Founded) -> None:
        trust = own(nordlys, "The Moe Trust", "40", kind="trust").owner
        assert trust.hq_country == ""
        parties.correct(trust, name="The Moe Trust", country="NO", hq_country="JE", hq_since="2020", by=nordlys.by)
        trust.refresh_from_db()
        assert trust.hq_country == "JE"
        assert attributes.since_told(trust)["hq_since"] == "2020"

    def test_another_than_a_country_is_refused(self, nordlys: Founded) -> None:
        trust = own(nordlys, "The Moe Trust", "40", kind="trust").owner
        with pytest.raises(BadText, match="Choose a country"):
            parties.correct(trust, name="The Moe Trust", country="NO", hq_country="XX", by=nordlys.by)


class TestWhereAnOwnerIsReached:
    """Address, e-mail and telephone of a person who owns (IAAS-10)."""

    TOLD = {"address": "Storgata 1\nBodø", "email": "Kari@Moe.example", "phone": "+47 77 00 00 01"}

    def reached(self, party: Party) -> tuple[str, str, str]:
        party.refresh_from_db()
        return party.address, party.email, party.phone

    def test_is_kept_and_stays_where_it_is_not_said_anew(self, nordlys: Founded) -> None:
        kari = own(nordlys, "Kari Moe", "10", **self.TOLD).owner
        assert self.reached(kari) == ("Storgata 1\nBodø", "kari@moe.example", "+4777000001")
        parties.correct(kari, name="Kari Moe", country="NO", by=nordlys.by)
        assert self.reached(kari) == ("Storgata 1\nBodø", "kari@moe.example", "+4777000001")
        parties.correct(kari, name="Kari Moe", country="NO", address="", email="k@moe.example", phone="", by=nordlys.by)
        assert self.reached(kari) == ("", "k@moe.example", "")

    def test_is_not_kept_of_a_company(self, nordlys: Founded) -> None:
        assert self.reached(own(nordlys, "Fjord AS", "10", kind="company", **self.TOLD).owner) == ("", "", "")

    @pytest.mark.parametrize(("field", "wrong"), [("email", "kari"), ("email", "a@b\u202e.example"), ("phone", "77 00")])
    def test_what_is_none_is_refused_beside_its_field(self, nordlys: Founded, field: str, wrong: str) -> None:
        with pytest.raises(BadText) as bad:
            own(nordlys, "Kari Moe", "10", **(self.TOLD | {field: wrong}))
        assert bad.value.field == field
        assert not Interest.objects.exists()


class TestDeclareOwner:
    def test_makes_an_owner_with_its_role(self, nordlys: Founded) -> None:
        interest = own(nordlys, "Kari Moe", "1/3")
        assert (interest.share, interest.owner.name) == ("1/3", "Kari Moe")
        assert Role.objects.live().filter(party=interest.owner, kind=Role.Kind.OWNER).exists()
        assert AuditEvent.objects.filter(verb="interest.declared", target_id=str(interest.pk)).count() == 1

    def test_takes_a_party_named_before(self, nordlys: Founded) -> None:
        interest = own(nordlys, "", "50", owner=nordlys.controller)
        assert interest.owner_id == nordlys.controller.pk

    def test_thirds_make_a_whole_and_no_more(self, nordlys: Founded) -> None:
        for name in ("A One", "B Two", "C Three"):
            own(nordlys, name, "1/3")
        with pytest.raises(fitting.OverWhole, match="0 % is left"):
            own(nordlys, "D Four", "0.000000000001")

    def test_over_half_twice_does_not_fit(self, nordlys: Founded) -> None:
        own(nordlys, "A One", ">50")
        with pytest.raises(fitting.OverWhole):
            own(nordlys, "B Two", "50")

    def test_a_refused_share_leaves_no_party_behind(self, nordlys: Founded) -> None:
        before = Party.objects.count()
        own(nordlys, "A One", "60")
        with pytest.raises(fitting.OverWhole):
            own(nordlys, "B Two", "41")
        assert Party.objects.count() == before + 1

    @pytest.mark.parametrize("share", ["much", "101", "-5", "33,5", "1/0", "0", "9" * 5000, "2\x005", "\u202e52", "٥٠"])
    def test_what_is_no_share_is_refused_with_a_sentence(self, nordlys: Founded, share: str) -> None:
        with pytest.raises(BadText) as refusal:
            own(nordlys, "A One", share)
        assert refusal.value.field == "share"
        assert str(refusal.value).endswith((".", "33.5"))

    def test_one_owner_is_named_once(self, nordlys: Founded) -> None:
        own(nordlys, "", "10", owner=nordlys.controller)
        with pytest.raises(fitting.NamedTwice):
            own(nordlys, "", "10", owner=nordlys.controller)

    @pytest.mark.parametrize(
        ("kind", "more"),
        [
            ("person", {"birth_date": "1980-02-01"}),
            ("person", {}),
            ("company", {"registration_number": "7"}),
            ("company", {}),
            ("state", {}),
        ],
    )
    def test_a_new_one_that_is_named_already_is_refused_and_not_kept(self, nordlys: Founded, kind: str, more: dict) -> None:
        first = own(nordlys, "Moe & Sons Ltd.", "60", kind, **more)
        before = Party.objects.count()
        with pytest.raises(fitting.NamedTwice, match=r"^Moe & Sons Ltd\. is already named among the owners") as refusal:
            own(nordlys, "MOE & Sons  Ltd.", "60", kind, **more)
        assert refusal.value.interest == first
        assert Party.objects.count() == before

    @pytest.mark.parametrize(
        ("kind", "first", "second"),
        [
            ("person", {"birth_date": "1980-02-01"}, {"birth_date": "1980-02-02"}),
            ("person", {}, {"birth_date": "1980-02-02"}),
            ("company", {"registration_number": "7"}, {"registration_number": "8"}),
        ],
    )
    def test_what_tells_them_apart_makes_two(self, nordlys: Founded, kind: str, first: dict, second: dict) -> None:
        own(nordlys, "Moe", "10", kind, **first)
        with pytest.raises(fitting.NamedTwice, match="is told apart by"):
            own(nordlys, "Moe", "10", kind, **first)
        own(nordlys, "Moe", "10", kind, **second)
        assert Party.objects.filter(name="Moe").count() == 2

    def test_the_same_name_of_another_kind_or_in_another_company_is_another(self, nordlys: Founded) -> None:
        holding = own(nordlys, "Moe", "10", "company").owner
        own(nordlys, "Moe", "10", "person")
        own(nordlys, "Moe", "10", "person", owned=holding)
        assert Interest.objects.live().count() == 3

    def test_one_that_was_ended_can_be_named_anew(self, nordlys: Founded) -> None:
        ownership.end(own(nordlys, "Moe", "10"), by=nordlys.by)
        assert own(nordlys, "Moe", "10").valid_to is None

    def test_keeps_the_name_in_its_own_script(self, nordlys: Founded) -> None:
        assert own(nordlys, "Lotus", "10", "company", native_name=" 莲花  推理 ").owner.native_name == "莲花 推理"
        with pytest.raises(BadText) as refusal:
            own(nordlys, "Lotus", "10", native_name="\u202e花")
        assert refusal.value.field == "native_name"

    def test_nobody_owns_itself_and_nobody_owns_people(self, nordlys: Founded) -> None:
        with pytest.raises(fitting.OwnsItself, match="A company cannot be named as its own owner"):
            own(nordlys, "", "10", owner=nordlys.party)
        with pytest.raises(fitting.OwnsItself) as refusal:
            own(nordlys, nordlys.party.name.upper(), "10", "company")
        assert refusal.value.field == "name"
        with pytest.raises(fitting.OwnedByNobody):
            own(nordlys, "A One", "10", owned=nordlys.controller)

    @pytest.mark.parametrize("name", ["The Moe Trust", "the moe trust"])
    def test_no_trust_has_a_role_in_itself(self, nordlys: Founded, name: str) -> None:
        trust = own(nordlys, "The Moe Trust", "10", "trust").owner
        for again in ({"name": name, "kind": "trust", "country": "NO"}, {"owner": trust}):
            with pytest.raises(fitting.OwnsItself, match="A trust cannot be named as having a role in itself"):
                ownership.declare_owner(
                    nordlys.organisation, owned=trust, share="", interest="beneficiaryOfLegalArrangement", by=nordlys.by, **again
                )
        assert Interest.objects.live().filter(owned=trust).count() == 0

    def test_strangers_and_their_parties_stay_out(self, nordlys: Founded) -> None:
        charlie = customer("charlie@other.example", "Charlie")
        other = founded(charlie, name="Other AS", person="Charlie")
        with pytest.raises(NotHere):
            own(nordlys, "", "10", owner=other.controller)
        with pytest.raises(NotPermitted):
            ownership.declare_owner(nordlys.organisation, owned=nordlys.party, name="X", share="1", country="NO", by=charlie)


class TestChangeShare:
    def test_counts_its_own_share_once(self, nordlys: Founded) -> None:
        interest = own(nordlys, "A One", "60")
        own(nordlys, "B Two", "40")
        assert ownership.change_share(interest, share="59.5", by=nordlys.by).share == "59.5"
        with pytest.raises(fitting.OverWhole):
            ownership.change_share(interest, share="60.5", by=nordlys.by)

    def test_said_again_it_is_silence(self, nordlys: Founded) -> None:
        interest = own(nordlys, "A One", "60")
        ownership.change_share(interest, share="60", by=nordlys.by)
        assert not AuditEvent.objects.filter(verb="interest.share_changed").exists()


class TestEnd:
    def test_takes_along_who_was_named_only_as_its_owner(self, nordlys: Founded) -> None:
        top = own(nordlys, "Holding AS", "40", "company")
        middle = own(nordlys, "Middle AS", "100", "company", owned=top.owner)
        own(nordlys, "", "50", owned=middle.owner, owner=nordlys.controller)
        ownership.end(top, by=nordlys.by)
        assert not Interest.objects.live().filter(organisation=nordlys.organisation).exists()
        assert set(Party.objects.current().values_list("name", flat=True)) == {"Nordlys Modelling AS", "Alice Olsen"}
        assert set(Role.objects.live().filter(party=nordlys.controller).values_list("kind", flat=True)) == {
            "controller",
            "director",
            "signatory",
        }

    def test_who_owns_elsewhere_stays(self, nordlys: Founded) -> None:
        first = own(nordlys, "Kari Moe", "10")
        holding = own(nordlys, "Holding AS", "40", "company")
        own(nordlys, "", "50", owned=holding.owner, owner=first.owner)
        ownership.end(first, by=nordlys.by)
        assert Party.objects.get(pk=first.owner_id).removed_on is None

    def test_a_circle_of_owners_ends(self, nordlys: Founded) -> None:
        first = own(nordlys, "First AS", "40", "company")
        second = own(nordlys, "Second AS", "100", "company", owned=first.owner)
        own(nordlys, "", "100", owned=second.owner, owner=first.owner)
        ownership.end(first, by=nordlys.by)
        ownership.end(first, by=nordlys.by)
        assert AuditEvent.objects.filter(verb="interest.ended", target_id=str(first.pk)).count() == 1


class TestNominees:
    @pytest.fixture
    def behind(self, nordlys: Founded) -> tuple[Party, Party]:
        def principal(name: str) -> Party:
            return ownership.name_principal(nordlys.organisation, name=name, country="NO", by=nordlys.by)

        return principal("Anna Moe"), principal("Bo Moe")

    def test_one_holds_for_several_and_for_himself(self, nordlys: Founded, behind: tuple[Party, Party]) -> None:
        nina = own(nordlys, "Nina Vik", "30", held_for=behind[0]).owner
        for share, principal in (("20", behind[1]), ("10", None)):
            ownership.declare_owner(
                nordlys.organisation, owned=nordlys.party, owner=nina, share=share, held_for=principal, by=nordlys.by
            )
        counted = {(row.counted_owner, row.share) for row in Interest.objects.live().filter(owner=nina)}
        assert counted == {(behind[0].pk, "30"), (behind[1].pk, "20"), (nina.pk, "10")}

    def test_for_one_she_is_named_once(self, nordlys: Founded, behind: tuple[Party, Party]) -> None:
        nina = own(nordlys, "Nina Vik", "30", held_for=behind[0]).owner
        with pytest.raises(fitting.NamedTwice):
            ownership.declare_owner(
                nordlys.organisation, owned=nordlys.party, owner=nina, share="5", held_for=behind[0], by=nordlys.by
            )

    def test_described_anew_she_is_no_second_person(self, nordlys: Founded, behind: tuple[Party, Party]) -> None:
        own(nordlys, "Nina Vik", "30", held_for=behind[0])
        with pytest.raises(fitting.NamedTwice):
            own(nordlys, "Nina Vik", "20", held_for=behind[1])
        assert Party.objects.filter(name="Nina Vik").count() == 1

    def test_said_anew_two_holdings_never_become_one_twice(self, nordlys: Founded, behind: tuple[Party, Party]) -> None:
        first = own(nordlys, "Nina Vik", "30", held_for=behind[0])
        second = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, owner=first.owner, share="20", held_for=behind[1], by=nordlys.by
        )
        with pytest.raises(fitting.NamedTwice):
            ownership.say_held_for(second, held_for=behind[0], by=nordlys.by)
        assert Interest.objects.get(pk=second.pk).held_for == behind[1]


class TestNamePrincipal:
    def test_names_an_owner_who_holds_nothing_himself(self, nordlys: Founded) -> None:
        anna = ownership.name_principal(nordlys.organisation, name="Anna Moe", country="NO", by=nordlys.by)
        assert list(anna.roles.values_list("kind", "valid_to")) == [("owner", None)]
        assert AuditEvent.objects.get(verb="interest.principal_named").details["name"] == "Anna Moe"

    def test_one_named_before_is_not_named_again(self, nordlys: Founded) -> None:
        named = {"name": "Anna Moe", "country": "NO", "birth_date": "1970-01-02", "by": nordlys.by}
        ownership.name_principal(nordlys.organisation, **named)
        with pytest.raises(parties.NamedBefore):
            ownership.name_principal(nordlys.organisation, **named)
        assert Party.objects.filter(name="Anna Moe").count() == 1


class TestLeavePrincipal:
    def test_leaves_once_nobody_holds_for_her(self, nordlys: Founded) -> None:
        anna = ownership.name_principal(nordlys.organisation, name="Anna Moe", country="NO", by=nordlys.by)
        ownership.leave_principal(anna, by=nordlys.by)
        assert not Party.objects.current().filter(pk=anna.pk).exists()

    def test_stays_while_somebody_does(self, nordlys: Founded) -> None:
        anna = ownership.name_principal(nordlys.organisation, name="Anna Moe", country="NO", by=nordlys.by)
        held = own(nordlys, "Nina Vik", "30", held_for=anna)
        for leave in (ownership.leave_principal, ownership.remove):
            with pytest.raises(leaving.HeldThrough, match="Nina Vik holds a share for Anna Moe"):
                leave(anna, by=nordlys.by)
        assert Party.objects.current().filter(pk=anna.pk).exists()
        ownership.end(held, by=nordlys.by)
        assert not Party.objects.current().filter(pk=anna.pk).exists()
