"""A supposed offence is confirmed by an authorised agent alone, before it expires: the rules on who decides say so.

The rules that named the decider are lifted and made again, the same but for offences.
"""

from importlib import import_module

from django.db import migrations

from beffroi.web.territories.triggers import lift, refuse

HERE = "beffroi.web.decisions.migrations"
FIRST = import_module(f"{HERE}.0002_append_only").REFUSED
MANDATE = import_module(f"{HERE}.0003_mandate").REFUSED
SECOND = import_module(f"{HERE}.0007_second_reading").REFUSED
ONLY_A_MEMBER, IN_FORCE = "only a member who may decide decides", "this mandate is not in force"
READER = "a second reader is a person who may read"

OFFENCE = "EXISTS (SELECT 1 FROM decisions_proposal o WHERE o.id = NEW.proposal_id AND o.offence IS TRUE)"
WHO = f"m.role = CASE WHEN {OFFENCE} THEN 'authorised_agent' ELSE 'decider' END"
READS = f"(({OFFENCE} AND m.role = 'authorised_agent') OR (NOT {OFFENCE} AND m.role IN ('decider', 'supervisor')))"
TABLE = "decisions_decision"


def _again(name: str, why: str, condition: str, was: str, becomes: str) -> list[refuse]:
    """The same rule with one clause changed."""
    assert was in condition  # noqa: S101
    return [
        lift(name, "INSERT", TABLE, condition=condition, why=why),
        refuse(name, "INSERT", TABLE, condition=condition.replace(was, becomes), why=why),
    ]


class Migration(migrations.Migration):
    dependencies = [("decisions", "0010_batches")]
    operations = [
        *_again("decision_rule_3", ONLY_A_MEMBER, FIRST[ONLY_A_MEMBER], "m.role = 'decider'", WHO),
        *_again("decision_mandate_1", IN_FORCE, MANDATE[IN_FORCE], "m.role = 'decider'", WHO),
        *_again(
            f"decision_second_{list(SECOND).index(READER)}",
            READER,
            SECOND[READER],
            "m.role IN ('decider', 'supervisor')",
            READS,
        ),
        refuse(
            "decision_offence_expired",
            "INSERT",
            TABLE,
            condition="EXISTS (SELECT 1 FROM decisions_proposal o WHERE o.id = NEW.proposal_id"
            " AND o.offence IS TRUE AND o.expires_at <= NEW.at)",
            why="this supposed offence has expired",
        ),
    ]
