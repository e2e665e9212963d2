"""Daily rainfall–runoff model of river basins, vectorised over stations, parameter sets, origins and members.

Production store, groundwater exchange and routing store are those of GR4J and GR5J (Perrin, Michel and Andréassian 2003; Le Moine
2008), beside the exponential store of GR6J (Pushpalatha and others 2011); one linear store replaces the unit hydrographs, and snow melts by
degree-days. In come mm and °C a day; out go flows in mm a day, up to a factor: logarithms are compared after their mean is removed, so
that no area of a basin is needed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector
from beffroi.systems.kit.series import mean_of_known

type Array = npt.NDArray[np.float64]  # (stations, …): candidates, or origins and members

# Logarithms of the capacities (mm) and delays (days); exchange and its threshold as they are.
_LOW = np.array([np.log(50), -2.0, np.log(5), -0.5, np.log(1), np.log(0.3)])
_HIGH = np.array([np.log(2000), 2.0, np.log(600), 1.0, np.log(150), np.log(8)])
_WARM_UP = 365  # days run twice, so that the stores forget how they began
_FIRST, _NEXT = 128, 48  # parameter sets tried at first, then in each round around the best
_ROUNDS, _BEST = 3, 12
_MELT, _COLD, _WARM = 3.5, -1.0, 3.0  # mm a °C and day; all is snow under, all is rain above (°C)


@dataclass(frozen=True)
class Weather:
    """(days, stations) without a gap, in mm and °C. `temperature` None: no snow."""

    rain: Matrix
    evaporation: Matrix
    temperature: Matrix | None = None

    def since(self, day: int) -> "Weather":
        cold = None if self.temperature is None else self.temperature[day:]
        return Weather(self.rain[day:], self.evaporation[day:], cold)


@dataclass(frozen=True)
class Basins:
    """Calibrated stations: `parameters` (6, stations). At the end of each day, `snow` and `stores` (days, 4, stations); `water` that reaches
    the soil and `flow` (days, stations)."""

    weather: Weather
    parameters: Matrix
    snow: Matrix
    water: Matrix
    stores: Array
    flow: Matrix


def calibrate(weather: Weather, flow: Matrix, learned: Mask, seed: int) -> Basins:
    """The parameters whose weekly flows follow those of the `learned` days best, and the whole period run with them.

    `flow` (days, stations) in any unit, NaN where it is not known.
    """
    snow, water = _liquid(weather)
    rng, net = np.random.default_rng(seed), water - weather.evaporation
    truth = np.log(_weekly(np.where(learned[:, None], flow, np.nan)))
    count, stations = len(_LOW), net.shape[1]
    low, width = _LOW[:, None, None], (_HIGH - _LOW)[:, None, None]
    ranks = np.argsort(rng.random((count, _FIRST)), axis=1) + rng.random((count, _FIRST))
    tried = np.repeat(low + width * ranks[..., None] / _FIRST, stations, axis=2)
    best, costs = tried[:, :0], np.empty((0, stations))
    for _ in range(_ROUNDS):
        best = np.concatenate([best, tried], axis=1)
        costs = np.concatenate([costs, _costs(_run(tried, net)[1], truth)])
        order = np.argsort(costs, axis=0, kind="stable")[:_BEST]
        best, costs = np.take_along_axis(best, order[None], axis=1), np.take_along_axis(costs, order, axis=0)
        drawn = rng.integers(0, len(costs), (3, 1, _NEXT, stations))
        first, second, third = (np.take_along_axis(best, some, axis=1) for some in drawn)
        noise = 0.05 * width * rng.standard_normal(first.shape)
        tried = np.clip(first + 0.7 * (second - third) + noise, low, low + width)
    stores, flows = _run(best[:, :1], net, keep=True)
    return Basins(weather, best[:, 0], snow, water, stores[:, :, 0], flows[:, 0])


def simulate_members(basins: Basins, origins: Rows, members: Rows, days: int) -> Array:
    """Flows (days, stations, origins, members) of the days after each origin, under the weather that followed the days `members` (origins,
    members)."""
    weather, (last, _) = basins.weather, basins.weather.rain.shape
    parameters = [one[:, None, None] for one in _natural(basins.parameters)]
    state = [store[..., None] for store in np.moveaxis(basins.stores[origins], (1, 2), (0, 1))]
    snow, made = basins.snow[origins].T[..., None], []
    for lead in range(1, days + 1):
        at = np.minimum(members + lead, last - 1)
        rain, evaporation = np.moveaxis(weather.rain[at], 2, 0), np.moveaxis(weather.evaporation[at], 2, 0)
        if weather.temperature is not None:
            snow, rain = _melt(snow, rain, np.moveaxis(weather.temperature[at], 2, 0))
        state, flow = _step(parameters, state, rain - evaporation)
        made.append(flow)
    return np.stack(made)


def _natural(parameters: Array) -> list[Array]:
    capacity, exchange, routing, threshold, exponential, delay = parameters
    released = 1 - np.exp(-np.exp(-delay))
    return [np.exp(capacity), exchange, np.exp(routing), threshold, np.exp(exponential), released]


def _step(parameters: list[Array], state: list[Array], net: Array) -> tuple[list[Array], Array]:
    """One day: `net` is water that reaches the soil less evaporation."""
    capacity, exchange, reach, threshold, exponential, released = parameters
    soil, routing, deep, delayed = state
    fill, wet = soil / capacity, np.tanh(np.abs(net) / capacity)
    entering = capacity * (1 - fill * fill) * wet / (1 + fill * wet)
    leaving = soil * (2 - fill) * wet / (1 + (1 - fill) * wet)
    change = np.where(net > 0, entering, -leaving)
    soil = soil + change
    percolation = _outflow(soil, 2.25 * capacity)
    soil = soil - percolation
    delayed = delayed + percolation + np.maximum(net, 0) - np.maximum(change, 0)
    water = delayed * released
    delayed = delayed - water
    exchanged = exchange * (routing / reach - threshold)
    routing = np.maximum(routing + 0.54 * water + exchanged, 0)
    routed = _outflow(routing, reach)
    routing = routing - routed
    deep = deep + 0.36 * water + exchanged
    drained = exponential * np.log1p(np.exp(np.clip(deep / exponential, -30, 30)))
    deep = deep - drained
    return [soil, routing, deep, delayed], routed + drained + np.maximum(0.1 * water + exchanged, 0)


def _outflow(store: Array, capacity: Array) -> Array:
    """What leaves a store in a day: a power law of its level."""
    ratio = store / capacity
    ratio = ratio * ratio
    return store * (1 - 1 / np.sqrt(np.sqrt(1 + ratio * ratio)))


def _run(parameters: Array, net: Matrix, keep: bool = False) -> tuple[Array, Array]:
    """The stores of each day, where they are kept, and the flows (days, sets, stations)."""
    natural, flows, stores = _natural(parameters), [], []
    state = [0.5 * natural[0], 0.5 * natural[2], np.zeros_like(natural[0]), np.zeros_like(natural[0])]
    for water in net[:_WARM_UP]:
        state, _ = _step(natural, state, water)
    for water in net:
        state, flow = _step(natural, state, water)
        flows.append(flow)
        if keep:
            stores.append(np.stack(state))
    return np.array(stores), np.array(flows)


def _melt(snow: Array, rain: Array, temperature: Array) -> tuple[Array, Array]:
    """The snow left after a day, and the water that reaches the soil."""
    frozen = rain * np.clip((_WARM - temperature) / (_WARM - _COLD), 0, 1)
    snow = snow + frozen
    melted = np.minimum(snow, _MELT * np.maximum(temperature, 0))
    return snow - melted, rain - frozen + melted


def _liquid(weather: Weather) -> tuple[Matrix, Matrix]:
    snow, water = np.zeros_like(weather.rain), weather.rain.copy()
    if weather.temperature is not None:
        level: Vector = np.zeros(water.shape[1])
        for day in range(len(water)):
            level, water[day] = _melt(level, weather.rain[day], weather.temperature[day])
            snow[day] = level
    return snow, water


def _weekly(flow: Array) -> Array:
    """Means of weeks; NaN where one of the days is not known."""
    weeks = len(flow) // 7
    return np.asarray(flow[: 7 * weeks].reshape(weeks, 7, *flow.shape[1:]).mean(axis=1))


def _costs(flow: Array, truth: Matrix) -> Matrix:
    """The variance of the errors of the logarithm (sets, stations)."""
    errors = np.log(_weekly(flow) + 1e-6) - truth[:, None]
    return mean_of_known((errors - mean_of_known(errors, axis=0)) ** 2, axis=0)
