"""The reports there are, by kind."""

from reports.facts.attribution import ATTRIBUTION
from reports.facts.control import CONTROL
from reports.facts.dossier import DOSSIER
from reports.facts.frame import Frame
from reports.facts.subject import SUBJECT

CATALOGUE: dict[str, Frame] = {frame.kind: frame for frame in (DOSSIER, CONTROL, ATTRIBUTION, SUBJECT)}
# What an officer asks for of an organisation; others answer what a person asked.
REQUESTED = frozenset(kind for kind, frame in CATALOGUE.items() if not frame.for_subject)
