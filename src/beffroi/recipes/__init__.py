"""Recipes: analyses without code, stored as data, told in French, compiled to one query, let out by one exit.

`model` says what a recipe is, `compile` makes its query, `release` lets its result out, `engine` does it all here and
`pool` in processes of their own; `figures` shows the result, `sentences` tells the recipe.
"""
