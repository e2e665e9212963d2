"""Daily rainfall–runoff model of river basins, vectorised over stations, parameter sets, origins and members.

Production store, groundwater exchange and routing store are those of GR4J and GR5J (Perrin, Michel and Andréassian 2003; Le Moine
2008), beside the exponential store of GR6J (Pushpalatha and others 2011); one linear store replaces the unit hydrographs. Snow melts by
degree-days in two halves of the basin, a low and a high one, whose melt, temperature and distance are calibrated (after CemaNeige, Valéry
2010). In come mm and °C a day; out go flows in mm a day, up to a factor: logarithms are compared after their mean is removed, so that no
area of a basin is needed.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Array, Matrix, Rows
from beffroi.systems.kit.calibration import least_cost
from beffroi.systems.kit.series import mean_of_known

# Logarithms of the capacities (mm), delays (days) and melt (mm a °C and day); exchange and its threshold, what is added to the temperature of
# the basin and the distance of its halves from the mean (°C) as they are.
_LOW = np.array([np.log(50), -2.0, np.log(5), -0.5, np.log(1), np.log(0.3), np.log(1.5), -4.0, 0.0])
_HIGH = np.array([np.log(2000), 2.0, np.log(600), 1.0, np.log(150), np.log(8), np.log(8), 3.0, 6.0])
_WARM_UP = 365  # days run twice, so that the stores forget how they began
_COLD, _WARM = -1.0, 3.0  # all is snow under, all is rain above (°C)


@dataclass(frozen=True)
class Weather:
    """(days, stations) without a gap, in mm and °C. `temperature` None: no snow."""

    rain: Matrix
    evaporation: Matrix
    temperature: Matrix | None = None

    def of(self, days: slice) -> "Weather":
        temperature = None if self.temperature is None else self.temperature[days]
        return Weather(self.rain[days], self.evaporation[days], temperature)

    def on(self, days: Rows | int) -> tuple[Array, Array, Array | None]:
        """Rain, evaporation and temperature of these days (stations, …)."""
        temperature = None if self.temperature is None else self.temperature.T[:, days]
        return self.rain.T[:, days], self.evaporation.T[:, days], temperature


@dataclass(frozen=True)
class Basins:
    """Calibrated stations: `parameters` (9, stations). At the end of each day, `stores` (days, 6, stations); `water` that reaches the soil
    and `flow` (days, stations)."""

    weather: Weather
    parameters: Matrix
    stores: Array
    water: Matrix
    flow: Matrix


def calibrate(weather: Weather, flow: Matrix, learned: int, seed: int) -> Basins:
    """The parameters whose weekly flows follow those of the first `learned` days best, and the whole period run with them.

    `flow` (days, stations) in any unit, NaN where it is not known.
    """
    known, truth = weather.of(slice(learned)), np.log(_weekly(flow[:learned]))
    best = least_cost(lambda tried: _costs(_run(tried, known)[2], truth), _LOW, _HIGH, flow.shape[1], seed)
    stores, water, flows = _run(best[:, None], weather, keep=True)
    return Basins(weather, best, stores[:, :, 0], water[:, 0], flows[:, 0])


def simulate_members(basins: Basins, origins: Rows, members: Rows, days: int) -> Array:
    """Flows (days, stations, origins, members) of the days after each origin, under the weather that followed the days `members` (origins,
    members)."""
    last = len(basins.weather.rain) - 1
    parameters = [one[:, None, None] for one in _natural(basins.parameters)]
    state = [store[..., None] for store in np.moveaxis(basins.stores[origins], (1, 2), (0, 1))]
    made = []
    for lead in range(1, days + 1):
        state, _, flow = _step(parameters, state, *basins.weather.on(np.minimum(members + lead, last)))
        made.append(flow)
    return np.stack(made)


def _natural(parameters: Array) -> list[Array]:
    capacity, exchange, routing, threshold, exponential, delay, melt, offset, distance = parameters
    stores = [np.exp(capacity), exchange, np.exp(routing), threshold, np.exp(exponential)]
    return [*stores, 1 - np.exp(-np.exp(-delay)), np.exp(melt), offset, distance]


def _step(
    parameters: list[Array], state: list[Array], rain: Array, evaporation: Array, temperature: Array | None
) -> tuple[list[Array], Array, Array]:
    """One day: the stores at its end, the water that reaches the soil, the flow."""
    capacity, exchange, reach, threshold, exponential, released, melt, offset, distance = parameters
    soil, routing, deep, delayed, low, high = state
    water = rain
    if temperature is not None:
        mean = temperature + offset
        low, below = _melt(melt, low, rain, mean + distance)
        high, above = _melt(melt, high, rain, mean - distance)
        water = (below + above) / 2
    net = water - evaporation
    fill, wet = soil / capacity, np.tanh(np.abs(net) / capacity)
    entering = capacity * (1 - fill * fill) * wet / (1 + fill * wet)
    leaving = soil * (2 - fill) * wet / (1 + (1 - fill) * wet)
    change = np.where(net > 0, entering, -leaving)
    soil = soil + change
    percolation = _outflow(soil, 2.25 * capacity)
    soil = soil - percolation
    delayed = delayed + percolation + np.maximum(net, 0) - np.maximum(change, 0)
    arriving = delayed * released
    delayed = delayed - arriving
    exchanged = exchange * (routing / reach - threshold)
    routing = np.maximum(routing + 0.54 * arriving + exchanged, 0)
    routed = _outflow(routing, reach)
    routing = routing - routed
    deep = deep + 0.36 * arriving + exchanged
    drained = exponential * np.log1p(np.exp(np.clip(deep / exponential, -30, 30)))
    deep = deep - drained
    flow = routed + drained + np.maximum(0.1 * arriving + exchanged, 0)
    return [soil, routing, deep, delayed, low, high], water, flow


def _outflow(store: Array, capacity: Array) -> Array:
    """What leaves a store in a day: a power law of its level."""
    ratio = store / capacity
    ratio = ratio * ratio
    return store * (1 - 1 / np.sqrt(np.sqrt(1 + ratio * ratio)))


def _run(parameters: Array, weather: Weather, keep: bool = False) -> tuple[Array, Array, Array]:
    """The stores and the water of each day, where they are kept, and the flows (days, sets, stations)."""
    natural, flows, waters, stores = _natural(parameters), [], [], []
    empty = np.zeros_like(natural[0])
    state = [0.5 * natural[0], 0.5 * natural[2], *(empty for _ in range(4))]
    for day in range(min(_WARM_UP, len(weather.rain))):
        state, _, _ = _step(natural, state, *weather.on(day))
    for day in range(len(weather.rain)):
        state, water, flow = _step(natural, state, *weather.on(day))
        flows.append(flow)
        if keep:
            waters.append(np.broadcast_to(water, flow.shape))
            stores.append(np.stack(state))
    return np.array(stores), np.array(waters), np.array(flows)


def _melt(melt: Array, snow: Array, rain: Array, temperature: Array) -> tuple[Array, Array]:
    """The snow left after a day, and the water that reaches the soil."""
    frozen = rain * np.clip((_WARM - temperature) / (_WARM - _COLD), 0, 1)
    snow = snow + frozen
    melted = np.minimum(snow, melt * np.maximum(temperature, 0))
    return snow - melted, rain - frozen + melted


def _weekly(flow: Array) -> Array:
    """Means of weeks; NaN where one of the days is not known."""
    weeks = len(flow) // 7
    return np.asarray(flow[: 7 * weeks].reshape(weeks, 7, *flow.shape[1:]).mean(axis=1))


def _costs(flow: Array, truth: Matrix) -> Matrix:
    """The variance of the errors of the logarithm (sets, stations)."""
    errors = np.log(_weekly(flow) + 1e-6) - truth[:, None]
    return mean_of_known((errors - mean_of_known(errors, axis=0)) ** 2, axis=0)
