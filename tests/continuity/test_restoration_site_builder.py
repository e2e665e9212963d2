"""The static restoration page: what residents read, in which words, in how many bytes; nothing runs, nothing is fetched."""

import itertools
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from beffroi.web.continuity.restoration_site import builder, document_signing
from beffroi.web.continuity.restoration_site.document import canonical, from_data

from .restoration import a_document, an_update, uid

ATOM = "{http://www.w3.org/2005/Atom}"
VOID = {"meta", "link", "br"}
PRIVATE, PUBLIC = document_signing.new_key()
HOSTILE = "</title></style><script src=//x.example></script>\"'><img src=x onerror=alert(1)>&"


def built(data: dict[str, Any]) -> dict[str, bytes]:
    document = from_data(data)
    return builder.build(
        document, public_key=PUBLIC, signature=document_signing.sign(canonical(document), PRIVATE)
    )


class Structure(HTMLParser):
    """Tags as they nest; fails at one that is not closed where it should."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def html_pages(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name.endswith(".html")}


def test_residents_read_the_state_since_when_what_to_do_and_when_they_will_know_more():
    page = built(a_document(an_update("one", next_news="2026-11-30T18:00:00+01:00")))["index.html"].decode()
    for words in (
        "Vos services pendant la panne", "Valbruyère", "Mis à jour le 29 novembre 2026 à 08:00", "Cantine", "Arrêté",
        "Depuis le 28 novembre 2026 à 22:00", "Annonce one.", "À la place", "Apportez un pique-nique.",
        "Prochaines nouvelles : le 30 novembre 2026 à 18:00", "Pas encore d&#x27;annonce", "État civil",
        "Données simulées", document_signing.fingerprint(PUBLIC), "openssl dgst -sha256 -verify cle.pem",
    ):  # fmt: skip
        assert words in page, words
    assert (
        '<span class="shape" aria-hidden="true">■</span>Arrêté' in page
    )  # a word and a shape, not colour alone
    assert "EXERCICE" not in page and "Aperçu" not in page and "Claire Martin" not in page


def test_the_first_of_a_month_is_written_as_french_writes_it():
    data = a_document(an_update("one", at="2026-12-01T08:00:00+01:00", since="2026-12-11T08:00:00+01:00"))
    files = builder.build(from_data(data), public_key="", signature=b"s")
    page = files["index.html"].decode()
    assert "1er décembre 2026" in page and "11 décembre 2026" in page
    assert "1er décembre" in files["facile.html"].decode() and "1 December 2026" in files["en.html"].decode()


def test_a_page_has_no_script_no_style_of_others_and_fetches_nothing():
    for name, page in html_pages(built(a_document(an_update("one")))).items():
        found = Structure(page)
        assert {tag for tag, _ in found.tags} <= {
            "html", "head", "meta", "title", "link", "style", "body", "header", "p", "h1", "h2", "h3", "nav", "ul", "li", "a",
            "main", "section", "article", "span", "div", "strong", "footer", "br", "code",
        }, name  # fmt: skip
        addresses = [
            value for _, attrs in found.tags for key, value in attrs.items() if key in ("href", "src")
        ]
        assert addresses and all(
            re.fullmatch(r"[a-z0-9.-]+(#a[0-9a-f-]+)?", value or "") for value in addresses
        )
        assert all("style" not in attrs for _, attrs in found.tags)
        assert b"default-src 'none'" in page
        levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_address_of_a_page_is_a_file_of_the_site():
    updates = [an_update(str(n), text={"fr": "x" * 1_400}) for n in range(200)]
    files = built(a_document(*updates))
    for page in html_pages(files).values():
        for _, attrs in Structure(page).tags:
            if target := attrs.get("href"):
                assert target.partition("#")[0] in files


def test_hostile_texts_are_displayed_and_never_run():
    everywhere = {"fr": HOSTILE, "en": HOSTILE}
    data = a_document(
        an_update("one", text=everywhere, alternative=everywhere, author=HOSTILE[:120]),
        title=HOSTILE[:80],
        territory={"code": "99T01", "name": HOSTILE[:80], "simulated": False},
        services=[{"key": "canteen", "name": {"fr": HOSTILE[:80]}}],
    )
    files = built(data)
    for page in html_pages(files).values():
        found = Structure(page)
        assert not {"script", "img"} & {tag for tag, _ in found.tags}
        assert any("<script src=//x.example>" in text for text in found.texts)
    entry = ElementTree.fromstring(files["fil.xml"]).find(f"{ATOM}entry")
    assert entry is not None and HOSTILE in (entry.findtext(f"{ATOM}content") or "")


def test_easy_french_and_other_languages_are_typed_by_people_and_fall_back_to_french_saying_so():
    texts = {"fr": "La cantine est fermée.", "en": "No school meals."}
    data = a_document(an_update("one", text=texts), languages=["fr", "fr-x-facile", "en", "ar", "br"])
    files = built(data)
    english, easy, arabic = (files[name].decode() for name in ("en.html", "facile.html", "ar.html"))
    assert '<html lang="en">' in english and "No school meals." in english and "Stopped" in english
    assert '<div class="text" lang="en">No school meals.' in english and "School meals" in english
    assert "Here it is in French." in english and 'lang="fr">Apportez' in english  # of the alternative
    assert (
        '<html lang="fr">' in easy
        and "pas encore en français facile" in easy
        and "La cantine est fermée." in easy
    )
    assert '<html lang="fr">' in arabic and 'lang="ar" hreflang="ar" aria-current="page">العربية' in arabic
    assert "No school meals." not in files["index.html"].decode()
    assert "n&#x27;est pas traduit" not in files["index.html"].decode()
    for name in ("index.html", "facile.html", "en.html"):
        assert all(
            f'href="{other}"' in files[name].decode()
            for other in ("index.html", "facile.html", "en.html", "ar.html")
        )


def test_an_exercise_and_a_preview_say_so_on_each_page():
    document = from_data(a_document(an_update("one"), exercise=True))
    files = builder.build(document, public_key=PUBLIC, signature=None)
    assert "etat.json.sig" not in files
    for name, page in html_pages(files).items():
        assert ("EXERCI" in page.decode()) and ("Aperçu" in page.decode() or name.startswith("en")), name
    assert b"EXERCICE - " in files["fil.xml"] and b'"exercise":true' in files["etat.json"]


def test_the_same_document_gives_the_same_bytes_and_they_are_signed():
    data = a_document(an_update("one"), an_update("two", "civil", state="works"))
    turned = data | {"services": data["services"][::-1], "updates": data["updates"][::-1]}
    first = builder.build(from_data(data), public_key=PUBLIC, signature=b"s")
    assert first == builder.build(from_data(turned), public_key=PUBLIC, signature=b"s")
    files = built(data)
    assert document_signing.verify(files["etat.json"], files["etat.json.sig"], files["cle.pem"].decode())


def test_services_are_sorted_by_state_then_by_name_and_a_conflict_is_said():
    page = built(a_document(
        an_update("a", "canteen", state="works"),
        an_update("b", "civil"),
        an_update("c", "civil", state="degraded", at="2026-11-29T09:00:00+01:00"),
    ))["index.html"].decode()  # fmt: skip
    assert page.index("Fonctionne autrement (1)") < page.index("Fonctionne (1)")
    assert "écrites en même temps" in page


def the_largest() -> dict[str, Any]:
    """As many services, languages and long texts as a document may have, each sign six bytes once escaped."""
    services = [{"key": f"s{n}", "name": {"fr": '"' * 80}} for n in range(80)]
    updates = [
        an_update(str(n), f"s{n % 80}", text={"fr": '"' * 1_500}, alternative={"fr": "'" * 1_500},
                  after=[uid(str(n - 80))] if n >= 80 else [])
        for n in range(240)
    ]  # fmt: skip
    return a_document(*updates, services=services, title='"' * 80,
                      territory={"code": "1", "name": '"' * 80, "simulated": True})  # fmt: skip


def test_no_page_passes_100_kb_and_the_whole_history_is_there():
    files = built(the_largest())
    sizes = {name: len(content) for name, content in files.items() if name.endswith((".html", ".xml"))}
    assert max(sizes.values()) <= 100_000, sizes
    history = b"".join(
        content for name, content in files.items() if re.fullmatch(r"historique(-\d+)?\.html", name)
    )
    assert all(f'id="a{uid(str(n))}"'.encode() in history for n in range(240))
    assert history.count(b"<article") == 240


def test_an_ordinary_page_is_light():
    services = [{"key": f"s{n}", "name": {"fr": f"Service numéro {n}"}} for n in range(40)]
    updates = [an_update(str(n), f"s{n}", text={"fr": "Le guichet reste ouvert. " * 10}) for n in range(40)]
    files = built(a_document(*updates, services=services))
    assert len(files["index.html"]) < 60_000 and b"Le guichet reste ouvert. " * 9 in files["index.html"]


@pytest.mark.parametrize(
    "data", [a_document(), a_document(an_update("one"), an_update("two", "civil"))], ids=["empty", "two"]
)
def test_the_feed_is_atom(data: dict[str, Any]):
    feed = ElementTree.fromstring(built(data)["fil.xml"])
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):  # RFC 4287, 4.1.1 and 4.1.2
            assert element.findtext(f"{ATOM}{name}"), name
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", element.findtext(f"{ATOM}id") or "")
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)",
            element.findtext(f"{ATOM}updated") or "",
        )
        assert element.find(f"{ATOM}link[@rel='alternate']") is not None
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Valbruyère"
    assert len(feed.findall(f"{ATOM}entry")) == len(data["updates"])
