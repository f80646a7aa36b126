"""Erases what is sealed about one person, organisation, report or inquiry, by destroying its key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.models import Organisation
from accounts.refused import Refused
from accounts.vault import Subject, shredding
from accounts.vault.models import SubjectKey


class Command(NamedCommand):
    help = (
        "Destroys the key of a subject, written party:ID, organisation:ID, report:ID or inquiry:ID, and with it its identifiers "
        "and files, in history and in backups too. It cannot be taken back. Names and e-mail stay until they are overwritten; "
        "those of an inquiry are in the next night."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = shredding.shred(self.subject(options["subject"]), reason=options["reason"], by=None)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        self.stdout.write(f"Erased on {key.destroyed_at:%Y-%m-%d %H:%M:%S} UTC, certificate {key.certificate}.")

    def subject(self, written: str) -> Subject:
        kind, _colon, number = written.partition(":")
        ref = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0
        known = SubjectKey.objects.filter(kind=kind, ref=ref).first()
        if known:
            return Subject(known.kind, ref, known.organisation_id)
        if kind == SubjectKey.Kind.ORGANISATION and Organisation.objects.filter(pk=ref).exists():
            return Subject.of_organisation(ref)
        raise CommandError(
            f"Nothing is sealed for {written}. Write party:ID, organisation:ID, report:ID or inquiry:ID.", returncode=2
        )
