"""Backtest of `leaks`: alarms as they would have been raised, against the known leaks and a manual baseline.

In come tables that hold `known_leaks`; out goes a `Score`. The metric is the economic score of BattLeDIM (`score.py`) as
a share of all the water lost: an alarm counts only in its leak's window and, where the network is known, within 300 m of
pipe; one for nothing costs a crew. Everything judged comes after the first third of the history.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.contract import TRAINING_SHARE, BadInput, GuardResult, Score, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.words import plural, short_day
from beffroi.systems.leaks import coverage
from beffroi.systems.leaks.night import STATED, baseline_alarm_days
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.score import CREW, WATER, Alarm, Scored, TrueLeak, score
from beffroi.systems.leaks.sector import Reading, analyse
from beffroi.text import format_percent

_TESTED = 1 / 3  # of the days are history
_BLOCK = 30  # days resampled together


@dataclass(frozen=True)
class _Truth:
    """Known leaks, steps in days from the first tested one; `sectors` of each; `place` the pipe, or the sector."""

    leaks: list[TrueLeak]
    sectors: list[str]

    @property
    def lost(self) -> float:
        return WATER * 24 * sum(float(leak.flow.sum()) for leak in self.leaks)


def evaluate(tables: Tables, options: Options, settings: dict[str, Any], seed: int) -> Score:
    """Raises `BadInput` where no leak is known, or none falls in the tested days."""
    if tables.get("known_leaks") is None or not tables["known_leaks"].num_rows:
        raise BadInput(
            "Pour juger le système, il faut des fuites déjà connues : liez la table « Fuites connues », avec leurs dates "
            "et leur débit."
        )
    whole = analyse(tables, options)
    days = whole.readings.days
    tested = max(options.calm_days + 7, round(_TESTED * days))
    if days - tested < 30:
        raise BadInput(
            f"L’historique compte {days} jours : il en faut deux mois au moins pour juger le système."
        )
    reading = whole
    share = float(settings.get(TRAINING_SHARE, 1.0))
    if share < 1:
        begin = whole.readings.day(int((1 - share) * tested))
        reading = analyse(_tables_since(tables, begin), options)
    offset = (reading.readings.first - whole.readings.first).days
    first = tested - offset
    truth = _truth(tables, reading, first)
    if not truth.leaks:
        raise BadInput(
            "Aucune fuite connue ne tombe dans la période jugée : ajoutez les fuites des derniers mois."
        )
    rng = np.random.default_rng(seed)
    hand = _baseline_alarms(reading, first, rng)
    quiet = _night_alarms(reading, first, rng)
    system_alarms = quiet if reading.study is None else _leak_alarms(reading, first)
    judged = {
        name: _judge(reading, truth, alarms)
        for name, alarms in (("system", system_alarms), ("hand", hand), ("night", quiet))
    }
    percent = {name: 100 * one.euros / truth.lost for name, one in judged.items()}
    inside, blocks = coverage.night_coverage(reading, truth.leaks, truth.sectors, first)
    covered_days, covered_leak_days = coverage.loss_coverage(reading, truth.leaks, truth.sectors, first)
    length = reading.readings.days - first
    gain, value = _intervals_by_month(
        truth, judged["system"], judged["hand"], system_alarms, hand, length, seed
    )
    system = judged["system"]
    metres = [metre for _, _, metre in system.found]
    others = {
        "Gain net (€)": round(system.euros),
        "Valeur de toute l’eau perdue (€)": round(truth.lost),
        "Fuites trouvées": float(len(system.found)),
        "Fuites connues": float(len(truth.leaks)),
        "Fausses alertes": float(len(system.false)),
        "Alertes répétées": float(len(system.repeated)),
        "Référence sans IA : fuites trouvées": float(len(judged["hand"].found)),
        "Référence sans IA : fausses alertes": float(len(judged["hand"].false)),
    }
    # Stated at 90 %; reported as measured.
    others["Perte d’un secteur dans son intervalle à 90 % (% des jours)"] = round(
        100 * float(covered_days.mean()), 1
    )
    if len(covered_leak_days):
        others["Perte d’un secteur dans son intervalle à 90 % (% des jours de fuite)"] = round(
            100 * float(covered_leak_days.mean()), 1
        )
    if reading.study is not None and metres:
        others["Distance médiane à la fuite (m)"] = round(float(np.median(metres)), 1)
    covered = float(np.mean(inside)) if len(inside) else None
    best = percent["system"] > percent["hand"] and len(system.false) <= max(5, len(judged["hand"].false))
    return Score(
        value=round(percent["system"], 2),
        baseline=round(percent["hand"], 2),
        interval_coverage=None if covered is None else round(covered, 4),
        interval_stated=STATED,
        recommended=bool(best),
        verdict=_verdict(reading, system, judged["hand"], percent, len(truth.leaks), covered),
        held_out=f"du {short_day(reading.readings.day(first))} au {short_day(reading.readings.day(first + length - 1))}, "
        f"{length} jours, {plural(len(truth.leaks), 'fuite connue', 'fuites connues')}",
        rows=length * len(reading.watches),
        without_ai={"Débits de nuit suivis par somme cumulée, sans réseau": round(percent["night"], 2)},
        guards={"false_alarms": GuardResult(float(len(system.false)), float(len(judged["hand"].false)))},
        others=others,
        groups=_groups(truth, system),
        value_interval=value,
        gain_interval=gain,
        coverage_interval=coverage.coverage_interval(inside, blocks, seed),
        truths=len(inside),
        training_rows=first * len(reading.watches),
    )


def _tables_since(tables: Tables, begin: Any) -> Tables:
    cut = dict(tables)
    for name in ("flows", "pressures"):
        if tables.get(name) is not None:
            moment = tables[name]["moment"].cast(pa.timestamp("us"))
            cut[name] = tables[name].filter(
                pc.greater_equal(moment, pa.scalar(begin, pa.date32()).cast(pa.timestamp("us")))
            )
    return cut


def _truth(tables: Tables, reading: Reading, first: int) -> _Truth:
    """Leaks that ran during the tested days, as daily flows; with the network, only those on a known pipe."""
    length = reading.readings.days - first
    leaks, sectors = [], []
    for row in cells.rows(tables, "known_leaks"):
        start, end, size = cells.day(row["start"]), cells.day(row.get("end")), cells.number(row["flow"])
        if start is None or size is None or size <= 0:
            continue
        begin = reading.readings.number(start) - first
        finish = length - 1 if end is None else reading.readings.number(end) - first
        if finish < 0 or begin >= length or finish < begin:
            continue
        place, sector = cells.text(row.get("pipe")), cells.text(row.get("sector"))
        if reading.study is None:
            place = sector
        elif place in (names := reading.known_network.pipes.names):
            zone = int(reading.study.zone_of[names.index(place)])
            sector = reading.study.zones[zone] if zone >= 0 else ""
        elif sector in reading.study.zones:
            place = sector
        else:
            continue
        if not place:
            continue
        flow = np.zeros(length)
        flow[max(0, begin) : min(length, finish + 1)] = size
        leaks.append(TrueLeak(place, max(0, begin), min(length - 1, finish), flow))
        sectors.append(sector)
    return _Truth(leaks, sectors)


def _leak_alarms(reading: Reading, first: int) -> list[Alarm]:
    """One raised earlier and still active counts on the first tested day, where it then pointed."""
    names = reading.known_network.pipes.names
    return [
        Alarm(names[leak.named_pipe], leak.day - first + 1 if leak.day >= first else 0)
        for leak in reading.leaks
        if leak.day >= first or leak.closed is None or leak.closed >= first
    ]


def _baseline_alarms(reading: Reading, first: int, rng: np.random.Generator) -> list[Alarm]:
    """The baseline's alarms. It knows the sector alone: where pipes are judged, one of the sector's is drawn."""
    return [
        Alarm(_pipe_of_sector(reading, watch.sector, rng), raised - first + 1)
        for watch in reading.watches
        for raised in baseline_alarm_days(watch.night)
        if raised >= first
    ]


def _night_alarms(reading: Reading, first: int, rng: np.random.Generator) -> list[Alarm]:
    return [
        Alarm(_pipe_of_sector(reading, watch.sector, rng), max(0, raised - first + 1))
        for watch in reading.watches
        for raised, _, end, _ in watch.alarms
        if raised >= first or end is None or end >= first
    ]


def _pipe_of_sector(reading: Reading, sector: str, rng: np.random.Generator) -> str:
    if reading.study is None or reading.network is None:
        return sector
    own = np.flatnonzero(reading.study.zone_of == reading.study.zones.index(sector))
    return reading.network.pipes.names[int(rng.choice(own))]


def _judge(reading: Reading, truth: _Truth, alarms: list[Alarm]) -> Scored:
    network = reading.network if reading.study is not None else None
    sectors = {}
    if reading.study is not None:
        for number, name in enumerate(reading.study.zones):
            sectors[name] = np.where(reading.study.zone_of == number, 0.0, np.inf)
    return score(
        network, truth.leaks, [a for a in alarms if a.step < len(truth.leaks[0].flow)], 24.0, sectors
    )


def _intervals_by_month(
    truth: _Truth,
    system: Scored,
    hand: Scored,
    alarms: list[Alarm],
    by_hand_alarms: list[Alarm],
    length: int,
    seed: int,
) -> tuple[Interval, ...]:
    """95 % intervals of the gain over the baseline and of the metric, by resampling whole months, a leak in the month of
    its start, an alarm for nothing in its own."""
    months = -(-length // _BLOCK)
    table = np.zeros((3, months))  # system, baseline, lost
    for index, leak in enumerate(truth.leaks):
        month = min(months - 1, leak.start // _BLOCK)
        table[0, month] += system.per_leak[index]
        table[1, month] += hand.per_leak[index]
        table[2, month] += WATER * 24 * float(leak.flow.sum())
    for line, scored, raised in ((0, system, alarms), (1, hand, by_hand_alarms)):
        for number in scored.false:
            table[line, min(months - 1, raised[number].step // _BLOCK)] -= CREW

    def figures(drawn: Blocks) -> tuple[Vector, Vector]:
        sums = table[:, drawn].sum(axis=2)
        sums = sums[:, sums[2] > 0]
        return 100 * (sums[0] - sums[1]) / sums[2], 100 * sums[0] / sums[2]

    return bootstrap_intervals(figures, months, np.random.default_rng(seed), digits=2)


def _groups(truth: _Truth, scored: Scored) -> dict[str, float]:
    """Share of the lost water saved, by sector, so that a poorly monitored sector is visible."""
    result = {}
    for sector in sorted(set(truth.sectors)):
        own = [i for i, name in enumerate(truth.sectors) if name == sector]
        lost = WATER * 24 * sum(float(truth.leaks[i].flow.sum()) for i in own)
        result[f"secteur {sector}"] = round(100 * sum(scored.per_leak[i] for i in own) / lost, 2)
    return result


def _verdict(
    reading: Reading,
    system: Scored,
    hand: Scored,
    percent: dict[str, float],
    leaks: int,
    covered: float | None,
) -> str:
    summary = (
        f"Avec {reading.level} : {plural(len(system.found), 'fuite trouvée', 'fuites trouvées')} sur {leaks} et "
        f"{plural(len(system.false), 'fausse alerte', 'fausses alertes')}, "
        f"contre {len(hand.found)} et {len(hand.false)} pour la référence sans IA. Sorties pour rien déduites, "
        f"{format_percent(percent['system'])} de l’eau perdue aurait pu être arrêtée, contre {format_percent(percent['hand'])}."
    )
    if covered is not None:
        summary += (
            f" L’intervalle à 90 % des nuits contient la vérité {format_percent(100 * covered)} du temps."
        )
    if percent["system"] <= percent["hand"]:
        return f"Ne pas utiliser ici : il ne fait pas mieux que la référence sans IA. {summary}"
    if len(system.false) > max(5, len(hand.false)):
        return f"Ne pas utiliser ici : trop de fausses alertes. {summary}"
    return f"Recommandé, sous le contrôle d’une personne. {summary}"
