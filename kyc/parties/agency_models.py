"""Agencies: that a customer runs accounts for others, which he declares, and which these confirm."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User


class AgencyQuerySet(models.QuerySet["Agency"]):
    def live(self) -> "AgencyQuerySet":
        return self.filter(ended_at__isnull=True, organisation__closed_at__isnull=True)

    def asked(self) -> "AgencyQuerySet":
        """With since when it `waits` for an officer, as Agency.asked_at."""
        return self.annotate(waits=Greatest("said_at", "renewed_at"))


@tracked()
class Agency(models.Model):
    """That an organisation says it runs accounts for others, on which ground. Nothing rests on it before an officer has confirmed
    it (kyc/evidence/agencies.py)."""

    personal = ("name", "words")

    class Ground(models.TextChoices):
        AGENCY = "agency", _("We are an agency, and run accounts for our clients")
        INTEGRATOR = "integrator", _("We build and run the integration of others")
        GROUP = "group", _("We run the accounts of companies of our own group")
        OTHER = "other", _("Something else")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # What the accounts together are called.
    name = models.CharField(max_length=200)
    ground = models.CharField(max_length=20, choices=Ground.choices)
    words = models.TextField()
    declared_at = models.DateTimeField(auto_now_add=True)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # Since when its words are these: what an officer said of others holds no more.
    said_at = models.DateTimeField(default=timezone.now)
    # When it was last said that it is still so; what was confirmed goes on until its day.
    renewed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = AgencyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="agency_has_a_name_and_says_why", condition=~Q(name="") & ~Q(words="")),
            models.CheckConstraint(name="agency_known_words", condition=Q(ground__in=["agency", "integrator", "group", "other"])),
            models.CheckConstraint(
                name="agency_ended_at_and_by",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="agency_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'what was declared is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF OLD.ended_at IS NOT NULL OR ROW(NEW.id, NEW.organisation_id, NEW.declared_by_id)
                        IS DISTINCT FROM ROW(OLD.id, OLD.organisation_id, OLD.declared_by_id) THEN
                        RAISE EXCEPTION 'whose a declaration is does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    ELSIF NEW.said_at < OLD.said_at OR ROW(NEW.name, NEW.ground, NEW.words)
                        IS DISTINCT FROM ROW(OLD.name, OLD.ground, OLD.words) AND NEW.said_at = OLD.said_at THEN
                        RAISE EXCEPTION 'what is declared in other words is said anew' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        # Appeals are called A.
        return f"AG-{self.declared_at:%Y}-{self.pk:04d}"

    @property
    def asked_at(self) -> datetime:
        """Since when an officer has to look at it, unless one has."""
        return max(self.said_at, self.renewed_at or self.said_at)


class AgencyAccountQuerySet(models.QuerySet["AgencyAccount"]):
    def live(self) -> "AgencyAccountQuerySet":
        return self.filter(ended_at__isnull=True, agency__ended_at__isnull=True)

    def confirmed(self) -> "AgencyAccountQuerySet":
        return self.live().filter(confirmed_at__isnull=False)


@tracked()
class AgencyAccount(models.Model):
    """That an agency acts for another account, once a member of that has confirmed it. The row is the agency's, which learns of
    the account no more than it has told itself, and whether it was confirmed."""

    personal = ("name",)

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="accounts")
    # The number of the organisation, which is another's business.
    account = models.BigIntegerField()
    # As the agency calls it.
    name = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = AgencyAccountQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="agencies_of_account", fields=["account"], condition=Q(ended_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(
                name="account_of_an_agency_once", fields=["agency", "account"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(name="agency_acts_for_others", condition=~Q(account=F("organisation"))),
            models.CheckConstraint(
                name="agencyaccount_confirmed_at_and_by",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="agencyaccount_ended_at_and_by",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="agencyaccount_confirmed_by_its_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'for whom an agency acts is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF NEW.confirmed_at IS NOT NULL OR NOT EXISTS (
                            SELECT 1 FROM kyc_agency a WHERE a.id = NEW.agency_id AND a.organisation_id = NEW.organisation_id
                        ) THEN
                            RAISE EXCEPTION 'an agency names an account, which confirms it later'
                                USING ERRCODE = 'check_violation';
                        END IF;
                        IF EXISTS (
                            SELECT 1 FROM kyc_agencyaccount o
                            WHERE o.organisation_id = NEW.organisation_id AND o.account = NEW.account AND o.ended_at IS NOT NULL
                              AND NOT EXISTS (
                                  SELECT 1 FROM accounts_membership m
                                  WHERE m.organisation_id = NEW.organisation_id AND m.user_id = o.ended_by_id
                              )
                        ) THEN
                            RAISE EXCEPTION 'whoever has answered no is not asked again' USING ERRCODE = 'check_violation';
                        END IF;
                        RETURN NEW;
                    ELSIF OLD.ended_at IS NOT NULL OR OLD.confirmed_at IS NOT NULL AND ROW(NEW.confirmed_at, NEW.confirmed_by_id)
                        IS DISTINCT FROM ROW(OLD.confirmed_at, OLD.confirmed_by_id) OR ROW(
                        NEW.id, NEW.organisation_id, NEW.agency_id, NEW.account, NEW.name, NEW.added_by_id
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.organisation_id, OLD.agency_id, OLD.account, OLD.name, OLD.added_by_id
                    ) THEN
                        RAISE EXCEPTION 'for whom an agency acts does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    ELSIF OLD.confirmed_at IS NULL AND NEW.confirmed_at IS NOT NULL AND NEW.confirmed_by_id IS NOT NULL
                    AND NOT EXISTS (
                        SELECT 1 FROM accounts_membership m
                        WHERE m.organisation_id = NEW.account AND m.user_id = NEW.confirmed_by_id
                    ) THEN
                        RAISE EXCEPTION 'a member of the account confirms it' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # words of ours
            )
        ]

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None
