"""JSON services: how pages follow one another, where rows are, what is new, and services that misbehave."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake import sources
from beffroi.lake.readers import stage
from beffroi.lake.sources import AccessRefused, Network, Secret, SourceDown, SourceError
from servers import web
from servers.web import Asked, Reply

NOBODY = Secret()
ROWS = [{"id": n, "insee": f"{n:05}", "maj": f"2024-01-{n % 28 + 1:02}"} for n in range(1, 26)]


def fetched(
    answer: Callable[[Asked], Reply],
    into: Path,
    *,
    path: str = "/items",
    secret: Secret = NOBODY,
    since: str | None = None,
    **more: Any,
) -> tuple[list[dict[str, Any]], sources.Fetched, list[Asked]]:
    with web.serving(answer) as served:
        spec = sources.parse({"kind": "http_json", "url": served.url(path), **more})
        found = sources.fetch(spec, secret, Network((served.host,)), into, since=since)
        rows = json.loads(found.files[0].read_text()) if found.files else []
        return rows, found, served.asked


def part(request: Asked, size: int = 10) -> tuple[int, list[dict[str, Any]]]:
    start = int(request.query.get("offset", 0))
    return start, ROWS[start : start + size]


def by_body(request: Asked) -> Reply:
    start, rows = part(request)
    following = f"/items?offset={start + 10}" if start + 10 < len(ROWS) else None
    return Reply({"results": rows, "links": {"next": following}, "total": len(ROWS)})


def by_header(request: Asked) -> Reply:
    start, rows = part(request)
    more = start + 10 < len(ROWS)
    linked = f'</items?offset=0>; rel="first", </items?offset={start + 10}>; rel="next"' if more else ""
    return Reply(rows, headers={"Link": linked} if linked else {})


def by_list_of_links(request: Asked) -> Reply:
    start, rows = part(request)
    links = [{"rel": "self", "href": "/items"}]
    if start + 10 < len(ROWS):
        links.append({"rel": "next", "href": f"/items?offset={start + 10}"})
    return Reply({"data": {"items": rows}, "links": links})


@pytest.mark.parametrize("answer", [by_body, by_header, by_list_of_links])
def test_a_service_that_links_its_pages_is_followed_without_any_setting(
    answer: Callable[[Asked], Reply], tmp_path: Path
) -> None:
    rows, found, request = fetched(answer, tmp_path)
    assert rows == ROWS and found.rows == 25 and len(request) == 3


def test_pages_by_number_end_with_the_total(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        page, size = int(request.query["page"]), int(request.query["per_page"])
        return Reply({"data": ROWS[(page - 1) * size : page * size], "total": 25})

    more = {"pages": "page", "size_parameter": "per_page", "size": 10}
    rows, _, request = fetched(answer, tmp_path, **more)
    assert rows == ROWS and [one.query["page"] for one in request] == ["1", "2", "3"]


def test_pages_by_number_end_with_an_empty_one_or_with_not_found(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        rows = ROWS[(int(request.query["p"]) - 1) * 10 :][:10]
        return Reply(rows) if rows else Reply(status=404)

    rows, _, request = fetched(answer, tmp_path, pages="page", parameter="p")
    assert rows == ROWS and len(request) == 4


def test_pages_by_offset_follow_what_really_came(tmp_path: Path) -> None:
    """The service returns seven rows at most, whatever the requested size."""

    def answer(request: Asked) -> Reply:
        return Reply({"results": part(request, 7)[1], "total_count": 25})

    rows, _, request = fetched(answer, tmp_path, pages="offset", size_parameter="limit")
    assert rows == ROWS and [one.query["offset"] for one in request] == ["0", "7", "14", "21"]


def test_cursor_pages_end_without_a_next_cursor(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        start = int(request.query.get("after", 0))
        mark = str(start + 10) if start + 10 < 25 else None
        return Reply({"rows": ROWS[start : start + 10], "meta": {"cursor": mark}})

    rows, _, _ = fetched(answer, tmp_path, pages="cursor", parameter="after", next="meta.cursor", rows="rows")
    assert rows == ROWS


def test_pages_that_were_not_understood_are_not_taken_for_the_whole(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="annonce 25 lignes et n'en donne que 10"):
        fetched(lambda request: Reply({"results": ROWS[:10], "total_count": 25}), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pages", ["page", "offset"])
def test_a_service_that_gives_the_same_page_for_ever_is_stopped(pages: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="tournent en rond"):
        fetched(lambda request: Reply({"results": ROWS[:10]}), tmp_path, pages=pages)


def test_links_that_turn_in_a_circle_are_stopped(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        page = int(request.query.get("page", 0))
        return Reply({"results": [{"n": page}], "next": f"/items?page={(page + 1) % 3}"})

    with pytest.raises(SourceError, match="tournent en rond"):
        fetched(answer, tmp_path, path="/items?page=0")


def test_incremental_fetch_requests_new_rows_and_stores_the_cursor(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        since = request.query.get("since", "")
        return Reply([row for row in ROWS if str(row["maj"]) >= since])

    more = {"cursor": "maj", "since_parameter": "since"}
    _, first, _ = fetched(answer, tmp_path / "1", **more)
    rows, second, request = fetched(answer, tmp_path / "2", since=first.cursor, **more)
    assert first.cursor == "2024-01-26" and request[0].query["since"] == "2024-01-26"
    assert [row["maj"] for row in rows] == ["2024-01-26"] and second.incremental


def test_a_growing_number_is_compared_as_a_number(tmp_path: Path) -> None:
    _, found, _ = fetched(lambda request: Reply([{"id": 9}, {"id": 100}, {"id": 20}]), tmp_path, cursor="id")
    assert found.cursor == "100"


def test_a_token_goes_in_the_header_that_the_service_wants(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        return Reply(ROWS) if request.headers.get("x-api-key") == "jeton" else Reply(status=401)

    rows, _, _ = fetched(answer, tmp_path, secret=Secret(token="jeton"), header="X-Api-Key")
    assert rows == ROWS
    with pytest.raises(AccessRefused, match="refuse l'accès") as caught:
        fetched(answer, tmp_path / "2", secret=Secret(token="faux-jeton"), header="X-Api-Key")
    assert "faux-jeton" not in repr(caught.value)


def test_a_service_that_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        return by_body(request) if request.query.get("offset", "0") == "0" else Reply(status=503)

    with pytest.raises(SourceDown, match="en panne"):
        fetched(answer, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_response_that_is_not_json_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="n'a pas répondu en JSON"):
        fetched(lambda request: Reply("<html>"), tmp_path)


def test_what_came_is_read_with_its_zeros(tmp_path: Path) -> None:
    _, found, _ = fetched(by_body, tmp_path)
    tables, refused = stage(found.files[0], tmp_path / "staging")
    assert refused == [] and {column.name: column.type for column in tables[0].columns}["insee"] == "code"


def test_fields_are_listed_before_any_fetch() -> None:
    with web.serving(by_body) as served:
        spec = sources.parse({"kind": "http_json", "url": served.url("/items")})
        offer = sources.list_offers(spec, Secret(), Network((served.host,)))[0]
    assert [column.name for column in offer.columns] == ["id", "insee", "maj"] and offer.rows == 25


def test_an_answer_made_of_countless_empty_values_is_refused_before_it_fills_the_memory(
    tmp_path: Path,
) -> None:
    body = b"[" + b"{}," * (5 << 20) + b"{}]"
    with pytest.raises(SourceError, match="innombrables valeurs"):
        fetched(lambda _: Reply(body), tmp_path)
