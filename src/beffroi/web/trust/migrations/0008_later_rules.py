"""The committee stands before a review too, its last opinion counts only once public, a session says one opinion on a system,
and what was published or ended is frozen whole.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from importlib import import_module

from django.db import migrations, models

from beffroi.web.territories.triggers import lift, refuse

_CLASS = (
    "(SELECT a.risk_class FROM trust_legalanswer a WHERE a.use_id = NEW.use_id AND a.territory_id = NEW.territory_id"
    " ORDER BY a.at DESC, a.id DESC LIMIT 1)"
)
_OPINION = (
    "(SELECT {what} FROM trust_opinion o WHERE o.use_id = NEW.use_id AND o.territory_id = NEW.territory_id"
    " ORDER BY o.at DESC, o.id DESC LIMIT 1)"
)
_ENTERS = "NEW.state IN ('production', 'reviewed')"

STEP_REFUSED = {
    "lifestep_law_3": (
        "a high-risk system waits for a published opinion",
        f"{_ENTERS} AND {_CLASS} = 'high' AND {_OPINION.format(what='o.id')} IS NULL",
    ),
    "lifestep_law_4": (
        "an unfavourable opinion stands",
        f"{_ENTERS} AND {_OPINION.format(what='o.verdict')} = 'unfavourable' AND NOT EXISTS"
        f" (SELECT 1 FROM trust_bodydecision d WHERE d.opinion_id = {_OPINION.format(what='o.id')})",
    ),
    "lifestep_law_6": (
        "the last opinion waits to be published",
        f"{_ENTERS} AND {_OPINION.format(what='o.published_at IS NULL')}",
    ),
}


def _other(*columns: str) -> str:
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


UPDATE_REFUSED = {
    "trust_seat_ends_once": (
        "trust_seat",
        "a seat only ends, once",
        "OLD.until IS NOT NULL OR NEW.until IS NULL OR "
        + _other(
            "territory_id",
            "name",
            "name_public",
            "function",
            "quality",
            "chosen",
            "interests",
            "since",
            "by_id",
            "at",
        )
        + " OR COALESCE(NEW.person_id, 0) <> COALESCE(OLD.person_id, 0)",
    ),
    "trust_opinion_published_once": (
        "trust_opinion",
        "an opinion is only published, once",
        "OLD.published_at IS NOT NULL OR NEW.published_at IS NULL OR "
        + _other(
            "territory_id",
            "use_id",
            "session_id",
            "verdict",
            "text",
            "reserves",
            "votes_for",
            "votes_against",
            "votes_none",
            "seen",
            "version",
            "by_id",
            "at",
        ),
    ),
}


_SAID_ANEW = [
    rule
    for rule in import_module("beffroi.web.trust.migrations.0004_rules").Migration.operations
    if rule.name in STEP_REFUSED or rule.name in UPDATE_REFUSED
]


class Migration(migrations.Migration):
    dependencies = [("trust", "0007_served_is_shown")]
    operations = [
        migrations.AddConstraint(
            model_name="opinion",
            constraint=models.UniqueConstraint("session", "use", name="one_opinion_a_session_and_system"),
        ),
        *(
            lift(rule.name, rule.when, rule.table, condition=rule.condition, why=rule.why)
            for rule in _SAID_ANEW
        ),
        *(
            refuse(name, "INSERT", "workshop_lifestep", condition=condition, why=why)
            for name, (why, condition) in STEP_REFUSED.items()
        ),
        *(
            refuse(name, "UPDATE", table, condition=condition, why=why)
            for name, (table, why, condition) in UPDATE_REFUSED.items()
        ),
    ]
