"""What a run wrote, made readable: tables with their drawings, figures in large, what changed since the run before.

`reading` takes it back from the run's row; `charts` and `maps` draw; `changes` compares; `morning` gathers a page.
"""
