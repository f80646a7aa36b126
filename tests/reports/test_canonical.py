import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import canonical

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class TestEncode:
    @pytest.mark.parametrize(
        ("facts", "text"),
        [
            ({}, "{}"),
            ({"b": 1, "a": [True, None, ""]}, '{"a":[true,null,""],"b":1}'),
            ({"é": "€", "e": "\u0007\n"}, '{"e":"\\u0007\\n","é":"€"}'),
            # RFC 8785 sorts by UTF-16 code units, so a smiley stands before U+FB33.
            ({"\ufb33": 1, "😀": 2}, '{"😀":2,"\ufb33":1}'),
            ({"n": 1e21, "m": 4.50}, '{"m":4.5,"n":1e+21}'),
        ],
    )
    def test_it_is_the_form_of_rfc_8785(self, facts: dict[str, Any], text: str) -> None:
        assert canonical.encode(facts).decode() == text

    @given(st.dictionaries(st.text(), JSON, max_size=5))
    def test_it_loses_nothing_and_ignores_the_order_of_keys(self, facts: dict[str, Any]) -> None:
        data = canonical.encode(facts)
        assert json.loads(data) == facts
        assert canonical.encode(dict(reversed(facts.items()))) == data

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, object()])
    def test_what_has_no_canonical_form_is_refused(self, value: Any) -> None:
        with pytest.raises(ValueError):
            canonical.encode({"n": value})


class TestSha256:
    def test_it_is_the_digest_that_anyone_can_compute(self) -> None:
        assert canonical.sha256(b"{}") == hashlib.sha256(b"{}").hexdigest()
        assert canonical.sha256(b"{}").startswith("44136fa355b3")
