"""Trials of the contract, each on a small system spoiled in one place: the future, settings, seeds, words, spoiled tables."""

from collections.abc import Callable
from pathlib import Path

import pytest

from beffroi.systems.check import first_runs, future, robustness, settings_checks
from beffroi.systems.check.bench import Bench
from beffroi.systems.check.spoiled_tables import column_trials, grouped_trials
from beffroi.systems.check.words_checks import check_words, is_plain_french
from beffroi.systems.kit.testing import contract_tests
from systems import graded

type Careful = Callable[..., Bench]

TODAY = ('level = "proposes"', 'level = "proposes"\nuses_today = true')
AS_OF = (
    "    rows, notes = clean(tables)\n    last",
    '    rows, notes = clean(tables)\n    rows = [r for r in rows if r["day"].isoformat() < settings.get("today", "9")]\n    last',
)
BOUNDED = (
    "[evidence]",
    '[settings]\ndays = 5\n[settings_help.days]\nlabel = "Jours"\nhelp = "Combien."\nlow = 1\nhigh = 9\nwhole = true\n[evidence]',
)
CHECKED = (
    "    rows, notes = clean(tables)\n",
    '    rows, notes = clean(tables)\n    if not 1 <= settings["days"] <= 9:\n        raise BadInput("Choisissez de un à neuf jours pour le calcul.")\n',
)


@pytest.fixture
def careful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Careful:
    """The bench of the careful system with replacements (old, new) in its code and its manifest."""

    def make(*spoiled: tuple[str, str], name: str = "careful") -> Bench:
        code, manifest = graded.CAREFUL, graded.CAREFUL_MANIFEST
        for old, new in spoiled:
            assert old in code or old in manifest, old
            code, manifest = code.replace(old, new), manifest.replace(old, new)
        monkeypatch.syspath_prepend(graded.install(tmp_path / name, name, code, manifest))
        return graded.bench(name)

    return make


def test_a_run_that_sees_the_days_after_today_is_caught(careful: Careful) -> None:
    honest, sees = careful(TODAY, AS_OF), careful(TODAY, name="sees")
    assert future.check_future(honest, honest.sample, backtest=False).ok
    found = future.check_future(sees, sees.sample, backtest=False)
    assert not found.ok and found.blocking and "un autre" in found.told


def test_a_backtest_that_reads_what_it_forecasts_is_caught(careful: Careful) -> None:
    honest = careful()
    assert future.check_future(honest, honest.sample).ok
    peeks = careful(
        ('error = abs(row["people"] - mean)', 'error = abs(row["people"] - mean) * 0.01'), name="peeks"
    )
    found = future.check_future(peeks, peeks.sample)
    assert not found.ok and ": devinées" in found.told


def test_settings_are_tried_at_their_bounds_and_beyond(careful: Careful) -> None:
    bench = careful(BOUNDED)
    assert list(settings_checks.within_bounds(bench.manifest)) == [
        ("au moins", {"days": 1}),
        ("au plus", {"days": 9}),
    ]
    assert [settings for _, settings in settings_checks.beyond_bounds(bench.manifest)] == [
        {"days": 0},
        {"days": 10},
    ]
    found = settings_checks.check_settings(bench, bench.sample)
    assert not found.ok and "« days » = 0 : accepté" in found.told
    checks = careful(BOUNDED, CHECKED, name="checks")
    assert settings_checks.check_settings(checks, checks.sample).ok
    breaks = careful(
        BOUNDED, CHECKED, ("    last =", "    1 / (settings['days'] - 9)\n    last ="), name="breaks"
    )
    assert "au plus : panne" in settings_checks.check_settings(breaks, breaks.sample).told


def test_each_seed_invents_another_sample(careful: Careful) -> None:
    bench = careful()
    assert first_runs.check_seeds(bench, (bench.sample,)).ok
    same = careful(("random.Random(seed)\n    rows", "random.Random(1)\n    rows"), name="same")
    assert "le même échantillon" in first_runs.check_seeds(same, (same.sample,)).told


@pytest.mark.parametrize(
    ("sentence", "french"),
    [
        ("Il faut quatre semaines de visites : ajoutez les mois d’avant.", True),
        ("Mairie, Annexe, Centre, Gare : 12 lignes écartées.", True),
        ("The history is too short for a forecast.", False),
        ("Sans place (B005 → None).", False),
        ("Le gain vaut nan repas.", False),
        ("Museum of the Moon : fermé le lundi, comme la bibliothèque et la piscine.", True),
        ("", True),
    ],
)
def test_what_is_said_is_french_and_shows_no_value_of_the_program(sentence: str, french: bool) -> None:
    assert is_plain_french(sentence) is french
    assert check_words({sentence, "Rien à dire."}).ok is french


def test_words_of_every_trial_are_gathered(careful: Careful) -> None:
    bench = careful(
        ("il vient en moyenne {mean:.0f} personnes dans ce lieu.", "the mean of this place is {mean:.0f}.")
    )
    bench.run(bench.sample)
    assert not check_words(bench.messages).ok


def test_every_column_of_every_table_is_spoiled(careful: Careful) -> None:
    bench = careful()
    sample, schemas = bench.sample, bench.manifest.inputs
    grouped = dict(grouped_trials(sample, schemas, "visits"))
    columns = sample["visits"].column_names
    for words in ("absurde", "impossible", "manquante"):
        spoiled = grouped[f"une valeur {words} dans chaque colonne"]["visits"]
        assert [name for name in columns if spoiled[name] != sample["visits"][name]] == columns
    each = [name for name, _ in column_trials(bench.recent(0.1), schemas)]
    assert len(each) == len(set(each)) == 4 * 5 + 1
    trusts_days = careful((' and row["day"].year < 2100', ""), name="trusts")
    found = robustness.check_bad_data(trusts_days, trusts_days.sample)
    assert not found.ok and "une valeur absurde dans chaque colonne : panne" in found.told


def test_a_third_party_has_the_suite_in_three_lines(careful: Careful) -> None:
    bench = careful()
    suite = contract_tests("careful")()
    suite.test_a_system_owes_nothing("careful")
    suite.test_a_system_respects_the_contract("careful", "nothing of the future is seen")
    bench.close()
    careful(("raise BadInput(", "raise KeyError("), name="breaks")
    broken = contract_tests("breaks")()
    with pytest.raises(pytest.fail.Exception, match="Très petit échantillon"):
        broken.test_a_system_respects_the_contract(
            "breaks", "little or spoiled data give a result or a French refusal"
        )
