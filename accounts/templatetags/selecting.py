"""What stands between the tags of a select."""

import html
from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
Groups = Iterable[tuple[Any, list[dict[str, Any]], int]]


@register.simple_tag
def options(groups: Groups) -> SafeString:
    """As Django's templates draw it, but by no template, of which a list of all countries needs hundreds."""
    return mark_safe("\n".join(lines(groups)))  # noqa: S308  # nosec B308, B703  # all that is put in is escaped


def lines(groups: Groups) -> Iterator[str]:
    for name, choices, _index in groups:
        if name:
            yield f'<optgroup label="{escaped(name)}">'
        for one in choices:
            yield f'<option value="{escaped(str(one["value"]))}"{attributes(one["attrs"])}>{escaped(one["label"])}</option>'
        if name:
            yield "</optgroup>"


def attributes(named: dict[str, Any]) -> str:
    """Each after a blank: one that is true by its name alone, one that is false not at all."""
    said = ((name, "" if value is True else f'="{escaped(str(value))}"') for name, value in named.items() if value is not False)
    return "".join(f" {escaped(name)}{value}" for name, value in said)


def escaped(text: Any) -> str:
    """As Django's `conditional_escape`, in less time: nothing here may stay untranslated."""
    text = str(text)
    return str(text.__html__()) if hasattr(text, "__html__") else html.escape(text)
