"""Notice of each proposal on the system behind it: its name, who answers for it, how to contest.

The room of systems, above, registers who knows; without it a proposal still says that a machine made it and
whom to write to.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from beffroi.systems.manifest import EvidenceKey, UsualReasons
from beffroi.web.platform.models import Territory


@dataclass(frozen=True)
class Notice:
    """`responsible` is a function and, where known, a name; `url` leads to the system's card."""

    title: str
    responsible: str
    contest: str
    url: str = ""
    public_url: str = ""  # of its public card, when it has one
    evidence: Mapping[str, EvidenceKey] = field(default_factory=dict)  # how its proposals' evidence is read
    reasons: UsualReasons = field(default_factory=UsualReasons)  # ready-made, offered to whoever decides
    place_word: str = "lieu"  # what a place of its proposals is, in the singular
    whole_units: frozenset[str] = frozenset()  # in which it counts: half of one is no number
    purpose: str = ""  # the finality that article R311-3-1-1 of the CRPA has told
    reference: str = ""  # the way without AI, in a sentence
    degraded_mode: str = ""  # what people do while the system is off, or too late
    find_advice: Callable[[], str] = str  # asked for by the pages that say it only: it reads the last measure

    @property
    def advice(self) -> str:
        """Why not to use the system here, where its last measure advises against it; else empty."""
        return self.find_advice()


type Teller = Callable[[Territory, str], Notice | None]
type Titles = Callable[[Territory, list[str]], dict[str, str]]
_tellers: list[Teller] = []
_titles: list[Titles] = []


def register(teller: Teller) -> None:
    if teller not in _tellers:
        _tellers.append(teller)


def register_titles(titles: Titles) -> None:
    """`titles`: those that it knows among these systems, for less than their notices cost."""
    if titles not in _titles:
        _titles.append(titles)


def titles_of(territory: Territory, systems: Iterable[str]) -> dict[str, str]:
    """The title of each system, by its id, in their order."""
    wanted = list(dict.fromkeys(systems))
    known: dict[str, str] = {}
    for titles in _titles:
        known |= titles(territory, wanted)
    return {system: known.get(system) or notice_for(territory, system).title for system in wanted}


def notice_for(territory: Territory, system: str) -> Notice:
    for teller in _tellers:
        notice = teller(territory, system)
        if notice is not None:
            return notice
    contact = territory.contact or f"l'accueil de {territory.name}"
    return Notice(
        title=system,
        responsible=f"{territory.name}, qui décide",
        contest=f"Adressez-vous à {contact} : une personne relit la décision et vous répond.",
    )
