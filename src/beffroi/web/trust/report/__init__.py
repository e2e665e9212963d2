"""The annual report on AI (R50): every system of the year, results good and bad, in one command; published once, frozen.

`build(territory, year)` reads; `publishing.publish` is the only writer.
"""

from .building import build
from .content import AnnualReport

__all__ = ["AnnualReport", "build"]
