"""`python harming.py FOLDER WORK ANSWERS NAME…`: what the doctor says of a home harmed in each of these ways, one after the other.

In: a folder with `home` and `earlier` (`trial_home`). Out: the file ANSWERS, exit code and text by name. Each harm is done to a new
copy in the folder WORK, in one process: a start for each would cost more than what is tried.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import harms


def main(folder: Path, work: Path, answers: Path, names: list[str]) -> None:
    home = work / "home"
    said = {}
    for name in names:
        harm = next(each for each in harms.HARMS if each.name == name)
        shutil.copytree(folder / "home", home, symlinks=True)
        if harm.as_service:
            for path in (home, *home.rglob("*")):
                os.chown(path, harms.SERVICE, harms.SERVICE)
        place = harms.Place(home, folder / "earlier")
        try:
            harm.do(place)
            said[name] = _as_service(home) if harm.as_service else doctor(home)
            answers.write_text(json.dumps(said))
        finally:
            for process in place.processes:
                process.kill()
                process.wait()
            for path in work.iterdir():
                if not harm.mounted:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _as_service(home: Path) -> tuple[int, str]:
    """In a child that is the service's account for good."""
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as stream:
            answer = stream.read()
        os.waitpid(child, 0)
        code, text = json.loads(answer)
        return code, text
    os.setgroups([])
    os.setgid(harms.SERVICE)
    os.setuid(harms.SERVICE)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(doctor(home)))
        stream.flush()
        os._exit(0)


def doctor(home: Path) -> tuple[int, str]:
    """As it is typed; a crash is said as one."""
    from click.testing import CliRunner
    from django.db import connection

    from beffroi.cli.main import beffroi
    from beffroi.home import HomeError

    connection.close()
    done = CliRunner().invoke(beffroi, ["doctor", "--full", "--home", str(home)])
    connection.close()
    if isinstance(done.exception, HomeError):  # as the command itself says it
        return 1, str(done.exception)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return 2, f"Traceback {type(done.exception).__name__}: {done.exception}\n{done.output}"
    return done.exit_code, done.output


if __name__ == "__main__":
    from beffroi.cli.common import setup_django
    from beffroi.home import Home

    main_folder, main_work, main_answers = map(Path, sys.argv[1:4])
    # The settings name this folder from now on; its key is read once.
    shutil.copytree(main_folder / "home", main_work / "home", symlinks=True)
    try:
        setup_django(Home(main_work / "home"))
    except Exception as error:
        main_answers.write_text(json.dumps({name: [1, str(error)] for name in sys.argv[4:]}))
        sys.exit()
    from django.db import connections

    connections.close_all()
    shutil.rmtree(main_work / "home")
    main(main_folder, main_work, main_answers, sys.argv[4:])
