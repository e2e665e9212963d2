"""The ordeal of a served instance, for longer than in the tests: `python -m benchmarks.ordeal --rounds 5`."""

import argparse
import shutil
import tempfile
from pathlib import Path

from support.ordeal import undergo
from support.served import prepare


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ordeal")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="beffroi-ordeal-"))
    try:
        undergo(prepare(folder / "home", towns=2, proposals=400 * args.rounds), rounds=args.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
