"""What the tests of more than one file begin with.

Imports stand inside: a file that needs none of this shall not wait for it.
"""

import os

import pytest

collect_ignore = ["conftest.py"]  # no doctests; another module has the same name


def pytest_collection_modifyitems(items):
    """Skip what needs real data where they are not."""
    if "LABKIT_DATA" not in os.environ:
        for item in items:
            if item.get_closest_marker("data"):
                item.add_marker(pytest.mark.skip(reason="LABKIT_DATA is not set"))


# The annotator


@pytest.fixture
def annotator():
    """An annotator on discs that nobody has outlined yet."""
    from annotator_scenes import discs, picture

    from labkit.canvas import Annotator

    return Annotator(picture(discs()), model=None, ink=False)


@pytest.fixture
def repaired():
    """An annotator on a label image that is to be repaired."""
    from annotator_scenes import discs, picture

    from labkit.canvas import Annotator

    return Annotator(picture(discs()), discs(), model=None, ink=False)


# Annotations


@pytest.fixture
def drawn():
    """Three squares on 60 x 80 px, two of which touch."""
    from annotation_scenes import square

    from labkit.annotation import Annotation

    annotation = Annotation((60, 80))
    annotation.add(square(5, 5))
    annotation.add(square(5, 15))
    annotation.add(square(30, 40, 20))
    return annotation


# Models


@pytest.fixture(scope="session")
def trained():
    """A small model trained on two images of discs, and its history."""
    from model_scenes import QUICK, SMALL, discs

    from labkit.models import StarDist

    images, labels = zip(*(discs(seed=seed) for seed in (1, 2)), strict=True)
    model = StarDist(SMALL, device="cpu")
    return model, model.fit(images, labels, params=QUICK, progress=False)


@pytest.fixture(scope="session")
def pixels():
    """A small probability U-Net trained on two images of touching discs."""
    from model_scenes import PIXELS, QUICK, discs

    from labkit.models import UNetProb

    images, labels = zip(*(discs(35, seed=s, gap=0) for s in (1, 2)), strict=True)
    model = UNetProb(PIXELS, device="cpu")
    return model, model.fit(images, labels, params=QUICK, progress=False)


# The screen


@pytest.fixture
def sent(monkeypatch):
    """Record the messages to the browser as lists of (command, args)."""
    import json

    import ipycanvas
    from screen_scenes import COMMANDS

    messages = []

    def send(_, buffers):
        content = json.loads(bytes(buffers[0]))
        content = content if isinstance(content[0], list) else [content]
        messages.append([(COMMANDS[c[0]], c[1] if len(c) > 1 else []) for c in content])

    monkeypatch.setattr(ipycanvas.canvas._CANVAS_MANAGER, "send", send)
    return messages


# Synthetic labels


@pytest.fixture(scope="session")
def source():
    """Six label images of simulated nuclei, some touching, and their morphology."""
    from labkit.style import morphology
    from labkit.synth import simulate_movie

    labels = [
        simulate_movie(1, (232, 264), n, diameter=18, seed=s).labels[0][20:-20, 20:-20]
        for s, n in enumerate((30, 36, 42, 48, 54, 60))
    ]
    return labels, morphology(labels)


@pytest.fixture(scope="session")
def discs():
    """Morphology of 25 discs of radius 8, 4 px apart."""
    from synth_scenes import ellipse, grid_of

    from labkit.style import morphology

    return morphology(grid_of(ellipse((17, 17), (8, 8), 8.2, 8.2), 5, 21))
