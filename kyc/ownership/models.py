"""Interests as declared, what other sources say of them, where the two differ, and what each regime makes of the declared."""

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User
from kyc.ownership.graph import Holding
from kyc.ownership.interests import SIZED, stepwise
from kyc.ownership.shares import parse
from kyc.parties.models import Party


class InterestQuerySet(models.QuerySet["Interest"]):
    def live(self) -> "InterestQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class Interest(models.Model):
    """What one party holds in another, by BODS interest types. The share is exact text in the form of kyc.ownership.shares,
    empty when unknown; of votes and profits it is their own, and control and roles in a trust have none."""

    class Kind(models.TextChoices):
        SHAREHOLDING = "shareholding", _("Shares")
        VOTES = "votingRights", _("Voting rights")
        PROFIT = "rightsToProfitOrIncome", _("Rights to profits")
        SURPLUS = "rightsToSurplusAssetsOnDissolution", _("Rights to what is left when it is dissolved")
        BOARD = "appointmentOfBoard", _("Appoints or removes most of the board")
        ARTICLES = "controlViaCompanyRulesOrArticles", _("Control by its articles")
        CONTRACT = "rightsGrantedByContract", _("Control by a contract")
        LAW = "controlByLegalFramework", _("Control by law")
        OPTION = "conditionalRightsGrantedByContract", _("A right under a condition, such as an option")
        OTHERWISE = "otherInfluenceOrControl", _("Control in another way")
        SETTLOR = "settlor", _("Settlor")
        TRUSTEE = "trustee", _("Trustee")
        PROTECTOR = "protector", _("Protector")
        BENEFICIARY = "beneficiaryOfLegalArrangement", _("Beneficiary")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    owner = models.ForeignKey(Party, models.PROTECT, related_name="interests")
    owned = models.ForeignKey(Party, models.PROTECT, related_name="holders")
    kind = models.CharField(max_length=40, choices=Kind.choices, default=Kind.SHAREHOLDING)
    # Whom a nominee holds it for (FATF-07); arithmetic goes by that party.
    held_for = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="held_through")
    share = models.CharField(_("share"), max_length=40, blank=True)
    # Held through others whom the customer does not name.
    is_indirect = models.BooleanField(default=False)
    # As told: a year, a month or a day (AMLR-03); empty where it isn't. When it was declared is `valid_from`.
    held_since = models.CharField(max_length=10, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = InterestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="interest_is_in_another", condition=~Q(owner=F("owned"))),
            models.CheckConstraint(
                name="interest_is_held_for_another",
                condition=Q(held_for__isnull=True) | ~Q(held_for=F("owner")) & ~Q(held_for=F("owned")),
            ),
            models.CheckConstraint(name="only_what_is_measured_has_a_size", condition=Q(kind__in=SIZED) | Q(share="")),
            models.CheckConstraint(
                name="interest_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.UniqueConstraint(
                name="interest_declared_once",
                fields=["owner", "owned", "kind", "held_for"],
                nulls_distinct=False,
                condition=Q(valid_to__isnull=True),
            ),
        ]

    @property
    def counted_owner(self) -> int:
        return counted_owner(self)


def counted_owner(row: Any) -> int:
    """By whom arithmetic goes, of an interest or a row of its history: whom a nominee holds it for, or the owner himself."""
    found: int = row.held_for_id or row.owner_id
    return found


def holdings(interests: Iterable[Any]) -> list[Holding]:
    """Interests, or rows of their history, as the arithmetic goes by them; control and roles in trusts among them. What is held
    through others is left out where these are named: their steps say the same."""
    rows = [(row.is_indirect, holding(row)) for row in interests]
    direct = [held for is_indirect, held in rows if not is_indirect]
    said_in_steps = stepwise([held for is_indirect, held in rows if is_indirect], direct)
    return [held for is_indirect, held in rows if not is_indirect or held not in said_in_steps]


def holding(row: Any) -> Holding:
    return Holding(str(counted_owner(row)), str(row.owned_id), parse(row.share), row.kind)


class Determination(models.Model):
    """One regime's word on one party of a structure, with its arithmetic. Never edited; a new examination writes new rows."""

    personal = ("why", "questions")

    append_only = True

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT)
    regime = models.CharField(max_length=40)
    verdict = models.CharField(max_length=20)
    share_min = models.CharField(max_length=80)
    share_max = models.CharField(max_length=80)
    why = models.JSONField(default=list)
    # What to ask for where it is open, as {"text", "party"}: a sentence, and the party on whose owners it is, or none.
    questions = models.JSONField(default=list)
    rule_pack = models.CharField(max_length=20)
    examination_id = models.BigIntegerField(db_index=True)
    determined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(name="determined_blocked", fields=["party"], condition=Q(regime="ofac-50", verdict="yes")),
        ]


class ObservationQuerySet(models.QuerySet["Observation"]):
    def standing(self) -> "ObservationQuerySet":
        return self.filter(withdrawn_at__isnull=True)


@tracked()
class Observation(models.Model):
    """What a source other than the customer says of who holds what, as an officer has read it there (FATF-07). Never edited and
    never in place of what was declared; one that was recorded by mistake is withdrawn, with the reason. With `is_all` it says
    that the source names nobody else. Who is a beneficial owner is no observation, but a Determination or a decision."""

    personal = ("owner_name", "owner_country", "found_in", "withdrawn_because")

    class Source(models.TextChoices):
        """Source types of BODS 0.4, spelled as the standard spells them."""

        REGISTER = "officialRegister", _("Register")
        DOCUMENT = "thirdParty", _("Document")
        RESEARCH = "primaryResearch", _("Own research")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    owned = models.ForeignKey(Party, models.PROTECT, related_name="+")
    is_all = models.BooleanField(default=False)
    # A party that is named already, or the name the source gives.
    owner = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    owner_name = models.CharField(max_length=300, blank=True)
    owner_kind = models.CharField(max_length=20, choices=Party.Kind.choices, blank=True)
    owner_country = models.CharField(max_length=2, blank=True)
    kind = models.CharField(max_length=40, choices=Interest.Kind.choices, default=Interest.Kind.SHAREHOLDING)
    # As the share of an interest; empty where the source does not say.
    share = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=20, choices=Source.choices)
    # Which register or document, in words.
    found_in = models.CharField(max_length=200)
    stated_on = models.DateField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_because = models.TextField(blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="observation_is_of_one_owner_or_of_all",
                condition=Q(is_all=True, owner__isnull=True, owner_name="", owner_kind="")
                | Q(is_all=False, owner__isnull=False, owner_name="", owner_kind="")
                | Q(is_all=False, owner__isnull=True) & ~Q(owner_name="") & ~Q(owner_kind=""),
            ),
            models.CheckConstraint(name="observation_is_of_another", condition=Q(owner__isnull=True) | ~Q(owner=F("owned"))),
            models.CheckConstraint(
                name="only_what_is_measured_is_observed_with_a_size", condition=Q(kind__in=SIZED, is_all=False) | Q(share="")
            ),
            models.CheckConstraint(name="observation_says_where", condition=~Q(found_in="")),
            models.CheckConstraint(
                name="observation_withdrawn_at_and_by",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
            models.CheckConstraint(
                name="observation_withdrawn_says_why", condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_because="")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="observation_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    {YIELDS}
                    IF ROW(NEW.id, NEW.organisation_id, NEW.owned_id, NEW.is_all, NEW.owner_id, NEW.owner_name, NEW.owner_kind,
                           NEW.owner_country, NEW.kind, NEW.share, NEW.source, NEW.found_in, NEW.stated_on, NEW.recorded_at,
                           NEW.recorded_by_id)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.owned_id, OLD.is_all, OLD.owner_id, OLD.owner_name, OLD.owner_kind,
                           OLD.owner_country, OLD.kind, OLD.share, OLD.source, OLD.found_in, OLD.stated_on, OLD.recorded_at,
                           OLD.recorded_by_id)
                       OR OLD.withdrawn_at IS NOT NULL THEN
                        RAISE EXCEPTION 'what a source said does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def owner_called(self) -> str:
        return self.owner.name if self.owner else self.owner_name


class DiscrepancyQuerySet(models.QuerySet["Discrepancy"]):
    def visible_to(self, user: User) -> "DiscrepancyQuerySet":
        """Those of customers, without the sandboxes of integrators."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user).real())

    def open(self) -> "DiscrepancyQuerySet":
        return self.filter(resolved_at__isnull=True)


@tracked()
class Discrepancy(models.Model):
    """One point in which an observation and what was declared differ, with its clock (AMLR-09) and what became of it. It ends by
    itself once they agree, or once the observation counts no more; else an officer says how, and why."""

    personal = ("reason", "reference")

    class Kind(models.TextChoices):
        NOT_DECLARED = "not_declared", _("Owner not declared")
        NOT_IN_SOURCE = "not_in_source", _("Owner not in the source")
        SHARE = "share", _("Another share")
        ROLE = "role", _("Another kind of interest")

    class Resolution(models.TextChoices):
        CORRECTED = "corrected", _("The customer has corrected it")
        OVERTAKEN = "overtaken", _("The source says so no longer, or the observation was withdrawn")
        SPELLING = "spelling", _("Spelling, transliteration or rounding only, settled with the customer")
        SOURCE_WRONG = "source_wrong", _("The source is wrong or older")
        REPORTED = "reported", _("Reported to the register")

    # What no officer says: it follows from what changed.
    BY_ITSELF = (Resolution.CORRECTED, Resolution.OVERTAKEN)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    observation = models.ForeignKey(Observation, models.PROTECT, related_name="discrepancies")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # Who is declared; nobody where the owner is not.
    party = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    # As kyc.ownership.differing.stated writes interests, empty where one side says nothing; as they were when last compared.
    declared = models.TextField(blank=True)
    observed = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    resolution = models.CharField(max_length=20, choices=Resolution.choices, blank=True)
    reason = models.TextField(blank=True)
    # To the register.
    reported_on = models.DateField(null=True, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = DiscrepancyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="discrepancy_resolved_at_and_by",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | Q(resolved_at__isnull=False, resolved_by__isnull=False) & ~Q(resolution=""),
            ),
            models.CheckConstraint(
                name="discrepancy_resolution_says_why",
                condition=Q(resolution__in=["", "corrected", "overtaken"]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="discrepancy_report_has_its_date_and_reference",
                condition=Q(resolution="reported", reported_on__isnull=False) & ~Q(reference="")
                | ~Q(resolution="reported") & Q(reported_on__isnull=True, reference=""),
            ),
            models.UniqueConstraint(
                name="discrepancy_is_open_once",
                fields=["observation", "kind", "party"],
                nulls_distinct=False,
                condition=Q(resolved_at__isnull=True),
            ),
        ]
        # What stops an approval, and what is due.
        indexes = [models.Index(name="open_discrepancies", fields=["organisation"], condition=Q(resolved_at__isnull=True))]
        triggers = [
            pgtrigger.Trigger(
                name="resolution_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    {YIELDS}
                    IF OLD.resolved_at IS NOT NULL OR
                       ROW(NEW.id, NEW.organisation_id, NEW.observation_id, NEW.kind, NEW.party_id, NEW.opened_at, NEW.due_on)
                        IS DISTINCT FROM
                       ROW(OLD.id, OLD.organisation_id, OLD.observation_id, OLD.kind, OLD.party_id, OLD.opened_at, OLD.due_on)
                    THEN
                        RAISE EXCEPTION 'a discrepancy keeps its clock and its resolution' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class DivergenceQuerySet(models.QuerySet["Divergence"]):
    def visible_to(self, user: User) -> "DivergenceQuerySet":
        """Those of two customers of both of which he sees the account."""
        seen = Organisation.objects.visible_to(user).real()
        return self.filter(party__organisation__in=seen, other__organisation__in=seen)

    def of(self, organisation: int) -> "DivergenceQuerySet":
        """Whichever of the two customers it is."""
        return self.filter(Q(party__organisation=organisation) | Q(other__organisation=organisation))

    def open(self) -> "DivergenceQuerySet":
        return self.filter(resolved_at__isnull=True)


@tracked()
class Divergence(models.Model):
    """One point in which two customers tell differently of what an officer has ruled to be one company, with its clock and what
    became of it. For the house alone: each row tells one of them of the other. It ends by itself once they agree, or once it is
    one company no more; else an officer says how, and why. Differing anew it is a new row."""

    personal = ("reason",)
    of_the_house = True

    class Resolution(models.TextChoices):
        CORRECTED = "corrected", _("The two say the same now")
        OVERTAKEN = "overtaken", _("Ruled to be two companies, or named by one of them no more")
        FIRST = "first", _("The first is right")
        SECOND = "second", _("The second is right")
        BOTH = "both", _("Both are right, of different days or in different words")
        EXPLAINED = "explained", _("Explained otherwise; neither has to correct anything")

    # What no officer says: it follows from what changed.
    BY_ITSELF = (Resolution.CORRECTED, Resolution.OVERTAKEN)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    # The first and the second: the party of this organisation, which was named before the other's.
    party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    other = models.ForeignKey(Party, models.PROTECT, related_name="+")
    # A column of a party, the axis of a person status, or `owner` with the party that one of the two or both name as one.
    what = models.CharField(max_length=40)
    owner = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    # As kyc.ownership.twice.Point, as they were when last compared; numbers masked.
    first_says = models.TextField(null=True, blank=True)
    second_says = models.TextField(null=True, blank=True)
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    resolution = models.CharField(max_length=20, choices=Resolution.choices, blank=True)
    reason = models.TextField(blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    # Nobody where it ended by itself.
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = DivergenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="divergence_is_of_two_in_their_order", condition=Q(party__lt=F("other"))),
            models.CheckConstraint(
                name="divergence_resolved_at_and_by",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | Q(resolved_at__isnull=False, resolved_by__isnull=True, resolution__in=["corrected", "overtaken"])
                | Q(resolved_at__isnull=False, resolved_by__isnull=False)
                & ~Q(resolution__in=["", "corrected", "overtaken"])
                & ~Q(reason=""),
            ),
            models.UniqueConstraint(
                name="divergence_is_open_once",
                fields=["party", "other", "what", "owner"],
                nulls_distinct=False,
                condition=Q(resolved_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="divergence_keeps_its_clock",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    {YIELDS}
                    IF OLD.resolved_at IS NOT NULL OR
                       ROW(NEW.id, NEW.organisation_id, NEW.party_id, NEW.other_id, NEW.what, NEW.owner_id,
                           NEW.opened_at, NEW.due_on)
                        IS DISTINCT FROM
                       ROW(OLD.id, OLD.organisation_id, OLD.party_id, OLD.other_id, OLD.what, OLD.owner_id,
                           OLD.opened_at, OLD.due_on)
                    THEN
                        RAISE EXCEPTION 'a divergence keeps its clock and its resolution' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None
