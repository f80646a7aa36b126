"""A sealed column: what the database holds, how it is read, and every way in which it must not be used."""

import copy
import pickle
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Value

from accounts import snapshots
from accounts.history import as_of
from accounts.vault import SealedField
from accounts.vault.boxes import Tampered
from accounts.vault.fields import Ciphertext, SealedError
from accounts.vault.models import SubjectKey
from kyc.parties.models import Party, PaymentMeans
from tests import cast
from tests.accounts.vault.conftest import Run

BORN, CALLED = "1984-03-17", "+4777000000"
Event: Any = Party.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it


def stored(model: Any, column: str, pk: int) -> str:
    """What stands in the database, past the field."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} WHERE {model._meta.pk.column} = %s", [pk])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
class TestSealedField:
    @pytest.fixture
    def alice(self) -> Party:
        return cast.founded(cast.customer()).controller

    def test_stands_sealed_in_the_row_and_in_its_history(self, alice: Party) -> None:
        event = Event.objects.filter(pgh_obj_id=alice.pk).latest("pgh_id")
        for value in (stored(Party, "birth_date", alice.pk), stored(Event, "birth_date", event.pk)):
            assert value.startswith("kh1.") and BORN not in value
        assert Party.objects.get(pk=alice.pk).birth_date == event.birth_date == BORN

    def test_one_not_given_stays_empty(self, alice: Party) -> None:
        assert alice.phone == stored(Party, "phone", alice.pk) == ""
        assert Party.objects.filter(phone="", pk=alice.pk).exists()
        assert not Party.objects.filter(birth_date="", pk=alice.pk).exists()

    def test_saving_the_same_again_changes_nothing(self, alice: Party) -> None:
        before, events = stored(Party, "birth_date", alice.pk), Event.objects.count()
        again = Party.objects.get(pk=alice.pk)
        again.birth_date = BORN
        again.save()
        assert (stored(Party, "birth_date", alice.pk), Event.objects.count()) == (before, events)

    def test_another_value_is_sealed_anew(self, alice: Party) -> None:
        before = stored(Party, "birth_date", alice.pk)
        again = Party.objects.get(pk=alice.pk)
        again.birth_date = "1984-03-18"
        again.save(update_fields=["birth_date"])
        assert before != stored(Party, "birth_date", alice.pk)
        assert Party.objects.get(pk=alice.pk).birth_date == "1984-03-18"

    def test_made_in_bulk_and_read_late_or_raw_it_is_the_same(self, alice: Party) -> None:
        rows = [Party(organisation=alice.organisation, kind="person", name=f"P{n}", birth_date=f"190{n}-01-01") for n in range(5)]
        Party.objects.bulk_create(rows)
        numbers = [row.pk for row in rows]
        assert [row.birth_date[3] for row in Party.objects.filter(pk__in=numbers).only("name").order_by("pk")] == list("01234")
        assert [
            row.birth_date[3] for row in Party.objects.raw("SELECT * FROM kyc_party WHERE name LIKE 'P_' ORDER BY id")
        ] == list("01234")
        row = Party.objects.get(pk=numbers[0])
        row.refresh_from_db()
        assert row.birth_date == "1900-01-01"

    def test_each_person_has_a_key_and_companies_share_the_organisations(self, alice: Party) -> None:
        PaymentMeans.objects.create(
            organisation=alice.organisation, kind="bank", reference="NO93", source="revenue", valid_from="2026-01-01"
        )
        assert set(SubjectKey.objects.values_list("kind", "ref")) == {
            ("party", alice.pk),
            ("organisation", alice.organisation_id),
        }

    @pytest.mark.parametrize(
        "use",
        [
            lambda rows: rows.update(birth_date=BORN),
            lambda rows: rows.bulk_update(
                [row for row in rows if setattr(row, "birth_date", "1990-01-01") is None], ["birth_date"]
            ),
            lambda rows: rows.filter(birth_date=BORN).exists(),
            lambda rows: rows.exclude(birth_date=BORN).exists(),
            lambda rows: list(rows.values("birth_date")),
            lambda rows: list(rows.values_list("birth_date", flat=True)),
            lambda rows: list(Party.objects.filter(name__in=rows.values("birth_date"))),
            lambda rows: str(rows.annotate(found=F("birth_date"))[0].found),
            lambda rows: list(rows.get().roles.values("party__birth_date")),
        ],
        ids=["update", "bulk_update", "filter", "exclude", "values", "values_list", "subquery", "annotate", "over a relation"],
    )
    def test_refuses_to_be_used_past_an_instance(self, alice: Party, use: Any) -> None:
        with pytest.raises(SealedError, match=r"[Ss]ealed"):
            use(Party.objects.filter(pk=alice.pk))

    @pytest.mark.parametrize(
        "lookup",
        ["icontains", "contains", "startswith", "istartswith", "endswith", "iexact", "regex", "iregex", "in", "gt", "gte", "lt",
         "lte", "range", "search", "year"],
    )  # fmt: skip
    def test_refuses_to_be_searched(self, lookup: str) -> None:
        for model in (Party, Event):
            with pytest.raises(FieldError):
                list(model.objects.filter(**{f"birth_date__{lookup}": "1984"}))

    @pytest.mark.parametrize("value", [Value("1990-01-01"), F("name")], ids=["a value", "another column"])
    def test_the_database_takes_nothing_in_clear(self, alice: Party, value: Any) -> None:
        with pytest.raises(IntegrityError, match="check"), transaction.atomic():
            Party.objects.filter(pk=alice.pk).update(birth_date=value)
        with pytest.raises(IntegrityError, match="check"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE kyc_party SET phone = '+47 77' WHERE id = %s", [alice.pk])

    def test_tells_nothing_where_it_is_printed_or_pickled(self, alice: Party) -> None:
        row = Party.objects.get(pk=alice.pk)
        assert row.birth_date == BORN
        assert BORN not in repr(row.__dict__)
        assert BORN.encode() not in pickle.dumps(row)
        assert pickle.loads(pickle.dumps(row)).birth_date == copy.deepcopy(row).birth_date == BORN

    def test_is_known_as_sealed_in_history(self) -> None:
        sealed = {field.name for field in Party._meta.fields if isinstance(field, SealedField)}
        assert sealed == {field.name for field in Event._meta.fields if isinstance(field, SealedField)}
        places = {f"{kind}{part}" for kind in ("address", "registered_address") for part in ("", "_parts")}
        assert sealed == {"registration_number", "birth_date", "phone", "tax_number", *places}


@pytest.mark.django_db(transaction=True)
class TestSwapped:
    """By the database's superuser, past every trigger."""

    @pytest.fixture
    def rows(self) -> dict[str, Any]:
        found = cast.founded(cast.customer())
        other = cast.founded(cast.customer("bob@nordlys.example", "Bob"), name="Bob AS", person="Bob Olsen")
        found.party.registered_address = "Storgata 1"
        found.party.save()
        return {"mine": found.party, "person": found.controller, "theirs": other.party}

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE kyc_party m SET phone = t.phone FROM kyc_party t WHERE m.id = %(mine)s AND t.id = %(theirs)s",
            "UPDATE kyc_party SET phone = registered_address WHERE id = %(mine)s",
            "UPDATE kyc_party m SET phone = p.birth_date FROM kyc_party p WHERE m.id = %(mine)s AND p.id = %(person)s",
            "UPDATE kyc_party m SET phone = e.phone FROM kyc_partyevent e WHERE m.id = %(mine)s AND e.pgh_obj_id = %(theirs)s",
            "UPDATE kyc_party m SET phone = 'kh1.' || split_part(t.phone, '.', 2) || '.' || split_part(m.phone, '.', 3) "
            "FROM kyc_party t WHERE m.id = %(mine)s AND t.id = %(theirs)s",
            "UPDATE kyc_party SET phone = left(phone, -8) || 'AAAAAAA=' WHERE id = %(mine)s",
        ],
        ids=["between rows", "between columns", "both", "from another's history", "under another key", "changed"],
    )
    def test_is_found_when_it_is_read(self, rows: dict[str, Any], superuser: Run, statement: str) -> None:
        numbers = {name: row.pk for name, row in rows.items()}
        superuser(statement % numbers)
        with pytest.raises(Tampered):
            _ = Party.objects.get(pk=rows["mine"].pk).phone
        assert Party.objects.get(pk=rows["theirs"].pk).phone == CALLED, "the negative control"

    def test_into_another_table_it_is_found_too(self, rows: dict[str, Any], superuser: Run) -> None:
        means = PaymentMeans.objects.create(
            organisation=rows["mine"].organisation, kind="bank", reference="NO93 8601", source="revenue", valid_from="2026-01-01"
        )
        superuser("UPDATE kyc_paymentmeans SET id = %s WHERE id = %s", rows["mine"].pk + 1000, means.pk)
        superuser("UPDATE kyc_party SET id = %s WHERE id = %s", rows["mine"].pk + 1000, rows["mine"].pk)
        superuser("UPDATE kyc_paymentmeans m SET reference = p.phone FROM kyc_party p WHERE p.id = m.id")
        with pytest.raises(Tampered):
            _ = PaymentMeans.objects.get(pk=rows["mine"].pk + 1000).reference

    def test_in_history_it_is_found_too(self, rows: dict[str, Any], superuser: Run) -> None:
        snapshot = snapshots.take()
        mine = as_of(Party, snapshot).get(pgh_obj_id=rows["mine"].pk)
        assert mine.phone == CALLED
        superuser(
            "UPDATE kyc_partyevent m SET phone = t.phone FROM kyc_partyevent t WHERE m.pgh_obj_id = %s AND t.pgh_obj_id = %s",
            rows["mine"].pk, rows["theirs"].pk,
        )  # fmt: skip
        with pytest.raises(Tampered):
            _ = as_of(Party, snapshot).get(pgh_obj_id=rows["mine"].pk).phone

    def test_a_value_in_clear_is_not_taken_for_a_sealed_one(self, rows: dict[str, Any], superuser: Run) -> None:
        superuser("UPDATE kyc_party SET phone = 'kh1.12345678' WHERE id = %s", rows["mine"].pk)
        with pytest.raises(Tampered, match="not sealed"):
            _ = Party.objects.get(pk=rows["mine"].pk).phone


class TestCiphertext:
    def test_is_shown_nowhere_by_accident(self) -> None:
        with pytest.raises(SealedError):
            str(Ciphertext("kh1.1.x"))
        assert repr(Ciphertext("kh1.1.x", "1984")) == "<sealed>"


# Columns called like an identifier of somebody that stand in clear, and why.
IN_CLEAR = {
    "kyc.Directive.reference": "under which an authority gave its order: the number of its letter",
    "kyc.TrainingFiling.reference": "under which an authority has what was reported to it",
    "kyc.BlockedFiling.reference": "under which an authority has what was reported to it",
    "kyc.Discrepancy.reference": "under which a difference was reported to a register: the number of the house's mail",
    "accounts.User.email": "people sign in with it; overwritten by the audited erasure, like a name",
    "kyc.Party.tax_country": "which country gave the number, which is sealed",
    "kyc.Party.email": "readable for work, like a name; overwritten by the audited erasure",
    "kyc.Invitation.email": "where mail went to, as of User",
    "accounts.MemberInvitation.email": "where mail went to, as of User",
    "accounts.Message.to": "where mail goes to",
    "accounts.ErasureOrder.addresses": "whose mail is to be erased; emptied when it was",
    "reports.SubjectRequest.identified_at": "a moment",
    "kyc.PaymentMeans.last_four": "four digits tell a means from another and identify nobody",
    "kyc.Key.last_four": "of a secret of ours",
    "kyc.ImportedKey.last_four": "of a secret that was issued elsewhere",
    "kyc.ImportedKey.responsible_email": "readable for work, as of Party; overwritten by the audited erasure",
    "kyc.Remediation.email": "whoever signs up with it takes the account over, as of User",
    "kyc.OutsideCheck.reference": "by which a service outside knows a check; it names nobody",
    "kyc.ConfirmationCode.mailbox": "admin, postmaster and the like",
    "kyc.LegalEntity.number": "as published by GLEIF",
    "kyc.Exclusion.reference": "where a company stands in a public list or register",
    "kyc.Entity.reference": "our own number",
    "accounts.LegalHold.reference": "a court's or an agency's own number",
    "kyc.Authorisation.reference": "the number of a contract or a letter of ours",
    "kyc.Referral.reference": "the recipient's own number of what was referred",
    "kyc.PaymentMeans.network": "a currency's",
    "kyc.ListEntry.birth_dates": "as published in a sanctions list",
    "kyc.ListEntry.identifiers": "as published in a sanctions list",
    "kyc.Document.name": "what its sender called a file",
    "kyc.ListEntry.entry_id": "the publisher's own number",
    "kyc.Hit.entry_id": "the publisher's own number",
}
IDENTIFIES = ("birth", "born", "dob", "address", "street", "postal", "phone", "mobile", "mail", "passport", "number", "tax",
              "iban", "reference", "ssn", "identif", "account_no", "card", "wallet", "last_four")  # fmt: skip


def like_an_identifier(field: Any) -> bool:
    text = isinstance(field, models.CharField | models.TextField | models.DateField | models.JSONField)
    return text and any(word in field.name for word in IDENTIFIES)


def in_clear(found: list[Any]) -> list[str]:
    return sorted(str(field) for field in found if like_an_identifier(field) and not isinstance(field, SealedField))


class TestEveryIdentifier:
    def fields(self) -> list[Any]:
        from django.apps import apps

        ours = [model for label in ("accounts", "kyc", "reports") for model in apps.get_app_config(label).get_models()]
        return [field for model in ours if not hasattr(model, "pgh_tracked_model") for field in model._meta.concrete_fields]

    def test_is_sealed_or_stands_in_the_list_with_a_reason(self) -> None:
        assert [name for name in in_clear(self.fields()) if name not in IN_CLEAR] == []

    def test_a_new_column_would_be_found(self) -> None:
        class Passport(models.Model):
            passport_number = models.CharField(max_length=20)
            sealed_number = SealedField()

            class Meta:
                app_label = "tests"

        assert in_clear(list(Passport._meta.concrete_fields)) == ["tests.Passport.passport_number"]

    def test_the_list_names_no_column_that_is_gone(self) -> None:
        assert {name for name in IN_CLEAR} <= {str(field) for field in self.fields()}
