"""Who is involved: parties and the roles they hold."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.models import Organisation, User
from accounts.vault import SealedField


class PartyQuerySet(models.QuerySet["Party"]):
    def visible_to(self, user: User) -> "PartyQuerySet":
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def current(self) -> "PartyQuerySet":
        return self.filter(removed_on__isnull=True)

    def people(self) -> "PartyQuerySet":
        return self.current().filter(kind=Party.Kind.PERSON)


@tracked()
class Party(models.Model):
    """A natural person, a company, or a state or state body as one organisation declared it. The same person in two
    organisations is two parties."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")
        STATE = "state", _("State or state body")

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(_("full legal name"), max_length=300)
    native_name = models.CharField(_("name in its own script"), max_length=300, blank=True)
    # A person's nationality; for a company the country it was formed in.
    country = models.CharField(_("country"), max_length=2, blank=True)
    hq_country = models.CharField(_("headquarters country"), max_length=2, blank=True)
    legal_form = models.CharField(_("legal form"), max_length=100, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=100, blank=True)
    birth_date = SealedField(_("date of birth"), blank=True)
    address = SealedField(_("address"), blank=True)
    declared_at = models.DateTimeField(auto_now_add=True)
    removed_on = models.DateField(null=True, blank=True)

    objects = PartyQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="party_needs_name", condition=~Q(name=""))]

    def __str__(self) -> str:
        return self.name

    @property
    def is_person(self) -> bool:
        return self.kind == self.Kind.PERSON

    @property
    def is_company(self) -> bool:
        """Whether it has owners, who must be named: people and states have none."""
        return self.kind == self.Kind.COMPANY

    @property
    def screened_as(self) -> str:
        """Lists know people and companies; a ministry or a fund of a state stands there as a company."""
        return self.Kind.PERSON if self.is_person else self.Kind.COMPANY


class RoleQuerySet(models.QuerySet["Role"]):
    def live(self) -> "RoleQuerySet":
        return self.filter(valid_to__isnull=True)


@tracked()
class Role(models.Model):
    """What a party is to the organisation, from and to."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        CONTROLLER = "controller", _("Controlling person")
        DIRECTOR = "director", _("Director")
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
