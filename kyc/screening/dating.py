"""The day of a list version: which may be, and which version a file is that was loaded before."""

from datetime import date, timedelta
from pathlib import Path

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kyc.screening.entries import BadList
from kyc.screening.models import ListVersion

# Of the day: where the publisher sits it may be tomorrow already.
AHEAD = timedelta(days=1)


def is_ahead(published: date) -> bool:
    """Whether that day is yet to come, wherever the publisher sits."""
    return published > timezone.now().date() + AHEAD


def checked(published: date, file: Path) -> date:
    """A version of a day to come would keep every later one from being used. Raises BadList."""
    if is_ahead(published):
        sentence = _(
            "%(file)s: the day of publication, %(day)s, is yet to come. Name the right one with --published, also of a file "
            "that was loaded with this one before."
        )
        raise BadList(sentence % {"file": file.name, "day": published})
    return published


def known(source: str, sha256: str, on: date, *, is_told: bool) -> ListVersion | None:
    """The version that this very file is, as given out on that day, or on another that the day told corrects. None where it is a
    version of its own: loaded never before, or given out again after another had taken its place."""
    same = ListVersion.objects.filter(source=source, sha256=sha256)
    found = same.filter(published=on).first()
    if found or not is_told:
        return found or same.filter(is_active=True).first()
    earlier = same.filter(published__lt=on).order_by("-published", "-pk").first()
    if earlier and not is_overtaken(earlier, by=on):
        return earlier
    return same.filter(published__gt=on).order_by("published", "pk").first()


def is_overtaken(version: ListVersion, *, by: date) -> bool:
    """Whether another of that source took its place by that day."""
    later = Q(published__gt=version.published) | Q(published=version.published, pk__gt=version.pk)
    return ListVersion.objects.filter(later, source=version.source, published__lte=by).exists()
