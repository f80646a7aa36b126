"""What was told at the opening stays to be read, whatever is told later (FIN-12)."""

import pytest
from django.utils import timezone

from accounts import snapshots
from kyc.evidence import opening
from kyc.parties.models import Party
from tests import cast


@pytest.mark.django_db(transaction=True)
class TestOriginals:
    def test_are_as_they_were_known_then(self) -> None:
        found = cast.founded(cast.customer())
        born, at = found.controller.birth_date, timezone.now()
        snapshots.take()
        found.controller.name, found.controller.birth_date = "Alice Berg", "1999-09-09"
        found.controller.save()
        rows = {row.field: row for row in opening.originals(Party.objects.get(pk=found.controller.pk), at=at)}
        assert (rows["name"].then, rows["name"].now, rows["name"].is_same) == ("Alice Olsen", "Alice Berg", False)
        assert (rows["birth_date"].then, rows["birth_date"].now) == (born, "1999-09-09")
        assert rows["country"].is_same

    def test_there_are_none_of_who_was_not_named_yet(self) -> None:
        found, at = cast.founded(cast.customer()), timezone.now()
        snapshots.take()
        later = Party.objects.create(organisation=found.organisation, kind="person", name="Kari Lund", country="NO")
        assert opening.originals(later, at=at) == []
