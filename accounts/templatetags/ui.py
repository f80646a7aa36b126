"""What the components need beyond plain includes: boxes round content, distances in time, initials."""

import datetime as dt
import re
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts import elevated, sessions

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
LETTER = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
RIGHT_TO_LEFT = re.compile(rf"({LETTER}(?:[^\w%]*{LETTER})*)")
LONG_AGO = 30 * DAY


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
def isolated(text: str) -> SafeString:
    """A sentence in which words of a right-to-left script keep to themselves, so that numbers beside them stay in place."""
    parts = RIGHT_TO_LEFT.split(str(text))
    return format_html_join(
        "", "{}", ((format_html("<bdi>{}</bdi>", part) if place % 2 else part,) for place, part in enumerate(parts))
    )


@register.filter
def fours(text: str) -> list[str]:
    """What is typed by hand, in groups of at most four."""
    return [str(text)[at : at + 4] for at in range(0, len(str(text)), 4)]


@register.filter
def initials(name: str) -> str:
    """At most two letters: "Ana Marić" gives "AM"."""
    words = str(name).split()
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper() or "?"


@register.filter
def elevation(request: Any) -> str:
    """`{{ request|elevation }}`: what will be done once the second factor was shown on this page; nothing where it is asked for
    another reason."""
    return elevated.words(request)


@register.filter
def device(user_agent: str) -> str:
    return sessions.device(user_agent)


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
def due(until: dt.datetime | dt.date | None) -> str:
    """How long is left: "3 d left"; on the last day an amber "today"; past it a red "1 d late"."""
    if until is None:
        return ""
    return due_at(until) if isinstance(until, dt.datetime) else due_on(until)


def due_at(instant: dt.datetime) -> str:
    seconds = (instant - timezone.now()).total_seconds()
    if seconds < 0:
        return stamped(instant, badge("bad", _("%(distance)s late") % {"distance": distance(-seconds)}))
    if seconds > DAY:
        return stamped(instant, _("%(distance)s left") % {"distance": distance(seconds)})
    local = timezone.localtime(instant)
    words = _("today %(time)s") if local.date() == timezone.localdate() else _("tomorrow %(time)s")
    return stamped(instant, badge("warn", words % {"time": date_format(local, "H:i")}))


def due_on(day: dt.date) -> str:
    left = (day - timezone.localdate()).days
    if left < 0:
        return dated(day, badge("bad", _("%d d late") % -left))
    return dated(day, _("%d d left") % left if left else badge("warn", _("today")))


def distance(seconds: float) -> str:
    """The largest whole unit; never less than a minute."""
    for unit, form in ((DAY, _("%d d")), (HOUR, _("%d h"))):
        if seconds >= unit:
            return form % (seconds // unit)
    return _("%d min") % max(1, seconds // MINUTE)


def stamped(instant: dt.datetime, words: str) -> SafeString:
    local = timezone.localtime(instant)
    exact = f"{date_format(local, 'j F Y, H:i')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}"><span>{}</span></time>', local.isoformat(), exact, words)


def dated(day: dt.date, words: str) -> SafeString:
    exact = date_format(day, "j F Y")
    return format_html('<time datetime="{}" title="{}"><span>{}</span></time>', day.isoformat(), exact, words)


def badge(tone: str, text: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', tone, text)
