"""The figures of the kit: 30 services, its size, no request from `file://`, nobody in its open part.

In the long ring: a browser, thirty sheets and ten lists about people are what the bars of issue 22 are set on.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from beffroi.web.continuity.models import KitBuild
from beffroi.web.continuity.offline_kit import builder, lists, passphrase
from beffroi.web.continuity.offline_kit import personal_values as people
from beffroi.web.platform.models import Person, Territory
from browser import page_faults
from own_home import home  # noqa: F401  a fixture
from places import a_person

from . import kits

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.long, pytest.mark.usefixtures("home")]

PERSONAL, PLAIN = 10, 5
MOST_BYTES = 50 << 20
SCREEN = {"width": 1366, "height": 768}


@pytest.fixture
def town(territory: Territory, secretary: Person) -> Territory:
    """Thirty services, ten lists about people, five about none, contacts just verified."""
    kits.thirty_services(territory, secretary)
    kits.join_lists(territory, a_person(territory, "data_officer", "agent"), personal=PERSONAL, plain=PLAIN)
    return territory


def html_of(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*.html") if path.name != "COFFRE.html")
    return {path.name: path.read_text("utf-8") for path in found}


def test_thirty_services_within_their_bars_without_a_request_nor_anybody_in_the_open_part(
    town: Territory, secretary: Person, chromium: Browser, tmp_path: Path
):
    phrase = passphrase.renew(town, secretary)
    people.own_texts()  # once a process
    build = builder.build(town, secretary)
    folder = kits.written(build, tmp_path)
    print(
        f"\nkit: {build.pages} pages, {build.size / 2**20:.1f} MB, {build.cpu_seconds:.1f} CPU s, sealed: {build.is_sealed}"
    )
    assert build.pages >= kits.SERVICES
    assert build.size <= MOST_BYTES
    tables = [lists.refresh(row) for row in lists.lists_of(town) if row.is_personal]
    values = people.values_of_lists(tables)
    assert len(values) >= PERSONAL * kits.ROWS * 3
    assert people.search(values, people.Pages(html_of(folder))) == []
    requests: list[str] = []
    context = chromium.new_context(viewport=SCREEN)
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    for path in sorted(folder.rglob("*.html")):
        page.goto(path.as_uri())
        assert page.title()
    page.goto((folder / "OUVRIR-MOI.html").as_uri())
    page.get_by_role("link", name="Qui appeler", exact=True).first.click()
    page.wait_for_url("**/qui-appeler.html")
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= SCREEN["height"], f"« Qui appeler » is {height} pixels high"
    assert [url for url in requests if not url.startswith("file://")] == []
    assert {url for url in requests if not url.endswith(".html")} == set()
    faults = []
    for name in (
        "OUVRIR-MOI.html",
        "pages/qui-appeler.html",
        "pages/mon-service.html",
        "pages/fiche-cantine.html",
    ):
        page.goto((folder / name).as_uri())
        faults += [f"{name}: {fault}" for fault in page_faults(page)]
    assert faults == []
    page.goto((folder / "COFFRE.html").as_uri())
    page.fill("#passphrase", phrase)
    page.click("#open-button")
    page.locator("#content h2", has_text="Familles 0").wait_for()
    opened = people.Pages({"coffre": page.inner_html("#content")})
    assert [one for one in values if not opened.with_value(one) and not kits.is_pair(one, tables)] == []
    context.close()


def test_a_kit_whose_power_is_cut_while_it_is_written_leaves_the_last_whole(
    territory: Territory, secretary: Person, monkeypatch: pytest.MonkeyPatch
):
    from beffroi.web.continuity.offline_kit import stored_kits

    first = builder.build(territory, secretary)

    def cut(path: Path, content: bytes, mode: int = 0o600) -> None:
        path.with_suffix(".part").write_bytes(content[: len(content) // 2])
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(stored_kits, "write_safely", cut)
    with pytest.raises(OSError, match="Input/output"):
        builder.build(territory, secretary)
    assert stored_kits.last_whole(territory) == first
    failed = KitBuild.objects.of(territory).first()
    assert failed is not None
    assert re.match("Une erreur inattendue", failed.failure)
