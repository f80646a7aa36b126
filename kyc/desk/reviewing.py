"""A document read on the screen, and what the words on several add up to: one message to the customer."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kyc.cases import items
from kyc.cases.actions import parties_of
from kyc.cases.models import Case
from kyc.desk.forms import Choices, DeskForm
from kyc.desk.source_forms import UNCHOSEN
from kyc.evidence import reviews
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.parties import profiles
from kyc.parties.actions import customer
from kyc.parties.models import Party
from kyc.rules import assurance

R = DocumentReview.Ruling
TONES = {R.ACCEPTED: "good", R.UPLOAD: "warn", R.REJECTED: "bad"}
# Of the reasons of the catalogue, how the customer is told in general why it is asked for.
WHY = {
    "unreadable": "unreadable",
    "glare": "unreadable",
    "copy": "unreadable",
    "cut_off": "incomplete",
    "back_missing": "incomplete",
    "pages_missing": "incomplete",
    "expired": "expired",
    "too_old": "expired",
    "wrong_person": "contradicts",
    "not_confirmed": "contradicts",
}


def reasons() -> Choices:
    """In groups that are called as the choices of the ruling."""
    every = assurance.load().reasons
    return [
        (R(ruling).label, [(code, gettext(text)) for code, text in every[group].items()])
        for ruling, group in reviews.GROUPS.items()
    ]


class ReviewForm(DeskForm):
    missing = {"ruling": _("Say whether it is accepted.")}

    ruling = forms.ChoiceField(label=_("This document"), choices=R.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=_("Why"), required=False, widget=forms.Select(attrs={"data-groups-of": "ruling"}))

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["reason"].choices = [UNCHOSEN, *reasons()]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        self.fields["reason"].is_conditional = True  # type: ignore[attr-defined]  # read by components/field.html


def row_for(review: DocumentReview, top: Party | None, customer_class: str) -> Mapping[str, Any]:
    """As kyc.desk.asking begins a row with it."""
    what, party = items.asked_anew(review.document, top, customer_class)
    whose = party.pk if party else ""
    why = WHY.get(review.reason, "unclear")
    said = str(items.REASONS[why])
    return {"what": what, "party": whose, "why": why, "words": gettext(reviews.sentence(review)).removeprefix(said).strip()}


def anew(case: Case) -> list[Mapping[str, Any]]:
    """Rows that ask for every document that is to be sent anew or was rejected, and that the customer was not told of yet; each
    in the language that he reads. What several documents of one kind lack is asked for in one row."""
    top, customer_class, found = customer(case.organisation), profiles.customer_class(case.organisation), {}
    with translation.override(case.notice_locale or None):
        for review in reviews.untold(case.organisation):
            row = row_for(review, top, customer_class)
            before = found.get((row["what"], row["party"]))
            words = before["words"] + " " + row["words"] if before and row["words"] not in before["words"] else row["words"]
            found[row["what"], row["party"]] = {**(before or row), "words": words[: items.LONGEST]}
    return list(found.values())


def message(case: Case) -> list[str]:
    """What the customer would read of these, word for word."""
    parties = parties_of(case)
    with translation.override(case.notice_locale or None):
        return [items.sentence({**row, "party": row["party"] or None}, parties) for row in anew(case)]


def facts(case: Case, documents: list[Document]) -> dict[str, Any]:
    """Of the tab of the documents: each with the word on it and its tone, and the message they add up to."""
    found = reviews.of(documents)
    words = [(document, found.get(document.pk)) for document in documents]
    return {
        "papers": [(document, word, TONES[R(word.ruling)] if word else "") for document, word in words],
        "asked_anew": message(case),
    }
