"""Benchmark of a hosting file: a syndicate adds its communes by `beffroi apply`, then applies the same file again.

`python -m benchmarks.hosting_file [--territories 200] [--profile]` makes a home, runs the real commands on it and prints Markdown:
CPU seconds of each (user and system, start of the interpreter included), changes, size of the file.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from beffroi.lake.reference import communes_of, find_place
from beffroi.text import format_number

ROOT = Path(__file__).resolve().parent.parent
HEAD = """version: 1
host: {name: Syndicat de Mesure, siren: "254401839", contact: aide@syndicat.example}
defaults:
  quota: 20
  hosting: {role: processor, reference: 2026-41, signed_on: 2026-03-01, signatory: La présidente}
territories:
"""
TOWN = """  - place: "{code}"
    members:
      - {{email: mairie@c{code}.example, name: Secrétaire de mairie, as: tout}}
      - {{email: maire@c{code}.example, name: Maire, as: décider, legal_act: PV d'élection, legal_act_date: 2026-03-22}}
      - {{email: stagiaire@c{code}.example, name: Stagiaire, as: lire, until: 2030-06-30}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hosting_file")
    parser.add_argument("--territories", type=int, default=200)
    parser.add_argument("--profile", type=Path, help="write there the profile of the first run (cProfile)")
    args = parser.parse_args()
    communes = communes_of(find_place("29")) + communes_of(find_place("35"))
    with tempfile.TemporaryDirectory(prefix="beffroi-hosting-") as made:
        folder = Path(made)
        file = folder / "hosting.yaml"
        file.write_text(
            HEAD + "".join(TOWN.format(code=each.code) for each in communes[: args.territories]), "utf-8"
        )
        options = ("--home", str(folder / "home"))
        hand = ("--by-hand", "Syndicat de Mesure", "--kind", "SMF", "--siren", "254401839")
        _run("init", *hand, "--email", "technicien@syndicat.example", *options)
        print("| command | changes | CPU s | exit |\n|---|---:|---:|---:|")
        for name, *more in (
            ("apply", "--yes", "--links", str(folder / "links")),
            ("apply again", "--yes"),
            ("apply --check", "--check"),
        ):
            profile = args.profile if name == "apply" else None
            cpu, code, output = _run("apply", str(file), "--json", *more, *options, profile=profile)
            print(
                f"| {name} | {json.loads(output)['changes']} | {format_number(cpu, '.1f')} | {code} |",
                flush=True,
            )
        print(f"\n{args.territories} territories, {file.stat().st_size} bytes of YAML.")


def _run(*arguments: str, profile: Path | None = None) -> tuple[float, int, str]:
    """A command in a process of its own: CPU seconds, exit code, standard output."""
    start = ["-m", "cProfile", "-o", str(profile), "-m"] if profile else ["-m"]
    before = os.times()
    done = subprocess.run(
        [sys.executable, *start, "beffroi.cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if arguments[0] == "apply" else None,
        text=True,
        check=arguments[0] != "apply",
    )
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return cpu, done.returncode, done.stdout


if __name__ == "__main__":
    main()
