"""Which calls were refused lately, so that a customer who has an error's number can be told why: kyc/keys/doctor.py.

Of keys that there are, by their whole text, and of no others: a guess leaves no row. An answer costs no more than a look into a
mapping; however many calls a key makes in vain, it is one row for each reason and minute."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts import scope
from accounts.lines import request_id
from kyc.keys.behind import Behind
from kyc.keys.refusal_models import KeyRefusal
from kyc.rules import packs

# So many wait to be written; of what comes beyond that nothing is kept.
MOST = 50_000
# How many are taken out at once, and for how long it is waited so that each time there are many.
A_PART, TOGETHER = 5000, timedelta(hours=6)
Place = tuple[int, str, datetime]

# In the order of the keys, so that two processes wait for each other and never both.
REFUSED = """
INSERT INTO kyc_keyrefusal AS seen (key_id, organisation_id, gateway_id, reason, minute, at, request_id)
SELECT k.id, k.organisation_id, told.gateway, told.reason, told.minute, told.at, told.request
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::text[])
    AS told (key, reason, minute, gateway, at, request)
JOIN kyc_key k ON k.id = told.key ORDER BY k.id, told.reason, told.minute
ON CONFLICT (key_id, reason, minute) DO UPDATE
SET at = EXCLUDED.at, gateway_id = EXCLUDED.gateway_id, request_id = EXCLUDED.request_id WHERE seen.at < EXCLUDED.at
"""


class Refusals(Behind):
    what = "refusals of keys"

    def forget(self) -> None:
        self.waiting: dict[Place, tuple[int, datetime, str]] = {}

    def note(self, key: int, reason: str, *, gateway: int) -> None:
        """That the request which is being answered is refused."""
        now = datetime.now(UTC)
        place = (key, reason, now.replace(second=0, microsecond=0))
        if place in self.waiting or len(self.waiting) < MOST:
            self.waiting[place] = (gateway, now, request_id.get())
            self.keep()

    def flush(self) -> int:
        waiting, self.waiting = self.waiting, {}
        if waiting:
            columns = zip(*((*place, *told) for place, told in waiting.items()), strict=True)
            with scope.everything(), connection.cursor() as cursor:
                cursor.execute(REFUSED, [list(column) for column in columns])
        return len(waiting)


REFUSALS = Refusals()


def kept() -> timedelta:
    return timedelta(days=packs.current().key_days("refusals"))


class OldRefusals:
    """For the sweeper."""

    name = "keys.refusals_kept"

    def is_waiting(self) -> bool:
        return KeyRefusal.objects.filter(at__lt=timezone.now() - kept() - TOGETHER).exists()


QUEUE = OldRefusals()


def forget() -> int:
    """Takes out those whose time is over; how many. Twice is once."""
    over, forgotten = KeyRefusal.objects.filter(at__lt=timezone.now() - kept()), 0
    while part := list(over.values_list("pk", flat=True)[:A_PART]):
        forgotten += KeyRefusal.objects.filter(pk__in=part).delete()[0]
    return forgotten
