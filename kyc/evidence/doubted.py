"""What speaks against documents, as a machine has seen it in them: reasons to look, and never a verdict."""

from datetime import date

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.evidence.reading import documents
from kyc.evidence.reading.signs import Sign

SIGNS: dict[str, Promise] = {
    Sign.EDITOR: _("The file was written by a program that changes pictures or documents: %(what)s."),
    Sign.SCREENSHOT: _("The picture is exactly as large as a screen, as one that was taken of a screen’s content."),
    Sign.PATCH: _("A region of the picture lacks the noise that the rest has, as where something was drawn over it."),
    Sign.CHECK_DIGITS: _("The machine-readable zone was read clearly, and its check digits do not agree: %(what)s."),
    Sign.VISUAL_ZONE: _("Above the machine-readable zone stands something else than in it: %(what)s."),
    Sign.SPECIMEN: _("The issuer is “Utopia”, which stands on specimens alone."),
    Sign.NO_STATE: _("The machine-readable zone names a state that there is not: %(what)s."),
    Sign.EXPIRED: _("The document has expired."),
    Sign.EXPIRES_SOON: _("The document expires within 30 days, while a review may still be open."),
}


def standing(reading: Reading, today: date) -> dict[str, str]:
    """Kinds of signs that hold that day, with what there is to say of each. That a document expires passes without anybody's
    doing, so it is reckoned anew."""
    ends = next((one["value"] for one in reading.fields if one["name"] == "expiry_date"), "")
    if not ends:
        return dict(reading.signs)
    seen = {kind: what for kind, what in reading.signs.items() if kind not in (Sign.EXPIRED, Sign.EXPIRES_SOON)}
    return seen | documents.ending(ends, today)


def sentences(reading: Reading) -> list[str]:
    return [str(SIGNS[kind]) % {"what": what} for kind, what in standing(reading, timezone.localdate()).items()]


def of(organisation: int, today: date) -> frozenset[str]:
    """The kinds of signs that hold of any of its documents that count."""
    readings = Reading.objects.filter(document__in=Document.objects.openable().filter(organisation=organisation))
    return frozenset(kind for reading in readings.select_related("document__party") for kind in standing(reading, today))
