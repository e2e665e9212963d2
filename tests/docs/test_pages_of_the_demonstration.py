"""The page that one begins with names every member of the demonstration, and how to come in as one of them."""

import re

from beffroi.demonstration.members import CAST
from beffroi.demonstration.security.cast import PEOPLE


def test_every_member_of_the_demonstration_is_named_with_an_address(pages: dict[str, str]) -> None:
    named = dict(
        re.findall(r"^\| `(\w+)@demonstration\.example` \| ([^|]+) \|", pages["docs/demarrer.md"], re.M)
    )
    assert named == {key: name for key, (name, _) in (CAST | PEOPLE).items()}


def test_the_pages_say_how_to_come_in_as_another_member(pages: dict[str, str]) -> None:
    for name in ("docs/demarrer.md", "README.md", "README.fr.md"):
        assert "beffroi signin decider@demonstration.example --home demo-home" in pages[name], name
