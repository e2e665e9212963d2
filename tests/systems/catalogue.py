"""The systems that come with the house, by name: what is asked of all of them is asked of the next one too."""

from pathlib import Path

import beffroi.systems

OURS = sorted(
    path.parent.name for path in Path(beffroi.systems.__file__ or "").parent.glob("*/manifest.toml")
)
