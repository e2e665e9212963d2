"""The figures of the kit: 30 services, its size, its time, no request from `file://`, nobody in its open part.

In the long ring: a browser, thirty sheets and ten lists about people are what the bars of issue 22 are set on.
"""

import random
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from beffroi.guides import Register
from beffroi.web.catalogue.grants import consultation
from beffroi.web.catalogue.models import Dataset
from beffroi.web.continuity.models import KitBuild
from beffroi.web.continuity.offline_kit import builder, lists, passphrase
from beffroi.web.continuity.offline_kit import personal_values as people
from beffroi.web.continuity.offline_kit.lists import ListTable
from beffroi.web.continuity.service_sheets import sheets
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from browser import page_faults
from own_home import home  # noqa: F401  a fixture
from places import a_person, poured

from . import kits

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.long, pytest.mark.usefixtures("home")]

SERVICES, PERSONAL, OPEN, ROWS = 30, 10, 5, 300
MOST_BYTES, MOST_CPU = 50 << 20, 60.0
SCREEN = {"width": 1366, "height": 768}
FIRST_NAMES = ("Maëlle", "Rose", "Deniz", "Aïcha", "Loïc", "Yuna", "Ernest", "Zoé", "Kévin", "Théa")
SUBJECTS = (
    "Cantine",
    "Garderie",
    "Crèche",
    "Portage",
    "Lecture",
    "Musique",
    "Natation",
    "Jardin",
    "Étude",
    "Colonie",
)
SYLLABLES = ("ker", "va", "dec", "lor", "mi", "ban", "tous", "rol", "zig", "pla", "net", "cour")


def people_file(seed: int) -> str:
    """Invented families, each cell of a person unlike any other."""
    draw = random.Random(seed)
    subject = SUBJECTS[seed % 10]
    lines = [f"Nom;Prénom;Courriel;Téléphone;{';'.join(f'{subject} {rank}' for rank in range(6))}"]
    for n in range(ROWS):
        name = "".join(draw.sample(SYLLABLES, 4)).capitalize()
        first = draw.choice(FIRST_NAMES)
        phone = f"06 {seed:02} {n // 100:02} {n % 100:02} {draw.randrange(100):02}"
        lines.append(
            f"{name};{first};{name.lower()}.{seed}.{n}@exemple.org;{phone}{f';{subject[:2]}{n % 3}' * 6}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def town(territory: Territory, secretary: Person) -> Territory:
    """Thirty services, ten lists about people, five about none, contacts just verified."""
    steward = a_person(territory, "data_officer", "agent")
    register = sheets.register()
    registers.begin_with_rows(territory, secretary, register)
    model = dict(register.rows[3])
    for n in range(SERVICES - len(register.rows)):
        registers.save_entry(
            territory, secretary, register, {**model, "service": f"Service n° {n}", "order": 50 + n}
        )
    registers.begin_with_rows(territory, secretary, guide(Register, "who_to_call"))
    entries = [each.entry for each in sheets.sheets(territory)]
    for n in range(PERSONAL):
        dataset = kits.children(territory, steward, people_file(10 + n), f"Familles {n}.csv")
        purpose = kits.canteen_purpose(territory, dataset)
        lists.add(entries[n], steward, f"Familles {n}", dataset=dataset, processing=purpose)
    assert Dataset.objects.of(territory).count() == PERSONAL
    rates = poured(territory, steward, "Tarifs.csv", kits.RATES).dataset
    for n in range(OPEN):
        lists.add(entries[n], steward, f"Tarifs {n}", dataset=rates, processing=consultation(territory))
    return territory


def written(build: KitBuild, folder: Path) -> Path:
    for name, content in kits.unpacked(build).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def html_of(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*.html") if path.name != "COFFRE.html")
    return {path.name: path.read_text("utf-8") for path in found}


def test_thirty_services_within_their_bars_without_a_request_nor_anybody_in_the_open_part(
    town: Territory, secretary: Person, chromium: Browser, tmp_path: Path
):
    phrase = passphrase.renew(town, secretary)
    people.own_texts()  # once a process
    started = time.process_time()
    build = builder.build(town, secretary)
    cpu = time.process_time() - started
    folder = written(build, tmp_path)
    print(
        f"\nkit: {build.pages} pages, {build.size / 2**20:.1f} MB, {cpu:.1f} CPU s, sealed: {build.is_sealed}"
    )
    assert build.pages >= SERVICES
    assert build.size <= MOST_BYTES
    assert cpu <= MOST_CPU
    tables = [lists.refresh(row) for row in lists.lists_of(town) if row.is_personal]
    values = people.values_of_lists(tables)
    assert len(values) >= PERSONAL * ROWS * 3
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
    assert [one for one in values if not opened.with_value(one) and not is_pair(one, tables)] == []
    context.close()


def is_pair(value: people.PersonalValue, tables: list[ListTable]) -> bool:
    """Two cells of one row in an order which the table does not have."""
    rows = (set(people.words_of(" ".join(row))) for table in tables for row in table.rows)
    return len(value.words) == 2 and any(row.issuperset(value.words) for row in rows)


def test_a_kit_whose_power_is_cut_while_it_is_written_leaves_the_last_whole(
    town: Territory, secretary: Person, monkeypatch: pytest.MonkeyPatch
):
    from beffroi.web.continuity.offline_kit import stored_kits

    first = builder.build(town, secretary)

    def cut(path: Path, content: bytes, mode: int = 0o600) -> None:
        path.with_suffix(".part").write_bytes(content[: len(content) // 2])
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(stored_kits, "write_safely", cut)
    with pytest.raises(OSError, match="Input/output"):
        builder.build(town, secretary)
    assert stored_kits.last_whole(town) == first
    failed = KitBuild.objects.of(town).first()
    assert failed is not None
    assert re.match("Une erreur inattendue", failed.failure)
