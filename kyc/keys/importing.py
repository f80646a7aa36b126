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


Account = tuple[str, list[Line]]
# Accounts that are written in one transaction: each waits for the disk once, and none is open for long.
PART = 100


def load(found: Iterable[Line | Fault], *, apply: bool) -> Imported:
    """So many accounts in a transaction, so that a file that was cut off goes on where it stopped. Without `apply` all is done
    and taken back, so that a dry run says what the database says."""
    lines, faults = sorted_out(found)
    imported, accounts = Imported(refused=faults), grouped(lines)
    for at in range(0, len(accounts), PART):
        with scope.everything():
            write(accounts[at : at + PART], imported, apply=apply)
    imported.refused.sort(key=lambda fault: fault.number)
    return imported


def sorted_out(found: Iterable[Line | Fault]) -> tuple[list[Line], list[Fault]]:
    lines: list[Line] = []
    faults: list[Fault] = []
    for one in found:
        if isinstance(one, Fault):
            faults.append(one)
        else:
            lines.append(one)
    return lines, faults


def grouped(lines: Iterable[Line]) -> list[Account]:
    """By account, in the order of their names: the same each time the same file is read."""
    found = sorted(lines, key=lambda line: (line.account, line.number))
    return [(account, list(rows)) for account, rows in groupby(found, lambda line: line.account)]


def write(accounts: Iterable[Account], imported: Imported, *, apply: bool) -> None:
    """In one transaction, inside a scope of everything."""
    try:
        with transaction.atomic():
            for account, lines in accounts:
                take(account, lines, imported)
            jobs.woke("estate.imported")
            if not apply:
                raise Undone
    except Undone:
        pass


@dataclass(frozen=True)
class Known:
    """What there is already that the keys of one account may meet: read once for all of them."""

    imported: dict[str, ImportedKey]
    ours: set[str]
    has_email: bool

    @classmethod
    def of(cls, lines: list[Line], remediation: Remediation | None) -> "Known":
        prefixes = [line.prefix for line in lines]
        return cls(
            imported={key.prefix: key for key in ImportedKey.objects.filter(prefix__in=prefixes)},
            ours=set(Key.objects.filter(prefix__in=prefixes).values_list("prefix", flat=True)),
            # One account has one email in a file.
            has_email=remediation is None and Remediation.objects.filter(email=lines[0].email).exists(),
        )


def take(account: str, lines: list[Line], imported: Imported) -> None:
    """One account with its keys. Repeated, it is silence."""
    imported.accounts += 1
    imported.keys += len(lines)
    remediation = (
        Remediation.objects.select_for_update(of=("self",)).select_related("organisation").filter(account=account).first()
    )
    known = Known.of(lines, remediation)
    new = [line for line in lines if is_new(line, remediation, known, imported)]
    if not new:
        return
    remediation = remediation or begun(new[0])
    projects = {
        name: Project.objects.get_or_create(organisation_id=remediation.organisation_id, name=name)[0]
        for name in dict.fromkeys(line.project for line in new)
    }
    ImportedKey.objects.bulk_create(
        ImportedKey(
            organisation_id=remediation.organisation_id,
            remediation=remediation,
            project=projects[line.project],
            prefix=line.prefix,
            last_four=line.last_four,
            digest=line.digest,
            scheme=line.scheme,
            issued_on=line.issued_on,
            responsible_email=line.responsible_email,
        )
        for line in new
    )
    imported.new += len(new)
    audit.record("estate.imported", target=remediation, by=None, keys=len(new), **audit.operator(None))


def is_new(line: Line, remediation: Remediation | None, known: Known, imported: Imported) -> bool:
    """Whether it is to be written; what can't be is told."""
    before = known.imported.get(line.prefix)
    if before is not None and remediation is not None and before.remediation_id == remediation.pk:
        if (before.digest, before.scheme) == (line.digest, line.scheme):
            imported.unchanged += 1
        else:
            imported.refused.append(Fault(line.number, "the key was imported with another digest or scheme"))
    elif before is not None or line.prefix in known.ours:
        imported.refused.append(Fault(line.number, "a key of another account begins the same"))
    elif remediation is not None and remediation.email != line.email:
        imported.refused.append(Fault(line.number, "the account was imported with another email"))
    elif remediation is not None and (remediation.due_at <= timezone.now() or remediation.organisation.is_closed):
        imported.refused.append(Fault(line.number, "the account's time is over, or it is closed"))
    elif known.has_email:
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
