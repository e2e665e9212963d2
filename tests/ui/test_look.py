"""Every component, in Chromium, under the site's own content policy: nothing for axe, nothing sideways, no refusal."""

import pytest

from browser import axe, no_horizontal_scroll, screenshot, small_targets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def settled(page):
    page.wait_for_selector("[data-island=chart][data-awake=yes] svg")
    page.wait_for_selector(".island-view.map[data-idle=yes]")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_the_guide(site, visit, dark):
    seen = visit(f"{site}/guide?erreurs", dark=dark)
    settled(seen.page)
    screenshot(seen.page, f"guide-{'dark' if dark else 'light'}")
    assert axe(seen.page) == []
    assert seen.complaints == []


@pytest.mark.parametrize("width", [320, 768, 1920])
def test_the_guide_never_scrolls_sideways(site, visit, width):
    seen = visit(f"{site}/guide", width=width)
    settled(seen.page)
    screenshot(seen.page, f"guide-{width}")
    assert no_horizontal_scroll(seen.page) == []
    assert small_targets(seen.page) == []
