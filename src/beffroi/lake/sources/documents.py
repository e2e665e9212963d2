"""Navigation of JSON documents: rows, dotted paths, next pages, totals. Pure functions, nothing is fetched.

In: a document parsed by `json.loads`. Out: its rows, the URL of its next page, its announced total.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from beffroi.lake.sources.errors import SourceError

Row = dict[str, Any]
_DEEPEST = 3
_NEXT = (
    "next", "links.next.href", "links.next", "_links.next.href", "_links.next", "next_page", "@odata.nextLink",
    "paging.next", "pagination.next", "meta.next", "meta.links.next", "nextLink", "next_url", "info.next",
)  # fmt: skip
_TOTAL = (
    "total", "total_count", "totalCount", "count", "numberMatched", "nhits", "meta.total", "meta.total_count",
    "pagination.total", "@odata.count", "totalElements", "totalFeatures", "hits.total",
)  # fmt: skip


def value_at(document: Any, path: str) -> Any:
    """Value at a dotted path, None when missing. A key that contains a dot is found too."""
    if not path:
        return document
    if isinstance(document, Mapping):
        if path in document:
            return document[path]
        head, _, rest = path.partition(".")
        return value_at(document[head], rest) if rest and head in document else None
    if isinstance(document, list):
        head, _, rest = path.partition(".")
        if head.isdigit() and int(head) < len(document):
            return value_at(document[int(head)], rest)
    return None


def rows_of(document: Any, path: str) -> list[Row]:
    """Rows at `path`, otherwise the longest list of objects near the top. Raises SourceError."""
    if path:
        found = value_at(document, path)
        if found is None and value_at(document, path.rpartition(".")[0]) is not None:
            return []
        if not isinstance(found, list):
            raise SourceError(
                f"Ce service ne donne pas de liste à « {path} ». Vérifiez « Où sont les lignes » dans sa documentation."
            )
        return _objects(found)
    if isinstance(document, list):
        return _objects(document)
    lists = sorted(_lists(document, _DEEPEST), key=len, reverse=True)
    if not lists:
        raise SourceError(
            "Aucune liste n'a été trouvée dans la réponse de ce service. Indiquez « Où sont les lignes »."
        )
    return _objects(lists[0])


def _lists(document: Any, depth: int) -> Iterator[list[Any]]:
    if not isinstance(document, Mapping) or not depth:
        return
    for key, value in document.items():
        if key == "links":
            continue
        if isinstance(value, list) and all(isinstance(element, Mapping) for element in value):
            yield value
        else:
            yield from _lists(value, depth - 1)


def _objects(found: list[Any]) -> list[Row]:
    return [element if isinstance(element, dict) else {"valeur": element} for element in found]


def next_of(document: Any, path: str, link_header: str | None, here: str) -> str | None:
    """Absolute URL of the next page: at `path`, in the `Link` header, or at the usual paths."""
    if path:
        return _address(value_at(document, path), here)
    from_header = _linked(link_header)
    if from_header:
        return urljoin(here, from_header)
    links = value_at(document, "links")
    if isinstance(links, list):
        for link in links:
            if isinstance(link, Mapping) and link.get("rel") == "next" and isinstance(link.get("href"), str):
                return urljoin(here, link["href"])
    for usual in _NEXT:
        found = _address(value_at(document, usual), here)
        if found:
            return found
    return None


def _address(found: Any, here: str) -> str | None:
    if isinstance(found, Mapping):
        found = found.get("href")
    if not isinstance(found, str) or not found.startswith(("http://", "https://", "/", "?")):
        return None
    return urljoin(here, found)


def _linked(header: str | None) -> str | None:
    """Target of `rel="next"` in a `Link` header (RFC 8288)."""
    for part in (header or "").split(",<" if ",<" in (header or "") else ", <"):
        target, _, words = part.partition(">")
        relations = [word.strip() for word in words.split(";")]
        if any(word.replace('"', "").lower() == "rel=next" for word in relations):
            return target.strip().lstrip("<")
    return None


def total_of(document: Any, path: str) -> int | None:
    for usual in (path,) if path else _TOTAL:
        found = value_at(document, usual)
        if isinstance(found, Mapping):
            found = found.get("value")
        if isinstance(found, int) and not isinstance(found, bool):
            return found
    return None


def with_parameters(url: str, parameters: Mapping[str, Any]) -> str:
    """URL with these query parameters, replacing those of the same name (case-insensitive, as WFS requires)."""
    parts = urlsplit(url)
    names = {name.lower() for name in parameters}
    remaining = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in names
    ]
    return urlunsplit(
        parts._replace(
            query=urlencode([*remaining, *((k, str(v)) for k, v in parameters.items())]), fragment=""
        )
    )
