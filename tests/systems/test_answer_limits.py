"""Limits of one answer of a system: shortened with a note, or refused with what to do; oversized files are not read."""

from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems import answer_limits
from beffroi.systems.answer_limits import ANSWER_LIMITS, AnswerTooLarge
from beffroi.systems.contract import Outcome, ProposedAct, Score
from beffroi.systems.replies import ContractViolation, read_outcome, read_reply
from beffroi.systems.runner import SystemFailed, execute
from systems.third_party import distribution

NUMBERS = {"numbers": pa.table({"value": [1.0]})}
ACT = 'ProposedAct("a", 1.0, "u", 0.0, 2.0, {reasons}, {evidence})'


def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Outcome:
    """The real child runs this body, and its answer is read."""
    monkeypatch.syspath_prepend(distribution(folder, "hostile", body))
    outcome = execute("hostile", "run", NUMBERS).outcome
    assert outcome is not None
    return outcome


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            f"return Outcome(pa.table({{'a': [1]}}), ({ACT.format(reasons='(chr(114),)', evidence='{}')},) * 10_001)",
            "10\xa0001 propositions ; Beffroi en garde 10\xa0000 au plus. Réduisez la période",
        ),
        (
            "return Outcome(pa.table({'a': [1]}), (), layers={str(n): pa.table({'a': [1]}) for n in range(21)})",
            "22 tableaux ; Beffroi en garde 21",
        ),
        (
            """
            import os
            with open("../out/reply.json", "w") as reply:
                for n in range(65):
                    reply.write(" " * (1 << 20))
            os._exit(0)
            """,
            "une réponse de plus de 64\xa0Mo",
        ),
        (
            """
            import os
            batch = pa.record_batch({"answer": pa.array([bytes(1 << 22)])})
            packed = pa.ipc.IpcWriteOptions(compression="zstd")
            with pa.ipc.new_file("../out/table.arrow", batch.schema, options=packed) as writer:
                for n in range(70):
                    writer.write_batch(batch)
            with open("../out/reply.json", "w") as reply:
                reply.write('{"status": "ok", "proposals": [], "notes": []}')
            os._exit(0)
            """,
            "des tableaux de plus de 256\xa0Mo",
        ),
    ],
    ids=["proposals", "layers", "reply", "packed table"],
)
def test_an_answer_beyond_the_limits_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, message: str
) -> None:
    with pytest.raises(SystemFailed) as caught:
        ran(tmp_path, monkeypatch, body)
    assert caught.value.kind == "limite"
    assert message in str(caught.value)
    assert "Les résultats d’avant restent. Rien n’a été enregistré" in str(caught.value)


def test_notes_and_figures_beyond_the_limits_are_left_out_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = """
    from beffroi.systems.contract import Figure
    figures = tuple(Figure(str(n), "Nombre", 1.0, "u", "tout") for n in range(40))
    return Outcome(pa.table({"a": [1]}), (), ("long " * 1000, *["note"] * 400), figures=figures)
    """
    outcome = ran(tmp_path, monkeypatch, body)
    assert len(outcome.figures) == ANSWER_LIMITS.figures
    assert len(outcome.notes[0]) == ANSWER_LIMITS.note + 1 and outcome.notes[0].endswith("…")
    assert outcome.notes[100:] == (
        "Seules les 100 premières remarques du système sur 401 sont gardées ici.",
        "Seuls les 12 premiers chiffres en grand sur 40 sont gardés ici.",
    )


def act(**changed: object) -> ProposedAct:
    whole = {
        "subject": "École Zola",
        "value": 1.0,
        "unit": "repas",
        "low": 0.0,
        "high": 2.0,
        "reasons": ("Une raison.",),
        "evidence": {},
    }
    return ProposedAct(**whole | changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"subject": "a" * 301}, "l’objet d’une proposition a 301 caractères, 300 au plus"),
        ({"unit": "a" * 41}, "l’unité d’une proposition"),
        ({"reasons": ("a",) * 31}, "31 raisons pour une proposition"),
        ({"reasons": ("a" * 2001,)}, "une raison a 2\xa0001 caractères"),
        ({"evidence": {"a": "a" * 100_000}}, "la preuve d’une proposition"),
        ({"by_choice": {str(n): 1.0 for n in range(51)}}, "51 choix pour une proposition"),
    ],
)
def test_a_proposal_that_nobody_could_read_is_refused(changed: dict[str, object], message: str) -> None:
    def outcome(one: ProposedAct) -> Outcome:
        return Outcome(pa.table({"a": [1]}), (one,))

    with pytest.raises(AnswerTooLarge, match=message):
        answer_limits.limit_outcome(outcome(act(**changed)))
    assert answer_limits.limit_outcome(outcome(act())) == outcome(act())


def test_a_score_has_its_limits_too() -> None:
    groups = {str(n): 1.0 for n in range(101)}
    with pytest.raises(AnswerTooLarge, match="101 résultats d’un même genre"):
        answer_limits.check_score(Score(1.0, 1.0, None, None, True, "Bon.", "hier", 3, groups=groups))
    with pytest.raises(AnswerTooLarge, match="le verdict"):
        answer_limits.check_score(Score(1.0, 1.0, None, None, True, "a" * 2001, "hier", 3))


def answered(work: Path, reply: str) -> dict[str, object]:
    (work / "out").mkdir()
    (work / "out" / "reply.json").write_text(reply, encoding="utf-8")
    table = pa.table({"a": [1]})
    with pa.ipc.new_file(str(work / "out" / "table.arrow"), table.schema) as writer:
        writer.write_table(table)
    return read_reply(work)


@pytest.mark.parametrize("reply", ['{"notes": NaN}', '{"a": ' + "[" * 100_000, '{"notes": Infinity}'])
def test_a_reply_that_is_not_json_reads_as_empty(tmp_path: Path, reply: str) -> None:
    assert answered(tmp_path, reply) == {}


def test_a_nul_is_taken_out_of_the_texts_and_a_written_one_stays(tmp_path: Path) -> None:
    reply = answered(tmp_path, r'{"proposals": [], "notes": ["a\u0000b", "c\\u0000d"]}')
    assert read_outcome(tmp_path, reply).notes == ("ab", r"c\u0000d")


def test_a_note_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractViolation):
        read_outcome(tmp_path, answered(tmp_path, '{"proposals": [], "notes": [3]}'))
