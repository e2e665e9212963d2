"""Rights: the permission table, the checks made on it, and the active roles that they read."""

from .checks import Named, Owned, holds, may, may_host, may_somewhere, require, require_host, roles_of
from .table import (
    ACTS,
    BOUND,
    DATED,
    HOST_ACTS,
    INCOMPATIBLE,
    NOT_GIVEN,
    RIGHTS,
    ROLES,
    Bound,
)

__all__ = [
    "ACTS",
    "BOUND",
    "DATED",
    "HOST_ACTS",
    "INCOMPATIBLE",
    "NOT_GIVEN",
    "RIGHTS",
    "ROLES",
    "Bound",
    "Named",
    "Owned",
    "holds",
    "may",
    "may_host",
    "may_somewhere",
    "require",
    "require_host",
    "roles_of",
]
