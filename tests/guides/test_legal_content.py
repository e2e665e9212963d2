"""Rules, registers and questionnaires of the law and of security: what each profile owes, what comes due, what is proposed."""

from datetime import date
from typing import Any

import pytest

from beffroi.guides import CONTENT, KINDS, Guide
from beffroi.guides.loading import load
from beffroi.guides.plan import Followed, Plan, next_steps
from beffroi.guides.questionnaire import Questionnaire, check_together, next_actions, read_answers, scores
from beffroi.guides.register import Register, expiring, read_entry, read_table, to_rows
from beffroi.guides.rule import Rule, evaluate

TODAY = date(2026, 11, 29)
LIBRARY = load([CONTENT / "cyber"], KINDS)


def guide[G: Guide](kind: type[G], key: str) -> G:
    found = LIBRARY.guides[key]
    assert isinstance(found, kind)
    return found


RULES = [each for each in LIBRARY.guides.values() if isinstance(each, Rule)]
REGISTERS = [each for each in LIBRARY.guides.values() if isinstance(each, Register)]


@pytest.mark.parametrize("register", [each for each in REGISTERS if each.rows], ids=lambda each: each.id)
def test_the_rows_to_begin_with_are_entries_that_a_table_gives_back(register: Register):
    entries = [read_entry(register, row, TODAY) for row in register.rows]
    assert len({register.identity_of(entry) for entry in entries}) == len(entries)
    heading, *rows = to_rows(register, entries)
    back = read_table(register, heading, rows, TODAY)
    assert (back.entries, back.faults, back.unknown_columns) == (entries, [], [])


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_each_duty_says_its_article_its_proof_and_who(rule: Rule):
    assert [duty.key for duty in rule.duties if not (duty.article and duty.proof and duty.who)] == []


def test_no_content_says_that_a_town_is_in_order_with_the_law():
    reused = {"cyber_path", "mon_aide_cyber"}  # words of MonAideCyber's measures, about restored data
    saying = {each.id for each in LIBRARY.guides.values() if "conforme" in each.model_dump_json().lower()}
    assert saying <= reused


# --- obligations ---------------------------------------------------------------------------------------------------------

NINE_TEXTS = ("RGS", "loi de programmation militaire", "RGPD", "eIDAS", "NIS :", "loi n° 2016-41", "NIS 2", "REEN", "2024/1689")  # fmt: skip
EVERYONE = ["rgpd_officer", "rgpd_register", "rgpd_information", "rgpd_requests", "rgpd_processors", "rgpd_security",
            "rgpd_breach", "nis2_status"]  # fmt: skip
SMALL = {"kind": "commune", "population": 1800, "online": "no", "identification": "no", "care": "no", "ai": ["none"],
         "operator": ["none"]}  # fmt: skip


def test_nine_texts_are_asked_about_in_eight_questions_at_most():
    rule = guide(Rule, "obligations")
    assert len(rule.facts) <= 8
    assert [text for text in NINE_TEXTS if not any(text in duty.article for duty in rule.duties)] == []


@pytest.mark.parametrize(
    ("facts", "status", "more"),
    [
        ({}, "common", set()),
        ({"online": "yes"}, "common", {"rgs_risks", "rgs_attestation"}),
        ({"online": "yes", "identification": "yes"}, "common",
         {"rgs_risks", "rgs_attestation", "eidas_recognition", "eidas_signature"}),
        ({"care": "yes"}, "common", {"health_incident", "health_hosting", "rgpd_impact"}),
        ({"ai": ["persons"]}, "common", {"rgpd_impact", "ai_literacy", "ai_prohibitions", "ai_high_risk"}),
        # What is not known stays on the list, to be checked.
        ({"ai": ["unknown"]}, "common", {"rgpd_impact", "ai_literacy", "ai_prohibitions", "ai_transparency", "ai_high_risk"}),
        ({"population": 50000}, "common", set()),
        ({"population": 50001}, "large", {"reen_strategy", "reen_review"}),
        ({"kind": "departement", "population": 700000}, "common", set()),
        ({"operator": ["vital"]}, "operator", {"vital_rules"}),
        ({"operator": ["essential"]}, "operator", {"essential_list", "essential_rules"}),
    ],
)  # fmt: skip
def test_a_profile_has_its_duties(facts: dict[str, Any], status: str, more: set[str]):
    found = evaluate(guide(Rule, "obligations"), {**SMALL, **facts}, TODAY)
    assert found.status.key == status
    assert {due.duty.key for due in found.due} == {*EVERYONE, *more}


def test_a_duty_becomes_a_line_of_the_register_and_comes_back_in_time():
    register = guide(Register, "obligations_register")
    for duty in guide(Rule, "obligations").duties:
        read_entry(
            register, {"duty": duty.text, "text": duty.article, "who": duty.who, "state": "to_do"}, TODAY
        )
    entry = read_entry(
        register,
        {"duty": "Tenir le registre", "text": "RGPD, article 30", "state": "begun", "due_on": "2026-12-20"},
        TODAY,
    )
    assert [(each.expiry.key, each.days) for each in expiring(register, [entry], TODAY)] == [("due", 21)]
    with pytest.raises(ValueError, match="a sa preuve"):
        read_entry(register, {"duty": "Tenir le registre", "text": "RGPD", "state": "done"}, TODAY)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"kind": "commune", "population": 50000}, "free"),
        ({"kind": "commune", "population": 50001}, "due"),
        ({"kind": "epci", "population": 60000}, "due"),
        ({"kind": "other", "population": 60000}, "free"),
    ],
)
@pytest.mark.requirement("R72")
def test_a_responsible_digital_strategy_is_due_above_its_threshold(facts: dict[str, Any], status: str):
    found = evaluate(guide(Rule, "reen"), facts, TODAY)
    assert (found.status.key, found.indicative) == (status, False)


@pytest.mark.requirement("R72")
def test_a_strategy_goes_from_the_state_of_things_to_the_yearly_review_and_speaks_of_data_and_ai():
    plan = guide(Plan, "reen_strategy")
    followed = [Followed(each, "proposed") for each in plan.actions]
    assert [each.action.key for each in next_steps(followed)] == ["uses", "footprint", "done_already"]
    assert [each.stage for each in plan.actions] == sorted(
        (each.stage for each in plan.actions), key=[stage.key for stage in plan.stages].index
    )
    assert {"data_storage", "ai_uses"} <= {each.key for each in plan.actions if each.proof and each.reduces}


# --- calendar, budget, commitments ---------------------------------------------------------------------------------------


def test_the_budget_and_the_rates_of_taxes_have_one_last_day() -> None:
    rows = {row["title"]: row for row in guide(Register, "legal_deadlines").rows}
    budget, rates = rows["Vote du budget primitif"], rows["Taux des impôts locaux"]
    assert budget["due_on"] == rates["due_on"] == "2027-04-15"
    assert "L. 1612-2" in budget["text"] and "1639 A" in rates["text"]
    assert all("au plus tard le 15 avril" in each["what"] for each in (budget, rates))


def test_the_calendar_warns_thirty_days_before_and_each_row_has_its_text():
    register = guide(Register, "legal_deadlines")
    entries = [read_entry(register, row, TODAY) for row in register.rows]
    assert {entry["topic"] for entry in entries} == {choice.key for choice in register.fields[1].choices}
    assert all(date.fromisoformat(entry["due_on"]) > TODAY for entry in entries if "due_on" in entry)
    for day, told in ((date(2027, 3, 15), False), (date(2027, 3, 16), True)):
        found = {each.entry["title"] for each in expiring(register, entries, day)}
        assert ("Vote du budget primitif" in found) is told
    # An act by act or meeting by meeting duty has no day: it never nags.
    assert not any(entry.get("due_on") for entry in entries if entry["rhythm"] in ("act", "meeting", "vote"))


def test_a_poor_share_of_security_is_answered_by_a_proposal_that_people_decide_on():
    budget = guide(Questionnaire, "cyber_budget")
    answers = read_answers(
        budget,
        {"name": "Site de la mairie", "budget": 10000, "security": 200, "backups": "no", "access": "yes", "test": "yes",
         "years": "unknown"},
        TODAY,
    )  # fmt: skip
    assert [each.action.key for each in next_actions(budget, answers, TODAY)] == [
        "raise_share",
        "pay_backups",
    ]
    (score,) = scores(budget, answers, TODAY)
    assert score.level is not None
    assert (score.level.title, score.unknown) == ("En partie prévue", 1)
    (fault,) = check_together(budget.checks, {"budget": 100, "security": 200}, TODAY)
    assert fault.question == "security"


def test_health_data_name_their_host_s_certificate():
    hosting = guide(Register, "hosting")
    entry = {"service": "Dossier de soins", "provider": "Hébergeur", "foreign_law": "no", "copy": "yes", "data": ["health"]}  # fmt: skip
    with pytest.raises(ValueError, match="hébergeur certifié"):
        read_entry(hosting, entry, TODAY)
    assert read_entry(hosting, {**entry, "certificate": "HDS n° 12"}, TODAY)


def test_commitments_that_were_not_read_are_said_to_be_missing():
    rows = guide(Register, "ai_commitments").rows
    assert [row["known"] for row in rows] == ["report"] * 2 + ["to_obtain"] * 10
