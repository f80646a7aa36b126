"""An officer's word on each document as it is read on the screen. That one was accepted the customer sees at once; the reasons
why others are not add up to what he is asked for, in one message (kyc/desk/reviewing.py), and until that is sent he sees none of
them."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from kyc.evidence import falling
from kyc.evidence.item_models import DocumentReview
from kyc.evidence.models import Document
from kyc.evidence.proofs import sent
from kyc.evidence.read_models import Reading
from kyc.rules import assurance

R = DocumentReview.Ruling
# In the catalogue, the group of reasons of each ruling.
GROUPS = {R.UPLOAD: "upload", R.REJECTED: "reject"}


class BadReview(Refused):
    """It is none of the three, or without a reason of the catalogue."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Overtaken(Refused):
    """Somebody else has said something of it that he who speaks was not shown."""


@transaction.atomic
def review(document: Document, *, ruling: str, reason: str = "", shown: str | None = None, by: User) -> DocumentReview:
    """A later word takes the place of an earlier one; repeated, it is silence. What rests on a document that is rejected falls.
    `shown` is the number of the word on the page that `by` speaks from, empty where there was none; None of who speaks from no
    page. Raises BadReview, NotAProof, Overtaken."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=document.organisation_id)
    document = sent(document, organisation)
    if ruling not in R.values:
        raise BadReview("ruling", _("Say whether it is accepted."))
    if ruling == R.ACCEPTED:
        reason = ""
    elif reason not in assurance.load().reasons[GROUPS[R(ruling)]]:
        raise BadReview("reason", _("Choose a reason from the list."))
    before = DocumentReview.objects.live().filter(document=document).first()
    if before and (before.ruling, before.reason) == (ruling, reason):
        return before
    if before and shown is not None and shown != str(before.pk) and before.reviewed_by != by:
        sentence = _("%(who)s has said of it since you opened this page: %(what)s. Read it, and say yours if it still stands.")
        raise Overtaken(sentence % {"who": before.reviewed_by, "what": before.get_ruling_display()})
    if ruling == R.REJECTED:
        # While the word before still counts, so that what has fallen by it does not fall again.
        falling.told(document, by=by)
    if before:
        before.superseded_at = timezone.now()
        before.save(update_fields=["superseded_at"])
    made = DocumentReview.objects.create(
        organisation=organisation, document=document, ruling=ruling, reason=reason, reviewed_by=by
    )
    audit.record("document.reviewed", target=made, by=by, name=document.name, kind=document.kind, ruling=ruling, code=reason)
    return made


def sentence(review: DocumentReview) -> str:
    """What the customer reads of it; empty of what is accepted. In English, as the rules have it."""
    if review.ruling == R.ACCEPTED:
        return ""
    return assurance.load().reasons[GROUPS[R(review.ruling)]].get(review.reason, "")


def untold(organisation: Organisation) -> list[DocumentReview]:
    """What the customer still has to be told, of the documents that are there; the oldest first."""
    rows = DocumentReview.objects.live().filter(
        organisation=organisation, told_at__isnull=True, document__removed_at__isnull=True
    )
    return list(rows.exclude(ruling=R.ACCEPTED).select_related("document__party").order_by("pk"))


def tell(reviews: Iterable[DocumentReview]) -> None:
    """That the customer was written to about these. In the transaction that writes."""
    DocumentReview.objects.filter(pk__in=[row.pk for row in reviews], told_at__isnull=True).update(told_at=timezone.now())


def of(documents: Iterable[Document]) -> dict[int, DocumentReview]:
    """The word that counts, by the number of the document."""
    rows = DocumentReview.objects.live().filter(document__in=[document.pk for document in documents])
    return {row.document_id: row for row in rows.select_related("reviewed_by")}


def is_unreadable() -> ExpressionWrapper:
    """Of a document as SQL sees it: the customer sent it, no machine can read it, and no officer has said anything of it."""
    reading = Reading.objects.filter(document=OuterRef("pk"), outcome=Reading.Outcome.UNREADABLE)
    word = DocumentReview.objects.live().filter(document=OuterRef("pk"))
    return ExpressionWrapper(Q(invitation=None) & Q(Exists(reading)) & ~Q(Exists(word)), output_field=BooleanField())
