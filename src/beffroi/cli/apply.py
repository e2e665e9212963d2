"""`beffroi apply`: what a hosting file would change, then only that; and the file of what is there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .common import confirmed, home_option, opened, warn_of_local_links
from .french import Misused

if TYPE_CHECKING:
    from beffroi.web.operations.hosting_file import Outcome, Plan, TerritoryPlan

CHANGES: Final = 3
"""Exit code of `--check` when something would change."""
MOST_UNDECLARED: Final = 20


@click.command()
@click.argument("file", metavar="[FICHIER]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--check", is_flag=True, help="Dire ce qui changerait, sans rien changer : code 0 si rien, 3 sinon."
)
@click.option("--yes", is_flag=True, help="Ne pas demander de confirmation.")
@click.option(
    "--prune", is_flag=True, help="Retirer aussi, partout, les rôles qui ne sont pas dans le fichier."
)
@click.option(
    "--links",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Écrire là les liens d'entrée, lisibles de vous seul ; sans lui, ils partent par courriel.",
)
@click.option(
    "--dump", is_flag=True, help="Écrire le fichier de l'instance telle qu'elle est, sans rien changer."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Écrire le résultat en JSON ; demande --check ou --yes."
)
@home_option
def apply(
    file: Path | None,
    check: bool,
    yes: bool,
    prune: bool,
    links: Path | None,
    dump: bool,
    as_json: bool,
    folder: Path,
) -> None:
    """Rendre l'instance conforme à un fichier d'hébergement : territoires, membres, sources, places réservées."""
    if (file is None) != dump:
        raise Misused("Donnez un fichier d'hébergement, ou --dump seul.")
    if as_json and not (check or yes):
        raise Misused("Avec --json, donnez --check ou --yes.")
    opened(folder)
    from beffroi.web.operations import hosting_file

    if file is None:
        click.echo(hosting_file.dump(), nl=False)
        return
    try:
        read = hosting_file.read(file)
        plan = hosting_file.make_plan(read, prune=prune)
        if not as_json:
            _describe(plan)
        if check or (not plan.changed and plan.host is None):
            if as_json:
                click.echo(_json(plan, {}))
            _finish(check, plan)
            return
        record = link_recorder(plan, links)
    except hosting_file.HostingFileError as error:
        raise click.ClickException(f"{error}\nRien n'a été changé.") from None
    if not yes and not confirmed("Appliquer ?"):
        raise click.ClickException("Rien n'a été changé.")
    outcomes = apply_plan(plan, record, mailed=links is None)
    if as_json:
        click.echo(_json(plan, outcomes))
    _conclude(plan, outcomes, links)


def _finish(check: bool, plan: "Plan") -> None:
    """The end when nothing is applied: a refusal first, then the code that says whether something would change."""
    if plan.problems:
        raise click.ClickException(_problems([(each.name, each.problem) for each in plan.problems]))
    if check and plan.count:
        raise click.exceptions.Exit(CHANGES)


def _describe(plan: "Plan") -> None:
    if plan.host is not None:
        click.echo(
            f"Hébergeur\n  ~ {', '.join(filter(None, [plan.host.name, plan.host.siren, plan.host.contact]))}"
        )
    for each in plan.territories:
        found = each.differences
        if not (each.count or found.undeclared or found.deferred or each.problem):
            continue
        click.echo(f"{each.name} ({each.code})")
        for sign, text in each.lines:
            click.echo(f"  {sign} {text}")
        for text in found.deferred:
            click.echo(f"  … {text}")
        if found.undeclared:
            click.echo(f"    présents, non déclarés : {_shortened(found.undeclared)}")
        if each.problem:
            click.echo(f"  ! {each.problem}")
    if plan.undeclared:
        click.echo(f"Territoires présents, non déclarés : {_shortened(plan.undeclared)}")
    if plan.count == 0:
        if not plan.problems:
            click.echo("Rien à changer.")
        return
    founded = sum(each.new is not None for each in plan.changed)
    changed = len(plan.changed) - founded
    same = len(plan.territories) - len(plan.changed) - len(plan.problems)
    signs = plan.signs
    click.echo(
        f"Territoires : {founded} à créer, {changed} à changer, {same} {'inchangés' if same > 1 else 'inchangé'}. "
        f"Changements : {signs.count('+')} +, {signs.count('~')} ~, {signs.count('−')} −."
    )


def _shortened(names: list[str]) -> str:
    more = len(names) - MOST_UNDECLARED
    return ", ".join(names[:MOST_UNDECLARED]) + (f" et {more} autres" if more > 0 else "")


def link_recorder(plan: "Plan", links: Path | None) -> Callable[..., None]:
    """What keeps the links of the people who arrive: the file, or nothing where they leave by mail."""
    from beffroi.web import public_address
    from beffroi.web.operations import hosting_file
    from beffroi.web.platform import mail

    if links is not None:
        return hosting_file.record_links(links)
    if any(each.new or each.brings_people for each in plan.changed) and not (
        mail.is_configured() and public_address.is_reachable()
    ):
        raise hosting_file.HostingFileError(
            "Des personnes arrivent, et cette instance n'envoie pas de courriel : dites où écrire leurs liens, par --links FICHIER."
        )
    return lambda _territory, _links: None


def apply_plan(plan: "Plan", record: Callable[..., None], *, mailed: bool) -> "dict[str, Outcome]":
    """Apply the host, then each territory; `mailed`: send the links of the people who arrive."""
    from beffroi.web.operations import hosting_file
    from beffroi.web.tenancy.hosting import HostingError
    from beffroi.web.tenancy.invitation_mail import send_link

    try:
        hosting_file.apply_host(plan)
    except HostingError as error:
        raise click.ClickException(str(error)) from error
    outcomes = {}
    for rank, each in enumerate(plan.changed, start=1):
        outcome = hosting_file.apply_territory(each, plan.sha256, record)
        outcomes[each.code] = outcome
        click.echo(
            f"  {rank}/{len(plan.changed)} {each.name}{' : refusé' if outcome.problem else ''}", err=True
        )
        for email, link in outcome.arrivals.items() if mailed and outcome.territory else ():
            if link and not send_link(outcome.territory, email, link):
                click.echo(
                    f"    Le courriel pour {email} n'est pas parti. {_another_link(email, link)}", err=True
                )
    return outcomes


def _another_link(email: str, link: str) -> str:
    if "/rejoindre/" in link:
        return "Son administrateur l'invite de nouveau, page « Personnes »."
    return f"« beffroi signin {email} » affiche un lien."


def _conclude(plan: "Plan", outcomes: "dict[str, Outcome]", links: Path | None) -> None:
    refused = [
        *((each.name, each.problem) for each in plan.problems),
        *((each.name, outcomes[each.code].problem) for each in plan.changed if outcomes[each.code].problem),
    ]
    done = len(outcomes) - sum(bool(each.problem) for each in outcomes.values())
    arrived = sum(bool(link) for each in outcomes.values() for link in each.arrivals.values())
    for outcome in outcomes.values():
        for text in outcome.deferred:
            click.echo(f"  … {outcome.territory} : {text}", err=True)
    click.echo(
        f"{done} {'territoires conformes' if done > 1 else 'territoire conforme'} au fichier.", err=True
    )
    if arrived and links is not None:
        click.echo(
            f"{arrived} liens dans {links}, valables une fois et 7 jours : remettez-les, puis effacez ce fichier.",
            err=True,
        )
        warn_of_local_links()
    if refused:
        raise click.ClickException(_problems(refused))


def _problems(refused: list[tuple[str, str]]) -> str:
    listed = "\n".join(f"- {name} : {problem}" for name, problem in refused)
    return f"Non appliqué, rien de ces territoires n'a changé :\n{listed}\nCorrigez le fichier, puis relancez : le reste est fait."


def _json(plan: "Plan", outcomes: "dict[str, Outcome]") -> str:
    return json.dumps(
        {
            "file": plan.sha256,
            "changes": plan.count,
            "host": plan.host.model_dump() if plan.host else None,
            "territories": [_territory(each, outcomes.get(each.code)) for each in plan.territories],
            "undeclared": plan.undeclared,
        },
        ensure_ascii=False,
        indent=1,
    )


def _territory(each: "TerritoryPlan", outcome: "Outcome | None") -> dict[str, Any]:
    return {
        "code": each.code,
        "name": each.name,
        "new": each.new is not None,
        "changes": [{"sign": sign, "text": text} for sign, text in each.lines],
        "undeclared": each.differences.undeclared,
        "deferred": [*each.differences.deferred, *(outcome.deferred if outcome else ())],
        "problem": each.problem or (outcome.problem if outcome else ""),
        "applied": outcome is not None and not outcome.problem,
    }


COMMANDS = (apply,)
