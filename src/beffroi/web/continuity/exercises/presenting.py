"""What the pages and papers of exercises show: injects in words, the journal of an exercise, what was seen of each reaction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from beffroi.guides.runbook import Runbook
from beffroi.web.guides.models import Response

from ..models import ExerciseEvent, ExerciseImport
from .exercise_acts import MEDIA, VERDICTS
from .exercise_journal import JournalLine, author_of, clock_words, journal_lines
from .take_back import import_of
from .timeline import Event, PlacedInject, Timeline


@dataclass(frozen=True)
class Note:
    """A reaction of players, or what an observer saw. `author`: the role and the person; `verdict`: of an observation, in words.

    `clock`: minute of the scenario, as injects have it.
    """

    at: datetime
    author: str
    text: str
    verdict: str = ""
    about: str = ""
    clock: str = ""


@dataclass(frozen=True)
class InjectRow:
    """An inject with its words. `reactions`, `observations`: notes about it, oldest first."""

    placed: PlacedInject
    role: str
    medium: str
    reactions: Sequence[Note] = ()
    observations: Sequence[Note] = ()

    @property
    def clock(self) -> str:
        """The minute of the scenario, « 00:35 »."""
        return clock_words(self.placed.minute)

    @property
    def verdict(self) -> str:
        """What the last observation says; empty without one."""
        return self.observations[-1].verdict if self.observations else ""

    @property
    def minutes_to_react(self) -> float | None:
        """Minutes on the wall from its reception to the first reaction."""
        if not self.reactions or self.placed.at is None:
            return None
        return round((self.reactions[0].at - self.placed.at).total_seconds() / 60, 1)


@dataclass(frozen=True)
class Course:
    """An exercise as its pages show it at one moment.

    `free`: reactions about no inject, oldest first; `taken_back`: how it came here, where it was played without the platform;
    `journal`: each act, oldest first.
    """

    run: Response
    timeline: Timeline
    now: datetime
    rows: Sequence[InjectRow]
    free: Sequence[Note] = ()
    taken_back: ExerciseImport | None = None
    journal: Sequence[JournalLine] = ()

    @property
    def scenario(self) -> Runbook:
        return self.timeline.scenario

    @property
    def minute(self) -> float:
        return self.timeline.minute_at(self.now)

    @property
    def clock(self) -> str:
        return clock_words(self.minute)

    @property
    def next(self) -> InjectRow | None:
        return next((row for row in self.rows if row.placed.state == "coming"), None)

    @property
    def seconds_to_next(self) -> int | None:
        """Seconds on the wall until the next inject; None while the clock stands."""
        at = self.timeline.moment_of(self.next.placed.minute) if self.next else None
        return (
            max(0, round((at - self.now).total_seconds()))
            if at and self.timeline.state == "running"
            else None
        )

    @property
    def coming(self) -> list[InjectRow]:
        return [row for row in self.rows if row.placed.state == "coming"]

    @property
    def past(self) -> list[InjectRow]:
        """Received or left out, the last first."""
        return [row for row in reversed(self.rows) if row.placed.state != "coming"]

    def delivered(self, role: str = "") -> list[InjectRow]:
        """What players have received, the last first."""
        rows = {row.placed.inject.key: row for row in self.rows}
        return [rows[placed.inject.key] for placed in self.timeline.delivered(self.now, role)]

    @property
    def reactions(self) -> list[tuple[str, Note]]:
        """What players do, the last first, each with the title of the inject that it is about; "" for none."""
        found = [(row.placed.inject.title, note) for row in self.rows for note in row.reactions]
        found += [("", note) for note in self.free]
        return sorted(found, key=lambda each: each[1].at, reverse=True)


def short_title(title: str) -> str:
    """The title of a scenario where « exercice » is already said."""
    rest = re.sub(r"^exercice\s*:\s*", "", title, flags=re.IGNORECASE)
    return rest[:1].upper() + rest[1:]


_ARTICLES: Final = (
    ("le ", "du "),
    ("les ", "des "),
    ("la ", "de la "),
    ("l'", "de l'"),
    ("un ", "d'un "),
    ("une ", "d'une "),
)


def sent_by(sender: str) -> str:
    """Of whom a message is: « du maire », « de l'agent d'accueil », « d'une élue », « de Mme Petit »."""
    plain = sender.replace("’", "'")
    for article, words in _ARTICLES:
        if plain.casefold().startswith(article):
            return words + plain[len(article) :]
    return f"de {plain}"


def course(run: Response, scenario: Runbook, now: datetime | None = None) -> Course:
    """The exercise at a moment: three queries."""
    journal = list(ExerciseEvent.objects.filter(run=run).select_related("by").order_by("pk"))
    # The clock of a laptop may have been ahead of this machine's.
    now = max([now or timezone.now(), *(row.at for row in journal[-1:])])
    taken_back = import_of(run)
    on_platform = taken_back is None
    line = Timeline(scenario, [Event(row.act, row.at, row.data) for row in journal])
    roles = {role.key: role.title for role in scenario.roles}
    notes = {
        act: [
            _note(row, line.minute_at(row.at), author_of(row, roles, on_platform=on_platform))
            for row in journal
            if row.act == act
        ]
        for act in ("reaction", "observation")
    }
    rows = [
        InjectRow(
            placed,
            roles.get(placed.inject.role, "tous"),
            MEDIA[placed.inject.medium],
            *([note for note in notes[act] if note.about == placed.inject.key] for act in notes),
        )
        for placed in line.injects(now)
    ]
    free = [note for note in notes["reaction"] if not note.about]
    lines = journal_lines(journal, line, roles, on_platform=on_platform)
    return Course(run, line, now, rows, free, taken_back, lines)


def _note(row: ExerciseEvent, minute: float, author: str) -> Note:
    verdict = VERDICTS.get(row.data.get("verdict", ""), "")
    return Note(row.at, author, row.data["text"], verdict, row.data["inject"], clock_words(minute))
