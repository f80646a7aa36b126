"""How parties are shown."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import get_language

from kyc.parties import countries, identifying
from kyc.parties.models import Party

register = template.Library()


@register.filter
def country_name(code: str) -> str:
    """The country in the reader's language."""
    return countries.name(code, get_language() or "en") if code else ""


@register.filter
def of_party(told: Mapping[int, Any], party: Party) -> Any:
    """What is told of that party, by its number; empty where nothing is."""
    return told.get(party.pk, "") if told else ""


@register.filter
def register_name(party: Party) -> str:
    """In which register its number stands."""
    return identifying.register_name(party)


@register.filter
def register_code(party: Party) -> str:
    """The register by its code alone; empty where org-id.guide names none."""
    code = identifying.scheme(party)
    return "" if code.endswith("-") else code
