"""Actions of a plan: proposed by a guide or by a person, moved from state to state, stages accepted by who decides."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Plan, Questionnaire
from beffroi.guides.plan import (
    Followed,
    PlannedAction,
    State,
    due_day,
    from_answers,
    next_states,
    own_actions,
    progress,
)
from beffroi.guides.questionnaire import next_actions
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.text import format_number
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles
from beffroi.web.platform.rights.mandates import frozen

from ..errors import GuideError
from ..models import ActionMove, FollowedAction, Response, StageAcceptance, answers_of
from .access import require_accept, require_answer
from .responses import is_hardly_known

MOST_EUROS = Decimal(10) ** 9


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
    return _propose(response.territory, by, plan, called_for(response, plan), response)


def called_for(response: Response, plan: Plan) -> list[PlannedAction]:
    """The actions that these answers call for in this plan, its own ones first.

    Where too little is known to choose among them, its own ones are all called for. Raises GuideError.
    """
    guide = response.edition.read()
    if guide.id not in plan.feeds or not isinstance(guide, Questionnaire):
        raise GuideError("Ces réponses ne donnent pas d'action à ce plan.")
    answers = answers_of(response)
    due = next_actions(guide, answers, timezone.localdate())
    own = plan.actions if is_hardly_known(guide, answers) else own_actions(due, plan, guide.id)
    return [*own, *from_answers(due, plan)]


def add_action(territory: Territory, by: Person, plan: Plan, title: str, **more: Any) -> FollowedAction:
    """An action of the territory's own; `more`: fields of a planned action."""
    title = title.strip()
    if len(title) < 5:
        raise GuideError("Dites en quelques mots ce qu'il y a à faire.", "title")
    if (stage := more.get("stage")) and stage not in {each.key for each in plan.stages}:
        raise GuideError("Cette étape n'existe pas dans ce plan.", "stage")
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
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
    action: FollowedAction, by: Person, plan: Plan, state: State | str, *, note: str = ""
) -> ActionMove:
    """Say where an action stands; once accepted it is due after the days that the plan gives it, where no day is set.

    Raises GuideError for a way that does not exist, or a refusal without its reason.
    """
    require_answer(by, plan, action.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(action.territory_id)
        action.refresh_from_db()
        if state not in next_states(action.state):
            raise GuideError("Cette action ne peut pas prendre cet état. Rien n'a été changé.", "state")
        if state == "refused" and len(note.strip()) < 10:
            raise GuideError("Dites pourquoi cette action est écartée : quelques mots suffisent.", "note")
        if state == "accepted" and action.due_on is None:
            action.due_on = due_day(planned(action), timezone.localdate())
        action.state = state
        action.save(update_fields=["state", "due_on"])
        return _append_move(action, by, note)


def accept_proposed(territory: Territory, by: Person, plan: Plan) -> int:
    """Accept every action that is still proposed; how many."""
    require_answer(by, plan, territory)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        waiting = [each for each in actions_of(territory, plan) if each.state == "proposed"]
        today = timezone.localdate()
        for action in waiting:
            action.state = "accepted"
            action.due_on = action.due_on or due_day(planned(action), today)
        FollowedAction.objects.bulk_update(waiting, ["state", "due_on"])
        ActionMove.objects.bulk_create(
            ActionMove(territory=territory, action=action, state=action.state, by=by) for action in waiting
        )
        if waiting:
            keys = sorted(action.key for action in waiting)
            about = {"state": "accepted", "actions": keys}
            ledger.append(territory, "plan.move", by, f"plan:{plan.id}", about)
    return len(waiting)


def update_action(
    action: FollowedAction, by: Person, plan: Plan, *, owner: str, due_on: date | None, spent: Decimal
) -> ActionMove | None:
    """Say who does an action, by when, what was spent (€); None when nothing changed. Its history says what did."""
    require_answer(by, plan, action.territory)
    if not 0 <= spent < MOST_EUROS:
        raise GuideError("Une dépense est un nombre positif, en euros.", "spent")
    owner = owner.strip()[:120]
    with transaction.atomic():
        bulk_insert.lock_chain(action.territory_id)
        action.refresh_from_db()
        changes = [
            f"{label} : {_in_french(after)} (avant : {_in_french(before)})"
            for label, before, after in (
                ("qui", action.owner, owner),
                ("pour le", action.due_on, due_on),
                ("dépensé", action.spent, spent),
            )
            if before != after
        ]
        if not changes:
            return None
        action.owner, action.due_on, action.spent = owner, due_on, spent
        action.save(update_fields=["owner", "due_on", "spent"])
        return _append_move(action, by, " ; ".join(changes))


def _append_move(action: FollowedAction, by: Person, note: str) -> ActionMove:
    move: ActionMove = ActionMove.objects.create(
        territory=action.territory,
        action=action,
        state=action.state,
        note=strip_invisible(note).strip()[:500],
        by=by,
    )
    about = {"plan": action.plan, "key": action.key, "state": action.state}
    ledger.append(action.territory, "plan.move", by, f"action:{action.pk}", about)
    return move


def _in_french(value: str | date | Decimal | None) -> str:
    match value:
        case date():
            return f"{value:%d/%m/%Y}"
        case Decimal():
            return f"{format_number(float(value), '.2f')} €"
        case _:
            return value or "–"


def accept_stage(
    territory: Territory,
    by: Person,
    plan: Plan,
    stage: str,
    note: str = "",
    *,
    as_it_stands: bool = True,
) -> StageAcceptance:
    """Accept a stage of the plan, with the actions and the cost as they stand. The stages before it are accepted first.

    `as_it_stands`: also with actions that are neither done nor refused. Raises GuideError.
    """
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
        states = [each.state for each in actions if planned(each).stage == stage]
        if not as_it_stands and not {"done", "refused"}.issuperset(states):
            raise GuideError(
                "Des actions de cette étape restent à faire. Cochez « J'accepte en l'état » pour l'accepter quand même."
            )
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
            note=strip_invisible(note).strip()[:500],
            by=by,
            authority=frozen(mandate) if mandate is not None else None,
            summary=summary,
        )
        ledger.append(territory, "plan.accept", by, f"plan:{plan.id}", {"stage": stage} | summary)
    return row
