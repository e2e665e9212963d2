"""`beffroi invite`: what it writes of a role is what the person may do, and for as long as was said."""

from pathlib import Path

from blank import founded
from commands import beffroi, python
from reference_data import require_reference

TOLD = """
import sys
from pathlib import Path
from beffroi.cli.common import opened
from beffroi.home import Home
opened(Path(sys.argv[1]))
from django.utils import timezone
from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership
with scope.host():
    for held in Membership.objects.filter(person__email="agent@example.org"):
        print(held.role, held.until and timezone.localtime(held.until).isoformat())
"""


def test_a_role_given_until_a_day_lasts_to_the_end_of_that_day(tmp_path: Path) -> None:
    require_reference()
    home = tmp_path / "home"
    founded(home, "--territory", "Nantes", "--email", "chef@example.org")
    done = beffroi("invite", "agent@example.org", "--role", "agent", "--until", "2030-06-30", "--home", home)
    assert done.returncode == 0, done.stderr
    told = python(TOLD, home)
    assert told.stdout.split() == ["agent", "2030-07-01T00:00:00+02:00"], told.stderr


def test_what_a_person_will_do_is_said_in_french(tmp_path: Path) -> None:
    require_reference()
    home = tmp_path / "home"
    founded(home, "--territory", "Nantes", "--email", "chef@example.org")
    done = beffroi("invite", "agent@example.org", "--as", "donnees", "--home", home)
    assert done.returncode == 0, done.stderr
    assert python(TOLD, home).stdout.split() == ["data_officer", "None"]
    refused = beffroi("invite", "autre@example.org", "--as", "chef", "--home", home)
    assert (refused.returncode, "« lire » (Lire et analyser)" in refused.stderr) == (1, True)
    assert "avec --as" in beffroi("invite", "autre@example.org", "--home", home).stderr
