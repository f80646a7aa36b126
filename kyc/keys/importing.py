"""Takes over keys that were issued elsewhere, with their accounts. Nothing is switched off by it: each goes on until the
deadline of its account (kyc/keys/campaign.py), which counts from the day on which the account was first imported."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from accounts import audit, scope
from accounts.models import Organisation, Project
from config import jobs
from kyc.keys.estate_file import Fault, Line
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.models import Key
from kyc.rules import packs


@dataclass
class Imported:
    """What an import did, or would do. `new` and `unchanged` count keys."""

    accounts: int = 0
    keys: int = 0
    new: int = 0
    unchanged: int = 0
    refused: list[Fault] = field(default_factory=list)

    def told(self) -> dict[str, int]:
        return {
            "accounts": self.accounts, "keys": self.keys, "new": self.new, "unchanged": self.unchanged,
            "refused": len(self.refused),
        }  # fmt: skip


class Undone(Exception):
    """Takes back what a dry run has written."""


def load(found: Iterable[Line | Fault], *, apply: bool) -> Imported:
    """Each account in a transaction of its own, so that a file that was cut off goes on where it stopped. Without `apply` all is
    done and taken back, so that a dry run says what the database says."""
    imported = Imported()
    lines = []
    for one in found:
        if isinstance(one, Fault):
            imported.refused.append(one)
        else:
            lines.append(one)
    for account, of_account in groupby(sorted(lines, key=lambda line: (line.account, line.number)), lambda line: line.account):
        try:
            with scope.everything(), transaction.atomic():
                take(account, list(of_account), imported)
                if not apply:
                    raise Undone
        except Undone:
            pass
    imported.refused.sort(key=lambda fault: fault.number)
    return imported


def take(account: str, lines: list[Line], imported: Imported) -> None:
    """One account with its keys. Repeated, it is silence."""
    imported.accounts += 1
    imported.keys += len(lines)
    remediation = Remediation.objects.select_for_update().filter(account=account).first()
    new = [line for line in lines if is_new(line, remediation, imported)]
    if not new:
        return
    remediation = remediation or begun(new[0])
    for line in new:
        project, _is_new = Project.objects.get_or_create(organisation_id=remediation.organisation_id, name=line.project)
        ImportedKey.objects.create(
            organisation_id=remediation.organisation_id,
            remediation=remediation,
            project=project,
            prefix=line.prefix,
            last_four=line.last_four,
            digest=line.digest,
            scheme=line.scheme,
            issued_on=line.issued_on,
            responsible_email=line.responsible_email,
        )
    imported.new += len(new)
    audit.record("estate.imported", target=remediation, by=None, keys=len(new), **audit.operator(None))
    jobs.woke("estate.imported")


def is_new(line: Line, remediation: Remediation | None, imported: Imported) -> bool:
    """Whether it is to be written; what can't be is told."""
    known = ImportedKey.objects.filter(prefix=line.prefix).first()
    if known is not None and remediation is not None and known.remediation_id == remediation.pk:
        if (known.digest, known.scheme) == (line.digest, line.scheme):
            imported.unchanged += 1
        else:
            imported.refused.append(Fault(line.number, "the key was imported with another digest or scheme"))
    elif known is not None or Key.objects.filter(prefix=line.prefix).exists():
        imported.refused.append(Fault(line.number, "a key of another account begins the same"))
    elif remediation is not None and remediation.email != line.email:
        imported.refused.append(Fault(line.number, "the account was imported with another email"))
    elif remediation is not None and (remediation.due_at <= timezone.now() or remediation.organisation.is_closed):
        imported.refused.append(Fault(line.number, "the account's time is over, or it is closed"))
    elif remediation is None and Remediation.objects.filter(email=line.email).exists():
        imported.refused.append(Fault(line.number, "another account has this email, and whoever signs up with it acts in one"))
    else:
        return True
    return False


def begun(line: Line) -> Remediation:
    organisation = Organisation.objects.create(name=line.name)
    now, pack = timezone.now(), packs.current()
    days = {name: now + timedelta(days=pack.estate(f"{name}_days")) for name in ("reminded", "limited", "due")}
    return Remediation.objects.create(
        organisation=organisation,
        account=line.account,
        email=line.email,
        country=line.country,
        begun_at=now,
        reminded_at=days["reminded"],
        limited_at=days["limited"],
        due_at=days["due"],
        requests_a_day=pack.estate("requests_a_day"),
    )
