"""How long is kept what keys were used for: each row two years, its sums as long as the customer's file."""

from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.retention import RecordClass
from kyc.keys.pool_models import LimitPool
from kyc.rules.retention import rule
from kyc.usage.models import UsageDay, UsageRow

ROWS = retention.register(
    RecordClass(
        code="usage_rows",
        label=_("How keys were used, hour by hour"),
        models=(UsageRow,),
        rules=(rule("usage-rows"),),
        made={UsageRow: "hour"},
        each=True,
        told=_("How your keys were used, hour by hour, and from which networks, as hashes"),
    )
)
retention.register(
    RecordClass(
        code="usage",
        label=_("How much keys were used, day by day, and their limits"),
        models=(UsageDay, LimitPool),
        rules=(rule("iaas-access"), rule("cdd-file")),
        told=_("How much your keys were used each day, from which countries, and the limits that you set"),
    )
)
retention.no_record("kyc.PoolWindow", "a counter; what was used stands in the sums of each day")
retention.no_record("kyc.Spending", "a counter; what was used stands in the sums of each day")
retention.no_record("kyc.StagedDay", "a counter of requests, taken out two days after its own")
retention.no_record("kyc.Reservation", "over within the hour, and forgotten after a day")
retention.no_record("kyc.Reserved", "over within the hour, and forgotten after a day")
