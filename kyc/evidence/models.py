"""Documents that support what was declared."""

from datetime import date

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.vault import Subject, VaultFileField
from config.jobs import Claimable
from kyc.parties.models import Attribute, Exclusion, Party, PersonStatus, Role


class DocumentQuerySet(models.QuerySet["Document"]):
    def current(self) -> "DocumentQuerySet":
        """Those that count. What the scanner found something in, or could not check, proves nothing and is to be sent anew."""
        return self.filter(removed_at__isnull=True).exclude(intake__in=SHUT)

    def openable(self) -> "DocumentQuerySet":
        """Those that officers may have read, and that may prove something."""
        return self.current().filter(intake__in=OPENABLE)

    def to_send_anew(self) -> "DocumentQuerySet":
        """Those that nobody opens, until another of that kind, about the same party, is there."""
        there = Document.objects.current().alias(whose=Coalesce("party", 0))
        later = there.filter(organisation=OuterRef("organisation"), kind=OuterRef("kind"), pk__gt=OuterRef("pk"))
        later = later.filter(whose=OuterRef("whose"))
        shut = self.filter(intake__in=SHUT, removed_at__isnull=True).alias(whose=Coalesce("party", 0))
        return shut.filter(~Exists(later)).order_by("pk")

    def rejected(self) -> "DocumentQuerySet":
        """Those of which an officer's last word is that they are not to be relied on: nothing is proved by them."""
        return self.filter(reviews__ruling="rejected", reviews__superseded_at__isnull=True)

    def unsound(self) -> "DocumentQuerySet":
        """Those by which nothing is proved any more, whoever had relied on them: rejected, or not let through by the virus
        scanner, as one that was released without it."""
        return self.filter(Q(intake__in=SHUT) | Q(pk__in=Document.objects.rejected().values("pk")))

    def of_case(self, organisation: int) -> "DocumentQuerySet":
        """As the desk lists them, those that were found infected too: what became of each is shown."""
        found = self.filter(organisation=organisation, removed_at__isnull=True)
        return found.select_related("uploaded_by", "party", "released_by").order_by("pk")


@tracked()
class Document(Claimable):
    """One file that was sent: what it is, what it is called, and what was made of it. Kept is what kyc/evidence/taking made anew,
    with its type, size and digest; of the file as it was sent its digest, and in `origin` what its metadata told of how it was
    made (kyc/evidence/taking/origins.py). Until the scanner has answered nobody opens it: the row is the job."""

    personal = ("name", "origin")

    class Intake(models.TextChoices):
        WAITING = "waiting", _("waits for the virus scanner")
        CLEAN = "clean", _("checked for viruses")
        RELEASED = "released", _("released without the virus scanner")
        INFECTED = "infected", _("the virus scanner found something")
        FAILED = "failed", _("could not be checked for viruses")

    class Kind(models.TextChoices):
        REGISTER_EXTRACT = "register_extract", _("Register extract")
        ARTICLES = "articles", _("Articles of association")
        FOUNDING_ACT = "founding_act", _("Founding act or statute")
        TRUST_DEED = "trust_deed", _("Trust deed")
        PASSPORT = "passport", _("Passport")
        IDENTITY_CARD = "identity_card", _("Identity card")
        RESIDENCE = "residence", _("Residence permit or proof of status")
        ADDRESS = "address", _("Proof of address")
        AUTHORITY = "authority", _("Proof of authority to sign")
        LICENCE = "licence", _("Licence, listing or entry with a regulator")
        PAYMENT = "payment", _("Account statement")
        WEALTH = "wealth", _("Proof of the source of wealth")
        OTHER = "other", _("Other document")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True)
    kind = models.CharField(_("what it is"), max_length=30, choices=Kind.choices)
    name = models.CharField(max_length=200)
    file = VaultFileField()
    content_type = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    sent_sha256 = models.CharField(max_length=64)
    origin = models.JSONField(default=dict, blank=True)
    intake = models.CharField(max_length=20, choices=Intake.choices, default=Intake.WAITING)
    scanned_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # Nobody with an account when the person himself sent it, by an invitation.
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    invitation = models.ForeignKey("Invitation", models.PROTECT, null=True, blank=True)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="document_waiting", fields=["id"], condition=Q(intake="waiting"))]
        constraints = [
            models.CheckConstraint(
                name="document_is_clean_once_scanned",
                condition=Q(intake__in=["clean", "infected"]) ^ Q(scanned_at__isnull=True),
            ),
            models.CheckConstraint(
                name="document_is_released_by_somebody",
                condition=Q(intake="released", released_at__isnull=False, released_by__isnull=False)
                | Q(released_at__isnull=True, released_by__isnull=True) & ~Q(intake="released"),
            ),
            models.CheckConstraint(
                name="document_comes_from_somebody", condition=Q(uploaded_by__isnull=True) ^ Q(invitation__isnull=True)
            ),
            models.CheckConstraint(
                name="document_removed_at_and_by",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
        ]

    @property
    def sealed_for(self) -> Subject:
        return self.party.sealed_for if self.party else Subject.of_organisation(self.organisation_id)

    @property
    def is_openable(self) -> bool:
        return self.intake in OPENABLE


OPENABLE = (Document.Intake.CLEAN, Document.Intake.RELEASED)
# What nobody opens, and what does not wait to be checked either.
SHUT = (Document.Intake.INFECTED, Document.Intake.FAILED)


class StatusProofQuerySet(models.QuerySet["StatusProof"]):
    def good(self, on: date) -> "StatusProofQuerySet":
        """Those that may be relied on that day: not expired, and neither the document taken back or unsound nor the status said
        anew."""
        found = self.filter(valid_until__gte=on, document__removed_at__isnull=True, status__valid_to__isnull=True)
        return found.exclude(document__in=Document.objects.unsound())


@tracked()
class StatusProof(models.Model):
    """That an officer has verified a person status, by what, and until when it may be relied on."""

    personal = ("note",)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    status = models.ForeignKey(PersonStatus, models.PROTECT, related_name="proofs")
    document = models.ForeignKey(Document, models.PROTECT)
    note = models.TextField(blank=True)
    proved_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proved_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateField()

    objects = StatusProofQuerySet.as_manager()


class AuthorityProofQuerySet(models.QuerySet["AuthorityProof"]):
    def good(self) -> "AuthorityProofQuerySet":
        """Those of which neither the document was taken back or is unsound nor the role has ended."""
        found = self.filter(document__removed_at__isnull=True, role__valid_to__isnull=True)
        return found.exclude(document__in=Document.objects.unsound())


@tracked()
class AuthorityProof(models.Model):
    """That an officer has verified that a signatory may sign, and by which document (FATF-02). It ends with the role or the
    document."""

    personal = ("note",)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    role = models.ForeignKey(Role, models.PROTECT, related_name="proofs")
    document = models.ForeignKey(Document, models.PROTECT)
    note = models.TextField(blank=True)
    proved_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proved_at = models.DateTimeField(auto_now_add=True)

    objects = AuthorityProofQuerySet.as_manager()


class AttributeProofQuerySet(models.QuerySet["AttributeProof"]):
    def good(self) -> "AttributeProofQuerySet":
        """Those whose document was not taken back and is not unsound. What is proved of a time that is over stays proved."""
        return self.filter(document__removed_at__isnull=True).exclude(document__in=Document.objects.unsound())


@tracked()
class AttributeProof(models.Model):
    """That an officer has verified where an entity was formed or is run from, or who its ultimate parent is, and by which
    document (USX-01)."""

    personal = ("note",)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    attribute = models.ForeignKey(Attribute, models.PROTECT, related_name="proofs")
    document = models.ForeignKey(Document, models.PROTECT)
    note = models.TextField(blank=True)
    proved_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proved_at = models.DateTimeField(auto_now_add=True)

    objects = AttributeProofQuerySet.as_manager()


class ExclusionRulingQuerySet(models.QuerySet["ExclusionRuling"]):
    def live(self) -> "ExclusionRulingQuerySet":
        return self.filter(superseded_at__isnull=True)

    def good(self, on: date) -> "ExclusionRulingQuerySet":
        """Those that may be relied on that day: verified and not expired, and neither the document nor the claim taken back, nor
        the document unsound."""
        found = self.live().filter(
            ruling=ExclusionRuling.Ruling.VERIFIED,
            valid_until__gte=on,
            document__removed_at__isnull=True,
            exclusion__valid_to__isnull=True,
        )
        return found.exclude(document__in=Document.objects.unsound())


@tracked()
class ExclusionRuling(models.Model):
    """An officer's word on an exclusion that a company claims: verified, by which document and until when, or not accepted; why,
    in either case."""

    personal = ("reason",)

    class Ruling(models.TextChoices):
        VERIFIED = "verified", _("It is so: verified")
        REJECTED = "rejected", _("It is not shown: not accepted")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    exclusion = models.ForeignKey(Exclusion, models.PROTECT, related_name="rulings")
    ruling = models.CharField(max_length=20, choices=Ruling.choices)
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True)
    reason = models.TextField()
    ruled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = ExclusionRulingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="exclusion_ruling_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="exclusion_is_verified_by_a_document_until",
                condition=Q(ruling="verified", document__isnull=False, valid_until__isnull=False)
                | Q(ruling="rejected", document__isnull=True, valid_until__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_live_ruling_an_exclusion", fields=["exclusion"], condition=Q(superseded_at__isnull=True)
            ),
        ]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def live(self) -> "InvitationQuerySet":
        """Neither used nor withdrawn, and not expired by the database's clock."""
        return self.filter(used_at__isnull=True, ended_at__isnull=True, expires_at__gt=Now())


@tracked(exclude=["digest"])
class Invitation(models.Model):
    """A person is asked to prove himself, by a link sent to one e-mail address. The link itself is kept nowhere."""

    personal = ("email",)

    class State(models.TextChoices):
        OPEN = "open", _("waits for the person")
        USED = "used", _("has answered")
        ENDED = "ended", _("withdrawn")
        EXPIRED = "expired", _("expired")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="invitations")
    email = models.EmailField()
    digest = models.CharField(max_length=64, unique=True)
    locale = models.CharField(max_length=10)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    invited_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    # Withdrawn, or another was sent in its place.
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="invitation_expires_later", condition=Q(expires_at__gt=F("invited_at"))),
            models.UniqueConstraint(
                name="one_open_invitation_a_person",
                fields=["party"],
                condition=Q(used_at__isnull=True, ended_at__isnull=True),
            ),
        ]

    @property
    def state(self) -> str:
        """For showing; whether the link opens anything is asked of the database."""
        if self.used_at:
            return self.State.USED
        if self.ended_at:
            return self.State.ENDED
        return self.State.OPEN if self.expires_at > timezone.now() else self.State.EXPIRED

    def get_state_display(self) -> str:
        return str(self.State(self.state).label)
