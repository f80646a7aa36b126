"""Where keys were used from, as the score and an officer read it; written by kyc/keys/uses.py as in a process that answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Organisation
from kyc.keys.uses import Uses
from kyc.risk import seen
from kyc.risk.models import Fact
from kyc.rules import packs
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db
PACK = packs.current()


def use(issued: Issued, *countries: str) -> None:  # noqa: F811
    uses = Uses()
    uses.note(issued.key.pk, countries)
    uses.flush()


def test_what_gateways_tell_is_read_country_by_country(linked: Issued) -> None:  # noqa: F811
    use(linked, "BR", "AR", "NO")
    today = timezone.now().date()
    fact = Fact.objects.get(value__traffic="BR")
    Fact.objects.create(
        organisation=fact.organisation, subject=fact.subject, name=fact.name, value=fact.value, source=fact.source, at=fact.at,
        on=today - timedelta(days=4),
    )  # fmt: skip
    brazil, argentina = seen.abroad(linked.key.organisation, PACK, today)
    assert (brazil.country, brazil.days, brazil.last_on, brazil.keys) == ("BR", 2, today, (linked.key.prefix,))
    assert (brazil.declared, argentina.country, argentina.days) == (("NO",), "AR", 1)
    assert seen.days_abroad(linked.key.organisation, PACK, today) == 2


def test_anothers_and_older_ones_are_none(linked: Issued) -> None:  # noqa: F811
    use(linked, "BR")
    other = Organisation.objects.create(name="Other")
    today = timezone.now().date()
    assert seen.abroad(other, PACK, today) == []
    assert seen.days_abroad(linked.key.organisation, PACK, today + timedelta(days=PACK.abroad_within_days - 1)) == 1
    assert seen.days_abroad(linked.key.organisation, PACK, today + timedelta(days=PACK.abroad_within_days)) == 0
    assert seen.days_abroad(linked.key.organisation, PACK, today - timedelta(days=1)) == 0
