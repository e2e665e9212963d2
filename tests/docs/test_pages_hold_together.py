"""Links lead somewhere, make targets exist, the two README say the same, pictures stay light."""

import re
import unicodedata
from pathlib import Path

import pytest

from beffroi import __version__

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def test_every_link_inside_the_repository_leads_to_a_file_and_a_heading(pages: dict[str, str]) -> None:
    broken = [
        f"{name}: {target}"
        for name, text in pages.items()
        for target in LINK.findall(_prose(text))
        if not re.match(r"[a-z]+:", target) and not _leads(ROOT / name, target)
    ]
    assert broken == []


def test_a_broken_link_would_be_noticed() -> None:
    page = ROOT / "README.md"
    assert _leads(page, "docs/house.md")
    assert not _leads(page, "docs/attic.md")
    assert not _leads(page, "docs/house.md#the-attic")


def test_every_page_of_the_documentation_can_be_reached_from_its_index(pages: dict[str, str]) -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in pages:
            continue
        reached.add(name)
        for target in LINK.findall(_prose(pages[name])):
            path = ((ROOT / name).parent / target.partition("#")[0]).resolve()
            if path.is_relative_to(ROOT):
                waiting.append(path.relative_to(ROOT).as_posix())
    assert sorted(set(pages) - reached) == []


def test_every_make_target_that_the_pages_name_exists(pages: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    named = {
        (name, target)
        for name, text in pages.items()
        for target in re.findall(r"(?:`|^|&& |; )make ([a-z][a-z-]*)", text, flags=re.MULTILINE)
    }
    assert sorted((name, target) for name, target in named if target not in targets) == []
    assert {"demo", "test"} <= {target for name, target in named if name == "README.md"}


def test_the_french_readme_is_the_twin_of_the_english_one(pages: dict[str, str]) -> None:
    english, french = pages["README.md"], pages["README.fr.md"]
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", french, re.MULTILINE))
    # The first link of each leads to the other; the rest stand in the same order.
    assert LINK.findall(english)[0] == "README.fr.md" and LINK.findall(french)[0] == "README.md"
    assert LINK.findall(english)[1:] == LINK.findall(french)[1:]
    assert re.findall(r"```sh\n.*?```", english, re.DOTALL) == re.findall(r"```sh\n.*?```", french, re.DOTALL)


def test_every_message_that_the_guide_explains_is_one_that_the_code_says(pages: dict[str, str]) -> None:
    said = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    explained = re.findall(r"^\| « (.+?) » \|", pages["docs/demarrer.md"], flags=re.MULTILINE)
    assert len(explained) >= 3
    missing = [m for m in explained if not all(part.strip() in said for part in m.split("…"))]
    assert missing == []


def test_the_change_log_tells_of_this_version(pages: dict[str, str]) -> None:
    assert re.search(rf"^## {re.escape(__version__)}\b", pages["CHANGELOG.md"], flags=re.MULTILINE)


def test_pictures_are_light_and_described(files: list[Path], pages: dict[str, str]) -> None:
    for picture in (f for f in files if f.parent == ROOT / "docs/pictures"):
        assert picture.stat().st_size < 200_000, picture.name
    undescribed = [name for name, text in pages.items() if re.search(r"!\[\s*\]\(", text)]
    assert undescribed == []


@pytest.mark.parametrize(
    ("heading", "anchor"), [("Sauver, retrouver", "sauver-retrouver"), ("L'été : `x`", "lété--x")]
)
def test_anchors_are_made_as_forges_make_them(heading: str, anchor: str) -> None:
    assert _anchor(heading) == anchor


def _prose(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def _leads(page: Path, target: str) -> bool:
    place, _, anchor = target.partition("#")
    path = (page.parent / place) if place else page
    if not path.exists():
        return False
    if not anchor:
        return True
    headings = re.findall(r"^#+ (.+)$", _prose(path.read_text("utf-8")), flags=re.MULTILINE)
    return anchor in {_anchor(heading) for heading in headings}


def _anchor(heading: str) -> str:
    kept = [c for c in heading.strip().lower() if c in " -_" or unicodedata.category(c)[0] in "LN"]
    return "".join(kept).replace(" ", "-")
