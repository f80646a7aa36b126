"""What the demo keeps beside the product's own rows."""

from django.db import models


class Mail(models.Model):
    """A mail that the demo caught instead of sending it."""

    append_only = True

    to = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    sent_at = models.DateTimeField(auto_now_add=True)
