"""The people who run the company: one controlling person and the directors."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.keys import answering
from kyc.onboarding import questions, steps, whose, would_do
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Page, Standing
from kyc.onboarding.forms import PersonForm
from kyc.onboarding.pages import page, posted
from kyc.onboarding.placing import standing
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import statuses
from kyc.parties.models import Party, Role


def person_or_404(organisation: Organisation, pk: int) -> Party:
    return get_object_or_404(Party.objects.people().filter(organisation=organisation), pk=pk)


def people_of(organisation: Organisation) -> dict[Party, list[Role]]:
    """Who runs the company, each with what he is there."""
    live = Role.objects.live().filter(organisation=organisation, kind__in=parties.PEOPLE_ROLES, party__kind=Party.Kind.PERSON)
    people: dict[Party, list[Role]] = {}
    roles = live.select_related("party").prefetch_related("party__invitations").order_by("party__pk", "pk")
    for role in roles:
        people.setdefault(role.party, []).append(role)
    return people


@while_open("people")
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    opened = whose.opened(organisation, whose.PEOPLE, request.way.requirements, request.way.gaps)
    return page(request, organisation, "people", step="people", people=people_of(organisation), opened=opened)


@while_open("people")
def add(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    return asked(request, organisation, None)


@while_open("people")
def change(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    return asked(request, organisation, person_or_404(organisation, pk))


def asked(request: HttpRequest, organisation: Organisation, person: Party | None) -> HttpResponse:
    if not whose.is_open(request, organisation, whose.PEOPLE, person):
        return redirect("onboarding:people")
    stands = told(person) if person else None
    form = PersonForm(posted(request), stands=stands, customer_class=request.way.customer_class)
    if form.acted(lambda: save(request, organisation, form, person)):
        messages.success(request, _("Saved."))
        questions.ask(request, organisation, form.saved)
        return redirect("onboarding:people")
    else_done = would_do.of(person) if person else []
    return page(request, organisation, "person", step="people", form=form, person=person, would_do=else_done)


def told(person: Party) -> Standing:
    roles = Role.objects.live().filter(party=person, kind__in=parties.PEOPLE_ROLES).order_by("kind")
    fields = ("name", "native_name", "country", "birth_date")
    return {
        **{name: getattr(person, name) for name in fields},
        **standing(person, PersonForm.places),
        "roles": [role.kind for role in roles],
        "title": next((role.title for role in roles if role.title), ""),
        "us_basis": statuses.basis_of(person),
    }


def save(request: HttpRequest, organisation: Organisation, form: PersonForm, person: Party | None) -> None:
    with steps.editing(organisation, "people") as case:
        whose.refuse_unasked(organisation, case, whose.PEOPLE, person, *replaced(organisation, form, person))
        if person:
            form.compare(told(parties.own(person, organisation)))
        form.saved = parties.declare_person(organisation, **form.told, party=person, by=request.user)


def replaced(organisation: Organisation, form: PersonForm, person: Party | None) -> list[Party]:
    """Who would not be the controlling person any more."""
    if not form.cleaned_data.get("replace"):
        return []
    live = Role.objects.live().filter(organisation=organisation, kind=Role.Kind.CONTROLLER).select_related("party")
    return [role.party for role in live if role.party != person]


@while_open("people")
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    """Asks first, and says what else ends; a person who answers for a key stays until the key is revoked."""
    person = person_or_404(organisation, pk)
    if not whose.is_open(request, organisation, whose.PEOPLE, person):
        return redirect("onboarding:people")
    keys = answering.keys_of(person)
    form = Page(posted(request))
    if not keys and form.acted(lambda: take_out(request, organisation, person)):
        messages.success(request, _("%(name)s has been removed.") % {"name": person.name})
        return redirect("onboarding:people")
    interests = person.interests.filter(valid_to__isnull=True).select_related("owned")
    return page(request, organisation, "person_remove", step="people", form=form, person=person, keys=keys, interests=interests)


def take_out(request: HttpRequest, organisation: Organisation, person: Party) -> None:
    with steps.editing(organisation, "people") as case:
        whose.refuse_unasked(organisation, case, whose.PEOPLE, person)
        ownership.remove(person, by=request.user)
