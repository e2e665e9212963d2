"""The page of the API is the API that answers: each operation is told, and no other."""

import re
from types import ModuleType


def test_the_page_of_the_api_is_what_the_routes_say(generate: ModuleType, pages: dict[str, str]) -> None:
    written = generate.block_of(pages["docs/api.md"])
    assert written == generate.api(), "run: .venv/bin/python docs/generate.py"


def test_every_path_of_the_description_is_on_the_page_and_no_other(pages: dict[str, str]) -> None:
    from beffroi.web import api

    described = {
        f"{method.upper()} {path}"
        for path, methods in api.description()["paths"].items()
        for method in methods
    }
    told = set(re.findall(r"^\| `([A-Z]+ /api/v1/[^`]+)` \|", pages["docs/api.md"], flags=re.MULTILINE))
    assert told == described


def test_the_page_tells_the_pace_and_the_length_that_the_code_keeps(pages: dict[str, str]) -> None:
    from beffroi.web.catalogue.lifecycle.notebook_grants import MOST_HOURS
    from beffroi.web.platform.api.authentication import MAX_PER_MINUTE, PREFIX

    assert f"{MAX_PER_MINUTE} demandes par minute" in pages["docs/api.md"]
    assert f"`{PREFIX}`" in pages["docs/api.md"]
    assert f"{MOST_HOURS} heures au plus" in pages["docs/notebook.md"]
