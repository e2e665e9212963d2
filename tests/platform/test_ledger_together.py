"""Many processes that append at once to the same chains: no rank twice, none missing, every chain verifies."""

import pytest

import forks
import postgres
from beffroi.home import Home
from blank import blank
from commands import environment

SETUP = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
setup_django(home)
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import LedgerLine, Territory
"""
MAKE = (
    SETUP
    + """
from django.core.management import call_command
from beffroi.web.operations.upgrade import prepare
from beffroi.web.platform.postgresql import owner
from beffroi.web.tenancy.services import NewTerritory, found_territory
if owner.is_used():
    with owner.as_owner():
        call_command("migrate", interactive=False, verbosity=0)
        owner.protect()
else:
    prepare(home)
for n in range(3):
    found_territory(NewTerritory(code=f"99T0{n}", name=f"Ville {n}", kind="CA", population=None, is_fictional=True))
"""
)
APPEND = (
    SETUP
    + """
towns = list(Territory.objects.order_by("pk"))
for turn in range(25):
    # In autocommit: `append` opens the transaction that holds the chain. Every fourth line is the host's.
    chosen = None if turn % 4 == 3 else towns[(int(sys.argv[2]) + turn) % 3]
    ledger.append(chosen, "dataset.deposit", None, f"delivery:{sys.argv[2]}-{turn}", {})
"""
)
CHECK = (
    SETUP
    + """
for chain in (None, *Territory.objects.order_by("pk")):
    found = ledger.verify(chain)
    with ledger.opened(chain):
        seqs = list(ledger.lines_of(chain).values_list("seq", flat=True))
    assert found.ok and seqs == list(range(1, len(seqs) + 1)), (chain, found, seqs)
    print(len(seqs))
"""
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def surroundings(request):
    if request.param == "sqlite":
        return environment()
    try:
        made = postgres.cluster()
    except postgres.NoPostgreSQL as error:
        pytest.skip(str(error))
    return environment(BEFFROI_DATABASE=made.url(), BEFFROI_DATABASE_OWNER=made.url(role=postgres.OWNER))


def test_processes_that_append_to_the_same_chains_take_turns(surroundings, tmp_path):
    if "BEFFROI_DATABASE" in surroundings:
        home = Home(tmp_path / "home")
        home.create(demo=True)
    else:
        home = blank(tmp_path / "home", demo=True)

    def start(code: str, *arguments: str) -> forks.Fork:
        return forks.start(code, surroundings, str(home.path), *arguments)

    def end(process: forks.Fork) -> str:
        out, message = process.communicate(timeout=200)
        assert process.returncode == 0, message
        return out

    end(start(MAKE))
    for process in [start(APPEND, str(n)) for n in range(4)]:
        end(process)
    counts = [int(count) for count in end(start(CHECK)).split()]
    # The host's chain holds the three foundations too, each town's its own.
    assert counts[0] == 3 + 4 * 6
    assert sum(counts[1:]) == 3 + 4 * 19
