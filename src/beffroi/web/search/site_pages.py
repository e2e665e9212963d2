"""Pages of the site, which whoever may open them may find: those that the rooms put in the navigation or in one's account.

Their title and their words are the entry's, and what the help says that the page is for: nothing is written here.
"""

from collections.abc import Collection, Iterable, Mapping

from beffroi.language.search import Document
from beffroi.web.platform import feature_switches
from beffroi.web.platform.models import Territory
from beffroi.web.ui import navigation
from beffroi.web.ui.help import page_help

from .kinds import EVERYWHERE, Kind, Target


def _entries() -> dict[str, navigation.Entry]:
    return {entry.url_name: entry for entry in navigation.all_entries()}


def _documents() -> Iterable[Document]:
    for name, entry in _entries().items():
        found = page_help.pages().get(name)
        purpose = found.purpose if found is not None else ""
        yield Document(EVERYWHERE, "page", name, entry.label, card=(f"{entry.text} {purpose}".strip(),))


def _targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    if public:
        return {}
    return {
        name: Target(
            entry.label, entry.url(territory.slug), "" if _is_open(territory, entry) else "salle fermée"
        )
        for name, entry in _entries().items()
        if name in keys
    }


def _is_open(territory: Territory, entry: navigation.Entry) -> bool:
    """A page of a closed room is found all the same: it says that it is closed, and who opens it."""
    return feature_switches.is_open(territory, entry.room) and feature_switches.act_is_open(
        territory, entry.act
    )


PAGES = Kind(
    name="page",
    label="Pages",
    act="territory.enter",
    targets=_targets,
    shared=_documents,
    order=850,
    act_of=lambda name: _entries()[name].act,
)
