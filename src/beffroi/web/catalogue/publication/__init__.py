"""Publication of personal data: requested with its ground, advised by the DPO, decided by the controller.

`grounds`: texts that allow it, as dated data. `authorisations`: what is in force, which every public read asks. `workflow`: the
only writers of the steps. Pages and home cards are beside.
"""
