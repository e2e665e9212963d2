"""What a requirement is tried on: a territory with a system in use, and people with roles."""

from trust.conftest import dataset, dpo, home, steward, supervisor, territory, tiny, use

__all__ = ["dataset", "dpo", "home", "steward", "supervisor", "territory", "tiny", "use"]
