"""Rights: the permission table, the checks made on it, and the active roles that they read."""

from .checks import (
    NamedResource,
    Owned,
    has_role,
    may,
    may_host,
    may_somewhere,
    require,
    require_host,
    roles_of,
)
from .table import (
    ACTS,
    BOUND,
    DATED,
    HOST_ACTS,
    INCOMPATIBLE,
    NOT_ASSIGNABLE,
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
    "NOT_ASSIGNABLE",
    "RIGHTS",
    "ROLES",
    "Bound",
    "NamedResource",
    "Owned",
    "has_role",
    "may",
    "may_host",
    "may_somewhere",
    "require",
    "require_host",
    "roles_of",
]
