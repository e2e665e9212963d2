"""Inputs that many systems share: `use = "kit.weather"` in a manifest takes title and columns from `shared_inputs.toml`.

In comes one input as a manifest writes it; out comes the same with every field of `InputSchema`. A territory binds each shared
input once (`web/workshop/shared_bindings.py`).
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "kit."


def resolve(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The input with the fields that the shared one gives; what the system writes itself comes first.

    `columns` names those that the system reads (all, where it is absent): a name, or a table
    `{ shared = "place", name = "site", same_as = "…" }` that says differently what the system needs to.
    An optional input stays so unless `required = true`. Raises `ValueError`, in French.
    """
    key = str(declared["use"])
    shared = shared_inputs().get(key.removeprefix(PREFIX)) if key.startswith(PREFIX) else None
    if shared is None:
        known = ", ".join(f"{PREFIX}{name}" for name in shared_inputs())
        raise ValueError(f"aucune table partagée ne s’appelle « {key} » : {known}")
    by_name = {column["name"]: column for column in shared["columns"]}
    wanted = declared.get("columns") or tuple(by_name)
    columns = tuple(_column(key, by_name, column) for column in wanted)
    return {"required": False, **shared, **declared, "columns": columns}


def _column(key: str, by_name: Mapping[str, Any], declared: str | Mapping[str, Any]) -> dict[str, Any]:
    own = {"shared": declared} if isinstance(declared, str) else dict(declared)
    name = str(own.get("shared"))
    if name not in by_name:
        raise ValueError(f"la table partagée « {key} » n’a pas de colonne « {name} » : {', '.join(by_name)}")
    return {**by_name[name], **own}


@lru_cache(maxsize=1)
def shared_inputs() -> dict[str, dict[str, Any]]:
    """The shared inputs by name, as `shared_inputs.toml` writes them."""
    return tomllib.loads(Path(__file__).with_name("shared_inputs.toml").read_text(encoding="utf-8"))
