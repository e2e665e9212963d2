"""The restoration site is the same, byte for byte, built by the platform or by the page of the stick."""

import json
import xml.etree.ElementTree as ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from beffroi.web.continuity.offline_pages import mustache, site_render
from support.offline_pages import run_script, signing_key, site_document

BUILD = """
import { build } from "./site-render.js";
answer(given.sites.map((site) => Object.fromEntries(build(site, given.kit))));
"""
KIT = {"templates": site_render.templates(), "labels": site_render.labels()}


def test_the_browser_and_the_platform_write_the_same_bytes() -> None:
    sites = [
        site_document(2, 0),
        site_document(5, 12, signed=True) | {"exercise": True},
        site_document(3, 70, characters=10),
        site_document(60, 300, characters=300),
        site_document(4, 20) | {"languages": ["ar", "fr", "de"], "title": "{{x}} $1 <i>'"},
    ]
    for site in sites:
        for service in site["services"]:
            service["name"].setdefault(site["languages"][0], service["name"]["fr"])
    built = run_script(BUILD, {"sites": sites, "kit": KIT})
    for site, files in zip(sites, built, strict=True):
        assert {name: text.encode() for name, text in files.items()} == site_render.build(site)


def test_a_page_stays_under_a_hundred_kilobytes_with_sixty_services() -> None:
    files = site_render.build(site_document(60, 400, characters=300))
    pages = {name: len(content) for name, content in files.items() if name.endswith(".html")}
    assert max(pages.values()) <= 100_000, pages
    history = b"".join(files[name] for name in files if name.startswith("historique"))
    assert history.count(b"<article") == 400


def test_words_typed_by_people_never_become_markup() -> None:
    files = site_render.build(site_document(3, 6))
    for name, content in files.items():
        if name.endswith((".html", ".xml")):
            assert b"<b>" not in content and b"<script" not in content, name
    ElementTree.fromstring(files["fil.xml"])


def test_the_site_asks_nothing_of_anyone_and_says_what_it_is() -> None:
    files = site_render.build(site_document(3, 6) | {"exercise": True})
    for name in ("index.html", "en.html", "historique.html"):
        page = files[name].decode()
        assert "default-src 'none'" in page and "http://" not in page and "https://" not in page
    assert "EXERCICE" in files["index.html"].decode() and "Données simulées" in files["index.html"].decode()
    assert json.loads(files["etat.json"])["updates"]


def test_a_text_that_nobody_translated_is_given_in_the_first_language_and_says_so() -> None:
    site = site_document(1, 1)
    site["updates"][0]["text"] = {"fr": "Fermé"}
    english = site_render.build(site)["en.html"].decode()
    assert '<p lang="fr" dir="auto">Fermé</p>' in english and '<html lang="en"' in english


def test_two_news_that_follow_the_same_one_are_both_heads() -> None:
    site = site_document(1, 3)
    first, second, third = site["updates"]
    for update in site["updates"]:
        update["service"] = "s0"
    first["after"], second["after"], third["after"] = [], [first["id"]], [first["id"]]
    assert {update["id"] for update in site_render.heads(site, "s0")} == {second["id"], third["id"]}
    first["after"] = [second["id"]]  # a circle, from a damaged file: the latest stands
    third["after"] = [first["id"]]
    second["after"] = [third["id"]]
    latest = max(site["updates"], key=site_render.when)
    assert site_render.current(site, "s0") == latest


def test_a_signature_goes_from_one_form_to_the_other() -> None:
    key, _ = signing_key()
    for rank in range(20):  # r and s are sometimes short
        der = key.sign(b"%d" % rank, ec.ECDSA(SHA256()))
        raw = site_render.raw_signature(der)
        assert len(raw) == 64
        key.public_key().verify(site_render.der_signature(raw), b"%d" % rank, ec.ECDSA(SHA256()))
    with pytest.raises(ValueError, match="64"):
        site_render.der_signature(b"short")


def test_a_template_that_asks_for_what_is_not_there_gives_nothing() -> None:
    with pytest.raises(KeyError):
        mustache.render({"page": "{{missing}}"}, "page", {})
    with pytest.raises(ValueError, match="closed"):
        mustache.render({"page": "{{#open}}x"}, "page", {"open": True})
