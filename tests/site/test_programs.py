"""A program at work on the served site: its token made on the page, a file dropped, read by the worker, poured, read back."""

import json
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest

import beffroi
from commands import beffroi as command


class Program:
    """A script, with nothing but the standard library, as a supplier writes it."""

    def __init__(self, served: Any, secret: str = "") -> None:
        self.root = f"{served.url}/api/v1"
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        asked = urllib.request.Request(f"{self.root}/{path}", data=body, headers=self.headers | headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def drop(self, path: str, file: Path, **fields: str) -> tuple[int, Any]:
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
            for k, v in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
        body = "".join(parts).encode() + head.encode() + file.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        return self.ask(path, body, **{"Content-Type": f"multipart/form-data; boundary={mark}"})

    def until_done(self, path: str) -> Any:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            _, job = self.ask(path)
            if job["finished"]:
                return job
            time.sleep(0.5)
        raise AssertionError(f"never done: {job}")


@pytest.fixture
def secret(inside: Any) -> str:
    """A token made on the page, by keyboard and mouse."""
    page = inside("reglages/jetons/").page
    page.get_by_label("Nom du jeton").fill("Export de nuit")
    page.get_by_label("Déposer un fichier", exact=False).first.check()
    page.get_by_label("Consulter le catalogue", exact=False).first.check()
    page.get_by_role("button", name="Créer le jeton").click()
    shown = page.locator("#secret").inner_text()
    assert shown.startswith("bft_")
    page.goto(page.url)
    assert shown not in page.content()
    return shown


def test_a_program_drops_a_file_that_joins_its_dataset_and_reads_it_back(
    served: Any, secret: str, tmp_path: Path
):
    program = Program(served, secret)
    status, me = program.ask(f"t/{served.slug}")
    assert (status, {act["act"] for act in me["acts"]}) == (
        200,
        {"territory.enter", "dataset.read", "dataset.deposit"},
    )
    _, datasets = program.ask(f"t/{served.slug}/datasets")
    known = {dataset["slug"]: dataset for dataset in datasets}
    assert len(known) >= 5

    file = tmp_path / "Journal des accueils 2026-01.csv"
    file.write_text("Jour;Accueil;Visites\n" + "".join(f"{d:02d}/01/2026;Mairie;{d}\n" for d in range(1, 29)))
    status, dropped = program.drop(f"t/{served.slug}/deposits", file)
    assert status == 202, dropped
    job = program.until_done(f"t/{served.slug}/jobs/{dropped['job']['id']}")
    assert job["state"] == "done", job
    _, read = program.ask(f"t/{served.slug}/deliveries/{dropped['delivery']}")
    assert (read["state"], read["tables"][0]["rows_kept"]) == ("staged", 28)
    # A dataset that nobody knows yet is for a person to open.
    status, refused = program.ask(f"t/{served.slug}/deliveries/{dropped['delivery']}/pour", b"")
    assert (status, refused["title"]) == (409, "À faire par une personne")

    meals = next(slug for slug in known if "cantine" in slug)
    status, rows = program.ask(f"t/{served.slug}/datasets/{meals}/rows?size=3")
    assert (status, len(rows["rows"]), rows["simulated"]) == (200, 3, True)


def test_the_public_part_answers_a_partner_without_a_token(served: Any):
    partner = Program(served)
    status, datasets = partner.ask(f"p/{served.slug}/datasets")
    assert status == 200
    assert datasets
    status, rows = partner.ask(f"p/{served.slug}/datasets/{datasets[0]['slug']}/rows?size=2")
    assert (status, len(rows["rows"])) == (200, 2)
    status, refused = partner.ask(f"t/{served.slug}/datasets")
    assert (status, refused["title"]) == (401, "Jeton absent ou sans effet")


def test_a_notebook_opens_the_dataset_with_the_file_of_the_page(served: Any, inside: Any):
    page = inside("donnees/").page
    page.get_by_role("link", name="Fréquentation cantines").first.click()
    page.get_by_role("link", name="Ouvrir dans un carnet").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Prendre l'accès").click()
    with beffroi.open_lake(served.home.path, grant=download.value.path()) as opened:
        assert len(opened) > 10_000
        assert set(opened.to_pandas().columns) == set(opened.columns)


def test_the_host_hands_an_access_over_by_command(served: Any, tmp_path: Path):
    file = tmp_path / "acces.json"
    _, datasets = Program(served).ask(f"p/{served.slug}/datasets?q=cantines")
    slug = datasets[0]["slug"]
    who = ("--email", "guide@demonstration.example", "--territory", served.slug, "--home", served.home.path)
    done = command("grant", slug, "--purpose", "catalogue", "--hours", "2", *who)
    assert done.returncode == 0, done.stderr
    file.write_text(done.stdout, "utf-8")
    with beffroi.open_lake(served.home.path, grant=file) as opened:
        assert len(opened) == datasets[0]["rows"]
    for wrong, told in (("rien", "n'est pas au catalogue"), (slug, "n'est pas au registre")):
        refused = command("grant", wrong, "--purpose", "x", *who)
        assert (refused.returncode, told in refused.stderr) == (1, True), refused.stderr
