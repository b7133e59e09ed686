"""Simulated movies: what they promise about images, labels, tracks and lineage."""

import numpy as np
import pytest

import labkit as lk
from labkit.labels import TRACK_DTYPE, object_table
from labkit.synth import Movie, simulate_movie

CLEAN = {"noise": 0, "illumination": 0, "bleaching": 0}


@pytest.fixture(scope="module")
def movie():
    return simulate_movie(20, (256, 240), 25, division_rate=0.02, seed=3)


def steps_of(tracks):
    """Return the (n, 2) steps within tracks."""
    same = np.diff(tracks["track_id"]) == 0
    return np.stack([np.diff(tracks["y"]), np.diff(tracks["x"])], axis=1)[same]


def test_arrays_have_the_promised_form(movie):
    images, labels, tracks = movie
    assert isinstance(movie, Movie)
    assert images.shape == labels.shape == (20, 256, 240)
    assert (images.dtype, labels.dtype) == (np.uint16, np.int32)
    assert tracks.dtype == TRACK_DTYPE
    order = np.lexsort([tracks["frame"], tracks["track_id"]])
    assert (order == np.arange(len(tracks))).all()


def test_tracks_describe_exactly_the_objects_of_the_labels(movie):
    for t, image in enumerate(movie.labels):
        table = object_table(image)
        rows = movie.tracks[movie.tracks["frame"] == t]
        rows = rows[np.argsort(rows["label"])]
        assert (rows["label"] == rows["track_id"]).all()
        assert (rows["label"] == table["label"]).all()
        assert (rows["area"] == table["area"]).all()
        np.testing.assert_allclose(rows["y"], table["y"])
        np.testing.assert_allclose(rows["x"], table["x"])


def test_tracks_are_numbered_from_one_and_have_no_gaps(movie):
    ids, n_rows = np.unique(movie.tracks["track_id"], return_counts=True)
    assert (ids == np.arange(1, len(ids) + 1)).all()
    for track, n in zip(ids, n_rows, strict=True):
        frames = movie.tracks["frame"][movie.tracks["track_id"] == track]
        assert frames[-1] - frames[0] + 1 == n


def test_first_frame_has_as_many_nuclei_as_asked_for():
    for n in (0, 1, 12):
        movie = simulate_movie(1, (128, 128), n)
        assert len(movie.tracks) == n
        assert len(np.unique(movie.labels)) == n + 1


def test_daughters_follow_the_mother_and_share_her_area():
    movie = simulate_movie(15, (512, 512), 60, division_rate=0.02, seed=1)
    tracks = movie.tracks
    born = {}
    for track in np.unique(tracks["track_id"][tracks["parent_id"] > 0]):
        rows = tracks[tracks["track_id"] == track]
        assert len(set(rows["parent_id"])) == 1
        born.setdefault(int(rows["parent_id"][0]), []).append(rows)
    assert len(born) >= 5
    ratios, growth = [], []
    for mother, daughters in born.items():
        before = tracks[tracks["track_id"] == mother]
        assert {rows["frame"][0] for rows in daughters} == {before["frame"][-1] + 1}
        if len(daughters) == 2 and len(before) > 3:
            ratios += [rows["area"][0] / before["area"][0] for rows in daughters]
            growth += [r["area"][-1] / r["area"][0] for r in daughters if len(r) > 8]
    assert 0.4 < np.median(ratios) < 0.6
    assert np.median(growth) > 1.7


def test_mother_condenses_and_brightens_before_she_divides():
    movie = simulate_movie(15, (512, 512), 60, division_rate=0.02, seed=1, **CLEAN)
    tracks, smaller, brighter = movie.tracks, [], []
    for mother in np.unique(tracks["parent_id"][tracks["parent_id"] > 0]):
        rows = tracks[tracks["track_id"] == mother]
        if len(rows) > 3:
            seen = [movie.images[r["frame"]][movie.labels[r["frame"]] == mother]
                    for r in rows[[-4, -1]]]  # fmt: skip
            brighter.append(seen[1].mean() / seen[0].mean())
            smaller.append(rows["area"][-1] / rows["area"][-4])
    assert len(brighter) >= 3
    assert np.median(brighter) > 1.3
    assert np.median(smaller) < 0.75


def test_same_arguments_give_the_same_movie_and_other_seeds_another():
    one, same, other = (simulate_movie(3, (96, 96), 6, seed=s) for s in (5, 5, 6))
    for a, b in zip(one, same, strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(one.labels, other.labels)


def test_the_camera_does_not_change_the_truth():
    one = simulate_movie(6, (96, 96), 6, seed=5)
    dark = simulate_movie(6, (96, 96), 6, seed=5, noise=3, blur=2, illumination=0.6)
    assert np.array_equal(one.labels, dark.labels)
    assert np.array_equal(one.tracks, dark.tracks)
    assert not np.array_equal(one.images, dark.images)


def test_speed_is_the_mean_step_of_lonely_nuclei():
    movie = simulate_movie(60, (600, 600), 12, speed=3.0, division_rate=0, seed=2)
    inner = movie.tracks[(abs(movie.tracks["y"] - 300) < 250)]
    inner = inner[abs(inner["x"] - 300) < 250]
    length = np.hypot(*steps_of(inner).T)
    assert np.mean(length[length < 12]) == pytest.approx(3.0, rel=0.2)


def test_persistence_makes_paths_straight():
    def straightness(persistence):
        movie = simulate_movie(
            40, (400, 400), 10, persistence=persistence, division_rate=0, seed=4
        )
        ratios = []
        for track in np.unique(movie.tracks["track_id"]):
            rows = movie.tracks[movie.tracks["track_id"] == track]
            if len(rows) > 20:
                path = np.hypot(np.diff(rows["y"]), np.diff(rows["x"])).sum()
                far = np.hypot(
                    rows["y"][-1] - rows["y"][0], rows["x"][-1] - rows["x"][0]
                )
                ratios.append(far / path)
        return np.mean(ratios)

    assert straightness(0.95) > straightness(0.0) + 0.2


def test_drift_moves_all_and_new_nuclei_come_in():
    movie = simulate_movie(20, (256, 256), 25, drift=(0, 9), division_rate=0, seed=1)
    assert np.median(steps_of(movie.tracks), axis=0) == pytest.approx([0, 9], abs=1)
    n = np.bincount(movie.tracks["frame"])
    assert n.min() > 12
    assert n.max() < 45
    # who left is gone for good: none jumps back to the other side
    assert np.abs(steps_of(movie.tracks)).max() < 40


def test_nuclei_hardly_overlap():
    movie = simulate_movie(8, (256, 256), 60, division_rate=0, seed=0, **CLEAN)
    inner = movie.tracks[(abs(movie.tracks["y"] - 128) < 100)]
    inner = inner[abs(inner["x"] - 128) < 100]
    shrunk = []
    for track in np.unique(inner["track_id"]):
        area = inner["area"][inner["track_id"] == track]
        shrunk.append(area.min() / area.max())
    assert np.median(shrunk) > 0.9


def test_death_ends_tracks_inside_the_field():
    arguments = {"n_frames": 20, "shape": (200, 200), "division_rate": 0, "speed": 0.2}
    kept = simulate_movie(n_nuclei=15, **arguments)
    fewer = simulate_movie(n_nuclei=15, death_rate=0.05, **arguments)
    n_kept, n_fewer = (np.bincount(m.tracks["frame"])[-1] for m in (kept, fewer))
    assert n_kept >= 14
    assert n_fewer < 12
    last = fewer.tracks[np.append(np.diff(fewer.tracks["track_id"]) > 0, True)]
    ended = last[last["frame"] < 19]
    assert (np.abs(ended["y"] - 100) < 90).sum() >= 4
    assert np.median(ended["area"]) < 0.5 * np.median(fewer.tracks["area"])


def test_bleaching_dims_the_nuclei():
    still = {"speed": 0, "division_rate": 0, "noise": 0, "illumination": 0}
    movie = simulate_movie(11, (128, 128), 6, bleaching=0.1, **still)
    background = np.median(movie.images[movie.labels == 0])
    first, last = (
        movie.images[t][movie.labels[t] > 0].mean() - background for t in (0, 10)
    )
    assert last / first == pytest.approx(0.9**10, abs=0.06)


def test_illumination_noise_and_blur_do_what_they_say():
    empty = simulate_movie(1, (64, 64), 0, noise=0, illumination=0.5).images[0]
    offset = simulate_movie(1, (64, 64), 0, noise=0, illumination=1.0).images[0].min()
    ratio = (empty.min() - float(offset)) / (empty.max() - float(offset))
    assert ratio == pytest.approx(0.5, abs=0.02)
    flat = simulate_movie(1, (64, 64), 0, **CLEAN).images[0]
    assert flat.std() == 0
    some, more = (
        simulate_movie(1, (64, 64), 0, noise=n, illumination=0).images[0].std()
        for n in (1, 2)
    )
    assert more == pytest.approx(2 * some, rel=0.1)
    sharp, soft = (
        simulate_movie(1, (96, 96), 8, blur=b, **CLEAN).images[0] for b in (0, 3)
    )
    assert (
        np.abs(np.diff(soft.astype(int))).max()
        < np.abs(np.diff(sharp.astype(int))).max()
    )


def test_nuclei_are_brighter_than_the_background(movie):
    for image, labels in zip(movie.images, movie.labels, strict=True):
        background = image[labels == 0]
        assert np.median(image[labels > 0]) > background.mean() + 3 * background.std()
        assert image.max() < 65535


def test_fields_may_be_tiny_or_oblong():
    assert simulate_movie(2, (5, 300), 3, diameter=8).images.shape == (2, 5, 300)
    assert simulate_movie(2, (8, 8), 1, diameter=20, seed=1).labels.max() >= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_frames": 0}, "n_frames"),
        ({"shape": (10, 10, 3)}, "shape"),
        ({"n_nuclei": -1}, "n_nuclei"),
        ({"n_nuclei": 5000}, "larger field"),
        ({"diameter": 2}, "diameter"),
        ({"noise": -1}, "noise"),
        ({"speed": float("nan")}, "speed"),
        ({"division_rate": 1.5}, "division_rate"),
        ({"bleaching": 2}, "bleaching"),
        ({"persistence": 1.0}, "persistence"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate_movie(**arguments)


# Simulated annotators


def test_lazy_contours_are_as_careless_as_they_say():
    rows, cols = np.ogrid[:80, :80]
    disc = ((rows - 40) ** 2 + (cols - 40) ** 2 <= 20**2).astype(np.int32)
    outline = lk.labels.to_polygons(disc)[1]
    rng = np.random.default_rng(0)
    drawn = [lk.synth.lazy_contour(outline, rng) for _ in range(200)]
    radius = [np.sqrt(_area(line) / np.pi) / 20 for line in drawn]
    assert 0.88 < min(radius) < 0.93
    assert 1.17 < max(radius) < 1.23
    centres = np.array([(line.min(axis=0) + line.max(axis=0)) / 2 for line in drawn])
    assert np.allclose(centres.mean(axis=0), 40, atol=0.6)
    assert np.allclose(centres.std(axis=0), 0.06 * 40, atol=0.4)
    exact = lk.synth.lazy_contour(outline, rng, scale=(1, 1), shift=0)
    assert (lk.labels.from_polygons([exact], disc.shape) == disc).mean() > 0.99


def test_a_traced_line_stays_near_the_outline():
    square = np.array([(10, 10), (10, 50), (50, 50), (50, 10)], float)
    rng = np.random.default_rng(0)
    exact = lk.synth.traced(square, rng, wobble=1e-9)
    assert _area(exact) == pytest.approx(1600, rel=0.02)
    ious = []
    true = lk.labels.from_polygons([square], (60, 60)) > 0
    for _ in range(20):
        line = lk.synth.traced(square, rng, wobble=0.03)
        mask = lk.labels.from_polygons([line], (60, 60)) > 0
        ious.append((mask & true).sum() / (mask | true).sum())
    assert 0.8 < np.mean(ious) < 0.97
    assert lk.synth.path_length(square) == 160


def test_what_has_no_area_is_not_drawn():
    with pytest.raises(ValueError, match="no area"):
        lk.synth.lazy_contour([(0, 0), (0, 1), (0, 2)], np.random.default_rng(0))


def _area(line):
    return lk.objects.Object(1, line).area
