"""The story of tests/test_journey.py as people walk it: real Chromium, real web, worker, beat, broker and database.

With KEYHOLDER_SCREENS=1 a picture of each page stays in .data/screens.
"""

import hashlib
import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from playwright.sync_api import Browser

from demo.cast import PASSWORD
from tests import cast, story
from tests.browser.walk import PATIENCE, Walk, mailed_code
from tests.running import Installation

pytestmark = pytest.mark.browser
FREJA = "freja@tide.example"
FREJAS_PASSWORD = "a long enough password 7"
ANA, RUI, ASTRID = "ana@keyholder.example", "rui@keyholder.example", "astrid@keyholder.example"


def asked(installation: Installation, token: str) -> dict[str, object]:
    """What the gateway hears about a key."""
    request = urllib.request.Request(
        f"{installation.url}/api/v1/introspect",
        data=urllib.parse.urlencode({"token": token}).encode(),
        headers={"Authorization": f"Bearer {installation.gateway()}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def within_a_minute(installation: Installation, token: str) -> dict[str, object]:
    deadline = time.monotonic() + PATIENCE
    while not (answer := asked(installation, token))["active"]:
        assert time.monotonic() < deadline, "the worker never linked the key"
        time.sleep(0.2)
    return answer


def signs_up(freja: Walk) -> None:
    freja.go("/")
    freja.keep("01-home")
    freja.go("/account/signup/")
    freja.keep("02-sign-up")
    freja.fill(email=FREJA, password1=FREJAS_PASSWORD)
    freja.send()
    freja.fill(code="WRON-GCOD")
    freja.send()
    freja.keep("03-wrong-code")
    assert freja.errors()
    freja.fill(code=mailed_code(freja.installation, FREJA))
    freja.send()
    freja.keep("04-notice")
    assert "Why we ask who you are" in freja.text()
    freja.fill(name=story.COMPANY["name"], your_name=story.CONTROLLER["name"])
    freja.send()


def tells_what_it_is(freja: Walk) -> None:
    freja.choose("customer_class", story.KIND["customer_class"])
    freja.choose("programme", story.KIND["programme"])
    freja.fill(programme_run_by=story.KIND["programme_run_by"])
    freja.keep("04-kind")
    freja.send()


def tells_who_it_is(freja: Walk) -> None:
    freja.fill(**{**story.COMPANY, "country": ""}, **{f"address_{part}": told for part, told in story.PLACE.items()})
    freja.send()
    freja.keep("05-company-wrong")
    assert freja.errors() == {"country": "Choose a country from the list."}
    assert freja.page.locator("[name='name']").input_value() == story.COMPANY["name"]
    freja.fill(country=story.COMPANY["country"])
    freja.send()
    freja.press("Add a person")
    freja.fill(**story.CONTROLLER)
    freja.choose("roles", *story.ROLES)
    freja.keep("06-person")
    freja.send()
    freja.keep("07-people")


def tells_who_owns_it(freja: Walk) -> None:
    freja.press("Go on: Owners")
    freja.press("Add someone named before")
    freja.page.get_by_role("radio", name=story.CONTROLLER["name"]).check()
    freja.fill(share=story.CONTROLLERS_SHARE)
    freja.send()
    freja.press("Add a company")
    freja.fill(**story.HOLDING)
    freja.send()
    for owner in story.HOLDERS:
        freja.page.locator("section.card", has_text="Owners of Haugen Invest AS").get_by_role("link", name="Add a person").click()
        freja.fill(name=owner.name, country=owner.country, us_basis="unknown", share=owner.share)
        freja.send()
    freja.keep("08-owners")
    assert freja.text().count("100 % named") == 2


def tells_how_it_uses_and_pays(freja: Walk) -> None:
    freja.press("Go on: Intended use")
    freja.answer(story.USE)
    assert not freja.page.locator("[name='military_details']").is_visible()
    freja.fill(signed_name=story.CONTROLLER["name"])
    freja.keep("08-use")
    freja.send()
    payment = dict(story.PAYMENT)
    freja.choose("kind", payment.pop("kind"))
    freja.choose("source", payment.pop("source"))
    freja.fill(**payment)
    freja.keep("08-payment")
    freja.send()
    assert "…4242" in freja.text()


def proves_and_sends(freja: Walk) -> None:
    freja.press("Go on: Documents")
    freja.fill(kind="register_extract")
    freja.upload("extract.pdf", b"this is no PDF")
    freja.send()
    freja.keep("09-document-refused")
    assert "file" in freja.errors()
    freja.fill(kind="register_extract")
    freja.upload("extract.pdf", cast.pdf().read())
    freja.send()
    freja.fill(kind="passport", party=story.CONTROLLER["name"])
    freja.upload("passport.pdf", cast.pdf(width=420).read())
    freja.send()
    freja.keep("10-documents")
    freja.go("/verification/check/")
    freja.tick("declared_true")
    freja.keep("11-check")
    freja.send()
    freja.keep("12-sent")
    assert "We are examining what you sent" in freja.text()


def examines(ana: Walk) -> str:
    """Rules on the matches: the listed names and nobody else. Returns the case's address."""
    ana.sign_in_as(ANA)
    ana.until(story.COMPANY["name"])
    ana.keep("20-queue")
    ana.page.get_by_role("link", name=story.COMPANY["name"]).first.click()
    ana.until(f"{len(story.LISTED)} possible matches")
    ana.keep("21-case")
    case = ana.page.url.partition("?")[0].removeprefix(ana.url)
    ana.go(f"{case}?tab=screening")
    ana.keep("22-screening")
    found = {tuple(heading.split(" · ")) for heading in ana.page.locator("section[id^='hit-'] h2").all_inner_texts()}
    assert found == story.LISTED
    for _ in found:
        hit = ana.page.locator("section[id^='hit-']:has([name='ruling'])").first
        hit.locator("[name='ruling'][value='false']").check()
        hit.locator("[name='reason']").select_option("different_country")
        hit.locator("[name='note']").fill("The passport says so.")
        hit.get_by_role("button", name="Rule").click()
        ana.page.wait_for_load_state()
    ana.keep("23-ruled")
    assert "No possible match" not in ana.text()
    for number, tab in enumerate(("people", "documents", "risk", "keys", "timeline"), start=24):
        ana.go(f"{case}?tab={tab}")
        ana.keep(f"{number}-case-{tab}")
    return case


def confirms(officer: Walk, case: str, *, name: str) -> None:
    """The rulings that nobody makes alone, because the names are so much alike."""
    officer.go(f"{case}?tab=screening")
    officer.keep(name)
    waiting = officer.page.get_by_role("button", name="Confirm: ")
    assert waiting.count()
    while waiting.count():
        waiting.first.click()
        officer.page.wait_for_load_state()
    assert "Confirmed." in officer.text()


def proposes(officer: Walk, case: str, *, choice: str, reason: str, note: str, message: str = "") -> None:
    officer.go(case)
    officer.fill(choice=choice, reason=reason, note=note)
    if message:
        officer.fill(message=message)
    if choice == "approve" and officer.page.locator("[name='unseen']").count():
        officer.page.locator("[name='unseen']").check()
    officer.page.get_by_role("button", name="Propose").click()
    officer.page.wait_for_load_state()
    assert "Another person decides it" in officer.text()


def verifies_authority(officer: Walk, case: str) -> None:
    """The extract names her; then the checks are made anew, which takes the worker a moment."""
    # Only what an officer has opened proves anything: a download does it here, as no tab is opened beside this one.
    officer.go(f"{case}?tab=documents")
    for link in officer.page.locator("a[href*='/documents/']").all():
        officer.page.request.get(link.evaluate("link => link.href"))
    officer.go(f"{case}?tab=people")
    row = officer.page.locator("#standings .item").filter(has_text=story.CONTROLLER["name"])
    row.locator("summary").click()
    for box in row.locator("[name='statuses']").all():
        box.set_checked(box.get_attribute("value") == "authority")
    row.locator("[name='document']").select_option(label="Register extract, extract of 2026.pdf")
    row.get_by_role("button", name="I have read it").click()
    officer.page.wait_for_load_state()
    assert "authority verified" in officer.text()
    officer.go(case)
    for _ in range(60):
        if "being made anew" not in officer.text():
            break
        officer.page.wait_for_timeout(500)
        officer.go(case)


def takes(officer: Walk, case: str, *, name: str) -> None:
    officer.go(case)
    officer.keep(name)
    for box in officer.page.locator("#decide [name='unseen']").all():
        box.check()
    officer.page.locator("#decide button.primary").click()
    officer.page.wait_for_load_state()
    assert "Decided." in officer.text()


def answers_what_was_asked(freja: Walk) -> None:
    freja.go("/verification/")
    freja.keep("32-asked-for-more")
    assert story.ASKED in freja.text()
    freja.press("Add a document")
    freja.fill(kind="register_extract")
    freja.upload("extract of 2026.pdf", cast.pdf().read())
    freja.press("Add")
    freja.go("/verification/check/")
    freja.tick("declared_true")
    freja.send()


def issues_a_key(freja: Walk) -> str:
    freja.go("/verification/")
    freja.keep("35-verified")
    freja.press("Issue a key")
    freja.fill(
        name="edge gateway", responsible=freja.page.locator("option", has_text=story.CONTROLLER["name"]).get_attribute("value")
    )
    freja.send()
    freja.keep("36-key-once")
    secret = freja.page.locator("#secret").inner_text()
    assert re.fullmatch(r"kh_live_[0-9A-Za-z]{58}", secret)
    freja.press("I have kept it")
    assert secret not in freja.page.content()
    return secret


def held_and_lifted(rui: Walk, case: str, secret: str) -> None:
    rui.go(f"{case}?tab=keys")
    rui.page.get_by_text("Place a hold").click()
    rui.page.locator("#holds [name='reason']").fill("An unpaid question")
    rui.press("Place the hold")
    rui.keep("37-held")
    assert asked(rui.installation, secret) == {"active": False}
    rui.page.locator("#holds summary", has_text="Lift").click()
    rui.page.locator("#holds [name='reason']").first.fill("It was answered")
    rui.press("Lift this hold")
    assert asked(rui.installation, secret)["active"] is True


def asks_for_a_dossier(astrid: Walk) -> None:
    astrid.go("/reports/request/")
    number = astrid.page.locator("option", has_text=story.COMPANY["name"]).first.get_attribute("value")
    astrid.fill(organisation=str(number))
    astrid.send()


def downloaded(astrid: Walk, folder: Path, *, name: str) -> tuple[dict[str, Any], str, str]:
    """Watches the report that was asked for, downloads it. Returns report.json, the pages' text and the digest on the page."""
    astrid.keep(f"{name}-building")
    astrid.page.get_by_text("Download the PDF").wait_for(timeout=PATIENCE * 1000)
    astrid.keep(name)
    with astrid.page.expect_download() as download:
        astrid.press("Download the PDF")
    file = folder / f"{name}.pdf"
    download.value.save_as(file)
    with pikepdf.open(file) as pdf:
        facts = pdf.attachments["report.json"].get_file().read_bytes()
    pages = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256(facts).hexdigest()
    assert digest in astrid.text()
    assert digest in re.sub(r"\s", "", pages)
    return json.loads(facts), pages, digest


def revokes(freja: Walk) -> None:
    freja.go("/verification/keys/")
    freja.keep("38-keys")
    freja.page.get_by_role("link", name="Revoke edge gateway").click()
    freja.keep("39-revoke")
    freja.send()
    assert "Revoked" in freja.text()


def test_from_sign_up_to_a_live_key_and_a_report(browser: Browser, installation: Installation, tmp_path: Path) -> None:
    freja, ana, rui, astrid = (Walk(browser, installation) for _ in range(4))

    # A stranger's company signs up and tells who it is and who owns it; on another device all is still there.
    signs_up(freja)
    tells_what_it_is(freja)
    tells_who_it_is(freja)
    phone = Walk(browser, installation, width=390)
    phone.sign_in(FREJA, FREJAS_PASSWORD)
    phone.keep("07-people-on-a-phone")
    assert story.CONTROLLER["name"] in phone.text()
    tells_who_owns_it(freja)
    tells_how_it_uses_and_pays(freja)
    proves_and_sends(freja)

    # It is examined against the real list; Ana asks for more, Rui agrees, and Freja reads the officer's sentence.
    case = examines(ana)
    proposes(ana, case, choice="ask", reason="document_unreadable", note="The page is blank.", message=story.ASKED)
    rui.sign_in(RUI, PASSWORD, with_code=True)
    confirms(rui, case, name="30-to-confirm")
    takes(rui, case, name="31-to-take")
    answers_what_was_asked(freja)

    # The rulings stand; the case is approved by two officers.
    ana.go(case)
    ana.until("To review")
    verifies_authority(ana, case)
    proposes(ana, case, choice="approve", reason="hits_explained", note="The new extract agrees; the matches are others.")
    ana.keep("33-proposed")
    assert not ana.page.get_by_role("button", name="Approve").count()
    takes(rui, case, name="34-to-approve")

    # A key works once the worker has linked it, until it is held, and again when the hold is lifted.
    secret = issues_a_key(freja)
    answer = within_a_minute(installation, secret)
    assert str(answer["entity"]).startswith("E-")
    held_and_lifted(rui, case, secret)

    # An auditor's dossier says why; after a later change the one as of before still shows the old fact.
    astrid.sign_in_as(ASTRID)
    asks_for_a_dossier(astrid)
    before, pages, digest = downloaded(astrid, tmp_path, name="40-dossier")
    first = astrid.page.url
    assert story.COMPANY["name"] in pages
    assert before["access"]["active"] == 1
    revokes(freja)
    assert asked(installation, secret) == {"active": False}
    asks_for_a_dossier(astrid)
    after, _, _ = downloaded(astrid, tmp_path, name="41-dossier-after")
    assert after["access"]["active"] == 0
    astrid.page.goto(first)
    astrid.press("Build it again")
    again, _, same = downloaded(astrid, tmp_path, name="42-dossier-as-of-before")
    assert (again["access"]["active"], same) == (1, digest)
    astrid.go("/reports/")
    astrid.keep("43-reports")

    # A stranger finds what he finds at an address that does not exist.
    charlie = Walk(browser, installation)
    charlie.sign_in_as("charlie@outside.example")
    charlie.go("/no/such/page")
    missing = charlie.page.content()
    for path in (case, f"{case}?tab=keys", "/reports/1/", "/verification/documents/1/", "/desk/cases/"):
        charlie.go(path)
        assert charlie.page.content() == missing, path
    assert not [*freja.broken, *phone.broken, *ana.broken, *rui.broken, *astrid.broken, *charlie.broken]
