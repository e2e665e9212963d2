"""The page of the charts: each kind has its paragraph and its picture, made by the command that the page names."""

import re
from pathlib import Path

from beffroi.recipes.charts.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {"map": "carte.png"}  # made by `make screenshots`


def test_each_kind_has_its_paragraph_its_picture_and_its_limit(pages: dict[str, str]) -> None:
    text = pages["docs/graphiques.md"]
    parts = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", text, flags=re.MULTILINE | re.DOTALL))
    assert set(parts) == {said.title for said in KINDS.values()}
    for kind, said in KINDS.items():
        picture = ELSEWHERE.get(kind, f"graphique-{kind}.png")
        assert f"(pictures/{picture})" in parts[said.title]
        assert (ROOT / "docs/pictures" / picture).is_file()
        # What it is for, then, after its picture, what it cannot say.
        before, _, after = parts[said.title].rpartition(".png)")
        assert len(before.strip()) > 40
        assert len(after.strip()) > 40


def test_the_pictures_are_those_of_the_command(pages: dict[str, str]) -> None:
    made = (ROOT / "tests/chart_pictures.py").read_text("utf-8")
    named = set(re.findall(r"graphique-([a-z-]+)\.png", pages["docs/graphiques.md"]))
    assert named
    for name in named:
        assert f'"{name}": _analysis(' in made
    assert "make pictures" in pages["docs/graphiques.md"]
