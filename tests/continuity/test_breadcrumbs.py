"""From every page of the room the reader goes back to the room by its breadcrumb."""

import re
from pathlib import Path

from beffroi.web import continuity

TEMPLATES = Path(continuity.__file__).parent / "templates" / "continuity"


def test_every_breadcrumb_begins_with_the_room() -> None:
    found = {
        path.name: crumbs[1]
        for path in sorted(TEMPLATES.glob("*.html"))
        if (crumbs := re.search(r"\{% block breadcrumb %\}(.*?)\{% endblock %\}", path.read_text("utf-8")))
    }
    assert len(found) > 50
    starts = ('{% include "continuity/room_crumbs.html"', '{% include "continuity/crisis_crumbs.html"')
    assert [name for name, crumbs in found.items() if not crumbs.startswith(starts)] == ["home.html"]
