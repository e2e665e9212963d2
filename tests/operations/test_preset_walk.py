"""A newcomer sets up a small town by the preset: from the command to whom to call, a sheet approved and the kit made, in the browser.

The real command, server, worker and browser: long ring only.
"""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from commands import beffroi, free_address, serving
from reference_data import require_reference
from support.walks import Walk

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("preset_walk")]
PASSWORD = "quatre mots sans rapport 27"
COMMAND = (
    "beffroi init --territory 28325 --email secretaire@example.org --preset petite-commune --home instance"
)


def code_of(secret: str) -> str:
    """The code that an application displays now (RFC 6238)."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.mark.requirement("R88")
def test_a_small_town_is_ready_within_half_an_hour(tmp_path: Path, visit: Any, record_property: Any) -> None:
    require_reference()
    home, url = tmp_path / "instance", free_address()
    began = time.monotonic()
    done = beffroi(*COMMAND.split()[1:-1], home, "--port", url.rpartition(":")[2], real=True)
    assert done.returncode == 0, done.stderr
    with serving(home, url):
        me = Walk(visit("about:blank").page, "preset")
        me.machine += time.monotonic() - began
        me.typed += len(COMMAND) + len("beffroi serve --home instance")
        me.done += ["commande", "commande"]
        me.open(done.stdout.strip())
        me.click("button", "Entrer")
        for field in ("Mot de passe", "Mot de passe (confirmation)"):
            me.fill(me.page.get_by_label(field, exact=True), PASSWORD)
        me.click("button", "Choisir ce mot de passe")
        town = f"{url}/t/saint-aubin-des-bois"
        me.open(f"{town}/securite/qui-appeler/")
        assert me.download("Feuille A4").startswith(b"%PDF")
        me.open(f"{town}/continuite/fiches/")
        me.click("link", "Utiliser une application")
        me.report(record_property, "jusqu'au second facteur")
        secret = me.page.locator("main").inner_text()
        me.fill(me.page.get_by_label(re.compile("Code")), code_of(re.search(r"\b[A-Z2-7]{32}\b", secret)[0]))
        me.click("button", re.compile("Activer|Confirmer|Enregistrer"))
        me.open(f"{town}/continuite/fiches/")
        me.click("button", "Commencer mes fiches")
        me.click("link", "Cantine")
        me.fill(me.page.get_by_label(re.compile("En qualité de|qualité")), "Secrétaire de mairie")
        me.click("button", "Approuver")
        me.open(f"{town}/continuite/kit/")
        me.click("button", "Fabriquer maintenant")
        asked = time.monotonic()
        expect(me.page.get_by_role("link", name="Télécharger")).to_be_visible(timeout=180_000)
        me.machine += time.monotonic() - asked
        took = me.report(record_property, "petite commune, du premier mot tapé au kit")
    assert took["minutes"] <= 30
    assert me.faults == []
