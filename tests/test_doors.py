"""Every door: each address of the resolver, by each method, for each role, with what is one's own, another's and missing.

A new address needs one row in DOORS, and a line in `House.built` where its own is of a kind that stands in no other address.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client, TestCase
from django.test.client import ClientHandler
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import credentials, merkle, messages, permissions, scope, sequencer, shared
from accounts.models import AuditEvent, LegalHold, MemberInvitation, Membership, Message, Organisation, Proposal, User
from accounts.permissions import ROLES, SESSIONS, SessionLimits
from accounts.sessions import seen_at
from kyc.cases import exposed
from kyc.cases.models import Case, Decision, Entity, Examination
from kyc.desk import network_words as words
from kyc.directives import extending as prolonging
from kyc.directives.blocked import actions as blocking
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from kyc.directives.models import DirectivePreview
from kyc.directives.resellers import actions as reselling
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.directives.training import actions as trained
from kyc.directives.training.models import TrainingFiling, TrainingRun
from kyc.evidence import actions as evidence
from kyc.evidence import code_sending, intake, invitations
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.confirmation_models import Confirmation, ConfirmationCode
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.lei_models import LegalEntity, LeiCopy
from kyc.evidence.models import Document, Invitation
from kyc.keys import actions as keys
from kyc.keys import closing, pools, secret
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.estate_import_models import EstateImport
from kyc.keys.estate_models import ImportedKey
from kyc.keys.models import Hold, Key, KeyRequirement, Leak, Link
from kyc.keys.pool_models import LimitPool
from kyc.networks import controlling, extending, measuring
from kyc.networks.controller_models import Controller
from kyc.networks.indication_models import Authorisation, Indication, IndicationRun
from kyc.networks.models import Incident, Involvement
from kyc.networks.network_models import Attachment, Network, NetworkMembership
from kyc.networks.ruling_models import ProposedRuling, Ruling
from kyc.onboarding import phone
from kyc.ownership.models import Discrepancy, Divergence, Interest, Observation
from kyc.parties import agencies, questionnaires
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.models import Exclusion, Party, PaymentMeans
from kyc.rules import packs
from kyc.screening import actions as screening
from kyc.screening import overturning
from kyc.screening.asked import Answer, Asked, written
from kyc.screening.models import Hit, Inquiry, InquiryPart, ListVersion
from reports import issuing, links, own_data, pack
from reports.models import Report, ReportLink, ReportPack, ReportSchedule, SubjectRequest
from tests import cast, networked
from tests.headers import lacking
from tests.kyc.directives import scenes as directed
from tests.kyc.directives.blocked import scenes as blocked
from tests.kyc.directives.training.scenes import TRAINED
from tests.rows import Rows, on_its_way_in, one_of_each
from tests.whole import IS_WHOLE, by_turns, dealt, some

pytestmark = [pytest.mark.soak, pytest.mark.sample]
Roles = frozenset[str]
# A POST that changes nothing by its nature, or where nothing has begun that it would end.
ASKS_ONLY = {
    "api:introspect",
    "api:usage",
    "api:reserve",
    "api:settle",
    "desk:directive_count",
    "desk:directive_preview",
    "desk:look_stop",
    # Of a service that nobody has named: tests/kyc/onboarding/test_confirm.py.
    "onboarding:confirm_service",
    "onboarding:key_doctor",
    "onboarding:part",
    "onboarding:phone",
    "onboarding:on_phone",
    "desk:doctor",
    "verify",
}
# Addresses that take JSON alone.
IN_JSON = {"/api/v1/usage", "/api/v1/limits/reserve", "/api/v1/limits/settle"}
# Whoever only looks there is recorded, and nothing else is done.
RECORDED = {
    "onboarding:document",
    "onboarding:statement",
    "desk:document",
    "desk:document_page",
    "desk:case",
    "desk:inquiry",
    "desk:inquiry_row",
    "desk:inquiry_download",
    "desk:network_members_csv",
    "desk:network_ledger_csv",
    "reports:download",
    "reports:pack_download",
    "reports:packed_download",
    "audit_export",
    "paper_statement",
    "own_data_pdf",
    "own_data_json",
}
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
MISSING = 999_999
NORDLYS, OUTSIDE, ALICE = "Nordlys Modelling AS", "Outside GmbH", "Alice Olsen"

# `owner` and `member` are of Nordlys, `outsider` of Outside, `nobody` of none; `bare` is staff without a second factor, `gateway`
# a machine with a credential for the API.
CUSTOMERS: Roles = frozenset({"owner", "member"})
STAFF: Roles = frozenset(map(str, ROLES))
SIGNED_IN: Roles = CUSTOMERS | {"outsider", "nobody"} | STAFF
ALL: Roles = SIGNED_IN | {"stranger", "bare", "gateway"}
READERS: Roles = frozenset({"analyst", "approver", "senior", "investigator", "auditor", "support"})
EXAMINERS: Roles = frozenset({"analyst", "approver", "senior"})
DOCUMENT_READERS: Roles = READERS - {"support"}
REVEALERS: Roles = frozenset({"analyst", "approver", "senior", "investigator"})
APPROVERS: Roles = frozenset({"approver", "senior"})
HOLDERS: Roles = frozenset({"approver", "senior", "investigator"})
DIRECTORS = APPROVERS
REPORT_READERS: Roles = frozenset({"analyst", "approver", "senior", "investigator", "auditor"})
OWNERS: Roles = frozenset({"owner"})
BIDDEN: Roles = frozenset({"nobody"})
ASKER: Roles = frozenset({"analyst"})
AUDITORS: Roles = frozenset({"auditor", "administrator"})
SUPPORTERS: Roles = frozenset({"support"})
ADMINISTRATORS: Roles = frozenset({"administrator"})
INVESTIGATORS: Roles = frozenset({"investigator"})
INQUIRERS: Roles = frozenset({"analyst", "approver", "senior", "auditor", "administrator"})
REQUESTERS: Roles = frozenset({"analyst", "approver", "senior", "auditor"})


@dataclass
class House:
    """What stands behind the doors: `mine` of Nordlys, `theirs` of Outside, and the case that Draft has not sent yet."""

    mine: dict[str, int]
    theirs: dict[str, int]
    people: dict[str, User]
    gateway: str
    nothing: Any = None
    clients: dict[str, SimpleCookie] = field(default_factory=dict)

    def case_is(self, state: str) -> None:
        """One of the states of a case, or `failed`: in review, and the machine has given up its checks."""
        case = Case.objects.get(pk=self.mine["case"])
        if state == "failed":
            Examination.objects.filter(case=case).update(state="failed", failure="RuntimeError: out of paper")
            state = "review"
        if state == "told":
            nobody = {"submitted_at": None, "submitted_by": None, "declared_true_at": None, "declared_true_by": None}
            Case.objects.filter(pk__in=[case.pk, self.theirs["case"]]).update(state="waiting", trigger="change", **nobody)
            return
        if state == "closed":
            for number in (self.mine["case"], self.theirs["case"]):
                ended = Case.objects.get(pk=number).organisation
                closing.end(ended, reason="Resold keys.", by=self.people["approver"])
            return
        if state == "proposed":
            proposal = Proposal.objects.create(
                organisation=case.organisation,
                kind="case.decision",
                choice="ask",
                reason="document_unreadable",
                proposed_by=self.people["analyst"],
            )
            decision = Decision.objects.create(organisation=case.organisation, case=case, proposal=proposal, message="Again.")
            self.mine["decision"] = decision.pk
        Case.objects.filter(pk__in=[case.pk, self.theirs["case"]]).update(state=state)


Of = Callable[[dict[str, int]], dict[str, Any]]


@dataclass(frozen=True)
class Door:
    """`who` may, with the objects that `own` names by what stands in the address; all others find nothing.

    get    the page may be asked for, and names `names`: the same to all, or what each role's page names
    post   the data of a POST that succeeds; the page it leads to names `names` where there is no page to ask for
    state  whose turn the case of Nordlys is
    told   who may come in but is refused this one thing, and the sentence that says so
    open   to whoever comes, signed in or not
    """

    who: Roles
    get: bool = True
    post: Of | None = None
    own: Of | None = None
    names: str | dict[str, str] = ""
    state: str = "waiting"
    told: dict[str, str] = field(default_factory=dict)
    open: bool = False

    def named(self, role: str) -> bytes:
        return (self.names if isinstance(self.names, str) else self.names[role]).encode()


def of(**what: str) -> Of:
    """`of(pk="case")`: the number of the case; what is no kind of object is meant literally."""
    return lambda rows: {name: rows.get(kind, kind) for name, kind in what.items()}


def nothing(rows: dict[str, int]) -> dict[str, Any]:
    return {}


@pytest.fixture(autouse=True)
def released_in_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """As while the virus scanner is away."""
    monkeypatch.setattr(intake, "may_release", lambda: True)


@pytest.fixture(autouse=True)
def handed_to_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the session it comes from lasts."""
    live = phone.Handed(user=1, session="", organisation=1, kind="passport", party=None)
    monkeypatch.setattr(phone, "known", lambda token: live if token == "a-link-for-a-phone" else None)


def unscanned(rows: dict[str, int]) -> dict[str, Any]:
    """A document that waits for the virus scanner."""
    with scope.everything():
        Document.objects.filter(pk=rows["document"]).update(intake="waiting", scanned_at=None)
    return {"reason": "Invented."}


KEY_FROM_BEFORE = (
    "account,name,email,key_prefix,digest,scheme,issued_on\n"
    f"acct-1,Customer AS,door@customer.example,sk-door1234,{'0' * 64},sha256,2025-03-31\n"
)
RESERVED = UUID("7b6f1c3e-6d0e-4b7e-9a55-2f4c0f5f9f11")


def secret_of(key: int) -> str:
    """One that is made for it now, since nobody knows its own; good from wherever it is used."""
    written = secret.generate()
    version, pepper = keys.current_pepper()
    told = {"digest": secret.digest(written.text, pepper), "pepper_version": version}
    with scope.everything():
        Key.objects.filter(pk=key).update(prefix=written.prefix, allowed_networks=[], **told)
    return written.text


def said_at(agency: int) -> str:
    with scope.everything():
        return Agency.objects.get(pk=agency).said_at.isoformat()


def reserved_for(key: int) -> str:
    with scope.everything():
        pools.reserve(Key.objects.get(pk=key), {"requests": 1}, ttl=timedelta(minutes=1), number=RESERVED)
    return str(RESERVED)


A_KEY = of(
    name="another", project="project", responsible="boss", holder="service", scopes="inference", tiers="small", expires="90",
)  # fmt: skip
COMPANY = of(
    name="Nordlys Modelling AS", legal_form="AS", registration_number="918334207", country="NO", hq_country="NO",
    **cast.written(), phone="+47 77 00 00 00",
)  # fmt: skip
ALICES = {
    "name": ALICE,
    "country": "NO",
    "birth_date": "1984-03-17",
    "title": "CEO",
    **cast.written("NO"),
    "us_basis": "none",
}
# The sign-in library's own pages, each about its asker alone: tests/accounts/test_pages.py draws them.
LIBRARY = ("account_", "mfa_", "usersessions_", "session_")
# About the asker's own organisation, whichever it is.
OF_CUSTOMERS = ("onboarding:", "paper_statement", "own_data")
FOR_STRANGERS = ("login", "logout", "inactive", "signup", "verification_sent", "reset_password", "authenticate", "login_code")
OF_ONE = ("mfa_edit_webauthn", "mfa_remove_webauthn", "session_end")
# Where the start leads each, and who has begun already: nothing is asked of them twice.
STARTS = dict.fromkeys(CUSTOMERS | REPORT_READERS | {"support"}, NORDLYS) | {"administrator": "Audit trail"}
STARTS |= {"outsider": OUTSIDE, "nobody": "Before we begin"}
BEGUN = {"owner": NORDLYS, "member": NORDLYS, "outsider": OUTSIDE}
# What a page puts into its form by itself.
HIDDEN = re.compile(rb'<input type="hidden" name="(shown|notice|once)" value="([^"]*)"')

# One row an address. `who` is a set above, `own=of(NUMBER_IN_ADDRESS="kind")` with a kind of House.mine.
DOORS: dict[str, Door] = {
    "home": Door(ALL, open=True, names="Keyholder"),
    "start": Door(SIGNED_IN, names=STARTS, state="review"),
    "healthz": Door(ALL, open=True, names="alive"),
    "readyz": Door(ALL, open=True, names="ready"),
    "onboarding:overview": Door(CUSTOMERS, names=NORDLYS),
    "onboarding:create": Door(
        frozenset(BEGUN) | {"nobody"}, names=BEGUN | {"nobody": "Before we begin"}, told=BEGUN,
        post=of(name="Nobody AS", your_name="Nobody"),
    ),
    "onboarding:leave": Door(
        frozenset(BEGUN) | {"nobody"}, names=BEGUN | {"nobody": "Delete your account?"}, told=BEGUN, post=nothing
    ),
    "onboarding:kind": Door(
        CUSTOMERS, names="What you are",
        post=lambda rows: {"customer_class": "company", "programme": "research", "programme_run_by": "The University of Tromsø"},
    ),
    "onboarding:company": Door(CUSTOMERS, names=NORDLYS, post=COMPANY),
    "onboarding:people": Door(CUSTOMERS, names=ALICE),
    "onboarding:person_add": Door(
        CUSTOMERS, names="Add a person",
        post=of(**ALICES | {"name": "Kari Dahl", "birth_date": "1980-01-01"}, roles="director"),
    ),
    "onboarding:person": Door(CUSTOMERS, own=of(pk="boss"), names=ALICE, post=of(**ALICES, roles="controller")),
    "onboarding:person_remove": Door(CUSTOMERS, own=of(pk="free"), names="Kari Lund", post=nothing),
    "onboarding:owners": Door(CUSTOMERS, names=ALICE),
    "onboarding:picture": Door(CUSTOMERS, names=ALICE),
    "onboarding:owner_add": Door(
        CUSTOMERS, own=of(pk="company", kind="person"), names=NORDLYS, post=of(name="Ola Berg", country="NO", us_basis="none")
    ),
    "onboarding:owner": Door(
        CUSTOMERS, own=of(pk="interest"), names=ALICE, post=of(name=ALICE, country="NO", share="99", us_basis="none")
    ),
    "onboarding:owner_remove": Door(CUSTOMERS, own=of(pk="interest"), names=ALICE, post=nothing),
    "onboarding:members": Door(CUSTOMERS, names="A second owner keeps the account yours"),
    "onboarding:member_invite": Door(OWNERS, names="Send the invitation", post=of(email="new@nordlys.example", role="member")),
    "onboarding:member_invitation_withdraw": Door(OWNERS, own=of(pk="bidden"), post=nothing, names="Members"),
    "onboarding:member": Door(OWNERS, own=of(pk="second"), names="Second", post=of(role="owner")),
    "onboarding:member_remove": Door(OWNERS, own=of(pk="second"), names="Second", post=nothing),
    "onboarding:join": Door(BIDDEN, own=of(pk="bid"), names="invites you", post=nothing),
    "onboarding:invite": Door(CUSTOMERS, own=of(pk="boss"), names=ALICE, post=of(email="alice@nordlys.example")),
    "onboarding:invite_withdraw": Door(CUSTOMERS, own=of(pk="boss"), names=ALICE, post=nothing),
    "onboarding:confirm": Door(CUSTOMERS, names="nordlys.example"),
    "onboarding:confirm_code": Door(
        CUSTOMERS, own=of(pk="company", channel="email"), names="Confirm an e-mail address", post=of(code="123456")
    ),
    "onboarding:confirm_send": Door(
        CUSTOMERS, own=of(pk="company", channel="phone"), names="Confirm a telephone number", post=nothing
    ),
    "onboarding:confirm_domain": Door(CUSTOMERS, own=of(pk="company"), names="Show that a domain is yours", post=nothing),
    "onboarding:confirm_service": Door(
        CUSTOMERS, own=of(pk="boss", service="stripe"), names="verified by Stripe Identity", post=nothing
    ),
    "onboarding:prove": Door(ALL, open=True, own=of(token="token"), post=nothing, names=ALICE),
    "onboarding:prove_anew": Door(ALL, open=True, get=False, own=of(token="token"), names="Look in your mail", post=nothing),
    "onboarding:proved": Door(ALL, open=True, names="Thank you"),
    "onboarding:prove_sent": Door(ALL, open=True, names="Look in your mail"),
    "onboarding:exclusion": Door(
        CUSTOMERS, own=of(pk="company"), names="NYSE: NORD", post=of(ground="registered_issuer", reference="SEC file 1-12345")
    ),
    "onboarding:exclusion_withdraw": Door(
        CUSTOMERS, own=of(pk="company", claim="exclusion"), names="NYSE: NORD", post=nothing
    ),
    "onboarding:principal": Door(
        CUSTOMERS, names="for whom a nominee holds", post=of(name="Ida Skjult", country="NO", us_basis="none")
    ),
    "onboarding:principal_remove": Door(CUSTOMERS, own=of(pk="behind"), names="Per Skjult", post=nothing),
    "onboarding:use": Door(
        CUSTOMERS, names=ALICE, post=lambda rows: {**cast.ANSWERS, "end_use": "Another.", "signed_name": ALICE}
    ),
    "onboarding:owners_file": Door(
        CUSTOMERS, names="from a file",
        post=lambda rows: {"file": SimpleUploadedFile("o.csv", f"owner,owned,share\n{ALICE},{NORDLYS},100\n".encode())},
    ),
    "onboarding:payment": Door(
        CUSTOMERS, names="4242",
        post=of(kind="card", holder=ALICE, institution="DNB", country="NO", last_four="1881", source="revenue"),
    ),
    "onboarding:payment_change": Door(
        CUSTOMERS, own=of(pk="means"), names="4242",
        post=of(kind="credit", source="other", source_details="Credits of the fund"),
    ),
    "onboarding:payment_remove": Door(CUSTOMERS, own=of(pk="means"), names="4242", post=nothing),
    "onboarding:documents": Door(
        CUSTOMERS, names="extract.pdf", post=lambda rows: {"kind": "register_extract", "file": cast.pdf(width=600)}
    ),
    "onboarding:phone": Door(CUSTOMERS, names="Continue on your phone", post=of(kind="register_extract")),
    "onboarding:on_phone": Door(
        ALL, open=True, own=of(token="a-link-for-a-phone"), names="Take a picture of the document", post=nothing
    ),
    "onboarding:part": Door(
        CUSTOMERS, names='"at"',
        post=lambda rows: {"sent": str(RESERVED), "at": "0", "size": "3", "part": SimpleUploadedFile("part", b"abc")},
    ),
    "onboarding:document": Door(CUSTOMERS, own=of(pk="document"), names="%PDF"),
    "onboarding:document_remove": Door(CUSTOMERS, own=of(pk="document"), names="extract.pdf", post=nothing),
    "onboarding:change": Door(CUSTOMERS, names="What else has changed?", post=of(parts="owners"), state="told"),
    "onboarding:change_none": Door(CUSTOMERS, names="nothing has changed?", post=of(declared_true="on"), state="told"),
    "onboarding:check": Door(CUSTOMERS, names=NORDLYS, post=of(declared_true="on")),
    "onboarding:kept": Door(CUSTOMERS, names="What we keep, and until when"),
    "onboarding:statement": Door(CUSTOMERS, names="records_kept"),
    "paper_statement": Door(CUSTOMERS, names="%PDF"),
    "onboarding:close": Door(
        CUSTOMERS, names=NORDLYS, post=lambda rows: {"name": NORDLYS},
        told={"member": "Only an owner of the account can close it."},
    ),
    "onboarding:keys": Door(CUSTOMERS, names="production"),
    "onboarding:key_doctor": Door(CUSTOMERS, names="Why was a call refused?", post=of(pasted="kh_live_4fT9u2Kx0aBc")),
    "onboarding:key_issue": Door(CUSTOMERS, names="Issue a key", post=A_KEY),
    "onboarding:key": Door(CUSTOMERS, own=of(pk="key"), names="production"),
    "onboarding:key_responsible": Door(CUSTOMERS, own=of(pk="key"), names="production", post=of(responsible="heir")),
    "onboarding:key_elsewhere": Door(CUSTOMERS, own=of(pk="elsewhere"), names="old_", post=of(responsible="heir")),
    "onboarding:key_elsewhere_revoke": Door(CUSTOMERS, own=of(pk="elsewhere"), names="old_", post=nothing),
    "onboarding:key_change": Door(
        CUSTOMERS, own=of(pk="key"), names="production", post=of(name="production", networks="192.0.2.0/24"),
        told={"member": "Only an owner of the account changes a key."},
    ),
    "onboarding:key_wake": Door(CUSTOMERS, get=False, own=of(pk="key"), post=nothing),
    "onboarding:key_roll": Door(CUSTOMERS, own=of(pk="spare"), names="production", post=of(overlap="24")),
    "onboarding:usage": Door(CUSTOMERS, names="Use and limits"),
    "onboarding:usage_csv": Door(CUSTOMERS, names="day,key,name"),
    "onboarding:limit": Door(
        CUSTOMERS, names="Set a limit",
        post=lambda rows: {"of": f"key-{rows['key']}", "unit": "tokens", "period": "month", "limit": "5"},
    ),
    "onboarding:restriction": Door(
        CUSTOMERS, own=of(handle="restricted"), names="How much your keys may use is limited.", post=of(words="We are a school.")
    ),
    "onboarding:resale": Door(CUSTOMERS, post=lambda _: {"downstream": "DE,120,118"}, names="No identities are checked."),
    "onboarding:agencies": Door(CUSTOMERS, names="Its clients"),
    "onboarding:agency_declare": Door(
        CUSTOMERS, names="Which accounts do you run for others?",
        post=lambda rows: {
            "name": "Other clients", "ground": "agency", "words": "We run them.", "file": cast.pdf(width=611),
            "accounts": agencies.number_of(rows["agent"]),
        },
    ),
    "onboarding:agency": Door(
        CUSTOMERS, own=of(pk="agency"), names="Its clients", post=lambda rows: {"accounts": agencies.number_of(rows["agent"])}
    ),
    "onboarding:agency_correct": Door(
        CUSTOMERS, own=of(pk="agency"), names="Its clients",
        post=lambda _rows: {"name": "Its shops", "ground": "agency", "words": "We run them."},
    ),
    "onboarding:agency_renew": Door(
        CUSTOMERS, own=of(pk="agency"), names="Its clients", post=lambda _rows: {"file": cast.pdf(width=612)}
    ),
    "onboarding:agency_end": Door(CUSTOMERS, own=of(pk="agency"), names="Its clients", post=nothing),
    "onboarding:agency_account_end": Door(CUSTOMERS, own=of(pk="client"), names="any more?", post=nothing),
    "onboarding:agency_answer": Door(
        CUSTOMERS, own=of(pk="run_by"), names="Agent of Nordlys Modelling AS", post=of(answer="yes")
    ),
    "onboarding:limit_remove": Door(CUSTOMERS, own=of(pk="limit"), names="Remove this limit?", post=nothing),
    "onboarding:key_revoke": Door(CUSTOMERS, own=of(pk="key"), names="production", post=nothing),
    "desk:queue": Door(READERS, names=NORDLYS, state="review"),
    "desk:next": Door(EXAMINERS, get=False, post=nothing, names=NORDLYS, state="review"),
    "desk:differences": Door(READERS, names=NORDLYS, state="review"),
    "desk:case": Door(READERS, own=of(pk="case"), names=NORDLYS),
    "desk:usage": Door(READERS, own=of(pk="case"), names="Use of keys"),
    "desk:limit": Door(
        HOLDERS, get=False, own=of(pk="case"), post=of(unit="tokens", period="month", limit="5", reason="agreed"),
        names="The limit is set",
    ),
    "desk:limit_remove": Door(
        HOLDERS, get=False, own=of(pk="case", pool="whole"), post=of(reason="agreed"), names="The limit is removed"
    ),
    "desk:picture": Door(READERS, own=of(pk="case"), names=NORDLYS),
    "desk:live": Door(READERS, own=of(pk="case"), names="The checks", state="review"),
    "desk:look": Door(
        SUPPORTERS, get=False, own=of(pk="case"), post=of(purpose="stuck"), names="as its customer sees them", state="review"
    ),
    "desk:look_stop": Door(SUPPORTERS, get=False, own=of(pk="case"), post=nothing, names=NORDLYS, state="review"),
    "desk:examine": Door(EXAMINERS, get=False, own=of(pk="case"), post=nothing, names=NORDLYS, state="failed"),
    "desk:rule_flag": Door(
        EXAMINERS, get=False, own=of(pk="case", signed="signed", question="resale"), names="Red flag, explained.", state="review",
        post=of(ruling="explained", note="They name their customers."),
    ),
    "desk:verify": Door(
        EXAMINERS, get=False, own=of(pk="case", party="boss"), names=NORDLYS, state="review",
        post=of(statuses="status", document="passport", note="Seen."),
    ),
    "desk:confirm_paper": Door(
        EXAMINERS, get=False, own=of(pk="case", party="company"), names=NORDLYS, state="review",
        post=lambda rows: {
            "way": "extract:registration", "document": rows["document"], "issuer": "Register", "number": "918334207",
            "dated": timezone.localdate().isoformat(),
        },
    ),
    "desk:confirm_lei": Door(
        EXAMINERS, get=False, own=of(pk="case", party="company"), names=NORDLYS, state="review", post=nothing
    ),
    "desk:confirm_payment": Door(
        EXAMINERS, get=False, own=of(pk="case", means="means"), names=NORDLYS, state="review", post=of(reason="It trades so.")
    ),
    "desk:confirm_end": Door(
        EXAMINERS, get=False, own=of(pk="case", confirmation="confirmation"), names=NORDLYS, state="review",
        post=of(reason="By mistake."),
    ),
    "letter": Door(EXAMINERS, get=False, own=of(pk="case", party="company"), state="review", post=nothing, names="Your code"),
    "desk:exclusion": Door(
        EXAMINERS, get=False, own=of(pk="case", exclusion="exclusion"), names=NORDLYS, state="review",
        post=of(ruling="rejected", reason="Another company of that name is listed."),
    ),
    "desk:wealth": Door(
        EXAMINERS, get=False, own=of(pk="case", requirement="asked_by_rule"), names=NORDLYS, state="review",
        post=of(document="wealth", note="Sold her company in 2019."),
    ),
    "desk:same": Door(
        EXAMINERS, get=False, own=of(pk="case", party="company", other="namesake"), names=OUTSIDE, state="review",
        post=of(ruling="same", reason="One number in one register."),
    ),
    "desk:divergence_resolve": Door(
        EXAMINERS, get=False, own=of(pk="case", divergence="divergence"), names=NORDLYS, state="review",
        post=of(resolution="explained", reason="It moved in 2024."),
    ),
    "desk:reveal": Door(
        REVEALERS, get=False, own=of(pk="case", party="boss"), names=NORDLYS, state="review",
        post=of(field="birth_date", purpose="match"),
    ),
    "desk:leak_reveal": Door(
        REVEALERS, get=False, own=of(pk="case", leak="leak"), names="Found in public", state="review", post=of(purpose="contact")
    ),
    "desk:observe": Door(
        EXAMINERS, get=False, own=of(pk="case"), names=NORDLYS, state="review",
        post=of(
            source="officialRegister", found_in="Register of Oslo", stated_on="2026-06-02", owned="company", owner="boss",
            kind="shareholding", share="12",
        ),
    ),
    "desk:observation_withdraw": Door(
        EXAMINERS, get=False, own=of(pk="case", observation="observation"), post=of(reason="Another company."), names=NORDLYS,
        state="review",
    ),
    "desk:discrepancy_resolve": Door(
        EXAMINERS, get=False, own=of(pk="case", discrepancy="discrepancy"), names=NORDLYS, state="review",
        post=of(resolution="source_wrong", reason="Sold in 2024."),
    ),
    "desk:assign": Door(EXAMINERS, get=False, own=of(pk="case"), post=of(to="approver"), names=NORDLYS, state="review"),
    "desk:propose": Door(
        EXAMINERS, get=False, own=of(pk="case"), names=NORDLYS, state="review",
        post=of(choice="ask", reason="document_unreadable", note="It is blank.", message="Send it again."),
    ),
    "desk:take": Door(
        APPROVERS, get=False, own=of(pk="case"), post=of(decision="decision", note="Seen."), names=NORDLYS,
        state="proposed",
    ),
    "desk:decline": Door(
        APPROVERS, get=False, own=of(pk="case"), post=of(decision="decision", note="Ask more."), names=NORDLYS,
        state="proposed",
    ),
    "desk:withdraw": Door(
        EXAMINERS, get=False, own=of(pk="case"), post=of(decision="decision"), names=NORDLYS, state="proposed",
        told={"approver": "Only the person who proposed can withdraw.", "senior": "Only the person who proposed can withdraw."},
    ),
    "desk:rule": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="hit"), names=NORDLYS, state="review",
        post=of(ruling="false", reason="different_name"),
    ),
    "desk:ruling_confirm": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="ruled_hit"), names=NORDLYS, state="review",
        post=of(proposal="ruling", note="Seen."), told={"analyst": "You proposed this; another person decides it."},
    ),
    "desk:ruling_send_back": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="ruled_hit"), names=NORDLYS, state="review",
        post=of(proposal="ruling", note="Read the passport."), told={"analyst": "You proposed this; another person decides it."},
    ),
    "desk:ruling_withdraw": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="ruled_hit"), names=NORDLYS, state="review", post=of(proposal="ruling"),
        told={"approver": "Only the person who proposed can withdraw.", "senior": "Only the person who proposed can withdraw."},
    ),
    "desk:overturn": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="standing_hit"), names=NORDLYS, state="review",
        post=of(ruling="undecided", reason="too_little", note="The passport was another's."),
    ),
    "desk:overturn_confirm": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="doubted_hit"), names=NORDLYS, state="review",
        post=of(proposal="doubt", note="Seen."), told={"analyst": "You proposed this; another person decides it."},
    ),
    "desk:overturn_send_back": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="doubted_hit"), names=NORDLYS, state="review",
        post=of(proposal="doubt", note="It was right."), told={"analyst": "You proposed this; another person decides it."},
    ),
    "desk:overturn_withdraw": Door(
        EXAMINERS, get=False, own=of(pk="case", hit="doubted_hit"), names=NORDLYS, state="review", post=of(proposal="doubt"),
        told={"approver": "Only the person who proposed can withdraw.", "senior": "Only the person who proposed can withdraw."},
    ),
    "desk:hold_place": Door(
        HOLDERS, get=False, own=of(pk="case"), names=NORDLYS, state="review",
        post=lambda rows: {"on": "organisation", "reason": "A question."},
    ),
    "desk:hold_lift": Door(
        HOLDERS, get=False, own=of(pk="case", hold="hold"), post=of(reason="Answered."), names=NORDLYS, state="review"
    ),
    "desk:legal_hold_place": Door(
        APPROVERS, get=False, own=of(pk="case"), names=NORDLYS, state="review",
        post=lambda rows: {"source": "agency", "reference": "BIS 8", "asked_by": "BIS", "reason": "Keep.", "since": "2026-01-01"},
    ),
    "desk:legal_hold_lift": Door(
        APPROVERS, get=False, own=of(pk="case", hold="legal_hold"), post=of(reason="Let go."), names=NORDLYS, state="review"
    ),
    "desk:account_close": Door(
        APPROVERS, get=False, own=of(pk="case"), post=of(reason="Resold keys."), names=NORDLYS, state="review"
    ),
    "desk:account_reopen": Door(APPROVERS, get=False, own=of(pk="case"), post=nothing, names=NORDLYS, state="closed"),
    "desk:doctor": Door(READERS, names="Why was a call refused?", post=of(pasted="kh_live_4fT9u2Kx0aBc")),
    "desk:estate": Door(READERS, names="Keys from before"),
    "desk:estate_import": Door(
        ADMINISTRATORS, names="Take over keys from before",
        post=lambda rows: {"file": SimpleUploadedFile("keys.csv", KEY_FROM_BEFORE.encode())},
    ),
    "desk:estate_file": Door(ADMINISTRATORS, own=of(pk="estate_file"), names="estate.csv"),
    "desk:estate_begin": Door(ADMINISTRATORS, get=False, own=of(pk="estate_file"), post=nothing, names="Being taken over"),
    "desk:estate_discard": Door(ADMINISTRATORS, get=False, own=of(pk="estate_file"), post=nothing, names="the file is gone"),
    "desk:lists": Door(INQUIRERS, names="not loaded"),
    "desk:rates": Door(INQUIRERS, names="What the figures say"),
    "desk:rates_csv": Door(INQUIRERS, names="false_alarm_rate"),
    "desk:matches": Door(READERS, names=NORDLYS),
    "desk:legal_holds": Door(
        APPROVERS, names="In force",
        post=lambda rows: {"source": "court", "reference": "1", "asked_by": "Court", "reason": "Keep.", "since": "2026-01-01",
                           "everybody": "on"},
    ),
    "desk:legal_hold_lift_all": Door(
        APPROVERS, get=False, own=of(hold="legal_hold"), post=of(reason="Let go."), names="In force"
    ),
    "desk:document_review": Door(EXAMINERS, own=of(pk="case", document="passport"), names=ALICE, state="review"),
    "desk:document_page": Door(
        EXAMINERS, own=lambda rows: {"pk": rows["case"], "document": rows["document"], "number": 1}, names="JFIF", state="review"
    ),
    "desk:review": Door(
        EXAMINERS, get=False, own=of(pk="case", document="passport"), names=ALICE, state="review", post=of(ruling="accepted"),
    ),
    "desk:evidence": Door(READERS, own=of(pk="case", party="boss"), names=ALICE),
    "desk:evidence_record": Door(
        EXAMINERS, get=False, own=of(pk="case", party="boss"), names=ALICE, state="review", post=of(kind="bank_account"),
    ),
    "desk:evidence_judge": Door(
        EXAMINERS, get=False, own=of(pk="case", item="item", what="validate"), names=ALICE, state="review",
        post=of(method="inspected", result="passed"),
    ),
    "desk:mismatch_resolve": Door(
        EXAMINERS, get=False, own=of(pk="case", mismatch="mismatch"), names=ALICE, state="review",
        post=of(resolution="changed", reason="Married in 2025."),
    ),
    "desk:document": Door(EXAMINERS, own=of(pk="case", document="document"), names="%PDF", state="review"),
    "desk:document_for": Door(
        DOCUMENT_READERS, get=False, own=of(pk="case", document="document"), post=of(purpose="match"), names="%PDF",
        state="review",
    ),
    "desk:document_release": Door(
        APPROVERS, get=False, own=of(pk="case", document="document"), post=lambda rows: unscanned(rows), names=NORDLYS,
    ),
    "desk:involve": Door(
        INVESTIGATORS, get=False, own=of(pk="case"), names="Copied answers of Nordlys",
        post=lambda rows: {"incident": rows["incident"], "about": f"key-{rows['key']}", "why": "It too."}, state="review",
    ),
    "desk:inquiries": Door(INQUIRERS, names="Screen someone"),
    "desk:inquiry_ask": Door(
        EXAMINERS, get=False, names="Kari Moe",
        post=of(names="Kari Moe", kind="person", birth_date="1984", country="NO", identifiers="", reason="news", note=""),
    ),
    "desk:inquiry_file": Door(
        EXAMINERS, names="from a file",
        post=lambda rows: {"reason": "news", "file": SimpleUploadedFile("a.csv", b"name\nKari Moe\n")},
    ),
    "desk:inquiry_sample": Door(EXAMINERS, names="Ana Lima"),
    "desk:inquiry": Door(INQUIRERS, own=of(pk="inquiry"), names="payees.csv"),
    "desk:inquiry_row": Door(INQUIRERS, own=of(pk="inquiry", place="1"), names="Kari Moe"),
    "desk:inquiry_download": Door(INQUIRERS, own=of(pk="inquiry"), names="Kari Moe"),
    "desk:inquiry_go_on": Door(EXAMINERS, get=False, own=of(pk="held_inquiry"), post=nothing, names="payees.csv"),
    "desk:inquiry_cancel": Door(EXAMINERS, get=False, own=of(pk="inquiry"), post=nothing, names="Cancelled by"),
    "desk:networks": Door(INVESTIGATORS, names=NORDLYS),
    "desk:networks_build": Door(INVESTIGATORS, get=False, post=nothing, names="asked for"),
    "desk:network": Door(INVESTIGATORS, own=of(pk="network"), names=NORDLYS),
    "desk:network_picture": Door(INVESTIGATORS, own=of(pk="network"), names=NORDLYS),
    "desk:network_members": Door(INVESTIGATORS, own=of(pk="network"), names=NORDLYS),
    "desk:network_members_csv": Door(INVESTIGATORS, own=of(pk="network"), names=NORDLYS),
    "desk:network_ledger": Door(INVESTIGATORS, own=of(pk="network"), names=NORDLYS),
    "desk:network_ledger_csv": Door(INVESTIGATORS, own=of(pk="network"), names=NORDLYS),
    "desk:network_changes": Door(INVESTIGATORS, own=of(pk="network"), names=NORDLYS),
    "desk:network_edge": Door(INVESTIGATORS, own=of(pk="network", edge="edge"), names=NORDLYS),
    "desk:network_edge_rule": Door(
        INVESTIGATORS, get=False, own=of(pk="network", edge="edge"), post=of(kind="coincidence", reason="A street."),
        names="Ruled.",
    ),
    "desk:network_value": Door(INVESTIGATORS, own=of(pk="network", kind="phone", handle="handle"), names=NORDLYS),
    "desk:network_value_rule": Door(
        INVESTIGATORS, get=False, own=of(pk="network", kind="phone", handle="handle"),
        post=of(kind="coincidence", reason="A street."), names="Ruled.",
    ),
    "desk:network_ruling_take": Door(
        INVESTIGATORS, get=False, own=of(pk="network", proposal="network_ruling"), post=nothing, names="Taken."
    ),
    "desk:network_ruling_decline": Door(
        INVESTIGATORS, get=False, own=of(pk="network", proposal="network_ruling"), post=of(reason="A street."), names="Declined"
    ),
    "desk:network_ruling_withdraw": Door(
        INVESTIGATORS, get=False, own=of(pk="network", proposal="network_ruling"), post=nothing,
        told={"investigator": "Only the person who proposed can withdraw."},
    ),
    "desk:network_attach": Door(
        INVESTIGATORS, get=False, own=of(pk="network", attachment="network_attachment"), post=of(reason="A street."),
        names="Attached",
    ),
    "desk:network_leave_out": Door(
        INVESTIGATORS, get=False, own=of(pk="network", attachment="network_attachment"), post=of(reason="A street."),
        names="Left out",
    ),
    "desk:incidents": Door(INVESTIGATORS, names="Copied answers of Nordlys"),
    "desk:incident_new": Door(
        INVESTIGATORS, names="New incident",
        post=of(title="Lent keys", kind="resale", confidence="low", detected_on="2026-11-01"),
    ),
    "desk:incident": Door(INVESTIGATORS, own=of(pk="incident"), names="Copied answers of Nordlys"),
    "desk:incident_write": Door(
        INVESTIGATORS, own=of(pk="incident"), names="Copied answers of Nordlys",
        post=of(title="Copied answers of Nordlys", kind="extraction", confidence="high", detected_on="2026-11-02", who="Three."),
    ),
    "desk:incident_note": Door(
        INVESTIGATORS, get=False, own=of(pk="incident"), names="Copied answers of Nordlys", post=of(text="By day too.")
    ),
    "desk:incident_refer": Door(
        INVESTIGATORS, get=False, own=of(pk="incident"), names="Copied answers of Nordlys",
        post=of(recipient="CISA", made_on="2026-11-04"),
    ),
    "desk:incident_close": Door(
        INVESTIGATORS, get=False, own=of(pk="incident"), names="Copied answers of Nordlys",
        post=of(outcome="unfounded", reason="Their own licence."),
    ),
    "desk:incident_release": Door(
        INVESTIGATORS, get=False, own=of(pk="incident", involvement="involvement"), names="Copied answers of Nordlys",
        post=of(reason="Another's keys."),
    ),
    "desk:controllers": Door(INVESTIGATORS, names="Mirror"),
    "desk:controller_new": Door(
        INVESTIGATORS, own=of(network="network"), names="One hand behind N-",
        post=of(name="Twin", why="One card.", reason="payment"),
    ),
    "desk:rule_misses": Door(INVESTIGATORS, names="What appeals found wrong"),
    "desk:controller": Door(INVESTIGATORS, own=of(pk="hand"), names="Mirror"),
    "desk:controller_kept": Door(
        INVESTIGATORS, own=of(pk="ruled_controller", kept="kept"), names="Evidence as it was kept"
    ),
    "desk:controller_take": Door(INVESTIGATORS, get=False, own=of(pk="hand"), post=nothing, names="Mirror"),
    "desk:controller_decline": Door(
        INVESTIGATORS, get=False, own=of(pk="hand"), post=of(reason="Two schools."), names="Mirror"
    ),
    "desk:controller_end": Door(
        INVESTIGATORS, get=False, own=of(pk="ruled_controller"), post=of(reason="Two schools."), names="Ruled"
    ),
    "desk:controller_note": Door(INVESTIGATORS, get=False, own=of(pk="hand"), post=of(text="Asked."), names="Mirror"),
    "desk:controller_incident": Door(
        INVESTIGATORS, get=False, own=of(pk="ruled_controller"), names="Lent keys",
        post=of(title="Lent keys", kind="resale", confidence="low", detected_on="2026-11-01"),
    ),
    "desk:controller_member_end": Door(
        INVESTIGATORS, get=False, own=of(pk="ruled_controller", member="ruled_member"), names="Ruled",
        post=of(reason="A lender."),
    ),
    "desk:controller_add": Door(
        INVESTIGATORS, own=of(pk="ruled_controller"), names="More accounts of",
        post=lambda rows: {"members": [rows["third_account"]], "reason": "payment", "why": "One card."},
    ),
    "desk:controller_add_take": Door(
        INVESTIGATORS, get=False, own=of(pk="ruled_controller", proposal="coming"), post=nothing, names="Ruled"
    ),
    "desk:controller_add_decline": Door(
        INVESTIGATORS, get=False, own=of(pk="ruled_controller", proposal="coming"), post=of(reason="A school."), names="Ruled"
    ),
    "desk:measure_new": Door(
        INVESTIGATORS, own=of(pk="ruled_controller"), names="Ruled",
        post=lambda rows: {"kind": "hold", "told": "terms", "reason": "harm", "why": "It copies.",
                           "later": [str(rows["other_account"])]},
    ),
    "desk:measure": Door(INVESTIGATORS, own=of(pk="measure"), names="It copies."),
    "desk:measure_take": Door(INVESTIGATORS, get=False, own=of(pk="proposed_measure"), post=nothing, names="It copies."),
    "desk:measure_decline": Door(
        INVESTIGATORS, get=False, own=of(pk="proposed_measure"), post=of(reason="Two schools."), names="It copies."
    ),
    "desk:measure_release": Door(INVESTIGATORS, get=False, own=of(pk="measure"), post=nothing, names="It copies."),
    "desk:measure_retry": Door(INVESTIGATORS, get=False, own=of(pk="measure"), post=nothing, names="It copies."),
    "desk:measure_undo": Door(INVESTIGATORS, get=False, own=of(pk="measure"), post=of(reason="A school."), names="It copies."),
    "desk:measure_spare": Door(
        INVESTIGATORS, get=False, own=of(pk="measure", member="measured"), post=of(reason="A school."), names="It copies."
    ),
    "desk:directives": Door(DIRECTORS | {"auditor"}, names="IS-2026-7"),
    "desk:directive_new": Door(DIRECTORS, names="The order, as it says", post=lambda _: directed.LETTER),
    "desk:directive_preview": Door(DIRECTORS, get=False, post=lambda _: directed.LETTER, names="Keys that are refused"),
    "desk:directive": Door(DIRECTORS | {"auditor"}, own=of(pk="directive"), names="IS-2026-7"),
    "desk:directive_previewed": Door(DIRECTORS, own=of(pk="directive_preview"), names="What it would touch"),
    "desk:directive_count": Door(DIRECTORS, get=False, own=of(pk="proposed_directive"), post=nothing, names="counted anew"),
    "desk:directive_extend": Door(
        DIRECTORS, get=False, own=of(pk="directive"), names="Proposed.",
        post=of(until=f"{timezone.now() + timedelta(days=500):%Y-%m-%dT%H:%M}", reason="The second letter."),
    ),
    "desk:directive_extension_take": Door(
        DIRECTORS, get=False, own=of(pk="extended_directive"), post=nothing, names="Extended."
    ),
    "desk:directive_extension_decline": Door(
        DIRECTORS, get=False, own=of(pk="extended_directive"), post=of(reason="Not by them."), names="Not by them."
    ),
    "desk:directive_take": Door(DIRECTORS, get=False, own=of(pk="proposed_directive"), post=nothing, names="Taken."),
    "desk:directive_decline": Door(
        DIRECTORS, get=False, own=of(pk="proposed_directive"), post=of(reason="Not for us."), names="Not for us."
    ),
    "desk:directive_lift": Door(DIRECTORS, get=False, own=of(pk="directive"), post=of(reason="Withdrawn."), names="Withdrawn."),
    "desk:directive_undo": Door(DIRECTORS, get=False, own=of(pk="directive"), post=of(reason="By error."), names="By error."),
    "desk:deadlines": Door(READERS, names=NORDLYS),
    "desk:deadlines_csv": Door(READERS, names=NORDLYS),
    "desk:blocked_records": Door(EXAMINERS | {"auditor"}, names=NORDLYS),
    "desk:blocked_csv": Door(EXAMINERS | {"auditor"}, names=NORDLYS),
    "desk:blocked_new": Door(
        EXAMINERS, names="New record",
        post=lambda rows: blocked.TOLD
        | {"customer": f"O-{rows['organisation']}", "kind": "rejected", "happened_on": "2026-11-20"},
    ),
    "desk:blocked_record": Door(EXAMINERS | {"auditor"}, own=of(pk="blocked"), names=NORDLYS),
    "desk:blocked_amend": Door(
        EXAMINERS, get=False, own=of(pk="held"), names=NORDLYS,
        post=lambda _: blocked.TOLD | {"kind": "blocked", "happened_on": "2026-11-03"},
    ),
    "desk:blocked_prepare": Door(EXAMINERS, get=False, own=of(pk="held"), post=of(note=""), names="Prepared."),
    "desk:blocked_dismiss": Door(EXAMINERS, get=False, own=of(pk="held"), post=of(reason="A licence."), names="A licence."),
    "desk:blocked_release": Door(
        EXAMINERS, get=False, own=of(pk="filed"), names="Delisted.",
        post=of(released_on="2026-11-25", ground="Delisted."),
    ),
    "desk:blocked_take": Door(
        APPROVERS, get=False, own=of(filing="filing"), names="ORS-9", post=of(filed_on="2026-11-20", reference="ORS-9")
    ),
    "desk:blocked_decline": Door(
        EXAMINERS, get=False, own=of(filing="filing"), names="Another value.", post=of(reason="Another value."),
        told={"analyst": "Your role does not allow this."},
    ),
    "desk:blocked_prepare_annual": Door(EXAMINERS, get=False, own=of(year="stock_year"), post=nothing, names="Prepared."),
    "desk:training_runs": Door(EXAMINERS | {"auditor"}, names=NORDLYS),
    "desk:training_new": Door(
        EXAMINERS, names="New training run",
        post=lambda rows: {
            "customer": f"O-{rows['organisation']}", "known_on": "2026-11-20", "basis": "It said so.", "deal": "Its order.",
        },
    ),
    "desk:training_run": Door(EXAMINERS | {"auditor"}, own=of(pk="training"), names=NORDLYS),
    "desk:training_amend": Door(
        EXAMINERS, get=False, own=of(pk="training_whole"), post=of(basis="It said so.", deal="Another order."), names="Saved.",
    ),
    "desk:training_ask": Door(
        EXAMINERS, get=False, own=of(pk="training"), names="Its clock runs.",
        post=of(kind="follow_up", what="How many?", since="2026-11-21"),
    ),
    "desk:training_prepare": Door(EXAMINERS, get=False, own=of(duty="training_ready"), post=nothing, names="Prepared."),
    "desk:training_dismiss": Door(
        EXAMINERS, get=False, own=of(duty="training_ready"), post=of(reason="Too small."), names="has to confirm it",
    ),
    "desk:training_take": Door(APPROVERS, get=False, own=of(filing="training_filing"), post=nothing, names="Confirmed"),
    "desk:training_decline": Door(
        EXAMINERS, get=False, own=of(filing="training_filing"), post=of(reason="Not so."), names="Its clock runs on.",
        told={"analyst": "Your role does not allow this."},
    ),
    "desk:resellers": Door(EXAMINERS | {"auditor"}, names=NORDLYS),
    "desk:reseller_new": Door(
        EXAMINERS, names="Enter a reseller", post=lambda rows: {"customer": f"O-{rows['agent']}", "place": "foreign"}
    ),
    "desk:reseller": Door(EXAMINERS | {"auditor"}, own=of(pk="reseller"), names=NORDLYS),
    "desk:reseller_change": Door(
        EXAMINERS, get=False, own=of(pk="reseller"), names=NORDLYS, post=of(place="domestic", programme="ours")
    ),
    "desk:reseller_assess": Door(
        EXAMINERS, get=False, own=of(pk="reseller"), names="Checked by sample.",
        post=of(assessed_on="2026-11-20", findings="Checked by sample.", outcome="complies"),
    ),
    "desk:reseller_end": Door(
        EXAMINERS, get=False, own=of(pk="reseller"), names="It wrote so.", post=of(ended_on="2026-11-25", because="It wrote so.")
    ),
    "desk:reseller_resolve": Door(
        EXAMINERS, get=False, own=of(pk="failed"), names="All are checked.",
        post=of(reason="mistake", resolution="All are checked."),
    ),
    "desk:reseller_take": Door(APPROVERS, get=False, own=of(pk="mended"), post=nothing, names="All are checked."),
    "desk:reseller_decline": Door(
        EXAMINERS, get=False, own=of(pk="mended"), names=NORDLYS, post=of(reason="Not by what I read."),
        told={"analyst": "Your role does not allow this."},
    ),
    "desk:appeals": Door(HOLDERS, names="Nordlys"),
    "desk:appeal": Door(HOLDERS, own=of(pk="appeal"), names="We are a school."),
    "desk:appeal_decide": Door(
        HOLDERS, get=False, own=of(pk="appeal"), post=of(outcome="upheld", answer="It shows nothing."), names="We are a school."
    ),
    "desk:agencies": Door(READERS, names=NORDLYS),
    "desk:agency": Door(READERS, own=of(pk="agency"), names="Its clients"),
    "desk:agency_rule": Door(
        EXAMINERS, get=False, own=of(pk="agency"), names="Its clients",
        post=lambda rows: {"ruling": "refused", "reason": "No contract.", "said_at": said_at(rows["agency"])},
    ),
    "desk:network_said_take_back": Door(
        INVESTIGATORS, get=False, own=of(pk="ended_network", ruling_number="said"), post=of(reason="A street."), names="Ruled."
    ),
    "desk:indications": Door(INVESTIGATORS, names="Whose use stands out"),
    "desk:indications_look": Door(INVESTIGATORS, get=False, post=nothing, names="Whose use stands out"),
    "desk:indication_of_key": Door(INVESTIGATORS, own=of(pk="spare"), names="Nothing stands out"),
    "desk:indication": Door(INVESTIGATORS, own=of(pk="indication"), names="Requests on a day of use"),
    "desk:authorise": Door(
        INVESTIGATORS, get=False, own=of(pk="indication"), names="Contract 9",
        post=of(organisation="organisation", reference="Contract 9", since="2026-01-01", reason="Agreed."),
    ),
    "desk:authorisation_end": Door(
        INVESTIGATORS, get=False, own=of(pk="indication", authorisation="authorisation"), names="It ran out.",
        post=of(reason="It ran out."),
    ),
    "desk:indication_incident": Door(
        INVESTIGATORS, own=of(pk="indication"), names="What else could explain it",
        post=of(
            title="Assessed", kind="extraction", confidence="low", detected_on="2026-11-02", alternative="A move of theirs."
        ),
    ),
    "reports:list": Door(REPORT_READERS, names=NORDLYS),
    "reports:request": Door(REQUESTERS, names=NORDLYS, post=of(kind="R-03", organisation="organisation")),
    "reports:schedules": Door(
        REQUESTERS, names=NORDLYS, post=of(kind="R-04", organisation="organisation", rhythm="year", first_on="2030-01-31"),
    ),
    "reports:schedule_stop": Door(REQUESTERS, get=False, own=of(pk="schedule"), post=of(sure="1")),
    "reports:of_order": Door(DIRECTORS | {"auditor"}, own=of(pk="directive"), names="IS-2026-7", post=of(profile="minimised")),
    "reports:of_year": Door(
        REQUESTERS, own=of(year="stock_year"), names="Annual report of blocked property", post=of(addressee="OFAC")
    ),
    "reports:pack": Door(ASKER, own=of(pk="pack"), names="Download the ZIP"),
    "reports:packed_download": Door(ASKER, own=of(pk="pack"), names="%PDF"),
    "reports:report": Door(REPORT_READERS, own=of(pk="report"), names=NORDLYS),
    "reports:again": Door(REQUESTERS, get=False, own=of(pk="report"), post=nothing, names=NORDLYS),
    "reports:restate": Door(REQUESTERS, get=False, own=of(pk="ready"), post=nothing, names=NORDLYS),
    "reports:approve": Door(APPROVERS, get=False, own=of(pk="awaiting"), post=nothing, names=NORDLYS),
    "reports:decline": Door(APPROVERS, get=False, own=of(pk="awaiting"), post=of(why="Not yet."), names=NORDLYS),
    "reports:withdraw": Door(APPROVERS, get=False, own=of(pk="ready"), post=of(why="Asked for wrongly."), names=NORDLYS),
    "reports:link": Door(
        REPORT_READERS, get=False, own=of(pk="ready"), post=of(reader="A ministry", days="1"), names="It is shown this once"
    ),
    "reports:link_end": Door(REPORT_READERS, get=False, own=of(pk="report", link="outside"), post=nothing, names=NORDLYS),
    "report_link": Door(ALL, open=True, own=of(token="given"), post=nothing, names="has made a report for you"),
    "reports:download": Door(REPORT_READERS, own=of(pk="ready"), names="%PDF"),
    "reports:many_download": Door(REPORT_READERS, get=False, post=lambda rows: {"report": rows["ready"]}, names="manifest.json"),
    "reports:pack_download": Door(REPORT_READERS, own=of(pk="ready"), names="report.json"),
    "audit": Door(AUDITORS, names="issued a gateway&#x27;s credential"),
    "audit_export": Door(AUDITORS, names="gateway.credential_issued"),
    "audit_head": Door(AUDITORS, names='"signature"'),
    "audit_event": Door(AUDITORS, own=of(pk="event"), names="issued a gateway&#x27;s credential", post=nothing),
    "staff": Door(ADMINISTRATORS, names="The approver"),
    "staff_add": Door(
        ADMINISTRATORS, names="Add a colleague", post=of(name="Nina Roos", email="nina@keyholder.example", role="auditor")
    ),
    "staff_member": Door(ADMINISTRATORS, own=of(pk="approver"), names="The approver"),
    "staff_role": Door(ADMINISTRATORS, get=False, own=of(pk="approver"), names="The approver", post=of(role="auditor")),
    "staff_end": Door(ADMINISTRATORS, get=False, own=of(pk="approver"), names="The approver", post=nothing),
    "staff_second_factor": Door(ADMINISTRATORS, get=False, own=of(pk="approver"), names="The approver", post=nothing),
    "staff_sessions": Door(ADMINISTRATORS, get=False, own=of(pk="approver"), names="The approver", post=nothing),
    "staff_session": Door(
        ADMINISTRATORS, get=False, own=of(pk="approver", session="session"), names="The approver", post=nothing
    ),
    "gateways": Door(ADMINISTRATORS, names="door"),
    "gateway_issue": Door(ADMINISTRATORS, names="Issue a credential", post=of(name="edge-1")),
    "gateway_revoke": Door(ADMINISTRATORS, get=False, own=of(pk="gateway"), names="The credential of door", post=nothing),
    "subject_requests": Door(APPROVERS, names=NORDLYS),
    "subject_request_new": Door(
        APPROVERS, names="Record a data request",
        post=lambda rows: {
            "organisation": rows["organisation"], "whom": f"party-{rows['boss']}", "kind": "access", "channel": "letter",
            "received_on": "2026-11-01",
        },
    ),
    "subject_request": Door(APPROVERS, own=of(pk="asked"), names=NORDLYS),
    "subject_request_identify": Door(
        APPROVERS, get=False, own=of(pk="asked"), names="By a call",
        post=of(how="By a call to the number on file.", whom="nobody"),
    ),
    "subject_request_extend": Door(
        APPROVERS, get=False, own=of(pk="asked"), post=of(because="Many have asked."), names="Many have asked."
    ),
    "subject_request_decide": Door(
        APPROVERS, get=False, own=of(pk="asked"), post=of(grounds="To answer who held which key."), names="See how far the answer"
    ),
    "subject_request_issue": Door(APPROVERS, get=False, own=of(pk="decided"), post=nothing, names="See how far the answer"),
    "subject_request_end": Door(
        APPROVERS, get=False, own=of(pk="asked"), post=of(outcome="withdrawn", note="By mail."), names="Withdrawn by the person"
    ),
    "own_data": Door(CUSTOMERS, names="Data about you"),
    "own_data_ask": Door(CUSTOMERS, get=False, post=of(kind="access"), names="we are working on it"),
    "own_data_withdraw": Door(frozenset({"owner"}), get=False, own=of(pk="asked"), post=nothing, names="Withdrawn by the person"),
    "own_data_pdf": Door(frozenset({"owner"}), own=of(pk="answered"), names="%PDF"),
    "own_data_json": Door(frozenset({"owner"}), own=of(pk="answered"), names="{}"),
    "disposals": Door(frozenset({"approver", "senior", "auditor"}), names="Nothing was erased yet"),
    "jobs": Door(ADMINISTRATORS, names="Links of keys"),
    "job_retry": Door(
        ADMINISTRATORS, get=False, own=of(pk="mail", queue="messages.send"), post=nothing, names="Put back"
    ),
    "verify": Door(
        ALL, open=True, own=of(number="R-03-2026-00001"), post=of(sha256="0" * 64), names="Check a report"
    ),
    "verify_begin": Door(ALL, open=True, names="Number of the report"),
    "metrics": Door(frozenset({"gateway"}), names="keyholder_jobs"),
    "api:introspect": Door(frozenset({"gateway"}), get=False, names='{"active":false}', post=of(token="kh_live_no")),
    # Who is signed in is no matter: the reporter signs what he sends.
    "api:leaks": Door(ALL, open=True, get=False, post=nothing),
    "api:verifications": Door(ALL, open=True, get=False, own=of(service="stripe"), post=nothing),
    "api:usage": Door(
        frozenset({"gateway"}), get=False, names='"refused":1',
        post=lambda rows: {"batch": "7b6f1c3e-6d0e-4b7e-9a55-2f4c0f5f9f10", "rows": [{}]},
    ),
    "api:reserve": Door(
        frozenset({"gateway"}), get=False, names='"expires_at"',
        post=lambda rows: {"number": str(RESERVED), "token": secret_of(rows["spare"]), "amounts": {"requests": 1}},
    ),
    "api:settle": Door(
        frozenset({"gateway"}), get=False, names='"settled_at"',
        post=lambda rows: {"number": reserved_for(rows["key"]), "amounts": {"requests": 1}},
    ),
    "api:authorize": Door(frozenset({"gateway"}), names=""),
    "api:changes": Door(frozenset({"gateway"}), names='"changes"'),
    "api:snapshot": Door(frozenset({"gateway"}), names='"cursor"'),
    "api:schema": Door(ALL, open=True, names="/api/v1/introspect"),
    "demo:cast": Door(ALL, open=True, names="Sign in"),
    "demo:sign_in_as": Door(ALL, open=True, get=False, post=of(email="charlie@outside.example")),
    "demo:mail": Door(ALL, open=True, names="Mail that was sent"),
    "demo:gallery": Door(ALL, open=True, names="Timeline"),
    "gallery": Door(ALL, open=True, names="Timeline"),
}  # fmt: skip


def addresses(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name}"


EVERY = sorted(set(addresses(get_resolver().url_patterns)))
# What is behind it only the eraser writes, in a transaction of its own: tests/reports/test_disposals.py asks for it in each role.
ELSEWHERE = {"certificate"}
NAMES = [name for name in EVERY if not name.startswith(LIBRARY) and name not in ELSEWHERE]
OURS = [name for name in NAMES if name in DOORS and not DOORS[name].open]
NUMBERED = [name for name in OURS if DOORS[name].own]


# Of all knocks: each client would load the whole chain of middleware anew.
HANDLER = ClientHandler(enforce_csrf_checks=False)


@contextmanager
def undone() -> Iterator[None]:
    """What happens in it did not. Counts as a test's own transaction, in which what must stand alone may stand."""
    atomic = transaction.atomic()
    atomic._from_testcase = True
    with atomic:
        yield
        transaction.set_rollback(True)


def confirmable(company: Party, code: ConfirmationCode) -> None:
    """It says what can be confirmed, the list of legal entities says the same, and its code is 123456."""
    lei = f"549300{company.pk:012}00"
    Party.objects.filter(pk=company.pk).update(email="office@nordlys.example", domain="nordlys.example", lei=lei)
    code.mark, code.digest = code_sending.mark("office@nordlys.example"), code_sending.digest(code.salt, "123456")
    code.save()
    LeiCopy.objects.get_or_create(level="entities", published=timezone.localdate(), sha256="0" * 64, rows=1, loaded_by="omar")
    LegalEntity.objects.create(lei=lei, name=company.name, status="ISSUED", entity_status="ACTIVE")


def numbers(rows: dict[Any, Any], analyst: User) -> dict[str, Any]:
    organisation = rows[Case].organisation
    ready = Report.objects.create(
        **{name: getattr(rows[Report], name) for name in ("kind", "organisation", "valid_at", "known_at", "snapshot")},
        rule_pack=packs.current().version, template="1", requested_by=rows[Report].requested_by, state="issued", sha256="0" * 64,
        facts="{}", file=rows[Document].file.name,
    )  # fmt: skip
    given = ReportLink.objects.get(pk=rows[ReportLink].pk)
    given.pk, given.report, given.digest = None, ready, links.digest(f"a-report-of-{organisation.pk}")
    given.save()
    awaiting = Report.objects.create(
        **{name: getattr(rows[Report], name) for name in ("kind", "organisation", "valid_at", "known_at", "snapshot")},
        rule_pack="1", template="1", requested_by=analyst, state="awaiting", sha256="0" * 64, facts="{}",
        file=rows[Document].file.name, proposal=issuing.proposed(organisation, by=analyst),
    )  # fmt: skip
    rows[Invitation].digest = invitations.digest(f"a-link-of-{organisation.pk}")
    rows[Invitation].save()
    confirmable(rows[Party], rows[ConfirmationCode])
    answers = cast.ANSWERS | {"resale": "resale", "onward_controls": "We know them."}
    signed = questionnaires.sign(organisation, answers=answers, signed_name=str(rows[User]), by=rows[User])
    free = Party.objects.create(organisation=organisation, kind="person", name="Kari Lund", country="NO")
    free.roles.create(organisation=organisation, kind="director", valid_from=timezone.localdate())
    passport = Document.objects.get(pk=rows[Document].pk)
    passport.pk, passport.kind, passport.party = None, Document.Kind.PASSPORT, rows[Key].responsible
    passport.save()
    wealth = Document.objects.get(pk=passport.pk)
    wealth.pk, wealth.kind = None, Document.Kind.WEALTH
    wealth.save()
    by_rule = exposed.asked_of(rows[Case], rows[Key].responsible)
    behind = Party.objects.create(organisation=organisation, kind="person", name="Per Skjult", country="NO")
    behind.roles.create(organisation=organisation, kind="owner", valid_from=timezone.localdate())
    mail = messages.queue(to="alice@nordlys.example", subject="Hello", text="Hello")
    Message.objects.filter(pk=mail.pk).update(state="failed", failure="OSError: no server")
    ended = {
        **{name: getattr(rows[SubjectRequest], name) for name in ("organisation", "user", "received_on", "due_on", "recorded_by",
                                                                  "identity", "identified_at", "identified_by")},
        "kind": "access", "channel": "account", "outcome": "answered", "decision": {"kept": []}, "ended_at": timezone.now(),
        "ended_by": rows[SubjectRequest].identified_by,
    }  # fmt: skip
    heir = Party.objects.create(organisation=organisation, kind="person", name="Siri Berg", country="NO")
    heir.roles.create(organisation=organisation, kind="director", valid_from=timezone.localdate())
    for axis in ("iaas", "ear"):
        heir.statuses.create(
            organisation=organisation, axis=axis, standing="foreign", basis="none", rule_pack="1", valid_from=timezone.localdate()
        )
    now, entity = timezone.now(), rows[Link].entity
    # Approved with whom there is.
    Entity.objects.filter(pk=entity.pk).update(valid_from=now)
    Key.objects.filter(pk=rows[Key].pk).update(state="held")
    idle = {"what": "use", "why": "idle", "state": "open", "due_on": now.date()}
    KeyRequirement.objects.create(organisation=organisation, key=rows[Key], **idle)
    spare = Key.objects.get(pk=rows[Key].pk)
    spare.pk, spare.prefix, spare.state = None, f"kh_live_spare{organisation.pk}", "unlinked"
    spare.save()
    linked = {"organisation": organisation, "entity": entity, "responsible": spare.responsible, "because": "approved"}
    Link.objects.create(**linked, key=spare, valid_from=now)
    Key.objects.filter(pk=spare.pk).update(state="active")
    whole = LimitPool.objects.create(
        organisation=organisation, unit="requests", period="month", limit=10**9, set_at=now, set_by=rows[LimitPool].set_by
    )
    ruled = cast.matched(rows[Key].responsible, rows[ListVersion], entry_id="2", is_strong=True)
    ruling = screening.rule(ruled, ruling="false", reason="different_name", by=analyst).proposal
    standing, doubted = (cast.matched(rows[Key].responsible, rows[ListVersion], entry_id=number) for number in ("3", "4"))
    for one in (standing, doubted):
        screening.rule(one, ruling="false", reason="different_name", by=analyst)
    wrong = {"ruling": "true", "reason": "same_identifier", "note": "The number is the list's."}
    doubt = overturning.overturn(doubted, **wrong, by=analyst).overturning
    decided, answered = (SubjectRequest.objects.create(**ended, answer=answer) for answer in (None, ready))
    return {
        "asked": rows[SubjectRequest].pk, "decided": decided.pk, "answered": answered.pk,
        "mail": mail.pk, "token": f"a-link-of-{organisation.pk}", "given": f"a-report-of-{organisation.pk}",
        "outside": rows[ReportLink].pk, "means": rows[PaymentMeans].pk, "behind": behind.pk,
        "organisation": organisation.pk, "case": rows[Case].pk, "company": rows[Party].pk, "boss": rows[Key].responsible_id,
        "wealth": wealth.pk, "asked_by_rule": by_rule.pk,
        "passport": passport.pk, "status": rows[Key].responsible.statuses.filter(valid_to__isnull=True).first().pk,
        "project": rows[Key].project_id, "observation": rows[Observation].pk, "discrepancy": rows[Discrepancy].pk,
        "divergence": rows[Divergence].pk, "limit": rows[LimitPool].pk, "whole": whole.pk, "leak": rows[Leak].pk,
        "elsewhere": rows[ImportedKey].pk, "estate_file": on_its_way_in(analyst)[EstateImport].pk,
        "pack": put_together(ready, analyst).pk, "second": rows[Membership].pk, "bidden": rows[MemberInvitation].pk,
        "bid": bid_of(organisation, rows[MemberInvitation].invited_by),
        "spare": spare.pk, "heir": heir.pk, "exclusion": rows[Exclusion].pk,
        "confirmation": rows[Confirmation].pk,
        "free": free.pk, "interest": rows[Interest].pk, "document": rows[Document].pk, "key": rows[Key].pk, "hit": rows[Hit].pk,
        "hold": rows[Hold].pk, "legal_hold": rows[LegalHold].pk, "schedule": rows[ReportSchedule].pk,
        "report": rows[Report].pk, "awaiting": awaiting.pk, "ready": ready.pk,
        "inquiry": asked_of(analyst, begun=timezone.now()), "held_inquiry": asked_of(analyst, begun=None),
        "decision": rows[Decision].pk, "signed": signed.pk, "ruled_hit": ruled.pk, "ruling": ruling.pk,
        "standing_hit": standing.pk, "doubted_hit": doubted.pk, "doubt": doubt.pk,
        "agency": rows[Agency].pk, "client": rows[AgencyAccount].pk, **run_for(organisation, rows[User]),
        "item": rows[EvidenceItem].pk, "mismatch": rows[Mismatch].pk,
        **orders(organisation), **stopped(organisation, rows), **selling(rows),
        **training(organisation, rows),
        "restricted": unappealed(rows).handle, "appeal": rows[Appeal].pk,
        **{kind.__name__.lower(): rows[kind].pk for kind in (Incident, Involvement) if kind in rows},
        **({"hand": rows[Controller].pk} if Controller in rows else {}),
        **(indicated(rows) if Authorisation in rows else {}),
        **(of_network(rows[Network], organisation) if Network in rows else {}),
        **(acted_on(organisation) if Incident in rows else {}),
    }  # fmt: skip


def of_network(network: Network, organisation: Organisation) -> dict[str, Any]:
    """It, what ties two of its accounts, and what waits for an answer."""
    partner, newcomer = networked.accounts(2, f"Partner {{}} of {organisation.pk}")
    name, now = f"phone {organisation.pk}", timezone.now()
    with scope.whole():
        NetworkMembership.objects.create(
            network=network, organisation=partner, confidence=0.9, since=now, how="run", run=network.found_in
        )
        edge = networked.edge(network, network.found_in, organisation, partner, [networked.shares("phone", name)], now)
        edge.save()
        attachment = Attachment.objects.create(network=network, organisation=newcomer, bits=9, proposed_at=now)
        waits = ProposedRuling.objects.get(network=network)
    handle = words.handle(str(networked.hashed(name)))
    return {
        "network": network.pk, "edge": edge.pk, "handle": handle, "network_ruling": waits.proposal_id,
        "network_attachment": attachment.pk, **over(organisation),
    }  # fmt: skip


def over(organisation: Organisation) -> dict[str, int]:
    """A network that has ended, in which a word stands."""
    a, b = networked.accounts(2, f"Former {{}} of {organisation.pk}")
    network = networked.network_of([a, b], {})
    networked.ended(network)
    with scope.whole():
        said = Ruling.objects.create(
            network=network, kind="coincidence", a=a, b=b, organisations=sorted((a.pk, b.pk)), reason="One landlord.",
            alone_up_to=20, ruled_by=User.objects.filter(staff_role="investigator").first(),
        )  # fmt: skip
    return {"ended_network": network.pk, "said": said.pk}


def run_for(organisation: Organisation, by: User) -> dict[str, int]:
    """Who says that he runs the organisation's account; and of the one that it runs itself, it is not looked at."""
    agent = Organisation.objects.create(name=f"Agent of {organisation}")
    agency = Agency.objects.create(organisation=agent, name="Its own", ground="agency", words="A desk.", declared_by=by)
    asked = AgencyAccount.objects.create(organisation=agent, agency=agency, account=organisation.pk, added_by=by)
    AgencyRuling.objects.filter(organisation=organisation).update(superseded_at=timezone.now())
    return {"agent": agent.pk, "run_by": asked.pk}


def orders(organisation: Organisation) -> dict[str, int]:
    """One that waits for another officer, one that was taken, and one of which it waits that it ends later."""
    third, fourth = (cast.staff("approver", f"{name} {organisation.pk}") for name in ("Third", "Fourth"))
    now = timezone.now()
    when = {"effective_at": now + timedelta(days=300), "expires_at": now + timedelta(days=400)}
    waits, taken, again = directed.proposed(by=third), *(directed.taken(by=third, second=fourth, **when) for _ in range(2))
    prolonging.propose(again, until=now + timedelta(days=450), reason="A letter.", by=third)
    return {
        "directive": taken.pk, "proposed_directive": waits.pk, "extended_directive": again.pk,
        "directive_preview": DirectivePreview.objects.latest("pk").pk,
    }  # fmt: skip


def stopped(organisation: Organisation, rows: dict[Any, Any]) -> dict[str, int]:
    """Property that is held and complete, some that is filed, and of another the report that waits; and the year of a stock."""
    third, fourth = (cast.staff("approver", f"{name} {organisation.pk}") for name in ("Keeper", "Filer"))
    days = {"happened_on": datetime(2025, 2, 3).date(), "kind": "blocked", "by": third}
    held, filed = (blocking.record(organisation, blocked.said(), **days) for _ in range(2))
    made = blocking.prepare(filed, by=third)
    blocking.take(made, filed_on=days["happened_on"], reference="ORS-1", by=fourth)
    return {
        "blocked": rows[BlockedRecord].pk, "filing": rows[BlockedFiling].pk, "held": held.pk, "filed": filed.pk,
        "stock_year": 2025,
    }  # fmt: skip


def training(organisation: Organisation, rows: dict[Any, Any]) -> dict[str, int]:
    """A run of which a report waits, and one that is complete and of which none was prepared."""
    by = cast.staff("approver", f"Trainer {organisation.pk}")
    whole = trained.record(organisation, TRAINED, known_on=date(2026, 11, 20), by=by)
    return {
        "training": rows[TrainingRun].pk, "training_whole": whole.pk, "training_ready": whole.duties.get().pk,
        "training_filing": rows[TrainingFiling].pk,
    }  # fmt: skip


def selling(rows: dict[Any, Any]) -> dict[str, int]:
    """A reseller, one assessment that fails, and one that an officer says is put right."""
    reseller, by = rows[Reseller], cast.staff("approver", f"Reseller's {rows[Reseller].pk}")
    made = reselling.assess(reseller, assessed_on=timezone.localdate(), findings="No list.", complies=False, by=by)
    reselling.propose_resolved(made, resolution="All are checked.", by=by)
    return {"reseller": reseller.pk, "failed": rows[ResellerAssessment].pk, "mended": made.pk}


def unappealed(rows: dict[Any, Any]) -> Restriction:
    told = {"organisation": rows[Restriction].organisation, "kind": "limit", "told": "terms"}
    made: Restriction = Restriction.objects.create(**told, placed_by=rows[Restriction].placed_by)
    return made


def acted_on(organisation: Organisation) -> dict[str, Any]:
    """A controller that is ruled, with a measure that is proposed and one that is in force but has not begun; and a second
    account in its network."""
    first, second = (cast.staff("investigator", f"{name} {organisation.pk}") for name in ("first", "second"))
    other = Organisation.objects.create(name=f"Other of {organisation.pk}")
    with scope.of_officer(first):
        network = Network.objects.get(memberships__organisation=organisation)
        run, now = network.found_in, timezone.now()
        NetworkMembership.objects.create(
            network=network, organisation=other, via=["payment"], confidence=0.9, since=now, how="run", run=run
        )
        of_both = {"members": [organisation, other], "network": network}
        controller = controlling.propose(name="Ruled", why="One card.", reason="payment", **of_both, by=first)
        controlling.take(controller, by=second)
        asked = {"kind": "hold", "told": "terms", "why": "It copies.", "reason": "harm", "left_out": {}}
        later = {"first": [other.pk], "starts_at": now + timedelta(days=9)}
        proposed, taken = (measuring.propose(controller, **asked, **later, by=first) for _number in range(2))
        measuring.take(taken, by=second)
        taken.members.filter(organisation=other).update(state="failed")
        third, fourth = networked.accounts(2, f"Late {{}} of {organisation.pk}")
        for late in (third, fourth):
            NetworkMembership.objects.create(network=network, organisation=late, confidence=0.9, since=now, how="run", run=run)
        coming = extending.propose(controller, members=[fourth], why="One card.", reason="payment", by=first)
        return {
            "third_account": third.pk, "coming": coming.pk, "ruled_controller": controller.pk,
            "proposed_measure": proposed.pk, "measure": taken.pk,
            "ruled_member": controller.members.get(organisation=organisation).pk, "other_account": other.pk,
            "measured": taken.members.get(organisation=organisation).pk, "kept": controller.kept.earliest("pk").pk,
        }  # fmt: skip


def indicated(rows: Rows) -> dict[str, int]:
    with scope.whole():
        found = Indication.objects.get(run=rows[IndicationRun])
    return {"indication": found.pk, "authorisation": rows[Authorisation].pk}


def bid_of(organisation: Organisation, owner: User) -> int:
    """An invitation to who signs in and acts for nobody yet."""
    now = timezone.now()
    email = "no@where.example" if organisation.name == NORDLYS else "other@where.example"
    told = {"email": email, "role": "member", "invited_by": owner}
    until = now + timedelta(days=1)
    return MemberInvitation.objects.create(organisation=organisation, invited_at=now, expires_at=until, **told).pk


def put_together(report: Report, analyst: User) -> ReportPack:
    """A pack of the PDFs of one report, whose file is that very PDF."""
    until = timezone.now() + timedelta(hours=1)
    ready = {"state": "ready", "ready_at": timezone.now(), "expires_at": until, "file": report.file.name}
    return ReportPack.objects.create(reports=[report.pk], is_evidence=False, asked_by=analyst, **ready)


def asked_of(analyst: User, *, begun: datetime | None) -> int:
    """A file of two rows: begun, with the first of them answered, or not."""
    version = ListVersion.objects.order_by("pk")[0]
    ListVersion.objects.filter(pk=version.pk).update(is_active=True)
    by = {"begun_at": begun, "rule_pack": "2026.11", "lists": [{"id": version.pk, "source": version.source, "published": ""}]}
    inquiry = Inquiry.objects.create(
        title="payees.csv", reason="payment", is_bulk=True, rows=2, asked_by=analyst, **(by if begun else {})
    )
    told = {"inquiry": inquiry, "is_bulk": True, "size": 1, "subjects": written([Asked(("Kari Moe",), line=2)])}
    done = {"answers": written([Answer()]), "engine": "tests", "configuration": "tests", "done_at": begun}
    InquiryPart.objects.create(**told, first=1, **(done | {"state": "done"} if begun else {"state": "held"}))
    InquiryPart.objects.create(**told, first=2, state="waiting" if begun else "held")
    return inquiry.pk


def built(*, confined: bool = True) -> House:
    """`confined` with an incident that concerns each of the two."""
    alice, bob = cast.customer(), cast.customer("bob@nordlys.example", "Bob Olsen")
    charlie, dora = cast.customer("charlie@outside.example", "Charlie"), cast.customer("dora@draft.example", "Dora")
    mine = one_of_each(alice, confined=confined)
    theirs = one_of_each(charlie, confined=confined, name=OUTSIDE, person="Charlie")
    Membership.objects.create(organisation=mine[Case].organisation, user=bob, role=Membership.Role.MEMBER)
    draft = cast.founded(dora, name="Draft AS", person="Dora").organisation.case_set.get()
    gateway, credential = credentials.issue(name="door", by=None)
    people = {"owner": alice, "member": bob, "outsider": charlie, "nobody": cast.customer("no@where.example", "Nobody")}
    people |= {role: cast.staff(role, f"The {role}") for role in STAFF}
    people["bare"] = User.objects.create_user("bare@keyholder.example", "x", name="Bare", staff_role="approver")
    house = House(numbers(mine, people["analyst"]), numbers(theirs, people["analyst"]) | {"draft": draft.pk}, people, credential)
    for role in EXAMINERS:
        for paper in ("passport", "wealth", "document"):
            evidence.look_at(Document.objects.get(pk=house.mine[paper]), by=people[role])
    house.mine["approver"], house.mine["gateway"] = people["approver"].pk, gateway.pk
    # Of no organisation, so that who sees no case sees it too; in the tree, which takes nothing of an open transaction.
    event = AuditEvent.objects.get(verb="gateway.credential_issued")
    sequencer.store([event], merkle.Tree(), reached=(event.incarnation, event.xid))  # type: ignore[list-item]  # has its columns
    house.mine["event"] = event.pk
    house.mine["namesake"], house.theirs["namesake"] = house.theirs["company"], house.mine["company"]
    house.clients = {role: cast.signed_in(person).cookies for role, person in people.items()}
    key = house.clients["approver"]["sessionid"].value
    session = UserSession.objects.create(user=people["approver"], session_key=key, ip="192.0.2.1", user_agent="x")
    house.mine["session"] = session.pk
    house.nothing = knock(house, "owner", "GET", "/no/such/page")
    return house


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    yield from standing(django_db_blocker)


def standing(blocker: Any, **how: bool) -> Iterator[House]:
    """Built once a file; every knock on a door is undone."""
    with blocker.unblock(), override_settings(ESTATE_FORMS=[("sk-", 11, 43)]):
        atomics = TestCase._enter_atomics()
        try:
            yield built(**how)
        finally:
            TestCase._rollback_atomics(atomics)


@pytest.fixture(autouse=True)
def no_limits_yet() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign-ins and second factors of the house hold until the last door is tried: tests/accounts has their limits."""
    for role in SESSIONS:
        monkeypatch.setitem(SESSIONS, role, SessionLimits(idle=timedelta(days=1), absolute=timedelta(days=1)))
    monkeypatch.setattr(permissions, "ELEVATED_FOR", timedelta(days=1))
    monkeypatch.setattr(own_data, "did_recently_reauthenticate", lambda request: True)


@pytest.fixture(autouse=True)
def proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is committed comes into the signed log, and nothing here is: tests/reports/test_pack.py waits for that."""
    monkeypatch.setattr(pack, "is_proved", lambda report: None)


@pytest.fixture(autouse=True)
def monitored(settings: Any, house: House) -> None:
    """By a machine that sends what the gateway sends."""
    settings.METRICS_TOKEN = house.gateway


def knock(
    house: House,
    role: str,
    method: str,
    path: str,
    data: dict[str, Any] | None = None,
    *,
    is_seen: bool = False,
    follow: bool = True,
) -> Any:
    """The answer, what it wrote, and the page it leads to, where anybody follows. `is_seen` where the form's page is opened
    first."""
    client = Client()
    client.handler = HANDLER
    client.cookies = SimpleCookie({name: morsel.value for name, morsel in house.clients.get(role, SimpleCookie()).items()})
    if is_in := client.cookies.get(settings.SESSION_COOKIE_NAME):
        # That the session was used is noted already, so that no knock writes a row of it, which is undone each time.
        shared.note(seen_at(is_in.value), "1", seconds=60)
    options: dict[str, Any] = {}
    if role == "gateway":
        options = {"headers": {"authorization": f"Bearer {house.gateway}"}}
        if method == "POST":
            sent = data or {}
            options["content_type"], data = "application/x-www-form-urlencoded", urlencode(data or {})  # type: ignore[assignment]
            if path in IN_JSON:
                options["content_type"], data = "application/json", json.dumps(sent)  # type: ignore[assignment]
    with undone():
        if is_seen:
            data = {field.decode(): value.decode() for field, value in HIDDEN.findall(client.get(path, {"anew": ""}).content)} | (
                data or {}
            )
        before = audited()
        answer = getattr(client, method.lower())(path, **({"data": data} if data else {}), **options)
        answer.written = audited() - before
        answer.said = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert not (lacks := lacking(answer, answer.said)), f"{role} {method} {path}: {lacks}"
        answer.leads_to = answer.said
        if follow and answer.status_code == 302 and method in {"GET", "POST"} and answer["Location"].startswith("/"):
            answer.leads_to = client.get(answer["Location"], follow=True).content
    return answer


def chief(name: str) -> tuple[str, ...]:
    """What a door is there for: to be looked at, to be sent to, or both."""
    door = DOORS.get(name)
    if door and not door.get:
        return ("POST",)
    return ("GET",) if door and door.post is None else ("GET", "POST")


def tried(name: str, roles: Iterable[str]) -> list[tuple[str, str]]:
    """Role by role what each tries at this door: in the long run all methods; else each role one that the door is there for
    (every second role the same, where there are two of them), and one of the other methods from one of the roles."""
    roles, chiefs = sorted(roles), chief(name)
    others = [method for method in METHODS if method not in chiefs]
    by_chiefs = {*dealt(roles, chiefs, name=name)}
    found = by_chiefs | {*dealt(roles, others, name=name, turns=1)}
    assert {*chiefs} < {method for _, method in found} and {role for role, _ in by_chiefs} == {*roles}
    return sorted(found, key=lambda one: (one[0], METHODS.index(one[1])))


# Under what scope it is asked is undone with its savepoint. All in one statement: it is asked twice a knock.
AUDITED = f"SAVEPOINT asked; {scope.SAY}; SELECT count(*) FROM accounts_auditevent; ROLLBACK TO asked; RELEASE asked"


def audited() -> int:
    """Also of what was done in the investigators' compartment."""
    with connection.cursor() as cursor:
        cursor.execute(AUDITED, scope.WHOLE)
        while not cursor.description or cursor.description[0].name != "count":
            assert cursor.cursor.nextset()
        return int(cursor.fetchone()[0])


def same(answer: Any) -> tuple[int, bytes, str]:
    """What tells one answer from another: all but the nonce, the token against forgery, the number of the request, and the way up
    from where nothing is shown, which is cut from the address that was asked for."""
    body = re.sub(rb'(nonce|csrfmiddlewaretoken" value|X-CSRFToken)="?[^"]*"|href="[^"]*">To the page above', b"", answer.said)
    return answer.status_code, body, answer.headers.get("Location", "").partition("?")[0]


def path_of(name: str, numbers: dict[str, int]) -> str:
    own = DOORS[name].own
    return reverse(name, kwargs=own(numbers) if own else {})


def missing(house: House) -> dict[str, int]:
    return {name: MISSING for name in house.mine}


def test_every_address_has_its_row() -> None:
    unlisted = [name for name in NAMES if name not in DOORS]
    assert not unlisted, (
        f"No row in DOORS of {__file__} for {', '.join(unlisted)}. Add one line for each, such as\n"
        + "\n".join(
            f'    "{name}": Door(CUSTOMERS, own=of(pk="document"), names="extract.pdf", post=nothing),' for name in unlisted
        )
        + "\nwith who may (a set at the top), whose number stands in the address, what the page names and what a POST sends."
    )


def test_every_row_has_its_address() -> None:
    assert not set(DOORS) - set(NAMES), "These rows of DOORS name no address any more; take them out."


@pytest.mark.parametrize("name", EVERY if IS_WHOLE else sorted(ELSEWHERE))
def test_every_answer_bears_the_headers(house: House, name: str) -> None:
    """As does each answer to a knock in the tests below, which leave only these out. One signed in, and one who is not."""
    if name in DOORS:
        path = path_of(name, house.mine)
    elif name in ELSEWHERE:
        path = reverse(name, args=[MISSING])
    else:
        path = reverse(name, args=["a", "b"] if name.endswith("from_key") else [1] if name in OF_ONE else [])
    for role in ("owner", "analyst", "administrator", "gateway", "stranger"):
        knock(house, role, "GET", path)


@pytest.mark.parametrize("name", OURS)
class TestOwn:
    """Whoever may finds the real thing, and its page names it: each role in the long run, else one at each door."""

    def test_page(self, house: House, name: str) -> None:
        door = DOORS[name]
        with undone():
            house.case_is(door.state)
            path = path_of(name, house.mine)
            for role in roles_at(name, door.who - {"gateway"}):
                answer = knock(house, role, "GET", path)
                if not door.get:
                    assert answer.status_code == 405, f"{role} GET {path}"
                    continue
                assert 200 <= answer.status_code < 400, f"{role} GET {path}: {answer.status_code}"
                assert door.named(role) in answer.leads_to, f"{role} GET {path} names no {door.names}"
                assert not answer.written or name in RECORDED, f"{role} GET {path} does something"
                is_page = b"<html" in answer.said and b'name="htmx-config"' in answer.said
                assert not is_page or b"/account/logout/" in answer.said, f"{role} GET {path} lets nobody sign out"
                head = knock(house, role, "HEAD", path)
                assert (head.status_code, head.said) == (answer.status_code, b""), f"{role} HEAD {path}"

    def test_sending(self, house: House, name: str) -> None:
        door = DOORS[name]
        with undone():
            house.case_is(door.state)
            path = path_of(name, house.mine)
            for role in sorted({*roles_at(name, door.who), *door.told}):
                data = door.post(house.mine) if door.post else {}
                answer = knock(house, role, "POST", path, data, is_seen=door.get and door.post is not None)
                said = f"{role} POST {path}: {answer.status_code} {errors(answer)}"
                if door.post is None:
                    assert answer.status_code in {200, 302, 405}, said
                    assert name.endswith(("document", "download", "export", "statement")) or not answer.written
                elif role in door.told:
                    assert answer.status_code in {302, 409, 422}, said
                    assert not answer.written, said
                    assert door.told[role].encode() in answer.leads_to, said
                else:
                    assert answer.status_code in {200, 302}, said
                    assert name in ASKS_ONLY or answer.written, f"{said} and nothing was done"
                    assert door.get or door.named(role) in answer.leads_to, f"{said} leads to no {door.names}"

    def test_by_another_method(self, house: House, name: str) -> None:
        """Each from each in the long run, else one of them from one."""
        others = ("PUT", "PATCH", "DELETE", "OPTIONS")
        for role, method in dealt(sorted(DOORS[name].who), others, name=name, turns=1):
            answer = knock(house, role, method, path_of(name, house.mine))
            allowed = {200, 405} if method == "OPTIONS" else {405}
            assert answer.status_code in allowed, f"{role} {method}: {answer.status_code}"


def roles_at(name: str, roles: Roles) -> list[str]:
    return sorted(roles) if IS_WHOLE or not roles else [by_turns(name, roles)]


def errors(answer: Any) -> list[str]:
    return re.findall(r"<li>(.*?)</li>", answer.said.decode(errors="replace").partition("error-summary")[2])[:5]


def strangers_at(name: str) -> list[str]:
    """Of those who have no business there; among them always one whom only the wall of roles keeps out."""
    others, walled = sorted(ALL - DOORS[name].who), sorted(SIGNED_IN - DOORS[name].who)
    if IS_WHOLE or not walled:
        return others
    return sorted({*some(name, others, count=4), by_turns(name, walled)})


@pytest.mark.parametrize("name", OURS)
class TestOthers:
    """Whoever has no business there gets what he gets for a thing that doesn't exist, to the byte, and changes nothing: each in
    the long run, else some at each door."""

    def test_find_nothing(self, house: House, name: str) -> None:
        door = DOORS[name]
        with undone():
            house.case_is(door.state)
            path, absent = path_of(name, house.mine), path_of(name, missing(house))
            compared: set[tuple[str, int]] = set()
            for role, method in tried(name, strangers_at(name)):
                # The pages without a number are about the asker's own organisation, whichever it is.
                is_own = role == "outsider" and name.startswith(OF_CUSTOMERS) and not door.own
                data = door.post(house.mine) if door.post and method == "POST" and not is_own else None
                # So many refusals, in the long run, that the limit on guessing would answer.
                cache.clear()
                answer = knock(house, role, method, path, data, follow=False)
                if is_own:
                    assert NORDLYS.encode() not in answer.said and ALICE.encode() not in answer.said, f"{method} {path}"
                    continue
                self.refused(house, role, method, name, answer)
                # What is not here is the same page as all that is not, so that one role's comparison speaks for all who got it.
                if path != absent and method in {"GET", "POST"} and (IS_WHOLE or (method, answer.status_code) not in compared):
                    compared.add((method, answer.status_code))
                    nowhere = knock(house, role, method, absent, data, follow=False)
                    assert same(answer) == same(nowhere), f"{role} {method} {path}"

    def refused(self, house: House, role: str, method: str, name: str, answer: Any) -> None:
        said = f"{role} {method} {name}: {answer.status_code} {answer.headers.get('Location', '')}"
        assert not answer.written, said
        if answer.status_code == 302:
            ways = {"stranger": "/account/login/", "gateway": "/account/login/", "bare": "/account/2fa/totp/activate/"}
            way = ways.get(role, "/verification/begin/")
            assert answer["Location"].startswith(way), said
            assert role in {"stranger", "bare", "gateway"} or (role == "nobody" and name.startswith(OF_CUSTOMERS)), said
        elif name == "api:authorize":
            # It is the proxy that is told, in the words that it knows.
            assert answer.status_code in {403, 405}, said
        elif name.startswith("api:") or name == "metrics":
            assert answer.status_code == 401, said
        elif answer.status_code != 405:
            assert role not in {"stranger", "bare", "gateway"}, said
            assert answer.status_code == 404, said
            if method != "HEAD":
                assert same(answer) == same(house.nothing), said


@pytest.mark.parametrize("name", NUMBERED)
class TestNumbers:
    """Another's and what is missing are the same page for whoever may come in: in the long run each of them for each role, else
    two of them for two."""

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_missing(self, house: House, name: str, method: str) -> None:
        door = DOORS[name]
        data = door.post(house.mine) if door.post and method == "POST" else None
        with undone():
            house.case_is(door.state)
            for role, other in dealt(sorted(door.who), [*others(house, name)], name=f"{name} {method}", turns=2):
                answer = knock(house, role, method, path_of(name, other), data)
                assert answer.status_code == 405 or same(answer) == same(house.nothing), f"{role} {method} {name} {other}"
                if door.get if method == "GET" else door.post is not None:
                    assert answer.status_code == 404, f"{role} {method} {name}"


OF_NO_CASE = tuple(
    f"desk:{what}"
    for what in (
        "incident", "inquir", "estate", "controller", "measure", "appeal", "network", "indic", "authoris", "agenc", "directive",
        "blocked", "reseller", "training",
    )
)  # fmt: skip


def others(house: House, name: str) -> Iterator[dict[str, int]]:
    """The numbers of what is missing; for customers also Outside's; for officers a case not sent yet, and Nordlys' case with
    Outside's hit, hold or document."""
    yield missing(house)
    if name.startswith(OF_CUSTOMERS):
        yield house.theirs
    of_two = ("desk:controller_member", "desk:controller_add_", "desk:controller_kept", "desk:measure_spare")
    if name.startswith(of_two):
        yield house.mine | {name: house.theirs[name] for name in ("ruled_member", "measured", "coming", "kept")}
    if name.startswith("desk:network_") and len(DOORS[name].own(house.mine)) > 1:  # type: ignore[misc]  # numbered
        yield house.theirs | {name: house.mine[name] for name in ("network", "ended_network")}
    if name == "desk:incident_release":
        yield house.theirs | {"incident": house.mine["incident"]}
    is_of_case = name.startswith("desk:") and not name.startswith(OF_NO_CASE)
    if is_of_case and "pk" in DOORS[name].own(house.mine):  # type: ignore[misc]  # numbered
        yield house.mine | {"case": house.theirs["draft"]}
        if len(DOORS[name].own(house.mine)) > 1:  # type: ignore[misc]  # numbered
            yield house.theirs | {"case": house.mine["case"]}
            yield missing(house) | {"case": house.mine["case"]}


@pytest.mark.parametrize("name", [name for name in NAMES if name in DOORS and DOORS[name].open])
def test_an_open_door_never_fails(house: House, name: str) -> None:
    door = DOORS[name]
    path = path_of(name, house.mine)
    for role, method in tried(name, ALL - {"bare"}):
        answer = knock(house, role, method, path, door.post(house.mine) if door.post and method == "POST" else None)
        allowed = door.get if method in {"GET", "HEAD"} else method == "POST" and door.post is not None
        said = f"{role} {method} {path}: {answer.status_code}"
        if allowed:
            # Whoever signs nothing is not believed, and by services that nobody has named nothing is told.
            unsigned = {"api:leaks": 401, "api:verifications": 404}
            assert answer.status_code < 400 or answer.status_code == unsigned.get(name, 422), said
            assert method != "GET" or door.named(role) in answer.leads_to, said
        elif method != "OPTIONS":
            # A link that is not dead gives way to nothing: its page of renewal is gone.
            assert answer.status_code in {302, 405, 410}, said


@pytest.mark.parametrize("name", [name for name in EVERY if name.startswith(LIBRARY)])
def test_the_sign_in_librarys_pages_never_fail(house: House, name: str) -> None:
    """And of those that are about somebody, a stranger learns where to sign in, and staff without a factor where to get one."""
    path = reverse(name, args=["a", "b"] if name.endswith("from_key") else [1] if name in OF_ONE else [])
    for role, method in tried(name, ("stranger", "bare", "nobody", "analyst")):
        cache.clear()
        answer = knock(house, role, method, path)
        said = f"{role} {method} {path}: {answer.status_code}"
        assert answer.status_code in {200, 204, 302, 404, 405}, said
        if role == "stranger" and method == "GET" and not any(part in name for part in FOR_STRANGERS):
            assert answer["Location"].startswith("/account/login/"), said


@pytest.mark.parametrize("name", OF_ONE[:2])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_anothers_passkey_is_missing(house: House, name: str, method: str) -> None:
    """To whoever has shown a factor just now; and its owner finds it."""
    with undone():
        key = Authenticator.objects.create(
            user=house.people["owner"], type="webauthn", data={"name": "of Alice", "credential": {}}
        )
        for role in ("member", "outsider", "nobody"):
            just_now(house, role)
            of_alice, absent = (
                knock(house, role, method, reverse(name, args=[pk]), {"name": "taken"}) for pk in (key.pk, MISSING)
            )
            assert of_alice.status_code == 404 and same(of_alice) == same(absent), f"{role} {method} {name}"
            assert not of_alice.written
        just_now(house, "owner")
        assert knock(house, "owner", "GET", reverse(name, args=[key.pk])).status_code == 200
    assert knock(house, "stranger", method, reverse(name, args=[MISSING]))["Location"].startswith("/account/login/")


def just_now(house: House, role: str) -> None:
    """Whoever it is has given the password a moment ago, which the pages of the factors ask for."""
    client = Client()
    client.cookies = house.clients[role]
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(house.people[role].pk)
    session.save()
