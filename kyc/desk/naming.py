"""Whether what an officer writes to a customer names another one."""

from accounts.models import Organisation
from kyc.screening.normalise import without_forms, words

# How many a sentence names.
MOST = 5


def others(text: str, own: Organisation) -> list[str]:
    """Names of other customers that stand in it, with or without their legal form and however they are spelled; a name that its
    own holds too is no other's."""
    said = words(text)
    rows = Organisation.objects.exclude(pk=own.pk).order_by("name")
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
