"""Answers of law, impact assessments and certificates are written once, by a person, on a system of the same territory.

REPLACE deletes without calling the triggers of DELETE: hence the rules that refuse an identifier already taken.
"""

from django.db import migrations

from beffroi.web.territories.triggers import refuse

TABLES = ("trust_legalanswer", "trust_impactassessment", "trust_certificate")


def rules(table: str) -> list[refuse]:
    return [
        refuse(f"{table}_no_update", "UPDATE", table),
        refuse(f"{table}_no_delete", "DELETE", table),
        refuse(
            f"{table}_no_replace",
            "INSERT",
            table,
            condition=f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)",  # noqa: S608
            sqlite_only=True,
        ),
        refuse(
            f"{table}_same_place",
            "INSERT",
            table,
            condition=(
                "NOT EXISTS (SELECT 1 FROM workshop_systemuse"
                " WHERE id = NEW.use_id AND territory_id = NEW.territory_id)"
            ),
            why="no such system here",
        ),
        refuse(
            f"{table}_by_a_person",
            "INSERT",
            table,
            condition="NOT EXISTS (SELECT 1 FROM territories_person WHERE id = NEW.person_id AND kind = 'human')",
            why="a program does not answer for a person",
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("trust", "0001_legal"), ("territories", "0040_tokens")]
    operations = [rule for table in TABLES for rule in rules(table)]
