"""The people of the demo."""

from dataclasses import dataclass

PASSWORD = "demo-keyholder-2026"  # noqa: S105  # nosec B105  # invented data, shown on the page
# Every staff member's second factor in the demo; an authenticator app takes it too.
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105  # nosec B105  # as above


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    role: str
    what: str


CAST = (
    Person("ingrid@nordlys.example", "Ingrid Hansen", "", "Customer: owns Nordlys Modelling AS, verified, holds keys"),
    Person("ana@keyholder.example", "Ana Marić", "analyst", "Analyst: works the queue, proposes"),
    Person("rui@keyholder.example", "Rui Duarte", "approver", "Approver: the second pair of eyes"),
    Person("helena@keyholder.example", "Helena Brandt", "senior", "Senior approver: also where somebody is politically exposed"),
    Person("astrid@keyholder.example", "Astrid Lund", "auditor", "Auditor: reads, asks for reports"),
    Person("omar@keyholder.example", "Omar Said", "administrator", "Administrator: sees no case and decides nothing"),
    Person(
        "ines@keyholder.example",
        "Inês Caldeira",
        "investigator",
        "Investigator: keeps incidents that only investigators are shown; holds keys",
    ),
    Person("vasco@keyholder.example", "Vasco Reis", "investigator", "Investigator: the second, who takes what Inês proposes"),
    Person("tove@keyholder.example", "Tove Lindqvist", "support", "Support: reads cases, changes nothing"),
    Person("milica@kesten.example", "Milica Jovanović", "", "Customer: asked for three things, item by item"),
    Person("noor@ebrahimi.example", "Noor Ebrahimi", "", "Customer: an individual, verified, holds a key"),
    Person("charlie@outside.example", "Charlie Outside", "", "Outsider: another company's customer"),
)
