"""Each test of the catalogue has an empty home of its own, a town and its people; its browser walk, a served instance."""

from own_home import agent, home, steward, town  # noqa: F401  fixtures
