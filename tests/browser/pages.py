"""The pages that are looked at one by one, by whom they are opened.

`FROM > TO` is the page TO by the way there: the first link on FROM to such an address, `{n}` being some number, `{token}` the
secret of a link and `{handle}` the handle of a value. A door that can be asked for and stands neither here nor in NOT_DRAWN fails
tests/browser/test_pages.py.
"""

import re
import time
from collections.abc import Iterator

from django.urls import resolve

from demo.cast import CAST, PASSWORD
from tests import cast
from tests.browser.walk import PATIENCE, Walk

CASE = "/desk/cases/?tab=decided > /desk/cases/{n}/"
TABS = ("summary", "people", "use", "documents", "screening", "risk", "keys", "kept", "timeline")
PEOPLE, OWNERS, MAIL = "/verification/people/", "/verification/owners/", "/demo/mail"
MEMBERS = "/verification/members/"
# Also of links in a drawing.
PATHS = "links => links.map(link => new URL(link.getAttribute('href') ?? '', location).pathname)"
LEFT_OUT = f"{OWNERS}of/{{n}}/left-out/"
# Her draft is furnished with one of everything before it is looked at.
BEATRIZ = "beatriz@gaivotaalta.example"
ASKED = "pages@gaivotaalta.example"
PAGES: dict[str, tuple[str, ...]] = {
    "": (
        "/", "/account/login/", "/account/signup/", "/account/password/reset/", "/no/such/page", "/demo/", "/demo/mail",
        "/demo/ui/", "/verify/", "/verify/R-03-2026-00001", "/verification/proved/", "/verification/proved/sent/",
    ),
    "ingrid@nordlys.example": (
        "/verification/", "/verification/keys/", "/verification/keys/issue/", "/verification/keys/doctor/",
        "/verification/keys/ > /verification/keys/{n}/", "/verification/keys/ > /verification/keys/{n}/roll/",
        "/verification/keys/ > /verification/keys/{n}/ > /verification/keys/{n}/change/",
        "/verification/keys/usage/", "/verification/keys/usage/?days=90", "/verification/keys/limits/",
        "/verification/keys/ > /verification/keys/{n}/revoke/", "/verification/kept/", "/your-data/", "/verification/close/",
        MEMBERS, f"{MEMBERS}invite/", f"{MEMBERS} > {MEMBERS}{{n}}/", f"{MEMBERS} > {MEMBERS}{{n}}/remove/",
        "/verification/change/", "/verification/confirm/", "/verification/resale/",
        "/verification/agencies/", "/verification/agencies/declare/",
        "/account/2fa/", "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/", "/account/email/", "/account/password/change/", "/account/sessions/", "/account/logout/",
    ),
    "charlie@outside.example": (
        "/verification/", "/verification/kind/", "/verification/company/", PEOPLE, "/verification/people/add/", OWNERS,
        "/verification/owners/file/",
        "/verification/use/", "/verification/payment/", "/verification/documents/",
        "/verification/documents/phone/", "/verification/check/",
    ),
    BEATRIZ: (
        "/verification/", PEOPLE, f"{PEOPLE} > {PEOPLE}{{n}}/", f"{PEOPLE} > {PEOPLE}{{n}}/remove/",
        f"{PEOPLE} > {PEOPLE}{{n}}/invite/", OWNERS, f"{OWNERS} > {OWNERS}{{n}}/", f"{OWNERS} > {OWNERS}{{n}}/remove/",
        *(f"{OWNERS} > {OWNERS}of/{{n}}/{kind}/" for kind in ("person", "company", "trust", "state", "known")),
        f"{OWNERS} > {LEFT_OUT}", f"{OWNERS} > {LEFT_OUT} > {LEFT_OUT}{{n}}/withdraw/",
        f"{OWNERS}behind/", f"{OWNERS} > {OWNERS}behind/{{n}}/remove/", "/verification/payment/",
        "/verification/payment/ > /verification/payment/{n}/",
        "/verification/payment/ > /verification/payment/{n}/remove/", "/verification/documents/",
        "/verification/documents/ > /verification/documents/{n}/remove/", "/verification/check/",
        f"{MAIL} > /verification/prove/{{token}}/", f"{MAIL} > /verification/prove/{{token}}/ #2",
    ),
    "ioana@brightfold.example": (
        "/verification/agencies/", "/verification/agencies/declare/", "/verification/agencies/ > /verification/agencies/{n}/",
        "/verification/agencies/ > /verification/agencies/{n}/ > /verification/agencies/{n}/correct/",
        "/verification/agencies/ > /verification/agencies/{n}/ > /verification/agencies/{n}/renew/",
        "/verification/agencies/ > /verification/agencies/{n}/ > /verification/agencies/{n}/end/",
    ),
    "petra@tanzschule-walzer.example": (
        "/verification/", "/verification/agencies/", "/verification/agencies/ > /verification/agencies/asked/{n}/",
    ),
    "casey@pomeloloop.example": ("/verification/", "/verification/keys/", "/verification/ > /verification/restrictions/{token}/"),
    "milica@kesten.example": ("/verification/", "/verification/documents/"),
    "noor@ebrahimi.example": ("/verification/", "/verification/keys/"),
    "rui@keyholder.example": (
        *(f"/desk/cases/?tab={tab}" for tab in ("review", "waiting", "approve", "examining", "decided")),
        "/desk/cases/differences/", "/desk/cases/differences/?tab=ended",
        *(f"{CASE}?tab={tab}" for tab in TABS),
        *(f"/desk/cases/?tab={tab} > /desk/cases/{{n}}/" for tab in ("review", "waiting", "approve")),
        f"{CASE}?tab=keys > /desk/cases/{{n}}/usage/",
        f"{CASE}?tab=people > /desk/cases/{{n}}/parties/{{n}}/evidence/",
        f"{CASE}?tab=documents > /desk/cases/{{n}}/documents/{{n}}/review/",
        "/desk/screening/", "/desk/screening/file/", "/desk/screening/ > /desk/screening/{n}/",
        "/desk/screening/ > /desk/screening/{n}/ > /desk/screening/{n}/rows/{n}/",
        "/data-requests/", "/data-requests/new/", "/data-requests/ > /data-requests/{n}/",
        "/desk/keys/doctor/", "/desk/agencies/", "/desk/agencies/?tab=confirmed",
        "/desk/agencies/?tab=confirmed > /desk/agencies/{n}/", "/desk/appeals/ > /desk/appeals/{n}/",
        "/desk/directives/", "/desk/directives/?tab=over", "/desk/directives/new/",
        "/desk/directives/ > /desk/directives/{n}/", "/desk/directives/ > /desk/directives/{n}/ > /reports/orders/{n}/",
        "/desk/deadlines/",
        "/desk/blocked/", "/desk/blocked/?tab=held", "/desk/blocked/new/", "/desk/blocked/ > /desk/blocked/{n}/",
        "/desk/training/", "/desk/training/?tab=over", "/desk/training/new/", "/desk/training/ > /desk/training/{n}/",
        "/desk/resellers/", "/desk/resellers/?tab=undeclared", "/desk/resellers/new/", "/desk/resellers/ > /desk/resellers/{n}/",
        "/desk/estate/", "/desk/lists/rulings/", "/desk/lists/rulings/matches/", "/desk/lists/rulings/matches/?what=doubted",
        "/desk/legal-holds/", "/reports/", "/reports/request/", "/reports/schedules/", "/reports/years/2026/",
        "/reports/ > /reports/{n}/",
    ),
    "astrid@keyholder.example": ("/audit/", "/audit/ > /audit/{n}/", "/disposals/"),
    "omar@keyholder.example": (
        "/desk/lists/", "/audit/", "/jobs/", "/staff/", "/staff/add/", "/staff/ > /staff/{n}/", "/gateways/", "/gateways/issue/",
        "/desk/estate/import/",
    ),
    "ines@keyholder.example": (
        "/desk/incidents/", "/desk/incidents/?tab=closed", "/desk/incidents/new/", "/desk/incidents/ > /desk/incidents/{n}/",
        "/desk/incidents/ > /desk/incidents/{n}/ > /desk/incidents/{n}/write/",
        "/desk/incidents/ > /desk/incidents/{n}/ > /desk/cases/{n}/",
        "/desk/networks/indications/", "/desk/networks/indications/?tab=keys",
        "/desk/networks/indications/?tab=keys&q=Meshgate > /desk/networks/indications/keys/{n}/",
        "/desk/networks/indications/?tab=keys > /desk/networks/indications/{n}/",
        "/desk/networks/indications/?tab=keys > /desk/networks/indications/{n}/ > /desk/networks/indications/{n}/incident/",
        "/desk/networks/", "/desk/networks/?tab=ended", "/desk/networks/ > /desk/networks/{n}/",
        *(f"/desk/networks/ > /desk/networks/{{n}}/ > /desk/networks/{{n}}/{tab}/" for tab in ("accounts", "ledger", "changes")),
        "/desk/networks/ > /desk/networks/{n}/ > /desk/networks/{n}/ledger/ > /desk/networks/{n}/edges/{n}/",
        "/desk/networks/ > /desk/networks/{n}/ > /desk/networks/{n}/values/phone/{handle}/",
        "/desk/controllers/", "/desk/controllers/ > /desk/controllers/{n}/",
        "/desk/controllers/ > /desk/controllers/{n}/ > /desk/controllers/{n}/measures/new/",
        "/desk/controllers/ > /desk/controllers/{n}/ > /desk/controllers/{n}/members/add/",
        "/desk/controllers/ > /desk/controllers/{n}/ > /desk/controllers/measures/{n}/",
        "/desk/controllers/?tab=ruled > /desk/controllers/{n}/ > /desk/controllers/{n}/kept/{n}/",
        "/desk/networks/ > /desk/networks/{n}/ > /desk/networks/{n}/controller/",
        "/desk/controllers/misses/", "/desk/appeals/", "/desk/appeals/?tab=answered",
    ),
    "tove@keyholder.example": ("/desk/cases/",),
}  # fmt: skip
NOT_DRAWN = {
    "desk:directive_previewed": "what the page of a directive tells, alone: tests/kyc/desk/test_directives.py",
    "onboarding:agency_account_end": "a form of one button: tests/kyc/onboarding/test_agencies.py",
    "start": "leads on at once",
    "healthz": "for machines",
    "readyz": "for machines",
    "metrics": "for machines",
    "api:schema": "for machines",
    "api:authorize": "for machines",
    "api:changes": "for machines",
    "api:snapshot": "for machines",
    "onboarding:confirm_code": "of who has told an address to confirm: tests/kyc/onboarding/test_confirm.py",
    "onboarding:confirm_domain": "of who has told a domain: tests/kyc/onboarding/test_confirm.py",
    "onboarding:confirm_send": "leads back to the page of the code at once",
    "onboarding:confirm_service": "of who has named a service outside: tests/kyc/onboarding/test_confirm.py",
    "onboarding:create": "for who has no organisation yet: tests/browser/test_journey.py keeps a picture of it",
    "onboarding:leave": "for who has no organisation yet: tests/kyc/onboarding/test_leaving.py",
    "onboarding:member_invitation_withdraw": "a form of one button: tests/kyc/onboarding/test_members.py",
    "onboarding:invite_withdraw": "leads back to the invitation at once",
    "onboarding:key_elsewhere": "of a key that was issued elsewhere: tests/kyc/onboarding/test_elsewhere_keys.py",
    "onboarding:key_elsewhere_revoke": "of a key that was issued elsewhere: tests/kyc/onboarding/test_elsewhere_keys.py",
    "onboarding:key_responsible": "of a key that asks for another person: tests/kyc/onboarding/test_key_pages.py",
    "onboarding:change_none": "of who has told of a change, a form of one box: tests/kyc/onboarding/test_telling.py",
    "onboarding:document": "the file itself",
    "onboarding:on_phone": "a link of ten minutes: tests/kyc/onboarding/test_phone.py",
    "onboarding:part": "for the script of the page of documents",
    "onboarding:statement": "the file itself",
    "onboarding:usage_csv": "the file itself",
    "onboarding:limit_remove": "of who has set a limit, a form of one button: tests/kyc/onboarding/test_usage_pages.py",
    "paper_statement": "the file itself",
    "desk:document": "the file itself",
    "desk:document_page": "a picture of a page of it",
    "desk:estate_file": "of who has sent a file of keys issued elsewhere: tests/kyc/desk/test_estate_import.py",
    "desk:rates_csv": "the file itself",
    "desk:blocked_csv": "the file itself",
    "desk:deadlines_csv": "the file itself",
    "desk:live": "a part of the case's page",
    "desk:picture": "the file itself",
    "desk:inquiry_sample": "the file itself",
    "desk:network_picture": "the file itself",
    "desk:network_members_csv": "the file itself",
    "desk:network_ledger_csv": "the file itself",
    "desk:inquiry_download": "the file itself",
    "onboarding:picture": "the file itself",
    "onboarding:join": "by an invitation to one address: tests/kyc/onboarding/test_members.py",
    "report_link": "by a link that is shown once: tests/reports/test_link_pages.py",
    "reports:download": "the file itself",
    "reports:pack_download": "the file itself",
    "reports:pack": "of who has asked for a large one: tests/reports/test_packing.py",
    "reports:packed_download": "the file itself",
    "own_data_pdf": "the file itself",
    "own_data_json": "the file itself",
    "audit_export": "the file itself",
    "audit_head": "the file itself",
    "gallery": "leads to the gallery",
}


def doors() -> Iterator[str]:
    """The name of each page's address, but for those that nothing stands behind and the sign-in library's."""
    for path in {path for paths in PAGES.values() for path in paths}:
        asked, _, _ = path.rpartition("> ")[2].partition("?")
        if asked != "/no/such/page" and not asked.startswith("/account/"):
            yield resolve(asked.partition(" #")[0].format(n=1, token="a", handle="a")).view_name


def opened(walk: Walk, who: str) -> Iterator[str]:
    """Opens each page of `who` in turn, and yields its name."""
    if who in {person.email for person in CAST}:
        walk.sign_in_as(who)
    elif who:
        walk.sign_in(who, PASSWORD)
    if who == BEATRIZ:
        furnish(walk)
    for path in PAGES[who]:
        walk.go(address(walk, path))
        yield named(who, path)


def named(who: str, path: str) -> str:
    """Such as `milica verification-documents`."""
    there = path.rpartition("> ")[2] if "> /desk/cases/{n}/" not in path else path.removeprefix("/desk/cases/?tab=")
    return f"{who.partition('@')[0]} {re.sub(r'[^a-z0-9]+', '-', there).strip('-') or 'home'}".strip()


def address(walk: Walk, path: str) -> str:
    """Where it is, by the links that stand on the way there."""
    start, _, wanted = path.rpartition(" > ")
    if not start:
        return wanted
    wanted, _, place = wanted.partition(" #")
    wanted, mark, query = wanted.partition("?")
    shape = re.escape(wanted).replace(r"\{n\}", r"\d+").replace(r"\{token\}", r"[\w-]{20,}").replace(r"\{handle\}", r"\w+")
    walk.go(address(walk, start))
    links: list[str] = walk.page.eval_on_selector_all("main a", PATHS)
    found = [link for link in links if re.fullmatch(shape, link)]
    assert found, f"{start} leads to no {wanted}"
    return found[int(place or 1) - 1] + mark + query


def furnish(walk: Walk) -> None:
    """Where it isn't yet: a payment, a document, who stands behind a nominee, and two links to prove oneself, the first dead."""
    walk.go(MAIL)
    if ASKED in walk.text():
        return
    walk.go("/verification/payment/")
    walk.choose("kind", "card")
    walk.fill(holder="Gaivota Alta Software, Lda", institution="Banco do Farol", country="PT", last_four="4242")
    walk.choose("source", "revenue")
    walk.press("Add")
    walk.go("/verification/documents/")
    walk.fill(kind="register_extract")
    walk.upload("certidão.pdf", cast.pdf().read())
    walk.press("Add")
    walk.go(f"{OWNERS}behind/")
    walk.fill(name="Álvaro de Menezes e Vasconcelos", country="PT", us_basis="none")
    walk.send()
    walk.go(address(walk, f"{OWNERS} > {LEFT_OUT}"))
    walk.choose("ground", "listed_company")
    walk.fill(reference="NASDAQ: GAVT")
    walk.send()
    for _ in range(2):
        walk.go(address(walk, f"{PEOPLE} > {PEOPLE}{{n}}/invite/"))
        walk.fill(email=ASKED)
        walk.send()
    until = time.monotonic() + PATIENCE
    while walk.text().count(ASKED) < 2 or MAIL not in walk.page.url:
        assert time.monotonic() < until, walk.text()[:2000]
        walk.go(MAIL)
