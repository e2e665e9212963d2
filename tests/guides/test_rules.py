"""Rules: the status of facts on a day, what is due, and what an unknown fact leaves open; text by edition."""

from datetime import date
from typing import Any

import pytest

from beffroi.guides.loading import Library
from beffroi.guides.provisions import ProvisionStatus
from beffroi.guides.rule import Rule, evaluate
from beffroi.guides.weaknesses import check

SOURCE = {
    "title": "Proposé par Beffroi",
    "licence": "EUPL-1.2",
    "read_on": date(2026, 1, 1),
    "origin": "beffroi",
}
CONTENT: dict[str, Any] = {
    "id": "seuil",
    "title": "Un seuil d'habitants",
    "edition": "1",
    "valid_from": date(2026, 1, 1),
    "sources": (SOURCE,),
    "editions": (
        {"since": date(2025, 3, 12), "state": "bill", "title": "Projet de loi", "url": "https://exemple.fr/1",
         "read_on": date(2026, 1, 1)},
        {"since": date(2026, 6, 1), "state": "in_force", "title": "Loi en vigueur", "url": "https://exemple.fr/2",
         "read_on": date(2026, 1, 1)},
    ),
    "facts": (
        {"key": "population", "label": "Combien d'habitants ?", "kind": "number"},
        {"key": "water", "label": "Gérez-vous l'eau potable ?", "kind": "yes_no"},
    ),
    "statuses": (
        {"key": "essential", "title": "Essentielle", "reason": "Plus de 30 000 habitants.",
         "when": ({"question": "population", "more_than": 30000},)},
        {"key": "important", "title": "Importante", "reason": "Un service exploité.",
         "when": ({"question": "water", "is": "yes"},)},
        {"key": "none", "title": "Non visée", "reason": "Aucun des cas du texte."},
    ),
    "duties": (
        {"key": "register", "text": "Se déclarer à l'autorité.", "article": "article 12",
         "statuses": ("essential", "important")},
        {"key": "audit", "text": "Faire faire un audit.", "article": "article 16", "statuses": ("essential",)},
    ),
}  # fmt: skip
LATER = date(2026, 11, 29)


def rule(**changed: Any) -> Rule:
    return Rule.model_validate({**CONTENT, **changed})


@pytest.mark.parametrize(
    ("facts", "status", "possible", "open_facts", "duties"),
    [
        ({"population": 42000, "water": "no"}, "essential", [], (), ["register", "audit"]),
        ({"population": 30000, "water": "yes"}, "important", [], (), ["register"]),
        ({"population": 1800, "water": "no"}, "none", [], (), []),
        # An unknown fact leaves every stronger status open, and is asked for.
        ({"population": 1800, "water": "unknown"}, "none", ["important"], ("water",), []),
        ({"water": "yes"}, "important", ["essential"], ("population",), ["register"]),
        ({}, "none", ["essential", "important"], ("population", "water"), []),
    ],
)
def test_facts_make_a_status_its_duties_and_what_is_open(
    facts: dict[str, Any], status: str, possible: list[str], open_facts: tuple[str, ...], duties: list[str]
):
    found = evaluate(rule(), facts, LATER)
    assert found.status.key == status
    assert [each.key for each in found.possible] == possible
    assert found.open_facts == open_facts
    assert [due.duty.key for due in found.due] == duties


def test_only_what_is_not_known_is_open_members_of_a_list_by_themselves():
    either = {"any": ({"question": "population", "more_than": 30000}, {"question": "water", "is": "yes"})}
    joined = rule(statuses=(CONTENT["statuses"][0] | {"when": (either,)}, *CONTENT["statuses"][1:]))
    assert evaluate(joined, {"population": 12}, LATER).open_facts == ("water",)
    listed = {
        "key": "vital",
        "title": "Vitale",
        "reason": "Un réseau.",
        "when": ({"question": "networks", "is": "yes"},),
    }
    of_list = dated(statuses=(listed, *DATED["statuses"]))
    assert evaluate(of_list, {"water": "no"}, LATER).open_facts == ("heat",)


@pytest.mark.parametrize(
    ("day", "state", "indicative"),
    [
        (date(2025, 3, 11), None, True),
        (date(2025, 3, 12), "bill", True),
        (date(2026, 5, 31), "bill", True),
        (date(2026, 6, 1), "in_force", False),
    ],
)
def test_a_result_is_indicative_until_its_text_is_in_force(day: date, state: str | None, indicative: bool):
    found = evaluate(rule(), {"population": 1}, day)
    assert (found.edition.state if found.edition else None) == state
    assert found.indicative is indicative


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"statuses": CONTENT["statuses"][:2]}, "n'a pas de condition"),
        ({"editions": CONTENT["editions"][::-1]}, "la plus ancienne"),
        ({"facts": CONTENT["facts"][:1]}, "« water », qui n'existe pas"),
        ({"duties": ({**CONTENT["duties"][0], "statuses": ("vital",)},)}, "« vital », qui n'existe pas"),
    ],
)
def test_a_rule_that_does_not_hold_together_is_refused(changed: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        rule(**changed)


# --- Dated provisions, groups, exemptions -------------------------------------------------------------------------

DATED: dict[str, Any] = CONTENT | {
    "texts": ({"key": "law", "title": "Loi d'essai", "reference": "Loi n° 1", "source": "Journal", "url": "https://exemple.fr",
               "read_on": date(2026, 1, 1)},),
    "provisions": (
        {"key": "list", "text": "law", "article": "annexe 1", "title": "Liste des réseaux",
         "dates": ({"published": date(2025, 1, 1), "from": date(2026, 1, 1), "until": date(2029, 12, 31)},)},
        {"key": "plan", "text": "law", "article": "article 7", "title": "Plan de chaque réseau",
         "dates": ({"published": date(2025, 1, 1), "from": date(2025, 6, 1)},
                   {"published": date(2025, 9, 1), "from": date(2025, 12, 1)})},
        {"key": "delay", "text": "law", "article": "article 9", "title": "Délai des réseaux anciens",
         "dates": ({"published": date(2025, 1, 1), "from": date(2028, 1, 1)},)},
    ),
    "groups": ({"key": "networks", "provision": "list"},),
    "facts": (
        {"key": "water", "label": "Un réseau d'eau ?", "kind": "yes_no", "group": "networks", "brings": "important",
         "provisions": ("list",)},
        {"key": "heat", "label": "Un réseau de chaleur ?", "kind": "yes_no", "group": "networks", "brings": "important",
         "provisions": ("list",)},
        {"key": "old", "label": "Un réseau d'avant 2020 ?", "kind": "yes_no", "strict": "no", "provisions": ("delay",),
         "when": ({"question": "networks", "is": "yes"},)},
        {"key": "small", "label": "Moins de 100 abonnés ?", "kind": "yes_no", "when": ({"question": "networks", "is": "yes"},)},
        {"key": "ours", "label": "Est-ce votre régie ?", "kind": "yes_no"},
    ),
    "exemptions": ({"key": "spared", "group": "networks", "provision": "list", "when": ({"question": "small", "is": "yes"},)},),
    "parties": ({"key": "operator", "facts": ("ours",)},),
    "statuses": CONTENT["statuses"][1:],
    "duties": (
        {"key": "plan", "text": "Écrire le plan du réseau.", "provision": "plan", "called_by": ("networks",),
         "delayed_by": "old", "who": "operator"},
        {"key": "heat", "text": "Mesurer les pertes de chaleur.", "provision": "plan", "called_by": ("networks",),
         "except_for": ("water",)},
        {"key": "why", "text": "Écrire pourquoi on est exempté.", "provision": "list", "called_by": ("spared",)},
    ),
}  # fmt: skip
DATED["statuses"] = (DATED["statuses"][0] | {"when": ()}, DATED["statuses"][1])


def dated(**changed: Any) -> Rule:
    return Rule.model_validate(DATED | changed)


@pytest.mark.parametrize(
    ("facts", "status", "possible", "unanswered", "due"),
    [
        ({"water": "no", "heat": "no", "ours": "no"}, "none", [], [], {}),
        ({"water": "unknown", "heat": "no", "ours": "no"}, "none", ["important"], ["water"], {}),
        ({"water": "yes", "heat": "no", "small": "no", "old": "no", "ours": "no"}, "important", [], [],
         {"plan": (date(2026, 1, 1), False)}),
        ({"water": "yes", "heat": "yes", "small": "no", "old": "yes", "ours": "unknown"}, "important", [], ["ours"],
         {"plan": (date(2028, 1, 1), True), "heat": (date(2026, 1, 1), True)}),
        ({"water": "yes", "heat": "no", "small": "no", "old": "unknown", "ours": "yes"}, "important", [], ["old"],
         {"plan": (date(2026, 1, 1), True)}),
        ({"water": "yes", "heat": "no", "small": "yes", "old": "no", "ours": "yes"}, "none", [], [],
         {"why": (date(2026, 1, 1), True)}),
    ],
)  # fmt: skip
def test_facts_of_a_dated_list_bring_a_status_and_duties_with_their_day(
    facts: dict[str, Any],
    status: str,
    possible: list[str],
    unanswered: list[str],
    due: dict[str, tuple[date, bool]],
):
    found = evaluate(dated(), facts, LATER)
    assert found.status.key == status
    assert [each.key for each in found.possible] == possible
    assert [fact.key for fact in found.situation.unanswered] == unanswered
    assert {each.duty.key: (each.cited and each.cited.applies_from, each.yours) for each in found.due} == due


def test_a_list_counts_from_its_publication_to_its_end_whatever_is_certain():
    def statuses(day: date) -> tuple[str, list[ProvisionStatus]]:
        found = evaluate(dated(), {}, day, certain={"water"})
        return found.status.key, [cited.status for reason in found.reasons for cited in reason.cited]

    assert statuses(date(2024, 12, 31)) == ("none", [ProvisionStatus.NOT_YET])
    assert statuses(date(2025, 1, 1)) == ("important", [ProvisionStatus.COMING])
    assert statuses(date(2029, 12, 31)) == ("important", [ProvisionStatus.IN_FORCE])
    assert statuses(date(2030, 1, 1)) == ("none", [ProvisionStatus.ENDED])


def test_a_former_version_holds_only_as_long_as_the_content_says_the_same():
    version = dated().version
    same = ({"version": version, "former": "0123456789abcdef"},)
    assert dated(same_law=same).version == version
    assert dated(same_law=same).is_same_law_as("0123456789abcdef")
    assert not dated(same_law=same, edition="2").is_same_law_as("0123456789abcdef")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"facts": DATED["facts"][::-1]}, "demandé après"),
        ({"facts": (DATED["facts"][0] | {"strict": "peut-être"}, *DATED["facts"][1:])}, "n'est pas une de ses"),
        ({"duties": (DATED["duties"][0] | {"delayed_by": "small"},)}, "n'a pas de disposition"),
        ({"duties": (DATED["duties"][0] | {"called_by": ("rail",)},)}, "« rail », qui n'existe pas"),
        ({"texts": ()}, "nomme le texte « law »"),
    ],
)  # fmt: skip
def test_a_dated_rule_that_does_not_hold_together_is_refused(changed: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        dated(**changed)


def test_what_leads_nowhere_is_said():
    def weaknesses(**changed: Any) -> list[str]:
        return [each.message.removesuffix(".") for each in check(Library({"seuil": dated(**changed)}))]

    assert weaknesses() == []
    assert weaknesses(parties=()) == ["« ours » est demandé et ne change rien"]
    assert weaknesses(duties=({"key": "tell", "text": "Le dire aux abonnés."},)) == [
        "« old » est demandé et ne change rien",
        "rien ne cite la disposition « plan »",
        "l'obligation « tell » ne dit pas son article",
    ]
    nothing = {"key": "vital", "title": "Vitale", "reason": "Rien ne la demande."}
    assert weaknesses(statuses=(nothing, *DATED["statuses"])) == ["rien n'apporte le statut « vital »"]
    former = {"version": "of another day", "former": "0123456789abcdef"}
    assert "retirez ce « same_law »" in weaknesses(same_law=(former,))[0]
    dead = {
        "key": "tell",
        "text": "Le dire.........",
        "article": "a",
        "when": ({"question": "networks", "is": "oui"},),
    }
    assert "que personne ne peut répondre" in weaknesses(duties=(*DATED["duties"], dead))[0]
