"""R-03, the customer identification and verification dossier."""

from reports.facts import basis
from reports.facts.access import access
from reports.facts.assured import assured
from reports.facts.changes import changes
from reports.facts.customer import documents, identity, members, ownership, parties
from reports.facts.declared import coming, intended_use, invitations, origins, payment, signatories, statuses
from reports.facts.examined import decision, findings, risk, screening
from reports.facts.frame import Frame
from reports.facts.left_out import exclusions
from reports.facts.picture import picture

DOSSIER = Frame(
    kind="R-03",
    template="R-03/10",
    title="Customer Identification and Verification Dossier",
    sections=(
        ("identity", identity),
        ("coming", coming),
        ("parties", parties),
        ("origins", origins),
        ("signatories", signatories),
        ("statuses", statuses),
        ("exclusions", exclusions),
        ("ownership", ownership),
        ("documents", documents),
        ("assurance", assured),
        ("invitations", invitations),
        ("intended_use", intended_use),
        ("payment", payment),
        ("screening", screening),
        ("risk", risk),
        ("findings", findings),
        ("decision", decision),
        ("access", access),
        ("members", members),
        ("changes", changes),
    ),
    closing=(
        ("picture", picture),
        ("methodology", basis.methodology),
        ("sources", basis.sources),
        ("completeness", basis.completeness),
        ("summary", basis.summary),
    ),
    has_profiles=True,
    has_long_tables=True,
)
