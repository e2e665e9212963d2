"""The guide to adding a system shows a manifest that the contract accepts, and verbs as they are."""

import inspect
import re
import tomllib

from beffroi.systems.contract import Manifest, System


def test_the_manifest_of_the_guide_is_accepted_by_the_contract(pages: dict[str, str]) -> None:
    (example, entry_point) = re.findall(r"```toml\n(.*?)```", pages["docs/add-a-system.md"], flags=re.DOTALL)
    manifest = Manifest.model_validate(tomllib.loads(example))
    assert manifest.id == "lighting"
    assert tomllib.loads(entry_point)["project"]["entry-points"]["beffroi.systems"].keys() == {manifest.id}


def test_the_verbs_of_the_guide_are_those_of_the_contract(pages: dict[str, str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", pages["docs/add-a-system.md"], flags=re.DOTALL)
    written = re.findall(r"def (\w+)\((.*?)\)", block)
    expected = [
        (verb, list(inspect.signature(getattr(System, verb)).parameters)[1:]) for verb in ("run", "backtest")
    ]
    assert [(verb, re.findall(r"(\w+):", arguments)) for verb, arguments in written] == expected
