"""The cyber path as content: what its guides must hold for a town of five computers, whoever edits them next."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from beffroi.guides import CONTENT, KINDS, Guide, Plan, Questionnaire, Register, Runbook
from beffroi.guides.conditions import UNKNOWN, Answers, all_true
from beffroi.guides.loading import load, load_file
from beffroi.guides.plan import from_answers
from beffroi.guides.questionnaire import AnswersError, next_actions, read_answers, scores
from beffroi.guides.register import expiring, read_entry, read_table, to_rows
from beffroi.guides.runbook import open_steps

TODAY = date(2026, 11, 29)
CYBER = {guide.id: guide for guide in load([CONTENT / "cyber"], KINDS).guides.values()}


def one[G: Guide](kind: type[G], name: str) -> G:
    guide = CYBER[name]
    assert isinstance(guide, kind)
    return guide


PATH, KIT = one(Questionnaire, "cyber_path"), one(Plan, "cyber_kit")
INCIDENT = one(Runbook, "cyber_incident")


@pytest.fixture(scope="module")
def mon_aide_cyber() -> Questionnaire:
    guide, problems = load_file(CONTENT / "mon_aide_cyber.toml", KINDS)
    assert isinstance(guide, Questionnaire), problems
    return guide


# The path


def test_the_first_level_asks_forty_questions_at_most_and_the_felt_protection_first():
    assert len(PATH.questions) <= 40
    first = PATH.questions[0]
    assert first.key == "ressenti-protection"
    # On its own axis of the same length as the measured ones: the gap is a difference.
    assert {axis.maximum for axis in PATH.axes} == {3}
    assert next(PATH.scored()) == ("ressenti", first)
    for question in PATH.questions:
        answers = {choice.key for choice in question.options}
        assert UNKNOWN in answers or not question.required, question.key


def test_questions_and_measures_taken_over_are_those_of_monaidecyber(mon_aide_cyber: Questionnaire):
    theirs = {question.key: question for question in mon_aide_cyber.questions}
    taken = [question for question in PATH.questions if not question.key.startswith("ressenti-")]
    assert len(taken) == 33
    ours = ("when", "unknown", "required")
    for question in taken:
        assert question.model_dump(exclude=set(ours)) == theirs[question.key].model_dump(exclude=set(ours))
    assert [q.key for q in mon_aide_cyber.questions if q in taken or q.key in {t.key for t in taken}] == [
        question.key for question in taken
    ]
    measures = {action.key: action for action in mon_aide_cyber.actions}
    assert all(action == measures[action.key] for action in PATH.actions)


def test_answers_carry_over_and_call_for_the_same_measures(mon_aide_cyber: Questionnaire):
    dice = random.Random(21)
    for _ in range(20):
        answers: dict[str, Any] = {}
        for question in PATH.questions:
            if question.kind == "choice" and question.key != "ressenti-protection":
                answers[question.key] = dice.choice(question.options).key
        answers["contexte-nombre-postes-travail-dans-entite"] = "entre-1-et-9"
        here = read_answers(PATH, answers, TODAY, whole=False)
        carried = {key: value for key, value in here.items() if not key.startswith("ressenti-")}
        there = read_answers(mon_aide_cyber, carried, TODAY, whole=False)
        assert there == carried
        assert next_actions(PATH, here, TODAY) == next_actions(mon_aide_cyber, there, TODAY)
        measured = {
            each.axis.key: each.value for each in scores(PATH, here, TODAY) if each.axis.key != "ressenti"
        }
        assert measured == {each.axis.key: each.value for each in scores(mon_aide_cyber, there, TODAY)}


# The kit


def worst_answers() -> dict[str, Any]:
    """The lowest answer to each question that is asked."""
    answers: dict[str, Any] = {}
    for question in PATH.questions:
        scored = [choice for choice in question.choices if choice.actions]
        if scored:
            answers[question.key] = min(scored, key=lambda choice: choice.score or 0).key
    return answers


def test_the_whole_kit_costs_less_than_two_thousand_euros_and_says_how_each_action_is_proved():
    assert sum(action.cost_high or 0 for action in KIT.actions) < 2000
    for action in KIT.actions:
        assert action.why, action.key
        assert action.how, action.key
        assert action.proof, action.key
        assert action.cost_low is not None, action.key
        assert action.cost_high is not None, action.key
        assert action.due_days, action.key
    assert [stage.key for stage in KIT.stages] == ["diagnosis", "plan", "actions", "check"]
    assert {action.stage for action in KIT.actions} == {stage.key for stage in KIT.stages}


@pytest.mark.requirement("R107")
def test_each_of_the_seven_consequences_is_reduced_by_an_action_and_each_action_reduces_one():
    assert len(KIT.consequences) == 7
    assert {name for action in KIT.actions for name in action.reduces} == set(KIT.consequences)
    assert all(action.reduces for action in KIT.actions)


def test_the_kit_carries_out_every_measure_that_the_path_calls_for(mon_aide_cyber: Questionnaire):
    due = next_actions(PATH, worst_answers(), TODAY)
    assert len(due) > 15
    assert len(from_answers(due)) == len(due)
    assert from_answers(due, KIT) == []
    known = {action.key for action in mon_aide_cyber.actions}
    carried = [name for action in KIT.actions for name in action.measures]
    assert set(carried) <= known
    assert len(carried) == len(set(carried))
    # A measure of the second level that the kit does not know enters the plan as it is.
    other = next(action for action in mon_aide_cyber.actions if action.key not in carried)
    assert [each.key for each in from_answers([replace(due[0], action=other, level=1)], KIT)] == [other.key]


# The incident


@pytest.mark.parametrize(
    ("known", "complaint", "cnil", "warning", "notified", "report"),
    [
        # A Friday evening: the week-end counts, the hour of the fact does not for the texts of the Union.
        ("2026-11-27T18:20+01:00", "2026-11-30T18:20+01:00", "2026-11-30T19:00+01:00", "2026-11-28T19:00+01:00",
         "2026-11-30T10:00+01:00", "2026-12-30T23:59:59+01:00"),
        # The night of 23 hours, and the one of 25.
        ("2026-03-27T12:00+01:00", "2026-03-30T13:00+02:00", "2026-03-30T14:00+02:00", "2026-03-28T13:00+01:00",
         "2026-03-30T09:00+02:00", "2026-04-30T23:59:59+02:00"),
        ("2026-10-23T17:45+02:00", "2026-10-26T16:45+01:00", "2026-10-26T17:00+01:00", "2026-10-24T18:00+02:00",
         "2026-10-25T20:00+01:00", "2026-11-25T23:59:59+01:00"),
        # The last minute of the year; a month that ends on a Sunday.
        ("2026-12-31T23:59+01:00", "2027-01-03T23:59+01:00", "2027-01-04T00:00+01:00", "2027-01-02T00:00+01:00",
         "2027-01-31T10:00+01:00", "2027-03-01T23:59:59+01:00"),
        # Told from La Réunion; a month that ends on Ascension Day.
        ("2026-04-12T08:10+04:00", "2026-04-15T06:10+02:00", "2026-04-15T07:00+02:00", "2026-04-13T07:00+02:00",
         "2026-04-14T18:00+04:00", "2026-05-15T23:59:59+02:00"),
    ],
)  # fmt: skip
def test_the_clocks_of_an_incident_end_when_their_texts_say(
    known: str, complaint: str, cnil: str, warning: str, notified: str, report: str
):
    questions = {fact.key: fact for fact in INCIDENT.facts}
    facts = {
        key: questions[key].read(value) for key, value in (("known_at", known), ("notified_at", notified))
    }
    found = {
        clock.key: clock.deadline(datetime.fromisoformat(facts[clock.starts])) for clock in INCIDENT.clocks
    }
    wanted = {"complaint": complaint, "cnil": cnil, "nis2_warning": warning, "nis2_notification": cnil, "nis2_report": report}  # fmt: skip
    assert found == {key: datetime.fromisoformat(value) for key, value in wanted.items()}


@pytest.mark.parametrize(
    ("facts", "clocks"),
    [
        # Nothing known yet: every clock may run.
        ({}, {"complaint", "cnil", "nis2_warning", "nis2_notification", "nis2_report"}),
        ({"personal_data": "no", "insured": "no", "significant": "no"}, set()),
        ({"personal_data": "yes", "risk": "none", "malicious": "no", "significant": "no"}, set()),
        ({"personal_data": "yes", "risk": "high", "malicious": "yes", "insured": "yes", "significant": "no"}, {"cnil", "complaint"}),
        ({"personal_data": "unknown", "insured": "unknown", "significant": "no"}, {"cnil", "complaint"}),
    ],
)  # fmt: skip
def test_what_is_not_known_stops_no_clock(facts: Answers, clocks: set[str]):
    running = {clock.key for clock in INCIDENT.clocks if all_true(clock.when, facts, TODAY) is not False}
    assert running == clocks


def test_the_clocks_of_nis_2_wait_for_their_rule():
    assert {clock.key for clock in INCIDENT.clocks if clock.rule} == {"nis2_warning", "nis2_notification", "nis2_report"}  # fmt: skip
    assert {clock.rule for clock in INCIDENT.clocks} == {"", "nis2"}


def walk(facts: Answers) -> list[str]:
    """The steps in the order in which they open when each is done at once."""
    done: list[str] = []
    while steps := open_steps(INCIDENT, set(done), facts, TODAY):
        done.append(steps[0].key)
    return done


def test_every_step_has_its_role_time_and_proof_and_none_destroys_before_evidence_is_saved():
    for step in INCIDENT.steps:
        assert step.role, step.key
        assert step.minutes, step.key
        assert step.proof, step.key
    assert {step.key for step in INCIDENT.steps if step.destructive} == {
        "reinstall",
        "restore",
        "wipe_device",
    }
    facts = {"kind": "ransomware", "malicious": "yes"}
    order = walk(facts)
    assert order[:4] == ["disconnect", "save_backups", "call_provider", "tell_mayor"]
    for missing in ("keep_evidence", "find_cause"):
        may = {
            step.key
            for step in open_steps(INCIDENT, set(order) - {missing, "reinstall", "restore"}, facts, TODAY)
        }
        assert not may & {"reinstall", "restore"}, missing


def test_a_lost_telephone_asks_neither_to_unplug_the_town_hall_nor_to_reinstall_it():
    order = walk({"kind": "lost_device", "malicious": "yes", "personal_data": "yes", "ransom": "no"})
    assert "wipe_device" in order
    assert "assess_data" in order
    assert not {"disconnect", "reinstall", "restore", "degraded_mode", "no_payment"} & set(order)


# Registers


@pytest.mark.parametrize("name", ["cyber_consequences", "job_cards", "provider_services", "who_to_call"])
def test_starting_rows_go_out_as_a_table_and_come_back_the_same(name: str):
    register = one(Register, name)
    entries = [read_entry(register, row, TODAY) for row in register.rows]
    heading, *rows = to_rows(register, entries)
    back = read_table(register, heading, rows, TODAY)
    assert (back.entries, back.faults, back.unknown_columns) == (entries, [], [])


def test_every_contact_has_its_source_and_verification_day():
    contacts = one(Register, "who_to_call")
    given = [row for row in contacts.rows if "phone" in row or "address" in row]
    assert len(given) == 6
    assert all(row.get("source") and row.get("verified_on") for row in given)
    with pytest.raises(AnswersError, match="sans source"):
        read_entry(contacts, {"name": "Mairie voisine", "phone": "17", "verified_on": "2026-11-01"}, TODAY)
    with pytest.raises(AnswersError, match="quel jour"):
        read_entry(contacts, {"name": "Mairie voisine", "phone": "17", "source": "affiche"}, TODAY)
    read = [read_entry(contacts, row, TODAY) for row in given]
    # Whom to call first, whatever the order in which they were written.
    assert [row[1] for row in to_rows(contacts, read[::-1])][1:3] == ["17Cyber", "Votre CSIRT régional"]
    assert expiring(contacts, read, TODAY + timedelta(days=74)) == []
    assert len(expiring(contacts, read, TODAY + timedelta(days=91))) == 6


def test_a_provider_s_list_and_an_export_of_glpi_are_read_without_login_names():
    devices = one(Register, "devices")
    heading = ["Nom", "Usager", "Numéro de série", "Type", "Lieu", "Système d'exploitation - Nom", "Dernier inventaire", "BitLocker"]  # fmt: skip
    rows = [
        ["PC-ACCUEIL", "jdupont", "", "Notebook", "Mairie", "Windows 11", "2026-11-20 08:12", "Activé"],
        ["NAS", "", "S-1", "NAS", "Mairie", "", "20/11/2026", "Non"],
    ]
    read = read_table(devices, heading, rows, TODAY)
    assert read.faults == []
    assert read.unknown_columns == ["Usager"]
    assert read.entries == [
        {"name": "PC-ACCUEIL", "kind": "laptop", "place": "Mairie", "system": "Windows 11", "last_seen": "2026-11-20", "encrypted": "yes"},
        {"name": "NAS", "kind": "nas", "serial": "S-1", "place": "Mairie", "last_seen": "2026-11-20", "encrypted": "no"},
    ]  # fmt: skip
    assert "jdupont" not in str(read.entries)


REFUSED: dict[str, tuple[str, dict[str, Any], Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "a test that nobody attests": (
        "security_tools",
        {"name": "Sauvegarde", "kind": "backup", "tested_on": "2026-11-01", "tested_by": "Mme Petit"},
        lambda entry: {**entry, "tested_by": ""},
        "dites laquelle",
    ),
    "a label that nobody looked up": (
        "providers",
        {"name": "Infoloc", "labels": ["expertcyber"], "labels_verified_on": "2026-11-01"},
        lambda entry: {**entry, "labels_verified_on": ""},
        "Un label se vérifie",
    ),
    "a lesson published without a review": (
        "incident_lessons",
        {"name": "Boîte piratée", "happened_on": "2026-03-02", "kind": "mailbox", "seen": "after", "share": "yes",
         "reviewed_by": "RSSI", "reviewed_on": "2026-05-02", "published_on": "2026-05-03"},
        lambda entry: {**entry, "reviewed_on": ""},
        "sans relecture",
    ),
    "a lesson published against its town": (
        "incident_lessons",
        {"name": "Boîte piratée", "happened_on": "2026-03-02", "kind": "mailbox", "seen": "after", "share": "yes",
         "reviewed_by": "RSSI", "reviewed_on": "2026-05-02", "published_on": "2026-05-03"},
        lambda entry: {**entry, "share": "no"},
        "n'est pas partagée",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "entry", "spoil", "said"), REFUSED.values(), ids=REFUSED)
def test_a_register_refuses(
    name: str, entry: dict[str, Any], spoil: Callable[[dict[str, Any]], dict[str, Any]], said: str
):
    register = one(Register, name)
    read_entry(register, entry, TODAY)
    with pytest.raises(AnswersError, match=said):
        read_entry(register, spoil(entry), TODAY)


def test_a_backup_is_restored_every_ninety_days_and_an_offer_verified_every_hundred_and_eighty():
    tools, calls = one(Register, "security_tools"), one(Register, "cyber_calls")
    backup = {"name": "Sauvegarde", "kind": "backup", "restored_on": "2026-08-30", "tested_by": "Mme Petit"}
    (late,) = expiring(tools, [read_entry(tools, backup, TODAY)], TODAY)
    assert (late.expiry.key, late.days) == ("restore", -1)
    offer = {"name": "Diagnostic", "kind": "diagnosis", "by": "Région", "region": "Occitanie", "address": "https://exemple.fr", "verified_on": "2026-05-01"}  # fmt: skip
    (hidden,) = expiring(calls, [read_entry(calls, offer, TODAY)], TODAY)
    assert (hidden.expiry.key, hidden.days < 0) == ("verification", True)


@pytest.mark.requirement("R83")
def test_twelve_jobs_have_a_card_with_three_gestures():
    cards = one(Register, "job_cards").rows
    assert len(cards) == 12
    assert all(len(row["gestures"]) == 3 for row in cards if isinstance(row["gestures"], tuple))


def test_every_service_of_the_grid_says_how_long_it_may_stop_and_the_seven_consequences():
    grid = one(Register, "cyber_consequences")
    assert set(KIT.consequences) <= {field.key for field in grid.fields}
    assert all(row["stop_hours"] for row in grid.rows)


@pytest.mark.requirement("R73")
def test_a_project_says_its_share_for_security_and_who_decides():
    brief = one(Questionnaire, "project_brief")
    assert brief.decided_by and one(Register, "teleservices").decided_by
    assert {(share.part, share.whole, share.low, share.high) for share in brief.shares} == {
        ("security_budget", "budget", 5, 10)
    }
    with pytest.raises(AnswersError, match="dépasser le budget"):
        read_answers(brief, {"budget": 1000, "security_budget": 2000}, TODAY, whole=False)


COMPANIES = re.compile(
    r"R&D|\bclients\b|\bRH\b|\bsalariés?\b|\bcollaborateurs?\b|industrialisation", re.IGNORECASE
)


def test_a_local_authority_is_spoken_to_in_its_own_words():
    every = load([CONTENT], KINDS).guides.values()
    said = [(guide.id, text) for guide in every for text in _texts(guide.model_dump(exclude={"sources"}))]
    assert [(key, text[:160]) for key, text in said if COMPANIES.search(text)] == []


def _texts(value: Any) -> Iterator[str]:
    """Every text that a person reads: keys, and names of what conditions ask, are none."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in ("key", "action", "question", "when", "id", "about", "actions_of"):
                yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str) and " " in value:
        yield value
