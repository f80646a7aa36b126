"""The pages that are looked at one by one, by whom they are opened; `{case}` is the first case of the queue."""

from collections.abc import Iterator

from tests.browser.walk import Walk

TABS = ("summary", "people", "documents", "screening", "risk", "keys", "timeline")
PAGES: dict[str, tuple[str, ...]] = {
    "": (
        "/", "/account/login/", "/account/signup/", "/account/password/reset/", "/no/such/page", "/demo/", "/demo/ui/",
    ),
    "ingrid@nordlys.example": (
        "/verification/", "/verification/keys/", "/verification/keys/issue/", "/account/2fa/", "/account/email/",
        "/account/password/change/", "/account/sessions/", "/account/logout/",
    ),
    "charlie@outside.example": (
        "/verification/", "/verification/kind/", "/verification/company/", "/verification/people/", "/verification/people/add/",
        "/verification/owners/", "/verification/use/", "/verification/payment/", "/verification/documents/",
        "/verification/check/",
    ),
    "rui@keyholder.example": (
        "/desk/cases/?tab=review", "/desk/cases/?tab=decided", *(f"{{case}}?tab={tab}" for tab in TABS), "/reports/",
        "/reports/request/",
    ),
}  # fmt: skip


def opened(walk: Walk, who: str) -> Iterator[str]:
    """Opens each page of `who` in turn, and yields its name."""
    case = ""
    if who:
        walk.sign_in_as(who)
    if who.endswith("@keyholder.example"):
        walk.go("/desk/cases/?tab=decided")
        case = walk.page.locator("tbody a.title").first.get_attribute("href") or ""
    for path in PAGES[who]:
        walk.go(path.format(case=case.partition("?")[0]))
        yield path.format(case="case").strip("/").replace("/", "-").replace("?tab=", "-") or "home"
