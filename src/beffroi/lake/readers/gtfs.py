"""GTFS (public transport timetables): identifiers and times by the standard, not by the values.

In: the names of the files of a folder, then a `Source` of one of them. Out: hints, so that an identifier has the same
type in all tables of the feed, and 25:10:00 (after midnight) stays as is. Source: gtfs.org, « Schedule reference ».
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from beffroi.lake.readers.source import Source
from beffroi.lake.tables import Guess

# « direction_id » is a choice between 0 and 1.
_CODES = re.compile(
    r"(?!direction_id$).*(_id|_code|_color|_phone|_short_name)$|parent_station|feed_version|(origin|destination|contains)_id"
)
_TIMES = re.compile(r"(arrival|departure|start|end)_time|.*_window|.*_time_(start|end)")


def is_feed(names: Iterable[str]) -> bool:
    """Whether these files are a feed: `stops.txt` or stop times, with routes or trips."""
    found = {PurePosixPath(name).name.lower() for name in names}
    return bool({"stops.txt", "stop_times.txt"} & found and {"routes.txt", "trips.txt"} & found)


def add_hints(source: Source) -> None:
    codes = times = 0
    for place, label in enumerate(source.labels):
        name = label.strip().lower()
        if _TIMES.fullmatch(name):
            source.hints[place] = "text"
            times += 1
        elif _CODES.fullmatch(name):
            source.hints[place] = "code"
            codes += 1
    why = "Les noms des colonnes et les fichiers voisins sont ceux de la norme GTFS : ses identifiants restent en texte."
    source.guesses.append(Guess("Norme", "GTFS (horaires de transport)", why, True))
    if times:
        why = "Elles dépassent 24:00:00 après minuit, ce qu'une heure ne peut pas dire : elles restent en texte."
        source.guesses.append(Guess("Heures de passage", f"{times} colonne(s) en texte", why, True))
