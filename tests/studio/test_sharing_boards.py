"""Boards between people: what members write under them, and links that show them outside until a date."""

from datetime import timedelta

import pytest
from canteens import FAMILIES, MEALS, poured, saved, served_by_site
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Membership
from beffroi.web.studio import comments, services, sharing
from beffroi.web.studio.answers import StudioError
from beffroi.web.studio.models import BoardComment, BoardLink
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(town, agent):
    saved(town, agent, served_by_site(poured(town, agent, MEALS).dataset))
    families = poured(town, agent, FAMILIES, "Familles.csv").dataset
    definition = {
        "title": "Combien de familles",
        "sources": {"f": families.slug},
        "steps": [
            {"step": "source", "source": "f"},
            {"step": "group", "by": [], "measures": [{"name": "n", "operation": "count"}]},
        ],
    }
    saved(town, agent, definition, slug="familles")
    return services.save_board(
        town, agent, "cantine", "Un matin à la cantine", "Combien ?", ["repas", "familles"]
    )


def client_of(person):
    client = Client()
    strongly(client, person)
    return client


def at(board, name="board", *more):
    return reverse(name, args=[board.territory.slug, board.slug, *more])


def in_a_month():
    return timezone.localdate() + timedelta(days=30)


# Comments


def test_a_comment_is_read_by_members_and_never_by_the_public(town, agent, steward, board):
    page = client_of(agent).post(
        at(board, "board-comment"), {"text": "Le Bac : travaux en <février>."}, follow=True
    )
    assert "Le Bac : travaux en &lt;février&gt;." in page.content.decode()
    assert "travaux" in client_of(a_person(town, "auditor")).get(at(board)).content.decode()
    _, secret = sharing.create_link(board, steward, in_a_month(), "bureau")
    page_text = Client().get(reverse("portal-link", args=[town.slug, secret])).content.decode()
    assert "travaux" not in page_text


@pytest.mark.parametrize(
    ("text", "message"), [("  ", "Écrivez votre commentaire"), ("x" * 2001, "2000 au plus")]
)
def test_an_invalid_comment_comes_back_to_be_corrected(agent, board, text, message):
    page = client_of(agent).post(at(board, "board-comment"), {"text": text}).content.decode()
    assert message in page
    assert text.strip() in page
    assert not BoardComment.objects.exists()


def test_only_its_author_or_who_answers_for_data_takes_a_comment_away(town, agent, steward, board):
    made = comments.add_comment(board, agent, "À revoir")
    other = a_person(town, "supervisor")
    removal = at(board, "board-comment-remove", made.pk)
    assert client_of(other).post(removal).status_code == 404
    assert "Retirer<span" not in client_of(other).get(at(board)).content.decode().split("Commentaires")[1]
    assert BoardComment.objects.count() == 1
    assert client_of(steward).post(removal).status_code == 302
    assert not BoardComment.objects.exists()
    own_comment = comments.add_comment(board, agent, "À moi")
    client_of(agent).post(at(board, "board-comment-remove", own_comment.pk))
    assert not BoardComment.objects.exists()


def test_an_auditor_reads_and_does_not_write(town, board):
    auditor = a_person(town, "auditor")
    assert client_of(auditor).post(at(board, "board-comment"), {"text": "Vu"}).status_code == 404
    with pytest.raises(PermissionDenied):
        comments.add_comment(board, auditor, "Vu")


# Links


@pytest.mark.parametrize(
    ("public", "opens"),
    [("https://donnees.exemple.fr", True), ("http://127.0.0.1:8000", False), ("http://0.0.0.0:8000", False)],
)
def test_a_link_bears_the_public_address_or_its_page_says_that_nobody_else_can_open_it(
    steward, board, settings, public, opens
):
    settings.BASE_URL = public
    posted = {"note": "bureau", "until": in_a_month()}
    page = client_of(steward).post(at(board, "board-share"), posted).content.decode()
    assert page.split('id="lien">')[1].startswith(f"{public}/")
    assert ("Personne d&#x27;autre" in page or "Personne d'autre" in page, "BEFFROI_URL" in page) == (
        not opens,
        not opens,
    )


def test_a_link_opens_the_board_to_anyone_without_personal_data(town, steward, board):
    page = client_of(steward).post(at(board, "board-share"), {"note": "bureau", "until": in_a_month()})
    link = BoardLink.objects.get()
    text = page.content.decode()
    address = text.split('id="lien">')[1].split("<")[0]
    assert link.digest not in text
    visitor = Client()
    response = visitor.get(address)
    page_text = response.content.decode()
    assert response.status_code == 200
    assert "Repas servis par site" in page_text
    assert "226" in page_text
    assert "Combien de familles" not in page_text
    assert "ne sortent pas de la collectivité" in page_text
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]
    assert visitor.get(address + "1.json").json()["data"]["values"]
    assert visitor.get(address + "2.json").status_code == 404
    # Nothing in the page leads inside.
    assert f"/t/{town.slug}/" not in page_text
    # The address is not told again, and the ledger does not hold it.
    secret = address.rstrip("/").rsplit("/", 1)[1]
    assert secret not in client_of(steward).get(at(board, "board-share")).content.decode()
    assert [line.act for line in ledger.lines_of(town)][-1] == "board.link"


def test_a_link_shows_no_more_what_a_restriction_closed(town, steward, board):
    link, _ = sharing.create_link(board, steward, in_a_month(), "bureau")
    figures, _ = sharing.link_figures(link, lambda rank: "")
    assert len(figures) == 1
    recipe = board.figures.get(rank=1).recipe
    meals = Dataset.objects.of(town).get(slug=recipe.definition["sources"]["cantine"])
    complete = {"licence": "Licence Ouverte 2.0", "producer": "Ville", "owner": steward}
    lifecycle.publish(lifecycle.edit_card(meals, steward, **complete), steward)
    lifecycle.edit_card(meals, steward, protects="firms")
    assert sharing.link_figures(link, lambda rank: "")[0] == []


def test_a_link_ends_at_its_date_when_closed_and_with_its_maker(town, steward, board):
    def answers(secret):
        return Client().get(reverse("portal-link", args=[town.slug, secret])).status_code

    link, secret = sharing.create_link(board, steward, timezone.localdate(), "bureau")
    assert answers(secret) == 200
    BoardLink.objects.filter(pk=link.pk).update(until=timezone.localdate() - timedelta(days=1))
    assert answers(secret) == 404
    closed, other = sharing.create_link(board, steward, in_a_month(), "presse")
    assert client_of(steward).post(at(board, "board-unshare", closed.pk)).status_code == 302
    assert answers(other) == 404
    _, last = sharing.create_link(board, steward, in_a_month(), "élus")
    assert answers(last) == 200
    Membership.objects.filter(person=steward, role="data_officer").delete()
    assert answers(last) == 404
    assert answers("nulle-part") == 404


def test_a_link_is_for_those_who_publish_and_has_an_end(town, agent, steward, board):
    assert client_of(agent).get(at(board, "board-share")).status_code == 404
    with pytest.raises(PermissionDenied):
        sharing.create_link(board, agent, in_a_month(), "bureau")
    for until in (timezone.localdate() - timedelta(days=1), timezone.localdate() + timedelta(days=400)):
        with pytest.raises(StudioError, match="dans un an"):
            sharing.create_link(board, steward, until, "bureau")
        page = (
            client_of(steward)
            .post(at(board, "board-share"), {"note": "bureau", "until": until})
            .content.decode()
        )
        assert "dans un an" in page
    assert "obligatoire" in client_of(steward).post(at(board, "board-share"), {}).content.decode()
    assert not BoardLink.objects.exists()


def test_no_link_is_made_that_would_lead_nowhere_where_the_public_page_is_closed(town, steward, board):
    town.closed = {"room:portal": "territory"}
    town.save(update_fields=["closed"])
    board.territory = town
    with pytest.raises(StudioError, match=r"Page publique.*fermée ici.*administrateur"):
        sharing.create_link(board, steward, timezone.localdate() + timedelta(days=7), "le bureau")
    assert BoardLink.objects.count() == 0
