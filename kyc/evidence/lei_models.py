"""Legal entities by their LEI (ISO 17442), as GLEIF's golden copies say: level 1 who is who, level 2 who owns whom."""

from django.db import models
from django.db.models import Q


class LeiCopy(models.Model):
    """That a golden copy was loaded. Its rows took the place of those of the one before it of the same level."""

    append_only = True

    class Level(models.TextChoices):
        ENTITIES = "entities"
        PARENTS = "parents"

    level = models.CharField(max_length=10, choices=Level.choices)
    published = models.DateField()
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    loaded_at = models.DateTimeField(auto_now_add=True)
    loaded_by = models.CharField(max_length=250)

    class Meta:
        constraints = [models.UniqueConstraint(name="lei_copy_once", fields=["level", "published", "sha256"])]


class LegalEntity(models.Model):
    """One LEI: what it is called, where it is, in which register under which number, and how the LEI stands."""

    lei = models.CharField(max_length=20)
    name = models.CharField(max_length=500)
    # Other names, in other scripts too.
    names = models.JSONField(default=list)
    country = models.CharField(max_length=2, blank=True)
    hq_country = models.CharField(max_length=2, blank=True)
    jurisdiction = models.CharField(max_length=10, blank=True)
    # GLEIF's code of the register, RA000000, and the number there.
    authority = models.CharField(max_length=20, blank=True)
    number = models.CharField(max_length=200, blank=True)
    # Of the company: ACTIVE, INACTIVE. Of the LEI: ISSUED, LAPSED, RETIRED, ...
    entity_status = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=40, blank=True)
    renewal_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_legal_entity_an_lei", fields=["lei"])]


class LegalEntityParent(models.Model):
    """That an entity says which other consolidates it in its accounts (level 2)."""

    class Kind(models.TextChoices):
        DIRECT = "direct"
        ULTIMATE = "ultimate"

    child = models.CharField(max_length=20)
    parent = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    is_active = models.BooleanField()

    class Meta:
        indexes = [models.Index(name="lei_parent_of", fields=["child"])]
        constraints = [models.CheckConstraint(name="no_lei_is_its_own_parent", condition=~Q(child=models.F("parent")))]
