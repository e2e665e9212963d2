"""The clock of an exercise: pauses, speeds, injects sent early, late or not at all; nothing drifts, nothing is lost."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.web.continuity.exercises import services
from beffroi.web.continuity.exercises.timeline import SPEEDS, Act, Event, Timeline
from support.offline_pages import run_script

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONG = services.scenario("exercise_ransomware_epci")
assert LONG is not None


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def event(act: Act, on: float, /, **data: Any) -> Event:
    return Event(act, after(on), data)


def keys(line: Timeline, minutes: float) -> list[str]:
    return [each.inject.key for each in line.delivered(after(minutes))]


def test_before_it_starts_nothing_is_received():
    line = Timeline(LONG, [])
    assert (line.state, line.minute_at(after(30)), keys(line, 30)) == ("ready", 0, [])


def test_at_real_speed_each_inject_is_received_at_its_minute_exactly():
    line = Timeline(LONG, [event("start", 0)])
    received = line.delivered(after(30))
    assert [each.inject.minute for each in received] == [27, 24, 20, 16, 12, 8, 4, 0]
    assert all(each.at == after(each.inject.minute) for each in received)


def test_two_hours_are_played_in_two_minutes_at_sixty_times_the_speed():
    line = Timeline(LONG, [event("speed", 0, speed=60), event("start", 0)])
    assert len(line.delivered(after(1.98))) == 30
    assert len(line.delivered(after(1))) == sum(each.minute <= 60 for each in LONG.injects)


def test_a_pause_stops_the_clock_and_the_injects():
    line = Timeline(LONG, [event("start", 0), event("pause", 10), event("resume", 40), event("end", 60)])
    assert line.minute_at(after(35)) == pytest.approx(10)
    assert line.minute_at(after(50)) == pytest.approx(20)
    assert line.minute_at(after(500)) == pytest.approx(30)  # ended: it stands
    assert keys(line, 39) == keys(line, 10)
    assert line.moment_of(12) == after(42)
    assert line.state == "ended"
    assert max(each.minute for each in line.delivered(after(500))) <= 30


def test_an_inject_is_sent_early_postponed_and_left_out():
    first, second, third = LONG.injects[5], LONG.injects[6], LONG.injects[7]
    line = Timeline(
        LONG,
        [
            event("start", 0),
            event("send", 1, inject=first.key),
            event("postpone", 2, inject=second.key, minutes=30),
            event("skip", 3, inject=third.key),
        ],
    )
    placed = {each.inject.key: each for each in line.injects(after(40))}
    assert placed[first.key].at == after(1)
    assert placed[second.key].state == "coming" and placed[second.key].minute == second.minute + 30
    assert placed[third.key].state == "skipped"


def test_players_of_a_role_receive_theirs_and_what_is_for_everybody():
    line = Timeline(LONG, [event("start", 0)])
    roles = {each.inject.role for each in line.delivered(after(60), "director")}
    assert roles == {"director", ""}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pause", "resume", "speed"]), st.floats(0.01, 20), st.sampled_from(SPEEDS)
        ),
        max_size=12,
    )
)
def test_the_clock_never_goes_back_and_agrees_with_its_moments(acts):
    now, events = 0.0, [event("start", 0)]
    for act, wait, speed in acts:
        now += wait
        events.append(event(act, now, speed=speed) if act == "speed" else event(act, now))
    line = Timeline(LONG, events)
    minutes = [line.minute_at(after(step * (now + 5) / 40)) for step in range(41)]
    assert all(a <= b + 1e-9 for a, b in pairwise(minutes))
    for each in line.delivered(after(now + 5)):
        assert each.at is not None
        assert line.minute_at(each.at) == pytest.approx(each.minute, abs=1e-4)  # 6 ms of the scenario


def drawn_course(seed: int) -> list[Event]:
    """Two dozen acts at any moments, to the millisecond as the page writes them."""
    draw = random.Random(seed)
    keys = [inject.key for inject in LONG.injects]
    now, events = NOON, [event("start", 0)]
    for _ in range(24):
        now += timedelta(milliseconds=draw.randrange(1, 400_000))
        act: Act = draw.choice(["pause", "resume", "speed", "send", "postpone", "skip", "improvise"])
        data: dict[str, Any] = {"inject": draw.choice(keys)} if act in ("send", "postpone", "skip") else {}
        if act == "speed":
            data = {"speed": draw.choice(SPEEDS)}
        elif act == "postpone":
            data["minutes"] = draw.randrange(1, 30)
        elif act == "improvise":
            data = {"role": "", "medium": "call", "title": "Le facteur", "text": "Le bourg est au courant."}
        events.append(Event(act, now, data))
    return [*events, Event("end", now + timedelta(minutes=9), {})] if seed % 3 else events


def test_the_page_of_a_laptop_has_the_same_clock_and_the_same_injects():
    """Its twin in JavaScript, over drawn courses, at moments between and after their acts."""
    courses = [drawn_course(seed) for seed in range(40)]
    moments = [after(minutes) for minutes in (-1, 0, 3.7, 20, 41.5, 90, 1000)]
    said = run_script(
        """import { timelineOf } from "./exercise-timeline.js";
        answer(given.courses.map((events) => {
          const course = timelineOf(given.scenario, events);
          const rows = (now) => course.injects(now).map(({ inject, state, minute, at }) => [inject.key, state, minute, at ?? null]);
          return [course.state, course.speed, given.moments.map((now) => [course.minuteAt(now), rows(now), course.delivered(now).map((row) => row.inject.key)])];
        }));""",
        {
            "scenario": LONG.model_dump(mode="json", by_alias=True),
            "moments": [each.timestamp() * 1000 for each in moments],
            "courses": [
                [{"at": each.at.isoformat(timespec="milliseconds"), "act": each.act, "data": each.data} for each in events]
                for events in courses
            ],
        },
    )  # fmt: skip
    for events, (state, speed, at_moments) in zip(courses, said, strict=True):
        line = Timeline(LONG, events)
        assert (line.state, line.speed) == (state, speed)
        for now, (minute, rows, received) in zip(moments, at_moments, strict=True):
            assert minute == pytest.approx(line.minute_at(now), abs=1e-6)
            own = line.injects(now)
            assert [row[:2] for row in rows] == [[each.inject.key, each.state] for each in own]
            assert [row[2] for row in rows] == pytest.approx([each.minute for each in own], abs=1e-6)
            assert [row[3] for row in rows if row[3]] == pytest.approx(
                [each.at.timestamp() * 1000 for each in own if each.at], abs=0.1
            )
            assert received == [each.inject.key for each in line.delivered(now)]
