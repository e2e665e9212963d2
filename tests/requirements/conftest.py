"""What a requirement is tried on: a territory with a system in use, and people with roles."""

from trust.conftest import (
    bound,
    dataset,
    dpo,
    home,
    measured,
    steward,
    supervisor,
    territory,
    tiny,
    tried,
    use,
)

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
