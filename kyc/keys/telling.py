"""What the owners of an organisation are written about one of its keys."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from accounts import messages
from accounts.models import Membership
from kyc.cases.models import Case
from kyc.keys.models import Hold, Key, KeyRequirement

W, Y = KeyRequirement.What, KeyRequirement.Why


def owners(key: Key) -> QuerySet[Membership]:
    found = Membership.objects.filter(organisation=key.organisation_id, role=Membership.Role.OWNER)
    return found.select_related("user").order_by("pk")


def write(key: Key, subject: str, *said: str) -> None:
    """One mail to each owner: sentences, and a way to the key's page."""
    for membership in owners(key):
        messages.queue_template(
            "key",
            to=membership.user.email,
            subject=subject,
            organisation=key.organisation,
            key=key,
            said=said,
            page=reverse("onboarding:key", args=[key.pk]),
        )


def in_language(key: Key) -> translation.override:
    """Of the customer, as he was first addressed."""
    last = Case.objects.filter(organisation=key.organisation_id).order_by("-pk").first()
    return translation.override((last and last.notice_locale) or None)


def asked(row: KeyRequirement) -> None:
    with in_language(row.key):
        told = {"name": row.key.name, "person": row.key.responsible.name, "day": formats.date_format(row.due_on, "j F Y")}
        if row.what == W.ANSWER:
            write(
                row.key,
                _("Who answers for a key now?"),
                why(row) % told,
                _("Name another responsible person by %(day)s. From the day after the key is on hold until you have.") % told,
            )
        else:
            write(
                row.key,
                _("Nobody uses one of your keys"),
                _("“%(name)s” has not been used for long. A key that nobody misses is one that nobody guards.") % told,
                _("Wake it by %(day)s if you want to keep it, or use it. From the day after it is on hold until you wake it.")
                % told,
            )


def why(row: KeyRequirement) -> str:
    return {
        Y.REMOVED: _("%(person)s, who answers for “%(name)s”, has been removed from your people."),
        Y.NO_ROLE: _("%(person)s, who answers for “%(name)s”, has no role with you any more."),
        Y.FELL: _("What we had verified of %(person)s, who answers for “%(name)s”, can't be relied on any more."),
    }[Y(row.why)]


def held(row: KeyRequirement) -> None:
    with in_language(row.key):
        told = {"name": row.key.name}
        if row.what == W.ANSWER:
            asks = _("Name a responsible person and it works again at once. Nothing else ends with that.")
            write(row.key, _("A key is on hold until somebody answers for it"), _("“%(name)s” is on hold.") % told, asks)
        else:
            asks = _("Wake it on its page and it works again at once, or revoke it if you need it no more.")
            write(row.key, _("A key that nobody uses is on hold"), _("“%(name)s” is on hold.") % told, asks)


def leaked(key: Key, lifted: Hold | None) -> None:
    """`lifted` is the hold that an earlier finding led to, if one did and was lifted."""
    with in_language(key):
        told = {"name": key.name, "key": str(key)}
        said = [_("“%(name)s”, %(key)s, was found where everybody can read it. It is on hold since this minute.") % told]
        if lifted is not None and lifted.lifted_at is not None:
            day = formats.date_format(timezone.localtime(lifted.lifted_at), "j F Y")
            said.append(_("It was found before, and let go on %(day)s. This is another place.") % {"day": day})
        said.append(
            _("Roll it to get a new key for the same purpose, and revoke it. Take it out of the place where it was found.")
        )
        said.append(_("The key's page says where that is, as far as we were told."))
        write(key, _("One of your keys stands in public"), *said)
