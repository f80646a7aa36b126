"""The reports there are, by kind; and of each, in words, what it tells, for whom, and who approves it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.facts.attribution import ATTRIBUTION
from reports.facts.blocked import ANNUAL, BLOCKED
from reports.facts.compliance import COMPLIANCE
from reports.facts.control import CONTROL
from reports.facts.dossier import DOSSIER
from reports.facts.frame import Frame
from reports.facts.subject import SUBJECT
from reports.facts.trained import TRAINING

CATALOGUE: dict[str, Frame] = {
    frame.kind: frame for frame in (DOSSIER, CONTROL, ATTRIBUTION, TRAINING, COMPLIANCE, SUBJECT, BLOCKED)
}
# What an officer asks for of an organisation; others answer what a person asked, or are asked for where the order stands.
REQUESTED = frozenset(kind for kind, frame in CATALOGUE.items() if not frame.for_subject and not frame.of_house)


def frame_of(kind: str, organisation: int | None) -> Frame:
    """Of blocked property there are two of one kind: one customer's, and all that is held."""
    return ANNUAL if kind == ANNUAL.kind and not organisation else CATALOGUE[kind]


@dataclass(frozen=True)
class Entry:
    """A line of the catalogue as officers read it."""

    frame: Frame
    tells: Promise
    readers: Promise

    @property
    def kind(self) -> str:
        return self.frame.kind

    @property
    def is_requested(self) -> bool:
        return self.kind in REQUESTED

    @property
    def approval(self) -> Promise:
        """As the frame has it: see `takes_two`."""
        if self.frame.for_others:
            return _("Another than who asked for it approves it")
        if self.frame.has_profiles:
            return _("People minimised: nobody besides who asked. In full: another approves it")
        return _("Nobody besides who decided what the person asked")


ENTRIES = (
    Entry(
        DOSSIER,
        _("Who this customer is, how that was found out, by whom it was decided, and which keys rest on it."),
        _("Auditors, supervisors, partner banks"),
    ),
    Entry(
        CONTROL,
        _(
            "Who owns and controls this customer, by which route, and what each rule makes of it, with the same as a file of the "
            "Beneficial Ownership Data Standard."
        ),
        _("Registers, supervisors, whoever checks for sanctions"),
    ),
    Entry(
        ATTRIBUTION,
        _("To whom each key answered over an interval, by which verification, and when it could not act."),
        _("Authorities that ask about a key"),
    ),
    Entry(
        TRAINING,
        _("Who this customer is, and each run known by which it trains a large model, with what was to be told of it by when."),
        _("The Department of Commerce, under a rule that is proposed"),
    ),
    Entry(
        COMPLIANCE,
        _(
            "How an order that closes models was carried out: whom it closed them to, how fast, who was shown to be outside, "
            "what was put right, and how it ended. It is asked for where the order stands."
        ),
        _("The authority that gave the order"),
    ),
    Entry(
        SUBJECT,
        _("What we hold about one person, from whom, what for and until when, as that person asked."),
        _("That person alone"),
    ),
    Entry(
        BLOCKED,
        _("What sanctions blocked or refused of this customer: whose, what, by which entry and arithmetic, and its clock."),
        _("OFAC, compliance"),
    ),
)
