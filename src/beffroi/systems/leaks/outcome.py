"""Outcome of a run: tables, proposals, figures and notes of the last day read.

In comes a `Reading`; out goes an `Outcome`. What cannot be judged is said first; a leak that is still open is proposed for inspection, a
rise to be explained. Nothing is decided.
"""

from beffroi.systems.contract import Outcome, ProposedAct, Tables
from beffroi.systems.kit.words import change, fr, plural, short_day
from beffroi.systems.kit.writing import table
from beffroi.systems.leaks import proposals, reasons, tables, yearly
from beffroi.systems.leaks.figures import build_figures
from beffroi.systems.leaks.judgeable import Obstacle, find_obstacles
from beffroi.systems.leaks.losses import MIN_LEAK
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.sector import Reading
from beffroi.systems.leaks.sector_states import LEAKING, WATCHED, SectorState, find_states


def build_outcome(inputs: Tables, reading: Reading, options: Options, seed: int) -> Outcome:
    """Build the outcome for the last day read."""
    leaks = [leak for leak in reading.leaks if leak.closed is None and leak.flow >= MIN_LEAK]
    found = find_states(reading)
    silent = [one.sector for one in found if one.watch is not None and not one.loss.known]
    obstacles = find_obstacles(reading.network, reading.readings, silent)
    notes = [f"Ne peut pas être jugé : {one.sentence}." for one in obstacles] + list(reading.notes)
    acts = proposals.propose(reading, found, leaks, seed)
    layers = {
        "obstacles": tables.build_obstacles_table(obstacles),
        "areas": tables.build_areas_table(reading, found),
        "pipes": tables.build_pipes_table(reading, leaks, found, options, notes),
        "network": tables.build_network_table(reading),
        "nights": tables.build_nights_table(reading),
        "alarms": tables.build_alarms_table(reading),
    }
    if reading.study is not None:
        notes += [
            f"Secteur {one.sector} : {reasons.unlocated_sentence(one.loss)}"
            for one in found
            if one.loss.unlocated > 0
        ]
    notes += [
        one.rise.sentence(reading.readings) for one in found if one.rise is not None and one.status != LEAKING
    ]
    years = yearly.read_years(inputs, reading.readings, reading.network, notes)
    layers["year"] = table(__package__, "year", yearly.indicator_rows(years))
    notes.append(_level(reading))
    return Outcome(
        table(__package__, "sectors", [tables.sector_line(reading, one) for one in found]),
        tuple(acts),
        tuple(notes),
        layers=layers,
        figures=(*build_figures(reading, found, options), *yearly.indicator_figures(years)),
        summary=_summary(reading, found, acts, obstacles),
    )


def _summary(
    reading: Reading, found: list[SectorState], acts: list[ProposedAct], obstacles: list[Obstacle]
) -> str:
    """What cannot be judged, then what is lost or has risen, then where to go; « no leak », and of what size, only where nothing
    speaks against it."""
    state = _state(reading, found, any(one.hides for one in obstacles))
    if acts:
        state += f" À faire d’abord : {acts[0].subject[0].lower()}{acts[0].subject[1:150]}."
    if not obstacles:
        return state
    more = len(obstacles) - 1
    others = f" Et {plural(more, 'autre point', 'autres points')}." if more else ""
    return f"À savoir d’abord : {obstacles[0].sentence}.{others} {state}"


def _state(reading: Reading, found: list[SectorState], hidden: bool) -> str:
    readings = reading.readings
    day = short_day(readings.day(readings.days - 1))
    leaking = [one for one in found if one.status == LEAKING]
    risen = [one.rise for one in found if one.rise is not None]
    watched = [one for one in found if one.status == WATCHED]
    if leaking:
        where = f"le secteur {leaking[0].sector[:60]}" if len(leaking) == 1 else f"{len(leaking)} secteurs"
        lost = sum(round(one.loss.located, 1) + round(one.loss.unlocated, 1) for one in leaking)
        return f"Environ {fr(24 * lost, 0)} m³ perdus par jour dans {where}."
    if risen:
        return (
            f"Hausse à expliquer : {fr(risen[0].flow, 1)} m³/h de plus ({change(risen[0].share)}) depuis le "
            f"{short_day(readings.day(risen[0].since))}, {risen[0].sector[:60]}. Aucune conduite ne l’explique."
        )
    if hidden:
        return f"Pas de fuite localisée le {day}, mais rien ne permet de l’exclure."
    if watched:
        return f"À surveiller le {day} : {watched[0].sector[:60]}. La nuit prend plus que d’habitude, sans certitude."
    most = max(one.loss.unseen for one in found)
    return (
        f"Aucune fuite probable de plus de {fr(most, 1)} m³/h le {day} : personne à envoyer sur le terrain."
    )


def _level(reading: Reading) -> str:
    if reading.study is not None:
        return "Calcul fait avec les débits, les pressions et le modèle du réseau."
    if reading.drops:
        return "Calcul fait avec les débits et les pressions, sans modèle du réseau : le secteur est donné, pas la conduite."
    return "Calcul fait avec les débits de nuit seuls : le secteur est donné, pas la conduite."
