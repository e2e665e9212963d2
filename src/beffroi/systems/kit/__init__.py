"""What systems share: settings, cells and words, tables from the manifest. No Django, no network, no file but the system's own.

A system imports what it needs from these modules; each says what it takes and gives. `docs/add-a-system.md` shows them at work.
"""
