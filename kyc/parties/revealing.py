"""One identifier of one party is shown to an officer, for a purpose, and that is written down."""

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing
from kyc.parties.models import Party

FIELDS = ("birth_date", "address", "registered_address", "phone", "tax_number")
PURPOSES: dict[str, Promise] = {
    "document": gettext_lazy("to compare it with a document"),
    "match": gettext_lazy("to tell from a listed person"),
    "contact": gettext_lazy("to get in touch"),
    "authority": gettext_lazy("to answer an authority"),
}


@transaction.atomic
def reveal(party: Party, *, field: str, purpose: str, by: User) -> Party:
    """Every time anew, a second time too. Raises NotPermitted, ReasonMissing."""
    require(by, Permission.FIELD_REVEAL)
    if purpose not in PURPOSES or field not in FIELDS:
        raise ReasonMissing(_("Say what you need it for."))
    audit.record("field.revealed", target=party, by=by, reason=purpose, field=field, name=party.name)
    return party
