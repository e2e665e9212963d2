"""What is read of a page: each kind of foreign host, hidden or visible, the words a reader sees, their language; sketches of large pages."""

import pytest

from beffroi.web.cyber.sites.page_features import SKETCH_SIZE, extract, share_of, sketch
from beffroi.web.cyber.sites.text_languages import detect_language

PAGE = """<!doctype html><html><head><title> Mairie  de Roche </title><base href="https://base.example/">
<meta http-equiv="Refresh" content="5; URL='https://refresh.example/x'"><style>.off { display : none } .on{color:red}</style>
<script src="https://script.example/a.js"></script><script src="/own.js"></script>
<script>var s=document.createElement("script"); s.src="//loader.example/x.js"; location.href = "https://jump.example/"</script></head>
<body><h1>Bienvenue à <b>Roche</b></h1><p>Ouvert 12 jours</p><h2>Agenda</h2><ul><li>Un</li><li>Deux</li></ul>
<a href="https://www.mairie.example/a?x=1#y">ici</a><a href="https://seen.example/">vu</a><a href="mailto:x@y.example">x</a>
<div class="off"><p>caché</p><a href="https://class.example/">x</a></div><div class="on"><a href="https://on.example">x</a></div>
<p style="text-indent: -9999px"><a href="https://style.example/">x</a></p><span hidden><a href="https://attribute.example/">x</a></span>
<iframe src="https://frame.example/"></iframe><iframe src="https://tiny.example/" height="1"></iframe>
<form action="https://form.example/"></form><img src="https://image.example/a.png"><img src="/b.png"><br>
<div style="position: fixed; top: 0; left: 0; width: 100%; height: 100%">x</div></body></html>"""


def test_each_kind_of_foreign_host_is_told_apart():
    found = extract(PAGE.encode(), "https://mairie.example/")
    assert (found.title, found.headings) == ("Mairie de Roche", ["Bienvenue à Roche", "Agenda"])
    assert found.link_hosts == ["on.example", "seen.example"]
    assert found.hidden_link_hosts == ["attribute.example", "class.example", "style.example"]
    assert (found.script_hosts, found.loader_hosts) == (
        ["script.example"],
        ["jump.example", "loader.example"],
    )
    assert found.script_redirects == ["jump.example"]
    assert (found.frame_hosts, found.hidden_frame_hosts) == (["frame.example"], ["tiny.example"])
    assert (found.form_hosts, found.image_hosts) == (["form.example"], ["image.example"])
    assert (found.base_host, found.refresh_host) == ("base.example", "refresh.example")
    assert found.image_count == 2 and len(found.overlays) == 1 and len(found.inline_scripts) == 1
    assert found.navigation == sketch(["https://www.mairie.example/a"])
    assert found.top == "Bienvenue à Roche Ouvert 12 jours Agenda Un Deux icivux x x"
    other = extract(PAGE.replace("12 jours", "345 jours").encode(), "https://mairie.example/")
    assert other.words == found.words, "figures count alike"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("la mairie est ouverte pour les habitants du bourg et des hameaux le samedi", "français"),
        ("we are the people and we will not be silent this is for you", "anglais"),
        ("ваше правительство поддерживает войну", "écriture cyrillique"),
        ("la mairie", ""),
        ("roche lande valbruyere essarts montferrand aubin pres neufs bourg pont gare place", ""),
    ],
)
def test_a_language_is_named_when_it_stands_out(text: str, language: str):
    assert detect_language(text.split()) == language


def test_a_short_sentence_has_a_language_when_fewer_words_are_enough():
    sentence = ["this", "is", "the", "end", "of", "you"]
    assert (detect_language(sentence), detect_language(sentence, 6)) == ("", "anglais")


def test_a_share_of_large_pages_is_estimated_within_a_few_points():
    whole = [f"mot{n}" for n in range(20_000)]
    assert share_of(sketch(whole[:5]), sketch(whole[:10])) == 1.0
    assert share_of(sketch(whole[:10]), sketch(whole[:5])) == 0.5
    assert share_of([], sketch(whole)) == 1.0 and share_of(sketch(whole[:3]), []) == 0.0
    large, part = sketch(whole), sketch(whole[5_000:])
    assert len(large) == SKETCH_SIZE and abs(share_of(large, part) - 0.75) < 0.06
