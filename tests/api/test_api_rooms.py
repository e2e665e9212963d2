"""The whole of the API: every route declares its act and refuses the same way, its description and its page hold."""

import json
import re
from datetime import date, timedelta

import pytest
from callers import a_token
from django.urls import get_resolver
from django.utils import timezone

from beffroi.ledger import chain
from beffroi.systems.contract import ProposedAct
from beffroi.web import api
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide, propose
from beffroi.web.platform import ledger
from beffroi.web.platform.api import authentication
from beffroi.web.platform.models import ApiToken
from beffroi.web.platform.rights import ACTS
from catalogue.deliveries import JANUARY, poured
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db
# Together they may do all that a token may carry.
ROLES_OF_A_CALLER = ("administrator", "agent", "data_officer", "supervisor")


PRIVATE = [route for route in api.operations() if route.act != "public"]
PUBLIC = [route for route in api.operations() if route.act == "public"]


def address(route, slug, **provided):
    values = {
        "slug": slug,
        "dataset": "rien",
        "board": "rien",
        "system": "rien",
        "job": 1,
        "delivery": 1,
        "kept": 1,
    } | provided
    return route.path.format(**values)


def call(client, route, slug, secret="", **provided):
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return client.generic(route.method, address(route, slug, **provided), headers=headers)


def test_every_route_declares_an_act_that_a_token_may_carry_or_that_it_is_public():
    assert len(PRIVATE) >= 15
    assert {route.act for route in PRIVATE} <= set(authentication.TOKEN_ACTS)
    assert all(route.path.startswith("/api/v1/t/{slug}") for route in PRIVATE)
    assert all(route.path.startswith("/api/v1/p/{slug}/") for route in PUBLIC)


def test_every_address_under_the_api_states_its_act_on_its_view():
    found = {
        str(pattern.pattern): getattr(pattern.callback, "declares", None)
        for resolver in get_resolver().url_patterns
        if str(resolver.pattern) == "api/v1/"
        for pattern in resolver.url_patterns
    }
    assert len(found) == len(PRIVATE) + len(PUBLIC) + 2
    assert set(found.values()) <= {"public", *ACTS}


def test_no_name_of_the_api_hides_the_name_of_a_page():
    names = [pattern.name for pattern in api.urlpatterns]
    assert all(name == "api" or name.startswith("api-") for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", PRIVATE, ids=lambda r: f"{r.method} {r.path}")
def test_without_a_token_every_private_route_is_401(town, client, route):
    answer = call(client, route, town.slug)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("route", PRIVATE, ids=lambda r: f"{r.method} {r.path}")
def test_a_token_of_another_territory_or_without_the_act_finds_every_private_route_absent(
    town, client, route
):
    other = a_territory("Ailleurs", code="99T02")
    everyone = a_person(other, *ROLES_OF_A_CALLER, email="tous@example.org")
    here = a_person(town, *ROLES_OF_A_CALLER, email="ici@example.org")
    active = [
        act
        for act in authentication.TOKEN_ACTS
        if act not in (route.act, "territory.enter", "dataset.read_personal")
    ]
    if route.act == "dataset.read":
        active.remove("board.read")  # it carries dataset.read along
    with elsewhere(other):
        foreign = a_token(other, everyone, *authentication.TOKEN_ACTS)
    answers = [call(client, route, town.slug, foreign.secret)]
    if route.act != "territory.enter":
        answers.append(call(client, route, town.slug, a_token(town, here, *active).secret))
    for answer in answers:
        # A body that cannot be read is refused before anything is looked up, wherever one comes from.
        with_body = route.method == "POST" and route.path.endswith(("/deposits", "/corrections"))
        assert answer.status_code in ((404, 422) if with_body else (404,))
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("route", [*PRIVATE, *PUBLIC], ids=lambda r: f"{r.method} {r.path}")
def test_a_wrong_method_is_reported_as_a_problem(town, client, steward, route):
    wrong = "PUT" if route.method == "GET" else "GET"
    secret = a_token(town, steward).secret
    answer = client.generic(wrong, address(route, town.slug), headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 405
    assert answer.json()["title"] == "Méthode non permise"


def test_an_unknown_address_is_reported_as_a_problem(client, db):
    answer = client.get("/api/v1/rien")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_the_description_names_every_operation_and_its_act(client, db):
    message = client.get("/api/v1/openapi.json").json()
    found = {(m.upper(), p, op["x-act"]) for p, ops in message["paths"].items() for m, op in ops.items()}
    assert found == {(route.method, route.path, route.act) for route in api.operations()}
    for ops in message["paths"].values():
        for operation in ops.values():
            assert "4XX" in operation["responses"]
            assert bool(operation.get("security")) == (operation["x-act"] != "public")


def test_the_page_lists_every_operation_and_calls_nobody(client, db):
    answer = client.get("/api/v1/")
    page = answer.content.decode()
    for route in api.operations():
        assert f"{route.method} {route.path}" in page
    assert not re.search(r"(?:src|href)=\"https?://(?!testserver)", page)
    assert "unsafe" not in answer["Content-Security-Policy"]


# What the rooms give


def test_the_ledger_is_exported_and_verifies_without_us(town, steward, program):
    caller = program(a_token(town, steward, "ledger.read").secret)
    body = b"".join(caller.get(f"t/{town.slug}/ledger.jsonl").streaming_content).decode()
    lines = [chain.Line(**json.loads(text)) for text in body.splitlines()]
    message = caller.get(f"t/{town.slug}/ledger").json()
    assert chain.verify(lines).ok
    assert (message["ok"], message["size"], message["root"]) == (True, len(lines), chain.verify(lines).root)
    assert len(lines) == ledger.lines_of(town).count()


def test_proposals_are_read_and_a_decision_is_never_requested(town, program):
    decider = a_person(town, "decider")
    act = ProposedAct(subject="Repas du lundi", value=112, low=100, high=120, unit="repas", reasons=("habitude",),
                      evidence={"recent": [110]}, day=date(2026, 11, 30), place="Jean-Moulin")  # fmt: skip
    (made,) = propose(town, system="canteen", system_version="1", run="r1", acts=[act])
    caller = program(a_token(town, decider, "proposal.read").secret)
    (waiting,) = caller.get(f"t/{town.slug}/proposals").json()
    assert (waiting["id"], waiting["value"], waiting["due"]) == (made.pk, 112, "2026-11-30")
    with (
        authentication.using_token(ApiToken.objects.of(town).get()),
        pytest.raises(Exception, match="pas le droit"),
    ):
        decide(made, decider, Decision.Verdict.ACCEPT, reason="Par un programme")
    decide(made, decider, Decision.Verdict.ACCEPT, reason="Effectifs confirmés")
    assert caller.get(f"t/{town.slug}/proposals").json() == []
    (decided,) = caller.get(f"t/{town.slug}/decisions").json()
    assert (decided["verdict"], decided["decided"], decided["simulated"]) == ("accept", 112, True)


def test_the_database_refuses_a_decision_of_a_program_whatever_the_code_states(town, keeper):
    from django.db import DatabaseError, transaction

    from beffroi.web.tenancy import tokens

    account = tokens.create_service(town, "Robot", "Rien", by=keeper)
    proposal = Proposal.objects.create(
        territory=town, system="s", system_version="1", run="r", subject="x", value=1, low=1, high=1, unit="u"
    )
    # Each database asks in its own order: both refuse, for who it is, the role or the mandate that it cannot have.
    refused = r"never decides|under which mandate|may decide decides"
    with pytest.raises(DatabaseError, match=refused), transaction.atomic():
        Decision(
            territory=town,
            proposal=proposal,
            person=account.person,
            verdict="accept",
            value=1,
            reason="Parce que",
            simulated=True,
        ).save(force_insert=True)


def test_the_systems_and_their_cards_are_read(town, steward, program):
    caller = program(a_token(town, steward, "system.read").secret)
    listed = caller.get(f"t/{town.slug}/systems").json()
    assert "canteen" in {system["id"] for system in listed}
    card = caller.get(f"t/{town.slug}/systems/canteen").json()
    assert card["card"]["contest"]
    assert card["runs"] == []


def test_a_board_gives_its_figures_as_data(town, agent, steward, program):
    from beffroi.web.catalogue.grants import consultation
    from beffroi.web.studio.models import Board, BoardFigure, StoredRecipe

    poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    recipe = StoredRecipe.objects.create(
        territory=town,
        slug="repas",
        title="Repas par école",
        processing=consultation(town),
        definition={
            "title": "Repas par école",
            "sources": {"jeu": "cantines"},
            "steps": [
                {"step": "source", "source": "jeu"},
                {
                    "step": "group",
                    "by": ["ecole"],
                    "measures": [{"name": "repas", "operation": "sum", "column": "repas_servis"}],
                },
                {"step": "sort", "by": [{"column": "ecole"}]},
            ],
        },
    )
    board = Board.objects.create(territory=town, slug="cantine", title="Cantine")
    BoardFigure.objects.create(board=board, recipe=recipe, rank=1)
    caller = program(a_token(town, steward, "board.read").secret)
    assert [b["slug"] for b in caller.get(f"t/{town.slug}/boards").json()] == ["cantine"]
    (figure,) = caller.get(f"t/{town.slug}/boards/cantine").json()["figures"]
    assert figure["rows"] == [{"ecole": "Jean-Moulin", "repas": 230}, {"ecole": "Les Tilleuls", "repas": 125}]
    assert figure["simulated"] is True
    assert "« Cantines »" in figure["source"]


def test_a_token_limited_to_another_dataset_reads_no_figure_made_of_this_one(town, agent, steward, program):
    from beffroi.web.catalogue.grants import consultation
    from beffroi.web.studio.models import Board, BoardFigure, StoredRecipe

    meals = poured(town, agent, "Cantines janvier 2025.csv", JANUARY).dataset
    other = poured(town, agent, "Autres.csv", "Nom de rue;Longueur\nRue Haute;12\nRue Basse;30\n").dataset
    recipe = StoredRecipe.objects.create(
        territory=town,
        slug="repas",
        title="Repas",
        processing=consultation(town),
        definition={
            "title": "Repas",
            "sources": {"jeu": meals.slug},
            "steps": [{"step": "source", "source": "jeu"}],
        },
    )
    board = Board.objects.create(territory=town, slug="cantine", title="Cantine")
    BoardFigure.objects.create(board=board, recipe=recipe, rank=1)
    resources = (f"dataset:{other.pk}",)
    caller = program(a_token(town, steward, "board.read", resources=resources).secret)
    (figure,) = caller.get(f"t/{town.slug}/boards/cantine").json()["figures"]
    assert figure["rows"] == []
    assert "pas le droit de lire" in figure["trouble"]


def test_an_expired_api_token_opens_nothing(town, steward, program, monkeypatch):
    caller = program(a_token(town, steward, days=0).secret)
    assert caller.get(f"t/{town.slug}").status_code == 200
    tomorrow = timezone.now() + timedelta(days=1, hours=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert caller.get(f"t/{town.slug}").status_code == 401
