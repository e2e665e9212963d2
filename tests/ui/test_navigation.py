"""The places of the navigation: only those in which the reader may do something, in the house's order."""

import pytest
from django.template import Context, Template

from beffroi.web.ui import navigation
from beffroi.web.ui.navigation import Entry, entries_for, register


@pytest.fixture
def places(monkeypatch, settings):
    settings.ROOT_URLCONF = "ui.guide"
    monkeypatch.setattr(navigation, "_entries", [])
    register(Entry("decisions", "Propositions", "guide_place", "proposal.read"))
    register(Entry("donnees", "Catalogue", "guide_place", "dataset.read"))
    return lambda *acts: entries_for(
        lambda act: act in acts, {"slug": "aubane"}, current_path="/t/aubane/place/1"
    )


def test_a_person_sees_only_where_they_may_act(places):
    assert [item.label for item in places("proposal.read")] == ["À valider"]
    assert places() == []


def test_places_keep_the_order_of_the_house(places):
    items = places("proposal.read", "dataset.read")
    assert [item.place for item in items] == ["donnees", "decisions"]
    assert all(item.url == "/t/aubane/place/" and item.current for item in items)


def test_a_folded_place_is_reached_from_the_one_that_takes_it_in(places):
    register(Entry("continuite", "Continuité", "guide_place", "continuity.read"))
    register(Entry("securite", "Sécurité", "guide_place", "cyber.read", 5))

    def labels(*acts, **more):
        found = entries_for(
            lambda act: act in acts, {"slug": "aubane"}, current_path="/t/aubane/ailleurs/", **more
        )
        return [(item.label, item.current) for item in found]

    both = ("continuity.read", "cyber.read")
    assert labels(*both) == [("Sécurité", False), ("Continuité", False)]
    assert labels(*both, folded={"continuite"}) == [("Sécurité", False)]
    # Its pages are then inside, for who may open nothing else there too.
    assert labels(*both, folded={"continuite"}, current_place="continuite") == [("Sécurité", True)]
    assert labels("continuity.read", folded={"continuite"}) == [("Sécurité", False)]
    assert labels(*both, current_place="continuite") == [("Sécurité", False), ("Continuité", True)]


def test_an_unknown_place_is_refused():
    with pytest.raises(KeyError):
        register(Entry("caves", "Caves", "guide_place", "dataset.read"))


@pytest.mark.parametrize("address", ["", "/t/ville/jeux/"])
def test_a_title_in_the_path_to_a_page_is_text(address):
    path = Template("{% load ui %}{% crumb title address %}")
    html = path.render(Context({"title": "<b>Cantines</b>", "address": address}))
    assert "&lt;b&gt;Cantines&lt;/b&gt;" in html
    assert "<b>" not in html
