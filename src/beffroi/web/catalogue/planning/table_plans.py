"""Plans of a delivery's tables once read: the proposal for each, and what a person chose instead.

A `Planned` table goes into `Delivery.tables` as JSON and back; its first rows and its rows set aside stay in the
staging folder, which goes away once poured, because they may hold personal data.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Self

from beffroi.lake.drift import Change
from beffroi.lake.readers.corrections import NONE, Corrections
from beffroi.lake.tables import StagedTable
from beffroi.lake.upsert_keys import Candidate

from ..models import Delivery
from .matching import Match, Mode


@dataclass(frozen=True)
class Choice:
    """What a person chose for one table: an existing dataset (its slug) or, with None, a new one under `title`.

    `personal` corrects what was detected, by column name; `key`: the columns that name a row, to update by them;
    `answers`: what was said of each change of the columns. A table without a choice is not poured.
    """

    table: int
    dataset: str | None
    title: str = ""
    mode: Mode = "replace"
    personal: Mapping[str, bool] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "dataset": self.dataset,
            "title": self.title,
            "mode": self.mode,
            "personal": dict(self.personal),
            "key": list(self.key),
            "answers": dict(self.answers),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**{**data, "key": tuple(data.get("key", ()))})


@dataclass(frozen=True)
class AppliedCorrections:
    """The corrections of an earlier delivery that were applied to a table by themselves: their row, and where from."""

    pk: int
    dataset: str  # its title
    number: int | None
    at: str  # ISO date

    @property
    def since(self) -> date:
        return date.fromisoformat(self.at)


@dataclass(frozen=True)
class TablePlan:
    """One table read from a delivery, at its `index`, and the proposal made for it.

    `profile`: for each column, {"missing": rows without a value, "examples": a few values unless personal}.
    `rejected`: [{"reason", "kind", "count"}] of the rejected rows. `corrections`: those that this reading follows;
    `applied` when they come from an earlier delivery. `changed`: what the last correction changed; `notes`: what could not
    be applied. `prefer`: the dataset (slug) that the person had in mind. `draft`: what was filled in before reading again.
    `changes`: what is no longer as in the dataset's columns; `keys`: the columns that may name a row; `doubts`: other
    reasons, in French, for a person to look first.
    """

    index: int
    staged: StagedTable
    match: Match
    profile: dict[str, dict[str, Any]]
    rejected: list[dict[str, Any]]
    corrections: Corrections = NONE
    applied: AppliedCorrections | None = None
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    prefer: str = ""
    draft: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    keys: tuple[Candidate, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def choice(self) -> Choice | None:
        """The proposal as a choice; None when there is nothing to pour."""
        if self.match.skip:
            return None
        key = self.keys[0].columns if self.match.mode == "upsert" and self.keys else ()
        return Choice(self.index, self.match.dataset, self.match.title, self.match.mode, key=key)

    @property
    def peek_file(self) -> Path:
        return self.staged.parquet.with_name(f"peek-{self.index}.json")

    @property
    def peek(self) -> dict[str, Any]:
        """The first rows, the first rows set aside, examples of what is asked, as texts.

        {"rows": [[…]], "aside": [{line, reason, raw}], "asked": {"about:column": [example]}}
        """
        try:
            return dict(json.loads(self.peek_file.read_text("utf-8")))
        except (OSError, ValueError):
            return {"rows": [], "aside": [], "asked": {}}

    @property
    def at_hand(self) -> bool:
        """Whether the rows read are still in the staging folder."""
        return self.staged.parquet.is_file() and self.staged.quarantine.is_file()

    def to_dict(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "staged": self.staged.to_dict(),
            "match": self.match.to_dict(),
            "profile": self.profile,
            "aside": self.rejected,
            "said": self.corrections.to_dict(),
            "kept": asdict(self.applied) if self.applied else None,
            "changed": list(self.changed),
            "notes": list(self.notes),
            "prefer": self.prefer,
            "draft": dict(self.draft),
            "changes": [change.to_dict() for change in self.changes],
            "keys": [candidate.to_dict() for candidate in self.keys],
            "doubts": list(self.doubts),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            data["index"],
            StagedTable.from_dict(data["staged"]),
            Match.from_dict(data["match"]),
            data["profile"],
            data["aside"],
            # What follows came with corrections: a delivery read before has none of it.
            Corrections.from_dict(data.get("said", {})),
            AppliedCorrections(**data["kept"]) if data.get("kept") else None,
            tuple(data.get("changed", ())),
            tuple(data.get("notes", ())),
            data.get("prefer", ""),
            data.get("draft", {}),
            tuple(Change.from_dict(item) for item in data.get("changes", ())),
            tuple(Candidate.from_dict(item) for item in data.get("keys", ())),
            tuple(data.get("doubts", ())),
        )


def load_plans(delivery: Delivery) -> list[TablePlan]:
    """The tables of a delivery, as last read."""
    return [TablePlan.from_dict(item) for item in delivery.tables]
