"""Publication of personal data: requested with its ground, advised by the DPO, decided by the controller, and by no other way."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from deliveries import FAMILIES
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.recipes.model import Recipe
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError, PublicationError
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset, PublicationRequest, Snapshot
from beffroi.web.catalogue.publication import authorisations, workflow
from beffroi.web.catalogue.publication.grounds import categories
from beffroi.web.catalogue.sources import pushing
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio import services as studio
from beffroi.web.studio import sharing
from beffroi.web.studio.materialized import materialization
from places import a_person, poured, strongly

pytestmark = pytest.mark.django_db

ELECTED = "Nom;Prénom;Mandat;Courriel personnel\n" + "".join(
    f"Zelmire{n};Élue{n};Adjointe {n};e{n}@exemple-prive.fr\n" for n in range(5)
)
NAME, MAIL = re.compile(r"Zelmire\d"), "exemple-prive"
WHY = "Les habitants cherchent l'élu chargé d'un sujet."


@pytest.fixture
def dpo(town: Territory) -> Person:
    return a_person(town, "dpo")


@pytest.fixture
def decider(town: Territory) -> Person:
    return a_person(town, "decider")


def complete(dataset: Dataset, steward: Person) -> Dataset:
    return lifecycle.edit_card(
        dataset, steward, licence="Licence Ouverte 2.0", producer="Ville de Valbruyère", owner=steward
    )


@pytest.fixture
def elected(town: Territory, steward: Person) -> Dataset:
    return complete(poured(town, steward, "elus.csv", ELECTED).dataset, steward)


def requested(dataset: Dataset, person: Person, **more: Any) -> PublicationRequest:
    asked: dict[str, Any] = {
        "ground": "text",
        "category": "political-life",
        "evidence": "Répertoire des élus du conseil municipal.",
        "columns": ["nom", "prenom", "mandat"],
        "reason": WHY,
    }
    return workflow.request_publication(dataset, person, **asked | more)


def advised(request: PublicationRequest, dpo: Person, opinion: str = "favourable") -> PublicationRequest:
    workflow.advise(request, dpo, opinion, "Le texte vise bien ce document.")
    return request


def authorised(dataset: Dataset, steward: Person, dpo: Person, decider: Person, **more: Any) -> Dataset:
    workflow.settle(advised(requested(dataset, steward, **more), dpo), decider, authorise=True)
    dataset.refresh_from_db()
    return dataset


def acts(town: Territory) -> list[str]:
    return [line.act for line in ledger.lines_of(town)]


# Who may do which step


@pytest.mark.requirement("R18")
def test_a_personal_dataset_is_published_after_the_opinion_by_the_controller(
    town: Territory, elected: Dataset, steward: Person, dpo: Person, decider: Person
) -> None:
    request = requested(elected, steward)
    with pytest.raises(PublicationError, match="vient avant la décision"):
        workflow.settle(request, decider, authorise=True)
    workflow.settle(advised(request, dpo), decider, authorise=True)
    elected.refresh_from_db()
    assert elected.published_at is not None and authorisations.is_public(elected)
    assert acts(town)[-4:] == [
        "publication.request",
        "publication.advise",
        "publication.decide",
        "dataset.publish",
    ]
    details = ledger.lines_of(town).filter(act="publication.decide").get().detail.payload
    assert (details["outcome"], details["same_person"], details["against_opinion"]) == (
        "authorised",
        False,
        False,
    )


@pytest.mark.parametrize(
    ("step", "roles"),
    [
        ("request", ("agent", "administrator", "dpo", "decider")),
        ("advise", ("data_officer", "committee_member", "administrator", "decider")),
        ("decide", ("data_officer", "administrator", "dpo", "supervisor")),
    ],
)
def test_each_step_belongs_to_one_role(
    town: Territory, elected: Dataset, steward: Person, dpo: Person, step: str, roles: tuple[str, ...]
) -> None:
    request = None if step == "request" else requested(elected, steward)
    if step == "decide" and request is not None:
        advised(request, dpo)
    attempts: dict[str, Callable[[Person], Any]] = {
        "request": lambda person: requested(elected, person),
        "advise": lambda person: workflow.advise(request, person, "favourable", "…"),  # type: ignore[arg-type]
        "decide": lambda person: workflow.settle(request, person, authorise=True),  # type: ignore[arg-type]
    }
    for role in roles:
        person = a_person(town, role, email=f"{role}.{step}@example.org")
        with pytest.raises(PermissionDenied):
            attempts[step](person)
    elected.refresh_from_db()
    assert elected.published_at is None


def test_a_decision_against_the_opinion_says_why(
    elected: Dataset, steward: Person, dpo: Person, decider: Person
) -> None:
    request = advised(requested(elected, steward), dpo, "unfavourable")
    with pytest.raises(PublicationError, match="raisons de votre décision"):
        workflow.settle(request, decider, authorise=True)
    workflow.settle(request, decider, authorise=True, reason="La loi demande ce répertoire.")
    request.refresh_from_db()
    page = text_of(Client().get(_public(elected)))
    assert (
        request.against_opinion
        and "a décidé contre cet avis" in page
        and "La loi demande ce répertoire." in page
    )


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def _public(dataset: Dataset) -> str:
    return reverse("portal-dataset", args=[dataset.territory.slug, dataset.slug])


def test_who_requested_decides_only_where_nobody_else_can_and_it_is_said(
    town: Territory, elected: Dataset, dpo: Person, steward: Person
) -> None:
    alone = a_person(town, "decider", "data_officer", email="maire@example.org")
    request = advised(requested(elected, alone), dpo)
    other = a_person(town, "decider", email="adjoint@example.org")
    with pytest.raises(PublicationError, match="decider le peut"):
        workflow.settle(request, alone, authorise=True)
    other.memberships.update(until=timezone.now() - timedelta(days=1))
    workflow.settle(request, alone, authorise=True)
    assert ledger.lines_of(town).filter(act="publication.decide").get().detail.payload["same_person"]
    assert "la même personne a demandé et décidé" in text_of(Client().get(_public(elected)))


def test_who_gave_the_opinion_neither_requested_nor_decides(
    town: Territory, elected: Dataset, steward: Person, dpo: Person
) -> None:
    both = a_person(town, "decider", email="les.deux@example.org")
    request = advised(requested(elected, steward), dpo)
    # The opinion's author became the elected decider since.
    with transaction.atomic():
        dpo.memberships.update(role="committee_member")
        both.memberships.update(person=dpo)
    with pytest.raises(PublicationError, match="Vous avez donné l'avis"):
        workflow.settle(request, dpo, authorise=True)
    with pytest.raises(IntegrityError, match="another person than the DPO"), transaction.atomic():
        PublicationRequest.objects.filter(pk=request.pk).update(outcome="authorised", decided_by=dpo)


# The ground


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"category": "inconnue"}, "catégorie de documents"),
        ({"evidence": "  "}, "quel document c'est"),
        ({"ground": "consent", "evidence": ""}, "donné leur accord"),
        ({"ground": "anonymised"}, "n'est pas le résultat d'une analyse"),
        ({"columns": []}, "Cochez les colonnes"),
        ({"columns": ["nom", "salaire"]}, "n'est pas dans ce jeu"),
        ({"reason": " "}, "pourquoi publier"),
    ],
)
def test_a_request_proves_its_ground(
    elected: Dataset, steward: Person, changes: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(PublicationError, match=refusal):
        requested(elected, steward, **changes)
    assert not PublicationRequest.objects.exists()


def test_texts_say_their_article_source_and_what_a_lawyer_has_to_read() -> None:
    found = categories()
    assert [one.point for one in found.values()] == [f"{n}°" for n in range(1, 10)]
    assert found["political-life"].reference == "CRPA, art. D. 312-1-3, 6°"
    assert all(
        one.text.source and one.text.read_on and "juriste" in one.text.to_check for one in found.values()
    )


def test_consent_does_not_cover_the_next_file(
    town: Territory, elected: Dataset, steward: Person, dpo: Person, decider: Person
) -> None:
    authorised(elected, steward, dpo, decider, ground="consent", category="", evidence="Formulaires signés.")
    assert "retirer votre accord" in text_of(Client().get(_public(elected)))
    assert "chacune peut le retirer" in pushing.why_not(elected).lower()
    poured(town, steward, "elus.csv", ELECTED + "Zelmire9;Élue9;Adjointe 9;e9@exemple-prive.fr\n")
    elected.refresh_from_db()
    assert elected.published_at is None and not authorisations.is_public(elected)
    assert PublicationRequest.objects.get().end_reason.startswith("Un nouveau fichier")


HOMES = "Élève;Nom;Quartier\n" + "".join(
    f"E{n:04};Zelmire{n};{'Nord' if n % 3 else 'Sud' if n > 2 else 'Hameau'}\n" for n in range(60)
)


def test_an_anonymised_result_is_published_and_no_longer_once_files_may_enter_it(
    town: Territory, steward: Person, dpo: Person, decider: Person
) -> None:
    pupils = complete(poured(town, steward, "eleves.csv", HOMES).dataset, steward)
    assert pupils.sensitivity == Dataset.Sensitivity.PERSONAL
    purpose = processing(
        town, "ecole", title="École", purpose="…", legal_basis="…", covers_personal=True, datasets=[pupils]
    )
    definition: dict[str, Any] = {
        "title": "Élèves par quartier",
        "sources": {"e": pupils.slug},
        "steps": [
            {"step": "source", "source": "e"},
            {"step": "group", "by": ["quartier"], "measures": [{"name": "eleves", "operation": "count"}]},
        ],
    }
    stored = studio.save_recipe(town, steward, "eleves", definition, purpose)
    result = complete(
        materialization.materialize(stored, steward, "Élèves par quartier", "k:1").dataset, steward
    )
    assert result.sensitivity == Dataset.Sensitivity.PERSONAL
    with pytest.raises(CatalogueError, match="décision de l'élu"):
        lifecycle.publish(result, steward)
    authorised(result, steward, dpo, decider, ground="anonymised", columns=["quartier", "eleves"])
    sent = b"".join(Client().get(_csv(result)).streaming_content).decode()  # type: ignore[attr-defined]
    assert "Nord;40" in sent and "Hameau" not in sent  # a group is too small, another would give it back
    assert "elles sont anonymisées" in text_of(Client().get(_public(result)))
    definition["steps"].append({"step": "sort", "by": [{"column": "eleves"}]})
    studio.save_recipe(town, steward, "eleves", definition, purpose)
    made = materialization.active_result(stored)
    assert made is not None and materialization.refresh(made, "k:2") is not None
    result.refresh_from_db()
    assert _sent(_public(result)) == "" and authorisations.open_request(result) is None
    ended = PublicationRequest.objects.get(dataset=result)
    assert ended.end_reason == "L'analyse a changé depuis la décision."
    authorised(result, steward, dpo, decider, ground="anonymised", columns=["quartier", "eleves"])
    materialization.stop_refreshing(made, steward)
    result.refresh_from_db()
    assert not authorisations.is_public(result) and _sent(_public(result)) == ""


@pytest.mark.parametrize(
    ("step", "names"),
    [
        ({"step": "filter", "conditions": [{"column": "nom", "op": "=", "value": "Zelmire1"}]}, True),
        ({"step": "group", "by": ["nom"], "measures": [{"name": "n", "operation": "count"}]}, True),
        (
            {"step": "group", "by": ["quartier"], "measures": [{"name": "nombre", "operation": "count"}]},
            False,
        ),
        (
            {
                "step": "group",
                "by": ["quartier"],
                "measures": [{"name": "noms", "operation": "count_distinct", "column": "nom"}],
            },
            False,
        ),
    ],
)
def test_an_analysis_that_names_people_makes_nothing_anonymous(step: dict[str, Any], *, names: bool) -> None:
    columns = [
        {"name": "nom", "label": "Nom", "personal": "name"},
        {"name": "quartier", "label": "Quartier", "personal": "trait"},
    ]
    recipe = Recipe.model_validate(
        {"title": "T", "sources": {"e": "eleves"}, "steps": [{"step": "source", "source": "e"}, step]}
    )
    assert materialization._names_people(recipe, [Snapshot(columns=columns)]) is names


def _csv(dataset: Dataset) -> str:
    return reverse("portal-dataset-csv", args=[dataset.territory.slug, dataset.slug])


# Every way to the public


def _figure(title: str) -> dict[str, Any]:
    return {
        "kind": "bar", "title": title, "unit": "élus", "base": "{lignes} lignes", "year": "2026",
        "source": "la ville", "encodings": {"x": "nom", "y": "n"},
    }  # fmt: skip


@pytest.mark.requirement("R18")
def test_each_way_to_the_public_obeys_the_authorisation_and_shows_its_columns_only(
    town: Territory, elected: Dataset, steward: Person, dpo: Person, decider: Person
) -> None:
    steps = [
        {"step": "source", "source": "e"},
        {"step": "group", "by": ["nom"], "measures": [{"name": "n", "operation": "count"}]},
    ]
    recipe = {"title": "Élus", "sources": {"e": elected.slug}, "steps": steps, "figure": _figure("Élus")}
    studio.save_recipe(town, steward, "elus", recipe, studio.steering(town))
    studio.save_board(town, steward, "b", "B", "", ["elus"], public=True)
    site, api = f"/p/{town.slug}", f"/api/v1/p/{town.slug}/datasets"
    ways = {
        "territory": reverse("portal-territory", args=[town.slug]),
        "page": _public(elected),
        "csv": _csv(elected),
        "api list": api,
        "api card": f"{api}/{elected.slug}",
        "api rows": f"{api}/{elected.slug}/rows",
        "api csv": f"{api}/{elected.slug}/rows.csv",
        "board": reverse("portal-board", args=[town.slug, "b"]),
        "figure": reverse("portal-figure", args=[town.slug, "b", 1]),
    }
    rows = {"page", "csv", "api rows", "api csv", "board", "figure"}
    assert all(url.startswith((site, api)) for url in ways.values())

    until = timezone.localdate() + timedelta(days=3)
    link, _ = sharing.create_link(studio.Board.objects.get(slug="b"), steward, until, "lien")

    def closed() -> None:
        for name, url in ways.items():
            text = _sent(url)
            assert elected.title not in text and not NAME.search(text), name
        assert "n'est pas publié ici" in pushing.why_not(elected)
        assert sharing.link_figures(link, str) == ([], 1)

    closed()
    # A row that says so is not enough: neither the database nor a public read believes it.
    with pytest.raises(IntegrityError, match="by a decision"), transaction.atomic():
        Dataset.objects.filter(pk=elected.pk).update(published_at=timezone.now())
    request = requested(elected, steward)
    closed()
    advised(request, dpo)
    closed()
    workflow.settle(request, decider, authorise=True)
    elected.refresh_from_db()
    for name, url in ways.items():
        text = _sent(url)
        assert bool(NAME.search(text)) == (name in rows), (name, text[-2000:])
        assert MAIL not in text and "ourriel" not in text, name
    assert _sent(f"{api}/{elected.slug}/rows?columns=courriel_personnel") == ""
    # A link goes out with its author's rights, which are wider than the columns that were authorised.
    assert sharing.link_figures(link, str) == ([], 1)
    assert "simulées" in pushing.why_not(elected)  # a real town's would leave
    lifecycle.unpublish(elected, steward)
    closed()
    with pytest.raises(CatalogueError, match="décision de l'élu"):
        lifecycle.publish(elected, steward)


def _sent(url: str) -> str:
    answer = Client().get(url)
    sent = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return sent.decode() if answer.status_code == 200 else ""


def test_a_column_that_comes_later_stays_closed(
    town: Territory, elected: Dataset, steward: Person, dpo: Person, decider: Person
) -> None:
    authorised(elected, steward, dpo, decider)
    more = ELECTED.replace("personnel\n", "personnel;Arrondissement\n").replace(".fr\n", ".fr;Caché\n")
    delivery = lifecycle.stage(lifecycle.receive(town, steward, "elus.csv", [more.encode()]))
    answers = {"added:arrondissement": "accept"}
    lifecycle.pour(delivery, steward, [lifecycle.Choice(0, elected.slug, "", "replace", answers=answers)])
    text = _sent(_csv(elected))
    assert NAME.search(text) and "Caché" not in text


# The pages


def test_the_page_says_where_it_stands_and_who_acts_next(
    town: Territory, elected: Dataset, steward: Person, dpo: Person, decider: Person
) -> None:
    page = reverse("publication", args=[town.slug, elected.slug])
    home = reverse("territory", args=[town.slug])
    listed = reverse("publications", args=[town.slug])
    officer, delegate, mayor = (strongly(Client(), one) for one in (steward, dpo, decider))

    def post(client: Client, step: str, **values: Any) -> Any:
        return client.post(
            reverse(f"publication-{step}", args=[town.slug, elected.slug]), values, follow=True
        )

    assert "Demander l'avis du délégué" in text_of(officer.get(page))
    values = {"ground": "text", "category": "political-life", "columns": ["nom"], "reason": WHY}
    answer = post(officer, "request", **values, evidence="")
    assert answer.status_code == 422 and "Dites ce qui le prouve." in text_of(answer)
    assert "À donner" not in text_of(delegate.get(home))
    text = text_of(post(officer, "request", **values, evidence="Répertoire des élus"))
    assert "C'est à dpo." in text
    assert "À donner : votre avis" in text_of(delegate.get(home))
    assert elected.title in text_of(delegate.get(listed))
    text = text_of(delegate.get(page))
    assert "C'est à vous." in text
    assert "5 sont seules de leur sorte</strong> sur ces colonnes" in text and NAME.search(text) is None
    assert "seules de leur sorte" not in text_of(officer.get(page))
    answer = post(delegate, "advise", opinion="unfavourable", words="non … !!!!!!!!!!!!!")
    assert answer.status_code == 422 and "en 12 lettres au moins" in text_of(answer)
    assert post(mayor, "decide", outcome="authorised", reason="").status_code == 422
    text = text_of(post(delegate, "advise", opinion="reserved", words="Sans les courriels."))
    assert "C'est à decider." in text
    assert "Publications à décider" in text_of(mayor.get(home))
    assert "5 sont seules de leur sorte" in text_of(mayor.get(page))
    assert post(mayor, "decide", outcome="authorised", reason="oui").status_code == 422
    text = text_of(post(mayor, "decide", outcome="authorised", reason="Utile à tous les habitants."))
    assert "est publié" in text
    assert "Publié par décision" in text_of(officer.get(reverse("dataset", args=[town.slug, elected.slug])))
    assert post(delegate, "withdraw", reason="x").status_code == 404
    assert "Dépubliée" in text_of(post(mayor, "withdraw", reason="Mandat fini."))
    assert _sent(_public(elected)) == ""


def test_without_a_dpo_the_page_says_whom_to_invite(
    town: Territory, elected: Dataset, steward: Person, decider: Person
) -> None:
    requested(elected, steward)
    page = reverse("publication", args=[town.slug, elected.slug])
    text = text_of(strongly(Client(), decider).get(page))
    assert "Toute collectivité désigne un délégué" in text


def test_an_ordinary_dataset_has_no_publication_request(town: Territory, steward: Person) -> None:
    meals = complete(poured(town, steward, "Repas.csv", "Site;Repas\nA;10\nB;12\n").dataset, steward)
    with pytest.raises(PublicationError, match="ne contient pas de données personnelles"):
        requested(meals, steward, columns=["site"])
    page = reverse("publication", args=[town.slug, meals.slug])
    assert strongly(Client(), steward).get(page).status_code == 404


def test_a_refusal_ends_the_request_and_another_may_follow(
    town: Territory, steward: Person, dpo: Person, decider: Person
) -> None:
    families = complete(poured(town, steward, "familles.csv", FAMILIES).dataset, steward)
    asked: dict[str, Any] = {"ground": "consent", "category": "", "evidence": "À l'oral.", "columns": ["nom"]}
    request = advised(requested(families, steward, **asked), dpo, "unfavourable")
    workflow.settle(request, decider, authorise=False, reason="L'accord n'est pas prouvé.")
    families.refresh_from_db()
    request.refresh_from_db()
    assert (request.state, families.published_at) == (PublicationRequest.State.REFUSED, None)
    again = requested(families, steward, **asked)
    with pytest.raises(PublicationError, match="déjà en cours"):
        requested(families, steward, **asked)
    workflow.withdraw(again, steward, "Demandée trop tôt.")
    assert authorisations.open_request(families) is None
