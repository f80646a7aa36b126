"""Who owns the company, and who owns its owners, down to people or a state."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.onboarding import steps
from kyc.onboarding.access import while_editable
from kyc.onboarding.changing import Changing, Page, Standing
from kyc.onboarding.forms import CompanyOwnerForm, KnownOwnerForm, PersonOwnerForm, StateOwnerForm
from kyc.onboarding.holdings import holdings
from kyc.onboarding.pages import page, posted
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party

NEW: dict[str, type[Changing]] = {"person": PersonOwnerForm, "company": CompanyOwnerForm, "state": StateOwnerForm}


def interest_or_404(organisation: Organisation, pk: int) -> Interest:
    live = Interest.objects.live().filter(organisation=organisation).select_related("owner", "owned")
    return get_object_or_404(live, pk=pk)


@while_editable
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    return page(request, organisation, "owners", step="owners", holdings=holdings(parties.customer(organisation)))


@while_editable
def add(request: HttpRequest, organisation: Organisation, pk: int, kind: str) -> HttpResponse:
    """Another owner of the company `pk`: a person, a company, a state, or one who has been named before."""
    companies = Party.objects.current().filter(organisation=organisation, kind=Party.Kind.COMPANY)
    owned = get_object_or_404(companies, pk=pk)
    if kind not in {*NEW, "known"}:
        raise Http404
    form = NEW[kind](posted(request)) if kind in NEW else KnownOwnerForm(posted(request), owned=owned)
    if form.acted(lambda: declare(request, organisation, form, owned, kind)):
        messages.success(request, _("Saved."))
        return redirect("onboarding:owners")
    return page(request, organisation, "owner", step="owners", form=form, owned=owned, kind=kind)


def declare(request: HttpRequest, organisation: Organisation, form: Page, owned: Party, kind: str) -> None:
    with steps.editing(organisation):
        ownership.declare_owner(
            organisation, owned=owned, **({"kind": kind} if kind in NEW else {}), **form.cleaned_data, by=request.user
        )


@while_editable
def change(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    interest = interest_or_404(organisation, pk)
    form = NEW[interest.owner.kind](posted(request), stands=told(interest))
    if form.acted(lambda: save(request, organisation, form, interest)):
        messages.success(request, _("Saved."))
        return redirect("onboarding:owners")
    return page(request, organisation, "owner", step="owners", form=form, owned=interest.owned, interest=interest)


def told(interest: Interest) -> Standing:
    fields = [name for name in NEW[interest.owner.kind].asks() if name != "share"]
    return {**{name: getattr(interest.owner, name) for name in fields}, "share": interest.share}


def save(request: HttpRequest, organisation: Organisation, form: Changing, interest: Interest) -> None:
    typed = dict(form.cleaned_data)
    with steps.editing(organisation):
        form.compare(told(ownership.live(interest)))
        ownership.change_share(interest, share=typed.pop("share"), by=request.user)
        parties.correct(interest.owner, **typed, by=request.user)


@while_editable
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    interest = interest_or_404(organisation, pk)
    form = Page(posted(request))
    if form.acted(lambda: take_out(request, organisation, interest)):
        messages.success(request, _("%(name)s has been removed.") % {"name": interest.owner.name})
        return redirect("onboarding:owners")
    return page(request, organisation, "owner_remove", step="owners", form=form, interest=interest)


def take_out(request: HttpRequest, organisation: Organisation, interest: Interest) -> None:
    with steps.editing(organisation):
        ownership.end(interest, by=request.user)
