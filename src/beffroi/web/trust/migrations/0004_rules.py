"""The committee's rows are written once, and the law and the committee stand at the entrance of each state in the database too.

These rules repeat what the gates say, for whoever writes in the tables without them.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.territories.triggers import refuse

_LAST = (
    "(SELECT {column} FROM trust_legalanswer a WHERE a.use_id = NEW.use_id AND a.territory_id = NEW.territory_id"
    " ORDER BY a.at DESC, a.id DESC LIMIT 1)"
)
_CLASS, _SETTLED = _LAST.format(column="a.risk_class"), _LAST.format(column="a.settled")
_OPINION = (
    "(SELECT o.{column} FROM trust_opinion o WHERE o.use_id = NEW.use_id AND o.territory_id = NEW.territory_id"
    " AND o.published_at IS NOT NULL ORDER BY o.at DESC, o.id DESC LIMIT 1)"
)
_VERDICT = _OPINION.format(column="verdict")

STEP_REFUSED = {
    "the law was not answered": (
        f"NEW.state IN ('checked', 'sandbox', 'production', 'reviewed') AND {_CLASS} IS NULL"
    ),
    "this use is prohibited or refused": (
        f"NEW.state IN ('checked', 'sandbox', 'production', 'reviewed') AND ({_CLASS} = 'prohibited'"
        f" OR {_LAST.format(column='a.refused')})"
    ),
    "questions of law are open": (
        f"NEW.state IN ('sandbox', 'production', 'reviewed') AND (NOT {_SETTLED} OR {_CLASS} = 'undetermined')"
    ),
    "a high-risk system waits for a published opinion": (
        f"NEW.state = 'production' AND {_CLASS} = 'high' AND {_VERDICT} IS NULL"
    ),
    "an unfavourable opinion stands": (
        f"NEW.state = 'production' AND {_VERDICT} = 'unfavourable' AND NOT EXISTS"
        f" (SELECT 1 FROM trust_bodydecision d WHERE d.opinion_id = {_OPINION.format(column='id')})"
    ),
    "a high-risk system has its papers": (
        f"NEW.state IN ('sandbox', 'production') AND {_CLASS} = 'high' AND NOT (EXISTS"
        " (SELECT 1 FROM trust_impactassessment i WHERE i.use_id = NEW.use_id) AND EXISTS"
        " (SELECT 1 FROM trust_certificate c WHERE c.use_id = NEW.use_id))"
    ),
}

_ONCE = ("interest", "session", "bodydecision")


class Migration(migrations.Migration):
    dependencies = [("trust", "0003_committee"), ("workshop", "0003_life")]
    operations = [
        *(
            refuse(f"lifestep_law_{n}", "INSERT", "workshop_lifestep", condition=condition, why=why)
            for n, (why, condition) in enumerate(STEP_REFUSED.items())
        ),
        *(
            refuse(f"trust_{table}_no_{verb.lower()}", verb, f"trust_{table}")
            for table in _ONCE
            for verb in ("UPDATE", "DELETE")
        ),
        refuse("trust_seat_no_delete", "DELETE", "trust_seat"),
        refuse(
            "trust_seat_ends_once",
            "UPDATE",
            "trust_seat",
            condition=(
                "OLD.until IS NOT NULL OR NEW.until IS NULL OR NEW.name <> OLD.name OR NEW.quality <> OLD.quality"
                " OR NEW.since <> OLD.since OR NEW.interests <> OLD.interests OR NEW.territory_id <> OLD.territory_id"
            ),
            why="a seat only ends, once",
        ),
        refuse("trust_opinion_no_delete", "DELETE", "trust_opinion"),
        refuse(
            "trust_opinion_published_once",
            "UPDATE",
            "trust_opinion",
            condition=(
                "OLD.published_at IS NOT NULL OR NEW.published_at IS NULL OR NEW.verdict <> OLD.verdict"
                " OR NEW.text <> OLD.text OR NEW.use_id <> OLD.use_id OR NEW.votes_for <> OLD.votes_for"
                " OR NEW.votes_against <> OLD.votes_against OR NEW.territory_id <> OLD.territory_id"
                " OR NEW.session_id <> OLD.session_id OR NEW.version <> OLD.version"
            ),
            why="an opinion is only published, once",
        ),
        *(
            refuse(
                f"trust_{table}_no_replace",
                "INSERT",
                f"trust_{table}",
                condition=f"EXISTS (SELECT 1 FROM trust_{table} WHERE id = NEW.id)",
                sqlite_only=True,
            )
            for table in ("seat", "opinion", *_ONCE)
        ),
        refuse(
            "trust_bodydecision_against_an_unfavourable",
            "INSERT",
            "trust_bodydecision",
            condition=(
                "NOT EXISTS (SELECT 1 FROM trust_opinion o WHERE o.id = NEW.opinion_id AND o.territory_id = NEW.territory_id"
                " AND o.verdict = 'unfavourable' AND o.published_at IS NOT NULL)"
            ),
            why="a body decides against a published unfavourable opinion",
        ),
    ]
