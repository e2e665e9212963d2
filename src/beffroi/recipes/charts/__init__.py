"""Charts: `chooser` says which kind suits a result and why, `vega` draws it, `look` is what a person may change of it.

In come a figure (`recipes.figures`) and the table that its recipe gave; out come Vega-Lite specifications without `eval`
nor address. Colours (`palette`) are told apart by colour-blind readers, and are never the only way to tell.
"""
