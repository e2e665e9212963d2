"""Acts: services declared with the right that they ask, the ledger line that they write and the words that pages show of them.

`declaration` makes a service an act and keeps the registry; `views` makes its pages and addresses; `parameters` makes a form
of its typed parameters.
"""

from .declaration import Act, Recorded, RowDeleted, Unchanged, act, act_of, registered, title_of

__all__ = ["Act", "Recorded", "RowDeleted", "Unchanged", "act", "act_of", "registered", "title_of"]
