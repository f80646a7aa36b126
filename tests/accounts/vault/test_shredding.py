"""After a subject's key is destroyed its data are nowhere, and every page says so instead of failing."""

from threading import Thread
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts import organisations, snapshots
from accounts.history import as_of
from accounts.models import AuditEvent
from accounts.vault import Erased, Subject, shredding
from accounts.vault.models import SearchDigest, SubjectKey
from accounts.vault.subjects import SubjectErased
from kyc.parties.models import Party
from tests import cast


@pytest.mark.django_db
class TestShred:
    @pytest.fixture
    def alice(self) -> Party:
        return cast.founded(cast.customer()).controller

    def shred(self, party: Party) -> SubjectKey:
        return shredding.shred(party.sealed_for, reason="She asked for it.", by=None)

    def test_leaves_a_row_that_says_when_by_whom_and_why(self, alice: Party) -> None:
        key = self.shred(alice)
        key.refresh_from_db()
        assert bytes(key.wrapped) == b"" and key.destroyed_at and key.destroyer and key.why == "She asked for it."
        event = AuditEvent.objects.get(verb="subject.erased")
        assert (event.reason, event.details["certificate"]) == ("She asked for it.", key.certificate)
        assert event.organisation_id == alice.organisation_id

    def test_its_values_read_as_erased_with_day_and_certificate(self, alice: Party) -> None:
        key = self.shred(alice)
        read = Party.objects.get(pk=alice.pk).birth_date
        assert isinstance(read, Erased)
        assert f"certificate {key.certificate}" in read and read.startswith("erased on ")
        assert read[:4] == read
        assert (read.at, read.certificate) == (key.destroyed_at, key.certificate)

    def test_others_stay(self, alice: Party) -> None:
        self.shred(alice)
        company = Party.objects.get(organisation=alice.organisation, kind="company")
        assert company.phone == "+4777000000"

    def test_repeated_is_silence(self, alice: Party) -> None:
        assert self.shred(alice).destroyed_at == self.shred(alice).destroyed_at
        assert AuditEvent.objects.filter(verb="subject.erased").count() == 1

    def test_takes_a_reason(self, alice: Party) -> None:
        with pytest.raises(shredding.NoReason):
            shredding.shred(alice.sealed_for, reason=" ", by=None)

    @pytest.mark.django_db(transaction=True)
    def test_what_a_member_saves_meanwhile_goes_with_the_rest(self, alice: Party) -> None:
        shredded: list[SubjectKey] = []

        def shred() -> None:
            try:
                shredded.append(shredding.shred(company.sealed_for, reason="They asked for it.", by=None))
            finally:
                connection.close()

        company = Party.objects.get(organisation=alice.organisation, kind="company")
        # None was told before, so nothing of it is there to wait for.
        SearchDigest.objects.all().delete()
        thread = Thread(target=shred)
        with transaction.atomic():
            organisations.held(alice.organisation_id)
            company.phone = "+4777000099"
            company.save()
            thread.start()
            thread.join(0.7)
            assert thread.is_alive()
        thread.join(30)
        assert shredded[0].destroyed_at
        assert not SearchDigest.objects.filter(subject=shredded[0]).exists()
        assert isinstance(Party.objects.get(pk=company.pk).phone, Erased)

    def test_nothing_happens_where_it_cannot_be_written_down(self, alice: Party, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr("accounts.audit.record", broken)
        with pytest.raises(RuntimeError), transaction.atomic():
            self.shred(alice)
        assert Party.objects.get(pk=alice.pk).birth_date == "1984-03-17"

    def test_nothing_is_added_to_what_was_erased(self, alice: Party) -> None:
        self.shred(alice)
        again = Party.objects.get(pk=alice.pk)
        again.name = "Erased person"
        again.save()
        again.phone = "+47 1234567"
        with pytest.raises(SubjectErased):
            again.save()

    def test_one_that_has_nothing_yet_can_be_ended_too(self, alice: Party) -> None:
        shredding.shred(Subject.party(987654, alice.organisation_id), reason="Asked for.", by=None)
        assert SubjectKey.objects.get(ref=987654).destroyed_at

    @pytest.mark.parametrize("change", [{"why": "x"}, {"wrapped": b"x"}, {"destroyed_at": None, "why": ""}], ids=str)
    def test_it_is_final(self, alice: Party, change: dict[str, Any]) -> None:
        key = self.shred(alice)
        with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
            SubjectKey.objects.filter(pk=key.pk).update(**change)

    def test_no_key_row_is_ever_deleted(self, alice: Party) -> None:
        with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
            SubjectKey.objects.filter(ref=alice.pk).delete()


@pytest.mark.django_db(transaction=True)
class TestKnownBefore:
    def test_history_reads_as_erased_too(self) -> None:
        alice = cast.founded(cast.customer()).controller
        before = snapshots.take()
        shredding.shred(alice.sealed_for, reason="Asked for.", by=None)
        assert isinstance(as_of(Party, before).get(pgh_obj_id=alice.pk).birth_date, Erased)
