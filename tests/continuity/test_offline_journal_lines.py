"""Journals of several devices become one: nothing lost, nothing reordered on a device, every change seen, here and in the browser."""

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.web.continuity.offline_pages import journal_lines
from beffroi.web.continuity.offline_pages.journal_lines import (
    Journal,
    JournalFileError,
    Line,
    merge,
    new_line,
)
from support.offline_pages import run_script

CRISIS = "11111111-2222-4333-8444-555555555555"
START = datetime(2026, 11, 29, 2, 0, tzinfo=timezone(timedelta(hours=1)))


def chain(device: str, count: int, *, seed: int = 0, wrong_clock: timedelta = timedelta()) -> list[Line]:
    """Lines of one device, some about facts that happened before; its clock may be wrong."""
    draw = random.Random(f"{device}{seed}")
    found: list[Line] = []
    for rank in range(count):
        entered = START + wrong_clock + timedelta(minutes=7 * rank, seconds=draw.randrange(60))
        fact = entered - timedelta(minutes=draw.choice([0, 0, 5, 90]))
        found.append(
            new_line(
                found[-1] if found else None,
                device=device,
                fact_at=fact.isoformat(),
                entered_at=entered.isoformat(),
                author="É. Exemple",
                role="Cellule",
                kind=draw.choice(["fact", "decision", "message"]),
                text=f"Ligne {rank} « de » {device} 🙂\nsuite",
                id=str(uuid.UUID(int=draw.getrandbits(128), version=4)),
            )
        )
    return found


def a_file(chained: list[Line], **changes: Any) -> bytes:
    content = json.loads(journal_lines.dump(Journal(CRISIS, False, "0000000a", tuple(chained))))
    return json.dumps(content | changes).encode()


def test_three_devices_make_one_journal_with_nothing_lost_nor_reordered() -> None:
    chains = [
        chain("0000000a", 40),
        chain("0000000b", 40),
        chain("0000000c", 40, wrong_clock=timedelta(days=-400)),
    ]
    files = [journal_lines.parse(a_file(lines), crisis=CRISIS, exercise=False).lines for lines in chains]
    merged = merge(*files)
    assert merged.faults == () and merged.disputed == ()
    assert sorted(merged.lines, key=lambda line: line.id) == sorted(
        [line for lines in chains for line in lines], key=lambda line: line.id
    )
    for lines in chains:
        assert [line for line in merged.lines if line.device == lines[0].device] == lines
    wrong = [line for line in merged.lines if line.device == "0000000c"]
    assert wrong[0].entered_at.startswith("2025-10-25") and wrong[0].fact_at.startswith("2025-10-2")


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_any_order_of_merging_gives_the_same_journal(seed: int, pieces: int) -> None:
    chains = [chain(device, 6, seed=seed) for device in ("0000000a", "0000000b", "0000000c")]
    everything = [line for lines in chains for line in lines]
    random.Random(seed).shuffle(everything)
    once = merge(*chains)
    assert merge(*(everything[part::pieces] for part in range(pieces)), everything[:4]) == once
    assert merge(once.lines, chains[0]) == once


def test_every_change_of_a_line_is_seen_and_no_line_is_dropped() -> None:
    lines = chain("0000000a", 5)
    for changed in (
        replace(lines[2], text="autre"),
        replace(lines[2], fact_at=lines[0].fact_at),
        replace(lines[2], author="x"),
    ):
        found = merge([*lines[:2], changed, *lines[3:]])
        assert [fault.kind for fault in found.faults] == ["altered"] and len(found.lines) == 5
        both = merge(lines, [changed])
        assert both.lines == merge(lines).lines and both.disputed == (changed,)
        assert [fault.kind for fault in both.faults] == ["disputed"]
    rewritten = replace(lines[2], text="autre")
    rewritten = replace(rewritten, hash=journal_lines.line_hash(rewritten.as_dict()))
    assert [fault.kind for fault in merge([*lines[:2], rewritten, *lines[3:]]).faults] == ["unlinked"]
    missing = merge([lines[0], *lines[3:]])
    assert [(fault.kind, fault.n) for fault in missing.faults] == [("gap", 4)]
    assert missing.faults[0].message == "Avant la ligne 4, les lignes 2 à 3 manquent."
    other = new_line(
        lines[1],
        **{name: getattr(lines[2], name) for name in WRITTEN},
        text="un autre onglet",
        device="0000000a",
    )
    assert "fork" in [fault.kind for fault in merge(lines, [other]).faults]
    assert len(merge(lines, [other]).lines) == 6


LATER = "2026-11-29T09:00:00+01:00"
WRITTEN = ("fact_at", "entered_at", "author", "role", "kind")


def test_a_clock_that_goes_back_is_said_and_both_times_stay() -> None:
    first = chain("0000000a", 1)[0]
    back = "2026-11-28T02:00:00+01:00"
    second = new_line(
        first,
        device="0000000a",
        fact_at=back,
        entered_at=back,
        author="",
        role="",
        kind="fact",
        text="pile vide",
    )
    merged = merge([second, first])
    assert [line.n for line in merged.lines] == [1, 2] and [fault.kind for fault in merged.faults] == [
        "clock"
    ]
    assert merged.lines[1].fact_at == back


def test_a_fact_dated_in_the_future_by_mistake_does_not_push_its_device_to_the_end() -> None:
    first = chain("0000000a", 1)[0]
    typo = new_line(
        first,
        device="0000000a",
        fact_at="2027-11-29T02:00:00+01:00",
        entered_at=first.entered_at,
        author="",
        role="",
        kind="fact",
        text="année mal tapée",
    )
    later = replace(first, device="0000000b", id=str(uuid.uuid4()), fact_at=LATER, entered_at=LATER)
    assert [line.id for line in merge([later], [first, typo]).lines] == [first.id, typo.id, later.id]


DAMAGES: list[Callable[[dict[str, Any]], Any]] = [
    lambda line: line | {"n": True},
    lambda line: line | {"n": 0},
    lambda line: line | {"n": 10**30},
    lambda line: line | {"text": "x" * 4_001},
    lambda line: line | {"text": " "},
    lambda line: line | {"text": "\x00"},
    lambda line: line | {"text": "\ud800"},
    lambda line: line | {"text": None},
    lambda line: line | {"kind": "payment"},
    lambda line: line | {"device": "0000000A"},
    lambda line: line | {"id": "../../x"},
    lambda line: line | {"fact_at": "2026-02-30T00:00:00+01:00"},
    lambda line: line | {"fact_at": "2026-11-29T08:00:00Z"},
    lambda line: line | {"fact_at": "0001-01-01T00:00:00+14:00"},
    lambda line: line | {"fact_at": "2026-11-29T08:00:00+99:00"},
    lambda line: line | {"previous": "0"},
    lambda line: line | {"corrects": 4},
    lambda line: line | {"more": 1},
    lambda line: {"n": 1},
    lambda line: [],
]


def hostile(damage: Callable[[dict[str, Any]], Any]) -> bytes:
    lines = [line.as_dict() for line in chain("0000000a", 2)]
    return a_file([], lines=[lines[0], damage(lines[1])])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_hostile_line_is_refused_with_its_place(damage: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(JournalFileError, match="ligne 2 du fichier"):
        journal_lines.parse(hostile(damage))


def test_what_is_not_this_crisis_is_refused() -> None:
    lines = chain("0000000a", 2)
    assert journal_lines.parse(a_file(lines)).lines == tuple(lines)
    for raw, words in [
        (a_file(lines, crisis=str(uuid.uuid4())), "autre crise"),
        (a_file(lines, exercise=True), "exercice"),
        (a_file(lines, format=2), "version"),
        (a_file(lines, format=True), "version"),
        (a_file(lines, more=1), "pas un journal"),
        (a_file(lines, lines={}), "au plus"),
        (b"[" * 200_000, "lisible"),
        (b'{"format": 1, "format": 1}', "lisible"),
        (b"\xff\xfe", "lisible"),
        (b"NaN", "lisible"),
        (b" " * (journal_lines.MOST_BYTES + 1), "Mo"),
    ]:
        with pytest.raises(JournalFileError, match=words):
            journal_lines.parse(raw, crisis=CRISIS, exercise=False)


def test_the_browser_reads_chains_and_merges_as_the_platform_does() -> None:
    chains = [
        chain("0000000a", 15),
        chain("0000000b", 15),
        chain("0000000c", 9, wrong_clock=timedelta(days=30)),
    ]
    altered = replace(chains[0][3], text="modifiée")
    damaged = [
        chains[0][:3] + chains[0][4:],
        [altered, *chains[1][:5]],
        chains[2][3:] + chains[2][:2],
        chains[0],
    ]
    cases = [chains, damaged, damaged[:2], [[altered]]]
    answers = run_script(
        """
import { merge, newLine, parse } from "./journal-lines.js";
const utf8 = (text) => new TextEncoder().encode(text);
const written = await newLine(null, given.fields);
const refused = given.hostile.map((text) => {
  try { parse(utf8(text), given); return ""; } catch (error) { return error.message; }
});
const read = parse(utf8(given.file), given);
answer({ written, refused, read, merged: await Promise.all(given.cases.map((each) => merge(...each))) });
""",
        {
            "cases": [[[line.as_dict() for line in lines] for lines in case] for case in cases],
            "fields": {
                name: chains[0][0].as_dict()[name] for name in (*WRITTEN, "text", "device", "corrects")
            },
            "hostile": [hostile(damage).decode() for damage in DAMAGES],
            "crisis": CRISIS,
            "exercise": False,
            "file": a_file(chains[0]).decode(),
        },
    )
    assert [Line(**line) for line in answers["read"]] == chains[0]
    assert all("ligne 2 du fichier" in words for words in answers["refused"]), answers["refused"]
    assert Line(**answers["written"]).is_intact
    for case, found in zip(cases, answers["merged"], strict=True):
        expected = merge(*case)
        assert [Line(**line) for line in found["lines"]] == list(expected.lines)
        assert [Line(**line) for line in found["disputed"]] == list(expected.disputed)
        assert [tuple(fault.values()) for fault in found["faults"]] == [
            (fault.device, fault.n, fault.kind, fault.message) for fault in expected.faults
        ]
