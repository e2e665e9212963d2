"""What click says by itself, in French: the help of a command, and what is wrong with one as it was typed.

In: a command, or click's error. Out: pages of help and sentences for the person at the keyboard.
"""

from collections.abc import Sequence
from typing import Any

import click

_HEADINGS = {"Options": "Options", "Commands": "Commandes", "Arguments": "Arguments"}
_MARKS = (
    ("[default: ", "[par défaut : "),
    ("; default: ", " ; par défaut : "),
    ("required]", "obligatoire]"),
)


METAVARS = {
    "DIRECTORY": "DOSSIER",
    "FILE": "FICHIER",
    "PATH": "CHEMIN",
    "TEXT": "TEXTE",
    "INTEGER RANGE": "NOMBRE",
    "INTEGER": "NOMBRE",
}
"""What click calls the values of an option, and their French names, in the help and in `docs/commands.md`."""
_OPTIONS_OF_A_GROUP = {"COMMAND [ARGS]...": "COMMANDE [ARGUMENTS]..."}


class Misused(click.UsageError):
    """A command that cannot be as it was typed; the message is already French."""


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        for english, french in _OPTIONS_OF_A_GROUP.items():
            args = args.replace(english, french)
        super().write_usage(prog, args, "Utilisation : " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{_HEADINGS.get(heading, heading)} :\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().write_dl([(_named_in_french(names), _marked(text)) for names, text in rows], *args, **kwargs)


def _named_in_french(names: str) -> str:
    """`--port INTEGER RANGE`, as `--port NOMBRE`."""
    for english, french in METAVARS.items():
        if names.endswith(f" {english}"):
            return names.removesuffix(english) + french
    return names


def _marked(text: str) -> str:
    for english, french in _MARKS:
        text = text.replace(english, french)
    return text


def speak(command: click.Command) -> None:
    """Have the help of this command, and of those under it, said in French."""
    click.Context.formatter_class = _Formatter
    names = ("-h", "--help")

    def option(ctx: click.Context) -> click.Option:
        show = click.Command("aide").get_help_option(click.Context(click.Command("aide")))
        return click.Option(
            names,
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=show.callback if show else None,
            help="Afficher cette aide, puis quitter.",
        )

    command.get_help_option = option  # type: ignore[method-assign]
    for under in command.commands.values() if isinstance(command, click.Group) else ():
        speak(under)


def wrong(error: click.UsageError) -> str:
    """What is wrong with the command as it was typed."""
    match error:
        case Misused():
            return error.message
        case click.NoSuchOption():
            near = f" Peut-être : {', '.join(error.possibilities)}." if error.possibilities else ""
            return f"L'option « {error.option_name} » n'existe pas.{near}"
        case click.MissingParameter() if error.param is not None:
            return f"Il manque {_named(error.param)}. {_expected(error.param)}".strip()
        case click.BadParameter() if error.param is not None:
            return f"La valeur donnée pour {_named(error.param)} ne convient pas. {_expected(error.param)}".strip()
    return "Cette commande n'est pas connue ou a un argument de trop."


def _named(parameter: click.Parameter) -> str:
    names = (
        parameter.opts if isinstance(parameter, click.Option) else [parameter.human_readable_name.strip("[]")]
    )
    return " ou ".join(f"« {name} »" for name in names)


def _expected(parameter: click.Parameter) -> str:
    """Values that this argument or option expects; empty where any text will do."""
    match parameter.type:
        case click.Choice(choices=choices):
            return f"Valeurs possibles : {', '.join(map(str, choices))}."
        case click.IntRange(min=None, max=most) if most is not None:
            return f"Donnez un nombre entier, {most} au plus."
        case click.IntRange(min=least, max=None) if least is not None:
            return f"Donnez un nombre entier, {least} au moins."
        case click.IntRange(min=least, max=most) if least is not None:
            return f"Donnez un nombre entier de {least} à {most}."
        case click.types.IntParamType():
            return "Donnez un nombre entier."
        case click.DateTime():
            return "Donnez un jour comme 2027-12-02."
        case click.Path(exists=True, file_okay=False):
            return "Donnez un dossier qui existe."
        case click.Path(exists=True):
            return "Donnez un fichier qui existe, et que vous pouvez lire."
        case click.Path(file_okay=False):
            return "Donnez un dossier, non un fichier."
        case click.Path(dir_okay=False):
            return "Donnez un fichier, non un dossier."
    return ""
