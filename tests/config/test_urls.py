"""What is served: what has an address, under that very name, and nothing that only lies beside it."""

from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import GatewayCredential, Organisation, User
from demo.cast import PASSWORD
from kyc.rules import packs
from tests import cast

pytestmark = pytest.mark.django_db
SECRET = "shown-in-a-header"
# What lies in the checkout, in other people's, and how one tries to get there.
FILES = (
    "/.git/HEAD", "/.git/config", "/.svn/entries", "/.hg/store", "/.env", "/.data/demo-gateway", "/manage.py",
    "/config/settings.py", "/requirements.txt",
    "/static/../manage.py", "/static/..%2fmanage.py", "/static/%2e%2e/manage.py", "/static/....//manage.py",
    "/static//etc/passwd", "/static/css/../../.git/HEAD", "/static/.git/HEAD", "/media/", "/files/", "/templates/base.html",
    "/static/js/keyholder.js.map", "/static/js/keyholder.js~", "/admin/", "/debug/", "/__debug__/", "/graphql", "/phpinfo.php",
)  # fmt: skip
FOLDERS = ("/static", "/static/", "/static/css", "/static/css/", "/static/js/", "/static/fonts/", "/static/django_htmx/")


def asked(path: str, method: str = "GET", **more: Any) -> Any:
    """The path exactly as given; the server decodes it once before the product sees it."""
    return Client().generic(method, "/", PATH_INFO=unquote(path), **more)


class TestNothingElse:
    @pytest.mark.parametrize("path", FILES)
    def test_no_file_that_is_none_of_ours_to_show(self, path: str) -> None:
        assert asked(path).status_code == 404

    @pytest.mark.parametrize("path", FOLDERS)
    def test_no_folder_says_what_is_in_it(self, path: str) -> None:
        answer = asked(path)
        assert answer.status_code == 404
        assert b"tokens.css" not in answer.content.replace(b"css/tokens.css", b"")

    def test_while_a_style_sheet_is_served(self) -> None:
        """The negative control."""
        assert asked("/static/css/tokens.css").status_code == 200


class TestMethods:
    @pytest.mark.parametrize(
        "path",
        ["/", "/account/login/", "/account/signup/", "/start/", "/desk/cases/", "/verification/", "/verification/prove/x/",
         "/api/v1/introspect", "/api/v1/schema/", "/healthz", "/readyz", "/metrics", "/static/css/tokens.css"],
    )  # fmt: skip
    @pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
    def test_none_echoes_what_was_sent(self, path: str, method: str) -> None:
        for client in (Client(), cast.signed_in(cast.staff("analyst", f"Ana {method}"))):
            answer = client.generic(method, path, HTTP_X_SECRET=SECRET)
            assert answer.status_code in {302, 401, 403, 404, 405}, answer.status_code
            assert SECRET.encode() not in getattr(answer, "content", b"")


class TestDecodedOnce:
    """What is encoded twice is that text, and not what it would be if it were decoded again."""

    @pytest.mark.parametrize("path", ["/desk%252Fcases/", "/desk/cases%252f", "/%2564esk/cases/", "/static/%252e%252e/manage.py"])
    def test_an_address(self, path: str) -> None:
        assert asked(path).status_code == 404

    @pytest.mark.parametrize(
        "place", ["https:%252F%252Fevil.example", "%252F%252Fevil.example", "/%252Fevil.example", "%5C%5Cevil.example"]
    )
    def test_where_to_go_next(self, place: str) -> None:
        cache.clear()
        cast.customer()
        sent = {"login": "alice@nordlys.example", "password": PASSWORD}
        answer = Client().post(f"/account/login/?next={place}", sent | {"next": place})
        assert (
            urlsplit(urljoin("https://testserver/account/login/", answer["Location"].replace("\\", "/"))).hostname == "testserver"
        )

    @pytest.mark.parametrize(
        "name", ["%3Cb%3ENord%3C/b%3E", "&lt;i&gt;Nord&amp;lys", "Nord%2527lys", "\\u003cb\\u003e", "&#60;b&#62;"]
    )
    def test_what_is_typed(self, name: str) -> None:
        client = cast.signed_in(cast.customer())
        client.post("/verification/begin/", {"name": name, "your_name": "Alice Olsen", "notice": packs.current().notice_version})
        assert Organisation.objects.get().name == name
        page = client.get("/verification/").content.decode()
        assert name.replace("&", "&amp;") in page
        assert "<b>Nord" not in page and "<i>Nord" not in page


def test_a_new_installation_lets_nobody_in() -> None:
    """It has no account, and so none with a password that everybody knows."""
    assert not User.objects.exists()
    assert not GatewayCredential.objects.exists()
