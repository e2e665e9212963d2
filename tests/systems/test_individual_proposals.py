"""Individual proposals: case, effect, confidence and explanation come out of the sandbox unchanged."""

from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems.contract import Explanation
from beffroi.systems.runner import SystemFailed, execute
from systems.third_party import distribution

GIVES = """
from beffroi.systems.contract import Explanation
act = ProposedAct(
    "Place en crèche, dossier 12", 1.0, "place", 0.0, 1.0, ("Rang 7.",), {"rank": 7},
    confidence=0.8, case="dossier 12", effect="favourable", offence=False,
    explanation=%s,
)
return Outcome(pa.table({"answer": ["bon"]}), (act,))
"""


def proposals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, explanation: str):  # type: ignore[no-untyped-def]
    monkeypatch.syspath_prepend(distribution(tmp_path, name, GIVES % explanation))
    done = execute(name, "run", {"numbers": pa.table({"value": [1.0]})})
    assert done.outcome is not None
    return done.outcome.proposals


def test_an_explanation_comes_out_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (act,) = proposals(
        tmp_path,
        monkeypatch,
        "individual",
        'Explanation("Range", ("Quotient",), ("60 %", "40 %"), ("Somme",))',
    )
    assert act.explanation == Explanation("Range", ("Quotient",), ("60 %", "40 %"), ("Somme",))
    assert (act.case, act.effect, act.confidence, act.offence) == ("dossier 12", "favourable", 0.8, False)


def test_without_an_explanation_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (act,) = proposals(tmp_path, monkeypatch, "individual_mute", "None")
    assert act.explanation is None


def test_an_explanation_of_another_shape_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemFailed):
        proposals(tmp_path, monkeypatch, "individual_odd", '"parce que"')
