"""Rulings: an officer's word on what ties accounts, one pair or one shared value at a time. The next building of networks goes by
them, and so does every one after it. All of it is confined (accounts/compartment.py, FIN-17).

A ruling is never changed: another word on the same is a row of its own that `replaces` it, and each is replaced once at most.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.reverse_related import OneToOneRel
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Proposal, User
from kyc.networks.models import append_only
from kyc.networks.network_models import Network
from kyc.parties.agency_models import Agency

PAIR = Q(a__isnull=False, b__isnull=False, a__lt=F("b"), type="", value__isnull=True)
VALUE = Q(a__isnull=True, b__isnull=True, value__isnull=False) & ~Q(type="")


class Said(models.Model):
    """What is said of two accounts, or of a value that several share. `organisations` are the numbers of all whom it touched when
    it was said (kyc/networks/touching.py)."""

    class Kind(models.TextChoices):
        SAME_CONTROLLER = "same_controller", _("Same controller")
        SHARED_INFRASTRUCTURE = "shared_infrastructure", _("Shared infrastructure")
        COINCIDENCE = "coincidence", _("Coincidence")
        DECLARED_AGENCY = "declared_agency", _("Declared agency")
        # What the signals say decides again.
        WITHDRAWN = "withdrawn", _("Taken back")

    # On whose page it was said.
    network = models.ForeignKey(Network, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    a = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    b = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    # As a signal has them: never what was hashed.
    type = models.CharField(max_length=20, blank=True)
    value = models.UUIDField(null=True, blank=True)
    organisations = ArrayField(models.BigIntegerField())
    # Whose it is, where it is a declared agency's: one that has been confirmed.
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField()
    # One person rules alone on so many accounts, by the rules of that day.
    alone_up_to = models.PositiveIntegerField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_of_a_pair_or_a_value", condition=PAIR | VALUE),
            models.CheckConstraint(name="%(class)s_needs_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="%(class)s_touches_somebody", condition=Q(organisations__len__gt=0)),
            models.CheckConstraint(
                name="%(class)s_names_an_agency_as_one",
                condition=Q(agency__isnull=False, kind="declared_agency") | Q(agency__isnull=True) & ~Q(kind="declared_agency"),
            ),
            models.CheckConstraint(
                name="%(class)s_known_words",
                condition=Q(
                    kind__in=["same_controller", "shared_infrastructure", "coincidence", "declared_agency", "withdrawn"],
                ),
            ),
        ]

    @property
    def is_of_pair(self) -> bool:
        return self.value is None


class ProposedRuling(Said):
    """A ruling that touches more accounts than one person rules on. It is in force once a second person has taken it."""

    confined = True
    append_only = True
    personal = ("reason",)

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="network_ruling")

    class Meta(Said.Meta):
        triggers = [append_only()]


class RulingQuerySet(models.QuerySet["Ruling"]):
    def newest(self) -> "RulingQuerySet":
        """Of each pair and each value the last word, also where it takes back another."""
        return self.filter(replaced_by__isnull=True)

    def in_force(self) -> "RulingQuerySet":
        return self.newest().exclude(kind=Ruling.Kind.WITHDRAWN)


class Ruling(Said):
    """A word that stands, or has stood until it was replaced. What was `proposed` was taken by a second person."""

    confined = True
    append_only = True
    personal = ("reason",)
    replaced_by: OneToOneRel

    ruled_at = models.DateTimeField(auto_now_add=True)
    ruled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed = models.OneToOneField(ProposedRuling, models.PROTECT, null=True, blank=True, related_name="ruling")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")

    objects = RulingQuerySet.as_manager()

    class Meta(Said.Meta):
        constraints = [
            *Said.Meta.constraints,
            models.UniqueConstraint(
                name="one_first_ruling_a_pair", fields=["a", "b"], condition=Q(replaces__isnull=True, value__isnull=True)
            ),
            models.UniqueConstraint(
                name="one_first_ruling_a_value", fields=["type", "value"], condition=Q(replaces__isnull=True, value__isnull=False)
            ),
            models.CheckConstraint(
                name="only_what_was_ruled_is_taken_back", condition=~Q(kind="withdrawn") | Q(replaces__isnull=False)
            ),
            models.CheckConstraint(
                name="many_accounts_take_two_people",
                condition=Q(proposed__isnull=False) | Q(organisations__len__lte=F("alone_up_to")),
            ),
        ]
        triggers = [
            append_only(),
            pgtrigger.Trigger(
                name="ruling_of_two_and_of_the_same",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM kyc_ruling o WHERE o.id = NEW.replaces_id
                          AND ROW(o.a_id, o.b_id, o.type, o.value)
                            IS NOT DISTINCT FROM ROW(NEW.a_id, NEW.b_id, NEW.type, NEW.value)
                    ) THEN
                        RAISE EXCEPTION 'a ruling replaces one on the same' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.proposed_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM kyc_proposedruling p JOIN accounts_proposal f ON f.id = p.proposal_id
                        WHERE p.id = NEW.proposed_id AND f.outcome = 'taken' AND f.proposed_by_id = NEW.ruled_by_id
                          AND ROW(p.kind, p.a_id, p.b_id, p.type, p.value, p.organisations, p.agency_id)
                            IS NOT DISTINCT FROM ROW(NEW.kind, NEW.a_id, NEW.b_id, NEW.type, NEW.value, NEW.organisations,
                                NEW.agency_id)
                    ) THEN
                        RAISE EXCEPTION 'what was proposed is ruled as it was taken by a second person'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]
