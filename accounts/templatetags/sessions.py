"""How long the session that a page was asked for in still lasts."""

from typing import Any

from django import template

from accounts import sessions

register = template.Library()


@register.simple_tag(takes_context=True)
def session_left(context: dict[str, Any]) -> dict[str, int]:
    return sessions.left(context["request"])
