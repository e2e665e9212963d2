"""The restoration site is the same, byte for byte, built by the platform or by the page of the stick."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from beffroi.web.continuity.offline_pages import mustache, site_render
from beffroi.web.continuity.restoration_site.document import Update, old_languages
from support.offline_pages import PASSPHRASE, run_script, signing_key, site_document

BUILD = """
import { build } from "./site-render.js";
answer(given.sites.map((site) => Object.fromEntries(build(site, given.kit, given.signed))));
"""


def largest() -> dict[str, Any]:
    """As many services and long texts as a document may have, each sign six bytes once escaped."""
    site = site_document(80, 240)
    for service in site["services"]:
        service["name"] = {"fr": '"' * 80}
    for update in site["updates"]:
        update["text"], update["alternative"] = {"fr": '"' * 1_500}, {"fr": "é" * 1_400 + "\n" * 100}
    return site


@pytest.mark.parametrize("signed", [True, False])
def test_the_browser_and_the_platform_write_the_same_bytes(signed: bool) -> None:
    _, sealed = signing_key()
    public = sealed["public_key"] if signed else ""
    sites = [
        site_document(2, 0),
        site_document(5, 12) | {"exercise": True},
        site_document(3, 70, characters=10),
        site_document(60, 100, characters=300),
        site_document(4, 20) | {"languages": ["ar", "fr", "de", "oc-x-vivaro"], "title": "{{x}} $1 <i>'"},
        largest() | {"languages": ["fr"]},
    ]
    for update in sites[2]["updates"]:
        update["at"] = f"2026-12-01{update['at'][10:]}"
    names = ["Écoles", "ecole", "École", "Zoo", "œuvre", "Ʒ", "𝐀", "eaux", "Eau & <b>", ""]
    for service, name in zip(sites[3]["services"], names, strict=False):
        service["name"]["fr"] = name
    built = run_script(BUILD, {"sites": sites, "kit": site_render.kit(public), "signed": signed})
    for site, files in zip(sites, built, strict=True):
        expected = site_render.build(site, public_key=public, signature=b"signature" if signed else None)
        expected.pop("etat.json.sig", None)
        assert {name: text.encode() for name, text in files.items()} == expected


def test_no_page_passes_a_hundred_kilobytes_and_the_history_is_whole() -> None:
    for site in (site_document(60, 400, characters=300), largest()):
        files = site_render.build(site)
        pages = {name: len(content) for name, content in files.items() if name.endswith((".html", ".xml"))}
        assert max(pages.values()) <= 100_000, pages
        history = b"".join(files[name] for name in files if name.startswith("historique"))
        assert history.count(b"<article") == len(site["updates"])
    assert b"Lire la suite" in files["index.html"]


def test_words_typed_by_people_never_become_markup() -> None:
    files = site_render.build(site_document(3, 6))
    for name, content in files.items():
        if name.endswith((".html", ".xml")):
            assert b"<b>" not in content and b"<script" not in content, name
    ElementTree.fromstring(files["fil.xml"])


def test_the_site_asks_nothing_of_anyone_and_says_what_it_is() -> None:
    files = site_render.build(site_document(3, 6) | {"exercise": True})
    for name in ("index.html", "en.html", "historique.html", "facile-historique.html"):
        page = files[name].decode()
        assert "default-src 'none'" in page and "http://" not in page and "https://" not in page
    page = files["index.html"].decode()
    assert "EXERCICE" in page and "Données simulées" in page and "Aperçu" in page
    assert "Aperçu" not in site_render.build(site_document(3, 6), signature=b"s")["index.html"].decode()


def test_a_text_that_nobody_translated_is_given_in_french_and_says_so() -> None:
    site = site_document(1, 1)
    site["updates"][0]["text"] = {"fr": "Fermé"}
    english = site_render.build(site)["en.html"].decode()
    assert '<div class="text" lang="fr">Fermé</div>' in english and '<html lang="en"' in english
    assert "This text is not translated" in english


def test_two_news_that_follow_the_same_one_are_both_heads_and_the_page_says_so() -> None:
    site = site_document(1, 3)
    first, second, third = site["updates"]
    for update in site["updates"]:
        update["service"] = "s0"
    first["after"], second["after"], third["after"] = [], [first["id"]], [first["id"]]
    assert [update["id"] for update in site_render.heads(site, "s0")] == [second["id"], third["id"]]
    assert "écrites en même temps" in site_render.build(site)["index.html"].decode()
    # A circle, from a damaged file: the latest stands.
    first["after"], second["after"], third["after"] = [second["id"]], [third["id"]], [first["id"]]
    assert site_render.current(site, "s0") == third


def test_a_signature_made_in_the_browser_is_read_by_openssl_and_back(tmp_path: Path) -> None:
    key, sealed = signing_key()
    site = site_document(2, 2)
    made = run_script(
        """
import { derOf, rawOf } from "./bytes.js";
import { openKey, read, siteFiles, zip } from "./site-files.js";
const key = await openKey(given.box, given.passphrase);
const files = await siteFiles(given.site, given.kit, key);
const opened = await read("site.zip", zip(files), given.kit.public_key);
files["etat.json"][40] ^= 1;
const refusal = await read("site.zip", zip(files), given.kit.public_key).catch((error) => error.message);
const turned = given.signatures.map((der) => [...derOf(rawOf(Uint8Array.from(der)))]);
answer({ signature: [...files["etat.json.sig"]], good: opened.signature, site: opened.site, refusal, turned });
""",
        {
            "box": sealed["box"],
            "passphrase": PASSPHRASE,
            "site": site,
            "kit": site_render.kit(sealed["public_key"]),
            "signatures": (signatures := [list(key.sign(b"%d" % n, ec.ECDSA(SHA256()))) for n in range(40)]),
        },
    )
    assert made["good"] == "good" and made["site"] == site and "rien n'a été repris" in made["refusal"]
    assert made["turned"] == signatures  # r and s are sometimes short
    files = site_render.build(site, public_key=sealed["public_key"], signature=bytes(made["signature"]))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    command = "openssl dgst -sha256 -verify cle.pem -signature etat.json.sig etat.json"
    assert command in files["index.html"].decode()
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "Verified OK\n", done.stderr


def test_a_hostile_document_is_refused_by_the_stick_and_two_copies_become_one() -> None:
    site = site_document(4, 8)
    update = site["updates"][0]
    hostile = [
        site | {"format": 2},
        site | {"more": 1},
        site | {"document": "../x"},
        site | {"title": "x" * 81},
        site | {"languages": ["en"]},
        site | {"languages": ["fr", "fr"]},
        site | {"territory": site["territory"] | {"simulated": "no"}},
        site | {"services": [{"key": "__proto__ ", "name": {"fr": "x"}}]},
        site | {"updates": [update, update]},
        site | {"updates": [update | {"after": [site["document"]]}]},
        *(
            site | {"updates": [update | change]}
            for change in (
                {"state": "unknown"},
                {"text": {"fr": "x" * 1_501}},
                {"text": {"../x": "x"}},
                {"text": {"fr": "\u202e"}},
                {"at": "2026-02-30T00:00:00+01:00"},
                {"service": "nobody"},
                {"more": 1},
                {"author": None},
            )
        ),
    ]
    half, other = site | {"updates": site["updates"][:5]}, site | {"updates": site["updates"][3:]}
    for part in (half, other):
        known = {each["id"] for each in part["updates"]}
        part["updates"] = [
            each | {"after": []} if not set(each["after"]) <= known else each for each in part["updates"]
        ]
    whole = {each["id"]: each for each in half["updates"] + other["updates"]}
    half["updates"] = [whole[each["id"]] for each in half["updates"]]
    answers = run_script(
        """
import { parse, merge } from "./site-document.js";
const utf8 = (value) => new TextEncoder().encode(JSON.stringify(value));
const refused = given.hostile.map((each) => {
  try { parse(utf8(each)); return "taken"; } catch (error) { return error.message; }
});
const changed = structuredClone(given.other);
changed.updates[0].author = "autre";
let twice = "";
try { merge(given.half, changed); } catch (error) { twice = error.message; }
answer({ refused, twice, read: parse(utf8(given.site)), merged: [merge(given.half, given.other), merge(given.other, given.half)] });
""",
        {"site": site, "hostile": hostile, "half": half, "other": other},
    )
    assert [words for words in answers["refused"] if "rien n'a été repris" not in words] == []
    assert answers["read"] == site and "autre contenu" in answers["twice"]
    one, back = answers["merged"]
    assert one == back and len(one["updates"]) == 8
    assert json.loads(site_render.canonical(one)) == one


def test_the_stick_and_the_platform_find_the_same_old_translations() -> None:
    before = site_document(1, 3)["updates"]
    before[0]["text"] = {"fr": "Fermé lundi.", "en": "Closed  on Monday.", "ar": "مغلق"}
    before[1]["text"] = {"fr": "Fermé mardi.", "en": "Closed.", "ar": "مغلق"}
    before[2]["text"] = {}
    monday = {"fr": "Fermé lundi.", "en": "Closed on Monday.\n", "ar": "مغلق"}
    cases: list[tuple[list[dict[str, Any]], dict[str, str], list[str]]] = [
        (before[:1], monday, []),
        (before[:1], monday | {"fr": " Fermé\nlundi. "}, []),
        (before[:1], monday | {"fr": "Ouvert."}, ["en", "ar"]),
        (before[:1], monday | {"fr": "Ouvert.", "en": "Open."}, ["ar"]),
        (before[:1], {"en": "Closed on Monday."}, ["en"]),
        (before[:2], monday | {"fr": "Fermé mardi."}, ["en"]),
        (before[:2], monday, []),
        (before, monday | {"fr": "Ouvert.", "en": "", "oc": "Dubèrt."}, ["ar"]),
        ([], monday, []),
    ]
    given = [{"followed": followed, "texts": texts} for followed, texts, _ in cases]
    script = """
import { oldLanguages } from "./site-document.js";
answer(given.map((each) => oldLanguages(each.followed, "text", each.texts)));
"""
    expected = [old for _, _, old in cases]
    assert run_script(script, given) == expected
    python = [[Update.model_validate(each) for each in followed] for followed, _, _ in cases]
    found = [
        old_languages(followed, "text", texts) for followed, (_, texts, _) in zip(python, cases, strict=True)
    ]
    assert found == expected


def test_a_template_that_asks_for_what_is_not_there_gives_nothing() -> None:
    with pytest.raises(KeyError):
        mustache.render({"page": "{{missing}}"}, "page", {})
    with pytest.raises(ValueError, match="closed"):
        mustache.render({"page": "{{#open}}x"}, "page", {"open": True})
