"""Rules of the database on mail: answers, attestations and checks are written once, by a person where a person answers for them."""

from django.db import migrations

from beffroi.web.platform.triggers import (
    append_only,
    immutable,
    is_human,
    on_insert,
    refuse,
    same_key,
    set_once,
)

DOMAINS, CHECKS = "cyber_maildomain", "cyber_mailcheck"
BY_A_PERSON = ("cyber_mailanswer", "cyber_secondfactor")

RULES = [
    *(
        rule
        for table in BY_A_PERSON
        for rule in (
            *append_only(table),
            refuse(
                f"{table}_by_a_person",
                "INSERT",
                table,
                condition=f"NOT {is_human('NEW.by_id')}",
                why="a program does not answer for a person",
            ),
        )
    ),
    *append_only(CHECKS, taken=same_key("territory_id, key")),
    *on_insert(
        CHECKS,
        {
            f"{CHECKS}_same_place": (
                "no such domain here",
                f"NOT EXISTS (SELECT 1 FROM {DOMAINS} d WHERE d.id = NEW.domain_id AND d.territory_id = NEW.territory_id)",  # noqa: S608
            )
        },
    ),
    refuse(f"{DOMAINS}_no_delete", "DELETE", DOMAINS),
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


class Migration(migrations.Migration):
    dependencies = [("cyber", "0101_mail"), ("platform", "0004_quota")]
    operations = RULES
