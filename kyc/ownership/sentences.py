"""What kyc/ownership/shares.py, which knows no Django, says of a bad share, marked for translators. It is put into the reader's
language where it is shown; a test compares these with it."""

from django.utils.translation import gettext_noop as _

BAD_SHARES = (
    _("Write per cent such as 25 or 33.5, a fraction such as 1/3, or a range such as 25-50."),
    _("Write the decimals after a point: 33.5"),
    _("Write the share with the digits 0 to 9."),
    _("A share lies between 0 and 100 per cent."),
    _("A range runs from the smaller to the larger number: 25-50."),
    _("A share of nothing is no share; leave the owner out."),
    _("A fraction can't be divided by nothing."),
)
