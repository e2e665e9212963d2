"""Points of the quality scale: each fails for its own fault, on the small careful system spoiled in one place."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beffroi.systems import child_process, registry
from beffroi.systems.check import (
    backtest_checks,
    check,
    column_checks,
    first_runs,
    manifest_checks,
    membership,
    platinum,
    robustness,
    sandbox,
)
from beffroi.systems.check.bench import Bench, Trial
from beffroi.systems.check.report import Point
from beffroi.systems.check.scale import RULES
from beffroi.systems.contract import Explanation, GuardResult, Outcome, ProposedAct, Score, Tables
from beffroi.systems.manifest import Guard, Manifest
from beffroi.systems.runner import Verb
from systems import graded

type Careful = Callable[..., Bench]


@pytest.fixture
def careful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Careful:
    """The careful system with replacements (old, new) in its code and its manifest."""

    def make(
        *spoiled: tuple[str, str],
        files: dict[str, bytes] | None = None,
        name: str = "careful",
        sampled: bool = True,
    ) -> Bench:
        code, manifest = graded.CAREFUL, graded.CAREFUL_MANIFEST
        for old, new in spoiled:
            assert old in code or old in manifest, old
            code, manifest = code.replace(old, new), manifest.replace(old, new)
        monkeypatch.syspath_prepend(graded.install(tmp_path / name, name, code, manifest, files))
        return graded.bench(name, sampled=sampled)

    return make


def _written(bench: Bench) -> dict[str, Point]:
    every = (
        *manifest_checks.check_bronze(bench.system),
        *manifest_checks.check_silver(bench.manifest),
        *manifest_checks.check_gold(bench.manifest),
    )
    return {point.key: point for point in every}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('degraded_mode = "Sans le système, on garde les horaires de la semaine d’avant."', "", "degraded"),
        ('training_origin = "Aucune donnée d’ailleurs : il apprend sur vos visites."', "", "origin"),
        ("Les visites sont comptées par lieu et par jour : personne n’y est nommé.", "", "threats"),
        ('licence = "EUPL-1.2"', "", "sovereign"),
        ('alternative = "un autre format de tables"', 'alternative = ""', "sovereign"),
        ("learning_curve = true", "learning_curve = true\nlanguage_model = true", "small"),
        ("Une personne décide des horaires.", f"Une personne décide {'et ' * 32}.", "plain"),
        ('risk = "minimal"', 'risk = "prohibited"', "legal"),
        ('why = "Distinguer les lieux d’accueil."', 'why = "Reconnaître chaque habitant."\nidentifies_person = true', "legal"),
    ],
)  # fmt: skip
@pytest.mark.requirement("R45")
@pytest.mark.requirement("R49")
def test_what_the_manifest_does_not_state_is_missed(careful: Careful, old: str, new: str, key: str) -> None:
    points = _written(careful((old, new), sampled=False))
    assert {point.key for point in points.values() if not point.ok} == {key}
    assert points[key].told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "forecast", label', 'name = "guess", label', "n’a pas la colonne annoncée « guess »"),
        ('label = "Visites", type = "number"', 'label = "Visites", type = "date"', "n’a pas le type annoncé"),
        ("tuple(notes))", 'tuple(notes), (), {"more": pa.table({"x": [1]})})', "« more » n’est pas annoncé"),
    ],
)
def test_what_a_run_writes_is_what_the_manifest_describes(
    careful: Careful, old: str, new: str, message: str
) -> None:
    bench = careful((old, new))
    done = bench.run(bench.sample)
    assert done.outcome is not None, done.failure
    found = first_runs.check_outputs(bench.manifest, done.outcome)
    assert not found.ok and not found.blocking and message in found.told


def test_what_a_run_writes_as_the_manifest_describes_it_is_right(careful: Careful) -> None:
    bench = careful()
    done = bench.run(bench.sample)
    assert done.outcome is not None and first_runs.check_outputs(bench.manifest, done.outcome).ok


def test_a_card_that_only_experts_read_is_missed(careful: Careful) -> None:
    hard_words = (
        "Optimisation organisationnelle multidimensionnelle des fréquentations administratives intercommunales, "
        "individualisation prévisionnelle systématique, automatisation décisionnelle collaborative."
    )
    spoiled = [
        (text, hard_words)
        for text in (
            "Dire combien de personnes viendront demain dans chaque lieu. Une personne décide des horaires.",
            "Les agents d’accueil : ils savent quand ouvrir un guichet de plus.",
            "Sans le système, on garde les horaires de la semaine d’avant.",
            "Écrivez à la mairie. Une personne vous répond.",
        )
    ]
    points = _written(careful(*spoiled, sampled=False))
    assert {point.key for point in points.values() if not point.ok} == {"readable"}
    assert "difficile" in points["readable"].told


@pytest.mark.requirement("R62")
def test_a_ready_made_model_is_pinned_with_its_licence(careful: Careful) -> None:
    weights, licence = b"weights", b"MIT License"
    declared = (
        "[[dependencies]]",
        '[[model_files]]\nname = "Petit modèle"\npath = "weights.bin"\nlicence = "MIT"\n'
        f'licence_path = "LICENSE.txt"\nsha256 = "{hashlib.sha256(weights).hexdigest()}"\n[[dependencies]]',
    )
    files = {"weights.bin": weights, "LICENSE.txt": licence}
    assert _written(careful(declared, files=files, name="pinned", sampled=False))["pinned"].ok
    changed = _written(
        careful(declared, files=files | {"weights.bin": b"other"}, name="changed", sampled=False)
    )["pinned"]
    assert not changed.ok and changed.blocking and "pas celui qui est déclaré" in changed.told
    bare = _written(careful(declared, files={"weights.bin": weights}, name="bare", sampled=False))["pinned"]
    assert not bare.ok and "LICENSE.txt" in bare.told


def test_a_model_file_cannot_lie_outside_the_folder(careful: Careful) -> None:
    declared = (
        "[[dependencies]]",
        '[[model_files]]\nname = "Ailleurs"\npath = "a/../../../__init__.py"\nlicence = "MIT"\n'
        f'licence_path = "__init__.py"\nsha256 = "{"0" * 64}"\n[[dependencies]]',
    )
    assert "n’est pas dans le dossier" in _written(careful(declared, sampled=False))["pinned"].told


def test_a_column_that_changes_nothing_must_not_be_required(careful: Careful) -> None:
    unread = (
        '[[inputs.columns]]\nname = "closed"',
        '[[inputs.columns]]\nname = "phone"\ntype = "text"\nrequired = false\nwhy = "Cela peut servir."\n'
        '[[inputs.columns]]\nname = "closed"',
    )
    filled = ('"people": people // 3 if closed', '"phone": "06", "people": people // 3 if closed')
    bench = careful(unread, filled)
    found = _columns(bench)
    assert not found["read"].ok and "visits.phone" in found["read"].told and "place" not in found["read"].told
    assert found["dropped"].ok


ENTITLED = (
    '[[inputs.columns]]\nname = "closed"',
    '[[inputs.columns]]\nname = "rate"\ntype = "number"\nwhy = "La part qui a droit au service."\n'
    '[[inputs.columns]]\nname = "closed"',
)
SAME_RATE = ('"people": people // 3 if closed', '"rate": 0.8, "people": people // 3 if closed')


def test_a_column_of_which_the_sample_has_one_value_is_read_where_another_would_count(
    careful: Careful,
) -> None:
    multiplied = ("round(mean, 1)})", 'round(mean * max(row["rate"] for row in rows), 1)})')
    assert _columns(careful(ENTITLED, SAME_RATE, multiplied))["read"].ok


def test_a_column_that_only_a_note_depends_on_is_read(careful: Careful) -> None:
    noted = ("tuple(notes))", "(*notes, f\"Au taux de {max(row['rate'] for row in rows)}.\"))")
    assert _columns(careful(ENTITLED, SAME_RATE, noted))["read"].ok


def test_trials_of_a_column_end_at_the_first_change_and_are_few_for_one_that_changes_nothing(
    careful: Careful, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = careful(ENTITLED, SAME_RATE)
    tried: list[str] = []
    attempt = Bench.attempt

    def counted(self: Bench, verb: Verb, tables: Tables, *rest: object, **options: object) -> Trial:
        done = attempt(self, verb, tables, *rest, **options)  # type: ignore[arg-type]
        tried.extend([verb] if done.footprint is not None else [])  # refused before any code runs: free
        return done

    whole, judged = bench.run(bench.sample), bench.backtest(bench.sample)
    monkeypatch.setattr(Bench, "attempt", counted)
    found = {
        point.key: point for point in column_checks.check_columns(bench, bench.recent(0.25), whole, judged)
    }
    assert "sans aucun effet : visits.rate." in found["read"].told
    # The reference, one of each of the four columns read; then, of « rate », doubled and halved (it is the same in all rows): each
    # on the small sample and on the whole one, run and judged; and the small one judged as it is.
    assert len(tried) <= 1 + 4 + 2 * 4 + 1 and tried.count("backtest") <= 5


def test_the_main_input_is_the_declared_one_and_every_cut_is_made_in_it(careful: Careful) -> None:
    places = (
        '[[inputs]]\nname = "visits"\ntitle = "Visites"\n',
        '[[inputs]]\nname = "places"\ntitle = "Lieux"\n[[inputs.columns]]\nname = "place"\ntype = "text"\n'
        'why = "Savoir lesquels sont ouverts."\n[[inputs]]\nname = "visits"\ntitle = "Visites"\nmain = true\n',
    )
    more = ('return {"visits"', 'return {"places": pa.table({"place": list(LEVELS)}), "visits"')
    bench = careful(places, more)
    assert [schema.name for schema in bench.manifest.inputs] == ["places", "visits"]
    assert bench.main.name == bench.manifest.main_input.name == "visits"
    cut = bench.recent(0.5)
    assert cut["visits"].num_rows == bench.sample["visits"].num_rows // 2
    assert cut["places"].num_rows == 4
    whole = bench.run(bench.sample).outcome
    assert (
        whole is not None and "« people »" in robustness.check_planted_error(bench, bench.sample, whole).told
    )
    attacked = bench.sample["visits"].slice(0, 40)
    assert len(membership._choose_targets(bench, attacked, np.random.default_rng(0))) == 8


def test_a_declared_column_missing_from_the_sample_is_reported(careful: Careful) -> None:
    bench = careful(('[[inputs.columns]]\nname = "closed"', '[[inputs.columns]]\nname = "shut"'))
    assert "absente(s) de l’échantillon : visits.shut" in _columns(bench)["read"].told


def test_an_optional_column_that_is_needed_is_reported(careful: Careful) -> None:
    bench = careful(('if not row.get("closed")', 'if not row["closed"]'))
    found = _columns(bench)
    assert not found["dropped"].ok and "visits.closed" in found["dropped"].told


def _columns(bench: Bench) -> dict[str, Point]:
    whole, judged = bench.run(bench.sample), bench.backtest(bench.sample)
    return {
        point.key: point for point in column_checks.check_columns(bench, bench.recent(0.25), whole, judged)
    }


def test_very_little_data_is_refused_in_french_or_the_point_is_missed(careful: Careful) -> None:
    cut = robustness.shrink_until_refused(careful())
    assert cut.point.ok and "refus" in cut.point.told and "résultat" in cut.point.told
    assert 0 < cut.small["visits"].num_rows < 240
    breaks = careful(('if len({row["day"] for row in known}) < 28:', "if False:"), name="breaks")
    assert not robustness.shrink_until_refused(breaks).point.ok
    english = (
        "Il faut au moins quatre semaines de visites pour prévoir : ajoutez les mois d’avant.",
        "Not enough training data provided here",
    )
    assert not robustness.shrink_until_refused(careful(english, name="english")).point.ok  # fmt: skip


def test_spoiled_data_is_refused_in_french_or_the_point_is_missed(careful: Careful) -> None:
    bench = careful()
    assert robustness.check_bad_data(bench, bench.sample).ok
    breaks = careful(('row["people"] is not None and ', ""), name="breaks")
    found = robustness.check_bad_data(breaks, breaks.sample)
    assert not found.ok and "« people » sans valeur : panne" in found.told


def test_a_planted_error_is_caught_or_measured_by_how_much_it_moves_the_result(careful: Careful) -> None:
    bench = careful()
    whole = bench.run(bench.sample).outcome
    assert whole is not None
    assert robustness.check_planted_error(bench, bench.sample, whole).ok
    trusting = careful(('row["people"] <= 8 * usual]', "True]"), ("if odd:", "if False:"), name="trusting")
    found = robustness.check_planted_error(trusting, trusting.sample, whole)
    assert not found.ok and "non signalée" in found.told


def test_the_sandbox_is_tried_and_a_partial_isolation_is_reported(
    careful: Careful, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = careful()
    assert sandbox.examine_sandbox(bench).ok
    # The real child, on a host whose kernel answers « not permitted » to the first call.
    source = (Path(child_process.__file__).parent / "child.py").read_text(encoding="utf-8")
    (tmp_path / "child.py").write_text(
        source.replace("os.unshare(", "raise OSError(1, 'denied')\n        os.unshare(", 1), encoding="utf-8"
    )
    monkeypatch.setattr(child_process, "_PROGRAM", tmp_path / "child.py")
    assert not sandbox.examine_sandbox(bench).ok
    seen = sandbox.examine_sandbox(replace(bench, allow_partial=True))
    assert not seen.ok and "passé au travers" in seen.told and "réseau" in seen.told


WASTE = Guard(key="waste", label="Repas jetés", unit="repas", better="lower", tolerance=0.5)
SCORE = Score(
    4.0,
    6.0,
    0.91,
    0.9,
    True,
    "Bon.",
    "hier",
    500,
    without_ai={"Autre": 5.0},
    guards={"waste": GuardResult(4.4, 4.0)},
    groups={"a": 4.0, "b": 4.4},
    gain_interval=(0.5, 3.0),
)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = graded.install(tmp_path_factory.mktemp("manifest"))
    return registry.read_manifest(folder / "careful_package" / "system" / "manifest.toml")


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        ({}, set()),
        ({"value": 6.5}, {"beats", "target"}),
        ({"gain_interval": None}, {"sure"}),
        ({"gain_interval": (-0.2, 3.0)}, {"sure"}),
        ({"interval_coverage": 0.7}, {"coverage"}),
        ({"interval_coverage": None}, {"coverage"}),
        ({"groups": {}}, {"groups", "gap"}),
        ({"groups": {"a": 1.0, "b": 9.0}}, {"gap"}),
        ({"without_ai": {}}, {"options"}),
        ({"without_ai": {}, "ablations": {"Sans la météo": 5.0}}, set()),
        ({"without_ai": {}, "bounds": {"Au mieux": 3.0}}, {"options"}),
        ({"guards": {}}, {"guards"}),
        ({"guards": {"waste": GuardResult(5.0, 4.0)}}, {"guards"}),
        ({"value": 5.9, "baseline": 7.0, "groups": {"a": 5.9, "b": 5.9}}, set()),
        ({"value": 6.1, "baseline": 7.0}, {"target"}),
    ],
)
def test_what_the_backtest_does_not_prove_is_missed(
    manifest: Manifest, change: dict[str, object], failing: set[str]
) -> None:
    manifest = manifest.model_copy(update={"guards": (WASTE,)})
    score = replace(SCORE, **change)  # type: ignore[arg-type]
    points = [
        *backtest_checks.check_score(manifest, score, own_data=False),
        backtest_checks.check_groups(manifest, score),
        backtest_checks.check_options(manifest, score),
        platinum.check_target(manifest, score),
        platinum.check_group_gap(manifest, score),
    ]
    assert {point.key for point in points if not point.ok} == failing


def test_losing_on_a_towns_own_data_is_a_result_and_not_a_fault(manifest: Manifest) -> None:
    score = replace(SCORE, value=6.5)
    points = {point.key: point for point in backtest_checks.check_score(manifest, score, own_data=True)}
    assert not points["beats"].ok and not points["beats"].blocking


def test_the_coverage_is_reported_with_its_own_uncertainty(manifest: Manifest) -> None:
    detail = {
        point.key: point.told for point in backtest_checks.check_score(manifest, SCORE, own_data=False)
    }["coverage"]
    assert "91 % du temps (de 88,2 % à 93,2 %, 500 vérités)" in detail
    low, high = backtest_checks.wilson_interval(0.5, 4)
    assert low == pytest.approx(0.15, abs=0.01) and high == pytest.approx(0.85, abs=0.01)


def test_a_learning_curve_of_the_system_shows_if_less_data_would_do(careful: Careful) -> None:
    bench = careful(sampled=False)
    flat, curve = backtest_checks.check_learning(bench, {}, replace(SCORE, learning=((50, 4.1), (100, 4.0))))
    assert flat.ok and "gardez-en moins" in flat.told and curve == ((0.5, 4.1), (1.0, 4.0))
    steep, _ = backtest_checks.check_learning(bench, {}, replace(SCORE, learning=((50, 6.0), (100, 4.0))))
    assert "il est nécessaire" in steep.told


def test_a_system_that_cannot_learn_from_less_gives_a_reason(careful: Careful) -> None:
    mute, _ = backtest_checks.check_learning(careful(("learning_curve = true", ""), sampled=False), {}, SCORE)
    assert not mute.ok
    rule = 'learning_why_not = "Une règle fixe : elle n’apprend rien."'
    explained, _ = backtest_checks.check_learning(
        careful(("learning_curve = true", rule), name="fixed", sampled=False), {}, SCORE
    )
    assert explained.ok


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"people": people // 3 if closed else people, ', "", "sample"),
        ('"place": place, "day": day, "people"', '"place": place, "day": "hier", "people"', "sample"),
        ("value=round(mean, 1), unit", "value=None, unit", "runs"),
        ("value=statistics.mean(sum(errors.values(), []))", 'value="peu"', "judged"),
        ("recommended=True", "recommended=None", "judged"),
    ],
)
def test_what_is_off_the_contract_is_a_point_missed_and_never_a_breakdown_of_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, key: str
) -> None:
    assert old in graded.CAREFUL
    monkeypatch.syspath_prepend(graded.install(tmp_path, code=graded.CAREFUL.replace(old, new)))
    report = check("careful", brief=True)
    found = {point.key: point for point in report.points}
    assert not found[key].ok and not report.ok


def test_no_figure_by_group_needs_a_reason(manifest: Manifest) -> None:
    score = replace(SCORE, groups={})
    explained = manifest.model_copy(update={"bias_why_not": "Un seul lieu : rien à comparer."})
    assert not backtest_checks.check_groups(manifest, score).ok
    assert backtest_checks.check_groups(explained, score).ok and platinum.check_group_gap(explained, score).ok


@pytest.mark.requirement("R45")
@pytest.mark.parametrize("concerned", ["personal_data", "individual_decision"])
def test_where_persons_are_concerned_groups_are_measured_and_the_gap_is_stated(
    manifest: Manifest, concerned: str
) -> None:
    about_persons = manifest.model_copy(
        update={"legal": manifest.legal.model_copy(update={concerned: True}), "bias_gap": 5.0}
    )
    unstated = about_persons.model_copy(
        update={"bias_gap": None, "bias_why_not": "Un seul lieu : rien à comparer."}
    )
    check = backtest_checks.check_groups_of_persons
    assert check(about_persons, SCORE).ok
    assert not check(about_persons, replace(SCORE, groups={"a": 4.0})).ok
    assert not check(unstated, SCORE).ok
    assert check(manifest, replace(SCORE, groups={})).ok
    assert RULES["persons"].tier == "silver"


@pytest.mark.requirement("R41")
def test_a_decision_on_a_person_is_never_unexplained(manifest: Manifest) -> None:
    individual = manifest.model_copy(update={"level": "prepares_individual_decision"})
    act = ProposedAct(
        "Dossier 1", 1.0, "", 0, 1, ("La personne habite la commune depuis un an.",), {"a": 1}, case="1"
    )
    full = Explanation(
        "Le calcul classe, une personne décide.", ("adresse",), ("ancienneté : 1",), ("comparaison",)
    )
    for explanation, complete in ((None, False), (replace(full, data=()), False), (full, True)):
        outcome = Outcome(None, (replace(act, explanation=explanation),))
        found = {point.key: point for point in backtest_checks.check_reasons(individual, outcome)}
        assert found["individual"].ok is complete and found["individual"].blocking


@pytest.mark.parametrize(
    ("evidence", "undescribed"),
    [
        ({"days": 3, "model": "m-1", "seed": 0}, ""),
        ({"days": [{"date": "2024-01-01", "value": 2}]}, ""),
        ({"days": 3, "tide": 2}, "tide"),
        ({"days": [{"date": "2024-01-01", "tide": 2}]}, "tide"),
    ],
)
def test_the_manifest_describes_each_key_of_evidence(
    manifest: Manifest, evidence: dict[str, Any], undescribed: str
) -> None:
    act = ProposedAct("a", 1.0, "", 0, 1, ("Il vient plus de monde le lundi.",), evidence)
    found = first_runs.check_proposals(manifest, Outcome(None, (act,)))
    assert found.ok is (not undescribed) and undescribed in found.told


@pytest.mark.parametrize(
    ("reasons", "passes"),
    [
        (("Il vient plus de monde le lundi.",), True),
        ((), False),
        (("The model found more people coming on every Monday of this month.",), False),
        (("Conformément aux déterminations paramétriques multidimensionnelles préalablement individualisées.",), False),
    ],
)  # fmt: skip
def test_reasons_are_there_french_and_readable(
    manifest: Manifest, reasons: tuple[str, ...], passes: bool
) -> None:
    act = ProposedAct("a", 1.0, "", 0, 1, reasons, {"a": 1})
    found = {point.key: point for point in backtest_checks.check_reasons(manifest, Outcome(None, (act,)))}
    assert found["reasons"].ok is passes
