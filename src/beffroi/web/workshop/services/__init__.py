"""What happens in the workshop: the only writers of its rows, one ledger line an act.

A system is taken up as an idea or declared, bound to the territory's data, measured on its past, and carried from gate to
gate; what its runs propose goes to the inbox of decisions, where a person decides.
"""

from ..life.running import latest_score
from .declaring import Declaration, correct, declare
from .dialing import turn
from .life import advance
from .naming import confirm, differing
from .options import record
from .runs import execute, start
from .schedules import schedule
from .sheets import answer, train
from .showing import show
from .uses import adopt, bind, propose_binding, supervise

__all__ = [
    "Declaration",
    "adopt",
    "advance",
    "answer",
    "bind",
    "confirm",
    "correct",
    "declare",
    "differing",
    "execute",
    "latest_score",
    "propose_binding",
    "record",
    "schedule",
    "show",
    "start",
    "supervise",
    "train",
    "turn",
]
