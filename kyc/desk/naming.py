"""Whether what an officer writes to a customer names another one."""

import re

from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Lower

from accounts.models import Organisation
from kyc.screening.normalise import without_forms, words

# How many a sentence names.
MOST = 5
BARE = re.compile(r"^\W+|\W+$")


def others(text: str, own: Organisation) -> list[str]:
    """Names of other customers that stand in it, with or without their legal form and however they are spelled; a name that its
    own holds too is no other's."""
    said = words(text)
    begins = {BARE.sub("", word) for word in text.lower().split()}
    first = Lower(Func(F("name"), Value(" "), Value(1), function="split_part", output_field=TextField()))
    rows = Organisation.objects.exclude(pk=own.pk).annotate(first=first).filter(first__in=begins).order_by("name", "pk")
    mine = without_forms(words(own.name))
    named = []
    for name in rows.values_list("name", flat=True).distinct().iterator():
        sought = without_forms(words(name))
        if sought and stands(sought, said) and not stands(sought, mine):
            named.append(name)
    return named[:MOST]


def stands(sought: list[str], said: list[str]) -> bool:
    """Its words one behind the other."""
    size = len(sought)
    return any(said[at : at + size] == sought for at in range(len(said) - size + 1))
