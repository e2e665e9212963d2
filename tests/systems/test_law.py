"""Law as dated data: class and duties of a system depend on the answers, the day and the data only."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.guides import KINDS, Questionnaire, Rule
from beffroi.guides.loading import load_file
from beffroi.guides.provisions import ProvisionStatus
from beffroi.guides.rule_model import Fact
from beffroi.systems import law, registry
from beffroi.systems.law.answers import FILE
from beffroi.systems.law.result import RANK
from beffroi.systems.manifest import Manifest

RULES = law.load_rules()
TODAY = date(2026, 11, 26)
CLOSED = RANK | {"undetermined": 4}  # nothing may be built on an undetermined class
WHY = "Vérifié avec le service concerné."


def answers(**chosen: str) -> dict[str, law.Answer]:
    """Every question answered with what asks the least, except those given."""
    least = {q.key: next(key for key in law.options(q) if key != q.strict) for q in RULES.facts}
    least |= {"narrow_task": "none", "legacy": "no", "generates_since": "no", "notice": "yes"}
    return {key: law.Answer(answer=value, justification=WHY) for key, value in (least | chosen).items()}


def manifest(**changes: object) -> Manifest:
    fields = registry.get("canteen").manifest.model_dump()
    legal = fields["legal"] | changes.pop("legal", {})  # type: ignore[operator]
    return Manifest.model_validate(fields | {"legal": legal} | changes)


def owed(result: law.LegalResult) -> dict[str, date | None]:
    return {duty.id: duty.applies_from for duty in result.duties}


# --- The table: answers and class ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "risk", "refused"),
    [
        ({}, "minimal", False),
        ({"talks": "yes"}, "transparency", False),
        ({"deep_fake": "yes"}, "transparency", False),
        ({"employment": "yes"}, "high", False),
        ({"product_safety": "yes"}, "high", False),
        ({"street_vision": "yes"}, "high", False),
        ({"employment": "yes", "narrow_task": "preparatory"}, "minimal", False),
        ({"employment": "yes", "narrow_task": "preparatory", "talks": "yes"}, "transparency", False),
        ({"employment": "yes", "narrow_task": "preparatory", "profiling": "yes"}, "high", False),
        ({"employment": "yes", "narrow_task": "preparatory", "profiling": "unknown"}, "high", False),
        ({"employment": "yes", "narrow_task": "unknown"}, "high", False),
        ({"employment": "yes", "narrow_task": "preparatory", "product_safety": "yes"}, "high", False),
        ({"social_scoring": "yes"}, "prohibited", False),
        ({"social_scoring": "yes", "employment": "unknown"}, "prohibited", False),
        ({"intimate_images": "yes"}, "prohibited", False),
        ({"social_scoring": "unknown"}, "undetermined", False),
        ({"employment": "unknown"}, "undetermined", False),
        ({"talks": "unknown"}, "undetermined", False),
        ({"employment": "yes", "talks": "unknown"}, "high", False),
        ({"employment": "yes", "plates": "unknown"}, "undetermined", False),
        ({"street_offences": "yes"}, "minimal", True),
        ({"street_vision": "yes", "street_cameras": "yes", "street_cameras_signed": "no"}, "high", True),
        ({"street_vision": "yes", "street_cameras": "yes", "street_cameras_signed": "yes"}, "high", False),
        (
            {"street_vision": "yes", "street_cameras": "yes", "street_cameras_signed": "unknown"},
            "undetermined",
            False,
        ),
        ({"street_vision": "yes", "street_cameras": "no", "street_cameras_signed": "no"}, "high", False),
        ({"street_cameras": "yes", "street_cameras_signed": "no"}, "minimal", False),  # nobody asks
        ({"decides_alone": "yes", "talks": "yes"}, "transparency", True),
        ({"individual_decision": "yes", "notice": "no"}, "minimal", True),
        ({"individual_decision": "yes", "notice": "yes"}, "minimal", False),
        ({"notice": "no"}, "minimal", False),  # nobody asks, where no decision is prepared
    ],
)
def test_the_class_follows_the_answers(chosen: dict[str, str], risk: str, refused: bool) -> None:
    result = law.evaluate(answers(**chosen), TODAY)
    assert (result.risk, result.refused) == (risk, refused)
    assert result.closed == (refused or risk == "prohibited")


@pytest.mark.parametrize(
    ("as_of", "in_force"),
    [
        (date(2025, 1, 1), set()),
        (date(2025, 2, 2), {"literacy"}),
        (date(2026, 8, 3), {"literacy", "say_machine"}),
        (date(2026, 12, 2), {"literacy", "say_machine"}),
        (date(2027, 12, 1), {"literacy", "say_machine"}),
        (date(2027, 12, 2), {"literacy", "say_machine", "instructions", "dpia", "inform_people", "fria",
                             "registration", "provider_high"}),
    ],
)  # fmt: skip
def test_the_same_answers_have_other_duties_on_other_days(as_of: date, in_force: set[str]) -> None:
    result = law.evaluate(answers(essential_services="yes", people_decisions="yes", talks="yes"), as_of)
    assert result.risk == "high"
    assert {duty.id for duty in result.duties if duty.status == ProvisionStatus.IN_FORCE} == in_force
    assert {duty.id for duty in result.next_dates}.isdisjoint(in_force)


def test_what_was_in_service_before_has_until_2030_and_who_does_not_know_has_not() -> None:
    high = {"essential_services": "yes", "people_decisions": "yes"}
    assert owed(law.evaluate(answers(**high, legacy="yes"), TODAY))["fria"] == date(2030, 8, 2)
    for not_delayed in ("no", "unknown"):
        result = law.evaluate(answers(**high, legacy=not_delayed), TODAY)
        assert owed(result)["fria"] == date(2027, 12, 2)
    on_the_day = law.evaluate(answers(**high, legacy="yes"), date(2030, 8, 2))
    assert {duty.id for duty in on_the_day.duties if duty.status == ProvisionStatus.IN_FORCE} >= {
        "fria",
        "registration",
    }


def test_the_calendar_of_before_the_amendment_is_the_one_that_was_read_before_it() -> None:
    high = answers(employment="yes")
    assert owed(law.evaluate(high, date(2026, 7, 23)))["fria"] == date(2026, 8, 2)
    assert owed(law.evaluate(high, date(2026, 7, 24)))["fria"] == date(2027, 12, 2)


def test_a_prohibition_not_yet_applicable_closes_from_its_publication_with_its_date() -> None:
    before = law.evaluate(answers(intimate_images="yes"), date(2026, 7, 23))
    assert before.risk == "minimal"
    assert [cited.status for reason in before.reasons for cited in reason.cited] == [ProvisionStatus.NOT_YET]
    coming = law.evaluate(answers(intimate_images="yes"), TODAY)
    assert coming.risk == "prohibited"
    assert coming.reasons[0].cited[0].when == "à partir du 2 décembre 2026"
    there = law.evaluate(answers(intimate_images="yes"), date(2026, 12, 2))
    assert there.reasons[0].cited[0].when == "en vigueur depuis le 2 décembre 2026"


def test_before_the_regulation_was_published_nothing_is_of_minimal_risk() -> None:
    before = law.evaluate(answers(), date(2024, 1, 1))
    assert not before.published and before.label == "règlement pas encore publié à cette date"
    assert law.evaluate(answers(), date(2024, 7, 12)).label == "risque minimal"


def test_the_question_on_what_was_in_service_gives_the_date_of_each_annex() -> None:
    question = RULES.fact("legacy")
    assert question is not None
    text = RULES.worded(question.label, TODAY)
    assert "2 décembre 2027 (annexe III)" in text and "2 août 2028 (annexe I seulement)" in text


def test_the_impact_assessment_is_owed_in_all_areas_but_infrastructure() -> None:
    areas = [q.key for q in RULES.facts if q.group == "annex3"]
    by_law = {area: law.evaluate(answers(**{area: "yes"}), TODAY).fria_by_law for area in areas}
    assert by_law == {area: area != "infrastructure" for area in areas}
    both = law.evaluate(answers(infrastructure="yes", employment="yes"), TODAY)
    assert both.fria_by_law and both.registration


def test_a_product_of_annex_one_is_later_than_annex_three_and_both_together_are_owed_from_the_first() -> None:
    product, area = answers(product_safety="yes"), answers(employment="yes")
    both = answers(product_safety="yes", employment="yes", workers="yes")
    assert owed(law.evaluate(product, TODAY))["instructions"] == date(2028, 8, 2)
    assert owed(law.evaluate(area, TODAY))["instructions"] == date(2027, 12, 2)
    assert owed(law.evaluate(both, TODAY))["inform_workers"] == date(2027, 12, 2)


def test_an_exempted_system_owes_its_written_reason_and_no_duty_of_high_risk() -> None:
    exempted = answers(
        employment="yes", narrow_task="procedural", people_decisions="yes", workers="yes", role="provider"
    )
    result = law.evaluate(exempted, TODAY)
    assert result.exempted and not result.needs_file and result.registration
    assert owed(result).keys() == {"literacy", "exemption_written", "exemption_registered"}
    assert [reason.effect for reason in result.reasons] == ["exempted"]


def test_generated_content_is_marked_from_august_or_december_by_its_provider() -> None:
    marked = law.evaluate(answers(generates="yes"), TODAY)
    assert owed(marked)["mark_content"] == date(2026, 8, 2)
    earlier = law.evaluate(answers(generates="yes", generates_since="yes"), TODAY)
    assert owed(earlier)["mark_content"] == date(2026, 12, 2)
    (duty,) = [duty for duty in marked.duties if duty.id == "mark_content"]
    assert not duty.yours
    for role in ({"role": "provider"}, {"becomes_provider": "yes"}, {"role": "unknown"}):
        as_provider = law.evaluate(answers(generates="yes", **role), TODAY)
        assert [duty.yours for duty in as_provider.duties if duty.id == "mark_content"] == [True]


def test_an_individual_decision_carries_its_notice_and_explanation_since_2017() -> None:
    result = law.evaluate(answers(individual_decision="yes"), TODAY)
    assert owed(result)["notice"] == owed(result)["explanation"] == date(2017, 9, 1)


# --- Questions left open ------------------------------------------------------------------------------------------


def test_without_answers_nothing_is_known_and_every_question_without_condition_is_open() -> None:
    result = law.evaluate({}, TODAY)
    assert result.risk == "undetermined" and not result.settled
    assert set(result.open_questions) == {q.key for q in RULES.facts if not q.when}


def test_a_question_becomes_relevant_when_another_answer_calls_for_it() -> None:
    def relevant(**chosen: str) -> set[str]:
        return {question.key for question in law.relevant_questions(RULES, answers(**chosen))}

    assert "profiling" not in relevant() and "profiling" in relevant(migration="yes")
    assert "generates_since" not in relevant() and "generates_since" in relevant(generates="yes")
    assert "notice" not in relevant() and "notice" in relevant(individual_decision="yes")


def test_an_answer_that_does_not_exist_is_no_answer() -> None:
    result = law.evaluate(answers(employment="maybe"), TODAY)
    assert result.risk == "undetermined" and result.open_questions == ("employment",)


# --- The manifest and its purpose ---------------------------------------------------------------------------------


def test_the_manifest_s_class_is_a_floor_and_contradictions_are_reported() -> None:
    stricter = law.evaluate(answers(), TODAY, manifest=manifest(legal={"risk": "high"}))
    assert stricter.risk == "high" and stricter.needs_file
    assert "vérifiez vos réponses" in stricter.contradictions[0]
    looser = law.evaluate(answers(employment="yes"), TODAY, manifest=manifest())
    assert looser.risk == "high"
    assert "corriger sa fiche" in looser.contradictions[0]
    agreed = law.evaluate(answers(), TODAY, manifest=manifest())
    assert agreed.contradictions == () and agreed.risk == "minimal"
    forbidden = law.evaluate(answers(), TODAY, manifest=manifest(legal={"risk": "prohibited"}))
    assert forbidden.closed


def test_a_manifest_that_prepares_decisions_on_persons_owes_the_notice_whatever_is_answered() -> None:
    personal = manifest(legal={"individual_decision": True, "personal_data": True})
    denied = {key: one for key, one in answers().items() if key != "notice"}
    result = law.evaluate(denied, TODAY, manifest=personal)
    assert "notice" in owed(result)
    assert result.open_questions == ("notice",) and not result.settled
    assert (
        "dit qu'il prépare une décision sur une personne ; vous répondez le contraire"
        in result.contradictions[0]
    )
    without_notice = law.evaluate(answers(notice="no"), TODAY, manifest=personal)
    assert without_notice.refused
    agreed = law.evaluate(answers(individual_decision="yes"), TODAY, manifest=personal)
    assert agreed.contradictions == () and agreed.settled


@pytest.mark.parametrize(
    ("purpose", "question", "plain"),
    [
        ("Noter les citoyens d'après leurs retards de paiement.", "social_scoring", True),
        ("Prédit qui commettra un vol dans le quartier.", "crime_prediction", True),
        ("Verbalise automatiquement les dépôts sauvages.", "street_offences", True),
        ("Contrôler l'entrée par reconnaissance faciale.", "public_faces", False),
        ("Tenir un score social des quartiers.", "social_scoring", False),
        ("Lire les plaques d’immatriculation des véhicules.", "plates", False),
        ("Ce service ne sert pas à noter les citoyens.", "social_scoring", False),
        ("Ce service n'est pas cher et note les citoyens.", "social_scoring", True),
        ("Il ne coûte rien : il note les citoyens.", "social_scoring", True),
        ("Ne sert pas à aider les agents mais à noter les citoyens.", "social_scoring", True),
        ("Il n’est en aucun cas destiné à noter les citoyens.", "social_scoring", False),
        ("Il ne vise ni à classer ni à noter les citoyens.", "social_scoring", False),
        ("Ne jamais noter les citoyens.", "social_scoring", False),
        ("Détecter les INFRACTIONS de stationnement.", "street_offences", False),
        ("Compter les vélos sur les images de vidéoprotection.", "street_cameras", False),
    ],
)
def test_words_of_a_purpose_open_a_question_and_plain_ones_close_the_use(
    purpose: str, question: str, plain: bool
) -> None:
    (found,) = law.screen_purpose(RULES, purpose)
    assert (found.question, found.plain) == (question, plain)
    result = law.evaluate(answers(), TODAY, manifest=manifest(purpose=purpose))
    assert result.closed is plain
    assert result.warnings and found.words in result.warnings[0]


def test_the_purposes_of_our_own_systems_name_no_forbidden_use() -> None:
    for system in registry.all_systems():
        card = system.manifest
        assert law.screen_purpose(RULES, f"{card.title}. {card.purpose} {card.helps}") == (), card.id


@pytest.mark.parametrize("question", ["street_offences", "street_alerts"])
def test_the_council_of_state_is_cited_from_the_day_that_it_judged(question: str) -> None:
    for as_of, published in ((date(2026, 1, 29), False), (date(2026, 1, 30), True)):
        result = law.evaluate(answers(**{question: "yes"}), as_of)
        (cited,) = [c for c in result.reasons[0].cited if "n° 506370" in c.article]
        assert "L. 251-2" in cited.article and cited.counts is published
        assert "à relire par un juriste" in cited.source
        assert result.refused, "the CNIL had said so since 2022"


# --- What always holds --------------------------------------------------------------------------------------------

some_answers = st.fixed_dictionaries(
    {}, optional={q.key: st.sampled_from(list(law.options(q))) for q in RULES.facts}
).map(lambda chosen: {key: law.Answer(answer=value) for key, value in chosen.items()})
some_day = st.dates(date(2024, 1, 1), date(2031, 12, 31))


@given(some_answers, some_day, st.sampled_from(RULES.facts))
def test_the_strictest_answer_never_lowers_the_class_nor_opens_what_was_refused(
    some: dict[str, law.Answer], as_of: date, question: Fact
) -> None:
    before = law.evaluate(some, as_of)
    after = law.evaluate(some | {question.key: law.Answer(answer=question.strict)}, as_of)
    assert RANK[after.at_least] >= RANK[before.at_least]
    assert after.refused >= before.refused
    assert after.closed >= before.closed


@given(some_answers, some_day, st.sampled_from(RULES.facts))
def test_not_knowing_never_lowers_the_class_below_a_no(
    some: dict[str, law.Answer], as_of: date, question: Fact
) -> None:
    for key in law.options(question):
        if key in (question.strict, law.UNKNOWN):
            continue
        known = law.evaluate(some | {question.key: law.Answer(answer=key)}, as_of)
        unknown = law.evaluate(some | {question.key: law.Answer(answer=law.UNKNOWN)}, as_of)
        assert CLOSED[unknown.risk] >= CLOSED[known.risk] or known.risk == "undetermined"
        assert not unknown.settled or question not in law.relevant_questions(RULES, some)


@given(some_answers, some_day)
def test_a_duty_once_in_force_stays_in_force(some: dict[str, law.Answer], as_of: date) -> None:
    def in_force(day: date) -> set[str]:
        return {d.id for d in law.evaluate(some, day).duties if d.status == ProvisionStatus.IN_FORCE}

    # The amendment of July 2026 moved nothing that was in force already.
    assert in_force(as_of) <= in_force(as_of + timedelta(days=365))
    assert all(d.applies_from for d in law.evaluate(some, TODAY).duties)


@given(some_answers, some_day)
def test_a_result_goes_to_json_and_back(some: dict[str, law.Answer], as_of: date) -> None:
    result = law.evaluate(some, as_of)
    assert law.LegalResult.model_validate_json(result.model_dump_json()) == result


# --- The data themselves ------------------------------------------------------------------------------------------


def test_every_provision_has_its_source_its_article_and_the_day_it_was_read() -> None:
    for provision in RULES.provisions:
        cited = RULES.cited(provision.key, TODAY)
        assert cited.source and cited.article and cited.title and cited.text
        assert cited.read_on >= max(c.published for c in provision.dates)
        assert cited.url.startswith("https://") or provision.kind == "house"
    assert all(fact.provisions for fact in RULES.facts) and all(duty.provision for duty in RULES.duties)


def test_every_question_has_a_theme_an_example_or_a_limit_and_is_on_the_page_once() -> None:
    on_page = [question.key for _, questions in RULES.by_theme() for question in questions]
    assert sorted(on_page) == sorted(question.key for question in RULES.facts)
    for question in RULES.facts:
        worded = RULES.worded(question.label + question.help, TODAY)
        assert "{" not in worded and question.label.endswith("?"), question.key


def test_prohibited_uses_and_areas_are_all_there() -> None:
    assert {q.provisions[0] for q in RULES.facts if q.brings == "prohibited"} == {
        f"art5-1-{point}" for point in ("a", "b", "ba", "bb", "c", "d", "e", "f", "g", "h")
    }
    assert sum(q.group == "annex3" for q in RULES.facts) == 8


def test_the_impact_assessment_has_the_six_points_of_article_27() -> None:
    rights, problems = load_file(FILE.with_name("rights.toml"), KINDS)
    assert isinstance(rights, Questionnaire) and not problems
    assert [question.label[:2] for question in rights.questions] == ["a)", "b)", "c)", "d)", "e)", "f)"]


def test_the_calendar_agrees_with_the_one_that_was_gathered(real_data: Path) -> None:
    timeline = json.loads((real_data / "governance" / "ai-act-timeline.json").read_text("utf-8"))
    gathered = {date.fromisoformat(line["date"]): line["what"] for line in timeline["milestones"]}
    applies_from = {p.key: p.dates[-1].applies_from for p in RULES.provisions if p.text == "ai_act"}
    assert set(applies_from.values()) <= set(gathered)
    for provision, words in {
        "art4": "Art. 5", "art5-1-ba": "5(1)(ba)", "art50-1": "Art. 50", "art111-4": "Art. 50(2)", "art27": "27 FRIA",
        "art6-1": "Annex I high-risk", "art49": "Art. 49", "art111-2": "Art. 111(2)",
    }.items():  # fmt: skip
        assert words in gathered[applies_from[provision]], provision


def changed(file: Path, before: str, after: str) -> Rule:
    """The rules with one change, as who prepares a change of law would make it."""
    text = FILE.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")
    return law.load_rules(file)


def test_a_change_of_law_is_a_change_of_data(tmp_path: Path) -> None:
    moved = changed(
        tmp_path / "moved.toml",
        "{ published = 2026-07-24, from = 2027-12-02 }]",
        "{ published = 2026-07-24, from = 2027-12-02 }, { published = 2027-03-01, from = 2029-01-01 }]",
    )
    high = answers(employment="yes")
    assert moved.version != RULES.version
    assert owed(law.evaluate(high, TODAY, rules=moved))["fria"] == date(2027, 12, 2)
    later = law.evaluate(high, date(2027, 3, 1), rules=moved)
    assert owed(later)["fria"] == date(2029, 1, 1)
    assert owed(law.evaluate(high, date(2027, 3, 1)))["fria"] == date(2027, 12, 2)
    assert later.rules_version == moved.version


def test_a_new_prohibition_is_a_new_paragraph_of_data(tmp_path: Path) -> None:
    more = changed(
        tmp_path / "more.toml",
        '[[duties]]\nkey = "notice"',
        """[[facts]]
key = "new_use"
theme = "national"
kind = "yes_no"
brings = "refused"
provisions = ["cnil-sound"]
label = "Fait-il une chose que la loi vient de refuser ?"
help = "Exemple : une chose nouvelle."

[[duties]]
key = "notice\"""",
    )
    assert law.evaluate(answers(), TODAY, rules=more).risk == "undetermined"
    assert law.evaluate(answers(new_use="yes"), TODAY, rules=more).refused


def test_laying_the_file_out_anew_is_no_change_of_law(tmp_path: Path) -> None:
    same = changed(tmp_path / "same.toml", "# --- Role", "# Another comment\n\n# --- Role")
    assert same.version == RULES.version


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('provision = "art27"', 'provision = "art2700"', "art2700"),
        ("{ published = 2024-07-12, from = 2027-08-02 }, ", "{ published = 2027-01-01, from = 2027-08-02 }, ", "rangés"),
        ('key = "cnil-plates"', 'key = "cnil-sound"', "double"),
        ("read_on = 2026-11-26", 'read_on = "hier"', "read_on"),
        ('fact = "plates"', 'fact = "nothing"', "nothing"),
        ("[[exemptions]]", "[[exemptions", "TOML"),
    ],
)  # fmt: skip
def test_data_that_do_not_hold_together_are_refused_in_french(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    with pytest.raises(law.RulesError, match=words):
        changed(tmp_path / "broken.toml", before, after)
