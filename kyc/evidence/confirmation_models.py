"""What was confirmed of a party otherwise than by its papers alone, and what is under way: codes, domains, checks outside."""

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.vault import RowNumber, SealedField, Subject
from config import jobs
from config.jobs import Claimable
from kyc.evidence.models import Document
from kyc.parties.models import Party, PaymentMeans

OPEN = ("waiting", "sent")


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    def live(self) -> "ConfirmationQuerySet":
        return self.filter(ended_at__isnull=True)

    def good(self, on: date) -> "ConfirmationQuerySet":
        """Those that may be relied on that day: not ended, not expired, no document or means of payment taken back, and no
        document unsound."""
        return (
            self.live()
            .filter(valid_until__gte=on, means__valid_to__isnull=True)
            .exclude(document__isnull=False, document__removed_at__isnull=False)
            .exclude(document__in=Document.objects.unsound())
        )


@tracked()
class Confirmation(models.Model):
    """That one thing a party says of itself was found to be so: what, as it stood then, how, by whom, and until when it may be
    relied on (IDA-01, FIN-12: method and result). It ends by itself once the party says another thing."""

    personal = ("note", "details")

    class What(models.TextChoices):
        EMAIL = "email", _("E-mail address")
        PHONE = "phone", _("Telephone")
        ADDRESS = "address", _("Address")
        DOMAIN = "domain", _("Web domain")
        LEI = "lei", "LEI"
        REGISTRATION = "registration", _("Entry in the register")
        PAYMENT = "payment", _("Name on a means of payment")
        IDENTITY = "identity", _("Identity")

    class How(models.TextChoices):
        EMAIL_CODE = "email_code", _("by a code sent by e-mail")
        PHONE_CODE = "phone_code", _("by a code sent by text message")
        LETTER_CODE = "letter_code", _("by a code sent by post")
        DNS = "dns", _("by a record in the DNS")
        WEB_FILE = "web_file", _("by a file on its web site")
        DOMAIN_MAIL = "domain_mail", _("by a code sent to who keeps the domain")
        GLEIF = "gleif", _("by the list of GLEIF")
        EXTRACT = "extract", _("by an extract of the register")
        ADDRESS_DOCUMENT = "address_document", _("by a document that bears it")
        PAYMENT_NAME = "payment_name", _("by comparing the names")
        NOTARISED = "notarised", _("by a notarised copy")
        LETTER = "letter", _("by a letter of a third party")
        SERVICE = "service", _("by a verification service")

    id = RowNumber(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="confirmations")
    what = models.CharField(max_length=20, choices=What.choices)
    how = models.CharField(max_length=20, choices=How.choices)
    # As it stood; and by which it is told whether the party still says so.
    value = SealedField(blank=True)
    mark = models.CharField(max_length=64)
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True)
    means = models.ForeignKey(PaymentMeans, models.PROTECT, null=True, blank=True)
    # Facts of the check: dates, statuses, what differed; no number and no picture.
    details = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    rule_pack = models.CharField(max_length=20)
    # Nobody where the product itself found it.
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=300, blank=True)

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="confirmation_ends_for_a_reason",
                condition=Q(ended_at__isnull=True, ended_because="") | Q(ended_at__isnull=False) & ~Q(ended_because=""),
            ),
            models.CheckConstraint(
                name="confirmation_by_a_paper_has_one",
                condition=~Q(how__in=["extract", "address_document", "notarised", "letter"])
                | Q(document__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="confirmation_of_payment_names_the_means",
                condition=Q(what="payment", means__isnull=False) | ~Q(what="payment") & Q(means__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_live_confirmation_a_way",
                fields=["party", "what", "how", "mark"],
                condition=Q(ended_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="ended_confirmation_stays_so",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False) & pgtrigger.Q(old__ended_at__df=pgtrigger.F("new__ended_at")),
            )
        ]

    @property
    def sealed_for(self) -> Subject:
        return self.party.sealed_for


@tracked(exclude=["digest", "salt"])
class ConfirmationCode(Claimable):
    """A code on its way to an address that a party named (IDA-05). The code itself is kept nowhere: of it there is a keyed hash,
    how often it was tried, and until when it counts. A text message is sent by a worker, for which the row is the job."""

    personal = ()

    class Channel(models.TextChoices):
        EMAIL = "email", _("by e-mail")
        PHONE = "phone", _("by text message")
        POST = "post", _("by post")
        DOMAIN = "domain", _("by e-mail to who keeps the domain")

    class State(models.TextChoices):
        WAITING = "waiting", _("on its way")
        SENT = "sent", _("sent")
        USED = "used", _("used")
        ENDED = "ended", _("good no more")
        FAILED = "failed", _("could not be sent")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="codes")
    channel = models.CharField(max_length=20, choices=Channel.choices)
    # Of whoever keeps the domain; else the code goes to what the party itself says.
    mailbox = models.CharField(max_length=20, blank=True)
    # By which the same address is known again.
    mark = models.CharField(max_length=64)
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, blank=True)
    locale = models.CharField(max_length=10)
    tries = models.PositiveSmallIntegerField(default=0)
    most_tries = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20, choices=State.choices)
    # The customer's member, or the officer who printed the letter.
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            *jobs.indexes("code", "waiting"),
            models.Index(name="code_by_address", fields=["mark", "asked_at"]),
        ]
        constraints = [
            models.CheckConstraint(name="code_is_tried_so_often", condition=Q(tries__lte=F("most_tries"), most_tries__lte=5)),
            models.CheckConstraint(
                name="sent_code_has_its_end",
                condition=Q(state="sent", sent_at__isnull=False, expires_at__gt=F("sent_at")) & ~Q(digest="") | ~Q(state="sent"),
            ),
            models.UniqueConstraint(name="one_open_code_a_way", fields=["party", "channel"], condition=Q(state__in=OPEN)),
        ]
        triggers = [
            pgtrigger.Protect(
                name="no_try_is_taken_back",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__tries__gt=pgtrigger.F("new__tries")),
            ),
            pgtrigger.Protect(
                name="used_code_stays_so",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["used", "ended"]) & pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
            ),
        ]


@tracked()
class DomainChallenge(Claimable):
    """What a customer publishes to show that a domain is in his hands, and how it stands. A worker looks for it, first when the
    customer asks, then once in a while; the row is the job."""

    personal = ("domain",)

    class State(models.TextChoices):
        OPEN = "open", _("to be published")
        DUE = "due", _("being looked for")
        HELD = "held", _("in its hands")
        LOST = "lost", _("no longer found")
        ENDED = "ended", _("taken back")
        FAILED = "failed", _("could not be looked for")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="challenges")
    domain = models.CharField(max_length=253)
    # Published by whoever keeps the domain, so no secret; nobody can guess another's.
    token = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    # What was found when it was last looked for, by a word of confirming.domains.
    found = models.CharField(max_length=20, blank=True)
    # How often in a row it was not there, of one that was.
    misses = models.PositiveSmallIntegerField(default=0)
    confirmation = models.ForeignKey(Confirmation, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            *jobs.indexes("challenge", "due"),
            models.Index(name="challenge_next", fields=["due_at"], condition=Q(state="held")),
        ]
        constraints = [
            models.CheckConstraint(
                name="held_domain_is_confirmed", condition=~Q(state__in=["held", "lost"]) | Q(confirmation__isnull=False)
            ),
            models.UniqueConstraint(
                name="one_challenge_a_party", fields=["party"], condition=Q(state__in=["open", "due", "held", "failed"])
            ),
        ]


class OutsideCheckQuerySet(models.QuerySet["OutsideCheck"]):
    def open(self) -> "OutsideCheckQuerySet":
        return self.filter(state__in=OutsideCheck.OPEN)


@tracked()
class OutsideCheck(models.Model):
    """One run of a verification service outside about one person. The pictures stay there: here stand its number there, what kind
    of evidence it saw, what it found, and the hash of the message that said so (PRV-06)."""

    personal = ("descriptors",)

    class State(models.TextChoices):
        BEGINNING = "beginning", _("being begun")
        STARTED = "started", _("begun")
        PROCESSING = "processing", _("being examined there")
        INPUT_NEEDED = "input_needed", _("waits for the person")
        VERIFIED = "verified", _("verified")
        REFUSED = "refused", _("not verified")
        CANCELLED = "cancelled", _("called off")

    OPEN = (State.STARTED, State.PROCESSING, State.INPUT_NEEDED)
    FINAL = (State.VERIFIED, State.REFUSED, State.CANCELLED)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="outside_checks")
    service = models.CharField(max_length=20)
    # By which the service knows it, and by which it knows us.
    reference = models.CharField(max_length=200)
    state = models.CharField(max_length=20, choices=State.choices, default=State.STARTED)
    # The service's own time of what was last taken over.
    told_at = models.DateTimeField(null=True, blank=True)
    descriptors = models.JSONField(default=dict)
    result_sha256 = models.CharField(max_length=64, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    confirmation = models.ForeignKey(Confirmation, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OutsideCheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_check_a_reference", fields=["service", "reference"]),
            models.UniqueConstraint(
                name="one_open_check_a_service",
                fields=["party", "service"],
                condition=Q(state__in=["started", "processing", "input_needed"]),
            ),
            models.CheckConstraint(
                name="outside_result_has_its_hash",
                condition=~Q(state__in=["verified", "refused"]) | Q(told_at__isnull=False) & ~Q(result_sha256=""),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="outside_result_stays_so",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["verified", "refused", "cancelled"])
                & pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
            ),
            pgtrigger.Protect(
                name="outside_time_runs_forward",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__told_at__gt=pgtrigger.F("new__told_at")),
            ),
        ]


class OutsideMessage(models.Model):
    """A signed message of a verification service, as a hash: the same one is taken once."""

    append_only = True

    class Effect(models.TextChoices):
        APPLIED = "applied", _("taken over")
        STALE = "stale", _("older than what is known")
        IGNORED = "ignored", _("about nothing that is kept")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    check_about = models.ForeignKey(OutsideCheck, models.PROTECT, related_name="messages")
    service = models.CharField(max_length=20)
    event = models.CharField(max_length=200)
    kind = models.CharField(max_length=100)
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    sha256 = models.CharField(max_length=64)
    effect = models.CharField(max_length=20, choices=Effect.choices)

    class Meta:
        constraints = [models.UniqueConstraint(name="outside_message_once", fields=["service", "event"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
