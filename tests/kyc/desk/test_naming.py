"""Whether what an officer writes to a customer names another one."""

import pytest

from accounts.models import Organisation
from kyc.desk import naming

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Sørvik AS", "You share a card with Sorvik."),
        ("Foo-Bar Ltd", "You share a card with Foo Bar."),
        ("Yahoo! Inc", "You share a card with Yahoo."),
        ("Acme, Inc.", "Acme has it too."),
        ("PT Telkom", "You share a card with Telkom."),
        ("华为技术", "我们与华为技术合作"),
    ],
)
def test_another_customer_is_named_however_he_is_spelled(name: str, text: str) -> None:
    own = Organisation.objects.create(name="Nordlys AS")
    Organisation.objects.create(name=name)
    assert naming.others(text, own) == [name]
    assert naming.others("You share a card with Nordlys.", own) == []
