"""Every page of a kit at 360 px, in light and in the dark: nothing scrolls sideways, axe finds nothing; paper stays black on white."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from beffroi.guides import Register
from beffroi.web.continuity.offline_kit import builder, kit_documents
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from browser import axe
from own_home import home  # noqa: F401  a fixture

from . import kits

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db, pytest.mark.usefixtures("home")]


def test_each_page_fits_a_telephone_by_day_and_by_night(
    chromium: Browser, territory: Territory, secretary: Person, tmp_path: Path
):
    for name in ("service_sheets", "essential_services"):
        register = guide(Register, name)
        if register.rows:
            registers.begin_with_rows(territory, secretary, register)
    kits.approve_sheets(territory, secretary)
    for name, services in (("Réseau", ""), ("Logiciel de l'état civil et des cimetières", "etat civil")):
        values = {
            "name": name,
            "services": services,
            "restore_hours": "2",
            "needs": "" if not services else "réseau",
        }
        registers.save_entry(territory, secretary, guide(Register, "applications"), values)
    sections = kit_documents.named(builder._sections(territory, [], [], sealed=False))
    cover = kit_documents.Cover(
        territory, timezone.now(), "ABC234", ("Rien.",), has_sealed=True, has_binder=True
    )
    found: list[str] = []
    files = kit_documents.page_files(sections, cover)
    assert {"pages/qui-appeler.html", "pages/formulaire-water.html", "pages/guide-continuite.html"} <= set(
        files
    )
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    for scheme in ("light", "dark"):
        context = chromium.new_context(
            viewport={"width": 360, "height": 740}, color_scheme=scheme, bypass_csp=True
        )
        page = context.new_page()
        for name in files:
            page.goto((tmp_path / name).as_uri())
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > 360:
                found.append(f"{name} {scheme}: {width} px")
            found += [f"{name} {scheme}: {fault}" for fault in axe(page)]
            page.emulate_media(media="print")
            colours = page.evaluate(
                "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
            )
            page.emulate_media(media="screen")
            if colours[0] not in ("rgb(0, 0, 0)", "rgb(37, 33, 28)"):
                found.append(f"{name} {scheme}: printed in {colours}")
        context.close()
    assert found == []
