"""Who owns the company, and who owns its owners, down to people or a state."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.keys import answering
from kyc.onboarding import left_out, questions, steps, whose
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Changing, Page, Standing
from kyc.onboarding.holdings import holdings
from kyc.onboarding.owner_forms import (
    HELD,
    ClassOwnerForm,
    CompanyOwnerForm,
    KnownOwnerForm,
    OwnerForm,
    PersonOwnerForm,
    PrincipalForm,
    StateOwnerForm,
    TrustOwnerForm,
)
from kyc.onboarding.pages import page, posted
from kyc.onboarding.pictured import pictured
from kyc.onboarding.placing import standing
from kyc.ownership import actions as ownership
from kyc.ownership.interests import has_size
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties import attributes, statuses
from kyc.parties.models import Party, Role

NEW: dict[str, type[OwnerForm]] = {
    "person": PersonOwnerForm,
    "company": CompanyOwnerForm,
    "trust": TrustOwnerForm,
    "state": StateOwnerForm,
    "class": ClassOwnerForm,
}
OWNED = (Party.Kind.COMPANY, Party.Kind.TRUST)
# How a class of beneficiaries is kept.
CLASS = Party.Kind.UNKNOWN


def interest_or_404(organisation: Organisation, pk: int) -> Interest:
    live = Interest.objects.live().filter(organisation=organisation).select_related("owner", "owned")
    return get_object_or_404(live, pk=pk)


@while_open("owners")
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    top = parties.customer(organisation)
    told = {"holdings": holdings(top), "principals": principals(organisation), "top": top} | pictured(top)
    told |= {"left_out_asked": left_out.asked_of(top), "left_out": left_out.claimed(organisation)}
    opened = whose.opened(organisation, whose.OWNERS, request.way.requirements, request.way.gaps)
    return page(request, organisation, "owners", step="owners", opened=opened, **told)


def principals(organisation: Organisation) -> list[tuple[Party, Party | None]]:
    """Those for whom nominees hold and who hold nothing themselves, each with a nominee once there is one."""
    owning = Role.objects.live().filter(organisation=organisation, kind=Role.Kind.OWNER).select_related("party")
    holding = Interest.objects.live().filter(organisation=organisation)
    behind = owning.exclude(party__in=holding.values("owner")).prefetch_related("party__invitations").order_by("party")
    nominees: dict[int | None, Party] = {}
    for interest in holding.filter(held_for__isnull=False).select_related("owner").order_by("pk"):
        nominees.setdefault(interest.held_for_id, interest.owner)
    return [(role.party, nominees.get(role.party_id)) for role in behind]


@while_open("owners")
def name_principal(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Who really owns what a nominee holds, named before the nominee is."""
    form = PrincipalForm(posted(request), is_reached=request.way.is_foreign_data_asked)
    if form.acted(lambda: named(request, organisation, form)):
        messages.success(request, _("Saved. Now choose this person where the nominee’s share stands."))
        return redirect("onboarding:owners")
    return page(request, organisation, "principal", step="owners", form=form)


def named(request: HttpRequest, organisation: Organisation, form: Page) -> None:
    with steps.editing(organisation, "owners"):
        ownership.name_principal(organisation, **form.told, by=request.user)


@while_open("owners")
def remove_principal(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    behind = {party.pk: party for party, _nominee in principals(organisation)}
    if pk not in behind:
        raise Http404
    if not whose.is_open(request, organisation, whose.OWNERS, behind[pk]):
        return redirect("onboarding:owners")
    form = Page(posted(request))
    if form.acted(lambda: let_go(request, organisation, behind[pk])):
        messages.success(request, _("%(name)s has been removed.") % {"name": behind[pk].name})
        return redirect("onboarding:owners")
    shown = {"form": form, "person": behind[pk], "keys": answering.keys_of(behind[pk])}
    return page(request, organisation, "principal_remove", step="owners", **shown)


def let_go(request: HttpRequest, organisation: Organisation, person: Party) -> None:
    with steps.editing(organisation, "owners") as case:
        whose.refuse_unasked(organisation, case, whose.OWNERS, person)
        ownership.leave_principal(person, by=request.user)


@while_open("owners")
def add(request: HttpRequest, organisation: Organisation, pk: int, kind: str) -> HttpResponse:
    """Another owner of the company or trust `pk`: a person, a company, a trust, a state, a class of people, or one who has been
    named before."""
    owned = get_object_or_404(Party.objects.current().filter(organisation=organisation, kind__in=OWNED), pk=pk)
    if kind not in {*NEW, "known"} or (kind == "class" and not owned.is_trust):
        raise Http404
    if not whose.is_open(request, organisation, whose.OWNERS, owned):
        return redirect("onboarding:owners")
    form_class = NEW.get(kind, KnownOwnerForm)
    form = form_class(posted(request), owned=owned, **reached(request, form_class))
    if form.acted(lambda: declare(request, organisation, form, owned, kind)):
        messages.success(request, _("Saved."))
        questions.ask(request, organisation, form.saved)
        return redirect("onboarding:owners")
    return page(request, organisation, "owner", step="owners", form=form, owned=owned, kind=kind)


def reached(request: HttpRequest, form_class: type[Page]) -> dict[str, bool]:
    """Whether a person is asked where he can be reached; others are not."""
    return {"is_reached": request.way.is_foreign_data_asked} if form_class is PersonOwnerForm else {}


def declare(request: HttpRequest, organisation: Organisation, form: Page, owned: Party, kind: str) -> None:
    typed = {"share": "", **form.told}
    typed["held_for"] = chosen(organisation, typed.get("held_for", ""))
    if kind in NEW:
        typed["kind"] = CLASS if kind == "class" else kind
    if kind == "class":
        typed["interest"] = Interest.Kind.BENEFICIARY
    typed.pop("shown", None)
    with steps.editing(organisation, "owners") as case:
        whose.refuse_unasked(organisation, case, whose.OWNERS, owned)
        form.saved = ownership.declare_owner(organisation, owned=owned, **typed, by=request.user).owner


def chosen(organisation: Organisation, pk: str) -> Party | None:
    """The party behind a nominee, as chosen from the list."""
    return Party.objects.filter(organisation=organisation, pk=pk).first() if pk else None


@while_open("owners")
def change(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    interest = interest_or_404(organisation, pk)
    if not whose.is_open(request, organisation, whose.OWNERS, interest.owned):
        return redirect("onboarding:owners")
    form_class = form_of(interest.owner)
    more = reached(request, form_class)
    form = form_class(posted(request), stands=told(interest), owned=interest.owned, standing=interest, **more)
    if form.acted(lambda: save(request, organisation, form, interest)):
        messages.success(request, _("Saved."))
        questions.ask(request, organisation, interest.owner)
        return redirect("onboarding:owners")
    return page(request, organisation, "owner", step="owners", form=form, owned=interest.owned, interest=interest)


def form_of(owner: Party) -> type[OwnerForm]:
    return NEW["class" if owner.kind == CLASS else owner.kind]


def told(interest: Interest) -> Standing:
    owner = interest.owner
    apart = {*HELD, "us_basis"}
    asked = [name for name in form_of(owner).asks() if name not in apart]
    stands = {name: getattr(owner, name) for name in asked if hasattr(owner, name)}
    stands |= {name: since for name, since in attributes.since_told(owner).items() if name in asked}
    if owner.is_person:
        stands["us_basis"] = statuses.basis_of(owner)
        stands |= standing(owner, PersonOwnerForm.places)
    stands["held_since"] = interest.held_since
    if interest.owned.is_trust:
        return stands
    stands |= {"share": interest.share} if has_size(interest.kind) else {}
    return {**stands, "held_for": str(interest.held_for_id or "")}


def save(request: HttpRequest, organisation: Organisation, form: Changing, interest: Interest) -> None:
    typed = form.told
    held_for = chosen(organisation, typed.pop("held_for", ""))
    share, since = typed.pop("share", ""), typed.pop("held_since", "")
    with steps.editing(organisation, "owners") as case:
        whose.refuse_unasked(organisation, case, whose.OWNERS, interest.owned)
        form.compare(told(ownership.live(interest)))
        if not interest.owned.is_trust:
            if has_size(interest.kind):
                ownership.change_share(interest, share=share, by=request.user)
            ownership.say_held_for(interest, held_for=held_for, by=request.user)
        ownership.say_since(interest, held_since=since, by=request.user)
        parties.correct(interest.owner, **typed, by=request.user)


@while_open("owners")
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    interest = interest_or_404(organisation, pk)
    if not whose.is_open(request, organisation, whose.OWNERS, interest.owned):
        return redirect("onboarding:owners")
    form = Page(posted(request))
    if form.acted(lambda: take_out(request, organisation, interest)):
        messages.success(request, _("%(name)s has been removed.") % {"name": interest.owner.name})
        return redirect("onboarding:owners")
    keys = answering.keys_of(interest.owner)
    return page(request, organisation, "owner_remove", step="owners", form=form, interest=interest, keys=keys)


def take_out(request: HttpRequest, organisation: Organisation, interest: Interest) -> None:
    with steps.editing(organisation, "owners") as case:
        whose.refuse_unasked(organisation, case, whose.OWNERS, interest.owned)
        ownership.end(interest, by=request.user)
