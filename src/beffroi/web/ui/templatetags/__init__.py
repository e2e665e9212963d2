"""The `ui` template tags: see `ui.py` for the components and `formats` for French figures."""
