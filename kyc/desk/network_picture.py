"""The picture of a network, from how it stands: each account with what an investigator needs of it, each value by what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import SignalValue
from kyc.cases.structure import Drawn
from kyc.desk import network_members
from kyc.desk import network_words as words
from kyc.desk.network_forms import touches
from kyc.desk.network_members import state_of
from kyc.networks import drawing
from kyc.networks.network_models import Network, NetworkMembership
from kyc.networks.picture import MOST, WARN, Account, Line, Picture, Value, folded
from kyc.networks.standing import Shared
from kyc.networks.standing import Value as Shares

# Who belongs there less surely has a mark.
UNSURE = 0.6
# Of a handle, as much as tells one from another in a picture.
SHORT = 6


@dataclass(frozen=True)
class Told:
    """What is drawn, and what stands in words where it leaves something out."""

    picture: Picture
    left_out: str


def of(
    network: Network,
    members: QuerySet[NetworkMembership],
    found: Shared,
    ruled: Mapping[Any, str],
    known: Mapping[Any, SignalValue],
) -> Told:
    """Of members as kyc.networks.standing.surely has them. Of a value's key `ruled` says what it was ruled to be, `known`
    whose it is."""
    surely = dict(members.order_by(*network_members.SUREST).values_list("organisation", "sure"))
    whole = bare(network, surely, found)
    picture = folded(whole)
    alone = {int(one.id[1:]) for one in picture.accounts if one.count == 1}
    rows = {one.organisation_id: one for one in network_members.named(members.filter(organisation__in=alone))}
    of_node, ledger = {node(one): one for one in found.values}, reverse("desk:network_ledger", args=[network.pk])
    told = replace(
        picture,
        accounts=tuple(
            account(rows[int(one.id[1:])], ledger) if one.count == 1 else together(one, ledger) for one in picture.accounts
        ),
        values=tuple(
            value(network, shared, ruled.get(shared.key, ""), known.get(shared.key))
            for shared in (of_node[one.id] for one in picture.values)
        ),
    )
    return Told(told, "" if picture is whole else left_out(len(surely), found, len(picture.values)))


def bare(network: Network, surely: Mapping[int, float | None], found: Shared) -> Picture:
    """Without a word but for the sentence; `surely` has by account how surely it belongs there."""
    accounts = tuple(Account(f"a{number}", tone=WARN if is_unsure(sure) else "") for number, sure in surely.items())
    lines = [
        Line(f"a{number}", node(one), bits if one.is_counted else 0.0)
        for one in found.values
        for number, bits in zip(one.organisations, one.each, strict=True)
        if number in surely
    ]
    values = tuple(Value(node(one), is_hub=not one.is_counted) for one in found.values)
    return Picture(accounts, values, tuple(lines), sentence(network, len(accounts), found))


def node(one: Shares) -> str:
    return f"v-{one.type}-{one.value}"


def account(member: Any, ledger: str) -> Account:
    note = _("%(state)s · %(keys)s") % {"state": state_of(member)[0], "keys": keys(member.active_keys)}
    if is_unsure(member.sure):
        note = _("only %(confidence)s sure") % {"confidence": words.confidence(member.sure)}
    url = f"{ledger}?account={member.organisation_id}"
    return Account(f"a{member.organisation_id}", member.organisation.name, note, WARN if is_unsure(member.sure) else "", url)


def is_unsure(sure: float | None) -> bool:
    """Of whom it was not kept nothing is said."""
    return sure is not None and sure < UNSURE


def keys(count: int) -> str:
    """Of those that act: one that was revoked is of no matter here."""
    return ngettext("%(n)s active key", "%(n)s active keys", count) % {"n": count}


def value(network: Network, one: Shares, ruled: str, known: SignalValue | None) -> Value:
    count = touches(len(one.organisations))
    told = {"handle": words.shown(one.value, letters=SHORT), "accounts": count, "bits": words.bits(one.bits)}
    note = (_("%(handle)s · %(accounts)s · %(bits)s") if one.is_counted else _("%(handle)s · %(accounts)s · not counted")) % told
    if ruled:
        note = f"{note} · {_('ruled: %(what)s') % {'what': ruled}}"
    url = reverse("desk:network_value", args=[network.pk, one.type, words.handle(one.value)])
    hub = words.hub(known)
    name = words.titled(one.type) if one.is_counted or not hub else f"{words.titled(one.type)}: {hub}"
    return Value(node(one), name, note, url, is_hub=not one.is_counted)


def sentence(network: Network, count: int, found: Shared) -> str:
    told = {"network": network, "accounts": touches(count), "n": found.counted, "aside": found.aside}
    return (
        _("%(network)s: %(accounts)s, tied by %(n)s shared values; %(aside)s more were not counted. The table says the same.")
        % told
    )


def together(box: Account, ledger: str) -> Account:
    """Of the first of those in it the edges."""
    name = ngettext("%(n)s account", "%(n)s accounts", box.count) % {"n": box.count}
    return replace(box, name=name, note=_("share the same"), url=f"{ledger}?account={box.id[2:]}")


def drawn(told: Told) -> Drawn:
    try:
        svg = drawing.svg(told.picture)
    except drawing.Undrawable:
        return Drawn(
            note=_("The picture can't be drawn here, since the program that lays it out is missing. The table says it all.")
        )
    return Drawn(SafeString(svg), told.left_out)  # nosec B703  # every word was escaped where it was drawn


def standalone(told: Told) -> str:
    """For a file of its own. Raises Undrawable."""
    return drawing.svg(told.picture, standalone=True)


def left_out(accounts: int, found: Shared, drawn: int) -> str:
    told = {"most": MOST, "accounts": accounts, "values": found.counted + found.aside, "drawn": drawn}
    return (
        _(
            "%(accounts)s accounts and %(values)s values are more than the %(most)s boxes that a picture can show. Accounts that "
            "share exactly the same stand in one box, and the %(drawn)s values that most accounts share are drawn; the table "
            "has all."
        )
        % told
    )
