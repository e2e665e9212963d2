"""Energies and units as towns write them, with their prices and emission factors.

In come the words of the files; out go one name an energy, kWh, euros and kgCO2e. Emission factors are those of the
Base Empreinte (ADEME) as published by the model nosgestesclimat 4.10.2: gas 2022 in kWh PCS, electricity 2024 average
mix of consumption, heating oil 3.24 kgCO2e a litre at 9.97 kWh PCI, heat networks FEDENE 2024, wood by boiler.
"""

from dataclasses import dataclass

from beffroi.systems.buildings.options import Options
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import fr

ELECTRICITY, GAS, HEAT, OIL, WOOD, UNKNOWN = "électricité", "gaz", "chaleur", "fioul", "bois", "énergie"
_WORDS = {
    ELECTRICITY: ("elec", "kwhe", "enedis", "edf"),
    GAS: ("gaz", "gas", "grdf", "gnv"),
    HEAT: ("chaleur", "reseau", "urbain", "rcu", "vapeur", "sous station"),
    OIL: ("fioul", "fuel", "mazout", "oil"),
    WOOD: ("bois", "granule", "plaquette", "pellet", "biomasse"),
}
CARBON = {ELECTRICITY: 0.0519, GAS: 0.215, HEAT: 0.113, OIL: 0.325, WOOD: 0.0295}  # kgCO2e a kWh
_KWH = {"kwh": 1.0, "wh": 1e-3, "mwh": 1e3, "gwh": 1e6, "kw h": 1.0, "kwh pcs": 1.0, "kwh pci": 1.0}
_GAS_CUBIC_METRE = 11.2  # kWh PCS a m3, the usual order of GRDF's bills for natural gas


@dataclass(frozen=True)
class Tariff:
    """Of one energy: euros and kgCO2e a kWh; `carbon` is None where nobody knows it."""

    price: float
    carbon: float | None
    own: bool  # the town's own price


def normalize_energy(text: str | None) -> str:
    """Canonical name of an energy; an unknown one keeps its own text.

    >>> [normalize_energy(text) for text in ("Élec HTA", "GAZ NATUREL", "Réseau de chaleur", None)]
    ['électricité', 'gaz', 'chaleur', 'énergie']
    """
    words = cells.key(text)
    for energy, starts in _WORDS.items():
        if any(start in words for start in starts):
            return energy
    return cells.text(text).lower() or UNKNOWN


def kwh_per_unit(unit: str | None, energy: str) -> float | None:
    """kWh in one unit; None where it is unknown. An empty unit is the kWh that the column requires."""
    words = cells.key(unit)
    if not cells.text(unit):
        return 1.0
    if words in ("m3", "m 3", "metre cube", "metres cubes"):
        return _GAS_CUBIC_METRE if energy == GAS else None
    return _KWH.get(words)


def read_tariffs(energies: set[str], tables: Tables, options: Options, notes: list[str]) -> dict[str, Tariff]:
    """The price and emission factor of each energy: the town's own where the table `prices` gives them."""
    usual = {ELECTRICITY: options.price_electricity, GAS: options.price_gas}
    found = {
        energy: Tariff(usual.get(energy, options.price_other), CARBON.get(energy), own=False)
        for energy in energies
    }
    rejected = cells.Rejected.of(__package__, "prices")
    for row in cells.rows(tables, "prices"):
        name, price = cells.text(row.get("energy")), cells.number(row.get("eur_per_kwh"))
        carbon = cells.number(row.get("kgco2_per_kwh"))
        if not name:
            rejected.add("sans énergie")
        elif price is None or not 0 < price < 5:
            rejected.add("prix impossible, à donner en euros par kWh entre 0 et 5", name)
        elif carbon is not None and not 0 <= carbon < 2:
            rejected.add("émissions impossibles, à donner en kg de CO2 par kWh entre 0 et 2", name)
        else:
            energy = normalize_energy(name)
            found[energy] = Tariff(price, CARBON.get(energy) if carbon is None else carbon, own=True)
    notes += rejected.notes()
    guessed = sorted(energy for energy in energies if not found[energy].own)
    if guessed:
        prices = ", ".join(f"{energy} {fr(found[energy].price, 2)} €" for energy in guessed)
        notes.append(
            f"Prix du kWh non liés, ordre de grandeur employé : {prices}. Liez ceux de vos contrats."
        )
    without = sorted(energy for energy in energies if found[energy].carbon is None)
    if without:
        notes.append(f"Émissions de CO2 inconnues pour : {', '.join(without)}. Ces kWh n’y comptent pas.")
    return found
