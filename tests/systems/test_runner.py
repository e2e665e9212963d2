"""Sandbox of an execution: no network, home or secret, limited memory and time; failures become French sentences."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems import child_process, registry
from beffroi.systems.contract import TRAINING_SHARE
from beffroi.systems.footprint import LINES
from beffroi.systems.runner import Limits, SystemFailed, execute, make_sample
from systems import graded
from systems.third_party import MANIFEST, distribution

NUMBERS = {"numbers": pa.table({"value": [1.0, 2.0, 3.0]})}


@pytest.fixture
def run_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Run this body as the system `probe` and return the text of its answer."""
    count = iter(range(100))

    def run(body: str, path: str = "", limits: Limits = Limits(), **options: object) -> str:  # noqa: B008
        name = f"probe{next(count)}"
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.syspath_prepend(distribution(folder, name, body))
        done = execute(name, "run", NUMBERS, {"path": path}, limits=limits, **options)  # type: ignore[arg-type]
        assert done.outcome is not None
        assert done.isolation == "complète"
        return str(done.outcome.table["answer"][0])

    return run


READ = """
try:
    return answer(open(settings["path"]).read())
except OSError as error:
    return answer(type(error).__name__)
"""


def test_a_secret_file_of_the_host_cannot_be_read(run_body, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    secret = tmp_path / "secret.key"
    secret.write_text("le secret")
    assert run_body(READ, str(secret)) == "FileNotFoundError"
    assert run_body(READ, "/etc/passwd") == "FileNotFoundError"


def test_a_home_next_to_the_code_is_hidden_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = distribution(tmp_path, "beside", READ)
    (folder / "home").mkdir()
    (folder / "home" / "secret.key").write_text("le secret")
    (folder / "other.txt").write_text("lisible")
    monkeypatch.syspath_prepend(folder)
    assert registry.get("beside").code_root == folder
    secret = {"path": str(folder / "home" / "secret.key")}
    readable = execute("beside", "run", NUMBERS, {"path": str(folder / "other.txt")}, home=folder / "home")
    hidden = execute("beside", "run", NUMBERS, secret, home=folder / "home")
    assert readable.outcome is not None and readable.outcome.table["answer"][0].as_py() == "lisible"
    assert hidden.outcome is not None and hidden.outcome.table["answer"][0].as_py() == "FileNotFoundError"


@pytest.mark.requirement("R84")
def test_the_environment_has_no_secret(run_body, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("BEFFROI_SECRET", "le secret")
    names = run_body('import os\nreturn answer(" ".join(sorted(os.environ)))')
    assert names == "HOME LANG OMP_NUM_THREADS OPENBLAS_NUM_THREADS PATH TMPDIR"


@pytest.mark.requirement("R84")
def test_no_socket_reaches_even_this_machine(run_body) -> None:  # type: ignore[no-untyped-def]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = run_body(
            f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {port}), 3)
                return answer("joint")
            except OSError as error:
                return answer("injoignable")
            """
        )
    assert answer == "injoignable"


def test_it_can_neither_see_nor_stop_another_process(run_body) -> None:  # type: ignore[no-untyped-def]
    answer = run_body(
        f"""
        import os
        try:
            os.kill({os.getpid()}, 0)
            return answer("vu")
        except OSError as error:
            return answer(type(error).__name__)
        """
    )
    assert answer == "ProcessLookupError"


def test_the_code_cannot_be_written(run_body) -> None:  # type: ignore[no-untyped-def]
    assert (
        run_body(
            """
        try:
            open(__file__, "a").write("# changed")
            return answer("écrit")
        except OSError as error:
            return answer("refusé")
        """
        )
        == "refusé"
    )


def test_no_privilege_is_left_to_mount_anything(run_body) -> None:  # type: ignore[no-untyped-def]
    assert (
        run_body(
            """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        done = libc.mount(b"tmpfs", os.getcwd().encode(), b"tmpfs", 0, None)
        return answer(done)
        """
        )
        == "-1"
    )


def _failure(run_body, body: str, **options: object) -> SystemFailed:  # type: ignore[no-untyped-def]
    with pytest.raises(SystemFailed) as caught:
        run_body(body, **options)
    assert "Traceback" not in str(caught.value)
    return caught.value


def test_too_much_memory_is_stopped_and_reported(run_body) -> None:  # type: ignore[no-untyped-def]
    failure = _failure(
        run_body, "return answer(len(bytearray(3_000_000_000)))", limits=Limits(memory_mb=1500)
    )
    assert failure.kind == "limite"
    assert "1500 Mo de mémoire" in str(failure)


_CHILDREN = """
import os, time
for n in range({count}):
    if not os.fork():
        kept = bytearray({size})
        kept[::4096] = b"x" * len(kept[::4096])
        {work}
        os._exit(0)
time.sleep({seconds})
return answer(1)
"""


def test_the_memory_of_all_that_it_starts_is_limited_together(run_body) -> None:  # type: ignore[no-untyped-def]
    body = _CHILDREN.format(count=12, size=100_000_000, work="time.sleep(60)", seconds=60)
    failure = _failure(run_body, body, limits=Limits(memory_mb=800, wall_seconds=50))
    assert failure.kind == "limite" and "800 Mo de mémoire" in str(failure)
    assert failure.footprint is not None and failure.footprint.memory_mb > 800


def test_too_many_processes_are_stopped_and_reported(run_body) -> None:  # type: ignore[no-untyped-def]
    body = _CHILDREN.format(count=100, size=1, work="time.sleep(60)", seconds=60)
    failure = _failure(run_body, body, limits=Limits(wall_seconds=50))
    assert failure.kind == "limite" and "trop de processus" in str(failure)


def test_the_footprint_counts_what_a_system_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = _CHILDREN.format(count=2, size=150_000_000, work="time.sleep(1)", seconds=1.2)
    monkeypatch.syspath_prepend(distribution(tmp_path, "averages", body))
    assert execute("averages", "run", NUMBERS).footprint.memory_mb > 300


def test_an_endless_wait_is_stopped_and_reported(run_body) -> None:  # type: ignore[no-untyped-def]
    body = "import time\nheld = bytearray(300_000_000)\ntime.sleep(600)"
    failure = _failure(run_body, body, limits=Limits(wall_seconds=3))
    assert failure.kind == "limite"
    assert failure.footprint is not None and failure.footprint.memory_mb > 300  # its peak is still reported
    assert "au bout de 3 secondes" in str(failure)


def test_an_endless_computation_is_stopped_and_reported(run_body) -> None:  # type: ignore[no-untyped-def]
    failure = _failure(run_body, "while True: pass", limits=Limits(cpu_seconds=2, wall_seconds=60))
    assert failure.kind == "limite"
    assert "2 secondes de processeur" in str(failure)


def test_when_the_house_is_killed_its_calculations_stop(tmp_path: Path) -> None:
    folder = distribution(
        tmp_path, "waiting", "print('{\"progress\": 0}', flush=True)\nimport time\ntime.sleep(300)"
    )
    program = (
        f"import sys; sys.path[:0] = {[*sys.path, str(folder)]!r}\n"
        "import pyarrow as pa\nfrom beffroi.systems.runner import execute\n"
        "execute('waiting', 'run', {'numbers': pa.table({'value': [1.0]})}, "
        "on_progress=lambda *_: print('started', flush=True))"
    )
    house = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert house.stdout is not None
    assert house.stdout.readline() == b"started\n"

    def children() -> list[int]:
        found = []
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"{tmp_path}/beffroi-run-".encode() in line.read_bytes():
                    found.append(int(line.parent.name))
        return found

    assert len(children()) == 2  # the one that waits and the one that works
    house.kill()
    house.wait()
    house.stdout.close()
    deadline = time.monotonic() + 60
    while children() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert children() == []


def test_bad_input_is_reported_with_the_message_of_the_system(run_body) -> None:  # type: ignore[no-untyped-def]
    failure = _failure(run_body, 'raise BadInput("La colonne est vide : ajoutez des lignes.")')
    assert failure.kind == "données"
    assert str(failure).startswith("La colonne est vide : ajoutez des lignes. Rien n’a été enregistré")


def test_a_programming_error_is_reported_without_the_stack_trace_which_goes_to_the_operator(run_body) -> None:  # type: ignore[no-untyped-def]
    failure = _failure(run_body, "return 1 / 0")
    assert failure.kind == "panne"
    assert "ZeroDivisionError" in failure.detail
    assert failure.footprint is not None and failure.footprint.cpu.value > 0


def test_a_library_that_is_not_installed_is_named(run_body) -> None:  # type: ignore[no-untyped-def]
    failure = _failure(run_body, "import no_such_library.part")
    assert failure.kind == "panne" and "« no_such_library »" in str(failure)
    assert "no_such_library" in failure.detail


@pytest.mark.parametrize(
    "body",
    [
        'return "une phrase"',
        'return Outcome(pa.table({"a": [1]}), (ProposedAct("a", float("nan"), "u", 0, 1, ("r",), {"e": 1}),))',
        'return Outcome(pa.table({"a": [1]}), (ProposedAct("a", 1.0, "u", 0, 1, ("r",), {"e": object()}),))',
        """
        import os
        os.symlink("/etc/passwd", "../out/reply.json")
        os._exit(0)
        """,
        "import os\nos._exit(3)",
    ],
)
def test_an_answer_outside_the_contract_is_refused(run_body, body: str) -> None:  # type: ignore[no-untyped-def]
    assert _failure(run_body, body).kind in {"réponse", "panne"}


def test_a_host_that_cannot_isolate_refuses_unless_partial_isolation_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real child, on a host whose kernel answers « not permitted » to the first call.
    monkeypatch.syspath_prepend(distribution(tmp_path, "averages", "return answer(1)"))
    monkeypatch.setattr(child_process, "_PROGRAM", tmp_path / "child.py")
    source = (Path(child_process.__file__).parent / "child.py").read_text(encoding="utf-8")
    (tmp_path / "child.py").write_text(
        source.replace("os.unshare(", "raise OSError(1, 'denied')\n        os.unshare(", 1), encoding="utf-8"
    )
    with pytest.raises(SystemFailed, match="ne sait pas l’isoler") as caught:
        execute("averages", "run", NUMBERS)
    assert caught.value.kind == "isolement"
    assert execute("averages", "run", NUMBERS, allow_partial=True).isolation.startswith("partielle : ")


def test_progress_reaches_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'print("bavardage")\nprint(\'{"progress": 0.5, "message": "à mi-chemin"}\', flush=True)\nreturn answer(1)'
    monkeypatch.syspath_prepend(distribution(tmp_path, "slowly", body))
    heard: list[tuple[float | None, str]] = []
    execute("slowly", "run", NUMBERS, on_progress=lambda share, message: heard.append((share, message)))
    assert heard == [(0.5, "à mi-chemin")]


def test_undeclared_columns_and_tables_never_reach_a_system(run_body) -> None:  # type: ignore[no-untyped-def]
    NUMBERS["numbers"] = (
        NUMBERS["numbers"].select(["value"]).append_column("secret", pa.array(["a", "b", "c"]))
    )
    NUMBERS["other"] = pa.table({"secret": [1]})
    try:
        assert (
            run_body('return answer((sorted(tables), tables["numbers"].column_names))')
            == "(['numbers'], ['value'])"
        )
    finally:
        NUMBERS.pop("other")
        NUMBERS["numbers"] = NUMBERS["numbers"].select(["value"])


def test_an_unknown_setting_is_refused_with_those_that_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(distribution(tmp_path, "averages", "return answer(1)"))
    with pytest.raises(
        SystemFailed, match=r"Le réglage « speed » n’existe pas\. Réglages de ce système : path"
    ):
        execute("averages", "run", NUMBERS, {"speed": 3})


SETTINGS = """
[settings]
budget = 100
horizon = 14
trucks = 2
[settings_help.horizon]
label = "Horizon"
help = "En jours."
whole = true
[settings_help.trucks]
label = "Camions"
help = "Combien roulent."
bounds_from_data = true
"""
BOUNDED = MANIFEST.replace('[settings]\npath = ""\n', SETTINGS)
TRUCKS = """
return answer(settings["budget"])

def setting_bounds(tables):
    return {"trucks": (1, tables["numbers"].num_rows)}
"""


def _bounded(folder: Path, body: str) -> Path:
    """A system with this `run`, whose further functions follow it."""
    made = distribution(folder, "bounded", "return answer(1)", manifest=BOUNDED)
    path = made / "bounded_package" / "system" / "__init__.py"
    run, _, more = body.partition("\n\n")
    path.write_text(path.read_text("utf-8").replace("return answer(1)", run.strip()) + "\n\n" + more, "utf-8")
    return made


def test_a_whole_default_accepts_decimals_unless_the_manifest_says_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(_bounded(tmp_path, TRUCKS))
    done = execute("bounded", "run", NUMBERS, {"budget": 99.5})
    assert done.outcome is not None and done.outcome.table["answer"][0].as_py() == "99.5"
    for settings in ({"horizon": 14.5}, {"budget": True}, {"budget": "cent"}):
        with pytest.raises(SystemFailed, match="n’est pas du type attendu"):
            execute("bounded", "run", NUMBERS, settings)


def test_a_bound_that_the_data_give_is_requested_from_the_system_in_the_same_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(_bounded(tmp_path, TRUCKS))
    for verb in ("run", "backtest"):
        assert execute("bounded", verb, NUMBERS).setting_bounds == {"trucks": (1.0, 3.0)}
    with pytest.raises(SystemFailed) as refused:
        execute("bounded", "run", NUMBERS, {"trucks": 4})
    assert str(refused.value).startswith("« Camions » vaut 4 : choisissez entre 1 et 3 d’après vos données.")
    assert (refused.value.kind, refused.value.setting_bounds) == ("données", {"trucks": (1.0, 3.0)})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return answer(1)", "n’a pas de fonction « setting_bounds »"),
        (TRUCKS.replace("(1, ", "("), "un couple"),
        (TRUCKS.replace('"trucks"', '"cars"'), "un couple"),
    ],
)
def test_bounds_off_the_contract_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, message: str
) -> None:
    monkeypatch.syspath_prepend(_bounded(tmp_path, body))
    with pytest.raises(SystemFailed, match=message) as failed:
        execute("bounded", "run", NUMBERS)
    assert failed.value.kind == "réponse"


def test_every_figure_of_the_footprint_states_how_it_was_obtained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(distribution(tmp_path, "averages", "return answer(sum(range(10_000_000)))"))
    figures = execute("averages", "run", NUMBERS).footprint.to_dict()
    assert set(figures) == set(LINES)
    for name, figure in figures.items():
        assert figure["how"] in {"mesuré", "estimé"}
        assert figure["source"] and figure["unit"]
        assert figure["value"] > 0 or name == "transfer"
        if figure["how"] == "estimé":
            assert 0 < figure["low"] <= figure["value"] <= figure["high"]
    # The closed process has no network: this zero is measured, and says so.
    assert figures["transfer"]["value"] == 0 and figures["transfer"]["how"] == "mesuré"
    assert figures["storage"]["value"] > 100
    assert "réseau français 2023" in figures["co2"]["source"]
    ratio = figures["co2"]["value"] / figures["energy"]["value"]
    assert ratio == pytest.approx(0.056, abs=0.001)  # grams a watt-hour


def test_the_memory_of_the_house_is_not_counted_with_that_of_a_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(
        distribution(tmp_path, "averages", "return answer(len(bytearray(80_000_000)))")
    )
    house = b"x" * 700_000_000
    taken = execute("averages", "run", NUMBERS).footprint.memory_mb
    assert 120 < taken < len(house) / 2**20 < resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_where_isolation_is_partial_the_transfer_is_unknown_and_not_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(distribution(tmp_path, "averages", "return answer(1)"))
    monkeypatch.setattr(child_process, "_PROGRAM", tmp_path / "child.py")
    source = (Path(child_process.__file__).parent / "child.py").read_text(encoding="utf-8")
    (tmp_path / "child.py").write_text(
        source.replace("os.unshare(", "raise OSError(1, 'denied')\n        os.unshare(", 1), encoding="utf-8"
    )
    transfer = execute("averages", "run", NUMBERS, allow_partial=True).footprint.transfer
    assert transfer.value is None and transfer.how == "inconnu"


def test_the_training_share_is_passed_only_to_systems_that_declare_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(graded.install(tmp_path))
    tables = make_sample("careful")
    assert execute("careful", "backtest", tables).settings == {}
    assert execute("careful", "backtest", tables, {TRAINING_SHARE: 0.5}).settings == {TRAINING_SHARE: 0.5}
    monkeypatch.syspath_prepend(distribution(tmp_path / "other", "averages", "return answer(1)"))
    with pytest.raises(SystemFailed, match="« training_share » n’existe pas"):
        execute("averages", "backtest", NUMBERS, {TRAINING_SHARE: 0.5})
    with pytest.raises(SystemFailed, match="« training_share » n’existe pas"):
        execute("careful", "run", tables, {TRAINING_SHARE: 0.5})
