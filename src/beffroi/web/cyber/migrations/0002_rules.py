"""Rules of the database on security, by noun: what people declare, entrust, attest and answer is written once, in its own territory."""

from django.db import migrations

from beffroi.web.platform.triggers import (
    append_only,
    by_a_person,
    changes,
    immutable,
    is_human,
    no_replace,
    on_insert_or_update,
    refuse,
    same_key,
    same_territory,
    set_once,
)

SHARE, TICKET, STEP, CALLS = "cyber_incidentshare", "cyber_ticket", "cyber_ticketstep", "cyber_callpage"
STATISTICS = "cyber_incidentstatistics"
# Rows that change in part: the columns written once with the row, and the unique key that a new row may not take.
FROZEN: dict[str, tuple[tuple[str, ...], str]] = {
    SHARE: (("territory_id", "run_id", "csirt", "csirt_name", "facts", "until", "by_id", "at"), ""),
    TICKET: (
        ("territory_id", "origin", "origin_name", "share", "kind", "received_at"),
        "territory_id, origin, share",
    ),
    CALLS: (("territory_id", "secret", "by_id", "at"), "secret"),
}
INCIDENTS = [
    *append_only(STEP),
    *append_only(STATISTICS),
    *(
        rule
        for table, (columns, key) in FROZEN.items()
        for rule in (
            immutable(f"{table}_frozen", table, columns),
            refuse(f"{table}_no_delete", "DELETE", table),
            no_replace(table, same_key(*filter(None, [key]))),
            set_once(f"{table}_ends_once", table, "ended_at", why="what has ended stays so"),
        )
    ),
    same_territory(SHARE, "run_id", "guides_response"),
    same_territory(STEP, "ticket_id", TICKET),
    same_territory(STEP, "shared_id", SHARE),
    *(
        by_a_person(table, column)
        for table, column in ((SHARE, "by_id"), (STEP, "person_id"), (STATISTICS, "by_id"))
    ),
]

ANSWERS, FACTORS, DOMAINS, CHECKS = (
    "cyber_mailanswer",
    "cyber_secondfactor",
    "cyber_maildomain",
    "cyber_mailcheck",
)
MAIL = [
    *(rule for table in (ANSWERS, FACTORS) for rule in (*append_only(table), by_a_person(table, "by_id"))),
    *append_only(CHECKS, taken=same_key("territory_id, key")),
    same_territory(CHECKS, "domain_id", DOMAINS),
    refuse(f"{DOMAINS}_no_delete", "DELETE", DOMAINS),
    no_replace(DOMAINS),
    immutable(
        f"{DOMAINS}_frozen",
        DOMAINS,
        ("territory_id", "name", "by_id", "at"),
        why="a declared domain keeps its name",
    ),
    set_once(
        f"{DOMAINS}_withdrawn_once", DOMAINS, "until", why="a withdrawn domain is declared again, not revived"
    ),
]

SITES, BASELINES, VISITS, ALERTS = (
    "cyber_watchedsite",
    "cyber_sitebaseline",
    "cyber_sitecheck",
    "cyber_sitealert",
)
WATCHED_SITES = [
    by_a_person(SITES, "declared_by_id", why="a program does not declare a site"),
    immutable(
        f"{SITES}_declared_once",
        SITES,
        ("territory_id", "address", "ownership", "declared_by_id", "declared_at"),
        why="another address is another declaration",
    ),
    refuse(
        f"{SITES}_no_return",
        "UPDATE OF state",
        SITES,
        condition="OLD.state = 'removed' AND NEW.state <> 'removed'",
        why="a site that was removed is declared again",
    ),
    *(same_territory(table, "site_id", SITES) for table in (BASELINES, VISITS, ALERTS)),
    immutable(f"{BASELINES}_of_one_page", BASELINES, ("territory_id", "site_id", "path")),
    refuse(f"{VISITS}_no_update", "UPDATE", VISITS),
    immutable(f"{ALERTS}_of_one_page", ALERTS, ("territory_id", "site_id", "kind", "path", "opened_at")),
    refuse(f"{ALERTS}_no_delete", "DELETE", ALERTS),
    no_replace(ALERTS),
    refuse(
        f"{ALERTS}_answered_once",
        "UPDATE OF answer, answered_by_id, answered_at",
        ALERTS,
        condition=(
            "OLD.answer <> '' AND NOT (OLD.answer = 'intrusion' AND NEW.answer = 'normal')"
            " AND (NEW.answer <> OLD.answer OR NEW.answered_by_id <> OLD.answered_by_id)"
        ),
        why="an answer is written once, unless what seemed an intrusion was the provider",
    ),
    refuse(
        f"{ALERTS}_answered_by_a_person",
        "UPDATE OF answer",
        ALERTS,
        condition=f"NEW.answer <> '' AND NOT {is_human('NEW.answered_by_id')}",
        why="a program does not answer for a person",
    ),
]

KEYS, DEVICES = "cyber_machinekey", "cyber_reporteddevice"
MACHINES = [
    by_a_person(KEYS, "created_by_id", why="a program makes no key"),
    same_territory(KEYS, "device_id", DEVICES),
    immutable(
        f"{KEYS}_written_once",
        KEYS,
        ("territory_id", "use", "device_id", "digest", "created_by_id", "created_at"),
        why="a key is written once",
    ),
    set_once(f"{KEYS}_revoked_once", KEYS, "revoked_at", why="a revoked key stays revoked"),
    *on_insert_or_update(
        f"{DEVICES}_entry_same_territory",
        DEVICES,
        ("entry_id",),
        condition=(
            "NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM guides_registerentry"
            " WHERE id = NEW.entry_id AND territory_id = NEW.territory_id)"
        ),
        why="no such entry here",
    ),
    refuse(
        f"{DEVICES}_stays_here",
        "UPDATE OF territory_id",
        DEVICES,
        condition=changes("territory_id"),
        why="a machine stays in its territory",
    ),
    refuse(
        f"{DEVICES}_acknowledged_by_a_person",
        "UPDATE OF acknowledged_by_id",
        DEVICES,
        condition=f"NEW.acknowledged_by_id IS NOT NULL AND NOT {is_human('NEW.acknowledged_by_id')}",
        why="a program takes charge of nothing",
    ),
]


class Migration(migrations.Migration):
    dependencies = (("cyber", "0001_initial"), ("guides", "0002_rules"))
    operations = (*INCIDENTS, *MAIL, *WATCHED_SITES, *MACHINES)
