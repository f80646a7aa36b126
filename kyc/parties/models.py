"""Who is involved: parties and the roles they hold; and what customers declare of themselves."""

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.vault import Erased, RowNumber, SealedField, Subject, Unreadable
from accounts.vault.models import SubjectKey


class PartyQuerySet(models.QuerySet["Party"]):
    def visible_to(self, user: User) -> "PartyQuerySet":
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def current(self) -> "PartyQuerySet":
        return self.filter(removed_on__isnull=True)

    def people(self) -> "PartyQuerySet":
        return self.current().filter(kind=Party.Kind.PERSON)


@tracked(exclude=["use_draft"])
class Profile(models.Model):
    """What an organisation says it is, by which it is asked (PRV-01), and the programme through which it comes (DST-05)."""

    personal = ("programme_run_by", "use_draft")

    class CustomerClass(models.TextChoices):
        COMPANY = "company", _("A company")
        INDIVIDUAL = "individual", _("A person, for myself")
        TRUST = "trust", _("A trust or a similar arrangement")
        STATE_BODY = "state_body", _("A state body")
        RESEARCH = "research", _("A university or research institution")

    class Programme(models.TextChoices):
        NONE = "none", _("None of these")
        EDUCATION = "education", _("An education programme")
        RESEARCH = "research", _("A research access programme")
        STARTUP = "startup_credit", _("Start-up credit")
        RESELLER = "reseller", _("Through a reseller")

    organisation = models.OneToOneField(Organisation, models.PROTECT)
    customer_class = models.CharField(max_length=20, choices=CustomerClass.choices)
    programme = models.CharField(max_length=20, choices=Programme.choices)
    # Who runs the programme: the school, the fund, the reseller.
    programme_run_by = models.CharField(max_length=300, blank=True)
    # Answers about the use that nobody has signed yet, by code of the question. Nothing rests on them, so no history is kept.
    use_draft = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="programme_is_run_by_somebody", condition=Q(programme="none", programme_run_by="") | ~Q(programme="none")
            )
        ]


@tracked()
class Party(models.Model):
    """A natural person, a company, a trust, a state or state body, or whoever is known only by description, as one
    organisation declared it. The same person in two organisations is two parties."""

    personal = ("name", "native_name", "country", "hq_country", "legal_form", "lei", "register", "tax_country", "domain", "email")
    own_key = SubjectKey.Kind.PARTY

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")
        TRUST = "trust", _("Trust or similar arrangement")
        STATE = "state", _("State or state body")
        UNKNOWN = "unknown", _("Not known by name")

    id = RowNumber(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(_("full legal name"), max_length=300)
    native_name = models.CharField(_("name in its own script"), max_length=300, blank=True)
    # A person's nationality; for a company the country it was formed in.
    country = models.CharField(_("country"), max_length=2, blank=True)
    hq_country = models.CharField(_("headquarters country"), max_length=2, blank=True)
    legal_form = models.CharField(_("legal form"), max_length=100, blank=True)
    # In many countries the tax number too.
    registration_number = SealedField(_("registration number"), blank=True, indexed_as="number")
    # In which register, by org-id.guide's code; empty for the one register of the country (kyc.parties.registers).
    register = models.CharField(_("register"), max_length=20, blank=True)
    tax_number = SealedField(_("tax number"), blank=True, indexed_as="tax")
    tax_country = models.CharField(_("country of the tax number"), max_length=2, blank=True)
    # ISO 17442, twenty characters with check digits.
    lei = models.CharField("LEI", max_length=20, blank=True)
    domain = models.CharField(_("web domain"), max_length=253, blank=True)
    birth_date = SealedField(_("date of birth"), blank=True)
    # Of the headquarters, or a person's home.
    address = SealedField(_("address"), blank=True)
    # The same in its parts (kyc.parties.addresses); empty where it was told as a text, such as by a register.
    address_parts = SealedField(blank=True)
    # Of the customer, where it is another than that of the headquarters (FATF-02).
    registered_address = SealedField(_("registered address"), blank=True)
    registered_address_parts = SealedField(blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = SealedField(_("telephone"), blank=True, indexed_as="phone")
    declared_at = models.DateTimeField(auto_now_add=True)
    removed_on = models.DateField(null=True, blank=True)

    objects = PartyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="party_needs_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="parts_of_an_address_have_a_text",
                condition=(Q(address_parts="") | ~Q(address="")) & (Q(registered_address_parts="") | ~Q(registered_address="")),
            ),
        ]
        # Who else named the same company.
        indexes = [models.Index(name="party_by_lei", fields=["lei"], condition=~Q(lei=""))]

    def __str__(self) -> str:
        return self.name

    @property
    def sealed_for(self) -> Subject:
        """A natural person's data are that person's, also of one who is not known by name; all others' the organisation's."""
        if self.kind in {self.Kind.PERSON, self.Kind.UNKNOWN}:
            return Subject.party(self.pk, self.organisation_id)
        return Subject.of_organisation(self.organisation_id)

    @property
    def born(self) -> date | None:
        """None where nothing is known, or nothing any more."""
        known = self.birth_date and not isinstance(self.birth_date, Unreadable)
        return date.fromisoformat(self.birth_date) if known else None

    @property
    def birth_year(self) -> str:
        """As `born`, empty for none."""
        return str(self.born.year) if self.born else ""

    @property
    def is_erased(self) -> bool:
        """Whether what it would be told from others by can't be read any more."""
        return isinstance(self.birth_date, Erased) or isinstance(self.registration_number, Erased)

    @property
    def is_person(self) -> bool:
        return self.kind == self.Kind.PERSON

    @property
    def is_entity(self) -> bool:
        return self.kind in {self.Kind.COMPANY, self.Kind.TRUST, self.Kind.STATE}

    @property
    def is_company(self) -> bool:
        """Whether it has owners, who must be named: people and states have none."""
        return self.kind == self.Kind.COMPANY

    @property
    def is_trust(self) -> bool:
        """Whether it has a settlor, trustees and beneficiaries, who must be named (FATF-04)."""
        return self.kind == self.Kind.TRUST

    @property
    def screened_as(self) -> str:
        """Lists know people and companies; a state stands there as its ministries and funds, which are others."""
        if self.kind == self.Kind.STATE:
            return self.Kind.STATE
        return self.Kind.PERSON if self.is_person else self.Kind.COMPANY


class RoleQuerySet(models.QuerySet["Role"]):
    def live(self) -> "RoleQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class Role(models.Model):
    """What a party is to the organisation, from and to."""

    personal = ("title",)

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        CONTROLLER = "controller", _("Controlling person")
        DIRECTOR = "director", _("Director")
        SIGNATORY = "signatory", _("Signatory")
        OWNER = "owner", _("Owner")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="roles")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=150, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="role_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.UniqueConstraint(
                name="one_live_controlling_person", fields=["organisation"], condition=Q(kind="controller", valid_to__isnull=True)
            ),
            models.UniqueConstraint(
                name="one_live_customer_party", fields=["organisation"], condition=Q(kind="customer", valid_to__isnull=True)
            ),
            models.UniqueConstraint(
                name="role_held_once_at_a_time", fields=["party", "kind"], condition=Q(valid_to__isnull=True)
            ),
        ]


class PersonStatusQuerySet(models.QuerySet["PersonStatus"]):
    def live(self) -> "PersonStatusQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class PersonStatus(models.Model):
    """Where a party stands under one of two tests that are not the same (IAAS-01, IAAS-02). Undetermined counts as foreign."""

    class Axis(models.TextChoices):
        IAAS = "iaas", _("US person")
        EAR = "ear", _("Foreign person")

    class Standing(models.TextChoices):
        US = "us", _("US")
        FOREIGN = "foreign", _("Foreign")
        UNDETERMINED = "undetermined", _("Undetermined, counts as foreign")

    class Basis(models.TextChoices):
        CITIZEN = "citizen", _("Citizen of the United States")
        RESIDENT = "resident", _("Lawful permanent resident of the United States")
        PROTECTED = "protected", _("Refugee or asylee in the United States")
        LOCATED = "located", _("In the United States on another ground, such as a visa")
        ORGANISED = "organised", _("Formed under the law of the United States")
        NONE = "none", _("None of these")
        UNKNOWN = "unknown", _("Not known")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="statuses")
    axis = models.CharField(max_length=10, choices=Axis.choices)
    standing = models.CharField(max_length=20, choices=Standing.choices)
    basis = models.CharField(max_length=20, choices=Basis.choices)
    rule_pack = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = PersonStatusQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="status_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.UniqueConstraint(name="one_live_status_an_axis", fields=["party", "axis"], condition=Q(valid_to__isnull=True)),
        ]


class AttributeQuerySet(models.QuerySet["Attribute"]):
    def live(self) -> "AttributeQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class Attribute(models.Model):
    """Where an entity was formed, where it has its headquarters, and who is its ultimate parent: each from and to, and by whose
    word (USX-01). What is live is also what the party itself says; what was stays here."""

    personal = ("country",)

    class What(models.TextChoices):
        FORMED = "formed", _("Country of formation")
        HEADQUARTERS = "headquarters", _("Headquarters")
        PARENT = "parent", _("Ultimate parent")

    class Source(models.TextChoices):
        DECLARED = "declared", _("declared by the customer")
        DETERMINED = "determined", _("determined by the checks from who owns it")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="attributes")
    what = models.CharField(max_length=20, choices=What.choices)
    country = models.CharField(max_length=2, blank=True)
    parent = models.ForeignKey(Party, models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=20, choices=Source.choices)
    # As it was told: a year, a month or a day; empty where nobody said since when. Then it counts from when it was told.
    since = models.CharField(max_length=10, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = AttributeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attribute_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.CheckConstraint(
                name="a_parent_is_a_party", condition=Q(what="parent", parent__isnull=False) | ~Q(what="parent") & Q(parent=None)
            ),
            models.UniqueConstraint(name="one_live_attribute", fields=["party", "what"], condition=Q(valid_to__isnull=True)),
        ]


class ExclusionQuerySet(models.QuerySet["Exclusion"]):
    def live(self) -> "ExclusionQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class Exclusion(models.Model):
    """That a company or a state body claims, on one ground of the rule pack, to be left out of FinCEN's rule on beneficial owners
    (FIN-04, FIN-05). Nothing rests on it before an officer has verified it."""

    personal = ("reference",)

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    party = models.ForeignKey(Party, models.PROTECT, related_name="exclusions")
    # Its code in the rule pack.
    ground = models.CharField(max_length=40)
    # Where it can be looked up: which exchange or register, under which number. Empty where what a party is says it already.
    reference = models.CharField(_("where it can be looked up"), max_length=300, blank=True)
    rule_pack = models.CharField(max_length=20)
    claimed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(auto_now_add=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = ExclusionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="exclusion_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
            models.CheckConstraint(name="exclusion_has_a_ground", condition=~Q(ground="")),
            models.UniqueConstraint(
                name="one_live_claim_a_ground", fields=["party", "ground"], condition=Q(valid_to__isnull=True)
            ),
        ]


class SamenessQuerySet(models.QuerySet["Sameness"]):
    def live(self) -> "SamenessQuerySet":
        return self.filter(superseded_at__isnull=True)


@tracked()
class Sameness(models.Model):
    """An officer's word on whether two parties, which two customers named, are one company. Nothing is merged by it. Whoever
    serves a customer is shown no row: each tells him of another customer."""

    personal = ("reason",)
    of_the_house = True

    class Ruling(models.TextChoices):
        SAME = "same", _("The same company")
        DIFFERENT = "different", _("Not the same")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    # The party of this organisation, and the other's.
    party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    other = models.ForeignKey(Party, models.PROTECT, related_name="+")
    # Codes of the identifiers that they shared when it was ruled.
    shared = models.JSONField()
    ruling = models.CharField(max_length=20, choices=Ruling.choices)
    reason = models.TextField()
    ruled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = SamenessQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="sameness_is_of_two", condition=~Q(party=F("other"))),
            models.CheckConstraint(name="sameness_has_a_reason", condition=~Q(reason="")),
            models.UniqueConstraint(
                Least("party", "other"),
                Greatest("party", "other"),
                name="one_live_ruling_a_pair",
                condition=Q(superseded_at__isnull=True),
            ),
        ]


class PaymentMeansQuerySet(models.QuerySet["PaymentMeans"]):
    def live(self) -> "PaymentMeansQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class PaymentMeans(models.Model):
    """How an organisation pays, and where that money comes from (IAAS-10, IAAS-11). Never a full card number."""

    personal = ("holder", "institution", "country", "last_four", "network", "source_details")

    class Kind(models.TextChoices):
        CARD = "card", _("Card")
        BANK = "bank", _("Bank account")
        WALLET = "wallet", _("Virtual-currency wallet")
        CREDIT = "credit", _("Credits of a programme, nothing is paid")

    class Source(models.TextChoices):
        REVENUE = "revenue", _("Income from our business")
        CAPITAL = "capital", _("Money put in by owners or investors")
        GRANT = "grant", _("A grant or public funds")
        SALARY = "salary", _("Salary or savings")
        OTHER = "other", _("Something else")

    id = RowNumber(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    holder = models.CharField(max_length=300, blank=True)
    institution = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=2, blank=True)
    # The token of a card, the number of an account, the address of a wallet.
    reference = SealedField(blank=True, indexed_as="payment")
    last_four = models.CharField(max_length=4, blank=True)
    network = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=20, choices=Source.choices)
    source_details = models.CharField(max_length=500, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = PaymentMeansQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="payment_ends_after_it_starts", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            )
        ]

    @property
    def sealed_for(self) -> Subject:
        return Subject.of_organisation(self.organisation_id)


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def live(self) -> "QuestionnaireQuerySet":
        return self.filter(superseded_at__isnull=True)


@tracked()
class Questionnaire(models.Model):
    """What an organisation answered about its use of one offering (EXP-01): signed, dated, of one version of the questions,
    good until it expires. Answers never change; signing anew supersedes them."""

    personal = ("answers", "signed_name")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    offering = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    # Code of the question: what was answered.
    answers = models.JSONField()
    signed_name = models.CharField(max_length=300)
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    expires_on = models.DateField()
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        # The sweep of what is to be signed anew.
        indexes = [models.Index(name="questionnaire_expiry", fields=["expires_on"], condition=Q(superseded_at__isnull=True))]
        constraints = [
            models.CheckConstraint(name="answers_are_signed", condition=~Q(signed_name="")),
            models.UniqueConstraint(
                name="one_live_questionnaire_an_offering",
                fields=["organisation", "offering"],
                condition=Q(superseded_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="answers_are_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    {YIELDS}
                    IF ROW(NEW.id, NEW.organisation_id, NEW.offering, NEW.version, NEW.answers, NEW.signed_name,
                           NEW.signed_by_id, NEW.signed_at, NEW.expires_on)
                        IS DISTINCT FROM
                        ROW(OLD.id, OLD.organisation_id, OLD.offering, OLD.version, OLD.answers, OLD.signed_name,
                           OLD.signed_by_id, OLD.signed_at, OLD.expires_on)
                       OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at) THEN
                        RAISE EXCEPTION 'signed answers do not change' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]
