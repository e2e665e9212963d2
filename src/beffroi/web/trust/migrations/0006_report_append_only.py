"""What was published and what was answered to citizens is written once, by a person, in its own territory."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.territories.triggers import refuse

_TABLES = {"publication": "person_id", "recommendation": "by_id", "recommendationstep": "person_id"}
_ANSWERS = "('accepted', 'partly', 'refused', 'done')"


def _rules(table: str, person: str) -> list[refuse]:
    full = f"trust_{table}"
    return [
        refuse(f"{full}_no_update", "UPDATE", full),
        refuse(f"{full}_no_delete", "DELETE", full),
        refuse(
            f"{full}_no_replace",
            "INSERT",
            full,
            condition=f"EXISTS (SELECT 1 FROM {full} WHERE id = NEW.id)",
            sqlite_only=True,
        ),
        refuse(
            f"{full}_by_a_person",
            "INSERT",
            full,
            condition=(
                f"NOT EXISTS (SELECT 1 FROM territories_person WHERE id = NEW.{person} AND kind = 'human')"
            ),
            why="a program does not answer for a person",
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("trust", "0005_report"), ("territories", "0060_joining")]
    operations = [
        *(rule for table, person in _TABLES.items() for rule in _rules(table, person)),
        refuse(
            "trust_recommendationstep_same_place",
            "INSERT",
            "trust_recommendationstep",
            condition=(
                "NOT EXISTS (SELECT 1 FROM trust_recommendation r"
                " WHERE r.id = NEW.recommendation_id AND r.territory_id = NEW.territory_id)"
            ),
            why="no such recommendation here",
        ),
        refuse(
            "trust_recommendationstep_answers",
            "INSERT",
            "trust_recommendationstep",
            condition=f"NEW.state IN {_ANSWERS} AND length(trim(NEW.answer)) < 30",
            why="an answer is written in words",
        ),
        refuse(
            "trust_publication_next_version",
            "INSERT",
            "trust_publication",
            condition=(
                "NEW.version <> 1 + (SELECT count(*) FROM trust_publication p"
                " WHERE p.territory_id = NEW.territory_id AND p.year = NEW.year)"
            ),
            why="a version follows the one before",
        ),
    ]
