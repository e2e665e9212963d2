"""The page on the law of AI shows the dates that the code applies, and names what is really there."""

import re
from types import ModuleType

from beffroi.systems import law
from beffroi.systems.law.answers import FILE


def test_the_dates_of_the_page_are_those_of_the_data(generate: ModuleType, pages: dict[str, str]) -> None:
    written = generate.block_of(pages["docs/droit-de-lia.md"])
    assert written == generate.law(), "run: .venv/bin/python docs/generate.py"
    for provision in law.load_rules().provisions:
        assert f"| {provision.article} | {provision.title} | " in written, provision.id


def test_the_themes_of_the_page_are_those_of_the_questions(pages: dict[str, str]) -> None:
    page = pages["docs/droit-de-lia.md"]
    (table,) = re.findall(r"\| thème \|.*?\n\| --- \|.*?\n(.*?)\n\n", page, flags=re.DOTALL)
    named = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()]
    assert named == [theme.title for theme in law.load_rules().themes]


def test_the_page_shows_a_calendar_as_the_file_writes_it(pages: dict[str, str]) -> None:
    (line,) = re.findall(r"`(\{ published = .*?\})`", pages["docs/droit-de-lia.md"])
    assert line in FILE.read_text("utf-8")
