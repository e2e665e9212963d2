"""Lines of the crisis journal, as the platform and the offline page exchange them: read, verified, merged.

In: files `journal-<device>-<date>.json`, hostile until read. Out: lines in the order of the journal, and what is wrong with
their chains, said and never dropped. Pure: no database. Its twin in the browser is `frontend/src/offline/journal-lines.js`.

A file::

    {"format": 1, "crisis": "<uuid>", "exercise": false, "device": "<8 hex: who saved it>", "lines": [
      {"id": "<uuid>", "device": "<8 hex>", "n": 1, "fact_at": "2026-11-29T08:00:00+01:00", "entered_at": "…",
       "author": "…", "role": "…", "kind": "fact|decision|message|correction", "text": "…", "corrects": null,
       "previous": "", "hash": "<64 hex>"}]}

`hash`: SHA-256 of the canonical JSON of the line without `hash` (sorted keys, no spaces, UTF-8). `previous`: the `hash` of
the line before on the same device, "" for the first.
"""

import hashlib
import heapq
import json
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

FORMAT = 1
KINDS = ("fact", "decision", "message", "correction")
MOST_BYTES = 10_000_000
MOST_LINES = 20_000
LONGEST = {"author": 200, "role": 200, "text": 4_000}  # characters
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DEVICE = re.compile(r"[0-9a-f]{8}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_UNWANTED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

type FaultKind = Literal["altered", "gap", "fork", "unlinked", "clock", "disputed"]


class JournalFileError(ValueError):
    """A refusal of a whole file, in French: what is wrong, where, and that nothing changed."""


@dataclass(frozen=True)
class Line:
    """One line, as it was entered; never changed. Moments are kept as written, with their offset."""

    id: str
    device: str
    n: int
    fact_at: str
    entered_at: str
    author: str
    role: str
    kind: str
    text: str
    corrects: str | None
    previous: str
    hash: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def fact_moment(self) -> datetime:
        return datetime.fromisoformat(self.fact_at)

    @property
    def entered_moment(self) -> datetime:
        return datetime.fromisoformat(self.entered_at)

    @property
    def is_intact(self) -> bool:
        return self.hash == line_hash(self.as_dict())


@dataclass(frozen=True)
class Journal:
    """What one file holds. `device`: the one that saved it; a merged file has lines of several."""

    crisis: str
    exercise: bool
    device: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ChainFault:
    """Something wrong with the chain of a device, in French; the lines stay."""

    device: str
    n: int
    kind: FaultKind
    message: str


@dataclass(frozen=True)
class MergedJournal:
    """All lines once, in the order of the journal. `disputed`: other contents seen under an identifier of `lines`."""

    lines: tuple[Line, ...]
    faults: tuple[ChainFault, ...]
    disputed: tuple[Line, ...]


def canonical(value: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def line_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256 of a line without its `hash`."""
    return hashlib.sha256(canonical({k: v for k, v in fields.items() if k != "hash"})).hexdigest()


def new_line(
    before: Line | None,
    *,
    device: str,
    fact_at: str,
    entered_at: str,
    author: str,
    role: str,
    kind: str,
    text: str,
    corrects: str | None = None,
    id: str | None = None,
) -> Line:
    """The next line of a device, after `before` (None for its first)."""
    line = Line(
        id=id or str(uuid.uuid4()),
        device=device,
        n=before.n + 1 if before else 1,
        fact_at=fact_at,
        entered_at=entered_at,
        author=author,
        role=role,
        kind=kind,
        text=text,
        corrects=corrects,
        previous=before.hash if before else "",
        hash="",
    )
    return _read_line(
        replace(line, hash=line_hash(line.as_dict())).as_dict(), f"ligne {line.n} de l'appareil {device}"
    )


def dump(journal: Journal) -> bytes:
    """The file of a journal."""
    content = {
        "format": FORMAT,
        "crisis": journal.crisis,
        "exercise": journal.exercise,
        "device": journal.device,
        "lines": [line.as_dict() for line in journal.lines],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def parse(raw: bytes, *, crisis: str | None = None, exercise: bool | None = None) -> Journal:
    """Read a file. `crisis` and `exercise`: what it must be the journal of, when known.

    Raises `JournalFileError` for what is not a journal of this crisis; a broken chain is no reason to refuse.
    """
    if len(raw) > MOST_BYTES:
        raise JournalFileError(f"Ce fichier dépasse {MOST_BYTES // 1_000_000} Mo : rien n'a été repris.")
    try:
        content = json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise JournalFileError(
            "Ce fichier n'est pas un journal de crise lisible : rien n'a été repris."
        ) from error
    if not isinstance(content, dict) or set(content) != {"format", "crisis", "exercise", "device", "lines"}:
        raise JournalFileError("Ce fichier n'est pas un journal de crise : rien n'a été repris.")
    if type(content["format"]) is not int or content["format"] != FORMAT:
        raise JournalFileError("Ce journal vient d'une autre version de la page : rien n'a été repris.")
    if not _matches(_UUID, content["crisis"]) or not _matches(_DEVICE, content["device"]):
        raise JournalFileError("Ce journal ne dit pas de quelle crise ou de quel appareil il vient.")
    if type(content["exercise"]) is not bool:
        raise JournalFileError("Ce journal ne dit pas s'il vient d'un exercice : rien n'a été repris.")
    if crisis is not None and content["crisis"] != crisis:
        raise JournalFileError("Ce journal est celui d'une autre crise : rien n'a été repris.")
    if exercise is not None and content["exercise"] is not exercise:
        raise JournalFileError(
            "Un journal d'exercice et celui d'une vraie crise ne se mélangent jamais : rien n'a été repris."
        )
    lines = content["lines"]
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        raise JournalFileError(f"Un journal a au plus {MOST_LINES} lignes : rien n'a été repris.")
    read = tuple(_read_line(each, f"ligne {rank} du fichier") for rank, each in enumerate(lines, 1))
    return Journal(content["crisis"], content["exercise"], content["device"], read)


def ordered(lines: Iterable[Line]) -> list[Line]:
    """In the order of the journal: by fact, entry, device; the lines of one device always in the order of their entry.

    A fact cannot be entered before it happens: a fact dated after its entry counts as of its entry.
    """
    chains: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        chains[line.device].append(line)
    for chain in chains.values():
        chain.sort(key=lambda line: (line.n, line.entered_moment, line.id, line.hash), reverse=True)
    heads = [(*_place(chain[-1]), device) for device, chain in chains.items()]
    heapq.heapify(heads)
    found = []
    while heads:
        device = heapq.heappop(heads)[-1]
        found.append(chains[device].pop())
        if chains[device]:
            heapq.heappush(heads, (*_place(chains[device][-1]), device))
    return found


def chain_faults(lines: Iterable[Line]) -> list[ChainFault]:
    """What is wrong with the chain of each device: altered, missing, doubled or unlinked lines, a clock that went back."""
    chains: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        chains[line.device].append(line)
    found: list[ChainFault] = []
    for device, chain in sorted(chains.items()):
        before: Line | None = None
        for line in sorted(chain, key=lambda each: (each.n, each.entered_moment, each.id)):
            found += [ChainFault(device, line.n, kind, message) for kind, message in _faults(before, line)]
            before = line
    return found


def merge(*journals: Iterable[Line]) -> MergedJournal:
    """Union of lines by identifier. Of two contents under one identifier, the intact one stands and the other is disputed."""
    versions: dict[str, dict[str, Line]] = defaultdict(dict)
    for lines in journals:
        for line in lines:
            versions[line.id][canonical(line.as_dict()).decode()] = line
    chosen: list[Line] = []
    disputed: list[Line] = []
    for found in versions.values():
        best, *others = sorted(
            found.values(), key=lambda line: (not line.is_intact, line.hash, line.device, line.n)
        )
        chosen.append(best)
        disputed += others
    faults = chain_faults(chosen) + [
        ChainFault(
            line.device, line.n, "disputed", f"Deux contenus pour la ligne {line.n} : les deux sont gardés."
        )
        for line in disputed
    ]
    return MergedJournal(tuple(ordered(chosen)), tuple(faults), tuple(disputed))


def _place(line: Line) -> tuple[datetime, datetime, datetime]:
    fact, entered = line.fact_moment, line.entered_moment
    return min(fact, entered), fact, entered


def _faults(before: Line | None, line: Line) -> Iterable[tuple[FaultKind, str]]:
    if not line.is_intact:
        yield "altered", f"La ligne {line.n} a été modifiée après sa saisie."
    n = before.n if before else 0
    if line.n == n:
        yield "fork", f"Deux lignes portent le numéro {line.n} : les deux sont gardées."
    elif line.n != n + 1:
        missing = (
            f"la ligne {n + 1} manque" if line.n == n + 2 else f"les lignes {n + 1} à {line.n - 1} manquent"
        )
        yield "gap", f"Avant la ligne {line.n}, {missing}."
    elif line.previous != (before.hash if before else ""):
        yield "unlinked", f"La ligne {line.n} ne suit pas la ligne d'avant."
    if before and line.entered_moment < before.entered_moment:
        yield (
            "clock",
            f"L'horloge de l'appareil a reculé avant la ligne {line.n} : les deux heures sont gardées.",
        )


def _read_line(value: object, where: str) -> Line:
    names = set(Line.__dataclass_fields__)
    if not isinstance(value, dict) or set(value) != names:
        raise JournalFileError(f"{where} : il manque des champs, ou il y en a en trop. Rien n'a été repris.")
    expected = {"id": _UUID, "device": _DEVICE, "hash": _HASH}
    wrong = [name for name, form in expected.items() if not _matches(form, value[name])]
    if value["previous"] != "" and not _matches(_HASH, value["previous"]):
        wrong.append("previous")
    if value["corrects"] is not None and not _matches(_UUID, value["corrects"]):
        wrong.append("corrects")
    if type(value["n"]) is not int or not 1 <= value["n"] <= 1_000_000:
        wrong.append("n")
    if value["kind"] not in KINDS:
        wrong.append("kind")
    wrong += [name for name in ("fact_at", "entered_at") if not _is_moment(value[name])]
    for name, longest in LONGEST.items():
        text = value[name]
        if not isinstance(text, str) or len(text) > longest or _UNWANTED.search(text):
            wrong.append(name)
    if not wrong and not value["text"].strip():
        wrong.append("text")
    if wrong:
        raise JournalFileError(f"{where} : champ illisible ({', '.join(wrong)}). Rien n'a été repris.")
    return Line(**value)


def _matches(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_moment(value: object) -> bool:
    """To the second, with its offset, in a century where an offset cannot leave the calendar."""
    if not _matches(_MOMENT, value):
        return False
    try:
        return 1970 <= datetime.fromisoformat(str(value)).year < 2200
    except ValueError:
        return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _refuse(value: str) -> Any:
    raise ValueError(value)
