"""What the accounts of imported keys are asked for: to sign up and be verified by a day. They are told at once, reminded, limited
and at last stopped, by the times that the import wrote. That a key is limited or may act no more needs none of this: whoever asks
about it judges by the clock. Here it is only told, and by whom an account is taken over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import Case as When
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models import When as Then
from django.db.models.functions import Now
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts import audit, messages, organisations, scope, signals
from accounts.models import Membership, User
from accounts.refused import Refused
from config import jobs
from kyc.cases.models import Entity
from kyc.keys.actions import refuse_irresponsible, refuse_unverified
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.models import Key, serialise
from kyc.parties.models import Party

G, S = Remediation.Stage, Remediation.State


class Campaign(jobs.Queue):
    """Accounts that are to be told something now, those included for which it is time by the clock alone."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or due().exists() or over().exists()


QUEUE = Campaign(
    name="keys.campaign",
    model=Remediation,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    lease=timedelta(seconds=20),
    since="begun_at",
    max_errors=10,
    # The check judges by the clock itself; here mails are due, by the day.
    sweeps=30,
)


class NoLonger(Refused):
    """The key was taken over already, or was revoked."""


def staged(rows: QuerySet[Remediation]) -> QuerySet[Remediation]:
    """Each with `now`, the stage that it is in by the database's clock."""
    by_clock = [Then(due_at__lte=Now(), then=Value(G.DUE)), Then(limited_at__lte=Now(), then=Value(G.LIMITED))]
    reminded = Then(reminded_at__lte=Now(), then=Value(G.REMINDED))
    return rows.annotate(now=When(*by_clock, reminded, default=Value(G.TOLD), output_field=CharField()))


def asked() -> QuerySet[Remediation]:
    """Those that still have a key of the old kind."""
    left = ImportedKey.objects.filter(remediation=OuterRef("pk"), became__isnull=True, revoked_at__isnull=True)
    return Remediation.objects.filter(Exists(left), organisation__closed_at__isnull=True)


def due() -> QuerySet[Remediation]:
    """Those in another stage than they were told of, or verified since."""
    rows = staged(asked()).filter(state__in=[S.OPEN, S.ENDED])
    is_next = ~Q(stage=F("now")) & ~Q(stage=G.DUE)
    return rows.filter(is_next | Q(is_verified(), is_answer_asked=False))


def is_verified() -> Exists:
    return Exists(Entity.objects.live().filter(organisation=OuterRef("organisation")))


def over() -> QuerySet[Remediation]:
    """Those of which nothing is asked any more."""
    return Remediation.objects.filter(state=S.OPEN).exclude(pk__in=asked().values("pk"))


def run() -> None:
    """Each in a transaction of its own, so that one that fails stops nobody else's."""
    over().update(state=S.ENDED)
    Remediation.objects.filter(pk__in=due().values("pk")).update(state=S.WAITING)
    for claim in QUEUE.claims():
        with claim, claim.finish(state=S.OPEN):
            act(claim.row)


def act(row: Remediation) -> None:
    """Tells of the stage of now; those that were missed meanwhile are told no more. Repeated, it is silence."""
    organisations.held(row.organisation_id)
    rows = staged(asked()).annotate(is_verified=is_verified()).select_related("organisation")
    found = rows.filter(pk=row.pk).first()
    if found is None:
        return
    asks = found.is_verified and not found.is_answer_asked
    if found.now == found.stage and not asks:
        return
    Remediation.objects.filter(pk=found.pk).update(stage=found.now, is_answer_asked=found.is_answer_asked or asks)
    verb = "estate.answer_asked" if asks else f"estate.{found.now}"
    audit.record(verb, target=found, by=None, due_at=f"{found.due_at:%Y-%m-%d %H:%M:%S}")
    write(found, (ANSWER if found.is_verified else SAID)[G(found.now)]())


def write(row: Remediation, said: tuple[str, ...]) -> None:
    """To the owners, or where nobody has signed up to the address that the provider knew."""
    owners = Membership.objects.filter(organisation=row.organisation_id, role=Membership.Role.OWNER).select_related("user")
    subject, *sentences = said
    if not owners:
        sentences.append(_("Sign up with %(email)s, this address, and the account is yours with its keys."))
    told = {
        "limited": formats.date_format(timezone.localtime(row.limited_at), "j F Y"),
        "due": formats.date_format(timezone.localtime(row.due_at), "j F Y"),
        "requests": row.requests_a_day,
        "email": row.email,
    }
    for to in [owner.user.email for owner in owners] or [row.email]:
        lines = [sentence % told for sentence in sentences]
        messages.queue_template("estate", to=to, subject=subject, organisation=row.organisation, said=lines)


SAID: dict[str, Callable[[], tuple[str, ...]]] = {
    G.TOLD: lambda: (
        _("Who holds your API keys?"),
        _("From now on we have to know who holds each API key. Yours go on working."),
        _("Get verified by %(due)s. From %(limited)s on your keys answer %(requests)s requests a day until you are."),
    ),
    G.REMINDED: lambda: (
        _("Get verified to keep your API keys"),
        _("You are not verified yet. From %(limited)s on your keys answer %(requests)s requests a day until you are."),
        _("After %(due)s they answer none."),
    ),
    G.LIMITED: lambda: (
        _("Your API keys are limited until you are verified"),
        _("Your keys answer %(requests)s requests a day now."),
        _("Get verified by %(due)s, else they answer none from then on."),
    ),
    G.DUE: lambda: (
        _("Your API keys are stopped until you are verified"),
        _("You were not verified by %(due)s, so your keys answer no requests any more."),
        _("None of them is lost: get verified, and they work again."),
    ),
}


# Of who is verified.
NAME = _lazy("Say who answers for your API keys")
ANSWER: dict[str, Callable[[], tuple[str, ...]]] = {
    **dict.fromkeys(
        (G.TOLD, G.REMINDED),
        lambda: (
            str(NAME),
            _("You are verified. Now say of each key that you had before who answers for it, and nothing about it is limited."),
            _("Where nobody is named, it answers %(requests)s requests a day from %(limited)s on, and none after %(due)s."),
        ),
    ),
    G.LIMITED: lambda: (
        str(NAME),
        _("Nobody answers yet for keys that you had before, so each takes %(requests)s requests a day, none after %(due)s."),
        _("Say of each who answers for it, and it is not limited any more."),
    ),
    G.DUE: lambda: (
        str(NAME),
        _("Nobody was named by %(due)s who answers for keys that you had before, so they answer nothing now."),
        _("None of them is lost: say of each who answers for it, and it works again."),
    ),
}


def take_over(user: User) -> list[Remediation]:
    """Whoever reads the mail of the address that the provider knew is the owner of its accounts. Repeated, it is silence."""
    if user.is_staff or user.is_robot or not settings.ESTATE_FORMS:
        return []
    with scope.everything(), transaction.atomic():
        proven = [
            email.lower() for email in EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
        ]
        nobodys = ~Exists(Membership.objects.filter(organisation=OuterRef("organisation")))
        found = list(
            Remediation.objects.select_for_update(of=("self",))
            .select_related("organisation")
            .filter(nobodys, Q(email__in=proven), organisation__closed_at__isnull=True)
            .order_by("pk")
        )
        for row in found:
            Membership.objects.create(organisation=row.organisation, user=user, role=Membership.Role.OWNER)
            audit.record("estate.taken_over", target=row, by=user)
        return found


def on_sign_in(user: User, **_kwargs: Any) -> None:
    take_over(user)


@transaction.atomic
def adopt(imported: ImportedKey, *, responsible: Party, by: User) -> Key:
    """A key like any other from now on: it answers to its organisation's entity, and `responsible` for it. Its text stays the
    same. Raises NotVerified, NotResponsible, NoLonger."""
    organisations.locked(imported.organisation, by=by)
    serialise(imported.organisation_id)
    found = ImportedKey.objects.select_for_update(of=("self",)).select_related("organisation", "project").get(pk=imported.pk)
    if found.became_id or found.revoked_at:
        raise NoLonger(_("%(key)s was taken over already, or revoked.") % {"key": found})
    refuse_unverified(found.organisation)
    refuse_irresponsible(found.organisation, responsible)
    key = Key.objects.create(
        organisation=found.organisation,
        project=found.project,
        name=str(found),
        prefix=found.prefix,
        last_four=found.last_four,
        digest=found.digest,
        pepper_version=found.scheme,
        responsible=responsible,
        issued_by=by,
    )
    found.became = key
    found.save(update_fields=["became"])
    audit.record("key.adopted", target=key, by=by, prefix=key.prefix, responsible=responsible.name)
    jobs.woke("key.issued")
    signals.look_again(key.organisation_id)
    return key


@transaction.atomic
def revoke(imported: ImportedKey, *, by: User) -> None:
    """Final; by a member. Repeated, it is silence. One that was adopted is revoked as a key of ours."""
    organisations.locked(imported.organisation, by=by)
    found = ImportedKey.objects.select_for_update().get(pk=imported.pk)
    if found.revoked_at is None and found.became_id is None:
        found.revoked_at, found.revoked_by = timezone.now(), by
        found.save(update_fields=["revoked_at", "revoked_by"])
        audit.record("estate.key_revoked", target=found, by=by, prefix=found.prefix)
