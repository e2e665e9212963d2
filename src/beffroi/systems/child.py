"""Program of the child process: enters its sandbox, then imports the system, calls the verb and writes the answer.

Started by path with `python -I`, an empty environment, a private folder and a descriptor as its arguments: `job.json` and
`in/*.arrow` come in; `out/reply.json` and `out/table.arrow` go out, and on the descriptor the peak memory of the system and all
that it started, in KiB, then the reason where they were ended. Only the standard library is used until the
sandbox is closed.

With « serve » in its job it is a fork server: it imports the system once, then forks a process for each folder of a job
that a line of its standard input names, and writes a line of what that process cost.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC = 1, 2, 4, 32, 4096, 16384
_MS_PRIVATE = 1 << 18
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP = 1, 38, 24
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
_CAPSET = {"x86_64": 126, "aarch64": 91, "riscv64": 91, "ppc64le": 184, "s390x": 185}
# What a Python program reads outside its own code: shared libraries, time zones, the cache of the linker.
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/lib32",
    "/bin",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
    "/dev/zero",
)

_libc = ctypes.CDLL(None, use_errno=True)


def main(folder: Path, peak: int) -> int:
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    # Platform code only: no code of a system is imported before the sandbox is closed.
    sys.path.insert(0, job["code"][0])
    from beffroi.lake.processes import Limits, set_limits
    from beffroi.systems.import_layers import visible_folders
    from beffroi.systems.process_tree import enforce_limits

    set_limits(Limits(**job["limits"]))
    bound = (*_SYSTEM, *_environment())
    job["readable"] = [*bound, *job["code"], *visible_folders(chain(*job["layers"]), bound)]
    uid, gid = os.geteuid(), os.getegid()  # asked first: inside the new user space they read « nobody »
    try:
        os.unshare(
            os.CLONE_NEWUSER
            | os.CLONE_NEWNET
            | os.CLONE_NEWNS
            | os.CLONE_NEWIPC
            | os.CLONE_NEWPID
            | os.CLONE_NEWUTS
        )
        _map_user(uid, gid)
        missing = ""
    except OSError as error:
        missing = f"les espaces de noms du noyau sont refusés, {os.strerror(error.errno or 0)}"
    return _fork(folder, job, missing, peak, enforce_limits)


def _fork(
    folder: Path, job: dict[str, Any], missing: str, peak: int, enforce_limits: Callable[..., tuple[int, str]]
) -> int:
    """The worker is the first process of its own space of processes: it can neither see nor stop any other.

    `enforce_limits`: imported before the fork, for the worker closes the file system of both.
    """
    # Set after the new user space, which clears it: if the house stops, its calculations stop with it.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    worker = os.fork()
    if worker:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGKILL))
        os.close(1)  # so that the parent sees the end of the worker's lines
        together, reason = enforce_limits(worker, proc, job["limits"], measure_peak=not job.get("serve"))
        _, status, usage = os.wait4(worker, 0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # Of the worker and its own: what this process took at most also counts the house, in which it began.
        os.write(peak, f"{max(usage.ru_maxrss, together)} {reason}".encode())
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code
    os.close(peak)
    os.close(proc)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if not missing:
        try:
            _shut_in(folder, job)
        except OSError as error:
            missing = f"le système de fichiers n’a pas pu être fermé, {os.strerror(error.errno or 0)}"
    _renounce()
    isolation = f"partielle : {missing}" if missing else "complète"
    sys.stdout.write(json.dumps({"isolation": isolation}) + "\n")
    sys.stdout.flush()
    if missing and not job["allow_partial"]:
        _reply(folder, {"status": "isolation", "message": missing})
        os._exit(0)
    os._exit(_serve(folder, job) if job.get("serve") else _work(folder, job))


def _serve(folder: Path, job: dict[str, Any]) -> int:
    import importlib

    _find_code(job)
    # What cannot be imported fails again, with its reason, in the process of each job. Pyarrow imports pandas at its first
    # conversion of Python values: done here, each job is spared it.
    for name in (
        "pyarrow.compute",
        "pandas",
        "pyarrow.pandas_compat",
        "beffroi.systems.settings",
        job["module"],
    ):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for line in sys.stdin:
        work = folder / line.strip()
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            _work_apart(work)
        _, status, usage = os.wait4(pid, 0)
        _end_what_is_left()
        spent = {"cpu_s": usage.ru_utime + usage.ru_stime, "peak_kib": usage.ru_maxrss}
        code = os.waitstatus_to_exitcode(status)
        sys.stdout.write(json.dumps({"ended": work.name, "code": code, **spent}) + "\n")
        sys.stdout.flush()
    return 0


def _work_apart(work: Path) -> None:
    """One job in the forked process, which has neither the lines of the server nor its temporary folder."""
    code = 1
    try:
        os.setpgid(0, 0)
        nothing = os.open("/dev/null", os.O_RDWR)
        errors = os.open(work / "stderr", os.O_WRONLY | os.O_CREAT)
        for source, descriptor in ((nothing, 0), (nothing, 1), (errors, 2)):
            os.dup2(source, descriptor)
        os.environ["HOME"] = os.environ["TMPDIR"] = str(work / "tmp")
        os.chdir(work / "tmp")
        code = _work(work, json.loads((work / "job.json").read_text(encoding="utf-8")))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _end_what_is_left() -> None:
    """Kill what the ended job started, here where the server is the first process of its own space."""
    with contextlib.suppress(OSError):
        if os.getpid() == 1:
            os.kill(-1, signal.SIGKILL)
        while True:
            os.waitpid(-1, 0)


def _map_user(uid: int, gid: int) -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _environment() -> list[str]:
    """An environment may be reached by a symbolic link: the link is made again inside, and what it leads to is bound."""
    prefixes = [sys.prefix, sys.base_prefix, sys.exec_prefix]
    return [*prefixes, *(str(Path(prefix).resolve()) for prefix in prefixes)]


def _shut_in(folder: Path, job: dict[str, Any]) -> None:
    """Build an empty root, bind into it the code read-only and the private folder, and make it the only root."""
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    # The private folder becomes the mount point; its own content is bound back at the same path inside.
    root = folder / "root"
    root.mkdir()
    _mount("tmpfs", str(root), "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
    # From the outside in: a home hidden next to the code stays hidden, code inside a home stays readable.
    paths = {Path(entry) for entry in (*job["readable"], *job["hidden"])}
    for path in sorted(paths, key=lambda p: len(p.parts)):
        if str(path) in job["hidden"]:
            inside = root / str(path).lstrip("/")
            if inside.exists():
                _mount("tmpfs", str(inside), "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
        else:
            _bind(path, root, writable=path.is_char_device())
    _bind(
        folder, root, writable=True, nested=False
    )  # the new root is inside it: its own mount must not follow
    old = root / "old"
    old.mkdir()
    if _libc.syscall(_PIVOT_ROOT[os.uname().machine], os.fsencode(root), os.fsencode(old)):
        _raise()
    os.chdir("/")
    if _libc.umount2(b"/old", _MNT_DETACH):
        _raise()
    Path("/old").rmdir()
    os.chdir(folder / "tmp")


def _bind(path: Path, root: Path, *, writable: bool, nested: bool = True) -> None:
    inside = root / str(path).lstrip("/")
    if path.is_symlink():  # /lib → usr/lib
        inside.parent.mkdir(parents=True, exist_ok=True)
        if not inside.exists() and not inside.is_symlink():
            inside.symlink_to(path.resolve())
        return
    if not path.exists():
        return
    if path.is_dir():
        inside.mkdir(parents=True, exist_ok=True)
    elif not inside.exists():
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.touch()
    _mount(str(path), str(inside), None, _MS_BIND | (_MS_REC if nested else 0))
    if not writable:
        # Flags that the host locked (nosuid, nodev…) must be kept for the change to be accepted.
        locked = os.statvfs(path).f_flag & (_MS_NOSUID | _MS_NODEV | 8 | 1024 | 2048)
        _mount("none", str(inside), None, _MS_BIND | _MS_REMOUNT | _MS_RDONLY | locked)


def _renounce() -> None:
    """No new privilege by any program, and none left of those that the new user space gave."""
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for capability in range(64):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    number = _CAPSET.get(os.uname().machine)
    if number is not None:
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        _libc.syscall(number, ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    done = _libc.mount(
        source.encode(),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )
    if done:
        _raise()


def _raise() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))


def _reply(folder: Path, value: dict[str, Any]) -> None:
    (folder / "out" / "reply.json").write_text(json.dumps(value, allow_nan=False), encoding="utf-8")


def _find_code(job: dict[str, Any]) -> None:
    """Put the code on the import path, with the layers of the parent in their places around the standard library."""
    before, after = job["layers"]
    sys.path[:0] = [root for root in dict.fromkeys((*job["code"], *before)) if root not in sys.path]
    sys.path += [root for root in after if root not in sys.path]


def _work(folder: Path, job: dict[str, Any]) -> int:
    _find_code(job)
    try:
        reply = _call(folder, job)
    except MemoryError:
        reply = {"status": "memory"}
    except Exception as error:
        from beffroi.systems.contract import BadInput
        from beffroi.traces import traced

        if isinstance(error, BadInput):
            reply = {"status": "bad_input", "message": str(error)}
            if bounds := getattr(error, "bounds", None):
                reply["setting_bounds"] = bounds
        else:
            reply = {"status": "crash", "detail": traced(error)[-8000:]}
            if "bad allocation" in str(error) or "realloc" in str(error) or "malloc" in str(error):
                reply["status"] = "memory"
            elif isinstance(error, ModuleNotFoundError) and _is_foreign(error.name or "", job["module"]):
                reply |= {"status": "library", "message": error.name}
    try:
        _reply(folder, reply)
    except (ValueError, TypeError, RecursionError):
        _reply(
            folder,
            {
                "status": "invalid",
                "message": "une valeur qui n’est ni un texte, ni un nombre fini, ni une liste",
            },
        )
    sys.stdout.flush()
    return 0


def _is_foreign(name: str, module: str) -> bool:
    """Whether a module is of a library, not of the platform nor of the system's own package."""
    package = name.partition(".")[0]
    return bool(package) and package not in ("beffroi", module.partition(".")[0])


def _call(folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    import dataclasses
    import importlib

    import pyarrow as pa

    from beffroi.systems.contract import Outcome, Score
    from beffroi.systems.settings import SettingBounds, check_bounds, parse_bounds

    pa.set_cpu_count(1)
    module = importlib.import_module(job["module"])
    if job["verb"] == "make_sample":
        made = module.make_sample(job["seed"])
        for name, table in made.items():
            _write(pa, folder / "out" / f"{name}.arrow", table)
        return {"status": "ok", "tables": sorted(made)}
    tables = {}
    for name in job["tables"]:
        with pa.OSFile(str(folder / "in" / f"{name}.arrow"), "rb") as source:
            tables[name] = pa.ipc.open_file(source).read_all()
    bounds: SettingBounds | None = {}
    if job["bounded"]:
        if not hasattr(module, "setting_bounds"):
            return {"status": "invalid", "message": "le module n’a pas de fonction « setting_bounds »"}
        bounds = parse_bounds(module.setting_bounds(tables), job["bounded"])
        if bounds is None:
            return {
                "status": "invalid",
                "message": "« setting_bounds » doit rendre, par réglage dit borné par les données, un couple (au moins, au plus)",
            }
        check_bounds(job["settings"], bounds, job["bounded"])
    answer = getattr(module, job["verb"])(tables, job["settings"], job["seed"])
    if job["verb"] == "backtest":
        if not isinstance(answer, Score):
            return {"status": "invalid", "message": "« backtest » doit rendre un Score"}
        return {"status": "ok", "score": dataclasses.asdict(answer), "setting_bounds": bounds}
    if not isinstance(answer, Outcome):
        return {"status": "invalid", "message": "« run » doit rendre un Outcome"}
    _write(pa, folder / "out" / "table.arrow", answer.table)
    proposals = [
        dataclasses.asdict(proposal) | {"day": proposal.day.isoformat() if proposal.day else None}
        for proposal in answer.proposals
    ]
    drafts = [dataclasses.asdict(draft) for draft in answer.drafts]
    for place, table in enumerate(answer.layers.values()):
        _write(pa, folder / "out" / f"layer-{place}.arrow", table)
    return {
        "status": "ok",
        "proposals": proposals,
        "notes": list(answer.notes),
        "drafts": drafts,
        "layers": list(answer.layers),
        "figures": [dataclasses.asdict(figure) for figure in answer.figures],
        "summary": answer.summary,
        "setting_bounds": bounds,
    }


def _write(pa: Any, path: Path, table: Any) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
