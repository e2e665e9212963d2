"""Names that the code defines, and the private words that none of them may hold.

In: Python files. Out: each defined name with its dotted path: packages, modules, classes, functions, parameters, attributes,
targets of an assignment, import aliases. `tests/docs/private_words.toml` holds the words, what to say instead, and the
exceptions. Migrations are left out: they repeat the names of columns that others hold.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS_FILE = ROOT / "tests/docs/private_words.toml"
SOURCE = ROOT / "src"

type Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class DefinedName:
    """One name, `path` being its module, the definitions around it and itself, joined by dots."""

    path: str
    name: str
    kind: str  # package, module, class, function, parameter, attribute (of self, or « of another »), variable, alias
    file: Path
    line: int


@dataclass(frozen=True)
class PrivateWords:
    """The list: each word with what to say instead, each exception with its reason, modules of one name."""

    instead: Mapping[str, str]
    exceptions: Mapping[str, str]
    shared_modules: Mapping[str, str]

    def in_name(self, name: str) -> set[str]:
        return words_of(name) & self.instead.keys()

    def excuses(self, defined: DefinedName) -> str | None:
        """The exception that allows this name, if any: its own path, or the field that an assignment from outside sets."""
        if defined.path in self.exceptions:
            return defined.path
        if defined.kind == "attribute of another":
            return next((path for path in self.exceptions if path.endswith(f".{defined.name}")), None)
        return None


def private_words() -> PrivateWords:
    data = tomllib.loads(WORDS_FILE.read_text("utf-8"))
    return PrivateWords(data["instead"], data["exceptions"], data["shared_modules"])


def words_of(name: str) -> set[str]:
    """The words of a name, in lower case: split on `_`, on digits and at capitals."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if not {"migrations", "node_modules"} & {*path.parts})


def module_of(file: Path, base: Path) -> str:
    """The dotted name of a file's module: that of its folder for `__init__.py`."""
    parts = [*file.relative_to(base).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def defined_names(files: Iterable[Path], base: Path) -> Iterator[DefinedName]:
    """Each name once by its path, however often it is bound."""
    for file in files:
        module = module_of(file, base)
        stem = module.rpartition(".")[2]
        if stem:
            kind = "package" if file.name == "__init__.py" else "module"
            yield DefinedName(module, stem, kind, file, 1)
        seen: set[tuple[str, str]] = set()
        for name, scope, kind, line in _bindings(ast.parse(file.read_text("utf-8")), ()):
            path = ".".join((module, *scope, name))
            if (path, kind) not in seen:
                seen.add((path, kind))
                yield DefinedName(path, name, kind, file, line)


type Binding = tuple[str, tuple[str, ...], str, int]


def _bindings(node: ast.AST, scope: tuple[str, ...]) -> Iterator[Binding]:
    """The names bound below a node: name, definitions around it, kind, line."""
    for child in ast.iter_child_nodes(node):
        yield from _own_bindings(child, scope)
        inside = isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _bindings(child, (*scope, child.name) if inside else scope)


def _own_bindings(node: ast.AST, scope: tuple[str, ...]) -> Iterator[Binding]:
    match node:
        case ast.ClassDef(name=name):
            yield name, scope, "class", node.lineno
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, scope, "function", node.lineno
            yield from ((each.arg, (*scope, name), "parameter", each.lineno) for each in _parameters(node))
        case ast.Lambda():
            yield from ((each.arg, scope, "parameter", each.lineno) for each in _parameters(node))
        case ast.Name(id=name, ctx=ast.Store()):
            yield name, scope, "variable", node.lineno
        case ast.Attribute(attr=name, ctx=ast.Store(), value=ast.Name(id="self" | "cls")):
            yield name, scope[:-1], "attribute", node.lineno
        case ast.Attribute(attr=name, ctx=ast.Store()):
            yield name, scope, "attribute of another", node.lineno
        case ast.alias(asname=str(name)):
            yield name, scope, "alias", node.lineno
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, scope, "variable", node.lineno
        case ast.TypeVar(name=name) | ast.ParamSpec(name=name) | ast.TypeVarTuple(name=name):
            yield name, scope, "variable", node.lineno


def _parameters(function: Function) -> list[ast.arg]:
    found = function.args
    every = [*found.posonlyargs, *found.args, *found.kwonlyargs, found.vararg, found.kwarg]
    return [each for each in every if each is not None]


def with_private_words(
    words: PrivateWords, folder: Path, base: Path, *, excuse: bool = True
) -> list[DefinedName]:
    """The names below a folder that hold a private word and, with `excuse`, that no exception allows."""
    return [
        defined
        for defined in defined_names(python_files(folder), base)
        if words.in_name(defined.name) and not (excuse and words.excuses(defined))
    ]


def room_of(path: str) -> str:
    """The room of a dotted path: a floor, or under `web` the application, as `beffroi.web.catalogue`."""
    parts = path.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["beffroi", "web"] else 2])


# Files that Django or the house want in each room: their name says their kind, their folder what they are about.
STRUCTURAL = {
    "admin",
    "api",
    "apps",
    "errors",
    "forms",
    "models",
    "services",
    "tests",
    "urls",
    "views",
    "__main__",
}


# Folders that bear the nouns of the others: commands, examples, rows of the database, a template's tags.
NAMED_AFTER_OTHERS = re.compile(r"^beffroi\.(?:cli|demonstration)\.|\.(?:models|templatetags)(?:\.|$)")


def shared_modules(files: Iterable[Path], base: Path) -> dict[str, list[str]]:
    """Modules and packages of one name in two rooms or more: the name, and their dotted paths."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in files:
        module = module_of(file, base)
        if not NAMED_AFTER_OTHERS.search(module):
            found[module.rpartition(".")[2]].append(module)
    return {
        name: sorted(paths)
        for name, paths in sorted(found.items())
        if name not in STRUCTURAL and len({room_of(path) for path in paths}) > 1
    }
