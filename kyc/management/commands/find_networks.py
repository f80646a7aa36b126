"""Looks for networks: in a file of signals, or in the database."""

import csv
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts import scope
from accounts.management.named import NamedCommand
from accounts.tables import BadTable, rows, undecodable_line
from kyc.networks import running
from kyc.networks.finding.checking import COLUMNS, BadSignals
from kyc.networks.finding.families import NAMES
from kyc.networks.finding.finder import find
from kyc.networks.network_models import NetworkMembership

DECLARED = ("account", "group")
MEMBERS = ("account", "network", "via", "confidence")


class Command(NamedCommand):
    help = (
        "Writes which accounts look like one hand, a row each: the network, through what, and how surely, from 0 to 1. "
        "Accounts that are linked to no other are left out. Of a file of signals it needs no database, and records nothing. "
        "Without one it builds the networks of the database now, as is done each night, and writes who is in which."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        told = f"Parquet (.parquet) or CSV in UTF-8 with the columns {','.join(COLUMNS)}; type is one of {', '.join(NAMES)}, "
        told += "value a hash, first_seen and last_seen instants in UTC such as 2026-11-30T09:15:00Z, count how often it was seen"
        told += "; without it the database"
        parser.add_argument("--signals", type=Path, help=told)
        told = f"CSV with the columns {','.join(MEMBERS)}; standard output where it is not named"
        parser.add_argument("--out", type=Path, help=told)
        told = f"CSV with the columns {','.join(DECLARED)}: accounts that an agency runs for its clients, and has declared"
        parser.add_argument("--declared", type=Path, help=told)

    def handle(self, *args: Any, **options: Any) -> None:
        out, signals = options["out"], options["signals"]
        if options["declared"] and not signals:
            raise CommandError("--declared: goes with --signals; of accounts in the database officers rule it.", returncode=2)
        if out:
            self.check(out, signals, options["declared"])
        found = self.in_file(signals, options["declared"]) if signals else self.in_database()
        self.write(found, out) if out else self.write_rows(found, self.stdout)

    def in_file(self, signals: Path, declared: Path | None) -> Iterable[Iterable[Any]]:
        try:
            found = find(signals, declared=self.declared(declared) if declared else {}, evidence=False)
        except BadSignals as bad:
            raise CommandError(str(bad), returncode=2) from bad
        return zip(*(found.members[name].to_pylist() for name in MEMBERS), strict=True)

    def in_database(self) -> Iterator[Iterable[Any]]:
        """Networks by their numbers, in each the accounts by theirs."""
        try:
            running.now()
        except running.Unbuilt as error:
            raise CommandError(f"The networks could not be built: {error}") from error
        with scope.whole():
            rows = NetworkMembership.objects.live().select_related("network").order_by("network", "organisation")
            for row in rows.iterator():
                yield row.organisation_id, row.network.number, "+".join(row.via), row.confidence

    def check(self, out: Path, *read: Path | None) -> None:
        if not out.parent.is_dir():
            raise CommandError(f"--out: {out} can't be written, since its folder is not there.", returncode=2)
        if any(file and out.exists() and file.exists() and out.samefile(file) for file in read):
            raise CommandError("--out: names a file that is read; name another.", returncode=2)

    def declared(self, path: Path) -> dict[str, str]:
        """The group of each account."""
        found: dict[str, str] = {}
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                for line, row in rows(file, columns=DECLARED, needed=DECLARED, source=str(path)):
                    if wrong := next((f"the {name} is empty." for name in DECLARED if not row[name]), ""):
                        raise BadTable(f"{path}, line {line}: {wrong}")
                    if found.setdefault(row["account"], row["group"]) != row["group"]:
                        raise BadTable(f"{path}, line {line}: the account {row['account']} stands in two groups.")
        except UnicodeDecodeError:
            raise CommandError(f"{path}, line {undecodable_line(path)}: is not written in UTF-8.", returncode=2) from None
        except OSError as bad:
            raise CommandError(f"{path}: {bad.strerror}.", returncode=2) from bad
        except BadTable as bad:
            raise CommandError(str(bad), returncode=2) from bad
        return found

    def write(self, found: Iterable[Iterable[Any]], path: Path) -> None:
        """What stands under that name is whole: it is written beside it, and left away where something goes wrong."""
        beside = path.with_name(f".{path.name}.part")
        try:
            with beside.open("w", encoding="utf-8", newline="") as file:
                self.write_rows(found, file)
            beside.replace(path)
        except OSError as bad:
            raise CommandError(f"--out: {path} can't be written: {bad.strerror}.", returncode=2) from bad
        finally:
            with suppress(OSError):
                beside.unlink()

    def write_rows(self, found: Iterable[Iterable[Any]], file: Any) -> None:
        written = csv.writer(file, lineterminator="\n")
        written.writerow(MEMBERS)
        written.writerows(found)
