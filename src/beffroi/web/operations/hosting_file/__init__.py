"""Hosting file: what the host declares of its territories in one YAML file, compared with the instance and applied.

`read` parses the file, `plan` compares, `apply` changes only what differs, `dump` writes the file of what is there.
"""

from .applying import Outcome, apply_host, apply_territory, record_links
from .dumping import dump
from .form import PARTS, HostingFile, schema
from .hosting_plan import Plan, TerritoryPlan, make_plan
from .reading import HostingFileError, ReadFile, read

__all__ = [
    "PARTS",
    "HostingFile",
    "HostingFileError",
    "Outcome",
    "Plan",
    "ReadFile",
    "TerritoryPlan",
    "apply_host",
    "apply_territory",
    "dump",
    "make_plan",
    "read",
    "record_links",
    "schema",
]
