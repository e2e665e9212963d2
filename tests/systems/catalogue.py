"""Names of the built-in systems: a test of all of them covers the next one too."""

from pathlib import Path

import beffroi.systems

BUILTIN_SYSTEMS = sorted(
    path.parent.name for path in Path(beffroi.systems.__file__ or "").parent.glob("*/manifest.toml")
)
