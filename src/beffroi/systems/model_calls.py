"""Footprint of a call to a hosted generative model, estimated by EcoLogits from the returned tokens.

In come the provider, the model, the tokens written and the seconds waited; out goes a `Footprint` whose figures are
estimates with bounds, or « inconnu » for a model that the package does not know. Nothing is sent: its tables are local.
"""

import logging
from importlib.metadata import version
from typing import Any

from beffroi.systems.footprint import Figure, Footprint, unknown_figure


def estimate_model_call(
    provider: str, model: str, output_tokens: int, latency_s: float, country: str | None = None
) -> Footprint:
    """Footprint of one answer in the provider's data centre. `country`: its place, the provider's usual one if None."""
    clock = Figure(latency_s, "s", "mesuré", "attente de la réponse")
    found = _impacts(provider, model, output_tokens, latency_s, country)
    reason = f"EcoLogits ne connaît pas le modèle « {model} » de « {provider} »"
    if found is None:
        return _build_footprint(clock, reason, None)
    return _build_footprint(clock, "calcul fait chez le fournisseur", found)


def _build_footprint(clock: Figure, reason: str, found: Any) -> Footprint:
    source = (
        f"EcoLogits {version('ecologits')}, d’après le nombre de jetons rendus ; "
        "les paramètres des modèles fermés sont supposés"
    )

    def estimated(line: str, unit: str, impact: Any, scale: float) -> Figure:
        if impact is None:
            return unknown_figure(line, reason)
        low, middle, high = _bounds(impact.value, scale)
        return Figure(middle, unit, "estimé", source, low, high)

    used, made = (found.usage, found.embodied) if found is not None else (None, None)
    return Footprint(
        duration=clock,
        cpu=unknown_figure("cpu", reason),
        memory=unknown_figure("memory", reason),
        energy=estimated("energy", "Wh", found and found.energy, 1e3),
        co2=estimated("co2", "g", used and used.gwp, 1e3),
        co2_made=estimated("co2_made", "g", made and made.gwp, 1e3),
        water=estimated("water", "L", found and found.wcf, 1),
        materials=estimated("materials", "µg Sb éq.", found and found.adpe, 1e9),
        storage=unknown_figure("storage", "ce que le fournisseur conserve n’est pas connu"),
        storage_energy=unknown_figure("storage_energy", "ce que le fournisseur conserve n’est pas connu"),
        transfer=unknown_figure("transfer", "octets échangés non comptés"),
    )


def _impacts(provider: str, model: str, tokens: int, latency_s: float, country: str | None) -> Any:
    # Imported here: most systems call no model.
    from ecologits.tracers.utils import llm_impacts

    logging.getLogger("ecologits").setLevel(logging.ERROR)  # an unknown model is our answer, not a warning
    try:
        found = llm_impacts(provider, model, tokens, latency_s, electricity_mix_zone=country)
    except KeyError:  # a provider that it does not know
        return None
    return None if found.has_errors else found


def _bounds(value: Any, scale: float) -> tuple[float, float, float]:
    low, high = (getattr(value, end, value) for end in ("min", "max"))
    return float(low) * scale, (float(low) + float(high)) / 2 * scale, float(high) * scale
