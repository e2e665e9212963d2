"""Matching of names in other tables (rolls, bookings, places) with the sites of the attendance; unmatched ones are reported.

In come a history and the names of a table; out go the sites by name. A person matches names that
differ before a run; here only spelling is ignored, never similarity.
"""

from collections.abc import Iterable

from beffroi.systems.canteen.history import History, site_key


def sites_by_key(history: History) -> dict[str, tuple[int, ...]]:
    """Indices of the sites by the key of their full name, and of the name that several kinds of one place share."""
    found: dict[str, tuple[int, ...]] = {}
    for index, (site, group) in enumerate(zip(history.sites, history.groups, strict=True)):
        shared = site_key(site.removesuffix(f" ({group})"))
        found[shared] = (*found.get(shared, ()), index)
    for index, site in enumerate(history.sites):
        found[site_key(site)] = (index,)
    return found


def unmatched_notes(history: History, names: Iterable[str | None], table: str) -> list[str]:
    """One French note where names of this table are no site of the attendance, with their number and examples."""
    known = sites_by_key(history)
    keys = {site_key(name): name.strip() for name in names if name and site_key(name)}
    lost = sorted(name for key, name in keys.items() if key not in known)
    if not lost:
        return []
    examples = ", ".join(lost[:3]) + ("…" if len(lost) > 3 else "")
    return [
        f"{table} : {len(lost)} nom(s) sur {len(keys)} ne sont pas ceux d’un restaurant des repas servis ({examples}). Leurs lignes "
        "n’ont pas servi. Rapprochez ces noms sur la page des données du système."
    ]
