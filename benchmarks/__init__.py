"""Cost of the platform against the tools that it replaces: `python -m benchmarks` prints one Markdown table.

Each line is measured with its peer in the same run, in turn, each in a process of its own, in CPU seconds (user and
system, children included): a busy machine slows the clock, it does not change the work. No figure is asserted. What benchmarks and
tests both use is in `tests/support`.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
# This checkout's code and its tests' helpers, whatever is installed beside.
sys.path[:0] = [str(_ROOT / "src"), str(_ROOT / "tests")]
