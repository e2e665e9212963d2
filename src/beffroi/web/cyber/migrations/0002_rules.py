"""Rules of the database on security: what was entrusted, answered and published is written once, by a person, in its own territory."""

# Conditions of our own: no text of a user is in this SQL.

from django.db import migrations

from beffroi.web.platform.triggers import (
    append_only,
    immutable,
    is_human,
    no_replace,
    refuse,
    same_key,
    same_territory,
    set_once,
)

SHARE, TICKET, STEP = "cyber_incidentshare", "cyber_ticket", "cyber_ticketstep"
FROZEN = {
    SHARE: ("territory_id", "run_id", "csirt", "csirt_name", "facts", "until", "by_id", "at"),
    TICKET: ("territory_id", "origin", "origin_name", "share", "kind", "received_at"),
    "cyber_callpage": ("territory_id", "secret", "by_id", "at"),
}
TAKEN = {
    SHARE: "id = NEW.id",
    TICKET: same_key("territory_id, origin, share"),
    "cyber_callpage": same_key("secret"),
}


class Migration(migrations.Migration):
    dependencies = (("cyber", "0001_initial"), ("guides", "0002_rules"))

    operations = (
        *append_only(STEP),
        *append_only("cyber_incidentstatistics"),
        *(
            rule
            for table, columns in FROZEN.items()
            for rule in (
                immutable(f"{table}_frozen", table, columns),
                refuse(f"{table}_no_delete", "DELETE", table),
                no_replace(table, TAKEN[table]),
                set_once(f"{table}_ends_once", table, "ended_at", why="what has ended stays so"),
            )
        ),
        same_territory(SHARE, "run_id", "guides_response"),
        same_territory(STEP, "ticket_id", TICKET),
        same_territory(STEP, "shared_id", SHARE),
        *(
            refuse(f"{table}_by_a_person", "INSERT", table, condition=f"NOT {is_human(f'NEW.{column}')}",
                   why="a program does not answer for a person")
            for table, column in ((SHARE, "by_id"), (STEP, "person_id"), ("cyber_incidentstatistics", "by_id"))
        ),
    )  # fmt: skip
