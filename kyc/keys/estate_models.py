"""Keys that a provider had issued before it took up this product, and until when each account's may go on unverified.

They stand beside `Key` and not among its rows: what makes a key of ours active (a live link to a live entity, no hold) is so
the same for every row there. One of these becomes such a row when its account is verified and somebody answers for it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, Project, User
from config import jobs
from config.jobs import Claimable
from kyc.keys.models import Key, is_so


@tracked()
class Remediation(Claimable):
    """What an account that held keys before is asked for, and by when: the row is the queue. Its times are written once, at the
    import, by the rule pack of that day, and are judged by whoever asks about a key; `stage` is only what was told of them."""

    personal = ("account", "email")

    class Stage(models.TextChoices):
        NEW = "new", _("To be told")
        TOLD = "told", _("Told")
        REMINDED = "reminded", _("Reminded")
        LIMITED = "limited", _("Limited")
        DUE = "due", _("Overdue")

    class State(models.TextChoices):
        WAITING = "waiting", _("To be done")
        OPEN = "open", _("Waits for the customer")
        ENDED = "ended", _("Over")
        FAILED = "failed", _("Could not be done")

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="remediation")
    # What the provider calls it, so that it is known when the file comes again.
    account = models.CharField(max_length=100, unique=True)
    # Whoever signs up with it takes the account over: one, since a person acts in one.
    email = models.EmailField(unique=True)
    country = models.CharField(max_length=2, blank=True)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.NEW)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    begun_at = models.DateTimeField()
    reminded_at = models.DateTimeField()
    limited_at = models.DateTimeField()
    due_at = models.DateTimeField()
    requests_a_day = models.PositiveIntegerField()
    # That it was told, once verified, to say who answers for its keys.
    is_answer_asked = models.BooleanField(default=False)

    class Meta:
        indexes = jobs.indexes("remediation", "waiting")
        constraints = [
            models.CheckConstraint(
                name="remediation_in_stages",
                condition=Q(reminded_at__gte=F("begun_at"), limited_at__gte=F("reminded_at"), due_at__gte=F("limited_at")),
            ),
            # Whatever a pack says.
            models.CheckConstraint(
                name="remediation_ends_within_a_year",
                condition=is_so("due_at", " <= begun_at + interval '366 days'"),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="remediation_is_never_prolonged",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF NEW.organisation_id <> OLD.organisation_id OR NEW.begun_at <> OLD.begun_at
                        OR NEW.limited_at > OLD.limited_at OR NEW.due_at > OLD.due_at
                        OR NEW.requests_a_day > OLD.requests_a_day THEN
                        RAISE EXCEPTION 'an account is never given longer than its deadline' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


class ImportedKeyQuerySet(models.QuerySet["ImportedKey"]):
    def acting(self) -> "ImportedKeyQuerySet":
        """That go on by themselves: none of ours yet, not revoked, and within the time that their account has."""
        of_customers = self.filter(organisation__sandbox="", organisation__closed_at__isnull=True)
        return of_customers.filter(became__isnull=True, revoked_at__isnull=True, remediation__due_at__gt=Now())


@tracked(exclude=["digest"])
class ImportedKey(models.Model):
    """A key that was issued elsewhere: its beginning, last four and digest, and never the secret."""

    personal = ("responsible_email",)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    remediation = models.ForeignKey(Remediation, models.PROTECT, related_name="keys")
    project = models.ForeignKey(Project, models.PROTECT)
    prefix = models.CharField(max_length=24, unique=True)
    last_four = models.CharField(max_length=4)
    digest = models.CharField(max_length=64)
    # Of the digest: kyc/keys/foreign.py.
    scheme = models.CharField(max_length=10)
    issued_on = models.DateField()
    responsible_email = models.EmailField(blank=True)
    imported_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # What it is since its account is verified and somebody answers for it.
    became = models.OneToOneField(Key, models.PROTECT, null=True, blank=True, related_name="imported")

    objects = ImportedKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="importedkey_revoked_at_and_by",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
            models.CheckConstraint(name="importedkey_is_none_of_ours", condition=~Q(prefix__startswith="kh_")),
            models.CheckConstraint(name="importedkey_has_digest", condition=Q(digest__regex="^[0-9a-f]{64}$")),
            models.CheckConstraint(name="importedkey_names_scheme", condition=Q(scheme__regex="^(sha256|hmac:[0-9]{1,5})$")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="importedkey_stays_what_it_was",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM kyc_remediation m JOIN accounts_project p ON p.organisation_id = m.organisation_id
                        JOIN accounts_organisation o ON o.id = m.organisation_id
                        WHERE m.id = NEW.remediation_id AND m.organisation_id = NEW.organisation_id
                            AND p.id = NEW.project_id AND o.sandbox = ''
                    ) THEN
                        RAISE EXCEPTION 'an imported key is of the customer who is asked for it'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND (
                        NEW.id <> OLD.id OR NEW.remediation_id <> OLD.remediation_id OR NEW.prefix <> OLD.prefix
                        OR NEW.digest <> OLD.digest OR NEW.scheme <> OLD.scheme OR NEW.imported_at <> OLD.imported_at
                    ) THEN
                        RAISE EXCEPTION 'an imported key stays what it was' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND (
                        OLD.revoked_at IS DISTINCT FROM NEW.revoked_at AND OLD.revoked_at IS NOT NULL
                        OR OLD.became_id IS DISTINCT FROM NEW.became_id AND OLD.became_id IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'an imported key that is over stays over' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.became_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM kyc_key k WHERE k.id = NEW.became_id AND k.organisation_id = NEW.organisation_id
                            AND k.prefix = NEW.prefix AND k.digest = NEW.digest AND k.pepper_version = NEW.scheme
                    ) THEN
                        RAISE EXCEPTION 'an imported key becomes itself' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last_four}"


# A digest that is not under a pepper of ours is only what was imported, of the same organisation, and not revoked there.
pgtrigger.register(
    pgtrigger.Trigger(
        name="foreign_key_was_imported",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Condition("NEW.pepper_version !~ '^[0-9]+$'"),
        func="""
            IF NOT EXISTS (
                SELECT 1 FROM kyc_importedkey i WHERE i.organisation_id = NEW.organisation_id AND i.prefix = NEW.prefix
                    AND i.digest = NEW.digest AND i.scheme = NEW.pepper_version
                    AND (i.revoked_at IS NULL OR NEW.state = 'revoked')
            ) THEN
                RAISE EXCEPTION 'a key with a foreign digest is one that was imported' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )
)(Key)
