"""The ground of the kit: texts of GeoJSON to metres and back, what cannot be read, distances."""

import numpy as np

from beffroi.systems.kit import ground


def test_points_come_back_from_metres_and_what_cannot_be_read_is_unknown() -> None:
    texts = [
        ground.point_text(np.array([2.35, 48.85])),
        '{"type":"Point","coordinates":[200,0]}',
        "nowhere",
        None,
    ]
    points = ground.read_points(texts)
    assert np.isfinite(points).all(axis=1).tolist() == [True, False, False, False]
    plane = ground.Plane.around(points)
    assert plane.latitude == 48.85
    assert np.allclose(plane.degrees(plane.metres(points[:1])), points[:1])
    assert (
        ground.line_text(points[[0, 0]])
        == '{"type": "LineString", "coordinates": [[2.35, 48.85], [2.35, 48.85]]}'
    )


def test_a_hundredth_of_a_degree_north_is_eleven_hundred_metres_and_streets_make_it_longer() -> None:
    here = np.array([[2.35, 48.85], [2.35, 48.86], [2.36, 48.85]])
    metres = ground.Plane(48.85).metres(here)
    straight = ground.distances(metres, metres)
    assert abs(straight[0, 1] - 1113.2) < 0.1 and abs(straight[0, 2] - 732.5) < 1
    assert np.allclose(ground.distances(metres, metres, 1.3), 1.3 * straight)


def test_lambert_93_is_read_where_the_institute_puts_it() -> None:
    """The origin of the projection: 3° east, 46.5° north."""
    assert np.allclose(ground.from_lambert93(700_000, 6_600_000), (3.0, 46.5), atol=1e-6)
