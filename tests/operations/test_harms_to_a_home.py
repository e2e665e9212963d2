"""Whatever harms a home is named by its doctor, with what to do about it, and nothing sends to a restore that is not needed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import harming
import pytest
import trial_home
from harms import HARMS, Harm

from commands import environment
from rings import LONG

QUICK = (
    "a data file's row deleted",
    "inlined rows deleted",
    "yesterday's database, marks and roots",
    "a delivery's row deleted",
    "a person's row deleted",
    "a rule dropped",
    "write.lock is a folder",
    "incoming is a link",
)
TESTS = Path(__file__).resolve().parents[1]
BARE = [harm for harm in HARMS if harm.is_bare]
OTHERS = [harm for harm in HARMS if harm not in BARE]
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 and LONG, reason="other accounts and mounts are root's to make"
)


def doctor_of(folder: Path, harms: list[Harm], *before: str, **more: str) -> dict[str, tuple[int, str]]:
    """What it says of each, in one process."""
    work, answers = folder / "place", folder / "answers.json"
    work.mkdir(mode=0o755)
    command = [
        sys.executable,
        harming.__file__,
        str(trial_home.made()),
        str(work),
        str(answers),
        *(harm.name for harm in harms),
    ]
    path = os.pathsep.join([environment()["PYTHONPATH"], str(TESTS / "operations")])
    done = subprocess.run(
        [*before, *command],
        env=environment(**more) | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: (code, text) for name, (code, text) in json.loads(answers.read_text()).items()}


def faults_of(harm: Harm, code: int, text: str) -> list[str]:
    """What the doctor said wrongly, or not at all."""
    flat = " ".join(text.split())
    found = []
    if "Traceback" in flat:
        found.append("it crashed")
    if not re.search(harm.named, flat):
        found.append("not named")
    if not re.search(harm.told, flat):
        found.append("nothing to do is said")
    if harm.never and re.search(harm.never, flat):
        found.append("wrong advice")
    if harm.loses and not code:
        found.append("lost in silence")
    return found


def test_a_harmed_home_is_named_with_what_to_do(tmp_path: Path):
    harms = BARE if LONG else [harm for harm in HARMS if harm.name in QUICK]
    said = doctor_of(tmp_path, harms)
    wrong = {
        harm.name: (faults, said[harm.name][1][-1500:])
        for harm in harms
        if (faults := faults_of(harm, *said[harm.name]))
    }
    assert wrong == {}


@pytest.mark.long
@pytest.mark.parametrize("harm", OTHERS, ids=[harm.name for harm in OTHERS])
def test_what_the_machine_or_the_settings_do_to_a_home_is_named_with_what_to_do(tmp_path: Path, harm: Harm):
    for path in (tmp_path, *tmp_path.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(0o755)  # another account goes through
    before = ()
    if harm.mounted:
        mount = f'mount -t tmpfs -o {harm.mounted} tmpfs "{tmp_path}/place" && exec "$@"'
        before = ("unshare", "--mount", "sh", "-c", mount, "sh")
        harm_environment = {"BEFFROI_RESERVE": "0"}
    else:
        harm_environment = harm.environment
    said = doctor_of(tmp_path, [harm], *before, **harm_environment)
    assert faults_of(harm, *said[harm.name]) == [], said[harm.name][1][-2000:]


@pytest.mark.long
def test_there_are_sixty_harms_and_more():
    assert len({harm.name for harm in HARMS}) == len(HARMS) >= 60
