"""What a customer claims of its companies to be left out of in FinCEN's rule on owners: asked only where it changes something,
one ground at a time, with what would show it (FIN-04, FIN-05)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from kyc.cases.round import structure, told_apart
from kyc.onboarding import steps, whose
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Page
from kyc.onboarding.fields import Text
from kyc.onboarding.pages import page, posted
from kyc.ownership import regimes
from kyc.ownership.certification import REGIME
from kyc.ownership.graph import everyone
from kyc.ownership.models import Interest, holdings
from kyc.ownership.rule import rule
from kyc.ownership.verdicts import may_be_reached
from kyc.parties import actions as parties
from kyc.parties import exclusions
from kyc.parties.models import Exclusion, Party
from kyc.rules import packs

# Each ground of the rule pack as a company knows it of itself, and what would show it.
WORDS: dict[str, tuple[Promise, Promise]] = {
    "regulated_institution": (
        gettext_lazy(
            "A bank, broker, credit union or other financial institution that a US federal or state regulator supervises"
        ),
        gettext_lazy("its licence or charter, or its entry with the regulator"),
    ),
    "government": (
        gettext_lazy("An authority or public body of the United States, of a state or of a local government"),
        gettext_lazy("the act that founded it"),
    ),
    "listed_company": (
        gettext_lazy(
            "Listed on the NYSE, NYSE American or Nasdaq, or owned to 51 % or more by such a company and formed in the US"
        ),
        gettext_lazy("the exchange’s own page or the last annual report, with the list of subsidiaries"),
    ),
    "registered_issuer": (
        gettext_lazy("Files reports with the SEC as an issuer of registered securities"),
        gettext_lazy("the last form 10-K, 20-F or 40-F as the SEC has it"),
    ),
    "registered_investment": (
        gettext_lazy(
            "An investment fund or adviser, exchange or clearing house registered with the SEC, or registered with the CFTC"
        ),
        gettext_lazy("its entry with the SEC, the CFTC or the NFA"),
    ),
    "accounting_firm": (
        gettext_lazy("An accounting firm registered with the PCAOB"),
        gettext_lazy("its entry with the PCAOB"),
    ),
    "holding_company": (
        gettext_lazy("The holding company of a bank or of a savings and loan association"),
        gettext_lazy("its entry with the Federal Reserve"),
    ),
    "pooled_vehicle": (
        gettext_lazy("A fund run or advised by a financial institution that is itself one of these"),
        gettext_lazy("the agreement with whoever runs it, and what shows that this one is regulated"),
    ),
    "insurer": (
        gettext_lazy("An insurance company that a US state regulates"),
        gettext_lazy("its certificate of authority"),
    ),
    "market_utility": (
        gettext_lazy("A payment, clearing or settlement system that the US has designated as systemically important"),
        gettext_lazy("the designation"),
    ),
    "foreign_institution": (
        gettext_lazy("A financial institution abroad whose regulator keeps a record of who owns it"),
        gettext_lazy("its licence, and where the regulator says that it keeps that record"),
    ),
    "foreign_government": (
        gettext_lazy("An authority or public body abroad that does only what governments do, and no business"),
        gettext_lazy("the act that founded it"),
    ),
    "other_pooled_vehicle": (
        gettext_lazy("A fund run or advised by a financial institution that is none of these"),
        gettext_lazy("the agreement with whoever runs it"),
    ),
    "nonprofit": (
        gettext_lazy("A nonprofit corporation, such as a charity or a university, that has filed its articles with a US state"),
        gettext_lazy("the articles with the state’s stamp, or its entry in the state’s register"),
    ),
}


@dataclass(frozen=True)
class Claimed:
    """A claim as its maker reads it: what the company is, where to look it up, and what would show it."""

    row: Exclusion
    what: Promise | str
    shown_by: Promise | str


class ClaimForm(Page):
    ground = forms.ChoiceField(
        label=gettext_lazy("It is"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what it is. If none of these fits, leave this page: nothing is needed."),
            "invalid_choice": gettext_lazy("Choose what it is from the list."),
        },
    )
    reference = Text(
        label=gettext_lazy("Where we can look it up"),
        help_text=gettext_lazy(
            "Which exchange or register, and under which sign or number: such as NYSE: NORD, or SEC file 1-12345."
        ),
    )

    def __init__(self, *args: Any, company: Party, told: Collection[str] = (), **kwargs: Any) -> None:
        """`told` are the grounds that it has claimed already."""
        super().__init__(*args, **kwargs)
        offered = [one for one in exclusions.grounds(company, packs.current()) if one.code not in told]
        self.fields["ground"].choices = [(one.code, choice(one.code)) for one in offered]  # type: ignore[attr-defined]  # ChoiceField's


def choice(code: str) -> str:
    what, shown_by = WORDS[code]
    return format_html(
        '<span>{}<br><span class="small soft">{}</span></span>', what, _("Shown by: %(what)s") % {"what": shown_by}
    )


def asked_of(top: Party | None) -> set[int]:
    """Of which companies it changes something: the customer's own, and one in the chain that holds the line of it, or may."""
    if top is None or not top.is_company:
        return set()
    held = holdings(Interest.objects.live().filter(organisation=top.organisation_id).order_by("pk"))
    involved = {str(top.pk), *everyone(held)}
    known = {str(party.pk): party for party in Party.objects.current().filter(organisation=top.organisation_id)}
    chain = {pk: known[pk] for pk in involved if pk in known}
    names = {str(pk): name for pk, name in told_apart(chain.values()).items()}
    wanted = rule(packs.current(), REGIME)
    found = regimes.determine(structure(chain, held, names), subject=str(top.pk), rule=wanted).parties
    at_line = {pk for pk, party in chain.items() if party.is_company and may_be_reached(wanted.threshold, found[pk].share)}
    return {top.pk} | {int(pk) for pk in at_line}


def claimed(organisation: Organisation) -> dict[int, list[Claimed]]:
    """By the company's number."""
    found: dict[int, list[Claimed]] = {}
    for row in Exclusion.objects.live().filter(organisation=organisation).select_related("party").order_by("pk"):
        what, shown_by = WORDS.get(row.ground, (exclusions.titled(row), ""))
        found.setdefault(row.party_id, []).append(Claimed(row, what, shown_by))
    return found


@while_open("owners")
def claim(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """What a company is by which it would be left out, and where that can be looked up."""
    company = get_object_or_404(Party.objects.current().filter(organisation=organisation), pk=pk)
    made = claimed(organisation).get(pk, [])
    if company.pk not in asked_of(parties.customer(organisation)) and not made:
        raise Http404
    if not whose.is_open(request, organisation, whose.OWNERS, company):
        return redirect("onboarding:owners")
    form = ClaimForm(posted(request), company=company, told=[one.row.ground for one in made])
    if form.acted(lambda: say(request, organisation, form, company)):
        messages.success(request, _("Saved. Now add the document that shows it."))
        return redirect("onboarding:exclusion", company.pk)
    told = {"company": company, "is_customer": company == parties.customer(organisation), "claims": made}
    return page(request, organisation, "left_out", step="owners", form=form, **told)


def say(request: HttpRequest, organisation: Organisation, form: ClaimForm, company: Party) -> None:
    with steps.editing(organisation, "owners") as case:
        whose.refuse_unasked(organisation, case, whose.OWNERS, company)
        exclusions.claim(company, **form.cleaned_data, by=request.user)


@while_open("owners")
def withdraw(request: HttpRequest, organisation: Organisation, pk: int, claim: int) -> HttpResponse:
    live = Exclusion.objects.live().filter(organisation=organisation, party=pk, party__kind=Party.Kind.COMPANY)
    row = get_object_or_404(live.select_related("party"), pk=claim)
    if not whose.is_open(request, organisation, whose.OWNERS, row.party):
        return redirect("onboarding:owners")
    form = Page(posted(request))
    if form.acted(lambda: take_back(request, organisation, row)):
        messages.success(request, _("Taken back."))
        return redirect("onboarding:exclusion", row.party_id)
    what = WORDS[row.ground][0] if row.ground in WORDS else exclusions.titled(row)
    return page(request, organisation, "left_out_remove", step="owners", form=form, row=row, what=what)


def take_back(request: HttpRequest, organisation: Organisation, row: Exclusion) -> None:
    with steps.editing(organisation, "owners") as case:
        whose.refuse_unasked(organisation, case, whose.OWNERS, row.party)
        exclusions.withdraw(row, by=request.user)
