"""Refusals about guides, in French: what happened, what is unchanged, what to do."""

from collections.abc import Iterable

from beffroi.guides.questionnaire import Fault
from beffroi.web.ui.form_errors import FieldError


class GuideError(FieldError):
    """A refusal; `field`: the question or field to correct."""


class FaultsError(GuideError):
    """Answers that cannot be stored: every fault, each with its question."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(" ".join(fault.message for fault in self.faults))


class RowsError(GuideError):
    """Rows of which none was stored: every fault, each with its row."""

    def __init__(self, faults: Iterable[tuple[int, Fault]]) -> None:
        self.faults = list(faults)
        super().__init__("Rien n'a été enregistré : corrigez les cases signalées.")


class StaleEntryError(GuideError):
    """Somebody changed the entry after it was read."""

    def __init__(self) -> None:
        super().__init__("Cette ligne a été modifiée pendant que vous l'écriviez.")


class StaleAnswersError(GuideError):
    """Somebody answered after the report was read."""

    def __init__(self) -> None:
        super().__init__("Des réponses ont changé depuis ce compte rendu. Relisez-le, puis appliquez.")
