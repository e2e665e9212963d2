"""A home that lost or damaged something is never said to be in order, and says in French what, by whoever takes it somewhere."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import trial_home
import trials
from trials import Trial, drawn

from commands import python
from rings import LONG

SAID_OTHERWISE = ("mark", "roots", "inventory")
"""What the home keeps for itself is said by the chain, or the lake, that it is about."""
# One of each kind and harm that another could not stand for, and of those who carry it, whoever notices it in a way of their own.
QUICK = {
    ("database", "removed"): ("backup", "serve"),
    ("database", "emptied"): ("backup",),
    ("database", "older"): ("serve",),
    ("database", "page zeroed"): ("serve",),
    ("lake", "removed"): ("serve", "upkeep"),
    ("catalogue", "removed"): ("serve", "upkeep"),
    ("catalogue", "older"): ("export",),
    ("data", "removed"): ("serve",),
    ("data", "byte changed"): ("backup", "upkeep"),
    ("delivered", "byte changed"): ("export",),
    ("roots", "older"): ("serve",),
    ("key", "byte changed"): ("serve",),
}
TO_DO = ("sauvegarde", "beffroi restore", "beffroi doctor --accept")
WHOLE = Trial("none", "", "none")


@pytest.fixture(scope="module")
def made() -> Path:
    """A town's home, and the same home earlier."""
    return trial_home.made()


PARTS = 12 if LONG else 1


def chosen(made: Path) -> list[Trial]:
    every = drawn(made / "home", made / "earlier")
    if LONG:
        return every
    found = {wanted: next(each for each in every if (each.kind, each.harm) == wanted) for wanted in QUICK}
    return [replace(trial, asked=QUICK[wanted]) for wanted, trial in found.items()]


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_lost_or_damaged_is_noticed_by_the_doctor_and_by_those_who_carry_it(
    made: Path, tmp_path: Path, part: int
):
    """In one process, which has a home and its database one after the other: each trial would cost a start of its own."""
    tried = chosen(made)[part::PARTS]
    told = tmp_path / "trials.json"
    told.write_text(trials.as_json([WHOLE, *tried]), "utf-8")
    done = python(Path(trials.__file__).read_text("utf-8"), made, told)
    assert done.returncode == 0, done.stderr[-3000:]
    whole, *said = json.loads(told.with_suffix(".said").read_text("utf-8"))
    assert whole == dict.fromkeys(["doctor", *trials.ALL], "")
    unseen = [
        f"{trial.name}: {who}"
        for trial, by in zip(tried, said, strict=True)
        for who, what in by.items()
        if not what
    ]
    assert unseen == []
    # What is missing is named, and nothing of the engines' English is left in front of a person.
    for trial, by in zip(tried, said, strict=True):
        assert (
            trial.thing.rpartition("/")[2] in by["doctor"]
            or "base" in by["doctor"]
            or trial.kind in SAID_OTHERWISE
        ), (trial, by)
        assert any(what in by["doctor"] for what in TO_DO), (trial, by)
        assert not any(word in " ".join(by.values()) for word in ("Traceback", "Exception", "Invalid Input"))


@pytest.mark.long
def test_there_are_two_hundred_trials_of_every_kind(made: Path):
    counts = Counter((each.kind, each.harm) for each in drawn(made / "home", made / "earlier"))
    assert counts.total() >= 200
    assert {kind for kind, _ in counts} >= {
        "database",
        "catalogue",
        "data",
        "delivered",
        "roots",
        "key",
        "lake",
    }
    assert {harm for _, harm in counts} == {
        "removed",
        "truncated",
        "emptied",
        "older",
        "page zeroed",
        "byte changed",
    }
