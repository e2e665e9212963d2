"""R105: forecasting and optimisation fit local needs better than fashionable generative models."""

import ast
from pathlib import Path

from beffroi.systems import registry
from beffroi.systems.runner import execute, sample
from systems.catalogue import OURS

LANGUAGE_MODELS = {
    "anthropic", "cohere", "ecologits", "google", "huggingface_hub", "langchain", "litellm", "llama_cpp", "mistralai",
    "ollama", "openai", "pydantic_ai", "sentence_transformers", "tokenizers", "torch", "transformers", "vllm",
}  # fmt: skip


def test_r105_every_system_of_the_catalogue_runs_without_any_language_model() -> None:
    assert "canteen" in OURS
    for name in OURS:
        system = registry.get(name)
        assert not system.manifest.language_model, name
        imported = {module for path in system.folder.rglob("*.py") for module in _imports(path)}
        assert not imported & LANGUAGE_MODELS, name
        # In its own process it has no network to reach one either.
        done = execute(name, "run", sample(name))
        assert done.outcome is not None and done.isolation == "complète"


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
