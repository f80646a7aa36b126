"""The reports there are, by kind."""

from reports.facts.attribution import ATTRIBUTION
from reports.facts.dossier import DOSSIER
from reports.facts.frame import Frame

CATALOGUE: dict[str, Frame] = {frame.kind: frame for frame in (DOSSIER, ATTRIBUTION)}
