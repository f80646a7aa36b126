"""Registration numbers that hold a check digit: whether it agrees. Of most registers no such rule is known, and nothing is said.
A number that does not agree is most often mistyped; it is asked about and refuses nobody."""

from collections.abc import Callable, Mapping

from stdnum.be import vat as belgian
from stdnum.br import cnpj
from stdnum.ch import uid
from stdnum.cn import uscc
from stdnum.dk import cvr
from stdnum.ee import registrikood
from stdnum.fi import ytunnus
from stdnum.fr import siren, siret
from stdnum.jp import cn as japanese
from stdnum.no import orgnr
from stdnum.se import orgnr as swedish

from accounts.vault.erased import Unreadable
from kyc.parties.models import Party

# The number under which a company stands in the register of the country.
RULES: Mapping[str, tuple[Callable[[str], bool], ...]] = {
    "BE": (belgian.is_valid,),
    "BR": (cnpj.is_valid,),
    "CH": (uid.is_valid,),
    "CN": (uscc.is_valid,),
    "DK": (cvr.is_valid,),
    "EE": (registrikood.is_valid,),
    "FI": (ytunnus.is_valid,),
    "FR": (siren.is_valid, siret.is_valid),
    "JP": (japanese.is_valid,),
    "NO": (orgnr.is_valid,),
    "SE": (swedish.is_valid,),
}


def is_in_doubt(party: Party) -> bool:
    """Whether the register of its country gives no such number."""
    number, rules = party.registration_number, RULES.get(party.country, ())
    is_told = party.is_company and number and not isinstance(number, Unreadable)
    return bool(is_told and rules) and not any(is_valid(number) for is_valid in rules)
