"""Plans: ordered parts that a person reorders, removes, adds; the identity of what is proposed from run to run."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from beffroi.systems.contract import Item, ProposedAct
from beffroi.web.decisions import day_sheet
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import DecisionError, ProposalError, Retained, decide, propose
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import a_case, an_act, proposals_of
from places import strongly

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
STOPS = ("Dépôt", "Rue des Lilas", "Place du Marché", "Quai Nord", "Dépôt, retour")


def a_round(*stops: str, km: float = 31.5) -> ProposedAct:
    names = stops or STOPS
    items = tuple(
        Item(f"s{STOPS.index(name)}", name, (f"{100 + n} kg",), fixed=name.startswith("Dépôt"))
        for n, name in enumerate(names)
    )
    return replace(
        an_act("Tournée du camion 2, mardi 1er décembre", km), unit="km", key="2026-12-01/camion-2",
        day=DAY, place="Camion 2", about="14 m³ de verre", items=items, spare=(Item("s9", "Rue Haute", ("12 % pleine",)),),
    )  # fmt: skip


@pytest.fixture
def proposal(territory: Territory) -> Proposal:
    (made,) = proposals_of(territory, a_round())
    return made


def labels(decision: Decision) -> list[str]:
    return [part["label"] for part in decision.items or []]


def test_an_accepted_plan_is_retained_whole_and_in_order(proposal: Proposal, elected: Person) -> None:
    decision = decide(proposal, elected, "accept", reason="La tournée convient.")
    assert labels(decision) == list(STOPS)
    assert len(ledger.lines_of(proposal.territory).last().detail.payload["items_sha256"]) == 64


def test_a_person_moves_removes_and_adds_parts(proposal: Proposal, elected: Person) -> None:
    chosen = [
        Retained("s0"),
        Retained("s3"),
        Retained("s9"),
        Retained(label="École Zola"),
        Retained("s1"),
        Retained("s4"),
    ]
    decision = decide(proposal, elected, "change", items=chosen, reason="Le marché est fermé mardi.")
    assert labels(decision) == [
        "Dépôt",
        "Quai Nord",
        "Rue Haute",
        "École Zola",
        "Rue des Lilas",
        "Dépôt, retour",
    ]
    assert decision.value == 31.5  # not computed anew


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (["s1", "s0", "s2", "s3", "s4"], "Dépôt.*ne se retire pas"),
        (["s0", "s1", "s4", "s2"], "Dépôt, retour.*ne se retire pas"),
        (["s0", "s1", "s1", "s4"], "deux fois"),
        (["s0", "s4"], "ne reste aucune étape"),
        (["s0", "ailleurs", "s4"], "est inconnue"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(
    proposal: Proposal, elected: Person, keys: list[str], why: str
) -> None:
    with pytest.raises(DecisionError, match=why):
        decide(proposal, elected, "change", items=[Retained(key) for key in keys], reason="Essai.")
    assert not Decision.objects.exists()


def test_a_list_changed_without_saying_so_is_not_accepted(proposal: Proposal, elected: Person) -> None:
    moved = [Retained(key) for key in ("s0", "s2", "s1", "s3", "s4")]
    with pytest.raises(DecisionError, match="sans choisir « modifier »"):
        decide(proposal, elected, "accept", items=moved, reason="Essai.")
    with pytest.raises(DecisionError, match="celle qui est proposée"):
        decide(proposal, elected, "change", value=31.5, reason="Essai.")


def test_the_database_refuses_another_plan_than_the_one_accepted(proposal: Proposal, elected: Person) -> None:
    first = decide(proposal, elected, "accept", reason="La tournée convient.")
    (other,) = propose(
        proposal.territory, system="canteen", system_version="1", run="run-2",
        acts=[replace(a_round(), key="autre", subject="Autre tournée")],
    )  # fmt: skip
    fields = {
        field.name: getattr(first, field.name)
        for field in Decision._meta.concrete_fields
        if field.name != "id"
    }
    for changes in ({"items": []}, {"items": None}, {"verdict": "refuse", "value": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(**(fields | {"proposal": other} | changes))
    Decision.objects.create(**(fields | {"proposal": other}))


# Identity


def again(territory: Territory, run: str, *acts: ProposedAct) -> list[Proposal]:
    return propose(territory, system="canteen", system_version="1", run=run, acts=acts)


def test_a_plan_decided_comes_back_only_when_what_would_be_done_changed(
    proposal: Proposal, elected: Person
) -> None:
    decide(proposal, elected, "accept", reason="La tournée convient.")
    here = proposal.territory
    fresher = replace(a_round(), reasons=("Relevé de ce matin.",), evidence={"fill": [80]}, low=20.0)
    assert again(here, "run-2", fresher) == []
    (changed,) = again(here, "run-3", a_round("Dépôt", "Quai Nord", "Rue des Lilas", "Dépôt, retour"))
    assert changed.value == proposal.value and changed.waiting


def test_what_changes_name_is_still_the_same_thing(proposal: Proposal, elected: Person) -> None:
    renamed = replace(a_round(), subject="Tournée du camion 2, mardi (30 km)")
    (made,) = again(proposal.territory, "run-2", renamed)
    proposal.refresh_from_db()
    assert made.waiting and not proposal.waiting


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"items": (Item("a", "A"), Item("a", "B"))}, "deux fois la même étape"),
        ({"items": (Item("a", " "),)}, "une étape sans nom"),
        ({"items": ()}, "à ajouter à aucune liste"),
    ],
)
def test_a_plan_that_cannot_be_shown_is_refused(
    territory: Territory, change: dict[str, tuple[Item, ...]], why: str
) -> None:
    with pytest.raises(ProposalError, match=why):
        again(territory, "run-1", replace(a_round(), **change))  # type: ignore[arg-type]
    with pytest.raises(ProposalError, match="un dossier se décide seul"):
        again(territory, "run-1", replace(a_case(), items=a_round().items))
    with pytest.raises(ProposalError, match="deux propositions"):
        again(territory, "run-1", a_round(), replace(a_round(), subject="Autre"))


# Pages


@pytest.fixture
def client_of(elected: Person) -> Iterator[Client]:
    client = Client()
    strongly(client, elected)
    yield client


def posted(**changes: str) -> dict[str, str]:
    form = {"verdict": "change", "rank_1": "2", "rank_2": "3", "rank_3": "4", "words": "Le marché est fermé."}
    return form | changes


def send(client: Client, proposal: Proposal, **changes: str) -> int:
    url = reverse("proposal-decide", kwargs={"slug": proposal.territory.slug, "pk": proposal.pk})
    return client.post(url, posted(**changes)).status_code


def test_ranks_given_on_the_page_move_remove_and_add(client_of: Client, proposal: Proposal) -> None:
    page = client_of.get(reverse("proposal", kwargs={"slug": proposal.territory.slug, "pk": proposal.pk}))
    assert "Rang de « Quai Nord »" in page.content.decode().replace("\u00a0", " ")
    more = {"rank_3": "2", "rank_2": "", "rank_5": "3", "added_0": "École Zola"}
    assert send(client_of, proposal, **more) == 302
    assert labels(Decision.objects.get()) == [
        "Dépôt", "Quai Nord", "Rue Haute", "Rue des Lilas", "École Zola", "Dépôt, retour",
    ]  # fmt: skip


def test_a_rank_that_is_no_number_is_said_beside_it_and_nothing_is_lost(
    client_of: Client, proposal: Proposal
) -> None:
    url = reverse("proposal-decide", kwargs={"slug": proposal.territory.slug, "pk": proposal.pk})
    page = client_of.post(url, posted(rank_1="deux", added_0="École Zola")).content.decode()
    assert "Écrivez un rang en chiffres" in page and "École Zola" in page and not Decision.objects.exists()


def test_the_sheet_of_the_day_and_the_history_list_the_stops(client_of: Client, proposal: Proposal) -> None:
    send(client_of, proposal, rank_2="")
    (sheet,) = day_sheet.of_day(proposal.territory, DAY)
    assert [part["label"] for part in sheet.lines[0].items] == [s for s in STOPS if s != "Place du Marché"]
    slug = proposal.territory.slug
    for page in (
        reverse("decisions-sheet", kwargs={"slug": slug}),
        reverse("decisions-sheet-csv", kwargs={"slug": slug}),
    ):
        content = b"".join(client_of.get(f"{page}?jour={DAY}")).decode()
        assert "Quai Nord" in content and "Place du Marché" not in content
    history = b"".join(client_of.get(reverse("decisions-csv", kwargs={"slug": slug}))).decode()
    assert "1. Dépôt ; 2. Rue des Lilas ; 3. Quai Nord ; 4. Dépôt, retour" in history
