"""First runs on the sample: it is complete, the system runs, is reproducible, and works without optional inputs.

In comes the bench; out go points of the bronze tier.
"""

import pyarrow as pa

from beffroi.systems.check.bench import Bench, Trial, project_sample
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.contract import Outcome, ProposedAct, Tables
from beffroi.systems.manifest import COMMON_EVIDENCE, Manifest
from beffroi.systems.outputs import UndeclaredOutput, match_declared_tables
from beffroi.systems.row_ranking import first_named, rank_places, rank_rows


def check_sample(bench: Bench) -> Point:
    missing = [
        schema.name
        for schema in bench.manifest.inputs
        if schema.name not in bench.sample or (schema.required and not bench.sample[schema.name].num_rows)
    ]
    return build_point(
        "sample",
        not missing,
        f"le fabricant d’échantillon ne donne pas, ou donne vide : {', '.join(missing)}."
        if missing
        else "toutes les tables déclarées y sont.",
    )


def check_seeds(bench: Bench, cuts: tuple[Tables, ...]) -> Point:
    """Samples of further seeds: each is another, the same for the same seed, and the system answers on a cut of it.

    `cuts`: of the first sample, the smallest on which the system runs first; a sample on which it refuses is tried on the next.
    """
    name, faults = bench.main.name, []
    whole = bench.sample[name].num_rows
    made = [
        project_sample(bench.server.sample(bench.seed + more), bench.manifest.inputs)[0] for more in range(5)
    ]
    if made[0] != bench.sample:
        faults.append("deux échantillons de la même graine diffèrent")
    if any(made[0] == other for other in made[1:]):
        faults.append("deux graines donnent le même échantillon")
    for seed, sample in enumerate(made[1:], bench.seed + 1):
        if name not in sample:
            faults.append(f"graine {seed} : sans la table « {name} »")
            continue
        shares = [cut[name].num_rows / whole for cut in cuts]
        answers = (bench.run(bench.recent(share, sample)) for share in (*shares, 1.0))
        answer = next((one for one in answers if not one.refused), None)
        if answer is None or answer.outcome is None:
            faults.append(f"graine {seed} : {answer.failure if answer else 'refus'}")
    return build_point(
        "seeds", not faults, f"{' ; '.join(faults) or 'cinq graines, cinq échantillons, cinq résultats'}."
    )


def check_runs(whole: Trial) -> Point:
    rows = whole.outcome.table.num_rows if whole.outcome is not None else 0
    return build_point(
        "runs",
        whole.outcome is not None,
        f"{rows} ligne(s) de résultat." if whole.failure is None else str(whole.failure),
    )


def check_outputs(manifest: Manifest, outcome: Outcome) -> Point:
    """The output tables match the manifest."""
    if not manifest.outputs:
        return build_point("outputs", False, "le manifeste ne décrit pas les tableaux rendus (« outputs »).")
    try:
        found = match_declared_tables(manifest, outcome)
    except UndeclaredOutput as fault:
        return build_point("outputs", False, f"{fault}.")
    message = ", ".join(f"{output.title} ({table.num_rows} ligne(s))" for output, table in found)
    return build_point("outputs", True, f"{message} ; {len(outcome.figures)} chiffre(s) en grand.")


def check_ranking(manifest: Manifest, outcome: Outcome) -> Point:
    """The summary and the first proposal begin with what the first table ranks first."""
    try:
        output, table = match_declared_tables(manifest, outcome)[0]
    except UndeclaredOutput as fault:
        return build_point("ranking", False, f"{fault}.")
    places = rank_places(output, rank_rows(output, table.to_pylist()))
    first = next(iter(places), "")
    named = {"la phrase du matin": first_named(outcome.summary, places)}
    # By day, the page itself puts proposals in the order of the rows; files of persons come in their own order.
    act = next(iter(outcome.proposals), None)
    if act is not None and not act.case and output.of_role("day") is None:
        named["la première proposition"] = first_named(act.subject, places) or first_named(act.place, places)
    others = [f"{who} commence par « {place} »" for who, place in named.items() if place not in ("", first)]
    return build_point(
        "ranking",
        not others,
        f"{' ; '.join(others)}, et le tableau par « {first} »."
        if others
        else "la phrase, la liste et le tableau commencent par le même lieu.",
    )


def check_reproducible(bench: Bench, whole: Trial, tables: Tables | None = None) -> Point:
    """The same seed again, with undeclared columns added: one run proves both. `tables`: the sample where None."""
    crowded = {
        name: table.append_column("colonne_non_declaree", pa.array(["secret"] * table.num_rows))
        for name, table in (bench.sample if tables is None else tables).items()
    }
    crowded["table_non_declaree"] = pa.table({"secret": ["secret"]})
    # In two processes: the order of a Python set is the same in all those that one process forks.
    same = bench.run(crowded, apart=True).same(whole)
    return build_point(
        "same",
        same,
        "deux essais identiques, l’un avec des colonnes non déclarées."
        if same
        else "deux essais avec la même graine diffèrent : le système n’est pas reproductible.",
    )


def check_required_only(bench: Bench, tables: Tables | None = None) -> Point:
    """The required columns of the required tables alone, and the first of those of which one must be there.

    `tables`: the sample where None.
    """
    source = bench.sample if tables is None else tables
    least: Tables = {}
    for schema in bench.manifest.inputs:
        if schema.required and schema.name in source:
            table = source[schema.name]
            present = [need for need in schema.columns if need.name in table.column_names]
            required = [need.name for need in present if need.required]
            required += [need.name for need in present if need.name in schema.one_of][:1]
            least[schema.name] = table.select(required)
    answer = bench.run(least)
    if answer.outcome is None:
        return build_point("bare", False, str(answer.failure))
    rows = answer.outcome.table.num_rows
    return build_point("bare", rows > 0, f"{rows} ligne(s) calculée(s).")


def check_proposals(manifest: Manifest, outcome: Outcome) -> Point:
    faults = [
        proposal.subject
        for proposal in outcome.proposals
        if not proposal.reasons or not proposal.evidence or proposal.low > proposal.high
    ]
    written = dict.fromkeys(key for proposal in outcome.proposals for key in _evidence_keys(proposal))
    undescribed = [key for key in written if key not in manifest.evidence and key not in COMMON_EVIDENCE]
    if manifest.level == "informs" and outcome.proposals:
        return build_point("proposals", False, "un système qui informe ne propose rien.")
    elif faults:
        return build_point(
            "proposals", False, f"sans raison, sans preuve ou à l’intervalle inversé : {faults[0]}."
        )
    elif undescribed:
        return build_point(
            "proposals",
            False,
            f"preuves que le manifeste ne décrit pas (« [evidence] ») : {', '.join(undescribed)}.",
        )
    else:
        return build_point(
            "proposals",
            True,
            f"{len(outcome.proposals)} proposition(s), chacune avec ses raisons et son intervalle.",
        )


def _evidence_keys(proposal: ProposedAct) -> list[str]:
    """The keys of its evidence, and the columns of each list of rows."""
    columns = [
        column
        for value in proposal.evidence.values()
        if isinstance(value, list)
        for row in value
        if isinstance(row, dict)
        for column in row
    ]
    return [*proposal.evidence, *columns]
