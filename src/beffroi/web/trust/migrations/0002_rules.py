"""Rules of the database on trust: what answers for a system or to citizens is written once, by a person, in its own territory.

The law and the ethics committee stand at the entrance of each state of a system, as its gates say, for whoever writes without them.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.platform.triggers import (
    append_only,
    changes,
    is_human,
    no_replace,
    on_insert,
    refuse,
    same_key,
)

STEPS, SEATS, OPINIONS = "workshop_lifestep", "trust_seat", "trust_opinion"
SERVES = "NEW.state IN ('sandbox', 'production', 'reviewed')"
ENTERS_LAW = "NEW.state IN ('checked', 'sandbox', 'production', 'reviewed')"
ENTERS_SERVICE = "NEW.state IN ('production', 'reviewed')"


def by_a_person(table: str, column: str) -> refuse:
    return refuse(
        f"{table}_by_a_person",
        "INSERT",
        table,
        condition=f"NOT {is_human(f'NEW.{column}')}",
        why="a program does not answer for a person",
    )


def about_a_system_here(table: str) -> refuse:
    return refuse(
        f"{table}_same_place",
        "INSERT",
        table,
        condition=(
            "NOT EXISTS (SELECT 1 FROM workshop_systemuse"
            " WHERE id = NEW.use_id AND territory_id = NEW.territory_id)"
        ),
        why="no such system here",
    )


LAW = [
    rule
    for table in ("trust_legalanswer", "trust_impactassessment", "trust_certificate")
    for rule in (*append_only(table), about_a_system_here(table), by_a_person(table, "person_id"))
]

SEAT_FROZEN = (
    "territory_id", "name", "name_public", "function", "quality", "chosen", "interests", "since", "by_id", "at",
)  # fmt: skip
OPINION_FROZEN = (
    "territory_id", "use_id", "session_id", "verdict", "text", "reserves", "votes_for", "votes_against", "votes_none",
    "seen", "version", "by_id", "at",
)  # fmt: skip
COMMITTEE = [
    *(
        rule
        for table, keys in (
            ("trust_interest", ()),
            ("trust_session", ()),
            ("trust_bodydecision", ("opinion_id",)),
        )
        for rule in append_only(table, taken=same_key(*keys))
    ),
    refuse(
        "trust_bodydecision_against_an_unfavourable",
        "INSERT",
        "trust_bodydecision",
        condition=(
            f"NOT EXISTS (SELECT 1 FROM {OPINIONS} o WHERE o.id = NEW.opinion_id AND o.territory_id = NEW.territory_id"
            " AND o.verdict = 'unfavourable' AND o.published_at IS NOT NULL)"
        ),
        why="a body decides against a published unfavourable opinion",
    ),
    refuse(f"{SEATS}_no_delete", "DELETE", SEATS),
    no_replace(SEATS),
    refuse(
        "trust_seat_ends_once",
        "UPDATE",
        SEATS,
        condition="OLD.until IS NOT NULL OR NEW.until IS NULL OR "
        + changes(*SEAT_FROZEN)
        + " OR COALESCE(NEW.person_id, 0) <> COALESCE(OLD.person_id, 0)",
        why="a seat only ends, once",
    ),
    refuse(f"{OPINIONS}_no_delete", "DELETE", OPINIONS),
    no_replace(OPINIONS, same_key("session_id, use_id")),
    refuse(
        "trust_opinion_published_once",
        "UPDATE",
        OPINIONS,
        condition="OLD.published_at IS NOT NULL OR NEW.published_at IS NULL OR " + changes(*OPINION_FROZEN),
        why="an opinion is only published, once",
    ),
]

REPORT = [
    *(
        rule
        for table, author, keys in (
            ("trust_publication", "person_id", ("territory_id, year, version",)),
            ("trust_recommendation", "by_id", ("territory_id, number",)),
            ("trust_recommendationstep", "person_id", ()),
        )
        for rule in (*append_only(table, taken=same_key(*keys)), by_a_person(table, author))
    ),
    *on_insert(
        "trust_recommendationstep",
        {
            "trust_recommendationstep_same_place": (
                "no such recommendation here",
                "NOT EXISTS (SELECT 1 FROM trust_recommendation r"
                " WHERE r.id = NEW.recommendation_id AND r.territory_id = NEW.territory_id)",
            ),
            "trust_recommendationstep_answers": (
                "an answer is written in words",
                "NEW.state IN ('accepted', 'partly', 'refused', 'done') AND length(trim(NEW.answer)) < 30",
            ),
        },
    ),
    *on_insert(
        "trust_publication",
        {
            "trust_publication_next_version": (
                "a version follows the one before",
                "NEW.version <> 1 + (SELECT count(*) FROM trust_publication p"
                " WHERE p.territory_id = NEW.territory_id AND p.year = NEW.year)",
            )
        },
    ),
]


def last_answer(column: str) -> str:
    return (
        f"(SELECT a.{column} FROM trust_legalanswer a WHERE a.use_id = NEW.use_id AND a.territory_id = NEW.territory_id"
        " ORDER BY a.at DESC, a.id DESC LIMIT 1)"
    )


def last_opinion(expression: str) -> str:
    return (
        f"(SELECT {expression} FROM {OPINIONS} o WHERE o.use_id = NEW.use_id AND o.territory_id = NEW.territory_id"
        " ORDER BY o.at DESC, o.id DESC LIMIT 1)"
    )


CLASS = last_answer("risk_class")
GATES = [
    *on_insert(
        STEPS,
        {
            "lifestep_law_answered": ("the law was not answered", f"{ENTERS_LAW} AND {CLASS} IS NULL"),
            "lifestep_law_prohibited": (
                "this use is prohibited or refused",
                f"{ENTERS_LAW} AND ({CLASS} = 'prohibited' OR {last_answer('refused')})",
            ),
            "lifestep_law_settled": (
                "questions of law are open",
                f"{SERVES} AND (NOT {last_answer('settled')} OR {CLASS} = 'undetermined')",
            ),
            "lifestep_law_papers": (
                "a high-risk system has its papers",
                f"NEW.state IN ('sandbox', 'production') AND {CLASS} = 'high' AND NOT (EXISTS"
                " (SELECT 1 FROM trust_impactassessment i WHERE i.use_id = NEW.use_id) AND EXISTS"
                " (SELECT 1 FROM trust_certificate c WHERE c.use_id = NEW.use_id))",
            ),
            "lifestep_law_opinion": (
                "a high-risk system waits for a published opinion",
                f"{ENTERS_SERVICE} AND {CLASS} = 'high' AND {last_opinion('o.id')} IS NULL",
            ),
            "lifestep_law_unfavourable": (
                "an unfavourable opinion stands",
                f"{ENTERS_SERVICE} AND {last_opinion('o.verdict')} = 'unfavourable' AND NOT EXISTS"
                f" (SELECT 1 FROM trust_bodydecision d WHERE d.opinion_id = {last_opinion('o.id')})",
            ),
            "lifestep_law_published": (
                "the last opinion waits to be published",
                f"{ENTERS_SERVICE} AND {last_opinion('o.published_at IS NULL')}",
            ),
        },
    ),
    # A system that serves is shown in public: one that serves is not hidden, a hidden one does not serve (R37).
    refuse(
        "systemuse_that_serves_is_shown",
        "UPDATE",
        "workshop_systemuse",
        condition=f"{SERVES} AND NOT NEW.public AND (OLD.public OR OLD.state <> NEW.state)",
        why="a system that serves is shown in public",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("trust", "0001_initial"), ("workshop", "0002_rules"), ("platform", "0001_initial")]
    operations = [*LAW, *COMMITTEE, *REPORT, *GATES]
