"""The journal of an exercise in words: each act at its moment, what it was about, who did it.

In: stored events, the course that they make. Out: lines, oldest first. On the page of a laptop: `journalEntry` of `exercise-screens.js`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from ..models import ExerciseEvent
from .exercise_acts import FACILITATOR_ACTS, VERDICTS
from .timeline import Timeline

JOURNAL_HEADING: Final = (
    "EXERCICE",
    "Temps du scénario",
    "Date et heure",
    "Acte",
    "À propos de",
    "Qui",
    "Mots",
)


@dataclass(frozen=True)
class JournalLine:
    """One act. `clock`: of the scenario; `about`: title of the message; `words`: what was written, seen or changed."""

    at: datetime
    clock: str
    act: str
    about: str
    author: str
    words: str

    def cells(self) -> list[Any]:
        at = f"{timezone.localtime(self.at):%d/%m/%Y %H:%M:%S}"
        return ["EXERCICE", self.clock, at, self.act, self.about, self.author, self.words]


def journal_lines(
    rows: Iterable[ExerciseEvent], line: Timeline, roles: Mapping[str, str], *, on_platform: bool
) -> list[JournalLine]:
    """Each event in words; `on_platform`: whoever wrote it is known."""
    titles = {placed.inject.key: placed.inject.title for placed in line.injects(timezone.now())}
    return [
        JournalLine(
            row.at,
            clock_words(line.minute_at(row.at)),
            row.get_act_display(),
            titles.get(row.data.get("inject", ""), row.data.get("title", "")),
            author_of(row, roles, on_platform=on_platform),
            _words(row.data),
        )
        for row in rows
    ]


def clock_words(minutes: float) -> str:
    """The clock of the scenario, written as the hours of the house are: « 00:35 »."""
    whole = int(minutes)
    return f"{whole // 60:02d}:{whole % 60:02d}"


def author_of(row: ExerciseEvent, roles: Mapping[str, str], *, on_platform: bool) -> str:
    """Without the platform, whoever took the file back is not who wrote in it: the role alone is known."""
    facilitator = row.act in FACILITATOR_ACTS  # the role of such an act is for whom it is
    role = "" if facilitator else roles.get(row.data.get("role", ""), "")
    unknown = "l'animateur" if facilitator else "les joueurs" if row.act == "reaction" else "l'observateur"
    return ", ".join(filter(None, (role, str(row.by)))) if on_platform else role or unknown


def _words(data: Mapping[str, Any]) -> str:
    speed, minutes = data.get("speed"), data.get("minutes")
    parts = (
        VERDICTS.get(data.get("verdict", ""), ""),
        f"{speed} fois la vitesse réelle" if speed else "",
        f"de {minutes} min" if minutes else "",
        data.get("text", ""),
    )
    return ", ".join(filter(None, parts))
