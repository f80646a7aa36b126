"""How an organisation pays and where that money comes from (IAAS-10, IAAS-11)."""

import re
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum import iban, luhn

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.refused import Refused
from kyc.parties import signalled
from kyc.parties.actions import country_of
from kyc.parties.models import PaymentMeans
from kyc.parties.wording import BadText, checked

K = PaymentMeans.Kind
LIKE_IBAN = re.compile(r"[A-Z]{2}\d{2}", re.ASCII | re.IGNORECASE)
FOUR = re.compile(r"\d{4}", re.ASCII)


# Leading digits that the large card schemes issue, and how long their numbers are.
ISSUED = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d*(?<=^\d{16})|3[47]\d{13}"
    r"|(6011|64[4-9]|65|62|352[89]|35[3-8]|30[0-5]|3[689]|220[0-4])\d*(?<=^\d{16})|(30[0-5]|3[689])\d*(?<=^\d{14})",
    re.ASCII,
)


def is_card_number(text: str, *, may_be_account: bool = False) -> bool:
    """Whether it passes for a full card number. One number of ten does by its check digit alone, so what may as well be that of
    an account is taken for a card only where a card scheme issues such numbers."""
    digits = re.sub(r"[\s.-]", "", text)
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19 and luhn.is_valid(digits)):
        return False
    return not may_be_account or ISSUED.fullmatch(digits) is not None


def with_card_numbers(kind: str, texts: Mapping[str, str]) -> list[str]:
    """The names of those texts that hold a full card number."""
    return [name for name, text in texts.items() if is_card_number(text, may_be_account=kind == K.BANK and name == "reference")]


def refuse_card_number(kind: str, **texts: str) -> None:
    """A full card number is nowhere kept."""
    for field in with_card_numbers(kind, texts):
        told = _("This looks like a full card number. Never write it here; the last four digits are enough.")
        if field == "reference" and kind == K.BANK:
            told += " " + _("Write an account’s number as an IBAN, or with the bank’s code and a slash before it.")
        raise BadText(field, told)


def refuse_bad_iban(text: str) -> None:
    """What begins as an IBAN does is one, with check digits that agree."""
    bare = re.sub(r"[\s-]", "", text)
    if LIKE_IBAN.match(bare) and not iban.is_valid(bare):
        told = _(
            "This looks like an IBAN, but it cannot be one: a digit or a letter is wrong. Compare it with what your bank says."
        )
        raise BadText("reference", told)


def told(
    *,
    kind: str,
    source: str,
    holder: str = "",
    institution: str = "",
    country: str = "",
    reference: str = "",
    last_four: str = "",
    network: str = "",
    source_details: str = "",
) -> dict[str, str]:
    """What is kept of a means. `reference` is the token of a card, the number of an account or the address of a wallet. Raises
    BadText."""
    if kind not in K.values:
        raise BadText("kind", _("Choose how you pay."))
    if source not in PaymentMeans.Source.values:
        raise BadText("source", _("Choose where the money comes from."))
    needs, is_other = kind != K.CREDIT, source == PaymentMeans.Source.OTHER
    texts = {"reference": reference, "holder": holder, "institution": institution}
    refuse_card_number(kind, **texts, network=network, source_details=source_details)
    reference = checked("reference", reference, limit=200, required=kind in {K.BANK, K.WALLET})
    if kind == K.BANK:
        refuse_bad_iban(reference)
    return {
        "kind": kind,
        "holder": checked("holder", holder, limit=300, required=needs),
        "institution": checked("institution", institution, limit=300, required=needs),
        "country": country_of("country", country, required=needs),
        "reference": reference,
        "last_four": ending(kind, reference, last_four),
        "network": checked("network", network, limit=60, required=kind == K.WALLET),
        "source": source,
        "source_details": checked("source_details", source_details, limit=500, required=is_other),
    }


@transaction.atomic
def declare(organisation: Organisation, *, by: User, **texts: str) -> PaymentMeans:
    """Names one means of payment, in the texts of `told`. Raises BadText."""
    organisation = organisations.locked(organisation, by=by)
    means = PaymentMeans(organisation=organisation, valid_from=timezone.localdate(), **told(**texts))
    refuse_named_before(means)
    means.save()
    audit.record("payment.declared", target=means, by=by, kind=means.kind, last_four=means.last_four, source=means.source)
    signalled.of_payment(means)
    return means


ENDED = gettext_lazy(
    "This means of payment has been removed meanwhile, or another was named in its place. Nothing has been saved."
)


class Ended(Refused):
    """The means is used no more."""


def live(means: PaymentMeans) -> PaymentMeans:
    found = PaymentMeans.objects.live().filter(pk=means.pk).first()
    if found is None:
        raise Ended(str(ENDED))
    return found


@transaction.atomic
def change(means: PaymentMeans, *, by: User, **texts: str) -> PaymentMeans:
    """Says anew what a means is, in the texts of `told`; the reference of one of the same kind stays where none is given.
    Another account, card or wallet is another means from today on, and the old one ends: what was paid by it stays true.
    Raises BadText, Ended."""
    organisations.locked(means.organisation, by=by)
    means = live(means)
    if texts.get("kind") == means.kind and not texts.get("reference", "").strip():
        texts["reference"] = means.reference
    said = told(**texts)
    new = PaymentMeans(organisation=means.organisation, valid_from=timezone.localdate(), **said)
    refuse_named_before(new, beside=means)
    if what_it_is(new) != what_it_is(means):
        means.valid_to = new.valid_from
        means.save(update_fields=["valid_to"])
        means = new
    for name, text in said.items():
        setattr(means, name, text)
    means.save()
    audit.record("payment.changed", target=means, by=by, kind=means.kind, last_four=means.last_four, source=means.source)
    signalled.of_payment(means)
    return means


def what_it_is(means: PaymentMeans) -> tuple[str, ...]:
    """What makes it this account, card or wallet and no other; how it is written makes no difference."""
    network = means.network if means.kind == K.WALLET else ""
    number = re.sub(r"\W", "", means.reference)
    return means.kind, network, means.last_four, number.upper() if means.kind == K.BANK else number


def refuse_named_before(means: PaymentMeans, *, beside: PaymentMeans | None = None) -> None:
    """One means is named once, also by what takes the place of `beside`; a form sent twice names no second one."""
    alike = PaymentMeans.objects.live().filter(organisation=means.organisation, kind=means.kind, last_four=means.last_four)
    for known in alike.exclude(pk=beside.pk if beside else None).order_by("pk"):
        if (known.institution, known.country, known.reference) == (means.institution, means.country, means.reference):
            raise BadText("kind", _("You have already named this one."))


def ending(kind: str, reference: str, last_four: str) -> str:
    """What the means is told from others by: the last four digits of a card, the end of an account or a wallet."""
    if kind != K.CARD:
        return re.sub(r"\s", "", reference)[-4:]
    if not FOUR.fullmatch(last_four.strip()):
        raise BadText("last_four", _("Write the last four digits of the card."))
    return last_four.strip()


@transaction.atomic
def end(means: PaymentMeans, *, by: User) -> PaymentMeans:
    """It is used no longer. Repeated, it is silence."""
    organisations.locked(means.organisation, by=by)
    means = PaymentMeans.objects.get(pk=means.pk)
    if means.valid_to is None:
        means.valid_to = timezone.localdate()
        means.save(update_fields=["valid_to"])
        audit.record("payment.ended", target=means, by=by, kind=means.kind, last_four=means.last_four)
    return means
