"""Signals of the catalogue to the rooms above it, which then drop what they computed from a dataset.

`withdrawn` is sent after a delivery was undone or a dataset left the public space: `sender` is the `Dataset` class,
`dataset` the one concerned. `arrived` carries a `snapshot` in force from now on, in its transaction. `poured` and `delivery_cancelled` carry a `delivery`, in the transaction that ends it.
"""

from django.dispatch import Signal

withdrawn = Signal()
arrived = Signal()
poured = Signal()
delivery_cancelled = Signal()
