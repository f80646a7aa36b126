"""How parties are shown."""

from django import template
from django.utils.translation import get_language

from kyc.parties import countries

register = template.Library()


@register.filter
def country_name(code: str) -> str:
    """The country in the reader's language."""
    return countries.name(code, get_language() or "en") if code else ""
