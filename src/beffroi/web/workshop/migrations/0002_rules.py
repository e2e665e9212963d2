"""Rules of the database on the life of a system, which no writer passes by.

A use begins as an idea. Its state follows its last step, whose path, author and evidence the database judges again; what was written
in a former life opens no gate; it runs only where it serves. Sheets, trainings and examinations are append-only.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.platform.triggers import (
    append_only,
    changes,
    in_period,
    is_blank,
    no_replace,
    on_insert,
    refuse,
    same_key,
)

STEPS, USES, RUNS = "workshop_lifestep", "workshop_systemuse", "workshop_run"
MOST_DAYS = 367  # twelve months, and a day for who decides after midnight

PATHS = (
    ("idea", "checked"), ("checked", "sandbox"), ("sandbox", "sandbox"), ("sandbox", "production"),
    ("production", "reviewed"), ("reviewed", "reviewed"), ("idea", "stopped"), ("checked", "stopped"),
    ("sandbox", "stopped"), ("production", "stopped"), ("reviewed", "stopped"), ("stopped", "idea"),
)  # fmt: skip
IS_KNOWN_PATH = " OR ".join(f"(NEW.start = '{start}' AND NEW.state = '{state}')" for start, state in PATHS)
SERVES = "NEW.state IN ('sandbox', 'production', 'reviewed')"
COUNTED_WITHOUT_AI = "NOT o.with_ai AND o.how <> 'declared'"
COUNTED_WITH_AI = "o.with_ai AND o.how <> 'declared'"
STOPPERS = ("administrator", "data_officer", "supervisor", "decider", "security_officer")


def use(column: str) -> str:
    """This column of the step's use."""
    return f"(SELECT {column} FROM {USES} WHERE id = NEW.use_id AND territory_id = NEW.territory_id)"


def has_role(person: str, *roles: str) -> str:
    """This person is active here, with one of these roles in force at the step."""
    return (
        "EXISTS (SELECT 1 FROM platform_membership m JOIN platform_person p ON p.id = m.person_id"
        f" WHERE m.person_id = {person} AND m.territory_id = NEW.territory_id AND p.is_active"
        f" AND m.suspended_at IS NULL AND m.waiting_since IS NULL AND {in_period('m')}"
        f" AND m.role IN ({', '.join(repr(role) for role in roles)}))"
    )


def since_the_idea(row: str) -> str:
    """A row on this use, not of a former life: a use that was stopped begins again at the idea."""
    began = f"SELECT max(b.at) FROM {STEPS} b WHERE b.use_id = NEW.use_id AND b.state = 'idea'"
    return f"{row}.use_id = NEW.use_id AND {row}.at >= coalesce(({began}), {row}.at)"


def has_sheet(kind: str) -> str:
    """A sheet of this kind was written in this life."""
    return (
        f"EXISTS (SELECT 1 FROM workshop_sheetanswer a WHERE {since_the_idea('a')}"
        f" AND a.territory_id = NEW.territory_id AND a.kind = '{kind}')"
    )


def has_option(condition: str) -> str:
    """A way of doing was compared in this life."""
    return f"EXISTS (SELECT 1 FROM workshop_option o WHERE {since_the_idea('o')} AND {condition})"


def is_untrained(passed: str) -> str:
    """The supervisor has no training on this system in force; `passed`: the last day on which it may have been passed."""
    return (
        f"{SERVES} AND NOT EXISTS (SELECT 1 FROM workshop_training t"
        f" WHERE t.person_id = {use('supervisor_id')} AND t.territory_id = NEW.territory_id"
        f" AND t.passed_on <= {passed} AND t.until >= date(NEW.at) AND t.system IN ('', {use('system')}))"
    )


PREPARES = has_role("NEW.person_id", "administrator", "data_officer", "supervisor")
STEP = [
    *append_only(STEPS, "lifestep", taken=same_key("use_id, rank")),
    *on_insert(
        STEPS,
        {
            "lifestep_path": ("no such path", f"NOT ({IS_KNOWN_PATH})"),
            "lifestep_start": (
                "a step leaves from where the system is",
                f"{use('state')} IS NULL OR NEW.start <> {use('state')}",
            ),
            "lifestep_rank": (
                "steps follow each other",
                f"NEW.rank <> 1 + (SELECT count(*) FROM {STEPS} s WHERE s.use_id = NEW.use_id)",
            ),
            "lifestep_reason": ("a step has a reason", is_blank("NEW.reason")),
            "lifestep_decider": (
                "who decides opens this gate",
                f"{SERVES} AND (NOT {has_role('NEW.person_id', 'decider')} OR NEW.authority IS NULL)",
            ),
            "lifestep_preparer": (
                "who prepares opens this gate",
                f"NEW.state IN ('checked', 'idea') AND NOT {PREPARES}",
            ),
            "lifestep_stopper": (
                "who may stop it stops it",
                f"NEW.state = 'stopped' AND NOT {has_role('NEW.person_id', *STOPPERS)}",
            ),
            "lifestep_no_service": (
                "a service account carries nothing through a gate",
                has_role("NEW.person_id", "service"),
            ),
            "lifestep_supervisor": (
                "a supervisor in force answers for it",
                f"{SERVES} AND NOT {has_role(use('supervisor_id'), 'supervisor')}",
            ),
            "lifestep_review": (
                "the review was written down",
                "NEW.state = 'reviewed' AND NOT EXISTS (SELECT 1 FROM workshop_sheetanswer a"
                " WHERE a.use_id = NEW.use_id AND a.territory_id = NEW.territory_id AND a.kind = 'review'"
                f" AND a.at >= (SELECT max(s.at) FROM {STEPS} s WHERE s.use_id = NEW.use_id))",
            ),
            "lifestep_examined": (
                "its quality was not examined, or is too low",
                f"NEW.state = 'production' AND EXISTS (SELECT 1 FROM {USES} u WHERE u.id = NEW.use_id"
                " AND u.origin IN ('ours', 'third_party')) AND NOT EXISTS (SELECT 1 FROM workshop_examination e"
                " WHERE e.use_id = NEW.use_id AND e.tier IN ('silver', 'gold', 'platinum'))",
            ),
            "lifestep_need": (
                "the need was written down",
                f"NEW.state IN ('checked', 'production') AND NOT {has_sheet('need')}",
            ),
            "lifestep_compared": (
                "a way without AI was compared",
                "NEW.state IN ('checked', 'production') AND NOT"
                f" ({has_option(COUNTED_WITHOUT_AI)} AND {has_option('o.with_ai')})",
            ),
            "lifestep_measured": (
                "its result was measured or counted here",
                f"NEW.state = 'production' AND NOT {has_option(COUNTED_WITH_AI)}",
            ),
            "lifestep_sandbox": (
                "the sandbox has an end",
                f"NEW.state = 'sandbox' AND NOT {has_sheet('sandbox')}",
            ),
        },
    ),
    # People's day begins before that of Greenwich: a training passed today is known at half past midnight.
    refuse(
        "lifestep_trained",
        "INSERT",
        STEPS,
        condition=is_untrained("date(NEW.at, '+1 day')"),
        postgresql=is_untrained("date(NEW.at) + 1"),
        why="its supervisor is trained",
    ),
]


def last_step(column: str) -> str:
    return f"(SELECT l.{column} FROM {STEPS} l WHERE l.use_id = NEW.id ORDER BY l.rank DESC LIMIT 1)"


def last_answer(kind: str, key: str) -> str:
    """What the last sheet of this kind says, of those that the last step could read."""
    return (
        f"coalesce((SELECT a.answers ->> '{key}' FROM workshop_sheetanswer a WHERE a.use_id = NEW.id"
        f" AND a.kind = '{kind}' AND a.at <= {last_step('at')} ORDER BY a.at DESC, a.id DESC LIMIT 1), '')"
    )


def bounded(column: str, unless: str) -> refuse:
    """A date moves away only with a step that says so; one that comes nearer stops a system sooner, and is accepted."""
    later = f"NEW.{column} IS NOT NULL AND (OLD.{column} IS NULL OR NEW.{column} > OLD.{column})"
    far = f"coalesce(julianday(NEW.{column}) - julianday(date({last_step('at')})), 1e9) > {MOST_DAYS}"
    far_in_postgresql = f"coalesce(NEW.{column} - date({last_step('at')}), 1000000) > {MOST_DAYS}"
    return refuse(
        f"systemuse_{column}_follows_its_step",
        f"UPDATE OF {column}",
        USES,
        condition=f"({later}) AND (NOT ({unless}) OR {far})",
        postgresql=f"({later}) AND (NOT ({unless}) OR {far_in_postgresql})",
        why="a date follows the last step",
    )


LAST_STATE = f"coalesce({last_step('state')}, '')"
USE = [
    refuse("systemuse_no_delete", "DELETE", USES),
    no_replace(USES, same_key("territory_id, system")),
    refuse(
        "systemuse_begins_as_an_idea",
        "INSERT",
        USES,
        condition="NEW.state <> 'idea' OR NEW.sandbox_until IS NOT NULL OR NEW.review_on IS NOT NULL",
        why="a system begins as an idea",
    ),
    refuse(
        "systemuse_stays_where_it_is",
        "UPDATE OF territory_id, system, origin",
        USES,
        condition=changes("territory_id", "system", "origin"),
        why="a system keeps its name and origin",
    ),
    refuse(
        "systemuse_state_follows_its_steps",
        "UPDATE OF state",
        USES,
        condition=(
            f"NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM {STEPS} s"
            " WHERE s.use_id = NEW.id AND s.start = OLD.state AND s.state = NEW.state"
            f" AND s.rank = (SELECT max(l.rank) FROM {STEPS} l WHERE l.use_id = NEW.id))"
        ),
        why="a state follows its last step",
    ),
    refuse(
        "systemuse_dates_follow_its_steps",
        "UPDATE OF sandbox_until, review_on",
        USES,
        condition=(
            "(NEW.sandbox_until IS NOT NULL AND NEW.state NOT IN ('sandbox', 'production', 'reviewed', 'stopped'))"
            " OR (NEW.review_on IS NULL AND NEW.state IN ('production', 'reviewed'))"
        ),
        why="dates follow the steps",
    ),
    bounded(
        "sandbox_until",
        f"{LAST_STATE} = 'sandbox' AND CAST(NEW.sandbox_until AS text) <= {last_answer('sandbox', 'ends_on')}",
    ),
    bounded(
        "review_on",
        f"{LAST_STATE} = 'production' OR ({LAST_STATE} = 'reviewed'"
        f" AND CAST(NEW.review_on AS text) <= {last_answer('review', 'next_on')})",
    ),
]

RUN = on_insert(
    RUNS,
    {
        "run_only_where_it_serves": (
            "this system does not serve here",
            f"NEW.verb = 'run' AND NOT EXISTS (SELECT 1 FROM {USES} u WHERE u.id = NEW.use_id"
            " AND u.territory_id = NEW.territory_id AND (u.state IN ('production', 'reviewed')"
            " OR (u.state = 'sandbox' AND u.sandbox_until >= date(NEW.at))))",
        ),
        "no_run_of_a_stopped_system": (
            "this system is stopped",
            f"EXISTS (SELECT 1 FROM {USES} u WHERE u.id = NEW.use_id AND u.state = 'stopped')",
        ),
    },
)

WRITTEN_ONCE = [
    rule
    for name, keys in (
        ("sheetanswer", ()),
        ("option", ()),
        ("training", ()),
        ("examination", ("territory_id, key",)),
        ("regression", ()),
    )
    for rule in append_only(f"workshop_{name}", name, taken=same_key(*keys))
]


class Migration(migrations.Migration):
    dependencies = [("workshop", "0001_initial"), ("platform", "0001_initial")]
    operations = [*STEP, *USE, *RUN, *WRITTEN_ONCE]
