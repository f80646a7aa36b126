"""Which calls were refused lately."""

from django.db import models

from accounts.models import GatewayCredential, Organisation
from kyc.keys.models import Key


class KeyRefusal(models.Model):
    """That a gateway was told of a key that it may not act: once for each key, reason and minute, whatever number of calls, with
    the number of the last of them. kyc/keys/refusals.py writes it, and takes it out after some days."""

    # No history: it comes with calls, says nothing that holds and rulings don't, and goes by time.
    key = models.ForeignKey(Key, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    gateway = models.ForeignKey(GatewayCredential, models.PROTECT, related_name="+")
    # A code of kyc/keys/introspection.py.
    reason = models.CharField(max_length=40)
    minute = models.DateTimeField()
    at = models.DateTimeField()
    # What stood in the answer's X-Request-Id.
    request_id = models.CharField(max_length=16)

    class Meta:
        indexes = [
            models.Index(name="keyrefusal_request", fields=["request_id"]),
            models.Index(name="keyrefusal_age", fields=["at"]),
        ]
        constraints = [models.UniqueConstraint(name="one_refusal_a_minute", fields=["key", "reason", "minute"])]
