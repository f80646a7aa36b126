"""That a person has been proofed is told to him, at an address of his that was confirmed, so that he learns of it where somebody
else has used his papers (NIST SP 800-63A, notification of proofing; IDA-05)."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import audit, messages
from accounts.models import AuditEvent
from kyc.evidence import confirmations, graded
from kyc.evidence.confirmation_models import Confirmation, ConfirmationCode
from kyc.parties.models import Party
from kyc.rules import assurance


def tell(party: Party) -> bool:
    """Whether he was written to: once, as soon as he reaches the level that is asked for and has an address that a code has
    confirmed. Whoever calls holds the organisation's row."""
    address = confirmed_address(party)
    if not party.is_person or not address or was_told(party) or not is_proofed(party):
        return False
    with translation.override(language(party)):
        provider = settings.PROVIDER_NAME or _("The provider")
        messages.queue_template(
            "person_proofed",
            to=address,
            subject=_("%(provider)s: your identity has been verified") % {"provider": provider},
            organisation=party.organisation,
            provider=provider,
            person=party,
        )
    audit.record("person.proofing_told", target=party, by=None, name=party.name)
    return True


def confirmed_address(party: Party) -> str:
    row = confirmations.confirmed(party).filter(what=Confirmation.What.EMAIL, how=Confirmation.How.EMAIL_CODE).first()
    return str(party.email) if row else ""


def language(party: Party) -> str | None:
    """In which the code was sent that confirmed his address."""
    sent = ConfirmationCode.objects.filter(party=party, channel=ConfirmationCode.Channel.EMAIL).order_by("-pk")
    return sent.values_list("locale", flat=True).first()


def was_told(party: Party) -> bool:
    events = AuditEvent.objects.outside_compartment().filter(organisation_id=party.organisation_id, verb="person.proofing_told")
    return events.filter(target_id=str(party.pk)).exists()


def is_proofed(party: Party) -> bool:
    """Whether the level that is asked for is reached, or one above it."""
    code, aim = assurance.load().aim[assurance.PERSON]
    levels = [level.code for level in assurance.load().guideline(code).levels]
    reached = graded.reached_by(party)
    return bool(reached) and levels.index(reached) >= levels.index(aim)
