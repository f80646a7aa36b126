"""A verified customer with a key, another one, and two officers of whom one takes what the other proposed."""

from accounts.models import User
from kyc.keys import linking
from tests import cast
from tests.cast import Founded
from tests.kyc.keys.conftest import ana, case, entity, issued, linked, nordlys, rui, sorvik, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued, issue
from tests.stage import scene


@scene
def sonia() -> User:
    return cast.staff("approver", "Sónia Teles")


@scene
def second(linked: Issued, sorvik: Founded) -> Issued:  # noqa: F811
    made = issue(sorvik)
    linking.run()
    made.key.refresh_from_db()
    return made
