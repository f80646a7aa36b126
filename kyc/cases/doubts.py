"""What a customer told that may well be true, and that somebody looks at before it is believed: who acts for it and is very
young, who signed and may not any more, who pays under another's name, and what is not told of its foreign owners."""

from collections.abc import Collection, Mapping

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from kyc.cases.declared import US, Row, listed
from kyc.cases.models import Finding
from kyc.cases.round import Round
from kyc.ownership import regimes
from kyc.ownership.regimes import Verdict
from kyc.parties import questionnaires
from kyc.parties.actions import signing
from kyc.parties.models import Party, PaymentMeans, Role
from kyc.parties.sentences import one_stop
from kyc.parties.wording import age
from kyc.screening.normalise import telling

# Whoever leads, signs or is the customer himself; an owner or a beneficiary may be a child.
ACTING = (Role.Kind.CUSTOMER, Role.Kind.CONTROLLER, Role.Kind.DIRECTOR, Role.Kind.SIGNATORY)
TRUSTEE = "trustee"
# Letters that comparing changes into others, or takes out.
UNREADY = r"[^\x01-\x7f]|['`]"


def findings(facts: Round, owners: Mapping[str, Verdict]) -> list[Row]:
    """None where there is nothing to doubt."""
    young, foreign, unreached = too_young(facts), in_anothers_name(facts), out_of_reach(facts, owners)
    rows = []
    if young:
        sentence = ngettext(
            "Acts for the customer and is under %(n)s year of age: %(names)s.",
            "Acts for the customer and is under %(n)s years of age: %(names)s.",
            facts.pack.minimum_age,
        )
        told = one_stop(sentence % {"n": facts.pack.minimum_age, "names": listed(young)})
        rows.append(("people", Finding.State.WARN, told, "status"))
    if foreign:
        told = _("Pays in the name of somebody who is not named as one of this customer's parties: %(names)s.")
        rows.append(("payment", Finding.State.WARN, one_stop(told % {"names": listed(foreign)}), "use"))
    if signer := signed_and_left(facts):
        told = _("The intended use was signed by %(name)s, who is not named any more as one who may sign.") % {"name": signer}
        rows.append(("signature", Finding.State.WARN, told, "use"))
    if unreached:
        told = _("An address, e-mail or telephone is not told of these owners, who are no US persons: %(names)s.")
        rows.append(("contact", Finding.State.INFO, one_stop(told % {"names": listed(unreached)}), "status"))
    if gone := erased(facts):
        told = _("The date of birth or the number was erased, so the lists were searched without it, for: %(names)s.")
        rows.append(("erased", Finding.State.WARN, one_stop(told % {"names": listed(gone)}), "status"))
    return rows + namesakes(facts)


def namesakes(facts: Round) -> list[Row]:
    """Who goes by the name of another customer, or of the provider itself: one may pass for the other in a mail or a list."""
    organisation, customer = facts.examination.organisation, facts.customer
    if organisation.sandbox:
        return []
    own, rows = spellings([customer]), []
    if telling(settings.PROVIDER_NAME) in own:
        told = _("The customer bears the name of %(provider)s itself.") % {"provider": settings.PROVIDER_NAME}
        rows.append(("namesake", Finding.State.WARN, told, "status"))
    if others := same_name(organisation, own):
        # People share their names with others; companies seldom do.
        state = Finding.State.INFO if customer.is_person else Finding.State.WARN
        told = _("Another customer goes by the same name: %(names)s.") % {"names": listed(others)}
        rows.append(("namesake", state, told, "status"))
    return rows


def same_name(organisation: Organisation, own: set[tuple[str, ...]]) -> list[str]:
    """Other customers of one of these names. The database leaves those whose letters can be read as they are and among which
    the longest word is missing, so that not each customer's name is taken apart."""
    wanted = Q(name__regex=UNREADY) | Q(native_name__regex=UNREADY)
    for word in {max(words, key=len) for words in own if words}:
        wanted |= Q(name__icontains=word) | Q(native_name__icontains=word)
    live = Role.objects.live().filter(kind=Role.Kind.CUSTOMER, organisation__sandbox="").exclude(organisation=organisation)
    parties = Party.objects.filter(wanted, pk__in=live.values("party")).select_related("organisation").order_by("organisation")
    return [party.organisation.numbered for party in parties if own & spellings([party])]


def too_young(facts: Round) -> list[str]:
    today, least = timezone.localdate(), facts.pack.minimum_age
    acting = acting_for(facts.examination.organisation) | {
        int(role.owner) for role in facts.interests if role.interest == TRUSTEE
    }
    people = [party for pk, party in sorted(facts.parties.items()) if pk in acting and party.is_person]
    return [facts.names[str(party.pk)] for party in people if party.born and age(party.born, today) < least]


def erased(facts: Round) -> list[str]:
    """Whose date of birth or number was erased, so that lists were searched by the name alone and no age was looked at."""
    return [facts.names[str(pk)] for pk, party in sorted(facts.parties.items()) if party.is_erased]


def acting_for(organisation: Organisation) -> set[int]:
    live = Role.objects.live().filter(organisation=organisation, kind__in=ACTING)
    return set(live.values_list("party", flat=True))


def in_anothers_name(facts: Round) -> list[str]:
    """The holders of means of payment who are neither the customer nor anybody it has named."""
    known = spellings(facts.parties.values())
    means = PaymentMeans.objects.live().filter(organisation=facts.examination.organisation).exclude(holder="").order_by("pk")
    holders = dict.fromkeys(means.values_list("holder", flat=True))
    return [holder for holder in holders if telling(holder) not in known]


def signed_and_left(facts: Round) -> str:
    """The name under the intended use, once nobody who may sign bears it."""
    signed = facts.declared.signed
    if signed is None or questionnaires.is_one_of(signing(facts.examination.organisation), signed.signed_name):
        return ""
    return signed.signed_name


def out_of_reach(facts: Round, owners: Mapping[str, Verdict]) -> list[str]:
    """Beneficial owners who are foreign, or may be, and of whom not all is told by which they could be reached (IAAS-10). The
    rule is only proposed, so it stops nothing: an officer asks for it where it matters."""
    counting = {int(owner) for owner, found in owners.items() if found.verdict == regimes.YES}
    people = [party for pk, party in sorted(facts.parties.items()) if pk in counting and facts.declared.standings.get(pk) != US]
    return [facts.names[str(party.pk)] for party in people if not (party.address and party.email and party.phone)]


def spellings(parties: Collection[Party]) -> set[tuple[str, ...]]:
    """The words of each name, whatever their order and case, without a legal form."""
    return {telling(name) for party in parties for name in (party.name, party.native_name) if name}
