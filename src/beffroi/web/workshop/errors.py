"""Refusals of the workshop, told to a person in French: what happened, what is kept, what to do."""

from beffroi.web.ui.form_errors import FieldError


class WorkshopError(FieldError):
    """Something that the workshop will not or could not do; the message is for the person."""


class BindingRefused(WorkshopError):
    """A binding that cannot serve; `errors` are complete French sentences."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(" ".join(errors))
        self.errors = errors


class NotAllowedToRun(WorkshopError):
    """A gate is closed: `reasons` says which and what opens it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class RunFailed(WorkshopError):
    """The execution gave nothing; its row keeps the message."""


class GateClosed(WorkshopError):
    """At least one gate of a system's life is closed: `reasons` says which and what opens it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons
