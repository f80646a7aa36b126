"""What a worker is doing with a report, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The stage that follows the facts.
PAGES = "pages"
WORDS = {
    "identity": gettext_lazy("who the customer is"),
    "parties": gettext_lazy("people and companies involved"),
    "ownership": gettext_lazy("ownership"),
    "documents": gettext_lazy("documents"),
    "screening": gettext_lazy("screening"),
    "risk": gettext_lazy("risk"),
    "findings": gettext_lazy("findings of the last round"),
    "decision": gettext_lazy("case and decision"),
    "access": gettext_lazy("entity, keys and holds"),
    "members": gettext_lazy("members of the account"),
    "changes": gettext_lazy("history of changes"),
    "picture": gettext_lazy("the picture of the ownership"),
    "methodology": gettext_lazy("methodology"),
    "sources": gettext_lazy("data sources"),
    "completeness": gettext_lazy("what is missing or open"),
    "summary": gettext_lazy("the summary"),
    PAGES: gettext_lazy("drawing the pages"),
}


def told(stage: str) -> str:
    """What the progress page says for a stage; empty before the first."""
    return str(WORDS.get(stage, _("the next section"))) if stage else ""
