"""Rows of paged JSON documents. In: their path and how pages follow. Out: one JSON file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beffroi.lake.sources import documents, names
from beffroi.lake.sources.errors import NotThere, SourceError
from beffroi.lake.sources.http import Client
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.offers import Fetched, Offer, OfferedColumn, ProgressCallback
from beffroi.lake.sources.page_writer import PageWriter
from beffroi.lake.sources.specs import HttpJson, Secret

_PARAMETERS = {"page": "page", "offset": "offset", "cursor": "cursor"}


@dataclass(frozen=True)
class Page:
    rows: list[documents.Row]
    total: int | None


def check(spec: HttpJson, secret: Secret, egress: Egress) -> str:
    offer = list_offers(spec, secret, egress)[0]
    total_note = f", {offer.rows} lignes annoncées" if offer.rows is not None else ""
    return f"Le service répond : {len(offer.columns)} champs{total_note}."


def list_offers(spec: HttpJson, secret: Secret, egress: Egress) -> list[Offer]:
    client = Client(egress, secret, spec.url, header=spec.header)
    document = client.json(_first(spec, None))
    rows = documents.rows_of(document, spec.rows)
    fields = dict.fromkeys(key for row in rows for key in row)
    columns = tuple(OfferedColumn(name, _kind(rows, name)) for name in fields)
    return [Offer(_name(spec), "table", columns=columns, rows=documents.total_of(document, spec.total))]


def fetch(
    spec: HttpJson,
    secret: Secret,
    egress: Egress,
    into: Path,
    since: str | None,
    on_progress: ProgressCallback,
) -> Fetched:
    client = Client(egress, secret, spec.url, header=spec.header)
    highest, total = since, None
    with PageWriter(into / f"{_name(spec)}.json") as writer:
        for page in _pages(spec, client, writer, since):
            writer.add(page.rows)
            highest = _highest(spec, page.rows, highest)
            total = page.total if total is None else total
            on_progress(f"Page {writer.pages} : {writer.rows} lignes reçues.")
    notes = []
    if total is not None and total != writer.rows:
        notes.append(f"Le service annonce {total} lignes ; {writer.rows} sont venues.")
    if not writer.rows:
        notes_ = () if since else ("Le service n'a donné aucune ligne.",)
        return Fetched((), since, 0, notes=notes_, incremental=bool(since), unchanged=True)
    return Fetched(
        (writer.path,),
        highest if spec.cursor else None,
        writer.rows,
        notes=tuple(notes),
        incremental=bool(since and spec.since_parameter),
    )


def _pages(spec: HttpJson, client: Client, writer: PageWriter, since: str | None) -> Iterator[Page]:
    url: str | None = _first(spec, since)
    got, number = 0, spec.first
    while url:
        writer.register_url(url)
        try:
            with client.request(url, headers={"Accept": "application/json"}) as answer:
                document, linked = answer.json(), answer.headers.get("Link")
        except NotThere:
            # Some services answer « not found » one page after the last.
            if spec.pages == "page" and got:
                return
            raise
        rows = documents.rows_of(document, spec.rows)
        total = documents.total_of(document, spec.total)
        got += len(rows)
        yield Page(rows, total)
        number += 1
        following = documents.next_of(document, spec.next, linked, url)
        if spec.pages in ("auto", "link"):
            if spec.pages == "auto" and not following:
                _all_of_it(got, total, spec)
            url = following
        elif spec.pages == "none" or not rows or (total is not None and got >= total):
            return
        elif spec.pages == "cursor":
            mark = documents.value_at(document, spec.next)
            url = _with(spec, since, mark) if mark not in (None, "", False) else None
        else:
            url = _with(spec, since, number if spec.pages == "page" else got)


def _all_of_it(got: int, total: int | None, spec: HttpJson) -> None:
    """Raise SourceError for a service that announces more rows than it returned: its paging was not recognised."""
    if total is not None and total > got:
        raise SourceError(
            f"Ce service annonce {total} lignes et n'en donne que {got} : ses pages n'ont pas été reconnues. Rien n'en a été "
            "repris. Indiquez comment elles se suivent (numéro, décalage, repère)."
        )


def _first(spec: HttpJson, since: str | None) -> str:
    """First URL: page number and offset are explicit, a cursor is not."""
    start = {"page": spec.first, "offset": 0}.get(spec.pages)
    return _with(spec, since, start)


def _with(spec: HttpJson, since: str | None, place: Any) -> str:
    parameters: dict[str, Any] = {}
    if since and spec.since_parameter:
        parameters[spec.since_parameter] = since
    if spec.size_parameter:
        parameters[spec.size_parameter] = spec.size
    if place is not None and spec.pages in _PARAMETERS:
        parameters[spec.parameter or _PARAMETERS[spec.pages]] = place
    return documents.with_parameters(spec.url, parameters) if parameters else spec.url


def _highest(spec: HttpJson, rows: list[documents.Row], before: str | None) -> str | None:
    """Highest value of the cursor field: numbers compared as numbers, dates and others as texts."""
    if not spec.cursor:
        return before
    values = [value for row in rows if (value := documents.value_at(row, spec.cursor)) not in (None, "")]
    texts = [str(value) for value in values] + ([before] if before else [])
    return (
        max(texts, key=lambda text: (float(text), text) if _is_number(text) else (0.0, text))
        if texts
        else None
    )


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _kind(rows: list[documents.Row], name: str) -> str:
    kinds = {type(row[name]).__name__ for row in rows if row.get(name) is not None}
    words = {
        "str": "texte",
        "int": "nombre",
        "float": "nombre",
        "bool": "oui ou non",
        "dict": "objet",
        "list": "liste",
    }
    return " ou ".join(sorted({words.get(kind, kind) for kind in kinds}))


def _name(spec: HttpJson) -> str:
    return names.file_name_of_url(spec.url).removesuffix(".json")
