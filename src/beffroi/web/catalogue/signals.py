"""What the catalogue tells the rooms above it, so that they forget what they had worked out from a dataset.

`withdrawn` is sent after a delivery was undone or a dataset left the public space: `sender` is the `Dataset` class,
`dataset` the one concerned. `arrived` tells of a `snapshot` in force from now on, in its transaction. `poured` and `given_up` say what became of a `delivery`, in the transaction that settles it.
"""

from django.dispatch import Signal

withdrawn = Signal()
arrived = Signal()
poured = Signal()
delivery_cancelled = Signal()
