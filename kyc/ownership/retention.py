"""Ownership is kept with who the customer is; what each regime makes of it with the examination (kyc/cases/retention.py)."""

from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.retention import RecordClass
from kyc.ownership.models import Interest
from kyc.rules.retention import rule

retention.register(
    RecordClass(
        code="ownership",
        label=_("Who owns and controls the customer"),
        models=(Interest,),
        rules=(rule("cip-identity"), rule("cdd-file"), rule("iaas-identity")),
        told=_("Who owns and controls your organisation"),
    )
)
