"""What is said where a file is not taken: what is wrong, and what to do about it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.refused import Refused
from kyc.evidence.taking.kinds import Unfit


class NotAccepted(Refused):
    """The file is of a kind we do not take, can't be opened, or is more than we open."""

    field = "file"


SENTENCES: dict[str, Promise] = {
    "empty": _("The file is empty. Choose it again, or save it anew."),
    "large": _("The file is larger than 15 MB. Scan it at a lower resolution, or send only the pages that matter."),
    "kind": _(
        "Only PDF, JPEG, PNG, WebP and HEIC files can be read here. This one is something else, whatever its name says. Save it "
        "as one of these, or take a picture of it."
    ),
    "doubtful": _(
        "This looks like several kinds of file in one, so it is not opened. Print the document to a PDF, or take a picture of "
        "it, and add that."
    ),
    "damaged": _("The file is damaged and cannot be opened. Save or scan it anew."),
    "picture_damaged": _("The picture is damaged or incomplete and cannot be opened. Take or save it anew."),
    "pixels": _("The picture is too large to be opened. Make it smaller than 40 million pixels."),
    "blank": _("Nothing can be seen on this picture: it is of one colour. Take it anew, in good light."),
    "pdf_locked": _("The PDF is protected by a password or against changes. Print it to a new PDF and add that."),
    "pdf_damaged": _("The PDF is damaged and cannot be opened. Save or scan it anew."),
    "pdf_empty": _("The PDF has no pages. Save or scan it anew."),
    "pages": _("The PDF has more than 50 pages. Add only those that matter."),
    "pdf_folder": _("This PDF is a folder of other files. Take them out of it and add them one by one."),
    "pdf_program": _("This PDF is drawn by a program inside it, which is not run here. Print it to a new PDF and add that."),
    "pdf_outside": _("Parts of this PDF lie in other files, which are not opened. Print it to a new PDF and add that."),
    "pdf_heavy": _("This PDF becomes too large when it is opened. Print it to a new PDF, or scan only the pages that matter."),
    "heavy": _("The file becomes too large when it is opened. Save it smaller, or scan it at a lower resolution."),
    "long": _("Opening the file takes too long. Save it smaller, or scan it at a lower resolution, and add that."),
    "away": _("Files cannot be opened here just now. Try again in a moment."),
    "infected": _(
        "Our virus scanner found something harmful in this file, so it was not kept. Check your device, and scan the document "
        "anew."
    ),
}


def refusal(unfit: Unfit) -> NotAccepted:
    return NotAccepted(str(SENTENCES[unfit.code]))
