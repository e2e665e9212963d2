"""The public suite of RFC 7208 (`rfc7208/`, with its licence), served by a real DNS server.

The suite judges messages; we read a record for any sender. In: the suite. Out: for each case the domain whose record is evaluated, and
what a reader of that record alone may say.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from beffroi.web.cyber.mail.spf import Spf, State
from servers import nsd

_FILE: Final = Path(__file__).parent / "rfc7208" / "rfc7208-tests.yml"
_WORDS: Final = {
    State.VALID: ("pass", "fail", "softfail", "neutral"),
    State.ABSENT: ("none",),
    State.SILENT: ("temperror",),
}


@dataclass(frozen=True)
class Case:
    name: str
    domain: str
    results: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    title: str
    zones: dict[str, list[Any]]
    cases: tuple[Case, ...]


def scenarios() -> Iterator[Scenario]:
    for document in yaml.safe_load_all(_FILE.read_text("utf-8")):
        cases = tuple(
            Case(
                name,
                _domain(case),
                tuple(case["result"] if isinstance(case["result"], list) else [case["result"]]),
            )
            for name, case in document["tests"].items()
        )
        yield Scenario(document["description"], document["zonedata"], cases)


def _domain(case: dict[str, Any]) -> str:
    """The domain of the sender, of the greeting where it is empty."""
    sender = str(case["mailfrom"] or "")
    return sender.rpartition("@")[2] or str(case["helo"])


def agrees(found: Spf, results: Sequence[str]) -> bool:
    return any(word in _WORDS.get(found.state, ("permerror",)) for word in results)


@contextmanager
def serving(folder: Path, scenario: Scenario) -> Iterator[int]:
    """A server of the scenario's names; those that time out in it never answer."""
    silent, lines = [], []
    for name, records in scenario.zones.items():
        texts = [row["TXT"] for row in records if isinstance(row, dict) and "TXT" in row]
        has_text = bool(texts)
        for row in records:
            if row == "TIMEOUT":
                if not any(value != "NONE" for value in texts):  # otherwise only the old type SPF times out
                    silent.append(name.lower())
            elif isinstance(row, dict):
                kind, value = next(iter(row.items()))
                lines += _lines(name, kind, value, has_text=has_text)
    with nsd.serving(folder, {}, root=lines) as port, nsd.dropping(port, silent, whole=True) as front:
        yield front


def _lines(name: str, kind: str, value: Any, *, has_text: bool) -> list[str]:
    owner = "".join(f"\\{ord(c):03d}" if not (c.isalnum() or c in ".-_") else c for c in name) + "."
    if kind in ("SPF", "TXT"):
        if value == "NONE" or (kind == "SPF" and has_text):
            return []
        pieces = value if isinstance(value, list) else [value]
        data = " ".join(
            nsd.text(piece.encode("latin-1") if isinstance(piece, str) else piece) for piece in pieces
        )
        data = data or '""'
        return [f"{owner} TXT {data}"]
    if kind == "MX":
        return [f"{owner} MX {value[0]} {value[1] or ''}."]
    if kind in ("A", "AAAA"):
        return [f"{owner} {kind} {value}"]
    if kind == "CNAME":
        return [f"{owner} CNAME {value.rstrip('.')}."]
    return []  # PTR: of the sender
