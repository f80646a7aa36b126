"""What was indicated of keys and networks by their use, day by day; which releases of models it goes by; and who may train with
what models answer.

Indications are confined (FIN-17). They rank what an investigator looks at, and nothing else reads them: they link nobody, and no
hold, score or decision rests on them.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import FORGETS, YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.permissions import Permission
from config import jobs
from config.jobs import Claimable
from kyc.keys.models import Key
from kyc.networks.models import append_only
from kyc.networks.network_models import Network


@tracked()
class IndicationRun(Claimable):
    """One look at how all keys were used, up to and with a day (UTC); the row is the queue. `asked_by` is nobody where the clock
    asked. It goes by one version of the rules, whose file had this SHA-256."""

    confined = True

    class State(models.TextChoices):
        WAITING = "waiting", _("To be done")
        DONE = "done", _("Done")
        FAILED = "failed", _("Could not be done")

    day = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    rules = models.CharField(max_length=20, blank=True)
    rules_sha256 = models.CharField(max_length=64, blank=True)
    # Looked at; of keys only those are kept of which something is indicated.
    keys = models.PositiveIntegerField(default=0)
    networks = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)

    class Meta:
        indexes = jobs.indexes("indicationrun", "waiting")
        constraints = [
            models.UniqueConstraint(name="one_indication_run_at_a_time", fields=["state"], condition=Q(state="waiting")),
            models.CheckConstraint(
                name="indication_run_done_says_by_what",
                condition=~Q(state="done") | Q(ended_at__isnull=False) & ~Q(rules="") & ~Q(rules_sha256=""),
            ),
        ]


class IndicationQuerySet(models.QuerySet["Indication"]):
    def visible_to(self, user: User) -> "IndicationQuerySet":
        return self if user.can(Permission.NETWORK_VIEW) else self.none()

    def of_run(self, run: IndicationRun) -> "IndicationQuerySet":
        return self.filter(run=run)


class Indication(models.Model):
    """What the use of one key or one network indicated, as it was shown then. `indicators` lists {code, figure, points, middle,
    line, peers, rung}, as kyc/networks/indicating.py has them; what is null was not told, what is left out had no peers."""

    confined = True
    append_only = True

    run = models.ForeignKey(IndicationRun, models.PROTECT, related_name="indications")
    day = models.DateField()
    # Whose key it is; nobody's of a network.
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    key = models.ForeignKey(Key, models.PROTECT, null=True, blank=True, related_name="+")
    network = models.ForeignKey(Network, models.PROTECT, null=True, blank=True, related_name="indications")
    points = models.PositiveSmallIntegerField()
    # By the head's code, capped as they count.
    heads = models.JSONField(default=dict)
    indicators = models.JSONField(default=list)
    # Requests in the days looked at, and whose peers it has: plan, age, use.
    requests = models.PositiveBigIntegerField()
    peer_group = models.JSONField(default=list)

    objects = IndicationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="indications_by_points", fields=["run", "-points", "id"])]
        constraints = [
            models.UniqueConstraint(name="indicated_once_a_key", fields=["run", "key"], condition=Q(key__isnull=False)),
            models.UniqueConstraint(
                name="indicated_once_a_network", fields=["run", "network"], condition=Q(network__isnull=False)
            ),
            models.CheckConstraint(
                name="indication_is_of_a_key_or_a_network",
                condition=Q(key__isnull=False, organisation__isnull=False, network__isnull=True)
                | Q(key__isnull=True, organisation__isnull=True, network__isnull=False),
            ),
            models.CheckConstraint(name="indication_points_are_capped", condition=Q(points__lte=100)),
        ]
        triggers = [append_only(FORGETS)]


class AuthorisationQuerySet(models.QuerySet["Authorisation"]):
    def standing(self) -> "AuthorisationQuerySet":
        return self.filter(ended_at__isnull=True)


@tracked()
class Authorisation(models.Model):
    """That a customer may train with what models answer, from, until, because: then drawing much is no extraction (USX-05).
    Without a last day it holds until it is ended."""

    confined = True
    personal = ("reference", "reason", "end_reason")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # Where it is agreed: a contract, a letter.
    reference = models.CharField(max_length=200)
    reason = models.TextField()
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    declared_at = models.DateTimeField(auto_now_add=True)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.TextField(blank=True)

    objects = AuthorisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="authorisation_says_where_and_why", condition=~Q(reference="") & ~Q(reason="")),
            models.CheckConstraint(
                name="authorisation_until_after_since", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(
                name="authorisation_ended_at_and_by_and_why",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_reason=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="authorisation_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an authorisation is never deleted' USING ERRCODE = 'check_violation';
                    ELSIF TG_OP = 'INSERT' THEN
                        IF NEW.ended_at IS NOT NULL THEN
                            RAISE EXCEPTION 'an authorisation starts standing' USING ERRCODE = 'check_violation';
                        END IF;
                    ELSIF OLD.ended_at IS NOT NULL OR ROW(
                        NEW.id, NEW.organisation_id, NEW.reference, NEW.since, NEW.until, NEW.declared_at,
                        NEW.declared_by_id
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.organisation_id, OLD.reference, OLD.since, OLD.until, OLD.declared_at,
                        OLD.declared_by_id
                    ) THEN
                        RAISE EXCEPTION 'what was authorised does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


@tracked()
class ModelRelease(models.Model):
    """That a model was released: of ours, which keys can use, or of another provider's, along whose timeline use may run.
    Everybody may know of it. `capability` is what a model of ours is for, empty where it is all it can do."""

    class Whose(models.TextChoices):
        OURS = "ours", _("Ours")
        ANOTHER = "another", _("Another provider's")

    whose = models.CharField(max_length=10, choices=Whose.choices)
    # As gateways name it, where it is ours.
    name = models.CharField(max_length=100)
    released_at = models.DateTimeField()
    capability = models.CharField(max_length=40, blank=True)
    # Where that is told.
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_release_a_model", fields=["whose", "name"]),
            models.CheckConstraint(
                name="release_says_whose_and_where", condition=Q(whose__in=["ours", "another"]) & ~Q(source="")
            ),
        ]
