"""Outcome of a run: variants side by side, gains and losses by sector, map and proposed moves.

In come a town and the options; out goes an `Outcome`. No child is identifiable: walks are reported by sector, and groups of
fewer than five pupils are not detailed.
"""

import numpy as np

from beffroi.systems.contract import Figure, Outcome
from beffroi.systems.kit.plans import flow
from beffroi.systems.kit.words import fr, plural
from beffroi.systems.school_map import tables, variants
from beffroi.systems.school_map.moves import propose_moves
from beffroi.systems.school_map.options import TITLES, Options
from beffroi.systems.school_map.town import Town
from beffroi.systems.school_map.variants import Variant


def build_outcome(town: Town, options: Options) -> Outcome:
    """Draw every variant and report them all; the chosen one makes the proposals. Raises `BadInput`."""
    notes = list(town.notes)
    best = variants.best_possible(town, town.pupils)
    if best is None:
        return _without_seats(town, options, notes)
    order = [options.variant, *(key for key in TITLES if key != options.variant)]
    drawn = [variants.draw_variant(town, town.pupils, options, key) for key in order]
    chosen = drawn[0]
    for variant in drawn:
        if variant.school is None:
            notes.append(
                f"La variante « {variant.title.lower()} » ne tient pas : {' ; '.join(variant.faults[:2])}. Les îlots sont "
                "trop gros pour les places : partagez-en, ou ajoutez des places."
            )
    if chosen.school is not None and chosen.reserve < options.reserve:
        notes.append(
            f"Aucune carte ne tient avec {fr(100 * options.reserve)} % de places libres : celle-ci en garde {fr(100 * chosen.reserve)} %. "
            "Quelques élèves de plus la feraient déborder."
        )
    reserves = variants.compare_reserves(town, options, chosen)
    full = np.flatnonzero(town.reference_loads() > town.seats)
    if len(full):
        names = ", ".join(town.schools[s] for s in full[:3])
        notes.append(
            f"Aujourd’hui, {plural(len(full), 'école reçoit', 'écoles reçoivent')} plus d’élèves qu’elle n’a de places : "
            f"{names}{'…' if len(full) > 3 else ''}."
        )
    layers = {
        "sectors": tables.build_sectors_table(town, chosen.school),
        "blocks": tables.build_blocks_table(town, chosen.school),
        "reserves": tables.build_reserves_table(town, reserves, chosen),
    }
    return Outcome(
        table=tables.build_variants_table(town, drawn, best),
        proposals=propose_moves(town, options, chosen),
        notes=tuple(notes),
        layers=layers,
        figures=_figures(town, chosen, best, reserves[0]),
        summary=_summary(town, chosen),
    )


def _summary(town: Town, chosen: Variant) -> str:
    """What the proposed map changes, in one sentence."""
    if chosen.school is None:
        return f"La carte « {chosen.title.lower()} » ne tient pas dans les places : choisissez-en une autre, ou ajoutez des places."
    gain = tables.mean_walk(town, town.reference()) - tables.mean_walk(town, chosen.school)
    moved = 100 * tables.moved(town, chosen.school) / max(1.0, float(town.pupils.sum()))
    walk = f"{fr(abs(gain), 0)} m de marche en {'moins' if gain >= 0 else 'plus'} par élève, en moyenne"
    return f"La carte « {chosen.title.lower()} », dessinée pour les élèves de cette année : {walk} ; {fr(moved, 1)} % des élèves changent d’école."


def _figures(town: Town, chosen: Variant, best: flow.Assignment, without: Variant) -> tuple[Figure, ...]:
    """`without`: the same variant with no reserve."""
    reference, pupils = town.reference(), max(1.0, float(town.pupils.sum()))
    today = tables.mean_walk(town, reference)
    base = f"{plural(int(pupils), 'élève', 'élèves')}, {plural(len(town.schools), 'école', 'écoles')}"

    def better_than_today(walk: float) -> float:
        return round(100 * (today - walk) / today if today else 0.0, 1)

    possible = Figure(
        "possible", "Marche en moins, au mieux (prouvé)", better_than_today(best.bound / 10 / pupils), "%",
        f"{base} ; aucune carte à ces places ne fait mieux", better="higher",
    )  # fmt: skip
    school = chosen.school
    if school is None:
        return (possible,)
    walk = tables.mean_walk(town, school)
    how = "mesurée par les rues" if town.measured else "estimée à vol d’oiseau"
    lower = (
        ("moved", "Élèves qui changent d’école", round(100 * tables.moved(town, school) / pupils, 1), "%", base),
        ("far", "Marche que 95 élèves sur 100 ne dépassent pas", round(tables.far(town, school)), "m",
         f"{fr(tables.far(town, reference), 0)} m aujourd’hui"),
        ("gap", "Écart à la borne prouvée, au plus", round(chosen.gap, 2), "%",
         f"variante « {chosen.title.lower()} », souhaits compris"),
        ("reserve", "Ce que coûtent les places libres",
         np.nan if without.school is None else round(walk - tables.mean_walk(town, without.school)), "m par élève",
         f"{fr(100 * chosen.reserve)} % de places libres ; le tableau dit le prix d’autres réserves"),
        ("lacking", "Places qui manquent", 0.0, "places", base),
        ("separation", "Séparation sociale entre écoles",
         round(variants.separation(town, town.pupils, school), 1), "sur 100",
         f"{fr(variants.separation(town, town.pupils, reference), 1)} aujourd’hui ; 0 : chaque école ressemble à la ville"),
    )  # fmt: skip
    return (
        Figure("walk", "Marche moyenne proposée", round(walk), "m", f"{base}, {how}", better="lower"),
        Figure(
            "gain", "Marche en moins qu’aujourd’hui", better_than_today(walk), "%",
            f"{fr(today, 0)} m aujourd’hui", better="higher",
        ),
        possible,
        *(
            Figure(key, label, value, unit, what, better="lower")
            for key, label, value, unit, what in lower
            if np.isfinite(value)
        ),
    )  # fmt: skip


def _without_seats(town: Town, options: Options, notes: list[str]) -> Outcome:
    """Outcome where seats are too few: how many are missing and where, without proposals."""
    short, where = variants.missing_seats(town, town.pupils)
    shortages = ", ".join(
        f"{town.schools[s]} ({fr(where[s], 0)})"
        for s in np.argsort(-where, kind="stable")[:5]
        if where[s] > 0
    )
    if short > 0:
        notes.append(
            f"Il manque {plural(short, 'place', 'places')} en tout, autour de : {shortages or 'toute la ville'}. "
            "Aucune carte ne tient : ajoutez des places, ou retirez des élèves, puis recommencez."
        )
    else:
        notes.append(
            "Aucune carte ne tient : des choix déjà arrêtés donnent plus d’élèves à une école qu’elle n’a de places."
        )
    base = f"{plural(int(town.pupils.sum()), 'élève', 'élèves')}, {plural(int(town.seats.sum()), 'place', 'places')}"
    return Outcome(
        table=tables.build_variants_table(town, [], None),
        proposals=(),
        notes=tuple(notes),
        layers={
            "sectors": tables.build_sectors_table(town, None),
            "blocks": tables.build_blocks_table(town, None),
        },
        figures=(
            Figure("lacking", "Places qui manquent", float(max(0, short)), "places", base, better="lower"),
        ),
        summary=f"Aucune carte ne tient : il manque {plural(short, 'place', 'places')}."
        if short > 0
        else "Aucune carte ne tient avec les choix déjà arrêtés.",
    )
