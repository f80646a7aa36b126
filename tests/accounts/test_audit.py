"""A record stands or falls with the change it tells of."""

import pytest
from django.db import DatabaseError, transaction

from accounts import audit, credentials, organisations
from accounts.models import AuditEvent, GatewayCredential, Organisation
from accounts.permissions import NotPermitted
from tests import cast


@pytest.mark.django_db(transaction=True)
class TestRecord:
    def test_outside_a_transaction_is_refused_and_writes_nothing(self) -> None:
        alice = cast.customer()
        with pytest.raises(transaction.TransactionManagementError):
            audit.record("user.renamed", target=alice, by=alice)
        assert not AuditEvent.objects.exists()

    def test_commits_with_the_change_in_one_database_transaction(self) -> None:
        alice = cast.customer()
        organisation = organisations.create(name="Nordlys", by=alice)
        event = AuditEvent.objects.get()
        history = Organisation.pgh_event_model.objects.get(pgh_obj_id=organisation.pk)
        assert event.xid == history.pgh_xid

    def test_goes_back_with_the_change(self) -> None:
        alice = cast.customer()
        with transaction.atomic():
            organisations.create(name="Nordlys", by=alice)
            transaction.set_rollback(True)
        assert not AuditEvent.objects.exists()
        assert not Organisation.objects.exists()

    def test_takes_the_change_back_where_it_cannot_be_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        alice = cast.customer()
        monkeypatch.setattr(audit, "INSERT", audit.INSERT.replace("accounts_auditevent", "accounts_project"))
        with pytest.raises(DatabaseError):
            organisations.create(name="Nordlys", by=alice)
        assert not Organisation.objects.exists()


@pytest.mark.django_db
class TestWhatARecordSays:
    def test_who_did_what_to_which_row_and_why(self) -> None:
        alice = cast.customer()
        found = cast.founded(alice)
        event = audit.record("party.noted", target=found.party, by=alice, reason="asked by phone", count=2, kinds=["a"])
        event.refresh_from_db()
        assert (event.verb, event.actor_id, event.actor) == ("party.noted", alice.pk, "Alice Olsen")
        assert (event.target_type, event.target_id) == ("kyc.party", str(found.party.pk))
        assert (event.organisation_id, event.reason) == (found.organisation.pk, "asked by phone")
        assert event.details == {"count": 2, "kinds": ["a"]}
        assert event.at

    def test_the_product_itself_has_a_name_and_no_number(self) -> None:
        event = audit.record("x.done", target=cast.customer(), by=None)
        assert (event.actor_id, event.actor, event.organisation_id) == (None, "Keyholder", None)

    def test_an_organisation_is_its_own(self) -> None:
        organisation = cast.founded(cast.customer()).organisation
        assert audit.record("x.done", target=organisation, by=None).organisation_id == organisation.pk

    def test_what_a_member_does_to_himself_is_of_his_organisation_and_a_colleagues_is_of_none(self) -> None:
        found, omar = cast.founded(cast.customer()), cast.staff("administrator")
        organisations.rename_member(found.by, name="Alice Berg", by=found.by)
        organisations.rename_member(omar, name="Omar Said", by=omar)
        renamed = AuditEvent.objects.filter(verb="user.renamed").order_by("pk")
        assert [event.organisation_id for event in renamed] == [found.organisation.pk, None]
        assert [event.actor_id for event in AuditEvent.objects.visible_to(omar).filter(verb="user.renamed")] == [omar.pk]

    def test_it_outlives_the_row(self) -> None:
        omar = cast.staff("administrator", "Omar")
        credential, _ = credentials.issue(name="edge", by=omar)
        pk = str(credential.pk)
        credential.delete()
        assert AuditEvent.objects.filter(target_type="accounts.gatewaycredential", target_id=pk).count() == 1

    def test_nothing_refused_is_recorded(self) -> None:
        with pytest.raises(NotPermitted):
            credentials.issue(name="edge", by=cast.staff("analyst"))
        assert not AuditEvent.objects.exists()
        assert not GatewayCredential.objects.exists()


@pytest.mark.django_db
class TestRequestId:
    def test_what_a_request_writes_carries_the_id_that_the_answer_shows(self) -> None:
        client = cast.signed_in(cast.customer())
        notice = client.get("/verification/begin/").context["version"]
        answer = client.post("/verification/begin/", {"name": "Nordlys", "your_name": "Alice", "notice": notice})
        assert answer.status_code == 302
        ids = set(AuditEvent.objects.values_list("request_id", flat=True))
        assert ids == {answer["X-Request-Id"]}
        contexts = Organisation.pgh_event_model.objects.values_list("pgh_context__request", flat=True)
        assert set(contexts) == ids

    def test_what_no_request_writes_carries_none(self) -> None:
        cast.founded(cast.customer())
        assert set(AuditEvent.objects.values_list("request_id", flat=True)) == {""}
