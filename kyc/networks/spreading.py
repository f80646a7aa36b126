"""When each account of a measure has its turn. Whoever reads outside the compartment that the same was done to many customers in
one second, in the order of their list, reads that they belong together: so the order is drawn, and the times are apart."""

from datetime import timedelta

from django.db.models import DateTimeField, DurationField, Expression, ExpressionWrapper, Value
from django.db.models.functions import Now, Random

# All have had theirs well within the minute in which a measure has to be in force.
SPREAD = timedelta(seconds=40)
# Of this before now, so that the order is drawn also where nothing is spread.
BEFORE = timedelta(seconds=1)


def drawn(spread: timedelta | None = None) -> Expression:
    """Of each row its own time, before which it is not claimed."""
    over = (SPREAD if spread is None else spread) + BEFORE
    later = ExpressionWrapper(Random() * Value(over), output_field=DurationField())
    return ExpressionWrapper(Now() - Value(BEFORE) + later, output_field=DateTimeField())
