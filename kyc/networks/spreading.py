"""When each account of a measure has its turn. Whoever reads outside the compartment that the same was done to many customers in
one second, in the order of their list, reads that they belong together: so the order is drawn, and the times are apart."""

from datetime import timedelta

from django.db.models import DateTimeField, DurationField, Expression, ExpressionWrapper, Value
from django.db.models.functions import Now, Random

# All have had theirs well within the minute in which a measure has to be in force.
SPREAD = timedelta(seconds=40)
# Of this before now, so that the order is drawn also where nothing is spread.
BEFORE = timedelta(seconds=1)


def over(accounts: int) -> timedelta:
    """Who is alone shows nobody that he belongs with others, so he need not wait."""
    return SPREAD if accounts > 1 else timedelta()


def drawn(spread: timedelta) -> Expression:
    """Of each row its own time, before which it is not claimed."""
    later = ExpressionWrapper(Random() * Value(spread + BEFORE), output_field=DurationField())
    return ExpressionWrapper(Now() - Value(BEFORE) + later, output_field=DateTimeField())
