"""What happens in the workshop: the only writers of its rows, one ledger line an act.

A system is adopted with a supervisor and a purpose, bound to the territory's data, measured on its past, then run:
what a run proposes goes to the inbox of decisions, where a person decides.
"""

from .runs import execute, latest_score, start
from .uses import adopt, bind, propose_binding, supervise

__all__ = ["adopt", "bind", "execute", "latest_score", "propose_binding", "start", "supervise"]
