"""What pages and mail say about a code that was mailed."""

from allauth.account import app_settings
from django import template

register = template.Library()


@register.simple_tag
def minutes_of_code() -> int:
    """How long it works from when it was sent."""
    return int(app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT) // 60
