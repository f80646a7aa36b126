"""A run of which everything is known that its report tells."""

from datetime import date

from kyc.directives.training.actions import Said

TRAINED = Said(
    basis="Its engineer wrote so to support on the day.",
    deal="The order of 3 November, all keys of the project Large.",
    operations=2e26,
    method="Hours of accelerators by their rated operations.",
    begins_on=date(2026, 12, 1),
    ends_on=date(2027, 3, 1),
    accelerators="4,096 of H200",
    location="Luleå, Sweden",
    practices="Pre-training on text, then by preference.",
    security="Weights are sealed, two people open them.",
    incidents="None told.",
)
