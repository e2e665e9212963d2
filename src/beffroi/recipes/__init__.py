"""Recipes: no-code analyses stored as data, compiled to one lazy query and released through a single exit.

`model` defines a recipe, `compile` builds its query, `release` applies disclosure control, `engine` runs it in this process
and `pool` in worker processes; `figures` presents the result, `sentences` describes the recipe in French.
"""
