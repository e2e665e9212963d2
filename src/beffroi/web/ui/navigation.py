"""The places of the navigation: what a person came to do. Rooms register entries; pages show those that may be used.

The order of places is the house's; the order of entries inside a place is each room's.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

PLACES: dict[str, str] = {
    "accueil": "Accueil",
    "donnees": "Données",
    "analyses": "Analyses",
    "services-ia": "Prévisions et alertes",
    "decisions": "À valider",
    "securite": "Sécurité",
    "continuite": "Continuité",
    "transparence": "Transparence",
    "reglages": "Réglages",
}
FOLDS_INTO: Final = {"continuite": "securite"}
"""Places that a territory may fold into another one, for a shorter menu: their pages are then reached from there."""
SHORT_MENU: Final = ("accueil", "donnees", "analyses", "securite")
"""The places of a short menu: the others join it with their first due thing."""
ACCOUNT: Final = "compte"
"""The place of the pages of one's own account: in the menu under one's name, not in the navigation."""


@dataclass(frozen=True)
class Entry:
    """A page that a room offers in a place, and the act that its reader needs; `room` when the act is another room's.

    `text`: what one does there, for the page that lists the entries of a place. `in_territory`: its address has the
    territory's short name. `short_menu`: the act by which a short menu names the place, and leads here.
    """

    place: str
    label: str
    url_name: str
    act: str
    order: int = 100
    room: str = ""
    text: str = ""
    in_territory: bool = True
    short_menu: str = ""

    def url(self, slug: str) -> str:
        return reverse(self.url_name, args=[slug] if self.in_territory else [])


@dataclass(frozen=True)
class NavItem:
    """What a template shows: a label, an address, whether the reader is there, and how many things wait."""

    place: str
    label: str
    url: str
    current: bool


_entries: list[Entry] = []
_search: list[tuple[str, Callable[[], Iterable[str]]]] = []


def register(entry: Entry) -> None:
    if entry.place not in (*PLACES, ACCOUNT):
        raise KeyError(entry.place)
    if entry not in _entries:
        _entries.append(entry)


def entries_in(
    place: str, may: Callable[[str], bool], *, is_open: Callable[[str], bool] = lambda room: True
) -> list[Entry]:
    """The entries of one place that the reader may use, in their order."""
    known = (entry for entry in _entries if entry.place == place and is_open(entry.room) and may(entry.act))
    return sorted(known, key=lambda entry: entry.order)


def place_of(path: str, kwargs: dict[str, str]) -> str:
    """The place of the entry whose address begins this one, the longest of them; empty for none."""
    roots = {reverse(e.url_name, kwargs=kwargs): e.place for e in _entries if e.in_territory}
    above = [root for root in roots if path.startswith(root)]
    return roots[max(above, key=len)] if above else ""


def all_entries() -> list[Entry]:
    """Every entry of every place, in the order of places."""
    places = [*PLACES, ACCOUNT]
    return sorted(_entries, key=lambda entry: (places.index(entry.place), entry.order))


def register_search(url_name: str, acts: Callable[[], Iterable[str]]) -> None:
    """The page that the search field of the header leads to, for who may do one of these acts."""
    _search[:] = [(url_name, acts)]


def search_url(may: Callable[[str], bool], kwargs: dict[str, str]) -> str:
    """Where the reader searches; empty for who would find nothing."""
    return next((reverse(name, kwargs=kwargs) for name, acts in _search if any(map(may, acts()))), "")


def entries_for(
    may: Callable[[str], bool],
    kwargs: dict[str, str],
    *,
    current_path: str,
    current_place: str = "",
    is_open: Callable[[str], bool] = lambda room: True,
    folded: Collection[str] = (),
    short: bool = False,
    due: Collection[str] = (),
) -> list[NavItem]:
    """The first entry of each place in which the reader may do something, in the house's order, its room being open.

    `current_place`: where the reader is, when the address alone does not say it. `folded`: places of `FOLDS_INTO` that are
    not shown by themselves; the place that takes them in is current on their pages, and there as soon as they are. `short`: the places of
    `SHORT_MENU` alone, each by its act, with the current one and those of `due`.
    """
    taken = {place: into for place, into in FOLDS_INTO.items() if place in folded}
    current_place = taken.get(current_place, current_place)
    items: list[NavItem] = []
    for place, label in PLACES.items():
        if place in taken:
            continue
        inside = [place, *(each for each, into in taken.items() if into == place)]
        allowed = [entry for each in inside for entry in entries_in(each, may, is_open=is_open)]
        if not allowed:
            continue
        urls = [reverse(e.url_name, kwargs=kwargs) for e in allowed]
        root = place == "accueil"
        here = place == current_place or any(
            current_path == url if root else current_path.startswith(url) for url in urls
        )
        if short and not (place in SHORT_MENU or place in due or here):
            continue
        first = next((e for e in allowed if e.short_menu), allowed[0]) if short else allowed[0]
        name = first.short_menu if short else ""
        items.append(NavItem(place, name or label, reverse(first.url_name, kwargs=kwargs), here))
    return items
