"""`beffroi ledger`: verify a copy, a kept root or a proof without the database; sign a root; prove that a line is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beffroi.home import HomeError
from beffroi.ledger import chain, copies

from .common import home_option, opened, territory_named, territory_option

if TYPE_CHECKING:
    from beffroi.ledger.keys import KeyChange, KeyHistory
    from beffroi.ledger.roots import SignedRoot

_file = click.Path(path_type=Path)
_out = click.Path(path_type=Path, dir_okay=False)
_MOST = 1 << 26  # bytes: a hundred years of daily roots
_host = click.option("--host", "is_host", is_flag=True, help="Le registre de l'hébergeur.")


@click.group()
def ledger() -> None:
    """Le registre des actes."""


def name_of_chain(chain: str) -> str:
    """What a person calls the chain that signed roots name `host` or `territory/…`."""
    return "hébergeur" if chain == "host" else chain.removeprefix("territory/")


@dataclass(frozen=True)
class _SavedRoot:
    """A root that somebody kept, and the file that it came from."""

    file: Path
    root: "SignedRoot"


@ledger.command()
@click.argument("file", metavar="[FICHIER]", required=False, type=_file)
@click.option(
    "--root", "root_files", multiple=True, type=_file, help="Empreinte signée gardée ailleurs, répétable."
)
@click.option(
    "--key", "key_file", type=_file, help="Clé publique de l'instance (PEM) : vérifie les signatures."
)
@click.option(
    "--keys", "changes_file", type=_file, help="Déclarations de remplacement de clé (cles.jsonl), avec --key."
)
@click.option("--proof", "proof_file", type=_file, help="Preuve à vérifier, à la place d'une copie.")
@home_option
def verify(
    file: Path | None,
    root_files: tuple[Path, ...],
    key_file: Path | None,
    changes_file: Path | None,
    proof_file: Path | None,
    folder: Path,
) -> None:
    """Vérifier une copie exportée (FILE), une preuve, ou toutes les chaînes de l'instance."""
    if file is not None and proof_file is not None:
        raise click.ClickException("Donnez une copie (FILE) ou une preuve (--proof), pas les deux.")
    if changes_file is not None and key_file is None:
        raise click.ClickException(
            "--keys dit quelles clés ont suivi la vôtre, ou l'ont précédée : donnez aussi, par --key, une clé de confiance."
        )
    history = _read_history(key_file, changes_file) if key_file else None
    saved = [_SavedRoot(each, root) for each in root_files for root in read_roots(each)]
    for each in saved if history else ():
        _check_signature(each.file, each.root, history)
    if proof_file is not None:
        _verify_proof(proof_file, saved, history)
    elif file is not None:
        _verify_copy(file, saved, history)
    elif saved or history:
        raise click.ClickException("--root et --key accompagnent une copie (FILE) ou une preuve (--proof).")
    else:
        _verify_instance(folder)


def _verify_copy(file: Path, saved: list[_SavedRoot], history: "KeyHistory | None") -> None:
    if not _size(file):
        raise click.ClickException(f"{file} est vide. Exportez le registre à nouveau depuis sa page.")
    try:
        sizes = {each.root.size for each in saved} | {
            each.size for each in (history.changes if history else ())
        }
        reading = copies.verify_file(file, checkpoint_sizes=sizes)
    except OSError as error:
        raise click.ClickException(f"{file} ne peut pas être lu : {error.strerror}.") from error
    found = reading.verification
    _print_verification(file.name, found)
    for remark in chain.clock_warnings(found):
        click.echo(f"{file.name} : {remark}", err=True)
    if not found.ok:
        raise click.ClickException(
            f"{file}, ligne {found.first_bad} : {reading.reason}. Cette copie n'est pas, à partir de là, celle qui a été "
            "exportée. Comparez avec une autre copie, ou exportez à nouveau depuis la page Registre."
        )
    if history and (
        why := history.find_mismatch(copies.lines_of_act(file, chain.RENEWAL), found.checkpoints)
    ):
        raise click.ClickException(
            f"{file} : {why}. Prenez sur la page publique du registre les déclarations qui vont avec cette copie (--keys)."
        )
    for each in saved:
        _check_saved_root(each, found)
    if saved and not history:
        click.echo("Signatures non vérifiées : donnez la clé publique de l'instance avec --key.", err=True)
    if not saved:
        click.echo(
            "Pour savoir si la copie va jusqu'au bout, donnez une empreinte signée avec --root, ou comparez cette ligne "
            "avec la page Registre du site.",
            err=True,
        )


def _check_saved_root(saved: _SavedRoot, found: chain.Verification) -> None:
    root, where = saved.root, f"{saved.file} ({name_of_chain(saved.root.chain)}, {saved.root.at})"
    if root.size > found.size:
        raise click.ClickException(
            f"{where} : l'empreinte compte {_lines(root.size)}, la copie en a {found.size}. Il en manque "
            f"{root.size - found.size} à la fin de la copie, ou l'empreinte est celle d'un autre registre."
        )
    if found.checkpoints[root.size] != chain.Checkpoint(root.root, root.last):
        raise click.ClickException(
            f"{where} : le début de la copie ({_lines(root.size)}) n'est pas celui qui a été signé. Le passé a été "
            "changé, ou l'empreinte est celle d'un autre registre."
        )
    click.echo(f"{where} : est bien le début de cette copie ({_lines(root.size)}).")


def _verify_proof(file: Path, saved: list[_SavedRoot], history: "KeyHistory | None") -> None:
    from beffroi.ledger.proofs import InclusionProof, read_proof

    try:
        proof = read_proof(_read(file))
    except ValueError as error:
        raise click.ClickException(f"{file} : {error}.") from error
    if history:
        _check_signature(file, proof.root, history)
    if not proof.is_valid():
        raise click.ClickException(
            f"{file} : la preuve est fausse. Elle ne montre rien : demandez-en une autre."
        )
    known = {(proof.root.size, proof.root.root)}
    if isinstance(proof, InclusionProof):
        line, root = proof.line, proof.root
        click.echo(
            f"{file} : la ligne {line.seq} ({line.act}, {line.thing}, {line.at}) est bien dans le registre "
            f"{name_of_chain(root.chain)} de {_lines(root.size)} signé le {root.at}."
        )
    else:
        known.add((proof.size, proof.earlier))
        click.echo(
            f"{file} : le registre {name_of_chain(proof.root.chain)} de {_lines(proof.root.size)} signé le {proof.root.at} commence bien "
            f"par celui de {_lines(proof.size)} dont l'empreinte était {proof.earlier}."
        )
    for each in saved:
        if (each.root.size, each.root.root) not in known:
            raise click.ClickException(
                f"{each.file} : la preuve ne parle pas de cette empreinte ({_lines(each.root.size)}). Rien n'a été montré "
                "sur elle."
            )
        click.echo(f"{each.file} : la preuve parle bien de cette empreinte ({_lines(each.root.size)}).")
    if not history:
        click.echo("Signature non vérifiée : donnez la clé publique de l'instance avec --key.", err=True)


def _verify_instance(folder: Path) -> None:
    try:
        opened(folder)
    except HomeError as error:
        # A chain that is not what was marked opens nothing else, but is read here.
        found = getattr(error, "findings", ())
        if not found or not all(each.key.startswith("ledger:") for each in found):
            raise
    from beffroi.web.platform import scope
    from beffroi.web.platform.ledger import audit, marks
    from beffroi.web.platform.models import Territory

    with scope.host():
        territories = list(Territory.objects.all())
    bad = False
    for territory in (None, *territories):
        name = name_of_chain(marks.chain_name(territory))
        found = audit.audit(territory)
        _print_verification(name, found.verification)
        for remark in (*found.of_roots, *found.remarks):
            click.echo(f"{name} : {remark}")
        bad = bad or bool(found.faults)
    if bad:
        raise click.ClickException("Le registre a été modifié. Comparez avec une sauvegarde antérieure.")


def _print_verification(name: str, result: chain.Verification) -> None:
    state = (
        f"intact jusqu'à la ligne {result.size}"
        if result.ok
        else f"MODIFIÉ à partir de la ligne {result.first_bad}"
    )
    click.echo(f"{name} : {_lines(result.size)}, {state}, empreinte {result.root}")


@ledger.command()
@territory_option
@_host
@click.option("--out", type=_out, help="Fichier à écrire ; sinon, à l'écran.")
@click.option("--key-out", type=_out, help="Fichier où écrire aussi la clé publique (PEM).")
@click.option(
    "--keys-out", type=_out, help="Fichier où écrire aussi les déclarations de remplacement de clé."
)
@home_option
def root(
    territory: str | None,
    is_host: bool,
    out: Path | None,
    key_out: Path | None,
    keys_out: Path | None,
    folder: Path,
) -> None:
    """Signer l'empreinte d'un registre, à garder ailleurs."""
    opened(folder)
    from beffroi.ledger.keys import encode_key_changes
    from beffroi.ledger.roots import public_pem
    from beffroi.web.platform.ledger import keys, proofs

    chosen = _chain(territory, is_host)
    signed = _as_click_error(lambda: proofs.signed_now(chosen))
    _write(out, signed.as_json() + b"\n")
    if key_out is not None:
        _write(key_out, public_pem(keys.signing_key().public_key()))
    if keys_out is not None:
        _write(keys_out, encode_key_changes(_as_click_error(lambda: keys.changes_of(chosen))))
    if out is not None:
        click.echo(
            f"{name_of_chain(signed.chain)} : {_lines(signed.size)}, empreinte {signed.root}, clé {signed.key}. Gardez {out} hors de cette "
            "machine.",
            err=True,
        )


@ledger.command()
@click.argument("line", metavar="LIGNE", type=click.IntRange(min=1))
@territory_option
@_host
@click.option("--out", type=_out, help="Fichier à écrire ; sinon, à l'écran.")
@home_option
def prove(line: int, territory: str | None, is_host: bool, out: Path | None, folder: Path) -> None:
    """Prouver que la ligne de rang LINE est dans le registre : se vérifie sans la base."""
    opened(folder)
    from beffroi.web.platform import ledger as platform_ledger
    from beffroi.web.platform.ledger import proofs

    chosen = _chain(territory, is_host)
    with platform_ledger.opened(chosen):
        found = platform_ledger.lines_of(chosen).filter(seq=line).first()
        last = platform_ledger.lines_of(chosen).last()
    if found is None:
        raise click.ClickException(
            f"Ce registre n'a pas de ligne {line} : il en compte {last.seq if last else 0}. Rien n'a été écrit."
        )
    _write(out, _as_click_error(lambda: proofs.inclusion(chosen, found)).as_json())


def _chain(territory: str | None, is_host: bool) -> Any:
    if is_host and territory:
        raise click.ClickException("Donnez --territory ou --host, pas les deux.")
    return None if is_host else territory_named(territory)


def _as_click_error(work: Any) -> Any:
    from beffroi.web.platform.ledger import LedgerError

    try:
        return work()
    except LedgerError as error:
        raise click.ClickException(str(error)) from error


def _write(out: Path | None, content: bytes) -> None:
    if out is None:
        click.echo(content, nl=False)
        return
    try:
        with out.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise click.ClickException(
            f"{out} existe déjà. Rien n'a été écrit. Choisissez un autre nom."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{out} ne peut pas être écrit : {error.strerror}.") from error


def _size(file: Path) -> int:
    if not file.is_file():
        raise click.ClickException(f"{file} n'existe pas, ou n'est pas un fichier.")
    return file.stat().st_size


def _read(file: Path) -> bytes:
    """A small file: never a whole copy given in its place."""
    if _size(file) > _MOST:
        raise click.ClickException(f"{file} est bien trop grand : ce n'est pas le bon fichier.")
    try:
        return file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file} ne peut pas être lu : {error.strerror}.") from error


def _lines(count: int) -> str:
    return f"{count} ligne{'s' if count > 1 else ''}"


def _read_history(key_file: Path, changes_file: Path | None) -> "KeyHistory":
    from beffroi.ledger.keys import KeyHistory, parse_key_changes
    from beffroi.ledger.roots import read_public_key

    key = _parsed(key_file, read_public_key)
    changes: list[KeyChange] = _parsed(changes_file, parse_key_changes) if changes_file else []
    try:
        return KeyHistory(key, changes)
    except ValueError as error:
        raise click.ClickException(f"{changes_file} : {error}.") from error


def read_roots(file: Path) -> "list[SignedRoot]":
    """The signed roots of a file; their signatures are not looked at. Raises ClickException."""
    from beffroi.ledger import roots

    return _parsed(file, roots.read_roots)


def _parsed[T](file: Path, read: Callable[[bytes], T]) -> T:
    try:
        return read(_read(file))
    except ValueError as error:
        raise click.ClickException(f"{file} : {error}.") from error


def _check_signature(file: Path, root: "SignedRoot", history: "KeyHistory") -> None:
    why = history.rejection_reason(root)
    if not why:
        return
    if root.key not in history.trusted and not history.changes:
        why += ". Si la clé a été remplacée, donnez aussi les déclarations que publie la page du registre (--keys)"
    raise click.ClickException(f"{file} : {why}.")


COMMANDS = (ledger,)
