"""Refusals about guides, in French: what happened, what is unchanged, what to do."""

from collections.abc import Iterable

from beffroi.guides.questionnaire import Fault
from beffroi.web.ui.form_errors import FieldError


class GuideError(FieldError):
    """A refusal; `field`: the question or field to correct."""


class FaultsError(GuideError):
    """Answers that cannot be stored: every fault, each with its question. `rows`: the row of each, from 0, where there are several."""

    def __init__(self, faults: Iterable[Fault], rows: Iterable[int] = ()) -> None:
        self.faults = list(faults)
        self.rows = list(rows) or [0] * len(self.faults)
        super().__init__(" ".join(fault.message for fault in self.faults))

    def by_row(self) -> dict[int, list[Fault]]:
        """The faults of each row."""
        found: dict[int, list[Fault]] = {}
        for row, fault in zip(self.rows, self.faults, strict=True):
            found.setdefault(row, []).append(fault)
        return found
