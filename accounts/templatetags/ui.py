"""What the components need beyond plain includes: boxes round content, distances in time, initials."""

import datetime as dt
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
LONG_AGO = 30 * DAY
DUE_SOON = dt.timedelta(days=1)


@register.simple_block_tag
def card(content: SafeString, title: str = "", **options: Any) -> SafeString:
    """`{% card title="At a glance" aside="Edit" %} ... {% endcard %}`; options stand in components/card.html."""
    return render_to_string("components/card.html", {"content": content, "title": title, **options})


@register.simple_block_tag
def dialog(content: SafeString, id: str, title: str, button: str, tone: str = "") -> SafeString:
    """`{% dialog id="snooze" title="..." button="Snooze" %} a form {% enddialog %}`: a button and its sheet."""
    return render_to_string(
        "components/dialog.html",
        {"content": content, "id": id, "title": title, "button": button, "tone": tone},
    )


@register.filter
def can(user: Any, permission: str) -> bool:
    """`{% if user|can:"report_view" %}`; an anonymous user can nothing."""
    return bool(user and user.is_authenticated and user.can(permission))


@register.filter
def initials(name: str) -> str:
    """At most two letters: "Ana Marić" gives "AM"."""
    words = str(name).split()
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper() or "?"


@register.filter
def ago(instant: dt.datetime | None) -> str:
    """The distance back to `instant`, exact on hover; after 30 days its date."""
    if instant is None:
        return ""
    seconds = (timezone.now() - instant).total_seconds()
    if seconds < MINUTE:
        return stamped(instant, _("just now"))
    if seconds > LONG_AGO:
        return stamped(instant, date_format(timezone.localtime(instant), "j M Y"))
    return stamped(instant, _("%(distance)s ago") % {"distance": distance(seconds)})


@register.filter
def age(instant: dt.datetime | None) -> str:
    """How long since `instant`, for columns: "20 min", "5 h", "2 d"."""
    return "" if instant is None else stamped(instant, distance((timezone.now() - instant).total_seconds()))


@register.filter
def due(instant: dt.datetime | dt.date | None) -> str:
    """ "3 d left"; within a day an amber "today 18:00"; past it a red "1 d late"."""
    if instant is None:
        return ""
    until = instant if isinstance(instant, dt.datetime) else end_of(instant)
    left = until - timezone.now()
    if left < dt.timedelta(0):
        return stamped(until, badge("bad", _("%(distance)s late") % {"distance": distance(-left.total_seconds())}))
    if left > DUE_SOON:
        return stamped(until, _("%(distance)s left") % {"distance": distance(left.total_seconds())})
    local = timezone.localtime(until)
    words = _("today %(time)s") if local.date() == timezone.localdate() else _("tomorrow %(time)s")
    return stamped(until, badge("warn", words % {"time": date_format(local, "H:i")}))


def distance(seconds: float) -> str:
    """The largest whole unit; never less than a minute."""
    for unit, form in ((DAY, _("%d d")), (HOUR, _("%d h"))):
        if seconds >= unit:
            return form % (seconds // unit)
    return _("%d min") % max(1, seconds // MINUTE)


def end_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59)))


def stamped(instant: dt.datetime, words: str) -> SafeString:
    local = timezone.localtime(instant)
    exact = f"{date_format(local, 'j F Y, H:i')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}"><span>{}</span></time>', local.isoformat(), exact, words)


def badge(tone: str, text: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', tone, text)
