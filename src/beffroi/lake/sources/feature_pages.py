"""Features that a map service gives page after page, written as one GeoJSON file.

In: pages of features, each with the count that the service announces. Out: a `Fetched`; a feature that comes twice refuses all.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from beffroi.lake.sources.errors import SourceError
from beffroi.lake.sources.offers import Fetched, ProgressCallback
from beffroi.lake.sources.page_writer import PageWriter

type FeaturePages = Iterable[tuple[list[dict[str, Any]], int | None]]
"""Features and, where the service tells it, how many there are in all."""


def fetch_features(
    path: Path, pages_of: Callable[[PageWriter], FeaturePages], on_progress: ProgressCallback, *, advice: str
) -> Fetched:
    """Write every page into `path`. Raises SourceError where pages overlap, with `advice` on what to do."""
    ids, twice, total = set[str](), 0, None
    with PageWriter(path, features=True) as writer:
        for features, announced in pages_of(writer):
            known = [str(feature["id"]) for feature in features if feature.get("id") is not None]
            twice += len(known) - len(set(known) - ids)
            ids.update(known)
            writer.add(features)
            total = announced if total is None else total
            on_progress(f"Page {writer.pages} : {writer.rows} objets reçus.")
    if twice:
        raise SourceError(
            f"Ce service a donné {twice} objet(s) deux fois : ses pages se chevauchent. Rien n'en a été repris. {advice}"
        )
    if not writer.rows:
        return Fetched((), None, 0, notes=("Cette couche est vide.",), unchanged=True)
    notes = (
        (f"Le service annonce {total} objets ; {writer.rows} sont venus.",)
        if total is not None and total != writer.rows
        else ()
    )
    return Fetched((writer.path,), None, writer.rows, notes=notes)
