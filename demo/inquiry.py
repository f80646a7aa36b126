"""What the demo's analyst has asked of the lists beside any case: about one, and about everybody in a file."""

from demo.founding import staff, turn
from kyc.screening import filed, inquiries, lists
from kyc.screening.asked import Asked
from kyc.screening.models import Inquiry

FILE = "suppliers 2026-11.csv"
ROWS = """\
id,name,kind,birth_date,country
S-101,Papelaria Ribeiro Lda,company,,PT
S-102,Rosoboroneksport OAO,company,,RU
S-103,Kari Moe,person,1979-05-11,NO
S-104,Mahan Air,company,,IR
S-105,北方钢铁有限公司,company,,CN
S-106,Jürgen Schröder Büromöbel GmbH,company,,DE
"""


def ask() -> None:
    """Once, when there are lists; a worker answers."""
    ana = staff("analyst")
    with turn(ana):
        if Inquiry.objects.filter(title=FILE).exists() or not lists.active_versions():
            return
        inquiries.ask(
            Asked(("Mahan Airways",), "company", country="IR"), reason="payment", note="Freight of invoice 2026-4471.", by=ana
        )
        inquiries.ask_file(filed.read(ROWS.encode()), name=FILE, reason="supplier", note="New suppliers of the month.", by=ana)
