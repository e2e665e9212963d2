"""The help of the site: « Aide » in every header, guides for members and for everyone."""

import pytest
from django.test import Client

from places import strongly

pytestmark = pytest.mark.django_db


def test_help_stands_in_the_header_of_members_visitors_and_of_the_door(town, agent):
    member = Client()
    strongly(member, agent)
    for client, path, guide in (
        (member, f"/t/{town.slug}/donnees/deposer/", "/aide/deposer/#d"),
        (Client(), f"/p/{town.slug}/contester/", "/aide/contester/#vous"),
        (Client(), "/compte/login/", "/aide/connexion/#si"),
    ):
        header = client.get(path).text.split("<main")[0 if "login" not in path else 1]
        assert "Aide</summary>" in header and f'href="{guide}' in header, path
    assert "Aide</summary>" not in Client().get("/rien-ici/").text


def test_a_visitor_reads_the_guides_of_citizens_and_members_read_them_all(agent):
    visitor, member = Client(), Client()
    strongly(member, agent)
    listed = visitor.get("/aide/").text
    assert 'href="/aide/contester/"' in listed and 'href="/aide/deposer/"' not in listed
    assert visitor.get("/aide/contester/").status_code == 200
    assert visitor.get("/aide/deposer/").url == "/compte/login/?next=/aide/deposer/"
    page = member.get("/aide/deposer/").text
    assert '<h2 id="publier">' in page and 'href="#publier"' in page and 'rel="next"' in page
    assert "Données" in member.get("/aide/").text
    assert visitor.get("/aide/inconnu/").status_code == 404


def test_the_search_of_the_guides_shows_passages(agent):
    member = Client()
    strongly(member, agent)
    assert "<mark>décimales</mark>" in member.get("/aide/?q=decimales").text
    assert "0 passage pour" in Client().get("/aide/?q=zzz%3Cscript%3E").text.replace("\xa0", " ")
    assert "<script>" not in Client().get("/aide/?q=%3Cscript%3E").text.split("<main")[1]
