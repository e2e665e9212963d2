"""Rules of the database on destinations: one is declared by a person and never becomes another; attempts are written once."""

from beffroi.web.platform.triggers import (
    append_only,
    by_a_person,
    immutable,
    no_replace,
    refuse,
    same_territory,
    set_once,
)

DESTINATIONS = "continuity_destination"
COPIES = "continuity_destinationcopy"
TRIALS = "continuity_destinationtrial"

RULES = [
    by_a_person(DESTINATIONS, "declared_by_id", why="a program does not declare where copies go"),
    refuse(f"{DESTINATIONS}_no_delete", "DELETE", DESTINATIONS),
    no_replace(DESTINATIONS),
    immutable(
        f"{DESTINATIONS}_frozen",
        DESTINATIONS,
        (
            "territory_id",
            "use",
            "kind",
            "name",
            "address",
            "port",
            "account",
            "folder",
            "host_key",
            "trial_folder",
            "removable",
            "declared_by_id",
            "declared_at",
        ),
        why="another place is another destination",
    ),
    refuse(
        f"{DESTINATIONS}_secret_erased_once",
        "UPDATE OF sealed_secret",
        DESTINATIONS,
        condition="OLD.sealed_secret = '' AND NEW.sealed_secret <> ''",
        why="what was erased stays so",
    ),
    set_once(
        f"{DESTINATIONS}_withdrawn_once",
        DESTINATIONS,
        "withdrawn_at",
        why="a withdrawn destination is declared again, not revived",
    ),
    *append_only(COPIES),
    *append_only(TRIALS),
    same_territory(COPIES, "destination_id", DESTINATIONS),
    same_territory(TRIALS, "destination_id", DESTINATIONS),
]
