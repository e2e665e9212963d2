"""Each limit that `docs/security.md` states is the one that the code applies: the tables are compared with its constants, row by row."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from beffroi.guides import questions
from beffroi.lake.readers import archives, refusals, workbook_parts
from beffroi.recipes import fair_queue as query_queue
from beffroi.recipes.engine import Limits as QueryLimits
from beffroi.web.catalogue.lifecycle import retention
from beffroi.web.catalogue.sources import connections
from beffroi.web.continuity.backups.reading import programs
from beffroi.web.continuity.exercises import exercise_file
from beffroi.web.continuity.rekeying import scan_process
from beffroi.web.continuity.restoration_site import stick_files
from beffroi.web.cyber.inventory import messages
from beffroi.web.decisions import rate_limits, triage
from beffroi.web.guides.contributions import services as contributions
from beffroi.web.guides.services import evidence, registers
from beffroi.web.platform.access_log import line_limits
from beffroi.web.platform.api import authentication
from beffroi.web.platform.concurrency.fair_queue import Bounds
from beffroi.web.platform.http import egress
from beffroi.web.platform.jobs import queue
from beffroi.web.tenancy.signin import factors, links, lockout

PAGE = (Path(__file__).resolve().parents[2] / "docs/security.md").read_text("utf-8")
WORDS = {1: "one", 3: "three", 4: "four", 12: "twelve", 14: "fourteen"}
LANES = Bounds()


def size(count: int) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count // 1_000_000} MB"


def duration(seconds: float) -> str:
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % unit == 0:
            count = int(seconds // unit)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds:.0f} seconds"


FILES = {
    "a file": size(settings.BEFFROI_MAX_UPLOAD),
    "a workbook, unpacked": (
        f"{size(refusals.LARGEST_WORKBOOK)}; once read, {workbook_parts.VOLUME_A_BYTE} times its size, "
        f"{size(workbook_parts.MIN_VOLUME)} at least and {size(workbook_parts.MAX_VOLUME)} at most"
    ),
    "an archive": (
        f"{archives.MAX_MEMBERS:,} members, {WORDS[archives.DEEPEST]} levels, {size(archives.LARGEST_MEMBER)} a member, "
        f"{size(archives.LARGEST_TOTAL)} in all, {archives.HIGHEST_RATIO} times its size"
    ),
    "sheets, layers and members of one file": f"{refusals.MAX_TABLES} tables of {refusals.WIDEST:,} columns",
    "a ZIP of the stick": (
        f"{size(stick_files.MOST_FILE_BYTES)}, {stick_files.MOST_ENTRIES:,} entries, {size(stick_files.MOST_PAGES_BYTES)} of pages"
    ),
    "a file of an exercise": size(exercise_file.MOST_BYTES),
    "a scan": f"{scan_process.MAX_PAGES} pages",
    "a message of an inventory agent": f"{size(messages.MAX_COMPRESSED)} compressed",
}
USE = {
    "requests at once of a territory, or of a stranger's address": (
        f"{WORDS[LANES.single_lane]} alone, {WORDS[LANES.each_lane]} beside others, {LANES.in_line} in line"
    ),
    "requests of a token": f"{authentication.MAX_PER_MINUTE} a minute",
    "contestations of an address": f"{rate_limits.contestations.most} an hour",
    "what a third party sends by an address": (
        f"{contributions.MOST_WAITING} sendings that nobody has read, {contributions.MOST_ENTRIES} entries each; "
        f"the address ends within {contributions.LONGEST.days} days"
    ),
    "an answer to a guide": (
        f"{questions.LONGEST['text']:,} characters, {questions.LONGEST['line']} on one line, "
        f"{questions.MOST_LINES} lines of {questions.LONGEST['lines']}"
    ),
    "entries of a register; files of one thing": (
        f"{registers.MOST_ROWS:,} at an import; {evidence.MOST} of {size(evidence.LARGEST)}"
    ),
    "work that waits": f"{queue.MAX_WAITING} jobs a territory",
    "queries that wait": (
        f"{query_queue.MAX_WAITING} a territory, each bounded to {QueryLimits().seconds:.0f} seconds and {QueryLimits().memory}"
    ),
    "a command on a copy's repository": (
        f"{size(programs.LONG.memory_bytes)} of memory, {size(programs.LONG.folder_bytes)} and {programs.LONG.files:,} files written, "
        f"{programs.LONG.processes} processes, {duration(programs.LONG.seconds)}; {duration(programs.LOOK_SECONDS)} a look"
    ),
    "downloads at once": f"{WORDS[LANES.downloads]} a lane",
    "proposals accepted at once": f"{triage.MOST_TOGETHER} of one day and one system",
    "an answer from outside": (
        f"{size(egress.MAX_RESPONSE_SIZE)} (providers), {size(settings.BEFFROI_MAX_UPLOAD)} (sources), "
        f"{duration(connections.FETCH_SECONDS)}"
    ),
    "lines of refusals in the journal of access": (
        f"{line_limits.A_MINUTE} a minute of one kind from one address, {line_limits.AN_HOUR} an hour of one kind; "
        "the others are counted"
    ),
    "an AI system": "memory, processor, processes, disk and time of its manifest",
}
SENTENCES = {
    "failures": (
        f"{lockout.PAIR.most} failures by address and account, {lockout.UNKNOWN.most} by account from unknown browsers, "
        f"{lockout.ADDRESS.most} by address"
    ),
    "links": f"single use: {duration(links.LIFETIMES['signin'].total_seconds())}, an invitation {links.LIFETIMES['invite'].days} days",
    "second factor": (
        f"after {duration(factors.FRESH_FOR_DECIDING)} to decide and after {duration(factors.FRESH_FOR_ACCESS)} to change"
    ),
    "put off": f"for the {WORDS[factors.PUT_OFF_FOR.days]} days that follow its making",
    "session": (
        f"A session lasts {duration(settings.SESSION_COOKIE_AGE)} at most and closes after "
        f"{duration(settings.SESSION_IDLE_SECONDS)} without a request"
    ),
    "refused files": f"stays in the territory's folder for {retention.PERSONAL_FILE // timedelta(days=1)} days at most",
}


def table(heading: str) -> dict[str, str]:
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\|.*\|$", section, re.M)
    ]
    return {row[0]: row[1] for row in rows[2:]}


@pytest.mark.parametrize(("heading", "expected"), [("Files that come in", FILES), ("Limits of use", USE)])
def test_each_row_states_the_constants_of_the_code(heading: str, expected: dict[str, str]) -> None:
    assert table(heading) == expected


@pytest.mark.parametrize("what", SENTENCES)
def test_each_sentence_states_the_constants_of_the_code(what: str) -> None:
    assert SENTENCES[what] in re.sub(r"\s+", " ", PAGE)
