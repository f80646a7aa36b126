"""A directive over a thousand keys of which three in five have a status: all of it reconciles, key by key. Ten thousand and more
are tests/bench/test_directives.py."""

import pytest
from django.db.models import Count

from kyc.directives import carrying, minutes
from kyc.keys.models import Key
from tests import cast
from tests.kyc.directives import crowd
from tests.kyc.directives.scenes import taken

KEYS = 1_000


@pytest.mark.django_db(transaction=True)
def test_every_key_stands_where_it_is_told_to() -> None:
    rui, sonia = (cast.staff("approver", name) for name in ("Rui Duarte", "Sónia Teles"))
    people = crowd.gather(KEYS)
    made = taken(by=rui, second=sonia)
    assert (made.preview["keys_outside"], made.preview["keys"]) == (people.outside, KEYS - people.outside)
    carrying.run()
    assert list(people.wrong()) == []
    told = minutes.now(made)
    assert told == {
        "keys": KEYS, "outside": people.outside, "inside": KEYS - people.outside, "unproven": 0, "unchecked": 0,
        "refused": KEYS - people.outside, "refused_outside": 0, "imported": 0, "imported_refused": 0,
    }  # fmt: skip
    stored = dict(Key.objects.order_by().values_list("state").annotate(n=Count("pk")))
    assert stored == {"active": people.outside, "held": KEYS - people.outside}
    last = made.minutes.latest("minute")
    assert last.keys == last.outside + last.inside + last.unproven + last.unchecked
