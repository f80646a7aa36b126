"""What was blocked or rejected since sanctions forbid to give it to a customer, and what is told to the authority of it
(31 CFR 501.603, 501.604). For the house alone: whoever serves a customer is shown no row, and no customer is told that there is
one."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission
from kyc.keys.models import stray
from kyc.networks.controller_models import taken_by_another
from kyc.ownership.models import Determination
from kyc.screening.models import Hit


class BlockedRecordQuerySet(models.QuerySet["BlockedRecord"]):
    def visible_to(self, user: User) -> "BlockedRecordQuerySet":
        return self if user.can(Permission.BLOCKED_VIEW) else self.none()

    def open(self) -> "BlockedRecordQuerySet":
        """To be reported yet."""
        return self.filter(state="open")

    def held(self) -> "BlockedRecordQuerySet":
        """Property that is blocked still, reported or not."""
        return self.filter(kind="blocked", state__in=["open", "filed", "corrected"])


@tracked()
class BlockedRecord(models.Model):
    """One property that was blocked, or one transaction or service that was refused, with its clock. Whom it belongs to, the
    entry of the list and the arithmetic of ownership stand in `facts` as they were on that day (kyc/directives/blocked/facts.py):
    it is kept for longer than the customer's file."""

    of_the_house = True
    personal = ("holder", "facts", "what", "action", "contact", "release_ground")

    class Kind(models.TextChoices):
        BLOCKED = "blocked", _("Blocked")
        REJECTED = "rejected", _("Rejected")

    class Basis(models.TextChoices):
        LISTED = "listed", _("The customer itself is listed")
        OWNED = "owned", _("Listed parties own the customer")
        REGION = "region", _("A region under embargo")

    class Asset(models.TextChoices):
        BALANCE = "balance", _("Prepaid balance")
        CREDITS = "credits", _("Credits")
        SERVICE = "service", _("Service withheld")
        TRANSACTION = "transaction", _("Transaction")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        OPEN = "open", _("To be reported")
        FILED = "filed", _("Filed")
        CORRECTED = "corrected", _("Filed and corrected")
        RELEASED = "released", _("Released")
        DISMISSED = "dismissed", _("Nothing to report")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    basis = models.CharField(max_length=10, choices=Basis.choices)
    hit = models.ForeignKey(Hit, models.PROTECT, null=True, blank=True, related_name="+")
    determination = models.ForeignKey(Determination, models.PROTECT, null=True, blank=True, related_name="+")
    holder = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    # What an officer completes before it is reported.
    asset = models.CharField(max_length=20, choices=Asset.choices, blank=True)
    what = models.TextField(blank=True)
    value = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    authority = models.CharField(max_length=200, blank=True)
    programme = models.CharField(max_length=200, blank=True)
    action = models.TextField(blank=True)
    contact = models.CharField(max_length=300, blank=True)
    happened_on = models.DateField()
    due_on = models.DateField()
    rule_pack = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField(auto_now_add=True)
    # Nobody where the product found it.
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # What it says was changed since it was filed, and no corrected report was filed yet.
    is_changed = models.BooleanField(default=False)
    # Of which day officers were reminded.
    reminded_for = models.DateField(null=True, blank=True)
    released_on = models.DateField(null=True, blank=True)
    release_ground = models.TextField(blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # From when it is kept for its years (31 CFR 501.601); none while the property is blocked.
    kept_from = models.DateTimeField(null=True, blank=True)

    objects = BlockedRecordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="blocked_open", fields=["due_on"], condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(
                name="blocked_known_words",
                condition=Q(
                    kind__in=["blocked", "rejected"], state__in=["open", "filed", "corrected", "released", "dismissed"]
                ),
            ),
            models.CheckConstraint(
                name="blocked_rests_on_its_ground",
                condition=Q(basis="listed", hit__isnull=False, determination__isnull=True)
                | Q(basis="owned", hit__isnull=True, determination__isnull=False)
                | Q(basis="region", hit__isnull=True, determination__isnull=True),
            ),
            models.CheckConstraint(
                name="blocked_value_has_its_currency",
                condition=Q(value__isnull=True, currency="") | Q(value__gte=0) & ~Q(currency=""),
            ),
            models.CheckConstraint(name="blocked_is_due_later", condition=Q(due_on__gt=F("happened_on"))),
            models.CheckConstraint(
                name="blocked_reported_is_complete",
                condition=Q(state__in=["open", "dismissed"])
                | ~Q(asset="") & ~Q(what="") & ~Q(authority="") & ~Q(programme="") & ~Q(action="") & ~Q(contact=""),
            ),
            models.CheckConstraint(
                name="blocked_released_at_and_by_and_why",
                condition=~Q(state="released")
                & Q(released_at__isnull=True, released_by__isnull=True, released_on__isnull=True, release_ground="")
                | Q(state="released", kind="blocked", released_at__isnull=False, released_by__isnull=False)
                & Q(released_on__gte=F("happened_on"))
                & ~Q(release_ground=""),
            ),
            models.CheckConstraint(
                name="blocked_is_kept_from_its_end",
                condition=Q(kept_from__isnull=False)
                & (Q(kind="rejected") | Q(state__in=["released", "dismissed"]))
                | Q(kept_from__isnull=True, kind="blocked", state__in=["open", "filed", "corrected"]),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Trigger(
                name="blocked_record_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'what was blocked is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {stray("hit_id", "kyc_hit")}
                    {stray("determination_id", "kyc_determination")}
                    IF TG_OP = 'INSERT' AND NEW.state <> 'open' THEN
                        RAISE EXCEPTION 'it begins with its clock' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND (
                        ROW(NEW.id, NEW.organisation_id, NEW.basis, NEW.hit_id, NEW.determination_id, NEW.made_at, NEW.made_by_id)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.basis, OLD.hit_id, OLD.determination_id, OLD.made_at, OLD.made_by_id)
                        OR OLD.state <> 'open' AND ROW(NEW.kind, NEW.happened_on, NEW.due_on)
                            IS DISTINCT FROM ROW(OLD.kind, OLD.happened_on, OLD.due_on)
                        OR OLD.made_by_id IS NULL AND NEW.happened_on > OLD.happened_on
                        OR OLD.state IN ('released', 'dismissed') AND NEW.state <> OLD.state
                    ) THEN
                        RAISE EXCEPTION 'it keeps its ground, its clock and its end' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND NEW.state <> OLD.state AND NOT (
                        NEW.state = 'released' AND OLD.state IN ('filed', 'corrected')
                        OR EXISTS (
                            SELECT 1 FROM kyc_blockedfiling f
                            WHERE f.record_id = NEW.id AND f.state = 'taken' AND (NEW.state, OLD.state, f.kind) IN (
                                ('filed', 'open', 'initial'), ('dismissed', 'open', 'none'),
                                ('corrected', 'filed', 'corrected'))
                        )
                    ) THEN
                        RAISE EXCEPTION 'it is reported by two' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"B-{self.made_at:%Y}-{self.pk:04d}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_filed(self) -> bool:
        return self.state in (self.State.FILED, self.State.CORRECTED, self.State.RELEASED)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is held or to be done any more."""
        return self.state in (self.State.RELEASED, self.State.DISMISSED) or (self.is_filed and self.kind == self.Kind.REJECTED)

    @property
    def is_late(self) -> bool:
        return self.is_open and self.due_on < timezone.localdate()

    @property
    def stands(self) -> str | Promise:
        return _("Changed since it was filed") if self.is_changed else self.get_state_display()

    @property
    def told_value(self) -> str:
        return f"{self.value:.2f} {self.currency}" if self.value is not None else ""


class BlockedFilingQuerySet(models.QuerySet["BlockedFiling"]):
    def waiting(self) -> "BlockedFilingQuerySet":
        return self.filter(state="proposed")


@tracked()
class BlockedFiling(models.Model):
    """A report to the authority as one officer prepared it, which another checks and files: the first of a record, one that
    corrects it, or that there is nothing to report of it; or the annual one of all that is held, whose records are `stock`."""

    of_the_house = True

    class Kind(models.TextChoices):
        INITIAL = "initial", _("First report")
        CORRECTED = "corrected", _("Corrected report")
        NONE = "none", _("Nothing to report")
        ANNUAL = "annual", _("Annual report")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second officer")
        TAKEN = "taken", _("Done")
        DECLINED = "declined", _("Sent back")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    record = models.ForeignKey(BlockedRecord, models.PROTECT, null=True, blank=True, related_name="filings")
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    stock = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True)
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField(auto_now_add=True)
    # Of what was filed: on which day, and under which reference of the authority's.
    filed_on = models.DateField(null=True, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    # Why it was sent back.
    declined_because = models.TextField(blank=True)

    objects = BlockedFilingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="blocked_filing_is_of_a_record_or_a_year",
                condition=Q(kind="annual", record__isnull=True, year__isnull=False)
                | Q(kind__in=["initial", "corrected", "none"], record__isnull=False, year__isnull=True, stock=[]),
            ),
            models.CheckConstraint(
                name="blocked_filing_says_when_and_where",
                condition=Q(state="taken", filed_on__isnull=False) & ~Q(kind="none") & ~Q(reference="")
                | Q(state="taken", kind="none", filed_on__isnull=True, reference="")
                | ~Q(state="taken") & Q(filed_on__isnull=True, reference=""),
            ),
            models.CheckConstraint(name="blocked_nothing_says_why", condition=~Q(kind__in=["none", "corrected"]) | ~Q(note="")),
            models.CheckConstraint(
                name="blocked_filing_sent_back_says_why",
                condition=Q(state="declined") & ~Q(declined_because="") | ~Q(state="declined") & Q(declined_because=""),
            ),
            models.UniqueConstraint(
                name="one_filing_waits_of_a_record", fields=["record"], condition=Q(state="proposed", record__isnull=False)
            ),
            models.UniqueConstraint(
                name="one_annual_filing", fields=["year"], condition=Q(kind="annual", state__in=["proposed", "taken"])
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="blocked_filing_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a filing is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {taken_by_another("taken", "blocked.filing")}
                    IF TG_OP = 'UPDATE' AND (OLD.state <> 'proposed' AND NEW IS DISTINCT FROM OLD
                        OR ROW(NEW.id, NEW.kind, NEW.record_id, NEW.year, NEW.stock, NEW.note, NEW.proposal_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.kind, OLD.record_id, OLD.year, OLD.stock, OLD.note, OLD.proposal_id))
                    THEN
                        RAISE EXCEPTION 'what was prepared does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def waits(self) -> bool:
        return self.state == self.State.PROPOSED
