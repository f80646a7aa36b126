"""The access doctor for officers: somebody writes that a call was refused, and the officer reads of any customer's key what stops
it, since when, what it waits for, whose turn it is, and whether the gateways know.

What was pasted is read once and stands nowhere after that, as on the customer's page; that a key was looked up is recorded."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import resume
from accounts.guards import staff
from accounts.models import Organisation, User
from accounts.permissions import Permission
from kyc.cases.models import Case, Requirement
from kyc.desk.forms import DeskForm
from kyc.directives.resellers import ending
from kyc.keys import actions as keys
from kyc.keys import amounts, doctor, feeding, reassessing, renewals
from kyc.keys.doctor import OF_CALL, Asked, Finding
from kyc.keys.forms import PastedForm
from kyc.keys.lapsing import SOURCES
from kyc.keys.models import Hold, Key, KeyRequirement, Link
from kyc.keys.pool_models import Period, Unit

resume.never_keep("pasted")
Text = str | Promise
W = KeyRequirement.What


@dataclass(frozen=True)
class Told:
    """What stops it, whose turn it is and for what, and where an officer sees to it: a tab of the case, or `usage`."""

    what: Text
    do: Text
    tab: str = "keys"
    place: str = ""


ANOTHER = _("The customer uses another key, or issues one.")
AGAIN = _("The customer is verified again through a case. The key works again by itself.")
TOLD = {
    "key_revoked": Told(_("It was revoked, for good."), ANOTHER),
    "key_expired": Told(_("Its life is over."), ANOTHER),
    "key_not_linked": Told(_("It is linked to no verified entity."), _("See what the case still needs."), "summary"),
    "key_not_active": Told(_("It may not act yet."), _("See what the case still needs."), "summary"),
    "key_held": Told(
        _("It is on hold."), _("See what each hold waits for. Once the last one ends the key works again."), "keys", "holds"
    ),
    "entity_ended": Told(_("The verification of its holder has ended."), AGAIN, "summary"),
    "entity_expired": Told(_("The verification of its holder has expired."), AGAIN, "summary"),
    "entity_not_yet_valid": Told(
        _("The verification of its holder has not begun yet."), _("It works once that begins."), "summary"
    ),
    "limit_reached": Told(
        _("A limit is reached."),
        _("The customer raises or removes a limit of his own; one of ours is changed on the page of use and limits."),
        "usage",
        "limits",
    ),
    "network_not_allowed": Told(
        _("The call came from outside the networks that the key is limited to."),
        _("The customer calls from one of its networks, or adds the network that he calls from."),
    ),
    "network_not_told": Told(
        _("The key is limited to networks, and the gateway did not say where the call came from."),
        _("Whoever runs the gateway has it tell the client's address with each question."),
    ),
    "embargoed_region": Told(
        _("The call came from a region where services may not be used."),
        _("Nothing is done for a call from there. Where the address is elsewhere, an administrator loads newer places."),
    ),
    "key_unknown": Told(
        _("It was shown to a gateway that does not know it: keys of a sandbox are good at gateways for test alone."),
        _("The customer shows it to the other gateway."),
    ),
}  # fmt: skip
# Of one that is part of what was done to the customer, and of none that anybody but investigators is shown.
RESTRICTED = Told(
    _("A limit is reached."),
    _("We have limited how much its keys may use. The customer waits until that begins anew, or appeals."),
    "usage",
    "limits",
)
# Of a call that asked for more at once than was left; a smaller one is good.
SHORT = Told(
    _("A limit left less than that call asked for."),
    _("The customer asks for no more at once than its limits leave, or waits until they begin anew."),
    "usage",
    "limits",
)
# What ends a hold, by its source; an officer's is ended by officers.
ENDS: dict[str, Text] = {
    keys.LEAKED: _("Ends for a key that replaces it: the customer rolls the key."),
    SOURCES[W.ANSWER]: _("Ends once the customer names who answers for the key."),
    SOURCES[W.USE]: _("Ends once the customer wakes the key."),
    renewals.SOURCE: _("Ends once the customer has signed the intended use anew."),
    feeding.SOURCE: _("Ends once what the ownership shows no longer calls for it, or an officer lifts it."),
    ending.SOURCE: _("Ends once two officers have resolved what was found of the reseller."),
    reassessing.SOURCE: _("Ends once the checks no longer call for it, or an officer lifts it."),
}
LIFTED = _("Ends when an officer who may place holds lifts it.")
# Of a key for which no hold matters any more.
OVER = {"key_revoked", "key_expired"}


class DoctorForm(PastedForm, DeskForm):
    use_required_attribute = False
    missing = {"pasted": _("Paste one of both.")}


@dataclass(frozen=True)
class Shown:
    """What the page says of one key. `case` is the newest one that the officer can open."""

    finding: Finding
    lead: Told | None
    now: Told | None
    then: Told | None
    # Of a key that is good: that the call asked for more than a limit left.
    short: Told | None
    link: Link | None
    case: Case | None
    holds: list[tuple[Hold, Text]] = field(default_factory=list)
    needs: list[KeyRequirement] = field(default_factory=list)
    asked_for: list[Requirement] = field(default_factory=list)

    @property
    def asks(self) -> Told | None:
        return self.lead or self.short

    @property
    def is_over(self) -> bool:
        """Whether the call was refused for a state of the key that is over."""
        refusal = self.finding.refusal
        return refusal is not None and not self.asks and refusal.reason not in OF_CALL

    @property
    def limit(self) -> tuple[Text, Text, str, datetime | None] | None:
        left = self.finding.limit
        return (
            (Unit(left.unit).label, Period(left.period).label, amounts.shown(left.limit, left.currency), left.resets_at)
            if left
            else None
        )

    @property
    def key_url(self) -> str:
        return f"{reverse('desk:case', args=[self.case.pk])}?tab=keys#keys" if self.case else ""

    @property
    def url(self) -> str:
        """Where an officer sees to it."""
        if not self.case:
            return ""
        if self.asks and self.asks.tab == "usage":
            return f"{reverse('desk:usage', args=[self.case.pk])}#{self.asks.place}"
        tab, place = (self.asks.tab, self.asks.place) if self.asks else ("keys", "")
        return f"{reverse('desk:case', args=[self.case.pk])}?tab={tab}" + (f"#{place}" if place else "")


def shown(finding: Finding, asked: Asked, by: User) -> Shown:
    key, refusal = finding.key, finding.refusal
    now = TOLD[finding.reason] if finding.reason else None
    if finding.reason == "limit_reached" and (finding.limit is None or finding.limit.restricts):
        now = RESTRICTED
    then = TOLD.get(refusal.reason) if refusal and refusal.reason != finding.reason else None
    is_of_call = bool(asked.request_id and refusal and refusal.reason in OF_CALL)
    lead = now or (then if is_of_call else None)
    short = SHORT if refusal and refusal.reason == "limit_reached" and not lead else None
    link = Link.objects.filter(key=key, valid_to__isnull=True).select_related("entity", "responsible").first()
    case = Case.objects.shown_to(by).filter(organisation=key.organisation_id).order_by("-pk").first()
    return Shown(
        finding,
        lead,
        now,
        None if short else then,
        short,
        link,
        case,
        holds=[]
        if finding.reason in OVER
        else [(hold, ENDS.get(hold.source, LIFTED)) for hold in doctor.holds_on(key, link and link.entity_id)],
        needs=list(KeyRequirement.objects.filter(key=key, ended_at__isnull=True).exclude(due_on=None).order_by("due_on")),
        asked_for=list(Requirement.objects.open().filter(case=case).order_by("due_on", "pk")) if case else [],
    )


@sensitive_post_parameters("pasted")
@staff(Permission.CASE_VIEW)
def look(request: HttpRequest) -> HttpResponse:
    """The answer to what was pasted, of whatever customer the officer may see."""
    form = DoctorForm(request.POST) if request.method == "POST" else DoctorForm()
    asked, found = None, None
    if form.is_bound and form.is_valid():
        asked = doctor.read(form.cleaned_data["pasted"])
        seen = Key.objects.filter(organisation__in=Organisation.objects.visible_to(request.user))
        found = doctor.find(asked, seen.select_related("organisation", "project", "responsible"))
    facts = {
        "form": form.emptied(),
        "asked": asked,
        "is_answered": form.is_bound and not form.errors,
        "shown": shown(found, asked, request.user) if found and asked else None,
    }
    if found:
        doctor.looked_up(found, by=request.user)
    return render(request, "desk/doctor.html", facts, status=422 if form.errors else 200)
