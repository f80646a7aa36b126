"""Signatures of prompt templates, made in the gateway: alike where templates are, and nothing of a prompt in them."""

import asyncio
import io
import json
from typing import Any

import pytest

from kyc.usage import rows
from tests.test_gateway_examples import middleware

KEY = b"k" * 32
TEMPLATE = (
    "You are an expert tutor. Given the question below from {batch}, think step by step and write out your full chain of "
    'reasoning in numbered steps, then give the final answer in a box. It was asked by {who} on {day}. Question: "{question}" '
    "Explain every intermediate step, verify the answer by a second method, and finish with a short summary of the approach."
)
USES = [
    {"batch": "batch 17", "who": "Alice Olsen", "day": "2026-11-30", "question": "What is 2 + 2?"},
    {"batch": "batch 918", "who": "Bo Karlsen Lie", "day": "2026-12-01", "question": "Are there infinitely many primes?"},
    {
        "batch": "batch 3",
        "who": "Chen",
        "day": "2025-01-01",
        "question": "Who wrote Faust? Write to x@y.example or https://y.example.",
    },
]
ANOTHER = (
    "Summarise the following minutes for the members of our housing association in plain words, keep all amounts, name who has "
    "to do what until when, leave out greetings, and end with the date of the next meeting and what everybody has to bring."
)


def templates(key: bytes = KEY) -> Any:
    return middleware().Templates(key)


def alike(one: str, other: str) -> int:
    """How many bands are the same, as the intake reads them."""
    return len(set(rows.bands(one)) & set(rows.bands(other)))


class TestTemplates:
    def test_uses_of_one_template_are_alike_in_every_band(self) -> None:
        first, *others = (templates().of(TEMPLATE.format(**use)) for use in USES)
        assert [alike(first, other) for other in others] == [8, 8]

    def test_a_template_that_was_changed_a_little_is_alike_in_some(self) -> None:
        changed = TEMPLATE.replace("an expert tutor", "a seasoned teacher").replace("a short summary", "a brief recap")
        assert 1 <= alike(templates().of(TEMPLATE.format(**USES[0])), templates().of(changed.format(**USES[1]))) < 8

    def test_another_is_alike_in_none_and_so_is_the_same_under_another_key(self) -> None:
        mine = templates().of(TEMPLATE.format(**USES[0]))
        assert alike(mine, templates().of(ANOTHER)) == 0
        assert alike(mine, templates(b"x" * 32).of(TEMPLATE.format(**USES[0]))) == 0

    def test_what_is_too_short_has_none(self) -> None:
        assert templates().of("Write a haiku about the sea.") == templates().of("") == ""

    def test_is_taken_in_by_the_intake(self) -> None:
        found = templates().of(TEMPLATE.format(**USES[0]))
        assert len(found) == rows.SIGNATURE_LONG and rows.is_hash("template", found)

    def test_a_short_key_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            templates(b"short")

    @pytest.mark.parametrize(
        "asked",
        [
            {"system": TEMPLATE, "messages": [{"role": "user", "content": "x"}]},
            {"messages": [{"role": "system", "content": TEMPLATE}, {"role": "user", "content": "x"}]},
            {"messages": [{"role": "user", "content": [{"type": "text", "text": f"{TEMPLATE}\nx"}, {"type": "image"}]}]},
            {"prompt": f"{TEMPLATE}\nx"},
            {"input": f"{TEMPLATE}\nx"},
            {"instructions": TEMPLATE, "input": [{"role": "user", "content": "x"}]},
        ],
    )
    def test_of_a_body_is_that_of_the_customers_own_part(self, asked: dict[str, Any]) -> None:
        assert templates().of_body(json.dumps(asked).encode()) == templates().of(f"{TEMPLATE}\nx")

    def test_answers_and_later_turns_do_not_change_it(self) -> None:
        turns = [
            {"role": "user", "content": TEMPLATE},
            {"role": "assistant", "content": ANOTHER},
            {"role": "user", "content": "y"},
        ]
        body = json.dumps({"messages": turns}).encode()
        assert templates().of_body(body) == templates().of(TEMPLATE)

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"3", b'{"messages": 3}', b'{"messages": [3, {"role": "user"}]}', b"\xff", b"[" * 100_000]
    )
    def test_whatever_else_comes_has_none_and_breaks_nothing(self, body: bytes) -> None:
        assert templates().of_body(body) == ""


BODY = json.dumps({"prompt": TEMPLATE.format(**USES[0])}).encode()


class Good:
    """A Keyholder to which every key is good."""

    def ask(self, key: str, **_: str) -> dict[str, Any]:
        return {"active": True}


class TestGates:
    def test_wsgi_reads_the_body_and_puts_it_back(self) -> None:
        seen: dict[str, Any] = {}

        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            seen.update(template=environ["keyholder_template"], body=environ["wsgi.input"].read())
            return []

        gate = middleware().WSGIGate(application, Good(), templates())
        gate({"HTTP_X_API_KEY": "k", "CONTENT_LENGTH": str(len(BODY)), "wsgi.input": io.BytesIO(BODY)}, lambda *_: None)
        assert seen == {"template": templates().of_body(BODY), "body": BODY}

    @pytest.mark.parametrize("length", ["", "0", "x", str(2 << 20)])
    def test_wsgi_leaves_alone_what_is_too_long_or_has_no_length(self, length: str) -> None:
        seen: dict[str, Any] = {}
        gate = middleware().WSGIGate(lambda environ, _: seen.update(environ) or [], Good(), templates())
        gate({"HTTP_X_API_KEY": "k", "CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(BODY)}, lambda *_: None)
        assert "keyholder_template" not in seen and seen["wsgi.input"].read() == BODY

    def test_asgi_passes_the_body_on_as_it_comes(self) -> None:
        seen: dict[str, Any] = {"body": b""}

        async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
            more = True
            while more:
                message = await receive()
                seen["body"] += message["body"]
                more = message.get("more_body", False)
            seen["template"] = scope["state"]["keyholder_template"]

        parts = [{"type": "http.request", "body": BODY[:50], "more_body": True}, {"type": "http.request", "body": BODY[50:]}]

        async def receive() -> dict[str, Any]:
            return parts.pop(0)

        gate = middleware().ASGIGate(app, Good(), templates())
        asyncio.run(gate({"type": "http", "headers": [(b"x-api-key", b"k")], "client": ("192.0.2.1", 1)}, receive, None))
        assert seen == {"body": BODY, "template": templates().of_body(BODY)}
