"""The annual report on AI (R50): every system of the year, results good and bad, in one command; published once, frozen.

`build(territory, year)` reads; `publishing.publish` is the only writer; rooms above add a part with `register_section`.
"""

from .building import build
from .content import AnnualReport, Section
from .sections import register_section

__all__ = ["AnnualReport", "Section", "build", "register_section"]
