"""What officers did to all keys of a customer, as he is told it, and his word against it."""

import secrets

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.eraser import YIELDS
from accounts.history import tracked
from accounts.models import Organisation, User
from kyc.evidence.models import Document
from kyc.keys.estate_models import ImportedKey
from kyc.keys.models import Hold, Key, stray

# Without vowels, which would make words, and without what is taken for another in print.
LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"
LONG = 8


def handle() -> str:
    """Drawn, so that a customer can't tell by it how many others there are, nor find theirs."""
    return secrets.token_urlsafe(16)


def letters() -> str:
    """The same, short enough to be told on the telephone."""
    return "".join(secrets.choice(LETTERS) for _place in range(LONG))


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def live(self) -> "RestrictionQuerySet":
        """Also one whose hold alone was lifted has ended."""
        return self.filter(Q(hold__isnull=True) | Q(hold__lifted_at__isnull=True), ended_at__isnull=True)


@tracked()
class Restriction(models.Model):
    """What is done to a customer and what he is told of it, from, to. Why it came about stands elsewhere: the sentence is one of
    a few, and gives nothing of that away."""

    class Kind(models.TextChoices):
        HOLD = "hold", _("Keys on hold")
        LIMIT = "limit", _("Use limited")
        VERIFICATION = "verification", _("To be verified again")
        CLOSED = "closed", _("Models closed by an order")

    class Told(models.TextChoices):
        ACCOUNT = "account", _("We are looking through your account.")
        TERMS = "terms", _("We are checking that your keys are used as our terms allow.")
        DETAILS = "details", _("We need to be sure again that what we know of you is right.")
        # Goes with what is closed by an order, and with nothing else.
        ORDER = (
            "order",
            _(
                "An authority has ordered us to keep a group of people or companies out. You are in it, or nothing that we have "
                "shows yet that you are not."
            ),
        )

    # In the addresses that the customer is sent.
    handle = models.CharField(max_length=22, unique=True, default=handle, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    told = models.CharField(max_length=20, choices=Told.choices)
    hold = models.OneToOneField(Hold, models.PROTECT, null=True, blank=True)
    placed_at = models.DateTimeField(auto_now_add=True)
    placed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="restriction_live", fields=["organisation"], condition=Q(ended_at__isnull=True))]
        constraints = [
            models.CheckConstraint(
                name="restriction_known_words",
                condition=Q(kind__in=["hold", "limit", "verification"], told__in=["account", "terms", "details"])
                | Q(kind="closed", told="order"),
            ),
            models.CheckConstraint(
                name="restriction_of_keys_has_its_hold",
                condition=Q(kind="hold", hold__isnull=False) | ~Q(kind="hold") & Q(hold__isnull=True),
            ),
            models.CheckConstraint(
                name="restriction_ended_at_and_by",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="restriction_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'a restriction is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {stray("hold_id", "kyc_hold")}
                    IF TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL OR ROW(
                        NEW.id, NEW.handle, NEW.organisation_id, NEW.kind, NEW.told, NEW.hold_id, NEW.placed_by_id
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.handle, OLD.organisation_id, OLD.kind, OLD.told, OLD.hold_id, OLD.placed_by_id
                    )) THEN
                        RAISE EXCEPTION 'what a customer was told does not change, and ended it stays ended'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def is_by_order(self) -> bool:
        return self.kind == self.Kind.CLOSED

    @property
    def sentences(self) -> list[str | Promise]:
        """What is done, and why, as the customer reads it."""
        return [self.done, self.Told(self.told).label]

    @property
    def done(self) -> Promise:
        return DONE[self.kind] if self.is_felt else AHEAD[self.kind]

    @property
    def ended(self) -> Promise:
        return ENDED[self.kind]

    @property
    def is_felt(self) -> bool:
        """Whether there is a key that it is about, where it is about keys."""
        usable = Key.objects.unexpired().filter(organisation=self.organisation_id).exclude(state=Key.State.REVOKED)
        imported = ImportedKey.objects.acting().filter(organisation=self.organisation_id)
        return not self.is_of_keys or usable.exists() or (self.kind != self.Kind.LIMIT and imported.exists())

    @property
    def is_of_keys(self) -> bool:
        return self.kind != self.Kind.VERIFICATION


DONE: dict[str, Promise] = {
    Restriction.Kind.HOLD: _("Your keys are on hold."),
    Restriction.Kind.LIMIT: _("How much your keys may use is limited."),
    Restriction.Kind.VERIFICATION: _("We ask you to be verified again."),
    Restriction.Kind.CLOSED: _("Some or all of our models are closed to your keys."),
}


# Of whoever has no key.
AHEAD: dict[str, Promise] = {
    Restriction.Kind.HOLD: _("Keys that you issue are on hold."),
    Restriction.Kind.LIMIT: _("How much keys that you issue may use is limited."),
    Restriction.Kind.CLOSED: _("Some or all of our models are closed to keys that you issue."),
}
ENDED: dict[str, Promise] = {
    Restriction.Kind.HOLD: _("The hold on your keys of which we told you has ended."),
    Restriction.Kind.LIMIT: _("The limit on your keys of which we told you has ended."),
    Restriction.Kind.VERIFICATION: _("We do not ask you any more to be verified again."),
    Restriction.Kind.CLOSED: _("The closing of models to your keys of which we told you has ended."),
}


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> "AppealQuerySet":
        return self.filter(outcome="")


@tracked()
class Appeal(models.Model):
    """A customer's word against a restriction. Somebody who did not place it answers in words, and it stays or ends."""

    personal = ("words", "answer")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("It stays")
        OVERTURNED = "overturned", _("It ends")

    # Behind its number.
    handle = models.CharField(max_length=LONG, unique=True, default=letters, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    restriction = models.ForeignKey(Restriction, models.PROTECT, related_name="appeals")
    words = models.TextField()
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField(auto_now_add=True)
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = AppealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_open_appeal", fields=["restriction"], condition=Q(outcome="")),
            models.CheckConstraint(name="appeal_says_something", condition=~Q(words="")),
            models.CheckConstraint(
                name="appeal_decided_at_and_by_and_in_words",
                condition=Q(outcome="", answer="", decided_at__isnull=True, decided_by__isnull=True)
                | Q(outcome__in=["upheld", "overturned"], decided_at__isnull=False, decided_by__isnull=False) & ~Q(answer=""),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="appeal_decided_by_another",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    {YIELDS}
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an appeal is never deleted' USING ERRCODE = 'check_violation';
                    END IF;
                    {stray("restriction_id", "kyc_restriction")}
                    {stray("document_id", "kyc_document")}
                    IF TG_OP = 'INSERT' AND NEW.outcome <> '' THEN
                        RAISE EXCEPTION 'an appeal starts open' USING ERRCODE = 'check_violation';
                    END IF;
                    IF TG_OP = 'UPDATE' AND (ROW(
                        NEW.id, NEW.handle, NEW.organisation_id, NEW.restriction_id, NEW.words, NEW.document_id, NEW.sent_by_id
                    ) IS DISTINCT FROM ROW(
                        OLD.id, OLD.handle, OLD.organisation_id, OLD.restriction_id, OLD.words, OLD.document_id, OLD.sent_by_id
                    ) OR OLD.outcome <> '' AND ROW(NEW.outcome, NEW.answer, NEW.decided_at, NEW.decided_by_id)
                        IS DISTINCT FROM ROW(OLD.outcome, OLD.answer, OLD.decided_at, OLD.decided_by_id)) THEN
                        RAISE EXCEPTION 'what was said does not change' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.decided_by_id IS NOT NULL AND EXISTS (
                        SELECT 1 FROM kyc_restriction r WHERE r.id = NEW.restriction_id AND r.placed_by_id = NEW.decided_by_id
                    ) THEN
                        RAISE EXCEPTION 'somebody who did not place it decides' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.decided_by_id IS NOT NULL AND EXISTS (
                        SELECT 1 FROM kyc_directivenotice n JOIN kyc_directive d ON d.id = n.directive_id
                        WHERE n.restriction_id = NEW.restriction_id AND d.proposed_by_id = NEW.decided_by_id
                    ) THEN
                        RAISE EXCEPTION 'somebody who did not propose it decides' USING ERRCODE = 'check_violation';
                    END IF;
                    -- Known where whoever decides is shown it: nobody else can have proposed it.
                    IF NEW.decided_by_id IS NOT NULL AND EXISTS (
                        SELECT 1 FROM kyc_measuremember one JOIN kyc_measure m ON m.id = one.measure_id
                        WHERE one.restriction_id = NEW.restriction_id AND m.proposed_by_id = NEW.decided_by_id
                    ) THEN
                        RAISE EXCEPTION 'somebody who did not propose it decides' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  # nosec B608  # names of ours
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"A-{self.sent_at:%Y}-{self.handle}"

    @property
    def is_open(self) -> bool:
        return not self.outcome
