"""A risk score and the reasons it is made of."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation


class Score(models.Model):
    """The sum of an examination's factors under one rule pack. A new examination writes a new score."""

    class Band(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    append_only = True

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    value = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=10, choices=Band.choices)
    rule_pack = models.CharField(max_length=20)
    examination_id = models.BigIntegerField(unique=True)
    scored_at = models.DateTimeField(auto_now_add=True)


class Factor(models.Model):
    """One reason in a score: its code in the rule pack, its points, and the sentence as it read then."""

    personal = ("sentence",)

    append_only = True

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    score = models.ForeignKey(Score, models.PROTECT, related_name="factors")
    code = models.CharField(max_length=60)
    points = models.SmallIntegerField()
    sentence = models.TextField()


class Fact(models.Model):
    """What a later stage has seen and an officer should weigh: of what, which, what it was, by which source, and when. Whatever
    is seen again on the same day is the same fact."""

    append_only = True

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    # As "key:" and its public prefix.
    subject = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    value = models.JSONField()
    source = models.CharField(max_length=40)
    at = models.DateTimeField()
    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="fact_once_a_day", fields=["organisation", "subject", "name", "on", "value"]),
        ]
