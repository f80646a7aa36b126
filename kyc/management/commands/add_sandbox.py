"""A sandbox for an integrator, whose examination ends as chosen."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management.named import NamedCommand
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.cases import examining
from kyc.cases.models import Case
from kyc.keys import actions as keys
from kyc.keys import linking, samples, sandboxes
from kyc.keys.models import Key
from kyc.parties.models import Party

# A worker may be at the same rows; then its work is waited for.
WITHIN = 60


class Command(NamedCommand):
    help = "Makes a sandbox whose examination ends as chosen. Its keys are test keys; it is not counted, queued or reported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="who has signed up and acts in it")
        parser.add_argument("--outcome", required=True, metavar="|".join(Organisation.Sandbox.values))
        parser.add_argument(
            "--filled",
            action="store_true",
            help="declare a sample company and send it; where it is approved, print a key, once and on standard output, "
            "which is good to gateways whose credential was issued with --test",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = owner_of(options["owner"])
            made = sandboxes.make(name=options["name"], outcome=options["outcome"], owner=owner, by=None)
            self.stderr.write(f"Made the sandbox “{made}”, organisation {made.pk}.")
            if options["filled"]:
                self.fill(made, owner)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused

    def fill(self, organisation: Organisation, owner: User) -> None:
        case = decided(samples.fill(organisation, by=owner))
        self.stderr.write(f"{case.number}: {case.get_state_display()}.")
        if case.state == Case.State.APPROVED:
            self.stdout.write(key_of(organisation, owner))
            self.stderr.write("The key is good to gateways for test alone: issue_gateway NAME --test.")


def owner_of(email: str) -> User:
    found = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if found is None:
        raise CommandError(f"Nobody signs in as {email}. Whoever will act in the sandbox signs up first.", returncode=2)
    return found


def decided(case: Case) -> Case:
    """Examined and decided, here or by a worker, whoever is quicker."""
    deadline = time.monotonic() + WITHIN
    while case.state in {Case.State.SUBMITTED, Case.State.REVIEW}:
        if time.monotonic() > deadline:
            raise CommandError(f"{case.number} was sent, and is not examined after {WITHIN} s. See the worker's log.")
        examining.run()
        sandboxes.run()
        case.refresh_from_db()
        time.sleep(0.1)
    return case


def key_of(organisation: Organisation, owner: User) -> str:
    """A new key's text. It is linked when this returns."""
    project = organisation.project_set.get()
    responsible = Party.objects.people().filter(organisation=organisation).get()
    key, text = keys.issue(organisation, project=project, name="sample", responsible=responsible, by=owner)
    deadline = time.monotonic() + WITHIN
    while Key.objects.filter(pk=key.pk, state=Key.State.UNLINKED).exists() and time.monotonic() < deadline:
        linking.run()
    return text
