"""Outcome of a run: tables, proposals, figures and notes of the last day read.

In comes a `Reading`; out goes an `Outcome`. A leak that is still open is proposed for inspection; nothing is decided.
"""

from typing import Any

from beffroi.systems.contract import Outcome, ProposedAct
from beffroi.systems.kit.words import fr, listed, short_day
from beffroi.systems.kit.writing import table
from beffroi.systems.leaks import proposals, reasons, tables
from beffroi.systems.leaks.caveats import find_caveats
from beffroi.systems.leaks.figures import build_figures
from beffroi.systems.leaks.losses import MIN_LEAK, sector_loss
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.sector import Reading


def build_outcome(reading: Reading, options: Options, seed: int) -> Outcome:
    """Build the outcome for the last day read."""
    notes = list(reading.notes)
    last = reading.readings.days - 1
    leaks = [leak for leak in reading.leaks if leak.closed is None and leak.flow >= MIN_LEAK]
    found = [sector_loss(reading, row, last) for row in range(len(reading.watches))]
    lines = [tables.sector_line(reading, row, one) for row, one in enumerate(found)]
    lines.sort(key=lambda line: -line["excess"])
    acts = (
        proposals.propose_sectors(reading, found, seed)
        if reading.study is None
        else proposals.propose_inspections(reading, reading.study, leaks, found, seed)
    )
    layers = {
        "pipes": tables.build_pipes_table(reading, leaks, options, notes),
        "nights": tables.build_nights_table(reading),
        "alarms": tables.build_alarms_table(reading),
    }
    if reading.study is not None:
        notes += [
            f"Secteur {watch.sector} : {reasons.unlocated_sentence(one)}"
            for watch, one in zip(reading.watches, found, strict=True)
            if one.unlocated > 0
        ]
    silent = [watch.sector for watch, one in zip(reading.watches, found, strict=True) if not one.known]
    if silent:
        notes.append(
            f"Sans nuit mesurée depuis une semaine, ou trop peu : {listed(silent, 5)}. Ce qui s’y perd n’est pas connu. "
            "Vérifiez les compteurs."
        )
    doubted = find_caveats(reading, silent)
    notes += [one for one in doubted if one not in notes]
    notes.append(_level(reading))
    return Outcome(
        table(__package__, "sectors", lines),
        tuple(acts),
        tuple(notes),
        layers=layers,
        figures=tuple(build_figures(reading, found, lines, options)),
        summary=_summary(lines, acts, doubted),
    )


def _summary(lines: list[dict[str, Any]], acts: list[ProposedAct], doubted: list[str]) -> str:
    """Summary sentence: the loss, and where to go first; « no leak » only without caveats."""
    leaking = [line for line in lines if line["status"] == "fuite probable"]
    if not leaking and doubted:
        return f"Pas de fuite localisée le {short_day(lines[0]['day'])}, mais rien ne permet de l’exclure. {doubted[0]}"
    if not leaking:
        return f"Aucune fuite probable le {short_day(lines[0]['day'])} : personne à envoyer sur le terrain."
    where = f"le secteur {leaking[0]['sector'][:60]}" if len(leaking) == 1 else f"{len(leaking)} secteurs"
    lost = f"Environ {fr(24 * sum(line['excess'] for line in leaking), 0)} m³ perdus par jour dans {where}."
    return f"{lost} À faire d’abord : {acts[0].subject[0].lower()}{acts[0].subject[1:150]}." if acts else lost


def _level(reading: Reading) -> str:
    if reading.study is not None:
        return "Calcul fait avec les débits, les pressions et le modèle du réseau."
    if reading.drops:
        return "Calcul fait avec les débits et les pressions, sans modèle du réseau : le secteur est donné, pas la conduite."
    return "Calcul fait avec les débits de nuit seuls : le secteur est donné, pas la conduite."
