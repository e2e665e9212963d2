"""Each test of the search has an empty home of its own, a town and its people."""

from own_home import agent, home, steward, town  # noqa: F401  fixtures
