"""The sign-in library's mail goes through our outbox, and what its codes are made of stands sealed."""

import json
import math
from base64 import b32decode
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from django.core import mail
from django.test import RequestFactory

from accounts import seeds, vault
from accounts.adapter import AccountAdapter
from accounts.models import Message
from accounts.vault.boxes import Tampered
from demo.cast import TOTP_SECRET
from tests import cast
from tests.accounts.test_middleware import code_now


@pytest.mark.django_db
class TestSendMail:
    def test_queues_it_and_sends_nothing_itself(self) -> None:
        adapter = get_adapter(RequestFactory().get("/"))
        assert isinstance(adapter, AccountAdapter)
        values = {"user": cast.customer(), "code": "ABC-DEF", "request": adapter.request}
        adapter.send_mail("account/email/email_confirmation", "alice@nordlys.example", values)
        message = Message.objects.get()
        assert mail.outbox == []
        assert (message.to, message.subject, message.state) == ("alice@nordlys.example", "Your code for Keyholder", "queued")
        assert "\n\nABC-DEF\n\n" in message.text
        assert message.html == ""

    def test_its_links_lead_where_the_product_stands(self, settings: Any) -> None:
        settings.SITE_URL = "https://keys.example"
        request = RequestFactory().get("/", headers={"host": "127.0.0.1"})
        told = {"password_reset_url": request.build_absolute_uri("/account/password/reset/")}
        with context.request_context(request):
            get_adapter().send_mail("account/email/account_already_exists", "alice@nordlys.example", told)
        text = Message.objects.get().text
        assert "\nhttps://keys.example/account/password/reset/\n" in text
        assert "127.0.0.1" not in text


@pytest.mark.django_db
class TestSeeds:
    """What codes are made of: whoever reads the row makes none of them."""

    def test_stand_sealed_in_the_row(self) -> None:
        rui = cast.staff("approver", "Rui")
        RecoveryCodes.activate(rui)
        rows = {row.type: row for row in Authenticator.objects.filter(user=rui)}
        app, spare = rows["totp"], rows["recovery_codes"]
        assert TOTP_SECRET not in json.dumps(app.data)
        with seeds.of(rui.pk, "totp"):
            assert decrypt(app.data["secret"]) == TOTP_SECRET
        with seeds.of(rui.pk, "recovery_codes"):
            seed = decrypt(spare.data["seed"])
        assert len(bytes.fromhex(seed)) == 40 and seed not in json.dumps(spare.data)

    def test_changed_or_in_clear_they_make_none(self) -> None:
        with seeds.of(1, "totp"):
            for text in (TOTP_SECRET, encrypt(TOTP_SECRET)[:-6] + "AAAAA=", vault.sealed(TOTP_SECRET, purpose="another")):
                with pytest.raises(Tampered):
                    decrypt(text)

    def test_copied_into_another_row_they_make_none(self) -> None:
        """Who can write rows puts his own seed into another's, and would sign in as he is."""
        rui, ana = cast.staff("approver", "Rui"), cast.staff("analyst", "Ana")
        for person in (rui, ana):
            RecoveryCodes.activate(person)
        theirs = {row.type: row for row in Authenticator.objects.filter(user=rui)}
        mine = {row.type: row.data for row in Authenticator.objects.filter(user=ana)}
        assert totp.TOTP(theirs["totp"]).validate_code(code_now())
        theirs["totp"].data["secret"], theirs["recovery_codes"].data = mine["totp"]["secret"], mine["recovery_codes"]
        with pytest.raises(Tampered):
            totp.TOTP(theirs["totp"]).validate_code(code_now())
        with pytest.raises(Tampered):
            RecoveryCodes(theirs["recovery_codes"]).get_unused_codes()

    def test_of_nobody_none_is_sealed_or_opened(self) -> None:
        for way in (encrypt, decrypt):
            with pytest.raises(LookupError):
                way(TOTP_SECRET)

    def test_are_chance(self) -> None:
        secrets = {totp.generate_totp_secret() for _ in range(50)}
        assert len(secrets) == 50 and {len(b32decode(one)) for one in secrets} == {20}
        assert len({RecoveryCodes.generate_seed() for _ in range(50)}) == 50

    def test_so_has_a_code_in_a_mail(self) -> None:
        request = RequestFactory().get("/")
        request.session = {}  # type: ignore[assignment]  # all that is asked of it
        with context.request_context(request):
            codes = {AccountAdapter().generate_email_verification_code() for _ in range(100)}
        letters = {*"".join(codes)} - {"-"}
        assert len(codes) == 100 and {len(code.replace("-", "")) for code in codes} == {8}
        assert 8 * math.log2(len(letters)) > 20

    def test_a_recovery_code_has_more_than_20_bits_and_works_once(self) -> None:
        rui = cast.staff("approver", "Rui")
        spare = RecoveryCodes.activate(rui)
        made = spare.generate_codes()
        assert len(set(made)) == len(made) == 10
        assert {len(code) for code in made} == {8} and all(map(str.isdecimal, made))
        assert spare.validate_code(made[0]) and not spare.validate_code(made[0])
