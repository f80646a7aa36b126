"""The picture of a network, from how it stands: each account with what an investigator needs of it, each value by what it is."""

from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import SignalValue
from kyc.cases.structure import Drawn
from kyc.desk import network_words as words
from kyc.desk.network_forms import touches
from kyc.desk.network_members import state_of
from kyc.networks import drawing
from kyc.networks.network_models import Network
from kyc.networks.picture import MOST, WARN, Account, Line, Picture, Value, folded
from kyc.networks.standing import Has
from kyc.networks.standing import Value as Shared

# Who belongs there less surely has a mark.
UNSURE = 0.6
# Of a handle, as much as tells one from another in a picture.
SHORT = 6


def of(
    network: Network,
    members: Collection[Any],
    values: Collection[Shared],
    found: Collection[Has],
    ruled: Mapping[Any, str],
    known: Mapping[Any, SignalValue],
) -> Picture:
    """`members` as network_members.named has them; of a value's key `ruled` says what it was ruled to be, `known` whose it is."""
    ledger = reverse("desk:network_ledger", args=[network.pk])
    accounts = tuple(account(one, ledger) for one in members)
    inside = {one.organisation_id for one in members}
    bits = {one.key: one.bits for one in values}
    return Picture(
        accounts,
        tuple(value(network, one, ruled.get(one.key, ""), known.get(one.key)) for one in values),
        tuple(
            Line(f"a{one.organisation}", node(one), one.bits if bits[one.type, one.value] else 0.0)
            for one in found
            if one.organisation in inside
        ),
        sentence(network, len(accounts), values),
    )


def node(one: Has | Shared) -> str:
    return f"v-{one.type}-{one.value}"


def account(member: Any, ledger: str) -> Account:
    is_unsure = member.confidence < UNSURE
    note = _("%(state)s · %(keys)s") % {"state": state_of(member)[0], "keys": keys(member.keys)}
    if is_unsure:
        note = _("only %(confidence)s sure") % {"confidence": words.confidence(member.confidence)}
    url = f"{ledger}?account={member.organisation_id}"
    return Account(f"a{member.organisation_id}", member.organisation.name, note, WARN if is_unsure else "", url)


def keys(count: int) -> str:
    return ngettext("%(n)s key", "%(n)s keys", count) % {"n": count}


def value(network: Network, one: Shared, ruled: str, known: SignalValue | None) -> Value:
    count = touches(len(one.organisations))
    told = {"handle": words.shown(one.value, letters=SHORT), "accounts": count, "bits": words.bits(one.bits)}
    note = (_("%(handle)s · %(accounts)s · %(bits)s") if one.is_counted else _("%(handle)s · %(accounts)s · not counted")) % told
    if ruled:
        note = f"{note} · {_('ruled: %(what)s') % {'what': ruled}}"
    url = reverse("desk:network_value", args=[network.pk, one.type, words.handle(one.value)])
    hub = words.hub(known)
    name = words.titled(one.type) if one.is_counted or not hub else f"{words.titled(one.type)}: {hub}"
    return Value(node(one), name, note, url, is_hub=not one.is_counted)


def sentence(network: Network, count: int, values: Collection[Shared]) -> str:
    counted = sum(1 for one in values if one.is_counted)
    told = {"network": network, "accounts": touches(count), "n": counted, "aside": len(values) - counted}
    return (
        _("%(network)s: %(accounts)s, tied by %(n)s shared values; %(aside)s more were not counted. The table says the same.")
        % told
    )


def together(those: Collection[Account]) -> Account:
    first = next(iter(those))
    name = ngettext("%(n)s account", "%(n)s accounts", len(those)) % {"n": len(those)}
    return Account(f"f{first.id}", name, _("share the same"), url=first.url, count=len(those))


def drawn(picture: Picture) -> Drawn:
    found = folded(picture, told=together)
    try:
        svg = drawing.svg(found)
    except drawing.Undrawable:
        return Drawn(
            note=_("The picture can't be drawn here, since the program that lays it out is missing. The table says it all.")
        )
    return Drawn(SafeString(svg), left_out(picture, found))  # nosec B703  # every word was escaped where it was drawn


def standalone(picture: Picture) -> str:
    """For a file of its own. Raises Undrawable."""
    return drawing.svg(folded(picture, told=together), standalone=True)


def left_out(whole: Picture, found: Picture) -> str:
    if found is whole:
        return ""
    told = {"most": MOST, "accounts": len(whole.accounts), "values": len(whole.values), "drawn": len(found.values)}
    return (
        _(
            "%(accounts)s accounts and %(values)s values are more than the %(most)s boxes that a picture can show. Accounts that "
            "share exactly the same stand in one box, and the %(drawn)s values that most accounts share are drawn; the table "
            "has all."
        )
        % told
    )
