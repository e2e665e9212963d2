"""`beffroi`: the command's entry point, its subcommands and how an error is told.

Every expected error ends in one French message on standard error and an exit code: 1 when the work could not
be done, 2 when the command was ill-formed. Nothing is half-written.
"""

import errno
import os
import sys

import click

from beffroi import __version__
from beffroi.home import HomeError
from beffroi.lake.errors import LakeError

from . import (
    apply,
    database,
    demo,
    doctor,
    french,
    grants,
    guides,
    instance,
    keys,
    lake,
    ledger,
    mail,
    operate,
    recipes,
    reference,
    registers,
    report,
    repository,
    restore,
    sources,
    systems,
    territories,
    upgrade,
)

DISK_FULL = "Le disque est plein. Rien n'a été perdu. Libérez de la place, puis recommencez."
INTERRUPTED = "Interrompu. Ce qui était enregistré l'est toujours ; relancez la commande pour reprendre."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s", help="Afficher la version, puis quitter.")
def beffroi() -> None:
    """Rassembler les données d'un territoire, décider avec une IA sous contrôle humain, tenir en cas d'attaque."""


GROUPS = (
    instance,
    territories,
    apply,
    operate,
    repository,
    restore,
    database,
    keys,
    lake,
    demo,
    doctor,
    systems,
    ledger,
    mail,
    grants,
    guides,
    recipes,
    reference,
    report,
    sources,
    registers,
    upgrade,
)
for group in GROUPS:
    for command in group.COMMANDS:
        beffroi.add_command(command)
french.speak(beffroi)


def main() -> None:
    """Run the command and leave with its exit code."""
    sys.exit(_run())


def _run() -> int:
    try:
        done = beffroi.main(prog_name="beffroi", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 0
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx else "beffroi"
        return _refuse(f"{french.wrong(error)} Voyez « {name} --help ».", 2)
    except (click.Abort, KeyboardInterrupt):
        return _refuse(INTERRUPTED, 130)
    except (HomeError, LakeError) as error:
        return _refuse(str(error), 1)
    except click.ClickException as error:
        return _refuse(error.format_message(), 1)
    except BrokenPipeError:
        return 1
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _refuse(DISK_FULL, 1)
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return _refuse(
                f"Accès refusé : {error.filename}. Vérifiez vos droits sur ce fichier ou ce dossier.", 1
            )
        return _unexpected(error)
    except Exception as error:
        return _unexpected(error)
    # A command that ends with a code of its own (`apply --check`): click gives it back.
    return done if isinstance(done, int) else 0


def _unexpected(error: Exception) -> int:
    """What nobody foresaw: said without its inside, unless whoever runs the machine asks for it."""
    if os.environ.get("BEFFROI_TRACE"):
        raise error
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":
        # How DuckDB tells a Ctrl+C that came in the middle of its work.
        return _refuse(INTERRUPTED, 130)
    if type(error).__name__ == "OperationalError" and "connection" in str(error):
        return _refuse(
            "La base PostgreSQL ne répond pas. Rien n'a été perdu. Vérifiez qu'elle est démarrée et l'adresse donnée par "
            f"BEFFROI_DATABASE, puis recommencez. Détail : {error}",
            1,
        )
    if "malformed" in str(error) or "not a database" in str(error):
        return _refuse(
            f"La base de l'instance est abîmée ({error}). Rien n'a été modifié. Lancez « beffroi doctor » : il dit quelle "
            "sauvegarde la garde encore.",
            1,
        )
    if "disk is full" in str(error) or "No space left" in str(error):
        return _refuse(DISK_FULL, 1)
    return _refuse(
        f"Une erreur inattendue a arrêté la commande ({type(error).__name__} : {error}). Ce qui était enregistré "
        "l'est toujours. Recommencez ; si elle revient, relancez avec BEFFROI_TRACE=1 et transmettez le détail.",
        1,
    )


def _refuse(message: str, code: int) -> int:
    click.echo(message, err=True)
    return code


if __name__ == "__main__":
    main()
