"""Pictures of the walks: Mermaid sequence diagrams of who calls what, from traced scenes.

Of the hundreds of functions of a walk, a picture shows the few that matter to a reader: public ones below which most of the work is
done, the heaviest of each other room that is entered, and each act written in the ledger. Left out: private functions, what only
displays pages, and what nearly every walk goes through (middleware, guards).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .tracing import Call, Function
from .walks import Scene

PAGE = Path(__file__).resolve().parent.parent / "docs/house.md"
MAX_MESSAGES = 17
MAX_OF_A_ROOM = 7
MIN_WEIGHT = 6  # functions below one that is shown
SAME_WORK = 0.9  # a function whose work is nearly all that of the one above it, in the same package, only passes it on
DISPLAY = {"web.ui"}
PLUMBING = {"context_processors", "guards"}
LEDGER_LINE = re.compile(r"\.ledger\.lines\.append$")
_MARKED = r"(<!-- walk: {} -->\n).*?(<!-- end of the walk -->)"


def redraw(walked: Mapping[str, Sequence[Scene]]) -> None:
    """Write each picture between its markers in `docs/house.md`. Raises LookupError when one has none."""
    page = PAGE.read_text("utf-8")
    common = _met_everywhere(walked)
    for title, scenes in walked.items():
        drawn = picture(scenes, common)
        marked = re.compile(_MARKED.format(re.escape(title)), re.DOTALL)
        page, count = marked.subn(lambda found, drawn=drawn: f"{found[1]}{drawn}\n{found[2]}", page)
        if count != 1:
            raise LookupError(f"{PAGE.name} has no markers for « {title} »")
    PAGE.write_text(page, "utf-8")


def _met_everywhere(walked: Mapping[str, Sequence[Scene]]) -> set[Function]:
    """Functions of all walks but one, at least: plumbing."""
    counts = Counter(
        function
        for scenes in walked.values()
        for function in {call.function for scene in scenes for call in scene.calls.below()}
    )
    return {function for function, count in counts.items() if count >= len(walked) - 1}


def picture(scenes: Sequence[Scene], common: set[Function]) -> str:
    """The Mermaid block of a walk."""
    chosen = _chosen(scenes, common)
    lines: list[str] = []
    actors: dict[str, None] = {}
    rooms: dict[str, None] = {}
    drawn: set[tuple[str, Function] | Function] = set()
    for scene in scenes:
        actors |= {scene.actor: None}
        for caller, function in _messages(scene.calls, None, chosen):
            label = function.dotted.removeprefix(f"beffroi.{function.room}.")
            above = caller.dotted if caller else scene.actor
            once = (above, function) if LEDGER_LINE.search(function.dotted) else function
            if once not in drawn:
                drawn.add(once)
                rooms |= {function.room: None}
                lines.append(f"    {caller.room if caller else scene.actor}->>{function.room}: {label}")
    heads = [f"    actor {actor}" for actor in actors] + [f"    participant {room}" for room in rooms]
    return "\n".join(["```mermaid", "sequenceDiagram", *heads, *lines, "```"])


def _chosen(scenes: Sequence[Scene], common: set[Function]) -> set[Function]:
    weights = {id(call): call.weight for scene in scenes for call in scene.calls.below()}
    found: dict[Function, int] = {}
    chosen: set[Function] = set()
    for scene in scenes:
        calls = list(_candidates(scene.calls, None, common, weights))
        if calls:
            chosen.add(max(calls, key=lambda call: weights[id(call)]).function)
        chosen.update(_with_ledger_lines(scene.calls, None))
        for call in calls:
            found[call.function] = max(found.get(call.function, 0), weights[id(call)])
    of_room = Counter(function.room for function in chosen)
    for function in sorted(found, key=lambda function: -found[function]):
        room = of_room[function.room]
        fits = len(chosen) < MAX_MESSAGES and room < MAX_OF_A_ROOM
        if function not in chosen and found[function] >= MIN_WEIGHT and (fits or room == 0):
            chosen.add(function)
            of_room[function.room] += 1
    return chosen


def _with_ledger_lines(call: Call, above: Function | None) -> Iterator[Function]:
    """What appends a line to the ledger, and the public function that asks for it."""
    for each in call.calls.values():
        if LEDGER_LINE.search(each.function.dotted):
            yield each.function
            if above is not None:
                yield above
        yield from _with_ledger_lines(each, each.function if _readable(each.function) else above)


def _candidates(
    call: Call, above: Call | None, common: set[Function], weights: Mapping[int, int]
) -> Iterator[Call]:
    """The calls below that a picture could show; `above`: the last one on the way down."""
    for each in call.calls.values():
        if not _readable(each.function) or each.function in common or _passes_on(each, above, weights):
            yield from _candidates(each, above, common, weights)
        else:
            yield each
            yield from _candidates(each, each, common, weights)


def _readable(function: Function) -> bool:
    if not function.module.rpartition(".")[0] or function.private or function.room in DISPLAY:
        return False
    last = function.module.rpartition(".")[2]
    in_a_room = function.module != f"beffroi.{function.room}" or function.package == function.module
    return in_a_room and "middleware" not in last and last not in PLUMBING


def _passes_on(call: Call, above: Call | None, weights: Mapping[int, int]) -> bool:
    return (
        above is not None
        and above.function.package == call.function.package
        and weights[id(call)] >= SAME_WORK * weights[id(above)]
    )


def _messages(
    call: Call, caller: Function | None, chosen: set[Function]
) -> Iterator[tuple[Function | None, Function]]:
    """The chosen calls below, each with the chosen one that led to it."""
    for each in call.calls.values():
        if each.function in chosen:
            yield caller, each.function
            yield from _messages(each, each.function, chosen)
        else:
            yield from _messages(each, caller, chosen)
