"""Directives as officers enter them, and what shows somebody to be outside."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Organisation, User
from kyc.directives import acting, carrying, counting
from kyc.directives.acting import Order
from kyc.directives.models import Directive
from kyc.evidence.models import Document, StatusProof
from kyc.parties.models import Party, PersonStatus, Role

# As an officer sends it.
LETTER = {
    "kind": "order", "issuer": "Bureau of Industry and Security", "authority": "15 CFR 744.22(b)", "reference": "IS-2026-8",
    "received_at": "2026-06-12T17:21", "why": "The letter of 12 June.", "population": "foreign",
}  # fmt: skip


def order(**more: Any) -> Order:
    said = {
        "issuer": "Bureau of Industry and Security", "authority": "15 CFR 744.22(b)", "reference": "IS-2026-7",
        "received_at": timezone.now() - timedelta(minutes=3), "population": "foreign", "why": "The letter of 12 June.",
    }  # fmt: skip
    return Order(**(said | more))


def proposed(*, by: User, left_out: Mapping[Organisation, str] | None = None, **more: Any) -> Directive:
    """Counted, so that another can take it."""
    made = acting.propose(order(**more), left_out=left_out or {}, by=by)
    counting.run()
    made.refresh_from_db()
    return made


def taken(*, by: User, second: User, left_out: Mapping[Organisation, str] | None = None, **more: Any) -> Directive:
    return acting.take(proposed(by=by, left_out=left_out, **more), by=second)


def in_force(*, by: User, second: User, left_out: Mapping[Organisation, str] | None = None, **more: Any) -> Directive:
    """Carried out as far as it goes now."""
    made = taken(by=by, second=second, left_out=left_out, **more)
    carrying.run()
    made.refresh_from_db()
    return made


def shown_us(organisation: Organisation, *parties: Party, by: User, until: date | None = None) -> list[StatusProof]:
    """Of the customer itself and of these: that they are no foreign persons, verified by an officer."""
    customer = Role.objects.live().get(organisation=organisation, kind=Role.Kind.CUSTOMER).party
    document = Document.objects.filter(organisation=organisation).order_by("pk").first()
    made = []
    for party in {customer.pk: customer, **{one.pk: one for one in parties}}.values():
        live = PersonStatus.objects.live().filter(party=party, axis="ear")
        live.exclude(standing="us").update(valid_to=timezone.localdate())
        status = live.first() or PersonStatus.objects.create(
            organisation=organisation, party=party, axis="ear", standing="us", basis="citizen", rule_pack="2026.11",
            valid_from=timezone.localdate(),
        )  # fmt: skip
        made.append(
            StatusProof.objects.create(
                organisation=organisation, status=status, document=document, proved_by=by,
                valid_until=until or timezone.localdate() + timedelta(days=90),
            )
        )  # fmt: skip
    return made
