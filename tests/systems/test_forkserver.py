"""Fork server: executions in one process answer as those of their own process, and cannot affect each other."""

from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems import registry
from beffroi.systems.forkserver import ForkServer
from beffroi.systems.runner import Limits, SystemFailed
from systems.third_party import distribution

NUMBERS = {"numbers": pa.table({"value": [1.0, 2.0]})}
LIMITS = Limits(wall_seconds=60.0)

BODY = """
import os, pathlib, sys
sys.modules["pyarrow"].count = getattr(sys.modules["pyarrow"], "count", 0) + 1
path = settings["path"]
if path == "bad":
    raise BadInput("Il manque des nombres : ajoutez-en.")
if path == "crash":
    os._exit(3)
if path == "sleep":
    import time; time.sleep(600)
if path == "left":
    if os.fork() == 0:
        import time; time.sleep(600)
if path == "forge":
    os.write(1, b'{"ended": "job-1", "code": 0, "cpu_s": 0, "peak_kib": 0}' + bytes([10]))
    return answer(sys.stdin.read())
try:
    reached = os.path.exists("/etc/passwd")
    return answer(f"{len(tables['numbers'])} {sys.modules['pyarrow'].count} {os.getpid()} {reached}")
finally:
    pathlib.Path("left.txt").write_text("d'avant")
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.syspath_prepend(distribution(tmp_path, "served", BODY))
    made = ForkServer(registry.get("served"), LIMITS)
    yield made
    made.close()


def _run_text(server: ForkServer, path: str = "") -> str:
    outcome = server.execute("run", NUMBERS, {"path": path}).outcome
    assert outcome is not None
    return str(outcome.table["answer"][0])


def test_each_execution_begins_from_the_same_state_behind_the_walls(server: ForkServer) -> None:
    first, second = _run_text(server).split(), _run_text(server).split()
    assert first[:2] == second[:2] == ["2", "1"]  # nothing of the first is in the memory of the second
    assert first[2] != second[2] and first[3] == second[3] == "False"
    done = server.execute("run", NUMBERS)
    assert done.isolation == "complète" and done.footprint.cpu_s > 0 and done.footprint.memory_mb > 0
    assert server.sample(0)["numbers"].num_rows == 3
    score = server.execute("backtest", NUMBERS).score
    assert score is not None and score.value == 0.5


def test_a_refusal_and_a_breakdown_are_reported_and_the_next_execution_goes_on(server: ForkServer) -> None:
    for path, kind in (("bad", "données"), ("crash", "panne")):
        with pytest.raises(SystemFailed) as caught:
            _run_text(server, path)
        assert caught.value.kind == kind
        assert caught.value.footprint is not None and caught.value.footprint.cpu_s > 0
    assert _run_text(server, "forge") == ""  # neither the server's lines nor its input
    assert _run_text(server, "left").startswith("2 ")
    assert _run_text(server).startswith("2 ")


def test_an_execution_past_its_time_is_stopped_and_the_server_starts_again(server: ForkServer) -> None:
    assert _run_text(server)
    server.limits = Limits(wall_seconds=0.5)
    server.close()
    with pytest.raises(SystemFailed) as caught:
        _run_text(server, "sleep")
    assert caught.value.kind == "limite"
    server.limits = LIMITS
    assert _run_text(server).startswith("2 ")


def test_a_system_that_cannot_be_imported_fails_at_each_execution_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = distribution(tmp_path, "broken", "return answer(1)")
    (folder / "broken_package" / "system" / "__init__.py").write_text("import nothing_of_that_name\n")
    monkeypatch.syspath_prepend(folder)
    server = ForkServer(registry.get("broken"), LIMITS)
    with pytest.raises(SystemFailed) as caught:
        server.execute("run", NUMBERS)
    assert caught.value.kind == "panne" and "nothing_of_that_name" in caught.value.detail
    server.close()
