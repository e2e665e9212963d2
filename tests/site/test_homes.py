"""The homes of a territory on a telephone: what is to do, what changed and the rest, without an endless scroll."""

from typing import Any

import pytest
from playwright.sync_api import expect

from browser import axe, no_horizontal_scroll

MOST_PIXELS = 2_500


@pytest.mark.parametrize("role", ["guide", "agent"])
def test_a_home_is_short_on_a_telephone(
    served: Any, visit: Any, members: dict[str, list[Any]], role: str
) -> None:
    page = visit(served.at(), cookies=members[role], width=360).page
    expect(page.get_by_role("heading", name="À faire")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_PIXELS
    assert [*axe(page), *no_horizontal_scroll(page)] == []
