"""Rights: the permission table, the bundles of roles, the checks made on them, and the active roles that they read."""

from .bundles import BUNDLES, SEPARATE_LATER, SMALL_TOWN, Bundle, find_bundle
from .checks import (
    NamedResource,
    Owned,
    has_role,
    may,
    may_host,
    may_somewhere,
    people_who_may,
    require,
    require_host,
    roles_of,
)
from .permissions import Permission
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
    "BUNDLES",
    "DATED",
    "HOST_ACTS",
    "INCOMPATIBLE",
    "NOT_ASSIGNABLE",
    "RIGHTS",
    "ROLES",
    "SEPARATE_LATER",
    "SMALL_TOWN",
    "Bound",
    "Bundle",
    "NamedResource",
    "Owned",
    "Permission",
    "find_bundle",
    "has_role",
    "may",
    "may_host",
    "may_somewhere",
    "people_who_may",
    "require",
    "require_host",
    "roles_of",
]
