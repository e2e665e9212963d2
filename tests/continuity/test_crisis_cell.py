"""The cell: who activates it, its roles, its end, and what an exercise may never share with a real crisis."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.continuity.crisis import (
    cell,
    crisis_cards,
    crisis_links,
    debrief,
    home_lines,
    journal,
    roles,
)
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import Crisis, JournalLine, RoleAssignment
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import FollowedAction, answers_of
from beffroi.web.guides.services import registers, responses
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from continuity.crisis_samples import a_crisis, an_incident
from places import a_person


def test_anyone_entitled_activates_and_nobody_else(territory: Territory, secretary: Person) -> None:
    crisis = cell.activate(territory, secretary)
    assert crisis.is_open and crisis.label.startswith("Crise du ") and crisis.next_point_at
    line = ledger.lines_of(territory).filter(act="crisis.activate").last()
    assert line is not None and line.thing == f"crisis:{crisis.pk}"
    with pytest.raises(PermissionDenied):
        cell.activate(territory, a_person(territory, "auditor"))
    assert Crisis.objects.of(territory).count() == 1


def test_the_button_pressed_twice_activates_once(territory: Territory, secretary: Person) -> None:
    assert a_crisis(territory, secretary) == a_crisis(territory, secretary)
    assert a_crisis(territory, secretary, is_exercise=True) not in (a_crisis(territory, secretary),)
    assert Crisis.objects.of(territory).count() == 2


def test_two_people_take_every_role_in_one_act(
    territory: Territory, secretary: Person, mayor: Person
) -> None:
    crisis = a_crisis(territory, secretary)
    keys = list(roles.role_titles())
    assert len(keys) == 7
    roles.assign(crisis, secretary, keys[1:])
    roles.assign(crisis, mayor, ["director"])
    assert {row.holder.name for row in roles.current_roles(crisis) if row.holder} == {
        str(secretary),
        str(mayor),
    }
    assert all(row.holder for row in roles.current_roles(crisis))


def test_a_role_is_written_in_handed_over_with_its_hour_and_given_back(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary)
    at = timezone.now() - timedelta(minutes=10)
    roles.assign(crisis, secretary, ["director"])
    roles.assign(crisis, secretary, ["director"], name="Mme Roussel, adjointe", since=at)
    roles.assign(crisis, secretary, ["director"], name="M. Faure", is_deputy=True)
    row = roles.current_roles(crisis)[0]
    assert row.holder and row.holder.name == "Mme Roussel, adjointe" and row.holder.person is None
    assert row.holder.since == at and [each.name for each in row.deputies] == ["M. Faure"]
    roles.release(crisis, secretary, "director")
    assert roles.current_roles(crisis)[0].holder is None
    assert RoleAssignment.objects.of(territory).count() == 4, "nothing is written over"
    texts = [each.text for each in journal.rows_in_order(crisis)]
    assert any("Mme Roussel" in text for text in texts), "the journal says who took it"
    with pytest.raises(ContinuityError, match="Cochez"):
        roles.assign(crisis, secretary, ["nothing"])
    with pytest.raises(ContinuityError, match="heure"):
        roles.assign(crisis, secretary, ["director"], since=timezone.now() + timedelta(days=3))


def test_roles_are_append_only_in_the_database(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    (row, *_) = roles.assign(crisis, secretary, ["director"])
    for act in (lambda: RoleAssignment.objects.filter(pk=row.pk).update(name="Autre"), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_a_crisis_keeps_what_it_began_as(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    changes = (
        {"is_exercise": True},
        {"label": "Autre"},
        {"known": "Autre"},
        {"activated_at": timezone.now()},
    )
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            Crisis.objects.filter(pk=crisis.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        crisis.delete()


def test_an_exercise_never_has_the_clocks_of_a_real_incident(territory: Territory, secretary: Person) -> None:
    real, played = an_incident(territory, secretary), an_incident(territory, secretary, is_exercise=True)
    exercise, crisis = a_crisis(territory, secretary, is_exercise=True), a_crisis(territory, secretary)
    for one, run in ((exercise, real), (crisis, played)):
        with pytest.raises(ContinuityError, match="ne se mélangent pas"):
            cell.link_incident(one, secretary, run)
        with pytest.raises(DatabaseError), transaction.atomic():
            Crisis.objects.filter(pk=one.pk).update(run=run)
    cell.link_incident(exercise, secretary, played)
    with pytest.raises(ContinuityError, match="déjà reliée"):
        cell.link_incident(exercise, secretary, played)


def test_a_line_of_an_exercise_never_enters_a_real_journal(territory: Territory, secretary: Person) -> None:
    exercise, crisis = a_crisis(territory, secretary, is_exercise=True), a_crisis(territory, secretary)
    line = journal.stored_lines(exercise)[0]
    for is_exercise in (True, False):
        columns = journal.columns(exercise, line) | {"crisis": crisis, "is_exercise": is_exercise}
        if is_exercise:
            with pytest.raises(DatabaseError, match="never in a real journal"), transaction.atomic():
                JournalLine.objects.create(**columns, person=secretary)
    row = exercise.lines.first()
    assert row is not None and row.is_exercise
    with pytest.raises(DatabaseError), transaction.atomic():
        JournalLine.objects.filter(pk=row.pk).update(crisis=crisis, is_exercise=False)


def test_the_facts_of_an_incident_fill_those_of_the_crisis(territory: Territory, secretary: Person) -> None:
    run = an_incident(territory, secretary, services_stopped=["État civil", "Cantine"], personal_data="yes")
    crisis = a_crisis(territory, secretary, run=run)
    facts = answers_of(crisis.facts)
    assert facts["services_stopped"] == ["État civil", "Cantine"] and facts["personal_data"] == "yes"
    assert facts["what"] == crisis.known


def test_a_closed_crisis_asks_its_questions_and_takes_corrections_only(
    territory: Territory, secretary: Person
) -> None:
    crisis = cell.close(a_crisis(territory, secretary), secretary)
    with pytest.raises(ContinuityError, match="close"):
        journal.write_line(crisis, secretary, text="Un fait de plus")
    with pytest.raises(ContinuityError, match="close"):
        roles.assign(crisis, secretary, ["director"])
    with pytest.raises(ContinuityError, match="close"):
        cell.close(crisis, secretary)
    first = journal.rows_in_order(crisis)[0]
    journal.write_line(crisis, secretary, text="Il fallait lire 8 h 05.", kind="correction", corrects=first)
    assert crisis.debrief and crisis.debrief.guide == "crisis_debrief"
    responses.save_answers(crisis.debrief, secretary, {"roles": "no", "numbers": "yes", "relief": "no"})
    titles = [title for title, _ in debrief.lessons(crisis).proposed]
    assert any("suppléant" in title for title in titles) and any("relève" in title for title in titles)
    assert debrief.propose(crisis, secretary) >= len(titles)
    written = {str(action) for action in FollowedAction.objects.of(territory).filter(plan=debrief.PLAN)}
    assert set(titles) <= written
    assert debrief.propose(crisis, secretary) == 0


def test_the_debrief_asks_for_the_people_and_nothing_of_their_health() -> None:
    from beffroi.guides import Questionnaire

    asked = guide(Questionnaire, "crisis_debrief")
    assert {"relief", "support"} <= {each.key for each in asked.section("people").questions}
    assert all(each.kind != "text" and each.kind != "line" for each in asked.section("people").questions[:2])


def test_the_home_says_a_crisis_first_and_names_an_exercise(territory: Territory, secretary: Person) -> None:
    a_crisis(territory, secretary, is_exercise=True)
    (card,) = crisis_cards.crisis_cards(secretary, territory)
    assert card.title.startswith("EXERCICE") and card.order == 0
    a_crisis(territory, secretary)
    assert crisis_cards.crisis_cards(secretary, territory)[0].title == "Crise en cours"


def test_the_home_of_the_room_has_a_crisis_in_red_and_roles_to_prepare(
    territory: Territory, secretary: Person
) -> None:
    (missing,) = home_lines.unprepared(secretary, territory)
    assert missing.title.endswith("7\xa0rôles de crise")
    assert home_lines.under_way(secretary, territory) == []
    a_crisis(territory, secretary)
    (line,) = home_lines.under_way(secretary, territory)
    assert line.badge == "crise en cours" and line.look == "danger"


def test_an_incident_leads_to_its_cell(territory: Territory, secretary: Person) -> None:
    run = an_incident(territory, secretary)
    ((label, url),) = crisis_links.crisis_links(run)
    assert label == "Activer la cellule de crise" and url.endswith(f"?incident={run.pk}")
    crisis = a_crisis(territory, secretary, run=run)
    ((_, url),) = crisis_links.crisis_links(run)
    assert url.endswith(f"/crise/{crisis.pk}/")


def test_the_calling_list_is_what_was_prepared(territory: Territory, secretary: Person) -> None:
    register = guide(Register, roles.REGISTER)
    registers.save_entry(
        territory,
        secretary,
        register,
        {
            "role": "director",
            "holder": "Mme Roussel",
            "phone": "06 39 98 00 01",
            "deputies": "M. Faure | 06 39 98 00 02",
        },
    )
    first, *others = roles.calling_list(territory)
    assert (first.holder, first.phone, first.deputies) == (
        "Mme Roussel", "06 39 98 00 01", (("M. Faure", "06 39 98 00 02"),),
    )  # fmt: skip
    assert len(others) == 6 and not any(each.holder for each in others)
    assert roles.state_of_list(territory) == "1\u00a0rôle a un nom et un téléphone, sur 7."
