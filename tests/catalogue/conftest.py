"""Each test of the catalogue has an empty home of its own, a town and its people; its browser walk, a served instance."""

import sys
from pathlib import Path

from own_home import agent, home, steward, town  # noqa: F401  fixtures

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
