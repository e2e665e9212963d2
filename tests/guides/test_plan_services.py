"""Following a plan: actions proposed once, moved by allowed ways, refused with a reason; stages accepted by who decides."""

import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from guide_samples import diagnosis, protection

from beffroi.guides import Plan
from beffroi.web.guides import plan_lists
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import FollowedAction
from beffroi.web.guides.services import plans, responses
from beffroi.web.guides.services.evidence import attach
from beffroi.web.platform import evidence, ledger
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db
PLAN = protection()


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


def action(territory: Territory, key: str) -> FollowedAction:
    found: FollowedAction = FollowedAction.objects.of(territory).get(key=key)
    return found


def test_actions_enter_the_plan_once_wherever_they_come_from(territory: Territory, agent: Person) -> None:
    assert plans.propose_own_actions(territory, agent, PLAN) == 3
    assert plans.propose_own_actions(territory, agent, PLAN) == 0
    response = responses.open_response(territory, agent, diagnosis())
    responses.save_answers(response, agent, {"updates": "no"})
    assert plans.propose_from_response(response, agent, PLAN) == 1
    assert action(territory, "updates").source == response
    first = plans.add_action(territory, agent, PLAN, "Prévenir le maire", stage="act")
    second = plans.add_action(territory, agent, PLAN, "Prévenir le maire")
    assert first.key != second.key and first.content["stage"] == "act"
    with pytest.raises(GuideError, match="étape n'existe pas"):
        plans.add_action(territory, agent, PLAN, "Prévenir le maire", stage="ghost")
    assert [line.act for line in ledger.lines_of(territory) if line.act == "plan.add"] == ["plan.add"] * 4


def test_an_action_moves_by_allowed_ways_and_is_refused_with_a_reason(
    territory: Territory, agent: Person
) -> None:
    plans.propose_own_actions(territory, agent, PLAN)
    backup = action(territory, "backup")
    for state in ("done", "ghost"):
        with pytest.raises(GuideError, match="ne peut pas prendre"):
            plans.move_action(backup, agent, PLAN, state)
    with pytest.raises(GuideError, match="Dites pourquoi"):
        plans.move_action(backup, agent, PLAN, "refused", note="non")
    plans.move_action(backup, agent, PLAN, "accepted")
    assert action(territory, "backup").due_on == timezone.localdate() + timedelta(30)
    plans.move_action(backup, agent, PLAN, "refused", note="Déjà fait par le syndicat")
    assert [move.state for move in backup.moves.all()] == ["accepted", "refused"]
    assert ledger.lines_of(territory).last().detail.payload["state"] == "refused"


def test_who_when_and_spent_change_and_can_be_emptied_and_history_says_so(
    territory: Territory, agent: Person
) -> None:
    plans.propose_own_actions(territory, agent, PLAN)
    backup, day = action(territory, "backup"), timezone.localdate()
    plans.update_action(backup, agent, PLAN, owner=" Mme Roy ", due_on=day, spent=Decimal("120.50"))
    assert (
        plans.update_action(backup, agent, PLAN, owner="Mme Roy", due_on=day, spent=Decimal("120.5")) is None
    )
    plans.update_action(backup, agent, PLAN, owner="", due_on=None, spent=Decimal(0))
    saved = action(territory, "backup")
    assert (saved.owner, saved.due_on, saved.spent, saved.state) == ("", None, 0, "proposed")
    assert "dépensé : 120,50 €" in backup.moves.all()[0].note and backup.moves.count() == 2
    with pytest.raises(GuideError, match="positif"):
        plans.update_action(backup, agent, PLAN, owner="", due_on=None, spent=Decimal(-1))


def test_a_stage_is_accepted_once_in_order_by_who_decides(territory: Territory, agent: Person) -> None:
    decider = a_person(territory, "decider")
    plans.propose_own_actions(territory, agent, PLAN)
    plans.move_action(action(territory, "backup"), agent, PLAN, "accepted")
    with pytest.raises(PermissionDenied):
        plans.accept_stage(territory, agent, PLAN, "plan")
    with pytest.raises(GuideError, match="« Préparer »"):
        plans.accept_stage(territory, decider, PLAN, "act")
    accepted = plans.accept_stage(territory, decider, PLAN, "plan", note="Vu en conseil")
    assert accepted.summary == {"actions": ["backup"], "cost_low": 100, "cost_high": 300}
    assert accepted.authority is not None
    with pytest.raises(GuideError, match="déjà acceptée"):
        plans.accept_stage(territory, decider, PLAN, "plan")


def test_who_only_reads_may_not_write(territory: Territory, agent: Person) -> None:
    auditor = a_person(territory, "auditor")
    plans.propose_own_actions(territory, agent, PLAN)
    backup = action(territory, "backup")
    for write in (
        lambda: plans.propose_own_actions(territory, auditor, PLAN),
        lambda: plans.add_action(territory, auditor, PLAN, "Prévenir le maire"),
        lambda: plans.move_action(backup, auditor, PLAN, "accepted"),
        lambda: plans.update_action(backup, auditor, PLAN, owner="x", due_on=None, spent=Decimal(0)),
    ):
        with pytest.raises(PermissionDenied):
            write()


def test_an_auditor_takes_what_was_accepted_and_the_hash_of_what_proves_it(
    territory: Territory, agent: Person
) -> None:
    plan = guide(Plan, "handover")
    plans.propose_own_actions(territory, agent, plan)
    proof = attach(
        plans.actions_of(territory, plan)[0], agent, plan, SimpleUploadedFile("passation.pdf", b"%PDF")
    )
    plans.accept_stage(territory, a_person(territory, "decider"), plan, "prepare", "=1+1")
    with evidence.pack(territory, a_person(territory, "auditor")) as pack, zipfile.ZipFile(pack) as archive:
        accepted = archive.read("plans/etapes-acceptees.csv").decode("utf-8-sig")
        pieces = archive.read("guides/pieces.csv").decode("utf-8-sig")
        assert "guides/termines.csv" not in archive.namelist()
    assert f"{plan.title};prepare;" in accepted and ";'=1+1" in accepted
    assert proof.sha256 in pieces and "passation.pdf" in pieces


def test_a_stage_counts_what_is_done_among_the_actions_that_stand(
    territory: Territory, agent: Person
) -> None:
    plans.propose_own_actions(territory, agent, PLAN)
    plans.move_action(action(territory, "train"), agent, PLAN, "refused", note="Formation déjà faite en juin")
    for state in ("accepted", "begun", "done"):
        plans.move_action(action(territory, "backup"), agent, PLAN, state)
    lines = plan_lists.lines_of(PLAN, plans.actions_of(territory, PLAN), timezone.localdate())
    stages = plan_lists.stage_lines(PLAN, territory, lines)
    assert [(one.stage.key, one.done, one.total) for one in stages] == [("plan", 1, 1), ("act", 0, 1)]
    assert [one.may_be_accepted for one in stages] == [True, False]
