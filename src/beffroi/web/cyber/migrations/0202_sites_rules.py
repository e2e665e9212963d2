"""Rules of the database on watched sites: declared by a person, visits and references of the same territory, answers written once."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.platform.triggers import immutable, is_human, no_replace, on_insert, refuse

SITES, BASELINES, CHECKS, ALERTS = (
    "cyber_watchedsite",
    "cyber_sitebaseline",
    "cyber_sitecheck",
    "cyber_sitealert",
)


def of_a_site_here(table: str) -> refuse:
    return refuse(
        f"{table}_same_place",
        "INSERT",
        table,
        condition=f"NOT EXISTS (SELECT 1 FROM {SITES} WHERE id = NEW.site_id AND territory_id = NEW.territory_id)",
        why="no such site here",
    )


class Migration(migrations.Migration):
    dependencies = [("cyber", "0201_sites"), ("platform", "0002_rules")]

    operations = [
        *on_insert(
            SITES,
            {f"{SITES}_by_a_person": ("a program does not declare a site", f"NOT {is_human('NEW.declared_by_id')}")},
        ),
        immutable(
            f"{SITES}_declared_once",
            SITES,
            ("territory_id", "address", "ownership", "declared_by_id", "declared_at"),
            why="another address is another declaration",
        ),
        refuse(f"{SITES}_no_return", "UPDATE OF state", SITES, condition="OLD.state = 'removed' AND NEW.state <> 'removed'",
               why="a site that was removed is declared again"),
        of_a_site_here(BASELINES),
        immutable(f"{BASELINES}_of_one_page", BASELINES, ("territory_id", "site_id", "path")),
        of_a_site_here(CHECKS),
        refuse(f"{CHECKS}_no_update", "UPDATE", CHECKS),
        of_a_site_here(ALERTS),
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
    ]  # fmt: skip
