"""Who owns the company, and who owns its owners, down to people or a state."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.onboarding import steps
from kyc.onboarding.access import while_editable
from kyc.onboarding.forms import CompanyOwnerForm, KnownOwnerForm, Page, PersonOwnerForm, StateOwnerForm
from kyc.onboarding.holdings import holdings
from kyc.onboarding.pages import page, posted
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party

FORMS: dict[str, type[Page]] = {
    "person": PersonOwnerForm,
    "company": CompanyOwnerForm,
    "state": StateOwnerForm,
    "known": KnownOwnerForm,
}


def interest_or_404(organisation: Organisation, pk: int) -> Interest:
    live = Interest.objects.live().filter(organisation=organisation).select_related("owner", "owned")
    return get_object_or_404(live, pk=pk)


@while_editable
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    return page(request, organisation, "owners", step="owners", holdings=holdings(organisation))


@while_editable
def add(request: HttpRequest, organisation: Organisation, pk: int, kind: str) -> HttpResponse:
    """Another owner of the company `pk`: a person, a company, a state, or one who has been named before."""
    companies = Party.objects.current().filter(organisation=organisation, kind=Party.Kind.COMPANY)
    owned = get_object_or_404(companies, pk=pk)
    if kind not in FORMS:
        raise Http404
    extra = {"owned": owned} if kind == "known" else {}
    form = FORMS[kind](posted(request), **extra)
    if form.acted(lambda: declare(request, organisation, form, owned, kind)):
        messages.success(request, _("Saved."))
        return redirect("onboarding:owners")
    return page(request, organisation, "owner", step="owners", form=form, owned=owned, kind=kind)


def declare(request: HttpRequest, organisation: Organisation, form: Page, owned: Party, kind: str) -> None:
    with steps.editing(organisation):
        ownership.declare_owner(
            organisation, owned=owned, **({"kind": kind} if kind != "known" else {}), **form.cleaned_data, by=request.user
        )


@while_editable
def change(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    interest = interest_or_404(organisation, pk)
    form_class = FORMS[interest.owner.kind]
    fields = [name for name in form_class.base_fields if name != "share"]
    form = form_class(
        posted(request), initial={**{name: getattr(interest.owner, name) for name in fields}, "share": interest.share}
    )
    if form.acted(lambda: save(request, organisation, form, interest)):
        messages.success(request, _("Saved."))
        return redirect("onboarding:owners")
    return page(request, organisation, "owner", step="owners", form=form, owned=interest.owned, interest=interest)


def save(request: HttpRequest, organisation: Organisation, form: Page, interest: Interest) -> None:
    told = dict(form.cleaned_data)
    with steps.editing(organisation):
        ownership.change_share(interest, share=told.pop("share"), by=request.user)
        parties.correct(interest.owner, **told, by=request.user)


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
