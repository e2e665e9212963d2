"""Matching of names in other tables (rolls, bookings, places) with the sites of the attendance; unmatched ones are reported.

In come a history and the names of a table; out go the sites by name. A person matches names that
differ before a run; here only spelling is ignored, never similarity.
"""

from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.rows import site_key
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import listed, plural


def sites_by_key(history: History) -> dict[str, tuple[int, ...]]:
    """Indices of the sites by the key of their full name, and of the name that several kinds of one place share."""
    found: dict[str, tuple[int, ...]] = {}
    for index, (site, group) in enumerate(zip(history.sites, history.groups, strict=True)):
        shared = site_key(site.removesuffix(f" ({group})"))
        found[shared] = (*found.get(shared, ()), index)
    for index, site in enumerate(history.sites):
        found[site_key(site)] = (index,)
    return found


def unmatched_notes(history: History, tables: Tables, table: str, title: str) -> list[str]:
    """One French note where names of this table are no site of the attendance, with their number and examples."""
    known = sites_by_key(history)
    names = [cells.text(row["site"]) for row in cells.rows(tables, table)]
    keys = {site_key(name): name for name in names if site_key(name)}
    lost = sorted(name for key, name in keys.items() if key not in known)
    if not lost:
        return []
    strange = plural(len(lost), "nom", "noms")
    return [
        f"{title} : {strange} sur {len(keys)} {'n’est' if len(lost) == 1 else 'ne sont'} d’aucun restaurant des repas servis "
        f"({listed(lost, 3)}), et leurs lignes n’ont pas servi. Rapprochez ces noms sur la page des données du système."
    ]
