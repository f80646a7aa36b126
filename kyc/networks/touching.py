"""Which accounts a ruling touches: by their number it is ruled by one person or by two."""

from django.utils.translation import gettext as _

from accounts.models import Signal
from accounts.refused import Refused
from kyc.networks.network_models import Network, NetworkMembership
from kyc.networks.ruling_models import Ruling
from kyc.networks.rulings import About

K = Ruling.Kind


class Unknown(Refused):
    """No ruling of this kind, or nobody whom it is about."""

    field = "kind"


def touched(network: Network, about: About, kind: str, newest: Ruling | None) -> list[int]:
    """Their numbers, in order. What is taken back touches whom the ruling touched; `newest` is that one. Raises Unknown."""
    if kind == K.WITHDRAWN and newest is not None:
        return sorted(newest.organisations)
    if about.pair:
        return sorted(joined(about.pair) if kind == K.SAME_CONTROLLER else about.pair)
    here = sharing(network, about)
    if not here:
        raise Unknown(_("No two accounts of this network share this value any more. Reload the page to see what ties them now."))
    return sorted(here if kind == K.SAME_CONTROLLER else here | having(about))


def joined(pair: tuple[int, int]) -> set[int]:
    """The two, and where they are not of one network already all that come together with them."""
    live = NetworkMembership.objects.live()
    networks = set(live.filter(organisation__in=pair).values_list("network", flat=True))
    alone = set(pair) - set(live.filter(organisation__in=pair).values_list("organisation", flat=True))
    if len(networks) + len(alone) < 2:
        return set(pair)
    return {*pair, *live.filter(network__in=networks).values_list("organisation", flat=True)}


def sharing(network: Network, about: About) -> set[int]:
    """The accounts of the network that are tied by a value: whom it holds together is said of these."""
    live = network.edges.live().filter(evidence__contains=[named(about)])
    return {one for pair in live.values_list("a", "b") for one in pair}


def having(about: About) -> set[int]:
    """Every account that has a value, whatever its network: that it links nobody is so for all of them. None has a pair."""
    if about.value is None:
        return set()
    kind, value = about.value
    return set(Signal.objects.filter(type=kind, value=value).values_list("organisation", flat=True))


def named(about: About) -> dict[str, str]:
    """As evidence names the value."""
    kind, value = about.value or ("", "")
    return {"type": kind, "value": str(value)}
