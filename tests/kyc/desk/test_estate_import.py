"""The administrator's pages of files of keys issued elsewhere."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kyc.desk import estate_import
from kyc.keys import estate_imports
from kyc.keys.estate_import_models import EstateImport
from kyc.keys.estate_models import ImportedKey
from tests.cast import signed_in, staff
from tests.kyc.keys.test_estate_file import FORMS, GOOD, SECRET, written

pytestmark = pytest.mark.django_db
BAD = GOOD | {"account": "acct-9", "email": "nobody", "key_prefix": "sk-badbad1x"}


@pytest.fixture(autouse=True)
def elsewhere(settings: Any) -> None:
    settings.ESTATE_FORMS = FORMS


@pytest.fixture
def omars(db: None) -> Client:
    return signed_in(staff("administrator", "Omar"))


def upload(client: Client, content: bytes) -> Any:
    return client.post(reverse("desk:estate_import"), {"file": SimpleUploadedFile("estate.csv", content)}, follow=True)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_file_is_tried_read_and_taken_over(omars: Client) -> None:
    answer = upload(omars, written(GOOD, BAD).encode())
    row = EstateImport.objects.get()
    page = reverse("desk:estate_file", args=[row.pk])
    assert answer.redirect_chain[-1][0] == page and "Being tried" in text(answer)
    assert page in text(omars.get(page)), "it asks again"
    estate_imports.run()
    told = text(omars.get(page))
    assert "What would come of it" in told and "Take over 1 key" in told and "email is no e-mail address" in told
    assert "line 3" in told and not ImportedKey.objects.exists()
    begun = omars.post(reverse("desk:estate_begin", args=[row.pk]), follow=True)
    assert "Being taken over" in text(begun) and "hx-trigger" in text(begun)
    estate_imports.run()
    assert ImportedKey.objects.count() == 1
    done = text(omars.get(page))
    assert "What came of it" in done and "Take over 1 key" not in done and "hx-trigger" not in done
    assert "estate.csv" in text(omars.get(reverse("desk:estate_import")))


def test_what_was_discarded_says_so_and_a_second_word_is_none(omars: Client) -> None:
    upload(omars, written(GOOD).encode())
    estate_imports.run()
    row = EstateImport.objects.get()
    assert "the file is gone" in text(omars.post(reverse("desk:estate_discard", args=[row.pk]), follow=True))
    again = omars.post(reverse("desk:estate_begin", args=[row.pk]), follow=True)
    assert "does not wait for a word any more" in text(again)


def test_whoever_has_only_got_hold_of_a_session_takes_nothing_over(omars: Client) -> None:
    upload(omars, written(GOOD).encode())
    estate_imports.run()
    session = omars.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 0, "type": "totp"}]
    session.save()
    answer = omars.post(reverse("desk:estate_begin", args=[EstateImport.objects.get().pk]))
    assert answer.status_code == 302 and "/account/" in answer["Location"]
    assert EstateImport.objects.get().begun_at is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the column account is missing"),
        (b"a,b\n1,2\n", "the column account is missing"),
        (b"\xff\xfe\x00", "not in UTF-8"),
        (written(GOOD | {"last_four": SECRET}).encode(), "a whole key stands in it"),
    ],
)
def test_a_bad_file_is_refused_beside_the_field(omars: Client, content: bytes, sentence: str) -> None:
    answer = upload(omars, content)
    assert answer.status_code == 422 and sentence in text(answer) and SECRET not in text(answer)
    assert not EstateImport.objects.exists()


def test_none_is_chosen(omars: Client) -> None:
    answer = omars.post(reverse("desk:estate_import"), {})
    assert answer.status_code == 422 and "Choose a file." in text(answer)


def test_one_that_is_too_large(omars: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate_imports, "LARGEST", 10)
    assert "larger than 30 MB" in text(upload(omars, written(GOOD).encode()))


def test_without_forms_the_page_says_what_is_missing(omars: Client, settings: Any) -> None:
    settings.ESTATE_FORMS = []
    assert "ESTATE_FORMS is not set" in text(omars.get(reverse("desk:estate_import")))
    assert upload(omars, written(GOOD).encode()).status_code == 422


def test_only_so_many_sentences_are_shown(omars: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate_import, "FAULTS_SHOWN", 1)
    upload(omars, written(GOOD, BAD, BAD).encode())
    estate_imports.run()
    assert "And 1 more." in text(omars.get(reverse("desk:estate_file", args=[EstateImport.objects.get().pk])))


def test_nobody_else_finds_it(omars: Client) -> None:
    for role in ("analyst", "auditor"):
        assert signed_in(staff(role, role)).get(reverse("desk:estate_import")).status_code == 404
