"""What a requirement is tried on: a territory with a system in use, measured or in its sandbox, and people with roles."""

from trust.conftest import dpo
from workshop.conftest import bound, dataset, home, measured, steward, supervisor, territory, tiny, tried, use

__all__ = [
    "bound",
    "dataset",
    "dpo",
    "home",
    "measured",
    "steward",
    "supervisor",
    "territory",
    "tiny",
    "tried",
    "use",
]
