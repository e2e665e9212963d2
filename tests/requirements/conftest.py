"""What a requirement is tried on: a territory with a system measured or in its sandbox, a proposal, and people with roles."""

from decisions.conftest import case, elected, proposal, reader
from trust.conftest import dpo
from workshop.conftest import bound, dataset, home, measured, steward, supervisor, territory, tiny, tried, use

__all__ = [
    "bound",
    "case",
    "dataset",
    "dpo",
    "elected",
    "home",
    "measured",
    "proposal",
    "reader",
    "steward",
    "supervisor",
    "territory",
    "tiny",
    "tried",
    "use",
]
