"""What of directives is kept of one customer: that it was left out of one, and why. The orders themselves are the house's. And
what was blocked or rejected of it, each for years of its own (SAN-01)."""

from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.retention import RecordClass
from kyc.directives.blocked.models import BlockedRecord
from kyc.directives.models import DirectiveException
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun
from kyc.rules.retention import rule

retention.register(
    RecordClass(
        code="directives",
        label=_("Orders that the customer was left out of"),
        models=(DirectiveException,),
        rules=(rule("cdd-file"),),
        told=_("That an authority's order did not apply to you, and why"),
    )
)
retention.register(
    RecordClass(
        code="resale",
        label=_("That the customer sells access on, and how it was assessed"),
        models=(Reseller, ResellerAssessment),
        rules=(rule("cdd-file"),),
        told=_("That you sell access on, under which agreement, and how we assessed it"),
    )
)
retention.register(
    RecordClass(
        code="blocked",
        label=_("Property blocked, and transactions rejected"),
        # Told to everybody alike, so that nobody learns by it whether there is any.
        told=_("Property that sanctions make us block, and transactions that they make us reject, should there be any"),
        models=(BlockedRecord,),
        rules=(rule("blocked-property"),),
        # None while the property is blocked; each by its own, so that no end of another class moves and tells of it.
        made={BlockedRecord: "kept_from"},
        each=True,
    )
)
retention.register(
    RecordClass(
        code="training",
        label=_("Runs that train a large model"),
        # As of what is blocked, told to everybody alike.
        told=_("Training of large models that we have to tell an authority of, should there be any"),
        models=(TrainingRun, TrainingDuty, TrainingFiling),
        rules=(rule("cdd-file"),),
    )
)
retention.no_record("kyc.DirectiveNotice", "a task: that a customer has to be told of an order; the restriction is a record")
