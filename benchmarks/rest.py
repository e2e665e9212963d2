"""Benchmark of an instance at rest: `python -m benchmarks.rest --home HOME [--seconds 60] [--rounds 1]`.

In: the home of a demonstration, which it serves by `beffroi serve`. Three pages are opened, two signed in; then nothing happens for a
while. Out: a Markdown table: for each process, its memory (PSS) and the CPU that an hour of quiet would take; and the memory of all
where no other program of the machine shares their libraries, as PSS supposes when one does.
"""

import argparse
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

from benchmarks.many import cpu_of, descendants, memory_of
from support.load import come_in
from support.served import Instance

MEMBER = "steward@demonstration.example"


def name_of(pid: int) -> str:
    """What the process is, short."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    comm = Path(f"/proc/{pid}/comm").read_text().strip()
    return comm if comm.startswith("beffroi") else " ".join(words[2:4])[:40]


def memory_alone(pids: list[int]) -> float:
    """MB of these processes together: what is theirs, and each part of a file that one of them has in memory, once."""
    own, files, part, resident = 0, dict[str, int](), "", 0
    for pid in pids:
        with suppress(OSError):  # ended, and not reaped yet
            for name in ("smaps_rollup", "smaps"):
                for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
                    first, *words = line.split()
                    if first == "Pss_Anon:":  # of the whole process
                        own += int(words[0])
                    elif name == "smaps_rollup":
                        continue
                    elif "-" in first:
                        part = " ".join(words[1:])  # offset, device, inode, path
                    elif first == "Rss:":
                        resident = int(words[0])
                    elif first == "Anonymous:" and (shared := resident - int(words[0])):
                        files[part] = max(files.get(part, 0), shared)
    return (own + sum(files.values())) / 1024


def measure(home: Path, seconds: float, settle: float) -> tuple[list[tuple[str, float, float]], float]:
    """Name, MB of PSS and CPU seconds an hour of each process, in the order of their starting; MB of all."""
    instance = Instance(home, [])
    begin = time.monotonic()
    try:
        instance.start()
        ready = time.monotonic() - begin
        server = instance.server.pid if instance.server else 0
        session = come_in(instance.link(MEMBER))
        (slug,) = {path.name for path in (home / "territories").iterdir()}
        first_pages = []
        for path in ("/", f"/t/{slug}/", f"/t/{slug}/donnees/"):
            before, start = cpu_of(descendants(server)), time.monotonic()
            status, _ = session.get(path)
            assert status in (200, 302), (path, status)
            first_pages.append(
                f"{path} {time.monotonic() - start:.2f} s, {cpu_of(descendants(server)) - before:.2f} CPU s"
            )
        print(
            f"<!-- ready in {ready:.1f} s, {cpu_of(descendants(server)):.1f} CPU s; first pages: {'; '.join(first_pages)} -->"
        )
        time.sleep(settle)
        before = {pid: cpu_of([pid]) for pid in descendants(server)}
        time.sleep(seconds)
        processes = descendants(server)
        return [
            (name_of(pid), memory_of([pid]), (cpu_of([pid]) - before.get(pid, 0.0)) * 3600 / seconds)
            for pid in processes
        ], memory_alone(processes)
    finally:
        instance.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rest")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=20.0, help="seconds before the quiet is measured")
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    totals = []
    for _ in range(args.rounds):
        lines, alone = measure(args.home, args.seconds, args.settle)
        totals.append((sum(line[1] for line in lines), sum(line[2] for line in lines)))
        print("| process | PSS (MB) | CPU an hour (s) |\n| --- | ---: | ---: |")
        for name, memory, cpu in lines:
            print(f"| {name} | {memory:.0f} | {cpu:.0f} |")
        print(
            f"| all | {totals[-1][0]:.0f} | {totals[-1][1]:.0f} |\n| all, alone on the machine | {alone:.0f} | |",
            flush=True,
        )
    if args.rounds > 1:
        memory, cpu = (median(values) for values in zip(*totals, strict=True))
        print(f"\nmedians: {memory:.0f} MB, {cpu:.0f} CPU s an hour")


if __name__ == "__main__":
    main()
