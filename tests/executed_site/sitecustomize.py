"""Python imports this module at its start: a process that a test starts records the lines that it executes (`tests/executed.py`)."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import executed

executed.start()
