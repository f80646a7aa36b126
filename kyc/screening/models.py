"""Lists as published, and possible matches of parties with their entries."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, User
from config import jobs
from config.jobs import Claimable
from kyc.parties.models import Party
from kyc.screening.entries import LONGEST_ID, LONGEST_NAME


@tracked()
class ListVersion(models.Model):
    """One publication of one list, with the day it was published; what it added, changed and removed against the one before it
    when it was loaded; and when the publisher was last found to give out this very file."""

    class Source(models.TextChoices):
        OFAC_SDN = "ofac-sdn", "OFAC SDN list"
        OFAC_CONS = "ofac-cons", "OFAC consolidated list"
        US_CSL = "us-csl", "US Consolidated Screening List"
        UN_SC = "un-sc", "UN Security Council list"
        EU_FSF = "eu-fsf", "EU consolidated sanctions list"
        UK_OFSI = "uk-ofsi", "UK sanctions list"
        CSV = "csv", "List of another publisher"
        FTM = "ftm", "FollowTheMoney data"
        OWN = "own", "Provider's own list"

    # Those that anybody asks for who reads what somebody was compared with.
    PUBLIC = (Source.OFAC_SDN, Source.OFAC_CONS, Source.US_CSL, Source.UN_SC, Source.EU_FSF, Source.UK_OFSI)

    source = models.CharField(max_length=20, choices=Source.choices)
    published = models.DateField()
    sha256 = models.CharField(max_length=64)
    entries_count = models.PositiveIntegerField()
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=False)
    loaded_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="list_file_loaded_once", fields=["source", "sha256"]),
            models.UniqueConstraint(name="one_active_version_a_source", fields=["source"], condition=Q(is_active=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} of {self.published:%-d %B %Y}"


class ListEntry(models.Model):
    """What one version says of one person or company. Never changed: a new version has new rows. `content` is the SHA-256 of all
    that the publisher says of it, by which changes are told."""

    append_only = True

    version = models.ForeignKey(ListVersion, models.PROTECT, related_name="entries")
    entry_id = models.CharField(max_length=LONGEST_ID)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=LONGEST_NAME)
    aliases = models.JSONField(default=list)
    programmes = models.JSONField(default=list)
    birth_dates = models.JSONField(default=list)
    countries = models.JSONField(default=list)
    identifiers = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    remarks = models.TextField(blank=True)
    link = models.TextField(blank=True)
    content = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(name="entry_once_in_version", fields=["version", "entry_id"])]


@tracked()
class ListUpdate(Claimable):
    """One try to bring a list up to date, from its publisher's address or from a file; what is to be fetched is the queue.
    `why` says why a file was refused, and the version before it stays in use."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("To be fetched")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    source = models.CharField(max_length=20, choices=ListVersion.Source.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    is_fetched = models.BooleanField(default=True)
    version = models.ForeignKey(ListVersion, models.PROTECT, null=True, blank=True)
    why = models.TextField(blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [*jobs.indexes("listupdate", "requested"), models.Index(name="listupdate_newest", fields=["source", "-id"])]
        constraints = [
            models.UniqueConstraint(name="one_update_waiting_a_source", fields=["source"], condition=Q(state="requested")),
            models.CheckConstraint(name="refusal_needs_reason", condition=~Q(state="refused") | ~Q(why="")),
        ]


class HitQuerySet(models.QuerySet["Hit"]):
    def visible_to(self, user: User) -> "HitQuerySet":
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def open(self) -> "HitQuerySet":
        return self.filter(ruling="")

    def current(self, versions: Collection[ListVersion] | Collection[int] | QuerySet[Any]) -> "HitQuerySet":
        """Of parties that are still involved under the name that was compared, with entries of these list versions: those
        of a case's newest round. Every other one is an earlier answer, and counts nowhere."""
        return self.filter(party__removed_on__isnull=True, party_name=F("party__name"), list_version__in=versions)


@tracked()
class Hit(models.Model):
    """A possible match of a party with a list entry, and an officer's word on it."""

    personal = ("party_name", "reasons", "ruling_note")

    class Ruling(models.TextChoices):
        TRUE = "true", _("Same")
        FALSE = "false", _("Another")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="hits")
    list_version = models.ForeignKey(ListVersion, models.PROTECT)
    entry_id = models.CharField(max_length=LONGEST_ID)
    entry_name = models.CharField(max_length=LONGEST_NAME)
    # What was compared: a ruling holds only while the party still is who it was.
    party_name = models.CharField(max_length=300)
    score = models.DecimalField(max_digits=4, decimal_places=3)
    reasons = models.JSONField(default=list)
    # Why the entry is listed: kyc.screening.entries.Topic.
    topics = models.JSONField(default=list)
    found_at = models.DateTimeField(auto_now_add=True)
    ruling = models.CharField(max_length=10, choices=Ruling.choices, blank=True)
    ruling_reason = models.CharField(max_length=60, blank=True)
    ruling_note = models.TextField(blank=True)
    ruled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ruled_at = models.DateTimeField(null=True, blank=True)

    objects = HitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="hit_once_a_party_and_entry", fields=["party", "list_version", "entry_id", "party_name"]
            ),
            models.CheckConstraint(
                name="ruling_needs_reason_and_person",
                condition=Q(ruling="", ruled_by__isnull=True, ruled_at__isnull=True, ruling_reason="")
                | ~Q(ruling="") & Q(ruled_by__isnull=False, ruled_at__isnull=False) & ~Q(ruling_reason=""),
            ),
        ]
