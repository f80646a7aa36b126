"""How the customer pays, and where that money comes from: named one by one, changed, and taken back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import resume
from accounts.models import Organisation
from kyc.onboarding import steps
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Changing, Page, Standing
from kyc.onboarding.fields import Country, Text, only_with
from kyc.onboarding.pages import page, posted
from kyc.parties import payments
from kyc.parties.models import PaymentMeans

K = PaymentMeans.Kind
PAID = (K.CARD, K.BANK, K.WALLET)
# A session that ends while somebody types leaves no trace of an account or a card.
resume.never_keep("reference", "last_four")
SHORT = {"autocomplete": "off", "class": "short", "inputmode": "numeric", "maxlength": 4}


class PaymentForm(Page):
    kind = forms.ChoiceField(
        label=gettext_lazy("How you pay"),
        choices=K.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose how you pay."),
            "invalid_choice": gettext_lazy("Choose how you pay."),
        },
    )
    holder = only_with(Text(label=gettext_lazy("In whose name it is")), "kind", *PAID)
    institution = only_with(
        Text(
            label=gettext_lazy("Bank or provider"),
            help_text=gettext_lazy("The bank that issued the card or keeps the account, or who keeps the wallet."),
        ),
        "kind",
        *PAID,
    )
    country = only_with(Country(label=gettext_lazy("Country of the bank or provider")), "kind", *PAID)
    last_four = only_with(
        Text(
            label=gettext_lazy("Last four digits"),
            max_length=30,
            help_text=gettext_lazy("Of a card. Never the whole number."),
            widget=forms.TextInput(attrs=SHORT),
        ),
        "kind",
        K.CARD,
    )
    reference = only_with(
        Text(
            label=gettext_lazy("Number of the account, address of the wallet, or token of the card"),
            max_length=200,
            help_text=gettext_lazy(
                "A bank account’s IBAN or number, or the wallet’s address. Of a card, if you have it, the token from the payment "
                "provider that stands for it; never its number."
            ),
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        ),
        "kind",
        *PAID,
    )
    network = only_with(
        Text(
            label=gettext_lazy("Network of the wallet"),
            max_length=60,
            help_text=gettext_lazy("Only for a wallet, such as Bitcoin or Ethereum."),
        ),
        "kind",
        K.WALLET,
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Where the money comes from"),
        choices=PaymentMeans.Source.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose where the money comes from."),
            "invalid_choice": gettext_lazy("Choose where the money comes from."),
        },
    )
    source_details = only_with(
        Text(
            label=gettext_lazy("What it is"),
            max_length=500,
            help_text=gettext_lazy("Only for something else: say it in a sentence."),
        ),
        "source",
        PaymentMeans.Source.OTHER,
    )

    def acted(self, act: Callable[[], object]) -> bool:
        """A whole card number that was typed goes nowhere, not even back into the page."""
        if done := super().acted(act):
            return done
        self.data = self.data.copy()
        typed = {name: self.data.get(name, "") for name in self.fields}
        for name in payments.with_card_numbers(typed["kind"], typed):
            self.data[name] = ""
        return False


class PaymentChangeForm(PaymentForm, Changing):
    """Changes a means; what it is told by is not shown again, and stays where nothing is typed."""

    def __init__(self, *args: Any, ending: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ending:
            self.fields["reference"].help_text = format_html(_("Leave this empty to keep the one that ends in {}."), ending)


@while_open("payment")
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    form = PaymentForm(posted(request))
    if form.acted(lambda: save(request, organisation, form)):
        messages.success(request, _("Saved."))
        return redirect("onboarding:payment")
    means = PaymentMeans.objects.live().filter(organisation=organisation).order_by("pk")
    return page(request, organisation, "payment", step="payment", form=form, means=means)


def save(request: HttpRequest, organisation: Organisation, form: PaymentForm) -> None:
    with steps.editing(organisation, "payment"):
        payments.declare(organisation, **form.cleaned_data, by=request.user)


def means_or_404(organisation: Organisation, pk: int) -> PaymentMeans:
    return get_object_or_404(PaymentMeans.objects.live().filter(organisation=organisation), pk=pk)


def gone(request: HttpRequest, organisation: Organisation, pk: int) -> bool:
    """Whether it was removed, or another named in its place, since the page was opened; a message says so."""
    if not PaymentMeans.objects.filter(organisation=organisation, pk=pk, valid_to__isnull=False).exists():
        return False
    messages.info(request, payments.ENDED)
    return True


def stands(means: PaymentMeans) -> Standing:
    """All but the reference, of which only the end is told."""
    names = ("kind", "holder", "institution", "country", "network", "source", "source_details")
    told = {name: str(getattr(means, name)) for name in names}
    return {**told, "last_four": means.last_four if means.kind == K.CARD else "", "ending": means.reference[-4:]}


@while_open("payment")
def change(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    if gone(request, organisation, pk):
        return redirect("onboarding:payment")
    means = means_or_404(organisation, pk)
    form = PaymentChangeForm(posted(request), stands=stands(means), ending=means.reference[-4:])
    if form.acted(lambda: say_anew(request, organisation, form, means)):
        messages.success(request, _("Saved."))
        return redirect("onboarding:payment")
    return page(request, organisation, "payment_change", step="payment", form=form, means=means)


def say_anew(request: HttpRequest, organisation: Organisation, form: PaymentChangeForm, means: PaymentMeans) -> None:
    with steps.editing(organisation, "payment"):
        form.compare(stands(payments.live(means)))
        payments.change(means, **form.cleaned_data, by=request.user)


@while_open("payment")
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    if gone(request, organisation, pk):
        return redirect("onboarding:payment")
    means = means_or_404(organisation, pk)
    form = Page(posted(request))
    if form.acted(lambda: take_out(request, organisation, means)):
        messages.success(request, _("Removed."))
        return redirect("onboarding:payment")
    return page(request, organisation, "payment_remove", step="payment", form=form, means=means)


def take_out(request: HttpRequest, organisation: Organisation, means: PaymentMeans) -> None:
    with steps.editing(organisation, "payment"):
        payments.end(means, by=request.user)
