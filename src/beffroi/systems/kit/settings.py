"""Settings of a run, checked against the manifest: defaults, bounds, choices and words stand there alone.

In come the settings that the platform passes; out go typed values. Raises `BadInput` in French.
"""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from beffroi.systems.contract import TODAY, BadInput
from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.words import between, fr


class Settings:
    """The settings of one run of the system of `package`."""

    def __init__(self, package: str, values: Mapping[str, Any]) -> None:
        manifest = manifest_of(package)
        self._values = values
        self._defaults: dict[str, Any] = manifest.get("settings", {})
        self._help: dict[str, dict[str, Any]] = manifest.get("settings_help", {})

    def number(self, name: str) -> float:
        """A number between the manifest's `low` and `high`."""
        described, value = self._help.get(name, {}), self._value(name)
        low, high = described.get("low"), described.get("high")
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise BadInput(f"{self._named(name)} n’est pas un nombre{_choose(low, high)}.") from None
        if not (-math.inf if low is None else low) <= number <= (math.inf if high is None else high):
            raise BadInput(f"{self._named(name)} vaut {fr(number)}{_choose(low, high)}.")
        return number

    def whole(self, name: str) -> int:
        """The same, without decimals."""
        number = self.number(name)
        if number != int(number):
            raise BadInput(f"{self._named(name)} vaut {fr(number)} : donnez un nombre entier.")
        return int(number)

    def choice(self, name: str) -> str:
        """One of the manifest's `choices`."""
        choices: dict[str, str] = self._help.get(name, {}).get("choices", {})
        value = str(self._value(name))
        if value not in choices:
            known = ", ".join(choices.values())
            raise BadInput(f"{self._named(name)} vaut « {value} » : choisissez parmi {known}.")
        return value

    def text(self, name: str) -> str:
        return str(self._value(name) or "").strip()

    def day(self, name: str) -> date | None:
        """A day, or None where nothing was chosen."""
        return _day(self._value(name), self._named(name))

    @property
    def today(self) -> date | None:
        """The day of the calculation; None where the platform gives none, as on old data."""
        return _day(self._values.get(TODAY), "Le jour du calcul")

    def _value(self, name: str) -> Any:
        return self._values.get(name, self._defaults[name])

    def _named(self, name: str) -> str:
        described = self._help.get(name, {})
        unit = f", en {described['unit']}" if described.get("unit") else ""
        return f"« {described.get('label', name)} » ({name}{unit})"


def _choose(low: float | None, high: float | None) -> str:
    words = between(low, high)
    return f" : choisissez {words}" if words else ""


def _day(value: Any, named: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise BadInput(f"{named} s’écrit année-mois-jour, par exemple 2026-09-01.") from None
