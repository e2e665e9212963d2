"""The requirements' tests start from the same town and people as those of the rooms that they are about."""

from decisions.conftest import case, elected, proposal, reader, territory  # noqa: F401  fixtures
