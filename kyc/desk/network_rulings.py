"""What was ruled on what ties the accounts of a network, in words: by whom, why, and what the next building makes of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from kyc.desk import network_words as words
from kyc.desk.network_forms import AnswerForm, touches
from kyc.networks import rulings
from kyc.networks.network_models import Edge, Network, NetworkMembership, NetworkRun
from kyc.networks.ruling_models import ProposedRuling, Ruling, Said
from kyc.networks.rulings import About
from kyc.networks.standing import Value

K = Ruling.Kind
# Words that stand beside a picture.
MOST = 30
SHOWN = ("a", "b", "ruled_by", "proposed__proposal__outcome_by", "agency__organisation")
TONES = {K.SAME_CONTROLLER: "bad", K.WITHDRAWN: "neutral"}


@dataclass(frozen=True)
class Row:
    """One word that stands, or waits for a second person; `heeded` is when a building last began."""

    said: Any
    heeded: datetime | None
    # The page of what it is about; or else the form by which it is taken back.
    address: str = ""
    form: AnswerForm | None = None
    # It points to an agency that does not hold now.
    is_lapsed: bool = False

    @property
    def what(self) -> str:
        return about(self.said)

    @property
    def handle(self) -> str:
        return words.handle(str(self.said.value)) if self.said.value else ""

    @property
    def tone(self) -> str:
        return TONES.get(self.said.kind, "info")

    @property
    def touches(self) -> str:
        return touches(len(self.said.organisations))

    @property
    def effect(self) -> str:
        if self.is_lapsed:
            return _("The agency is not confirmed now, so the building goes by the signals.")
        return effect(self.said)

    @property
    def when(self) -> str:
        """Since which building it is heeded."""
        if self.heeded and self.heeded > self.said.ruled_at:
            return _("Heeded by the building of %(day)s.") % {"day": date_format(self.heeded, "j M Y H:i")}
        return _("From the next building on.")


def about(said: Said) -> str:
    if said.value:
        return words.titled(said.type)
    return _("%(a)s and %(b)s") % {"a": said.a, "b": said.b}


def effect(said: Said) -> str:
    """What a building makes of it."""
    count = {"n": touches(len(said.organisations))}
    if said.kind == K.WITHDRAWN:
        return _("The building goes by the signals again.")
    if said.kind == K.SAME_CONTROLLER:
        return (
            _("The building keeps %(n)s in one network.") % count if said.value else _("The building keeps both in one network.")
        )
    return _("The building counts it for nobody.") if said.value else _("The building keeps the two apart.")


def last_begun() -> datetime | None:
    found: datetime | None = NetworkRun.objects.filter(state=NetworkRun.State.DONE).aggregate(last=Max("begun_at"))["last"]
    return found


def of(
    network: Network,
    members: QuerySet[NetworkMembership],
    *,
    values: Iterable[Value] = (),
    open: bool = False,
    returned: tuple[int, AnswerForm] | None = None,
) -> tuple[list[Row], bool]:
    """The last words on anything that touches these accounts of the network, the newest first, and whether there are more.
    `values` have a page in it. Where it is `open`, what was said in it and stands may be taken back here, where it has no page or
    the network has ended; `returned` is the form of one that came back with errors, by its number."""
    here = Q(network=network) | Q(organisations__overlap=members.values("organisation"))
    rows = Ruling.objects.newest().filter(here).select_related(*SHOWN)
    found, heeded, lapsed = list(rows.order_by("-pk")[: MOST + 1]), last_begun(), rulings.lapsed()
    given = dict([returned] if returned else [])
    addresses = pages_of(network, found, values)

    def form(row: Ruling) -> AnswerForm | None:
        has_page = row.pk in addresses and network.ended_at is None
        is_open = open and not has_page and row.kind != K.WITHDRAWN and row.network_id == network.pk
        return given.get(row.pk) or AnswerForm(of=f"said_{row.pk}") if is_open else None

    rows_told = [Row(row, heeded, addresses.get(row.pk, ""), form(row), row.pk in lapsed) for row in found[:MOST]]
    return rows_told, len(found) > MOST


def pages_of(network: Network, said: Iterable[Ruling], values: Iterable[Value]) -> dict[int, str]:
    """By the numbers of rulings: of a pair the page of its newest edge, also of one that has ended, of a value of this network
    that is among `values` its own."""
    said = list(said)
    pairs = [row for row in said if row.is_of_pair]
    edges = Edge.objects.filter(a__in=[row.a_id for row in pairs], b__in=[row.b_id for row in pairs]).order_by("pk")
    newest = {(network, a, b): pk for pk, network, a, b in edges.values_list("pk", "network", "a", "b")} if pairs else {}
    shown = {one.key for one in values}
    found = {}
    for row in said:
        if row.is_of_pair and (edge := newest.get((row.network_id, row.a_id, row.b_id))):
            found[row.pk] = reverse("desk:network_edge", args=[row.network_id, edge])
        elif row.network_id == network.pk and (row.type, str(row.value)) in shown:
            found[row.pk] = reverse("desk:network_value", args=[network.pk, row.type, words.handle(str(row.value))])
    return found


def by_value(values: Iterable[Value]) -> dict[tuple[str, str], str]:
    """Of those that were ruled on, what they were ruled to be."""
    rows = Ruling.objects.in_force().filter(value__in=[one.uuid for one in values if one.uuid])
    return {(row.type, str(row.value)): row.get_kind_display() for row in rows}


def on(about: About) -> list[Row]:
    """All that was ever said of it, the newest first."""
    rows = Ruling.objects.filter(about.rows).select_related(*SHOWN)
    heeded, lapsed = last_begun(), rulings.lapsed()
    return [Row(row, heeded, is_lapsed=row.pk in lapsed) for row in rows.order_by("-pk")]


@dataclass(frozen=True)
class Waiting:
    """A ruling that waits for a second person, and what the reader may do about it."""

    row: Row
    is_mine: bool
    form: AnswerForm

    @property
    def proposal(self) -> Any:
        return self.row.said.proposal


def waiting(network: Network, user: User, returned: tuple[int, AnswerForm] | None = None) -> list[Waiting]:
    """`returned` is the form of one that came back with errors, by the number of its proposal."""
    rows = ProposedRuling.objects.filter(network=network, proposal__outcome="").select_related(
        "a", "b", "proposal__proposed_by", "agency__organisation"
    )
    found = []
    for row in rows.order_by("pk"):
        given = returned[1] if returned and returned[0] == row.proposal_id else None
        form = given or AnswerForm(of=f"ruling_{row.proposal_id}")
        found.append(Waiting(Row(row, None), row.proposal.proposed_by_id == user.pk, form))
    return found
