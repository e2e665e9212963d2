"""Charts: `chooser` proposes a kind for a result, `vega` draws it, `look` contains the user's display options.

In: a figure (`recipes.figures`) and the table of its recipe. Out: Vega-Lite specifications without `eval` nor URL. Colours
(`palette`) are distinguishable to colour-blind readers, and never the only visual channel.
"""
