"""Rules of the database on the restoration page: what is announced and published is written once, by a person."""

from beffroi.web.platform.triggers import (
    append_only,
    by_a_person,
    immutable,
    no_replace,
    refuse,
    same_key,
    same_territory,
    set_once,
)

SITES = "continuity_restorationsite"
SERVICES = "continuity_siteservice"
IMPORTS = "continuity_siteimport"
UPDATES = "continuity_siteupdate"
KEYS = "continuity_sitekey"
PUBLICATIONS = "continuity_sitepublication"
_OF_A_SITE = (SERVICES, IMPORTS, UPDATES, PUBLICATIONS)

RULES = [
    immutable(
        f"{SITES}_frozen",
        SITES,
        ("territory_id", "document", "is_exercise"),
        why="an exercise never becomes the real page",
    ),
    refuse(f"{SITES}_no_delete", "DELETE", SITES),
    no_replace(SITES, same_key("territory_id, is_exercise")),
    *(same_territory(table, "site_id", SITES) for table in _OF_A_SITE),
    immutable(f"{SERVICES}_frozen", SERVICES, ("territory_id", "site_id", "key")),
    *append_only(IMPORTS),
    immutable(
        f"{UPDATES}_frozen",
        UPDATES,
        ("territory_id", "site_id", "uid", "service_id", "content", "by_id", "at", "source_id"),
        why="an announcement is corrected by another one",
    ),
    refuse(f"{UPDATES}_no_delete", "DELETE", UPDATES),
    no_replace(UPDATES, same_key("site_id, uid")),
    set_once(f"{UPDATES}_discarded_once", UPDATES, "discarded_at", why="what was discarded is written again"),
    same_territory(UPDATES, "service_id", SERVICES),
    same_territory(UPDATES, "source_id", IMPORTS),
    immutable(f"{KEYS}_frozen", KEYS, ("territory_id", "public", "fingerprint", "by_id", "at")),
    refuse(f"{KEYS}_no_delete", "DELETE", KEYS),
    no_replace(KEYS),
    set_once(f"{KEYS}_replaced_once", KEYS, "replaced_at", why="a replaced key stays so"),
    *append_only(PUBLICATIONS, taken=same_key("site_id, number")),
    same_territory(PUBLICATIONS, "key_id", KEYS),
    *(
        by_a_person(table, "by_id", why="a program announces and publishes nothing")
        for table in (SITES, IMPORTS, UPDATES, KEYS, PUBLICATIONS)
    ),
]
