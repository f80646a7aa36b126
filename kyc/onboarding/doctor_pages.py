"""The access doctor: a customer pastes the number of a refused answer or a key's prefix, and reads what stops it and what to do.

What was pasted is read once and stands nowhere after that: a whole key is a secret, which people paste all the same."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import resume
from accounts.models import Organisation
from kyc.keys import actions as keys
from kyc.keys import amounts, doctor
from kyc.keys.appeal_models import Restriction
from kyc.keys.doctor import OF_CALL, Asked, Finding
from kyc.keys.forms import PastedForm
from kyc.keys.lapsing import SOURCES
from kyc.keys.models import Hold, Key, KeyRequirement
from kyc.keys.pool_models import Period, Unit
from kyc.onboarding import shown_keys
from kyc.onboarding.access import members_only
from kyc.onboarding.pages import page, posted

resume.never_keep("pasted")
Text = str | Promise


@dataclass(frozen=True)
class Told:
    """What stops it, what to do, and where: the name of a page, and what its link says."""

    what: Text
    do: Text
    page: str
    label: Text


OVERVIEW, KEY = "onboarding:overview", "onboarding:key"
ANOTHER = ("onboarding:key_issue", _("Issue a key"))
STANDS = (OVERVIEW, _("See how your verification stands"))
AGAIN = _("Get verified again. The key works again by itself.")
TOLD = {
    "key_revoked": Told(_("It was revoked, for good."), _("Use another key, or issue one."), *ANOTHER),
    "key_expired": Told(_("Its life is over."), _("Use another key, or issue one."), *ANOTHER),
    "key_not_linked": Told(_("It is not linked to a verified customer."), _("See what is missing."), *STANDS),
    "key_not_active": Told(_("It may not act yet."), _("See what is missing."), *STANDS),
    "key_held": Told(_("It is on hold."), _("See what is needed. The key works again by itself."), KEY, _("Open the key")),
    "entity_ended": Told(_("Your verification has ended."), AGAIN, *STANDS),
    "entity_expired": Told(_("Your verification has expired."), AGAIN, *STANDS),
    "entity_not_yet_valid": Told(_("Your verification has not begun yet."), _("Wait until it begins."), *STANDS),
    "limit_reached": Told(
        _("A limit is reached."),
        _("Raise it."),
        "onboarding:usage",
        _("See use and limits"),
    ),
    "network_not_allowed": Told(
        _("The call came from outside the networks that the key is limited to."),
        _("Call from one of its networks, or let an owner of the account add the one you call from."),
        KEY,
        _("See its networks"),
    ),
    "network_not_told": Told(
        _("The key is limited to networks, and the gateway did not say where the call came from."),
        _("Write to us: the gateway has to tell it. Or let an owner take the networks away."),
        KEY,
        _("See its networks"),
    ),
    "embargoed_region": Told(
        _("The call came from a region where services may not be used."),
        _("Call from elsewhere. If you did, write to us with this number."),
        KEY,
        _("Open the key"),
    ),
    "key_unknown": Told(
        _("It was shown to a gateway that does not know it: keys of a sandbox are good at gateways for test alone."),
        _("Show it to the other gateway."),
        KEY,
        _("Open the key"),
    ),
}
# Where what a hold waits for is done.
MENDED: dict[str, tuple[str, Text]] = {
    keys.LEAKED: ("onboarding:key_roll", _("Roll the key")),
    SOURCES[KeyRequirement.What.ANSWER]: ("onboarding:key_responsible", _("Name who answers for it")),
    SOURCES[KeyRequirement.What.USE]: (KEY, _("Open the key and wake it")),
    "policy.evidence": ("onboarding:documents", _("Send a new document")),
    "policy.use": ("onboarding:use", _("Sign the use anew")),
    "policy.reseller": ("onboarding:resale", _("Read what has to be put right")),
}
# Of a limit that is reached: whether it is the organisation's, and whether its time begins anew.
LIMITED: dict[tuple[bool, bool], Text] = {
    (False, True): _("Raise it, or wait until its time begins anew."),
    (False, False): _("Raise it, or remove it: it counts in total, and its time never begins anew."),
    (True, True): _("It is your organisation's, which only we raise. Write to us, or wait until its time begins anew."),
    (True, False): _("It is your organisation's, which only we raise, and its time never begins anew. Write to us."),
}
# Of one that is none of those that the customer sees.
RESTRICTION = "onboarding:restriction"
RESTRICTED = Told(
    _("A limit is reached."),
    _("We have limited how much your keys may use. Read what we say of it; where you think that it is wrong, appeal."),
    RESTRICTION,
    _("Read it, or appeal"),
)
# Of a call that asked for more at once than was left; a smaller one is good.
SHORT = Told(
    _("A limit left less than that call asked for."),
    _("See what your limits leave. Ask for no more than that at once, or wait until they begin anew."),
    "onboarding:usage",
    _("See use and limits"),
)
HELD = f"{RESTRICTION}#hold"
STOPPED = Told(
    _("It is on hold."),
    _("Read what we say of it; where you think that it is wrong, appeal."),
    HELD,
    _("Read it, or appeal"),
)
SHUT = f"{RESTRICTION}#closed"
BY_ORDER = Told(
    _("Our models are closed to it."),
    _("Read what we say of it, and what would show that it does not concern you; where you think that it is wrong, appeal."),
    SHUT,
    _("Read it, or appeal"),
)
OF_KIND = {RESTRICTION: Restriction.Kind.LIMIT, HELD: Restriction.Kind.HOLD, SHUT: Restriction.Kind.CLOSED}
UNSEEN = Told(_("A limit is reached."), _("It is none that you can raise. Write to us with the beginning of this key."), *STANDS)
OURS = _("Nothing that you can do here ends it. See whether your verification asks anything of you; if not, write to us.")


class DoctorForm(PastedForm):
    use_required_attribute = False


@dataclass(frozen=True)
class Shown:
    """What the page says: what stops the key now, or stopped the call that was asked about; and what its last call was refused
    for, where that was something else."""

    finding: Finding
    lead: Told | None
    now: Told | None
    then: Told | None
    # Of a key that is good: that the call asked for more than a limit left.
    short: Told | None
    why: list[Text]
    url: str
    label: Text

    @property
    def is_over(self) -> bool:
        """Whether the call was refused for a state of the key that is over."""
        refusal = self.finding.refusal
        return refusal is not None and not self.lead and refusal.reason not in OF_CALL and not self.short

    @property
    def limit(self) -> tuple[Text, Text, str, datetime | None] | None:
        left = self.finding.limit
        return (
            (Unit(left.unit).label, Period(left.period).label, amounts.shown(left.limit, left.currency), left.resets_at)
            if left
            else None
        )


def shown(finding: Finding, asked: Asked) -> Shown:
    refusal = finding.refusal
    now = TOLD[finding.reason] if finding.reason else None
    then = TOLD.get(refusal.reason) if refusal and refusal.reason != finding.reason else None
    is_of_call = bool(asked.request_id and refusal and refusal.reason in OF_CALL)
    why: list[Text] = []
    if now and finding.reason == "key_held":
        one = shown_keys.of(finding.key.organisation, finding.key.pk)[0]
        why = list(one.why)
        mends = next((MENDED[source] for source in MENDED if source in one.sources), None)
        if mends:
            now = replace(now, page=mends[0], label=mends[1])
        elif Hold.RESTRICTION in one.sources:
            now = STOPPED
        elif shown_keys.CLOSED in one.sources and restrictions(finding.key, SHUT).exists():
            now = BY_ORDER
        else:
            now = Told(now.what, OURS, *STANDS)
    if now and finding.limit and finding.limit.restricts:
        now = RESTRICTED
    elif now and finding.limit:
        now = replace(now, do=LIMITED[finding.limit.of == "organisation", finding.limit.resets_at is not None])
    if now and finding.reason == "limit_reached" and not finding.limit:
        now = RESTRICTED if restrictions(finding.key).exists() else UNSEEN
    lead = now or (then if is_of_call else None)
    short = SHORT if refusal and refusal.reason == "limit_reached" and not lead else None
    asks = lead or short
    name, label = (asks.page, asks.label) if asks else (KEY, _("Open the key"))
    return Shown(finding, lead, now, None if short else then, short, why, address(name, finding.key), label)


def restrictions(key: Key, page: str = RESTRICTION) -> QuerySet[Restriction]:
    """Those that limit how much it may be used, hold it or close models to it, the newest first."""
    live = Restriction.objects.live().filter(organisation=key.organisation_id, kind=OF_KIND[page])
    return live.order_by("-pk")


def address(name: str, key: Key) -> str:
    if name in OF_KIND:
        return reverse(RESTRICTION, args=[restrictions(key, name)[0].handle])
    of_key = name in {KEY, "onboarding:key_roll", "onboarding:key_responsible"}
    found = reverse(name, args=[key.pk] if of_key else [])
    return f"{found}?anew" if name == "onboarding:use" else found


@sensitive_post_parameters("pasted")
@members_only
def look(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The answer to what was pasted; of another's key it is the same as of none."""
    form = DoctorForm(posted(request))
    asked, found = None, None
    if form.is_bound and form.is_valid():
        asked = doctor.read(form.cleaned_data["pasted"])
        own = Key.objects.filter(organisation=organisation).select_related("organisation", "project")
        found = doctor.find(asked, own)
    is_answered = form.is_bound and not form.errors
    return page(
        request,
        organisation,
        "doctor",
        steps=[],
        form=form.emptied(),
        asked=asked,
        is_answered=is_answered,
        shown=shown(found, asked) if found and asked else None,
    )
