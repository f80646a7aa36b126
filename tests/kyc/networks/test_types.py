"""Types of signals stand in four places, since the pure ones know no model: they are the same."""

from django.db import connection

from accounts.models import Signal
from kyc.networks import given
from kyc.networks.finding import families


def test_are_the_same_everywhere(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'signal_of_known_type'")
        (check,) = cursor.fetchone()
    of_model = [str(one) for one in Signal.Type]
    assert len(of_model) == 13
    # The first two also in one order: by its place a type is copied out, and read again.
    assert list(given.TYPES) == of_model
    assert sorted(families.NAMES) == sorted(of_model)
    assert sorted(check.split("'")[1::2]) == sorted(of_model)
