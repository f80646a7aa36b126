"""Signals: what several accounts may have in common, kept as keyed hashes for one purpose, to find who is one hand (DST-02).

A row says that an account has shown a value of a type: never the value itself. All of it is confined (accounts/compartment.py),
and written by one function of the owner's alone (accounts/signals.py), so that the request of a customer leaves a signal and can
read none, nor its own. No history: it would outlive what it tells of.
"""

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import NetworkField
from config import jobs
from config.jobs import Claimable


class Hub(models.TextChoices):
    """Whose a value is: what many come by who have nothing to do with each other links nobody."""

    PRIVATE = "private", _("Private")
    SHARED = "shared", _("Shared by several")
    CARRIER_NAT = "carrier_nat", _("A mobile carrier's shared address")
    VPN = "vpn", _("VPN")
    PROXY = "proxy", _("Proxy")
    CLOUD = "cloud", _("Cloud or hosting")
    UNIVERSITY = "university", _("University or school")
    OFFICE = "office", _("Office")
    AGENCY = "agency", _("Declared agency")


# What many have who have something to do with each other, or else one hand: a value of any other class links nobody.
LINKING = (Hub.PRIVATE, Hub.SHARED)


class Signal(models.Model):
    """That an account showed a value: since when, until when and how often."""

    confined = True

    class Type(models.TextChoices):
        EMAIL = "email", _("E-mail address")
        DOMAIN = "domain", _("E-mail domain")
        PHONE = "phone", _("Phone number")
        ADDRESS = "address", _("Address")
        OWNER = "owner", _("Owner or responsible person")
        DOCUMENT = "document", _("Document number")
        DOCUMENT_IMAGE = "document_image", _("Document file or picture")
        PAYMENT = "payment", _("Means of payment")
        DEVICE = "device", _("Browser")
        LOGIN_IP = "login_ip", _("Address of sign-in")
        API_IP = "api_ip", _("Address of use")
        USER_AGENT = "user_agent", _("Client program")
        TEMPLATE = "template", _("Prompt template")

    # No constraint of the database's: they come by the thousand, and no organisation is ever deleted.
    organisation = models.ForeignKey(
        "accounts.Organisation", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    type = models.CharField(max_length=20, choices=Type.choices)
    # The first 16 bytes of HMAC-SHA-256 under a key of the type's own.
    value = models.UUIDField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    count = models.PositiveBigIntegerField()

    class Meta:
        indexes = [models.Index(name="signals_of_value", fields=["value", "type", "organisation"])]
        constraints = [
            models.UniqueConstraint(name="one_signal_a_value", fields=["organisation", "type", "value"]),
            models.CheckConstraint(
                name="signal_of_known_type",
                condition=Q(
                    type__in=[
                        "email", "domain", "phone", "address", "owner", "document", "document_image", "payment", "device",
                        "login_ip", "api_ip", "user_agent", "template",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="signal_seen_first_then_last", condition=Q(last_seen__gte=F("first_seen"), count__gte=1)
            ),
        ]  # fmt: skip


class SignalValue(models.Model):
    """What is known of a value over all accounts; one that only one account has shown, and that stands in no file of ranges, has
    no row. Counts are worked out from time to time (accounts/counting.py)."""

    confined = True

    type = models.CharField(max_length=20, choices=Signal.Type.choices)
    value = models.UUIDField()
    accounts = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    hub = models.CharField(max_length=20, choices=Hub.choices, default=Hub.PRIVATE)
    # In words, for an officer.
    why = models.CharField(max_length=300, blank=True)
    # Said by a file of ranges when it was seen, which no count overrules.
    is_told = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_row_a_signal_value", fields=["value", "type"]),
            models.CheckConstraint(
                name="hub_is_known",
                condition=Q(
                    hub__in=[
                        "private", "shared", "carrier_nat", "vpn", "proxy", "cloud", "university", "office", "agency",
                    ]
                ),
            ),
            models.CheckConstraint(name="hub_needs_why", condition=Q(hub="private") | ~Q(why="")),
            models.CheckConstraint(name="value_seen_first_then_last", condition=Q(last_seen__gte=F("first_seen"))),
        ]  # fmt: skip


class SignalArrival(Claimable):
    """That an account has shown values which it had not shown before, and nobody has looked yet whose they are too. Several of
    one account are looked at at once, and go."""

    confined = True

    class State(models.TextChoices):
        QUEUED = "queued"
        DONE = "done"
        FAILED = "failed"

    organisation = models.ForeignKey(
        "accounts.Organisation", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    arrived_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)

    class Meta:
        indexes = [*jobs.indexes("arrival", "queued"), models.Index(name="arrivals_of", fields=["organisation"])]


class RangeList(models.Model):
    """One file of ranges of addresses, as an administrator loaded it under a name; only the newest of a name has its ranges."""

    append_only = True

    source = models.CharField(max_length=60)
    loaded_at = models.DateTimeField(auto_now_add=True)
    loaded_by = models.CharField(max_length=250)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()


class Range(models.Model):
    """Whose the addresses of a network are, or those of all networks of an operator: accounts/ranges.py."""

    # What can be said of a range.
    CLASSES = (Hub.VPN, Hub.PROXY, Hub.CLOUD, Hub.CARRIER_NAT, Hub.UNIVERSITY, Hub.OFFICE)

    source = models.CharField(max_length=60)
    network = NetworkField(null=True)
    asn = models.BigIntegerField(null=True)
    hub = models.CharField(max_length=20, choices=[(one.value, one.label) for one in CLASSES])
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [GistIndex(name="range_network", fields=["network"], opclasses=["inet_ops"])]
        constraints = [
            models.UniqueConstraint(name="one_range_a_network", fields=["source", "network"]),
            models.UniqueConstraint(name="one_range_an_operator", fields=["asn", "source"]),
            models.CheckConstraint(
                name="range_is_a_network_or_an_operator",
                condition=Q(network__isnull=True, asn__isnull=False) | Q(network__isnull=False, asn__isnull=True),
            ),
            models.CheckConstraint(
                name="range_of_known_class",
                condition=Q(hub__in=["vpn", "proxy", "cloud", "carrier_nat", "university", "office"]),
            ),
        ]
