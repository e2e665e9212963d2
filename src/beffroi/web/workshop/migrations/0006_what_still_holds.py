"""What was written in a former life opens no gate, and no date goes beyond what the last step was taken on."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from importlib import import_module

from django.db import migrations

from beffroi.web.territories.triggers import lift, refuse

STEPS: dict[str, str] = import_module("beffroi.web.workshop.migrations.0003_life").STEP_REFUSED
MOST_DAYS = 367  # twelve months, and a day for who decides after midnight


def _since_the_idea(rows: str, written: str) -> str:
    """Rows of a former life do not count."""
    began = "SELECT max(b.at) FROM workshop_lifestep b WHERE b.use_id = NEW.use_id AND b.state = 'idea'"
    return written.replace(
        f"{rows}.use_id = NEW.use_id",
        f"{rows}.use_id = NEW.use_id AND {rows}.at >= coalesce(({began}), {rows}.at)",
    )


def _again(why: str, condition: str, postgresql: str = "") -> list[refuse]:
    """The same rule on a step, with one clause changed."""
    name, table = f"lifestep_rule_{list(STEPS).index(why)}", "workshop_lifestep"
    assert condition != STEPS[why]  # noqa: S101
    return [
        lift(name, "INSERT", table, condition=STEPS[why], why=why),
        refuse(name, "INSERT", table, condition=condition, why=why, postgresql=postgresql),
    ]


TRAINED, SANDBOX = "its supervisor is trained", "the sandbox has an end"
NEED, COMPARED = "the need was written down", "a way without AI was compared"
MEASURED = "its result was measured or counted here"

_LAST = "(SELECT {column} FROM workshop_lifestep l WHERE l.use_id = NEW.id ORDER BY l.rank DESC LIMIT 1)"
_STATE, _AT = f"coalesce({_LAST.format(column='l.state')}, '')", _LAST.format(column="l.at")
_SAID = (
    "coalesce((SELECT a.answers ->> '{key}' FROM workshop_sheetanswer a WHERE a.use_id = NEW.id"
    f" AND a.kind = '{{kind}}' AND a.at <= {_AT} ORDER BY a.at DESC, a.id DESC LIMIT 1), '')"
)


def _bounded(column: str, unless: str) -> refuse:
    """A date that moves away without a step that says so; one that comes nearer stops a system sooner, and is let through."""
    later = f"NEW.{column} IS NOT NULL AND (OLD.{column} IS NULL OR NEW.{column} > OLD.{column})"
    far = {
        "condition": f"coalesce(julianday(NEW.{column}) - julianday(date({_AT})), 1e9) > {MOST_DAYS}",
        "postgresql": f"coalesce(NEW.{column} - date({_AT}), 1000000) > {MOST_DAYS}",
    }
    return refuse(
        f"systemuse_{column}_follows_its_step",
        f"UPDATE OF {column}",
        "workshop_systemuse",
        why="a date follows the last step",
        **{words: f"({later}) AND (NOT ({unless}) OR {days})" for words, days in far.items()},
    )


class Migration(migrations.Migration):
    dependencies = [("workshop", "0005_rhythm")]
    operations = [
        *_again(NEED, _since_the_idea("a", STEPS[NEED])),
        *_again(COMPARED, _since_the_idea("o", STEPS[COMPARED])),
        *_again(MEASURED, _since_the_idea("o", STEPS[MEASURED])),
        *_again(SANDBOX, _since_the_idea("a", STEPS[SANDBOX])),
        # People's day begins before that of Greenwich: a training passed today is known at half past midnight.
        *_again(
            TRAINED,
            STEPS[TRAINED].replace("passed_on <= date(NEW.at)", "passed_on <= date(NEW.at, '+1 day')"),
            STEPS[TRAINED].replace("passed_on <= date(NEW.at)", "passed_on <= date(NEW.at) + 1"),
        ),
        _bounded(
            "sandbox_until",
            f"{_STATE} = 'sandbox' AND CAST(NEW.sandbox_until AS text) <= {_SAID.format(key='ends_on', kind='sandbox')}",
        ),
        _bounded(
            "review_on",
            f"{_STATE} = 'production' OR ({_STATE} = 'reviewed'"
            f" AND CAST(NEW.review_on AS text) <= {_SAID.format(key='next_on', kind='review')})",
        ),
    ]
