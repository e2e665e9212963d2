"""Actions of a plan: proposed by a guide or by a person, moved from state to state, stages accepted by who decides."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Plan, Questionnaire
from beffroi.guides.plan import Followed, PlannedAction, State, due_day, from_answers, may_move, progress
from beffroi.guides.questionnaire import next_actions
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles
from beffroi.web.platform.rights.mandates import frozen

from ..errors import GuideError
from ..models import ActionMove, FollowedAction, Response, StageAcceptance, answers_of
from .access import require_accept, require_answer


def actions_of(territory: Territory, plan: Plan) -> list[FollowedAction]:
    return list(FollowedAction.objects.of(territory).filter(plan=plan.id))


def followed(action: FollowedAction) -> Followed:
    """The row as the kit computes with it."""
    state: State = action.state
    return Followed(planned(action), state, action.owner, action.due_on, float(action.spent))


def planned(action: FollowedAction) -> PlannedAction:
    return PlannedAction.model_validate(action.content, strict=False)


def propose_own_actions(territory: Territory, by: Person, plan: Plan) -> int:
    """Put the plan's own actions in it, as proposals; how many are new."""
    return _propose(territory, by, plan, plan.actions, None)


def propose_from_response(response: Response, by: Person, plan: Plan) -> int:
    """Put in the plan the actions that these answers call for, as proposals; how many are new."""
    guide = response.edition.read()
    if guide.id not in plan.feeds or not isinstance(guide, Questionnaire):
        raise GuideError("Ces réponses ne donnent pas d'action à ce plan.")
    due = from_answers(next_actions(guide, answers_of(response), timezone.localdate()), plan)
    return _propose(response.territory, by, plan, due, response)


def add_action(territory: Territory, by: Person, plan: Plan, title: str, **more: Any) -> FollowedAction:
    """An action of the territory's own; `more`: fields of a planned action."""
    title = title.strip()
    if len(title) < 5:
        raise GuideError("Dites en quelques mots ce qu'il y a à faire.", "title")
    number = FollowedAction.objects.of(territory).filter(plan=plan.id).count() + 1
    action = PlannedAction(key=f"own-{number}", title=title[:200], **more)
    _propose(territory, by, plan, [action], None)
    added: FollowedAction = FollowedAction.objects.of(territory).get(plan=plan.id, key=action.key)
    return added


def _propose(
    territory: Territory, by: Person, plan: Plan, actions: Iterable[PlannedAction], source: Response | None
) -> int:
    require_answer(by, plan, territory)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        existing = {action.key for action in actions_of(territory, plan)}
        new = [action for action in actions if action.key not in existing]
        FollowedAction.objects.bulk_create(
            FollowedAction(territory=territory, plan=plan.id, key=action.key,
                           content=action.model_dump(mode="json"), source=source, by=by)
            for action in new
        )  # fmt: skip
        if new:
            keys = sorted(action.key for action in new)
            ledger.append(territory, "plan.add", by, f"plan:{plan.id}", {"actions": keys})
    return len(new)


def move_action(
    action: FollowedAction,
    by: Person,
    plan: Plan,
    state: State,
    *,
    note: str = "",
    owner: str | None = None,
    due_on: date | None = None,
    spent: Decimal | None = None,
) -> ActionMove:
    """Say where an action stands, who does it, by when, what it cost. Raises GuideError for a way that does not exist."""
    require_answer(by, plan, action.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(action.territory_id)
        action.refresh_from_db()
        if state != action.state and not may_move(action.state, state):
            raise GuideError("Cette action ne peut pas prendre cet état. Rien n'a été changé.", "state")
        if state == "refused" and len(note.strip()) < 10:
            raise GuideError("Dites pourquoi cette action est écartée.", "note")
        if spent is not None and spent < 0:
            raise GuideError("Une dépense est un nombre positif.", "spent")
        if state == "accepted" and action.state == "proposed" and due_on is None:
            due_on = due_day(planned(action), timezone.localdate())
        action.state = state
        action.due_on = due_on or action.due_on
        action.owner = action.owner if owner is None else owner.strip()[:120]
        action.spent = action.spent if spent is None else spent
        action.save(update_fields=["state", "due_on", "owner", "spent"])
        move: ActionMove = ActionMove.objects.create(
            territory=action.territory, action=action, state=state, note=note.strip()[:500], by=by
        )
        ledger.append(
            action.territory,
            "plan.move",
            by,
            f"action:{action.pk}",
            {"plan": plan.id, "key": action.key, "state": state},
        )
    return move


def accept_stage(territory: Territory, by: Person, plan: Plan, stage: str, note: str = "") -> StageAcceptance:
    """Accept a stage of the plan, with the actions and the cost as they stand. The stages before it are accepted first."""
    require_accept(by, plan, territory)
    keys = [each.key for each in plan.stages]
    if stage not in keys:
        raise GuideError("Cette étape n'existe pas dans ce plan.")
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        accepted = set(
            StageAcceptance.objects.of(territory).filter(plan=plan.id).values_list("stage", flat=True)
        )
        if stage in accepted:
            raise GuideError("Cette étape est déjà acceptée. Rien n'a été changé.")
        if waiting := [key for key in keys[: keys.index(stage)] if key not in accepted]:
            title = next(each.title for each in plan.stages if each.key == waiting[0])
            raise GuideError(f"Acceptez d'abord l'étape « {title} ».")
        actions = actions_of(territory, plan)
        now = progress(map(followed, actions), timezone.localdate())
        summary = {
            "actions": sorted(each.key for each in actions if each.state in ("accepted", "begun", "done")),
            "cost_low": now.cost_low,
            "cost_high": now.cost_high,
        }
        mandate = active_roles.authority(by, territory)
        row: StageAcceptance = StageAcceptance.objects.create(
            territory=territory,
            plan=plan.id,
            stage=stage,
            note=note.strip()[:500],
            by=by,
            authority=frozen(mandate) if mandate is not None else None,
            summary=summary,
        )
        ledger.append(territory, "plan.accept", by, f"plan:{plan.id}", {"stage": stage} | summary)
    return row
