"""What a customer has told that may well be mistyped: it is asked in place and again before it is sent. It refuses nobody."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from kyc.cases.doubts import acting_for
from kyc.parties import numbers
from kyc.parties.models import Party
from kyc.parties.wording import age
from kyc.rules import packs


@dataclass(frozen=True)
class Question:
    party: Party
    sentence: str


def of(organisation: Organisation, party: Party | None = None) -> list[Question]:
    """Of all its parties, or of the one."""
    parties = Party.objects.current().filter(organisation=organisation).order_by("pk")
    parties = parties.filter(pk=party.pk) if party else parties
    acting = acting_for(organisation)
    return [Question(found, sentence) for found in parties for sentence in asked_of(found, is_acting=found.pk in acting)]


def asked_of(party: Party, *, is_acting: bool) -> list[str]:
    said = []
    least = packs.current().minimum_age
    born = party.born if is_acting and party.is_person else None
    if born and age(born, timezone.localdate()) < least:
        sentence = ngettext(
            "Born on %(day)s, %(name)s is under %(n)s year of age. Is this date right?",
            "Born on %(day)s, %(name)s is under %(n)s years of age. Is this date right?",
            least,
        )
        said.append(sentence % {"day": party.birth_date, "name": party.name, "n": least})
    if numbers.is_in_doubt(party):
        sentence = _("The check digits of %(number)s, the registration number of %(name)s, do not agree. Is this number right?")
        said.append(sentence % {"number": party.registration_number, "name": party.name})
    return said


def ask(request: HttpRequest, organisation: Organisation, party: Party) -> None:
    """In place, on the page that comes after what was saved."""
    for question in of(organisation, party):
        messages.warning(request, question.sentence)
