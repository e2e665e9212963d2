"""The public page of the ledger: a root taken away today is confirmed tomorrow, and every wrong file is told why."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from beffroi.ledger.keys import KeyHistory, parse_key_changes
from beffroi.ledger.proofs import ConsistencyProof, read_proof
from beffroi.ledger.roots import read_public_key, read_root
from beffroi.web.operations.ledger_key import renew_ledger
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import NewLine
from places import a_territory

pytestmark = pytest.mark.django_db


def compare(town, content: bytes) -> str:
    file = SimpleUploadedFile("empreinte.json", content)
    answer = Client().post(f"/p/{town.slug}/registre/", {"file": file})
    assert answer.status_code == 200
    return answer.content.decode()


def taken(town) -> bytes:
    return Client().get(f"/p/{town.slug}/registre/empreinte.json").content


def test_a_root_taken_away_is_confirmed_when_the_ledger_grew_and_its_proof_leaves_with_it(town):
    kept = taken(town)
    ledger.append_many(town, [NewLine("dataset.deposit", None, f"delivery:{n}", {}) for n in range(20)])
    page = compare(town, kept)
    assert "est bien le début du registre d'aujourd'hui" in page.replace("&#x27;", "'")
    size = read_root(kept).size
    proof = read_proof(Client().get(f"/p/{town.slug}/registre/preuve.json?lignes={size}").content)
    assert isinstance(proof, ConsistencyProof)
    assert proof.is_valid()
    assert (proof.size, proof.earlier) == (size, read_root(kept).root)
    key = read_public_key(Client().get(f"/p/{town.slug}/registre/cle.pem").content)
    assert proof.root.is_signed_by(key)
    assert read_root(kept).is_signed_by(key)


def test_its_text_pasted_is_as_good_as_the_file(town):
    page = Client().post(f"/p/{town.slug}/registre/", {"text": taken(town).decode()}).content.decode()
    assert "Le passé n'a pas changé" in page.replace("&#x27;", "'")


def changed(content: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(content) | fields).encode()


def test_every_wrong_file_is_told_why(town):
    kept = taken(town)
    for content, words in (
        (b"bonjour", "pas du JSON"),
        (b"\xff\xfe\x00", "pas un fichier de texte"),
        (b"[1, 2]", "pas une empreinte signée"),
        (b"x" * 70_000, "trop grand"),
        (kept + kept, "et une seule"),
        (changed(kept, root="AB" * 32), "« root »"),
        (changed(kept, size=True), "« size »"),
        (changed(kept, size=10**30), "« size »"),
        (changed(kept, signature="00" * 64), "pas été signée par la clé"),
        (changed(kept, root="ab" * 32), "pas été signée par la clé"),
        (changed(kept, chain="territory/ailleurs"), "autre registre"),
    ):
        page = compare(town, content).replace("&#x27;", "'").replace("\xa0", " ")
        assert words in page, content[:80]
        assert "Le passé n'a pas changé" not in page
    nothing = Client().post(f"/p/{town.slug}/registre/", {}).content.decode()
    assert "Choisissez le fichier que vous avez gardé" in nothing


def test_another_territory_s_root_is_not_confirmed(town):
    a_territory("Ailleurs", code="99T02")
    assert "autre registre" in compare(town, Client().get("/p/ailleurs/registre/empreinte.json").content)


@pytest.mark.parametrize("asked", ["", "0", "abc", "-1", "9999", "9" * 40, "1.5"])
def test_a_proof_that_cannot_be_is_not_found(town, asked):
    assert Client().get(f"/p/{town.slug}/registre/preuve.json?lignes={asked}").status_code == 404


def test_a_harmed_key_is_told_without_breaking_the_page(town, home):
    home.ledger_key.write_bytes(b"perdu")
    answer = Client().get(f"/p/{town.slug}/registre/")
    assert answer.status_code == 200
    assert "ne peut pas être signée" in answer.content.decode()
    assert str(home.path) not in answer.content.decode()
    assert Client().get(f"/p/{town.slug}/registre/empreinte.json").status_code == 404
    assert Client().get(f"/p/{town.slug}/registre/cle.pem").status_code == 404


def test_keys_that_were_exchanged_are_published_with_what_their_roots_are_worth(town, home):
    kept, key = taken(town), Client().get(f"/p/{town.slug}/registre/cle.pem").content
    nothing = Client().get(f"/p/{town.slug}/registre/cles.jsonl")
    assert (nothing.status_code, nothing.content) == (200, b"")
    assert "Clés remplacées" not in Client().get(f"/p/{town.slug}/registre/").content.decode()
    (_, change) = renew_ledger(home)
    assert parse_key_changes(Client().get(f"/p/{town.slug}/registre/cles.jsonl").content) == [change]
    page = Client().get(f"/p/{town.slug}/registre/").content.decode()
    for said in (change.former_fingerprint, change.new_fingerprint, "a signé ce remplacement"):
        assert said in page
    assert "Le passé n'a pas changé" in compare(town, kept).replace("&#x27;", "'")
    history = KeyHistory(read_public_key(key), [change])
    assert history.rejection_reason(read_root(taken(town))) == ""


def test_a_stolen_key_is_published_with_the_last_line_that_is_trusted(town, home):
    kept = read_root(taken(town))
    ledger.append_many(town, [NewLine("dataset.deposit", None, "delivery:1", {})])
    doubtful = taken(town)
    renew_ledger(home, trusted=[kept])
    page = Client().get(f"/p/{town.slug}/registre/").content.decode()
    assert "volée" in page and kept.root in page
    assert "remplacée parce qu'elle a été volée" in compare(town, doubtful).replace("&#x27;", "'")


def test_the_territory_s_public_page_leads_to_its_ledger(town):
    assert f'href="/p/{town.slug}/registre/"' in Client().get(f"/p/{town.slug}/").content.decode()
