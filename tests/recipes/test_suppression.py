"""What `LayeredSuppression` hides of a layer, given what earlier releases already show."""

from beffroi.recipes.intervals import KnownSum, feasible_interval
from beffroi.recipes.suppression import Cell, LayeredSuppression, RequiredInterval, System

TRUTH = [0, 0, 0, 5, 5, 9]
# Two figures gave the same total, two others gave each a total that group 1 is part of: nobody may withdraw these.
EARLIER = [KnownSum(members) for members in [(0, 1, 2, 3, 4), (0, 1, 2, 3, 4), (1, 3), (1, 4)]]


def cell(*parts: int, secret: bool = False) -> Cell:
    return Cell(sum(TRUTH[part] for part in parts), secret, (parts,), (RequiredInterval(5),))


def decided(cells: list[Cell], *, last: bool) -> LayeredSuppression:
    layers = LayeredSuppression([System(TRUTH, known=list(EARLIER))])
    layers.add(cells, last=last)
    return layers


def test_the_group_that_gives_a_hidden_one_back_is_hidden_and_the_others_of_its_layer_stay() -> None:
    # The whole layer was hidden: what had to be hidden was not found.
    layers = decided([cell(0, secret=True), cell(1), cell(5)], last=True)
    assert layers.hidden == [{0, 1}]
    shown = [KnownSum(layers.layers[0][index].parts[0]) for index in layers.visible_cells(0)]
    assert feasible_interval(TRUTH, EARLIER + shown, (0,)) == (0, 5)


def test_a_hidden_total_that_one_visible_total_gives_back_is_not_taken_for_known_before() -> None:
    # Taken for known before, it was protected no more: total 1 stayed visible, and whoever subtracted had both.
    layers = decided([cell(0, secret=True), cell(1), cell(5)], last=False)
    assert layers.hidden == [{0, 1}]
    assert layers.required_intervals(0, 0).keys() == {0, 1}


def test_what_earlier_releases_give_back_by_themselves_is_known_before() -> None:
    layers = LayeredSuppression([System(TRUTH, known=[*EARLIER, KnownSum((1,))])])
    layers.add([cell(0, secret=True), cell(5)], last=False)
    assert layers.required_intervals(0, 0) == {}
    assert layers.visible_cells(0) == {1}
