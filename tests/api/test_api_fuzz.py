"""Whatever a program sends to any operation, the answer is one that the description announces, never a crash."""

import string
from itertools import batched
from typing import Any

import pytest
from callers import a_token
from hypothesis import given
from hypothesis import strategies as st

import rings
from beffroi.web import api
from beffroi.web.platform.api import authentication
from catalogue.deliveries import FAMILIES, JANUARY, poured
from places import a_person

DESCRIBED = api.description()["paths"]
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet=string.punctuation + "\x00\n'\"%", max_size=12),
    st.sampled_from(["cantines", "familles", "catalogue", "ecole", "1", "0", "-1", "9" * 30, "NaN", "../..", "' OR 1=1 --"]),
)  # fmt: skip
WORDS = TEXTS.filter(lambda text: text.strip() and "/" not in text and text not in (".", ".."))


@pytest.fixture
def everything(town: Any, steward: Any, agent: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token that carries all that a token may, on a town that holds something."""
    poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    poured(town, agent, "familles.csv", FAMILIES)
    monkeypatch.setattr(authentication, "rate_limit", authentication.RateLimit(max_requests=10**9))
    return a_token(
        town, a_person(town, "data_officer", "agent", email="tout@example.org"), *authentication.TOKEN_ACTS
    ).secret


# A town that holds something is dear to make: in the quick ring, ten routes are tried on the same one.
TOGETHER = [list(some) for some in batched(api.operations(), 1 if rings.LONG else 10)]


@pytest.mark.django_db
@pytest.mark.parametrize("routes", TOGETHER, ids=lambda some: f"{some[0].method} {some[0].path}")
def test_any_input_gets_an_answer_that_is_described(
    town: Any, client: Any, everything: str, routes: list[Any]
) -> None:
    for route in routes:
        try_any_input(route, town, client, everything)


def try_any_input(route: Any, town: Any, client: Any, everything: str) -> None:
    described = DESCRIBED[route.path][route.method.lower()]
    requested = [p["name"] for p in described.get("parameters", []) if p["in"] == "query"]
    named = [p["name"] for p in described.get("parameters", []) if p["in"] == "path" and p["name"] != "slug"]
    announced = {int(code) for code in described["responses"] if str(code).isdigit()}

    @rings.costly
    @given(
        st.fixed_dictionaries(dict.fromkeys(named, WORDS)),
        st.dictionaries(st.sampled_from(requested or ["x"]), TEXTS),
        st.binary(max_size=40),
    )
    def ask(path: dict[str, str], query: dict[str, str], body: bytes) -> None:
        from urllib.parse import quote, urlencode

        address = route.path.format(slug=town.slug, **{k: quote(v, safe="") for k, v in path.items()})
        client.raise_request_exception = True
        answer = client.generic(
            route.method,
            f"{address}?{urlencode(query)}",
            body,
            content_type="multipart/form-data; boundary=x" if body[:1] > b"\x80" else "application/json",
            headers={"Authorization": f"Bearer {everything}"},
        )
        if answer.streaming:
            assert b"".join(answer.streaming_content) is not None
        assert answer.status_code in announced | {400, 401, 404, 409, 413, 422}, answer.content[:300]
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["detail"]

    ask()
