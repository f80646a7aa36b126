"""Lists as published, possible matches of parties with their entries, and what is asked of the lists beside that."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission
from accounts.vault import RowNumber, SealedField, Subject
from accounts.vault.models import SubjectKey
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
            # A publisher may go back to what it gave out before.
            models.UniqueConstraint(name="list_file_loaded_once_a_day", fields=["source", "sha256", "published"]),
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


@tracked()
class Rescreening(Claimable):
    """A stretch of parties, from one number to another, that are to be compared with what is new in a list since the version that
    was in use before; the row is the queue. All stretches of a version are made with its activation, and anew where it comes into
    use again, once the day of another was corrected."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be compared")
        DONE = "done", _("Compared")
        FAILED = "failed", _("Could not be compared")

    version = models.ForeignKey(ListVersion, models.PROTECT, related_name="rescreenings")
    # None where the list was in use never before.
    since = models.ForeignKey(ListVersion, models.PROTECT, null=True, blank=True, related_name="+")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # How many parties were compared with how many entries, and how many matches came of it.
    parties = models.PositiveIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = jobs.indexes("rescreening", "waiting")
        constraints = [
            models.CheckConstraint(name="a_stretch_has_two_ends", condition=Q(last__gte=F("first"))),
        ]


class HitQuerySet(models.QuerySet["Hit"]):
    def standing(self) -> "HitQuerySet":
        """Without those of which an officer has overturned the ruling."""
        return self.filter(~Exists(Hit.objects.filter(before=OuterRef("pk"), overturns__isnull=False)))

    def visible_to(self, user: User) -> "HitQuerySet":
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def doubted(self) -> "HitQuerySet":
        """Of those that stand: to overturn the ruling waits for a second person."""
        return self.filter(overturning__isnull=False, overturning__outcome="", after__isnull=True)

    def open(self) -> "HitQuerySet":
        """Nobody has said whether they are the same, or not both who have to."""
        return self.filter(is_match=True, ruling__in=Hit.OPEN)

    def current(self, *, by: Any = None) -> "HitQuerySet":
        """What the last comparing of each pair came to, as far as it is a possible match and the party is still involved. Every
        other one is an earlier answer, and counts nowhere. `by` an instant leaves out what was compared later."""
        later = Hit.objects.filter(before=OuterRef("pk"))
        found = self.filter(party__removed_on__isnull=True, is_match=True)
        if by is not None:
            later, found = later.filter(found_at__lte=by), found.filter(found_at__lte=by)
        return found.filter(~Exists(later))


# A match that is strong, or ruled to be the same, is ruled on by two people; what was compared never changes, nor does a ruling
# that stands. One that was wrong is overturned by a row of its own, which says something else of the same comparing: by two
# people where the old ruling or the new one took two, and so is whatever is said of that row later.
RULED_BY_TWO = f"""
    {YIELDS}
    IF TG_OP = 'UPDATE' AND ROW(NEW.id, NEW.organisation_id, NEW.party_id, NEW.source, NEW.list_version_id, NEW.entry_id,
        NEW.entry_name, NEW.entry_content, NEW.party_name, NEW.party_digest, NEW.compared, NEW.score, NEW.reasons, NEW.topics,
        NEW.engine, NEW.configuration, NEW.is_match, NEW.is_strong, NEW.is_gone, NEW.before_id, NEW.overturns_id, NEW.found_at)
        IS DISTINCT FROM ROW(OLD.id, OLD.organisation_id, OLD.party_id, OLD.source, OLD.list_version_id, OLD.entry_id,
        OLD.entry_name, OLD.entry_content, OLD.party_name, OLD.party_digest, OLD.compared, OLD.score, OLD.reasons, OLD.topics,
        OLD.engine, OLD.configuration, OLD.is_match, OLD.is_strong, OLD.is_gone, OLD.before_id, OLD.overturns_id,
        OLD.found_at) THEN
        RAISE EXCEPTION 'what was compared does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.ruling IN ('true', 'false') AND ROW(NEW.ruling, NEW.ruling_reason, NEW.ruling_note,
        NEW.ruled_by_id, NEW.ruled_at, NEW.proposal_id) IS DISTINCT FROM ROW(OLD.ruling, OLD.ruling_reason, OLD.ruling_note,
        OLD.ruled_by_id, OLD.ruled_at, OLD.proposal_id) THEN
        RAISE EXCEPTION 'a ruling that stands does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.overturns_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM kyc_hit b
        WHERE b.id = NEW.before_id AND b.ruling IN ('true', 'false') AND NEW.overturns_id = coalesce(b.overturns_id, b.id)
          AND NEW.ruling NOT IN ('', b.ruling) AND NEW.ruling_note <> ''
          AND (NEW.proposal_id IS NULL OR NEW.proposal_id = b.overturning_id)
          AND ROW(NEW.organisation_id, NEW.party_id, NEW.source, NEW.list_version_id, NEW.entry_id, NEW.entry_name,
            NEW.entry_content, NEW.party_name, NEW.party_digest, NEW.compared, NEW.score, NEW.reasons, NEW.topics, NEW.engine,
            NEW.configuration, NEW.is_match, NEW.is_strong, NEW.is_gone) IS NOT DISTINCT FROM
            ROW(b.organisation_id, b.party_id, b.source, b.list_version_id, b.entry_id, b.entry_name,
            b.entry_content, b.party_name, b.party_digest, b.compared, b.score, b.reasons, b.topics, b.engine,
            b.configuration, b.is_match, b.is_strong, b.is_gone)
    ) THEN
        RAISE EXCEPTION 'only a ruling that stands is overturned, by another on the same, with a note'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.overturning_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM accounts_proposal p
        WHERE p.id = NEW.overturning_id AND p.kind = 'hit.ruling' AND p.organisation_id = NEW.organisation_id
          AND p.choice <> NEW.ruling
    ) THEN
        RAISE EXCEPTION 'a ruling is overturned by a proposal to rule otherwise' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.ruling = 'true' OR NEW.ruling = 'false' AND NEW.is_strong OR NEW.overturns_id IS NOT NULL AND EXISTS (
            SELECT 1 FROM kyc_hit b JOIN accounts_proposal p ON p.id = b.proposal_id
            WHERE b.id = NEW.before_id AND p.outcome = 'taken' AND p.choice = b.ruling
        ) AND (TG_OP = 'INSERT' OR NEW.ruling = 'false')) AND NOT EXISTS (
        SELECT 1 FROM accounts_proposal p
        WHERE p.id = NEW.proposal_id AND p.kind = 'hit.ruling' AND p.organisation_id = NEW.organisation_id
          AND p.choice = NEW.ruling AND p.reason = NEW.ruling_reason AND p.proposed_by_id = NEW.ruled_by_id
          AND p.outcome = 'taken' AND p.outcome_by_id <> p.proposed_by_id
    ) THEN
        RAISE EXCEPTION 'this match is ruled on by a proposal that a second person has taken' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""  # noqa: S608  # nosec B608  # a condition of ours


@tracked()
class Hit(models.Model):
    """A possible match of a party with a list entry as both were when they were compared, and an officer's word on it. Of each
    pair there is one row after another (`before`), a new one only when either side has changed: so a ruling holds as long as
    neither does, in whatever version of the list the entry stands."""

    personal = ("party_name", "party_digest", "compared", "reasons", "ruling_note")

    class Ruling(models.TextChoices):
        TRUE = "true", _("Same")
        FALSE = "false", _("Another")
        UNDECIDED = "undecided", _("Not decided")

    OPEN = ("", Ruling.UNDECIDED)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="hits")
    source = models.CharField(max_length=20, choices=ListVersion.Source.choices)
    # In which the entry was compared first, as it is.
    list_version = models.ForeignKey(ListVersion, models.PROTECT)
    entry_id = models.CharField(max_length=LONGEST_ID)
    entry_name = models.CharField(max_length=LONGEST_NAME)
    # ListEntry.content; of one that is gone, what it was last.
    entry_content = models.CharField(max_length=64)
    # What of the party was compared: a keyed hash of all, and the facts as kyc.screening.compared keeps them.
    party_name = models.CharField(max_length=300)
    party_digest = models.CharField(max_length=64)
    compared = models.JSONField(default=dict)
    score = models.DecimalField(max_digits=4, decimal_places=3)
    reasons = models.JSONField(default=list)
    # Why the entry is listed: kyc.screening.entries.Topic.
    topics = models.JSONField(default=list)
    # By which code and which weights it was found (kyc.screening.weighing).
    engine = models.CharField(max_length=40)
    configuration = models.CharField(max_length=20)
    # False where the two were a possible match before, and are none any more.
    is_match = models.BooleanField(default=True)
    # So alike that nobody rules on it alone.
    is_strong = models.BooleanField(default=False)
    # Confirmed before, and the list has the entry no more.
    is_gone = models.BooleanField(default=False)
    before = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="after")
    # Of a row by which an officer has overturned the ruling on the one before it, where nothing was compared again: the match as
    # it was found, which all rulings on that comparing are about.
    overturns = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    found_at = models.DateTimeField(auto_now_add=True)
    ruling = models.CharField(max_length=10, choices=Ruling.choices, blank=True)
    ruling_reason = models.CharField(max_length=60, blank=True)
    ruling_note = models.TextField(blank=True)
    ruled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ruled_at = models.DateTimeField(null=True, blank=True)
    # Of a ruling that two people make: the newest, whatever came of it.
    proposal = models.OneToOneField(Proposal, models.PROTECT, null=True, blank=True, related_name="hit")
    # Of overturning the ruling, where that takes two people: the newest, whatever came of it.
    overturning = models.OneToOneField(Proposal, models.PROTECT, null=True, blank=True, related_name="overturned_hit")

    objects = HitQuerySet.as_manager()

    class Meta:
        # Few are, and what they block is looked for by the clock.
        indexes = [models.Index(name="hit_ruled_the_same", fields=["organisation"], condition=Q(ruling="true"))]
        constraints = [
            # The others of a pair each have one before them.
            models.UniqueConstraint(
                name="a_pair_begins_once", fields=["party", "source", "entry_id"], condition=Q(before__isnull=True)
            ),
            models.CheckConstraint(
                name="ruling_needs_reason_and_person",
                condition=Q(ruling="", ruled_by__isnull=True, ruled_at__isnull=True, ruling_reason="")
                | ~Q(ruling="") & Q(ruled_by__isnull=False, ruled_at__isnull=False) & ~Q(ruling_reason=""),
            ),
            models.CheckConstraint(name="only_a_match_is_ruled_on", condition=Q(is_match=True) | Q(ruling="")),
            models.CheckConstraint(name="hit_names_its_engine", condition=~Q(engine="") & ~Q(configuration="")),
            models.CheckConstraint(
                name="only_a_ruling_is_overturned", condition=Q(overturning__isnull=True) | Q(ruling__in=["true", "false"])
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="hit_is_fixed_and_ruled_by_two",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=RULED_BY_TWO,
            )
        ]

    @property
    def is_open(self) -> bool:
        return self.is_match and self.ruling in self.OPEN

    @property
    def waits(self) -> bool:
        """For a second person."""
        return self.is_open and self.proposal is not None and not self.proposal.outcome

    @property
    def is_ruled(self) -> bool:
        return self.ruling in (self.Ruling.TRUE, self.Ruling.FALSE)

    @property
    def is_by_two(self) -> bool:
        """Whether two people made the ruling that stands."""
        found = self.proposal
        return found is not None and found.outcome == Proposal.Outcome.TAKEN and found.choice == self.ruling

    @property
    def is_doubted(self) -> bool:
        """To overturn the ruling waits for a second person."""
        return self.overturning is not None and not self.overturning.outcome

    def needs_two(self, ruling: str) -> bool:
        """Whether nobody may rule so alone."""
        if ruling == self.Ruling.TRUE:
            return True
        return ruling == self.Ruling.FALSE and (self.is_strong or self.overturns_by_two)

    @property
    def overturns_by_two(self) -> bool:
        """Whether what this row overturns was ruled by two people."""
        return self.overturns_id is not None and self.before is not None and self.before.is_by_two


class InquiryQuerySet(models.QuerySet["Inquiry"]):
    def visible_to(self, user: User) -> "InquiryQuerySet":
        """One's own, or everybody's."""
        if user.can(Permission.INQUIRY_ALL):
            return self
        return self.filter(asked_by=user) if user.can(Permission.INQUIRY_VIEW) else self.none()

    def counted(self) -> "InquiryQuerySet":
        """With how far each is, and what came of it: `done_rows`, `hit_rows` and `strong_rows` of its rows; `waiting`, `taken`
        and `failed` of its parts."""
        part = InquiryPart.State
        at_work = Q(parts__state=part.WAITING, parts__claimed_until__gt=Now(), parts__job_token__isnull=False)
        return self.annotate(
            done_rows=Coalesce(Sum("parts__size", filter=Q(parts__state=part.DONE)), 0),
            hit_rows=Coalesce(Sum("parts__with_hits"), 0),
            strong_rows=Coalesce(Sum("parts__with_strong"), 0),
            waiting=Count("parts", filter=Q(parts__state=part.WAITING)),
            taken=Count("parts", filter=at_work),
            failed=Count("parts", filter=Q(parts__state=part.FAILED)),
        )


@tracked()
class Inquiry(models.Model):
    """What an officer asked of the lists beside any case: about one, or about each row of a file. It is answered part by part,
    by the versions that were in use when it began. Whom it is about is sealed in its parts, under a key of its own."""

    of_the_house = True
    personal = ("title", "note")
    own_key = SubjectKey.Kind.INQUIRY

    class Reason(models.TextChoices):
        PROSPECT = "prospect", _("Before somebody becomes a customer")
        PAYMENT = "payment", _("A payment, or who pays or is paid")
        SUPPLIER = "supplier", _("A supplier or partner of ours")
        STAFF = "staff", _("Somebody who works for us, or will")
        AUTHORITY = "authority", _("An authority or a court asks")
        NEWS = "news", _("News, or a tip")
        TRIAL = "trial", _("To see how the lists are searched")
        OTHER = "other", _("Another reason, named in the note")

    class Standing(models.TextChoices):
        HELD = "held", _("Not begun")
        ASKED = "asked", _("Asked")
        LOOKING = "looking", _("Being looked at")
        ANSWERED = "answered", _("Answered")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Could not be answered")

    id = RowNumber(primary_key=True)
    # Of one the name asked about; of many the file's.
    title = models.CharField(max_length=300)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    note = models.CharField(max_length=2000, blank=True)
    is_bulk = models.BooleanField(default=False)
    rows = models.PositiveIntegerField()
    # Rows of the file that can't be asked about, with the reason of each: kyc.screening.asked.
    faulty = models.PositiveIntegerField(default=0)
    faults = SealedField(blank=True)
    # The versions that it is answered by, as kyc.cases.models.Examination has them; none before it has begun.
    lists = models.JSONField(default=list, blank=True)
    rule_pack = models.CharField(max_length=20, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = InquiryQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="inquiry_of_whom", fields=["asked_by", "-id"])]
        constraints = [
            models.CheckConstraint(name="inquiry_asks_about_somebody", condition=Q(rows__gt=0) & ~Q(title="")),
            models.CheckConstraint(
                name="inquiry_known_reason",
                condition=Q(
                    reason__in=[
                        "prospect",
                        "payment",
                        "supplier",
                        "staff",
                        "authority",
                        "news",
                        "trial",
                        "other",
                    ]
                ),
            ),
            models.CheckConstraint(name="other_reason_needs_a_note", condition=~Q(reason="other") | ~Q(note="")),
            models.CheckConstraint(
                name="inquiry_begun_names_its_lists",
                condition=Q(begun_at__isnull=True) | ~Q(rule_pack="") & ~Q(lists=[]),
            ),
            models.CheckConstraint(
                name="inquiry_cancelled_at_and_by",
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="inquiry_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an inquiry is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF OLD.cancelled_at IS NOT NULL
                        OR (to_jsonb(NEW) - ARRAY['lists', 'rule_pack', 'begun_at', 'cancelled_at', 'cancelled_by_id'])
                            <> (to_jsonb(OLD) - ARRAY['lists', 'rule_pack', 'begun_at', 'cancelled_at', 'cancelled_by_id'])
                        OR (OLD.begun_at IS NOT NULL AND ROW(NEW.begun_at, NEW.rule_pack, NEW.lists)
                            IS DISTINCT FROM ROW(OLD.begun_at, OLD.rule_pack, OLD.lists)) THEN
                        RAISE EXCEPTION 'what was asked does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"Q-{self.asked_at:%Y}-{self.pk:05d}"

    @property
    def sealed_for(self) -> Subject:
        return Subject.inquiry(self.pk)

    @property
    def asked_rows(self) -> int:
        """Those that can be asked about."""
        return self.rows - self.faulty

    @property
    def left_rows(self) -> int:
        """Of one that is `counted`: those that can be asked about, and are not answered."""
        counts: Any = self
        return int(self.asked_rows - counts.done_rows)

    @property
    def standing(self) -> "Inquiry.Standing":
        """Of one that is `counted`."""
        counts: Any = self
        if self.cancelled_at:
            return self.Standing.CANCELLED
        if self.begun_at is None:
            return self.Standing.HELD
        if counts.done_rows == self.asked_rows:
            return self.Standing.ANSWERED
        if not counts.waiting:
            # What was erased while it waited was asked of nobody.
            return self.Standing.FAILED if counts.failed else self.Standing.CANCELLED
        return self.Standing.LOOKING if counts.taken or counts.done_rows else self.Standing.ASKED


@tracked(exclude=["subjects", "answers"])
class InquiryPart(Claimable):
    """Some rows of an inquiry, in the order of the file, that are answered together; the row is the queue. `first` is the place
    of the first of them, from 1."""

    of_the_house = True

    class State(models.TextChoices):
        HELD = "held", _("Not begun")
        WAITING = "waiting", _("To be answered")
        DONE = "done", _("Answered")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Could not be answered")

    id = RowNumber(primary_key=True)
    inquiry = models.ForeignKey(Inquiry, models.PROTECT, related_name="parts")
    # Whoever asks about one waits for it, so that goes first.
    is_bulk = models.BooleanField()
    first = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    # Whom it is about, and what was found of each: kyc.screening.asked.
    subjects = SealedField()
    answers = SealedField(blank=True)
    state = models.CharField(max_length=20, choices=State.choices)
    # Rows with possible matches from the line on, and with any that nobody would rule on alone.
    with_hits = models.PositiveIntegerField(default=0)
    with_strong = models.PositiveIntegerField(default=0)
    engine = models.CharField(max_length=40, blank=True)
    configuration = models.CharField(max_length=20, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            *jobs.indexes("inquirypart", "waiting"),
            models.Index(name="inquirypart_next", fields=["is_bulk", "id"], condition=Q(state="waiting")),
        ]
        constraints = [
            models.UniqueConstraint(name="a_row_is_asked_once", fields=["inquiry", "first"]),
            models.CheckConstraint(name="a_part_has_rows", condition=Q(first__gt=0, size__gt=0) & ~Q(subjects="")),
            models.CheckConstraint(
                name="answer_names_its_engine",
                condition=Q(state="done", done_at__isnull=False) & ~Q(answers="") & ~Q(engine="") & ~Q(configuration="")
                | ~Q(state="done") & Q(done_at__isnull=True, answers="", engine="", configuration="", with_hits=0, with_strong=0),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="answered_part_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'what was asked is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF OLD.state = 'done' OR ROW(NEW.id, NEW.inquiry_id, NEW.is_bulk, NEW.first, NEW.size, NEW.subjects)
                        IS DISTINCT FROM ROW(OLD.id, OLD.inquiry_id, OLD.is_bulk, OLD.first, OLD.size, OLD.subjects) THEN
                        RAISE EXCEPTION 'what was asked and answered does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def sealed_for(self) -> Subject:
        return Subject.inquiry(self.inquiry_id)
