"""Ownership is kept with who the customer is; what other sources say of it with how identity was checked (FIN-12), and what each
regime makes of it with the examination (kyc/cases/retention.py)."""

from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.retention import RecordClass
from kyc.ownership.models import Discrepancy, Divergence, Interest, Observation
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
retention.register(
    RecordClass(
        code="ownership_sources",
        label=_("What other sources say of who owns the customer, and how differences ended"),
        models=(Observation, Discrepancy, Divergence),
        rules=(rule("cip-descriptions"), rule("cdd-file")),
        made={Observation: "recorded_at", Discrepancy: "opened_at", Divergence: "opened_at"},
        told=_("What registers and other sources say of who owns your organisation"),
    )
)
