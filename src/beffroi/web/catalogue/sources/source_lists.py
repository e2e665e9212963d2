"""The lists of the sources: all of them, the late ones first; what is late and who owes it, for a page and for a CSV.

In: a territory and the parameters q, etat, page. Out: plain rows.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils import timezone

from beffroi.web.platform.models import Territory
from beffroi.web.ui.spreadsheets import Writer

from ..dataset_lists import folded
from ..lifecycle.csv_exports import format_value
from ..models import Dataset, Source
from . import source_state
from .source_labels import SHORT, freshness_of, place_of, state_of

A_PAGE: Final = 50


@dataclass(frozen=True)
class Row:
    """One source as the lists show it."""

    source: Source
    days_late: int
    freshness: tuple[str, str]
    state: tuple[str, str]
    kind: str
    place: str

    @property
    def words(self) -> str:
        source = self.source
        texts = (
            source.title,
            self.kind,
            self.place,
            source.debtor,
            str(source.dataset or source.dataset_title),
        )
        return folded(" ".join(texts))


FILTERS: Final[dict[str, tuple[str, Callable[[Row], bool]]]] = {
    "": ("Toutes", lambda row: True),
    "en-retard": ("En retard", lambda row: row.days_late > 0),
    "en-echec": ("En panne", lambda row: row.source.failures > 0 or bool(row.source.note)),
    "en-pause": ("En pause", lambda row: row.source.state == Source.State.PAUSED),
    "dues": ("Dues par contrat", lambda row: row.source.owed_by_contract),
}


def _row(source: Source) -> Row:
    kind = SHORT.get(source.kind, source.kind)
    return Row(source, source.days_late(), freshness_of(source), state_of(source), kind, place_of(source))


def rows(territory: Territory) -> list[Row]:
    """Every source, the late ones first, then those that fail, then by name."""
    found = [_row(source) for source in Source.objects.of(territory).select_related("dataset", "owner")]
    return sorted(found, key=lambda row: (-row.days_late, not row.source.failures, folded(row.source.title)))


def feeding(dataset: Dataset) -> list[Row]:
    """What fills a dataset, for its page."""
    return [_row(source) for source in dataset.sources.select_related("owner", "dataset")]


def listing(territory: Territory, params: QueryDict) -> dict[str, Any]:
    every = rows(territory)
    query = params.get("q", "").strip()[:200]
    found = [row for row in every if all(word in row.words for word in folded(query).split())]
    chosen = params.get("etat", "") if params.get("etat", "") in FILTERS else ""
    links = []
    for key, (label, test) in FILTERS.items():
        count = sum(map(test, found))
        if not count and key and key != chosen:
            continue
        parameters = QueryDict(mutable=True)
        if query:
            parameters["q"] = query
        if key:
            parameters["etat"] = key
        links.append(
            {"label": label, "count": count, "url": f"?{parameters.urlencode()}", "current": key == chosen}
        )
    selected = [row for row in found if FILTERS[chosen][1](row)]
    return {
        "page": Paginator(selected, A_PAGE).get_page(params.get("page")),
        "total": len(every),
        "query": query,
        "filters": links,
        "late": sum(row.days_late > 0 for row in every),
    }


@dataclass(frozen=True)
class Late:
    """One delivery that is late: what, who owes it, since when, by which promise, who to write to."""

    source: Source
    due: date
    days: int
    missing: int
    promise: str

    @property
    def who(self) -> str:
        return self.source.debtor or str(self.source.owner or "personne")

    @property
    def reference(self) -> str:
        return ", ".join(filter(None, (self.source.contract, self.source.article)))

    @property
    def reminder(self) -> str:
        """A letter to send, ready: an address for the mail program; empty without one."""
        if not self.source.contact:
            return ""
        subject = f"{self.source.title} : livraison attendue le {self.due:%d/%m/%Y}"
        reference = f" (réf. {self.reference})" if self.reference else ""
        body = (
            f"Bonjour,\n\nLes données « {self.source.title} » étaient attendues le {self.due:%d/%m/%Y}{reference}. "
            f"Nous n'avons rien reçu de nouveau depuis. Pouvez-vous nous dire quand elles arriveront ?\n\n"
            f"{self.source.territory.name}"
        )
        return f"mailto:{quote(self.source.contact, safe='@')}?subject={quote(subject)}&body={quote(body)}"


def late(territory: Territory) -> list[Late]:
    """What is late, the oldest first."""
    today = timezone.localdate()
    owed = (
        Source.objects.of(territory).filter(due_on__lt=today).select_related("territory", "owner", "dataset")
    )
    found = []
    for source in owed:
        if source.due_on is None or not (days := source.days_late(today)):
            continue
        promise = source.promise
        missing = sum(d.state(promise, today) == "late" for d in source_state.deadlines(source))
        found.append(Late(source, source.due_on, days, missing, promise.describe()))
    return sorted(found, key=lambda row: (row.due, row.source.title))


HEADS: Final = ("source", "jeu", "qui_doit", "contrat", "article", "echeance", "jours_de_retard", "livraisons_manquantes",
                "promesse", "contact", "responsable")  # fmt: skip


def as_csv(found: list[Late]) -> Iterator[bytes]:
    """The same for a spreadsheet: UTF-8 with its mark, « ; »."""
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = Writer(buffer)
    for cells in (HEADS, *(_cells(row) for row in found)):
        writer.writerow(map(format_value, cells))
    yield buffer.getvalue().encode()


def _cells(row: Late) -> tuple[Any, ...]:
    source = row.source
    return (
        source.title,
        str(source.dataset or source.dataset_title),
        source.debtor,
        source.contract,
        source.article,
        row.due,
        row.days,
        row.missing,
        row.promise,
        source.contact,
        str(source.owner or ""),
    )
