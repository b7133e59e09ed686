"""Models: what was saved is loaded, also in half precision and by name."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from model_scenes import discs

from labkit import crops as cr
from labkit.metrics import match
from labkit.models import StarDist, UNetProb, store


def test_save_and_load_give_the_same_labels(trained, pixels, tmp_path):
    image, _ = discs(seed=5)
    for model in (trained[0], pixels[0]):
        model.save(tmp_path / "model")
        again = type(model).load(tmp_path / "model", device="cpu")
        assert again.params == model.params
        assert np.array_equal(again.predict(image), model.predict(image))


def test_load_says_what_is_wrong(trained, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no labkit model"):
        StarDist.load(tmp_path)
    trained[0].save(tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ValueError, match="damaged or exchanged"):
        StarDist.load(tmp_path)
    card = tmp_path / "model.yaml"
    card.write_text(card.read_text().replace("StarDist", "MaskRCNN"))
    with pytest.raises(ValueError, match="MaskRCNN model, not a StarDist"):
        StarDist.load(tmp_path)


@pytest.mark.parametrize("kind", [StarDist, UNetProb])
def test_models_of_before_colour_and_ray_unit_still_load(
    kind, trained, pixels, tmp_path
):
    model = trained[0] if kind is StarDist else pixels[0]
    model.save(tmp_path)
    path = tmp_path / "model.yaml"
    card = yaml.safe_load(path.read_text())
    for name in ("channels", "ray_unit", "zoom", "enlarge"):
        card["params"].pop(name, None)
    path.write_text(yaml.safe_dump(card))
    again, (image, _) = kind.load(tmp_path, device="cpu"), discs(seed=5)
    assert np.array_equal(again.predict(image), model.predict(image))


# models that come along


@pytest.fixture
def shelf(trained, tmp_path, monkeypatch):
    """A folder of shipped models with one, "tiny"."""
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "shelf")
    files = [tmp_path / "shelf" / f"stardist_tiny.{e}" for e in ("yaml", "safetensors")]
    about = {"licence": "CC0"}
    model = trained[0]
    store.save_model(files, "StarDist", model.params, model.net, half=True, about=about)
    return files


def test_half_precision_changes_predictions_by_very_little(trained, shelf):
    half, (image, labels) = StarDist.load("tiny", device="cpu"), discs(seed=5)
    assert half.params == trained[0].params
    assert all(p.dtype == torch.float32 for p in half.net.parameters())
    norm = cr.normalize(image)
    for one, other in zip(half.maps(norm), trained[0].maps(norm), strict=True):
        assert not np.array_equal(one, other)
        assert np.abs(one - other).max() < 0.02 * max(1, other.max())
    found = half.predict(image)
    assert match(trained[0].predict(image), found, 0.9).f1 == 1
    assert match(labels, found).f1 > 0.95


def test_half_precision_takes_half_the_space(trained, shelf, tmp_path):
    trained[0].save(tmp_path / "full")
    full = (tmp_path / "full" / "weights.safetensors").stat().st_size
    assert shelf[1].stat().st_size < 0.6 * full
    assert yaml.safe_load(shelf[0].read_text())["licence"] == "CC0"


def test_unknown_names_are_answered_with_the_known_ones(shelf):
    assert store.shipped("StarDist") == ["tiny"]
    assert store.shipped("UNetProb") == []
    with pytest.raises(FileNotFoundError, match=r"come with labkit: \['tiny'\]"):
        StarDist.load("nucleus")
    with pytest.raises(FileNotFoundError, match=r"come with labkit: \[\]"):
        UNetProb.load("tiny")


def test_damaged_shipped_weights_are_refused(shelf):
    data = bytearray(shelf[1].read_bytes())
    data[-7] ^= 1
    shelf[1].write_bytes(data)
    with pytest.raises(ValueError, match="damaged or exchanged"):
        StarDist.load("tiny")
    shelf[1].unlink()
    with pytest.raises(FileNotFoundError, match=r"tiny\.safetensors is missing"):
        StarDist.load("tiny")


def test_a_folder_called_like_a_shipped_model_can_be_reached(
    trained, shelf, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    trained[0].save("tiny")
    card = tmp_path / "tiny" / "model.yaml"
    card.write_text(card.read_text().replace("nms_thresh: 0.4", "nms_thresh: 0.3"))
    assert StarDist.load("tiny").params.nms_thresh == 0.4
    assert StarDist.load("./tiny").params.nms_thresh == 0.3
    assert StarDist.load(Path("tiny")).params.nms_thresh == 0.3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("width: 8", "width: 12", "not of the network that its card describes"),
        ("params:", "parameters:", "does not say the model's params"),
        ("width: 8", "breadth: 8", "no parameter.*breadth"),
        ("model: StarDist", "model: [", "not a YAML file"),
    ],
)
def test_cards_that_do_not_fit_are_refused(trained, tmp_path, old, new, message):
    trained[0].save(tmp_path)
    card = tmp_path / "model.yaml"
    card.write_text(card.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message):
        StarDist.load(tmp_path)


def test_a_card_without_weights_is_no_model(trained, tmp_path):
    trained[0].save(tmp_path / "a")
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "a" / "model.yaml", tmp_path / "b")
    with pytest.raises(FileNotFoundError, match=r"weights\.safetensors is missing"):
        StarDist.load(tmp_path / "b")
