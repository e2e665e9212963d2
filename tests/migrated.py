"""A SQLite database with every table, made as `init` makes it and kept by the hash of what they are made of.

The tests' own database and the homes of `blank.py` are copies of it.
"""

import fcntl
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from beffroi.home import Home
from commands import python

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".pytest_cache" / "migrated"
_WEB = ROOT / "src/beffroi/web"
# What the migrations are made of, besides themselves: the rules that they give to the database, the libraries' own tables.
_BESIDE = (
    _WEB / "platform/triggers.py",
    _WEB / "decisions/words.py",
    _WEB / "operations/schema_snapshot.json",
    ROOT / "requirements/dev.txt",
)
_PREPARE = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
home.create(demo=False)
setup_django(home)
from beffroi.web.operations.upgrade import prepare
prepare(home)
"""


def database() -> Path:
    """The file to copy, made now if what it is made of has changed."""
    digest = hashlib.sha256()
    for path in (*sorted(_WEB.glob("*/migrations/**/*.py")), *_BESIDE):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    made = FOLDER / f"{digest.hexdigest()[:32]}.sqlite3"
    if made.is_file():
        return made
    FOLDER.mkdir(parents=True, exist_ok=True)
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker makes it, the others wait
        if not made.is_file():
            with TemporaryDirectory(dir=FOLDER) as folder:
                home = Home(Path(folder) / "home")
                done = python(_PREPARE, home.path)
                assert done.returncode == 0, done.stderr
                home.database.replace(made)  # whole or not at all
    return made
