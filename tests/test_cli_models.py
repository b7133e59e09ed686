"""The models that come along, from files: segment, fine-tune, grey and colour."""

import shutil

import numpy as np
import pytest
import tifffile
import yaml
from commands import error_of, labkit_command

from labkit import synth
from labkit.files.images import write_image
from labkit.files.labels import read_label_movie, read_labels, write_labels
from labkit.files.tables import read_csv
from labkit.metrics import match
from labkit.models import StarDist, StarDistParams, TrainParams, UNetProb, store
from labkit.models.unet import UNetProbParams
from labkit.pipeline import segmenting
from labkit.pipeline.segmenting import SegmentParams
from labkit.segment import fitting_diameter, segment
from labkit.segment.scale import sizes_looked_at

PINK, VIOLET = np.array([236, 205, 222]), np.array([96, 62, 140])


@pytest.fixture(scope="module")
def movie():
    return synth.simulate_movie(3, (128, 160), 10, diameter=24, noise=2, seed=3)


@pytest.fixture(scope="module")
def stained(movie):
    """The first frame as a stained section: violet nuclei on pink."""
    image = movie.images[0].astype(float)
    dye = np.clip((image - image.min()) / np.ptp(np.percentile(image, (1, 99))), 0, 1)
    return (PINK + (VIOLET - PINK) * dye[..., None]).astype(np.uint8)


@pytest.fixture(scope="module")
def grey_model(tmp_path_factory):
    """A saved model of grey images, untrained."""
    folder = tmp_path_factory.mktemp("grey")
    StarDist(StarDistParams(n_rays=8, width=8, depth=2, diameter=20.0)).save(folder)
    return folder


@pytest.fixture
def pictures(movie, stained, tmp_path):
    """A folder with a grey and a coloured picture."""
    write_image(tmp_path / "in" / "grey.tif", movie.images[0])
    write_image(tmp_path / "in" / "slide.png", stained)
    return tmp_path / "in"


@pytest.fixture
def shipped_copy(tmp_path, monkeypatch):
    """A copy of the weights that come along, to be damaged."""
    folder = tmp_path / "weights"
    shutil.copytree(store.SHIPPED, folder)
    monkeypatch.setattr(store, "SHIPPED", folder)
    return folder


# segment


def test_segment_needs_no_model_of_ones_own(pictures, movie, tmp_path):
    out = tmp_path / "out"
    result = labkit_command("segment", pictures, "-o", out)
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in out.iterdir()) == [
        *("grey.tif", "segment.csv", "segment.yaml", "slide.tif")
    ]
    for name in ("grey", "slide"):  # the same nuclei, never seen in training
        assert match(movie.labels[0], read_labels(out / f"{name}.tif")).f1 > 0.9
    table = read_csv(out / "segment.csv")
    assert list(table["labels"]) == ["grey.tif", "slide.tif"]
    assert list(table["nuclei"]) == [
        read_labels(out / name).max() for name in table["labels"]
    ]
    assert ((table["diameter"] > 16) & (table["diameter"] < 36)).all()
    for size in table["diameter"]:
        assert f"at a diameter of {size:.1f} px" in result.stdout
    assert SegmentParams.load(out / "segment.yaml") == SegmentParams()


def test_colour_reaches_the_model_as_colour(pictures, stained, tmp_path):
    options = ("--diameter", 24)
    labkit_command("segment", pictures, "-o", tmp_path / "out", *options)
    expected = segment(StarDist.load("nuclei"), stained, diameter=24)
    assert np.array_equal(read_labels(tmp_path / "out" / "slide.tif"), expected)
    labkit_command("segment", pictures, "-o", tmp_path / "b", *options, "--channel", 0)
    expected = segment(StarDist.load("nuclei"), stained[..., 0], diameter=24)
    assert np.array_equal(read_labels(tmp_path / "b" / "slide.tif"), expected)


def test_noise_is_doubted_and_nuclei_are_not(movie, tmp_path):
    noise = np.random.default_rng(2).integers(0, 255, (128, 128), np.uint8)
    write_image(tmp_path / "in" / "noise.png", noise)
    write_image(tmp_path / "in" / "nuclei.png", movie.images[0])
    result = labkit_command("segment", tmp_path / "in", "-o", tmp_path / "out")
    first = result.stdout.splitlines()[0]
    assert "noise.png" in first
    assert ": 0 nuclei" not in first
    (contrast,) = result.stderr.splitlines()
    assert "noise or texture instead of nuclei?" in contrast


def test_an_estimate_that_the_model_does_not_look_at_is_doubted(
    movie, tmp_path, monkeypatch
):
    monkeypatch.setattr("labkit.segment.scale.sizes_looked_at", lambda model: (50, 99))
    write_image(tmp_path / "nuclei.png", movie.images[0])
    words = "segment", tmp_path / "nuclei.png", "-o", tmp_path / "out"
    (size,) = labkit_command(*words).stderr.splitlines()
    assert "beyond the 50 to 99 px" in size
    assert size.endswith("--diameter")
    words = *words[:-1], tmp_path / "b", "--diameter", 6
    assert "unsure" not in labkit_command(*words).stderr


def test_sizes_looked_at_depend_on_the_model(grey_model):
    low, high = sizes_looked_at(StarDist.load(grey_model))
    assert (low, high) == (20 / 8, 20 * 8)


def test_a_movie_has_one_diameter(movie, tmp_path):
    write_image(tmp_path / "m.tif", movie.images)
    result = labkit_command("segment", tmp_path / "m.tif", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    model = StarDist.load("nuclei")
    (row,) = read_csv(tmp_path / "out" / "segment.csv")
    sizes = [fitting_diameter(model, image) for image in movie.images]
    assert row["frames"] == 3
    assert row["diameter"] == np.median(sizes)
    labels = read_label_movie(tmp_path / "out" / "m.tif")
    expected = segment(model, movie.images[2], diameter=row["diameter"])
    assert np.array_equal(labels[2], expected)


def test_long_movies_are_looked_at_in_three_places(monkeypatch):
    model, seen = StarDist(StarDistParams(width=8, depth=1, diameter=20)), []
    monkeypatch.setattr(
        segmenting, "fitting_diameter", lambda _, image: seen.append(image[0, 0]) or 9.0
    )
    movie = np.arange(41, dtype=np.uint8)[:, None, None] * np.ones((8, 8), np.uint8)
    _, diameter = segmenting._prepare(model, None, SegmentParams(), movie)
    assert (seen, diameter) == ([0, 20, 40], 9.0)


def test_a_run_is_repeated_by_its_parameters(pictures, tmp_path):
    file, first, second = pictures / "grey.tif", tmp_path / "1", tmp_path / "2"
    options = ("--diameter", 30, "--scales", "1,2", "--borders", "--min-area", 50)
    assert labkit_command("segment", file, "-o", first, *options).exit_code == 0
    params = SegmentParams.load(first / "segment.yaml")
    expected = {"diameter": 30, "scales": (1, 2), "borders": True, "min_area": 50}
    assert params == SegmentParams().replace(**expected)
    words = ("segment", file, "-o", second, "--params", first / "segment.yaml")
    assert labkit_command(*words).exit_code == 0
    again = read_labels(second / "grey.tif")
    assert np.array_equal(again, read_labels(first / "grey.tif"))
    plain = segment(StarDist.load("nuclei"), tifffile.imread(file), diameter=30)
    assert not np.array_equal(again, plain)
    assert np.bincount(again.ravel())[1:].min() >= 50


def test_test_time_augmentation(pictures, tmp_path):
    file = pictures / "grey.tif"
    options = ("--diameter", "trained", "--tta")
    assert (
        labkit_command("segment", file, "-o", tmp_path / "o", *options).exit_code == 0
    )
    expected = segment(StarDist.load("nuclei"), tifffile.imread(file), tta=True)
    assert np.array_equal(read_labels(tmp_path / "o" / "grey.tif"), expected)


def test_borders_follow_the_scale_of_the_nuclei(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        segmenting, "segment_steps", lambda *_, **options: seen.update(options)
    )
    model = StarDist(StarDistParams(width=8, depth=1, diameter=55))
    params = SegmentParams(diameter="trained")
    work, diameter = segmenting._prepare(model, "U-Net", params, np.zeros((1, 8, 8)))
    with pytest.raises(AttributeError):
        work(np.zeros((8, 8)))
    assert (diameter, seen["diameter"], seen["borders"]) == (55, 55, "U-Net")


def test_own_models_keep_their_scale_unless_told(pictures, grey_model, tmp_path):
    words = ("segment", "--model", grey_model, pictures / "grey.tif", "-o")
    assert labkit_command(*words, tmp_path / "a").exit_code == 0
    assert SegmentParams.load(tmp_path / "a" / "segment.yaml").diameter == "trained"
    assert read_csv(tmp_path / "a" / "segment.csv")["diameter"] == 20
    params = tmp_path / "given.yaml"
    params.write_text("diameter: 33")
    words = ("segment", pictures / "grey.tif", "--params", params, "-o")
    assert labkit_command(*words, tmp_path / "b").exit_code == 0
    assert SegmentParams.load(tmp_path / "b" / "segment.yaml").diameter == 33


def test_the_table_of_an_earlier_run_goes_on(pictures, tmp_path):
    out = tmp_path / "out"
    words = ("segment", "-o", out, "--diameter", 24, "--existing", "skip")
    assert labkit_command(*words, pictures / "slide.png").exit_code == 0
    assert labkit_command(*words, pictures).exit_code == 0
    assert list(read_csv(out / "segment.csv")["labels"]) == ["slide.tif", "grey.tif"]
    (out / "segment.csv").write_text("something,else\n1,2\n")
    words = (*words[:-1], "overwrite", pictures)
    assert "lacks the columns" in error_of(labkit_command(*words))
    assert (out / "segment.csv").read_text().startswith("something")


def test_ctrl_c_keeps_the_table_of_what_is_done(pictures, tmp_path, monkeypatch):
    real, calls = segmenting.segment_steps, []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(segmenting, "segment_steps", interrupted)
    out = tmp_path / "out"
    words = ("segment", pictures, "-o", out, "--diameter", 24)
    assert "1 of 2 results are complete" in error_of(labkit_command(*words), 130)
    assert list(read_csv(out / "segment.csv")["labels"]) == ["grey.tif"]


def test_a_folder_called_like_the_model_is_not_mistaken(
    pictures, grey_model, tmp_path, monkeypatch
):
    shutil.copytree(grey_model, tmp_path / "nuclei")
    monkeypatch.chdir(tmp_path)
    words = ("segment", pictures / "grey.tif", "--diameter", 24, "--model")
    result = labkit_command(*words, "nuclei", "-o", "a")
    assert "using the nuclei that comes with labkit" in result.stderr
    expected = segment(
        StarDist.load("nuclei"), tifffile.imread(pictures / "grey.tif"), diameter=24
    )
    assert np.array_equal(read_labels("a/grey.tif"), expected)
    result = labkit_command(*words, "./nuclei", "-o", "b")
    assert result.exit_code == 0, result.output
    assert "comes with labkit" not in result.stderr
    assert not np.array_equal(read_labels("b/grey.tif"), expected)


# segment: bad input


def test_an_unknown_name_lists_the_known_ones(pictures, tmp_path):
    words = ("segment", "--model", "nucleii", pictures, "-o", tmp_path / "out")
    line = error_of(labkit_command(*words))
    assert "nucleii holds no labkit model" in line
    assert "['nuclei']" in line
    assert not (tmp_path / "out").exists()


def test_a_model_of_another_kind(pictures, tmp_path):
    UNetProb(UNetProbParams(width=8, depth=1)).save(tmp_path / "unet")
    words = ("segment", "--model", tmp_path / "unet", pictures, "-o", tmp_path / "out")
    assert "holds a UNetProb model, not a StarDist" in error_of(labkit_command(*words))


@pytest.mark.parametrize("kind", ["stardist", "unetprob"])
def test_damaged_weights(kind, pictures, shipped_copy, tmp_path):
    weights = shipped_copy / f"{kind}_nuclei.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    words = ("segment", pictures, "-o", tmp_path / "out", "--borders")
    line = error_of(labkit_command(*words))
    assert f"{weights} is not the file" in line
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    "options",
    [
        *(("--diameter", text) for text in ("big", "0", "-5", "nan", "inf", "1e9")),
        *(("--scales", text) for text in ("", "big", "1,,2", "0", "1,100", "nan")),
        ("--params", "wrong.yaml"),
        ("--params", "unknown.yaml"),
    ],
    ids="=".join,
)
def test_nonsense_is_refused_before_the_first_file(
    options, pictures, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.yaml").write_text("min_area: small")
    (tmp_path / "unknown.yaml").write_text("diametre: 20")
    line = error_of(labkit_command("segment", pictures, "-o", "out", *options))
    name = {"--diameter": "diameter", "--scales": "scales"}.get(options[0], "")
    assert (name or {"w": "min_area", "u": "diametre"}[options[1][0]]) in line
    assert not (tmp_path / "out").exists()


def test_a_diameter_that_the_model_cannot_take(pictures, tmp_path):
    words = ("segment", pictures, "-o", tmp_path / "out", "--diameter", 5000)
    line = error_of(labkit_command(*words))
    assert "got 5000" in line
    assert not list(tmp_path.glob("out/*"))


def test_colour_for_a_model_of_grey_images(pictures, grey_model, tmp_path):
    words = ("segment", "--model", grey_model, pictures, "-o", tmp_path / "out")
    result = labkit_command(*words)
    assert result.exit_code == 1
    assert "slide.png has 3 channels, choose one" in result.stderr
    assert "models that take colour, such as nuclei" in result.stderr
    assert "1 of 2 files done" in result.stdout


def test_bad_files_do_not_stop_the_others(pictures, stained, tmp_path):
    whole = (pictures / "slide.png").read_bytes()
    (pictures / "cut.png").write_bytes(whole[: len(whole) // 2])
    (pictures / "empty.png").write_bytes(b"")
    bad = np.full((30, 30, 3), np.nan, np.float32)
    tifffile.imwrite(pictures / "nan.tif", bad, photometric="rgb")
    stains = np.stack([stained[..., 0], stained[..., 1]])
    tifffile.imwrite(
        pictures / "two.tif", stains, imagej=True, metadata={"axes": "CYX"}
    )
    out = tmp_path / "out"
    result = labkit_command("segment", pictures, "-o", out, "--diameter", 24)
    assert result.exit_code == 1
    for name, text in {
        "cut.png": "damaged or incomplete",
        "empty.png": "is empty",
        "nan.tif": "NaN",
        "two.tif": "has 2 channels, choose one",
    }.items():
        assert [text in x for x in result.stderr.splitlines() if name in x] == [True]
    assert "2 of 6 files done" in result.stdout
    assert len(read_csv(out / "segment.csv")) == 2


def test_blank_pictures_hold_no_nuclei(tmp_path):
    write_image(tmp_path / "in" / "black.png", np.zeros((64, 80), np.uint8))
    write_image(tmp_path / "in" / "white.tif", np.full((64, 80, 3), 255, np.uint8))
    result = labkit_command("segment", tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("no nuclei found") == 2
    assert not read_labels(tmp_path / "out" / "white.tif").any()


def test_a_blank_picture_is_not_enlarged_for_an_own_model(grey_model, tmp_path):
    write_image(tmp_path / "blank.png", np.zeros((64, 80), np.uint8))
    words = ("segment", "--model", grey_model, "--diameter", "auto", "-o")
    result = labkit_command(*words, tmp_path / "out", tmp_path / "blank.png")
    assert result.exit_code == 0, result.output
    assert read_csv(tmp_path / "out" / "segment.csv")["diameter"] == 20


def test_an_empty_folder(tmp_path):
    (tmp_path / "in").mkdir()
    words = ("segment", tmp_path / "in", "-o", tmp_path / "out")
    assert "no images in" in error_of(labkit_command(*words))


def test_a_folder_that_may_not_be_written_to(pictures, tmp_path, monkeypatch):
    def refuse(**_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    line = error_of(labkit_command("segment", pictures, "-o", tmp_path / "out"))
    assert "no permission" in line


# train


@pytest.fixture
def quick(tmp_path):
    """Training parameters that learn nothing, fast."""
    params = TrainParams(steps=2, batch_size=1, crop_size=64, every=1, lr=1e-5)
    params.save(tmp_path / "quick.yaml")
    return tmp_path / "quick.yaml"


@pytest.fixture
def labelled(movie, stained, tmp_path):
    """Return the folder of grey images, of coloured ones, and of their labels."""
    write_image(tmp_path / "grey" / "a.tif", movie.images[0])
    write_image(tmp_path / "colour" / "a.png", stained)
    write_labels(tmp_path / "labels" / "a.tif", movie.labels[0])
    return tmp_path / "grey", tmp_path / "colour", tmp_path / "labels"


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_train_on_from_the_model_that_comes_along(
    kind, labelled, quick, pictures, movie, tmp_path
):
    grey, colour, labels = labelled
    images = {"grey": grey, "colour": colour}[kind]
    folder = tmp_path / "tuned"
    options = ("-o", folder, "--params", quick, "--start", "nuclei")
    result = labkit_command("train", images, labels, *options)
    assert result.exit_code == 0, result.output
    assert ("in colour" in result.stdout) == (kind == "colour")
    before, after = StarDist.load("nuclei").params, StarDist.load(folder).params
    assert after.channels == 3
    assert after.ray_unit == before.ray_unit
    assert 18 < after.diameter < 32  # of the images at hand
    words = ("segment", "--model", folder, pictures, "-o", tmp_path / "out")
    assert labkit_command(*words).exit_code == 0
    for name in ("grey", "slide"):  # two small steps forget nothing
        found = read_labels(tmp_path / "out" / f"{name}.tif")
        assert match(movie.labels[0], found).f1 > 0.8


def test_a_new_model_takes_colour_if_the_images_have_it(labelled, quick, tmp_path):
    grey, colour, labels = labelled
    for images, options, channels in (
        (colour, (), 3),
        (colour, ("--channel", "green"), 1),
        (grey, (), 1),
    ):
        words = ("-o", tmp_path / "m", "--params", quick, "--overwrite", *options)
        result = labkit_command("train", images, labels, *words)
        assert result.exit_code == 0, result.output
        assert StarDist.load(tmp_path / "m").params.channels == channels


def test_a_model_of_grey_images_cannot_start_in_colour(
    labelled, grey_model, quick, tmp_path
):
    _, colour, labels = labelled
    words = ("-o", tmp_path / "m", "--params", quick, "--start", grey_model)
    line = error_of(labkit_command("train", colour, labels, *words))
    assert "a.png has 3 channels, choose one" in line
    assert not (tmp_path / "m" / "model.yaml").exists()


def test_train_on_from_an_unknown_model(labelled, tmp_path):
    grey, _, labels = labelled
    words = ("-o", tmp_path / "m", "--start", "nucleii")
    assert "['nuclei']" in error_of(labkit_command("train", grey, labels, *words))


def test_labels_of_another_shape_than_a_coloured_picture(labelled, quick, tmp_path):
    _, colour, labels = labelled
    write_labels(labels / "a.tif", np.eye(128, 100, dtype=int))
    line = error_of(labkit_command("train", colour, labels, "-o", tmp_path / "m"))
    assert "a.png (1, 128, 160) and" in line
    assert "differ in shape" in line


def test_params_are_plain_yaml(tmp_path):
    SegmentParams(scales=(1, 2), diameter=30).save(tmp_path / "s.yaml")
    values = yaml.safe_load((tmp_path / "s.yaml").read_text())
    assert values == {
        "model": "nuclei",
        "diameter": 30.0,
        "tta": False,
        "scales": [1.0, 2.0],
        "borders": False,
        "min_area": 0.0,
        "post": None,
    }
