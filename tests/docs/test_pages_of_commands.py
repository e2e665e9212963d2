"""The pages name every command and option that exists, and no other: in the reference and in each example."""

import re
from types import ModuleType

import click
import pytest

EXAMPLE = re.compile(r"^\s*(?:\S*=\S+ |sudo )*(?:\S*/)?beffroi (?!est |a )(.+)$")


def test_the_reference_lists_every_command_with_its_options(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    written = generate.block_of(pages["docs/commands.md"])
    assert written == generate.commands(), "run: .venv/bin/python docs/generate.py"


def test_the_reference_leaves_out_the_processes_that_nobody_types(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    shown = {words for words, _ in generate.shown_commands()}
    assert shown >= {"beffroi demo", "beffroi serve", "beffroi backup", "beffroi ledger verify"}
    assert "beffroi worker" not in pages["docs/commands.md"]


def test_each_example_in_the_pages_is_a_command_that_exists(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    known = {words.removeprefix("beffroi "): command for words, command in generate.shown_commands()}
    faults = [
        f"{name}: {line}: {fault}"
        for name, text in pages.items()
        for line in _examples(text)
        if (fault := _fault(line, known))
    ]
    assert faults == []


def test_a_wrong_example_would_be_noticed(generate: ModuleType) -> None:
    known = {words.removeprefix("beffroi "): command for words, command in generate.shown_commands()}
    assert _fault("serve --port 8000", known) == ""
    assert "--porte" in _fault("serve --porte 8000", known)
    assert "unknown command" in _fault("start --port 8000", known)


@pytest.mark.parametrize(
    "text", ["```sh\n.venv/bin/beffroi serve --port 8000\n```", "« beffroi serve --port 8000 »"]
)
def test_examples_are_found_in_blocks_and_in_sentences(text: str) -> None:
    assert [line.split()[0] for line in _examples(text)] == ["serve"]


def _examples(text: str) -> list[str]:
    """What follows `beffroi` in the blocks of commands, and in code or quotes inside a sentence."""
    found = []
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", text, flags=re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if example := EXAMPLE.match(line.split(" #")[0].removeprefix("$ ")):
                found.append(example[1])
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    found += re.findall(r"[`«]\s?(?:\.venv/bin/)?beffroi ([a-z][^`»…]*)\s?[`»…]", prose)
    return found


def _fault(line: str, known: dict[str, click.Command]) -> str:
    words = [word for word in re.split(r"[|>&;]", line)[0].split() if word]
    name = next((n for n in (" ".join(words[:2]), words[0]) if n in known), None)
    if name is None:
        return "" if words[0] in {n.split()[0] for n in known} and len(words) == 1 else "unknown command"
    options = {text for parameter in known[name].params for text in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.split("=")[0] not in options]
    return f"unknown option {', '.join(unknown)}" if unknown else ""
