"""The demo's list of people in public office, such as OpenSanctions gives one out: one entry, who owns part of a customer."""

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import timezone

from kyc.screening import lists
from kyc.screening.models import ListVersion

SOURCE = ListVersion.Source.FTM
ENTRY = {
    "id": "demo-cr-assembly-114",
    "schema": "Person",
    "properties": {
        "name": ["Evaristo Monge"],
        "birthDate": ["1974-08-19"],
        "nationality": ["cr"],
        "position": ["Member of the Legislative Assembly of Costa Rica"],
        "topics": ["role.pep"],
    },
}


def load() -> None:
    """Once."""
    if ListVersion.objects.filter(source=SOURCE).exists():
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "public-office.ftm.json"
        file.write_text(json.dumps(ENTRY) + "\n")
        lists.load(SOURCE, primary=file, published=timezone.localdate() - timedelta(days=3))
