"""Nordlys once verified, its first key, and the people round it."""

from accounts.models import User
from kyc.cases.models import Case, Entity
from kyc.keys import linking
from kyc.keys.models import Key
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued, issue
from tests.stage import scene


@scene
def entity(case: Case, ana: User, rui: User) -> Entity:  # noqa: F811
    return scenes.approved(case, ana=ana, rui=rui)


@scene
def issued(nordlys: Founded, entity: Entity) -> Issued:  # noqa: F811
    """A key that nothing has linked yet."""
    return issue(nordlys)


@scene
def linked(issued: Issued) -> Issued:
    linking.run()
    issued.key.refresh_from_db()
    assert issued.key.state == Key.State.ACTIVE
    return issued


@scene
def sorvik(the_list: object, ana: User, rui: User) -> Founded:  # noqa: F811
    """Another verified customer."""
    found = scenes.sorvik()
    scenes.approved(scenes.ready(found), ana=ana, rui=rui)
    return found
