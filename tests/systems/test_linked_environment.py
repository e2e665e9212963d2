"""Virtual environment behind a symbolic link: the sandboxed process still finds its libraries."""

import os
import subprocess
import sys
from pathlib import Path

from commands import ROOT
from systems.third_party import distribution


def test_a_system_runs_from_an_environment_reached_by_a_symbolic_link(tmp_path: Path) -> None:
    """A process of its own: `sys.prefix` is chosen when Python starts."""
    link = tmp_path / "environment"
    link.symlink_to(sys.prefix)
    code = distribution(tmp_path / "code", "linked", 'return answer(len(tables["numbers"]))')
    done = subprocess.run(
        [
            link / "bin" / "python",
            "-c",
            "import pyarrow as pa; from beffroi.systems.runner import execute;"
            'print(execute("linked", "run", {"numbers": pa.table({"value": [1.0]})}).outcome.table["answer"][0])',
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{code}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr
