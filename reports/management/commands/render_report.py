"""Draws a report as a draft: not issued, not registered; its report.json equals the issued one's."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import translation

from accounts.history import as_of
from accounts.management.named import NamedCommand
from accounts.models import Organisation, Snapshot
from kyc.directives.models import Directive
from kyc.keys import secret
from kyc.keys.models import Key
from kyc.rules import packs
from reports import actions, building, envelope, pdf, signing
from reports.facts.blocked import ANNUAL
from reports.facts.catalogue import CATALOGUE
from reports.facts.compliance import COMPLIANCE
from reports.facts.reader import FULL, MINIMISED, exact
from reports.instants import year_before
from reports.long_tables import SUMMARY
from reports.management.asked import BAD_USE, known_in, number, span, subject_of, there_in, valid_in
from reports.models import SubjectRequest


class Command(NamedCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=" or ".join(CATALOGUE))
        parser.add_argument(
            "--subject", help="the organisation's number, for R-10 the directive's, for R-17 the request's; else the first"
        )
        parser.add_argument("--from", dest="since", help="for reports over a period: where it begins, by default a year before")
        parser.add_argument("--key", metavar="PREFIX", help="for reports over a period: one key of the organisation alone")
        parser.add_argument(
            "--profile", choices=[MINIMISED, FULL], help="how much R-03, R-04, R-07 and R-10 tell of people; left out, minimised"
        )
        parser.add_argument("--valid-at", required=True, help="2026, 2026-11, 2026-11-23 or 2026-11-23T14:05:09Z, UTC")
        parser.add_argument("--known-at", required=True, help="the same")
        parser.add_argument("--paper", choices=pdf.SHEETS, default=settings.PAPER, help="the size of its pages")
        parser.add_argument(
            "--summary",
            action="store_true",
            help="of long tables of R-03, R-06 and R-10 print the first rows alone, and attach the whole as CSV",
        )
        parser.add_argument(
            "--annual", action="store_true", help="R-20 of all property that is held on the day, of whichever customer"
        )
        parser.add_argument("--out", required=True, type=Path, help="a folder; made when it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        check(options["kind"], options["since"], options["key"], options["profile"], is_summary=options["summary"])
        frame = ANNUAL if options["annual"] else CATALOGUE[options["kind"]]
        wanted = number(options["subject"], option="--subject")
        valid, known = span("--valid-at", options["valid_at"]), span("--known-at", options["known_at"])
        snapshot = known_in(known)
        valid_at = valid_in(valid, snapshot)
        parameters: dict[str, Any] = {"from": exact(begun(options["since"], valid_at))} if frame.is_period else {}
        if frame.has_profiles:
            parameters["profile"] = options["profile"] or MINIMISED
        if options["annual"]:
            subject = of_nobody(options["kind"], wanted)
        elif frame.for_subject:
            subject, parameters["request"] = request_of(wanted, valid_at, snapshot)
        elif frame is COMPLIANCE:
            subject, parameters["directive"] = 0, directive_of(wanted, valid_at, snapshot)
        else:
            subject = subject_of(wanted, snapshot, kind=frame.kind)
            there_in(frame, subject, valid_at, snapshot)
        if wanted is None and frame is COMPLIANCE:
            self.stderr.write(f"No --subject was named: this is about directive {parameters['directive']}.")
        elif wanted is None and not options["annual"]:
            called = as_of(Organisation, snapshot).get(pgh_obj_id=subject).name
            self.stderr.write(f"No --subject was named: this is about organisation {subject}, {called}.")
        if options["key"]:
            parameters["key"] = key_of(options["key"], subject, valid_at, snapshot)
        with translation.override(building.LANGUAGE):
            *_, (_, facts) = frame.build(
                organisation=subject, valid_at=valid_at, snapshot=snapshot, pack=packs.current(), parameters=parameters
            )
            written = keep(facts, options["out"], paper=options["paper"], tables=SUMMARY if options["summary"] else "")
        self.stdout.write(json.dumps(written))


def check(kind: str, since: str | None, key: str | None, profile: str | None, *, is_summary: bool) -> None:
    if kind not in CATALOGUE:
        *others, last = CATALOGUE
        raise CommandError(f"There is no report {kind}; there are {', '.join(others)} and {last}.", returncode=BAD_USE)
    for option, value in (("--from", since), ("--key", key)):
        if value and not CATALOGUE[kind].is_period:
            raise CommandError(f"{option} is for reports over a period; {kind} shows one instant.", returncode=BAD_USE)
    if profile and not CATALOGUE[kind].has_profiles:
        raise CommandError(f"--profile is for R-03, R-04, R-07 and R-10; {kind} is made in one way only.", returncode=BAD_USE)
    if is_summary and not CATALOGUE[kind].has_long_tables:
        raise CommandError(f"--summary is for R-03, R-06 and R-10; {kind} has no long tables.", returncode=BAD_USE)
    if key and secret.PATTERN.search(key):
        raise CommandError("--key: that is a whole key. Write only its beginning; it is a secret.", returncode=BAD_USE)


def begun(text: str | None, until: datetime) -> datetime:
    """Where the interval begins; of a year, a month or a day its first moment."""
    since = span("--from", text).first if text else year_before(until)
    if since >= until:
        raise CommandError("--from must lie before --valid-at, where the interval ends.", returncode=BAD_USE)
    return since


def of_nobody(kind: str, wanted: int | None) -> int:
    """The number that stands for the house."""
    if kind != ANNUAL.kind or wanted is not None:
        raise CommandError(f"--annual is for {ANNUAL.kind}, and about no customer.", returncode=BAD_USE)
    return 0


def request_of(wanted: int | None, valid_at: datetime, snapshot: Snapshot) -> tuple[int, int]:
    """The organisation and the number of what a person asked about his own data: the first that was answered by then, where none
    is named."""
    known = as_of(SubjectRequest, snapshot, recorded_by=valid_at).filter(outcome="answered").order_by("pgh_obj_id")
    found = (known if wanted is None else known.filter(pgh_obj_id=wanted)).first()
    if found is None:
        named = f"Request {wanted} was not" if wanted is not None else "No request was"
        raise CommandError(f"{named} answered at that time.", returncode=BAD_USE)
    return int(found.organisation_id), int(found.pgh_obj_id)


def directive_of(wanted: int | None, valid_at: datetime, snapshot: Snapshot) -> int:
    """The number of an order that had been entered by then: the first, where none is named."""
    known = as_of(Directive, snapshot, recorded_by=valid_at).order_by("pgh_obj_id")
    found = (known if wanted is None else known.filter(pgh_obj_id=wanted)).first()
    if found is None:
        named = f"Directive {wanted} was not" if wanted is not None else "No directive was"
        raise CommandError(f"{named} entered at that time.", returncode=BAD_USE)
    return int(found.pgh_obj_id)


def key_of(text: str, subject: int, until: datetime, snapshot: Snapshot) -> int:
    """The number of the organisation's key that begins so, as a report keeps it."""
    known = as_of(Key, snapshot).filter(organisation_id=subject, prefix=text.strip(), issued_at__lt=until)
    found = known.first()
    if found is None:
        raise CommandError(f"--key: organisation {subject} has no key “{text}” at that time.", returncode=BAD_USE)
    return int(found.pgh_obj_id)


def keep(facts: dict[str, Any], folder: Path, *, paper: str, tables: str) -> dict[str, Any]:
    """Writes the files, and that they were: neither without the other."""
    enclosed = envelope.draft(facts, paper=paper, tables=tables)
    files = pdf.files(facts, enclosed) | {f"{facts['report']}.pdf": signing.signed(pdf.render(facts, enclosed))}
    subject = {name: facts["subject"][name] for name in ("id", "name")}
    with transaction.atomic():
        of = {"directive": subject["id"]} if facts["report"] == COMPLIANCE.kind else {"organisation": subject["id"]}
        actions.drafted(**of, kind=facts["report"], sha256=enclosed["sha256"], by=None)
        write(files, folder)
    cut = {name: facts[name] for name in ("report", "valid_at", "known_at")}
    return cut | {"subject": subject, "sha256": enclosed["sha256"], "files": sorted(str(folder / name) for name in files)}


def write(files: dict[str, bytes], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise CommandError(f"--out: {folder}: {error.strerror}.", returncode=BAD_USE) from None
