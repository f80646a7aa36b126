"""What customers tell about who is involved."""

from datetime import date, timedelta
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent, Organisation
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import wording
from kyc.parties.models import Party, Role
from kyc.parties.sentences import one_stop
from kyc.parties.wording import BadText, checked, past_day
from tests.cast import Founded, customer, founded
from tests.kyc.parties.scenes import live_roles, person
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer())


class TestDeclareCompany:
    TOLD = {"legal_form": "AS", "registration_number": "1", "country": "NO", "hq_country": "SE", "address": "Oslo"}

    def test_the_account_goes_by_the_legal_name_and_one_row_tells_both(self, nordlys: Founded) -> None:
        Organisation.objects.filter(pk=nordlys.organisation.pk).update(name="Example AI, Inc.")
        parties.declare_company(nordlys.organisation, name="Nordlys AS", **self.TOLD, by=nordlys.by)
        assert Organisation.objects.get().name == "Nordlys AS"
        event = AuditEvent.objects.latest("pk")
        assert (event.verb, event.details) == (
            "party.company_declared",
            {"name": "Nordlys AS", "account_before": "Example AI, Inc."},
        )

    def test_headquarters_in_another_country_have_another_address(self, nordlys: Founded) -> None:
        before = Party.objects.get(pk=nordlys.party.pk)
        with pytest.raises(BadText, match="write their address there") as refused:
            parties.declare_company(
                nordlys.organisation, name="Nordlys AS", **self.TOLD | {"address": before.address}, by=nordlys.by
            )
        assert refused.value.field == "hq_country" and before.hq_country == "NO"

    def test_said_again_it_changes_the_same_party(self, nordlys: Founded) -> None:
        again = parties.declare_company(nordlys.organisation, name="Nordlys AS", **self.TOLD, by=nordlys.by)
        assert again.pk == nordlys.party.pk
        assert Party.objects.get(pk=again.pk).hq_country == "SE"
        assert Role.objects.live().filter(kind=Role.Kind.CUSTOMER).count() == 1

    def test_a_stranger_cannot(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            parties.declare_company(nordlys.organisation, name="X", **self.TOLD, by=customer("charlie@other.example", "Charlie"))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "\u200b…"),
            ("name", "Nord\u202elys"),
            ("name", "a\x00b"),
            ("name", "x" * 301),
            ("name", "See http://evil.example"),
            ("native_name", "WWW.evil.example"),
            ("country", "XX"),
            ("hq_country", ""),
            ("address", "a\x07b"),
            ("registration_number", "9" * 101),
        ],
    )
    def test_what_cannot_be_kept_is_refused_beside_its_field(self, nordlys: Founded, field: str, value: str) -> None:
        with pytest.raises(BadText) as refusal:
            parties.declare_company(nordlys.organisation, **{"name": "N", **self.TOLD, field: value}, by=nordlys.by)
        assert refusal.value.field == field
        assert str(refusal.value)

    def test_nothing_stands_when_the_audit_fails(self, nordlys: Founded) -> None:
        with patch("accounts.audit.record", side_effect=OSError), pytest.raises(OSError), transaction.atomic():
            parties.declare_company(nordlys.organisation, name="Changed AS", **self.TOLD, by=nordlys.by)
        assert Party.objects.get(pk=nordlys.party.pk).name == "Nordlys Modelling AS"


class TestDeclarePerson:
    def test_takes_the_roles_named_and_ends_the_others(self, nordlys: Founded) -> None:
        lars = person(nordlys)
        assert live_roles(lars) == {"director"}
        parties.declare_person(
            nordlys.organisation,
            name="Alice Olsen",
            country="NO",
            birth_date="1984-03-17",
            roles=["controller"],
            title="CEO",
            party=nordlys.controller,
            by=nordlys.by,
        )
        assert live_roles(nordlys.controller) == {"controller"}
        assert AuditEvent.objects.filter(verb="party.person_declared", target_id=str(lars.pk)).count() == 1

    def test_a_second_controlling_person_is_refused_by_name(self, nordlys: Founded) -> None:
        with pytest.raises(parties.SecondController, match="Alice Olsen"):
            person(nordlys, roles=("controller",))
        assert not Party.objects.filter(name="Lars Dahl").exists()

    def test_who_controls_has_a_title(self, nordlys: Founded) -> None:
        with pytest.raises(BadText, match="Say what title the controlling person has") as refused:
            person(nordlys, roles=("controller", "director"), title=" ", replace=True)
        assert refused.value.field == "title"
        assert live_roles(person(nordlys, roles=("director",), title="")) == {"director"}

    def test_replacing_ends_the_other_and_keeps_what_else_he_is(self, nordlys: Founded) -> None:
        lars = person(nordlys, roles=("controller",), replace=True)
        assert live_roles(lars) == {"controller"}
        assert live_roles(nordlys.controller) == {"director", "signatory"}

    def test_a_replaced_one_without_another_role_leaves(self, nordlys: Founded) -> None:
        lars = person(nordlys, roles=("controller",), replace=True)
        kari = person(nordlys, "Kari Moe", roles=("controller",), replace=True)
        assert Party.objects.get(pk=lars.pk).removed_on is not None
        assert live_roles(kari) == {"controller"}

    @pytest.mark.parametrize("roles", [(), ("customer",), ("director", "owner")])
    def test_only_roles_of_people_are_taken(self, nordlys: Founded, roles: tuple[str, ...]) -> None:
        with pytest.raises(parties.NoRole):
            person(nordlys, roles=roles)

    @pytest.mark.parametrize("name", ["Lars Dahl", "LARS  DAHL", "Ｌａｒｓ Dahl"])
    def test_the_same_person_is_named_once(self, nordlys: Founded, name: str) -> None:
        lars = person(nordlys)
        with pytest.raises(parties.NamedBefore, match="Lars Dahl is already named") as refusal:
            person(nordlys, name, roles=("controller",))
        assert refusal.value.party == lars
        assert Party.objects.people().count() == 2

    def test_one_of_the_same_name_with_another_birth_date_is_another(self, nordlys: Founded) -> None:
        person(nordlys)
        again = {"name": "Lars Dahl", "country": "NO", "birth_date": "1980-02-02", "roles": ["director"]}
        parties.declare_person(nordlys.organisation, **again, by=nordlys.by)
        assert Party.objects.filter(name="Lars Dahl").count() == 2

    def test_who_was_removed_can_be_named_anew(self, nordlys: Founded) -> None:
        ownership.remove(person(nordlys), by=nordlys.by)
        assert person(nordlys).removed_on is None

    def test_another_organisations_person_is_nobodys_double(self, nordlys: Founded) -> None:
        other = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        person(nordlys)
        assert person(other).organisation == other.organisation

    def test_another_organisations_party_is_not_changed(self, nordlys: Founded) -> None:
        other = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        with pytest.raises(parties.NotHere):
            person(nordlys, party=other.controller)
        assert Party.objects.get(pk=other.controller.pk).name == "Charlie"


class TestCorrect:
    def test_says_anew_who_an_owner_is(self, nordlys: Founded) -> None:
        told = {"name": "Mei Lin", "native_name": " 林  美 ", "country": "SG", "birth_date": "1979-11-02"}
        parties.correct(nordlys.controller, **told, by=nordlys.by)
        found = Party.objects.get(pk=nordlys.controller.pk)
        assert (found.name, found.native_name, found.country, found.birth_date) == ("Mei Lin", "林 美", "SG", "1979-11-02")
        assert AuditEvent.objects.filter(verb="party.corrected", target_id=str(found.pk)).count() == 1

    def test_a_name_that_could_deceive_is_refused_beside_its_field(self, nordlys: Founded) -> None:
        with pytest.raises(BadText) as refusal:
            parties.correct(nordlys.controller, name="Mei", native_name="\u202e林", country="SG", by=nordlys.by)
        assert refusal.value.field == "native_name"


class TestChecked:
    def test_puts_white_space_in_order(self) -> None:
        assert checked("name", "  Ab\t c \n d ", limit=20) == "Ab c d"
        assert checked("address", "Gate 1 \r\n\n 0153  Oslo", limit=50, lines=True) == "Gate 1\n0153 Oslo"

    def test_keeps_joiners_that_scripts_need(self) -> None:
        assert checked("name", "نرم\u200cافزار", limit=20) == "نرم\u200cافزار"

    @pytest.mark.parametrize("mark", ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u200e", "\U000e007a"])
    def test_refuses_what_is_drawn_as_nothing(self, mark: str) -> None:
        with pytest.raises(BadText, match="cannot be shown"):
            checked("notes", f"Ordinary{mark} text", limit=50)


class TestName:
    @pytest.mark.parametrize(
        "name",
        ["نرم\u200cافزار", "क्\u200dषमा", "Владимир Путин", "Ελβάλ A.E.", "山田A郎", "ФосАгро-Cargo", "Nguyễn", "3M"],
    )  # fmt: skip
    def test_names_of_every_script(self, name: str) -> None:
        assert wording.name(name) == name

    @pytest.mark.parametrize("name", ["Vladimir Рutin", "Gаzprom", "Pսtin", "Ꮲutin", "Αlpha"])
    def test_not_with_letters_of_several_alphabets_in_a_word(self, name: str) -> None:
        with pytest.raises(BadText, match="has letters of several alphabets") as refused:
            wording.name(name)
        assert name.split()[-1] in str(refused.value)

    @pytest.mark.parametrize("name", ["Pu\u200dtin", "Pu\u200ctin", "\u200cنرم", "Pu\ufe0ftin", "Ana\u3164", "Pu\u034ftin"])
    def test_not_with_what_is_drawn_as_nothing_in_its_script(self, name: str) -> None:
        with pytest.raises(BadText, match="cannot be shown"):
            wording.name(name)


class TestOneStop:
    @pytest.mark.parametrize(
        ("sentence", "read"),
        [
            ("Say who owns Foo Ltd..", "Say who owns Foo Ltd."),
            ("Say who owns Foo AS.", "Say who owns Foo AS."),
            ("Foo Ltd. is asked", "Foo Ltd. is asked"),
            ("", ""),
        ],
    )
    def test_stands_at_the_end(self, sentence: str, read: str) -> None:
        assert one_stop(sentence) == read


class TestPastDay:
    @pytest.mark.parametrize("text", ["2090-01-01", "1700-01-01", "1.2.1980", "1980-13-01", "x" * 9000, "١٩٨٠-٠١-٠١", "\x00"])
    def test_refuses_what_is_no_past_day(self, text: str) -> None:
        with pytest.raises(BadText):
            past_day("birth_date", text)

    def test_refuses_who_would_be_older_than_anybody(self) -> None:
        today = timezone.localdate()
        kept = date(today.year - 120, today.month, min(today.day, 28))
        assert past_day("birth_date", str(kept)) == str(kept)
        with pytest.raises(BadText, match="within 120 years"):
            past_day("birth_date", str(kept.replace(year=kept.year - 1)))
        with pytest.raises(BadText, match="must lie in the past"):
            past_day("birth_date", str(today + timedelta(days=1)))

    def test_keeps_a_past_day_and_nothing(self) -> None:
        assert past_day("birth_date", " 1980-02-01 ") == "1980-02-01"
        assert past_day("birth_date", "") == ""
