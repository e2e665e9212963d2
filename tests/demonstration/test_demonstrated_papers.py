"""Each kind of paper of the invented town: laid out once, so examined (`support.papers`); as a page, axe finds nothing and all is grey."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from blank import demonstration
from browser import axe
from commands import python

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.xdist_group("site")]

PROGRAM = Path(__file__).with_name("lay_out_papers.py")
VIEWS = {
    "billing-file", "crisis-calling-pdf", "crisis-journal-export", "crisis-message-export", "crisis-point-pdf", "cyber-call-pdf",
    "exercise-document", "exercise-export", "number-range-pdf", "outage-grid-pdf", "paper-form-preview", "paper-pdf",
    "plan-edition-pdf", "recovery-plan-draft", "report-pdf", "restart-file", "restart-run-pdf", "sheet-pdf",
}  # fmt: skip
COLOURED = """() => [...document.querySelectorAll('body, body *')].flatMap(e => {
  const style = getComputedStyle(e);
  return ['color', 'backgroundColor', 'borderTopColor', 'borderBottomColor', 'fill', 'stroke'].map(name => style[name])
    .filter(value => { const [r, g, b] = value.match(/[\\d.]+/g) ?? [0, 0, 0]; return r !== g || g !== b; })
    .map(value => `${e.localName} ${value}`);
})"""


def test_every_kind_of_paper_is_well_tagged_readable_and_without_colour(tmp_path: Path, chromium: Browser):
    """Starts a process and a browser: the papers are those of a whole invented town."""
    papers = tmp_path / "papers"
    papers.mkdir()
    demonstration(tmp_path / "home")
    done = python(PROGRAM.read_text("utf-8"), tmp_path / "home", papers)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    assert {name.partition(" ")[0] for name in made} == VIEWS and all(made.values())
    page = chromium.new_page(viewport={"width": 1000, "height": 900}, bypass_csp=True)
    found = []
    for file in papers.iterdir():
        page.goto(file.as_uri())
        seen = [fault for fault in axe(page) if not fault.startswith("target-size")]  # no finger on paper
        found += [f"{page.title()}: {fault}" for fault in seen]
        found += [f"{page.title()}: {each}" for each in dict.fromkeys(page.evaluate(COLOURED))]
    page.close()
    assert found == []
