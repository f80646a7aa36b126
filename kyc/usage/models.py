"""What keys were used for, as gateways count it: never what was asked or answered, never an address."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.history import CurrentIncarnation, CurrentTransaction, TransactionIdField
from accounts.models import GatewayCredential, Organisation
from config import jobs
from config.jobs import Claimable
from kyc.keys.models import Key

COUNTERS = ("requests", "tokens_in", "tokens_out", "errors", "refusals")
# A row's number is its batch's and its place in that.
PLACES = 14
# Unmanaged, since Django makes no table that is divided by months (accounts/partitions.py). No foreign keys: rows come by the
# ten thousand, their keys were looked up a moment before, and no key is ever deleted.
ROWS = """
CREATE TABLE kyc_usagerow (
    id bigint NOT NULL,
    hour timestamptz NOT NULL,
    organisation_id bigint NOT NULL,
    key_id bigint NOT NULL,
    model varchar(100) NOT NULL,
    requests bigint NOT NULL,
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    errors bigint NOT NULL,
    refusals bigint NOT NULL,
    cost bigint NOT NULL,
    currency varchar(3) NOT NULL,
    ip_hash varchar(86) NOT NULL,
    asn bigint,
    country varchar(2) NOT NULL,
    client varchar(86) NOT NULL,
    template varchar(86) NOT NULL,
    end_user varchar(86) NOT NULL,
    is_late boolean NOT NULL,
    access varchar(20) NOT NULL DEFAULT '',
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    incarnation integer NOT NULL DEFAULT public.kh_incarnation(),
    PRIMARY KEY (id, hour),
    CONSTRAINT usage_is_never_negative CHECK (
        requests >= 0 AND tokens_in >= 0 AND tokens_out >= 0 AND errors >= 0 AND refusals >= 0 AND cost >= 0
    ),
    CONSTRAINT usage_is_of_a_whole_hour CHECK (extract(minute FROM hour) = 0 AND extract(second FROM hour) = 0)
) PARTITION BY RANGE (hour);
CREATE INDEX kyc_usagerow_of_organisation ON kyc_usagerow (organisation_id, hour);
"""


class UsageBatch(Claimable):
    """What one gateway sent at once, by the number it gave it. It stands so that the same batch, sent again, counts once and is
    answered as it was; when all its rows would be too old to be taken, it goes. `state` is of what its keys have in common, which
    is written later (kyc/usage/signalled.py)."""

    class State(models.TextChoices):
        QUEUED = "queued"
        DONE = "done"
        FAILED = "failed"

    gateway = models.ForeignKey(GatewayCredential, models.PROTECT)
    batch = models.UUIDField()
    # SHA-256 of the body, uncompressed.
    sha256 = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    received_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)

    class Meta:
        indexes = [models.Index(name="usage_batch_received", fields=["received_at"]), *jobs.indexes("usage_batch", "queued")]
        constraints = [models.UniqueConstraint(name="usage_batch_counts_once", fields=["gateway", "batch"])]


class UsageRow(models.Model):
    """The counters of one key in one hour, of one model, from one source. It goes with its month, two years later
    (kyc/usage/disposal.py)."""

    append_only = True

    id = models.BigIntegerField(primary_key=True)
    # The hour's beginning.
    hour = models.DateTimeField()
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, db_constraint=False, related_name="+")
    key = models.ForeignKey(Key, models.DO_NOTHING, db_constraint=False, related_name="+")
    model = models.CharField(max_length=100)
    requests = models.BigIntegerField()
    tokens_in = models.BigIntegerField()
    tokens_out = models.BigIntegerField()
    errors = models.BigIntegerField()
    refusals = models.BigIntegerField()
    # Millionths of the currency's unit.
    cost = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # Hashes of the gateway's own, keyed; and the number of the network.
    ip_hash = models.CharField(max_length=86)
    asn = models.BigIntegerField(null=True)
    country = models.CharField(max_length=2)
    client = models.CharField(max_length=86)
    template = models.CharField(max_length=86)
    end_user = models.CharField(max_length=86)
    # Told long after the hour.
    is_late = models.BooleanField()
    # Whose the network's addresses were when the row came (accounts.Range): hosting, a proxy and so on; empty where no file said.
    access = models.CharField(max_length=20, default="")
    # By which a report tells what was known of use at an instant (accounts/history.py), as of what is audited.
    xid = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    incarnation = models.IntegerField(db_default=CurrentIncarnation(), editable=False)

    class Meta:
        managed = False
        db_table = "kyc_usagerow"


class UsageDay(models.Model):
    """What a key was used for on one day (UTC), by model and by country: the sum of its rows, written with them."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    key = models.ForeignKey(Key, models.PROTECT)
    day = models.DateField()
    model = models.CharField(max_length=100)
    country = models.CharField(max_length=2, blank=True)
    requests = models.BigIntegerField()
    tokens_in = models.BigIntegerField()
    tokens_out = models.BigIntegerField()
    errors = models.BigIntegerField()
    refusals = models.BigIntegerField()
    # Of these requests, how many were told late.
    late = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(name="usage_days_of_organisation", fields=["organisation", "day"])]
        constraints = [
            models.UniqueConstraint(name="one_sum_a_day", fields=["key", "day", "model", "country"]),
            models.CheckConstraint(
                name="sums_are_never_negative",
                condition=Q(**{f"{name}__gte": 0 for name in (*COUNTERS, "late")}) & Q(late__lte=F("requests")),
            ),
        ]


def first_number(batch: Any) -> int:
    """Of its rows, the first one's number."""
    return int(batch.pk) << PLACES
