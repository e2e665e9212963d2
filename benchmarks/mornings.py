"""Length of the morning pages: `python -m benchmarks.mornings --home HOME`.

In: the home of a demonstration, made there where it is missing. Out: a Markdown table: for each system, the words in sight before
anything is unfolded, and the height of the page in pixels, at 1280 and at 360. With `--pictures`, a PNG of each too.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Page

import browser
import screenshots
from beffroi.demonstration.demonstrated_systems import demonstrated_systems
from beffroi.text import format_number

WIDTHS = (1280, 360)
SCREEN = 800  # pixels of height


def measure(page: Page, address: str) -> tuple[int, int]:
    """Words in sight, and pixels of height, once every drawing in sight is there."""
    page.goto(address, wait_until="networkidle")
    return browser.words_in_sight(page), page.evaluate("document.documentElement.scrollHeight")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--home", type=Path, required=True)
    asked.add_argument("--pictures", type=Path, help="a folder where each page is drawn")
    options = asked.parse_args()
    lines = ["| service | mots à 1 280 | pixels à 1 280 | pixels à 360 |", "| --- | --: | --: | --: |"]
    with screenshots.demonstration(options.home) as link, browser.launch() as chromium:
        page = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
        page.emulate_media(reduced_motion="reduce")
        territory = screenshots.sign_in(page, link)
        for system in demonstrated_systems():
            figures = []
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": SCREEN})
                figures.append(measure(page, f"{territory}services-ia/{system.id}/matin/"))
                if options.pictures:
                    options.pictures.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=options.pictures / f"{system.id}-{width}.png", full_page=True)
            (words, wide), (_, narrow) = figures
            cells = (format_number(value, ",", " ") for value in (words, wide, narrow))
            lines.append(f"| {system.manifest.title} | {' | '.join(cells)} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
