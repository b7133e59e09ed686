"""The search for the post-processing that fits best."""

import numpy as np
import pytest
from maskrcnn_scenes import discs

from labkit import crops as cr
from labkit.metrics import dsb_score
from labkit.models import StarDist
from labkit.segment import PostParams, search, searching, segment


class Known:
    """A model that sees every bright object 2 px too small, and specks."""

    params, diameter = StarDist.Params(diameter=16.0), 16.0
    calls = 0

    def propose(self, image, **how):
        type(self).calls += 1
        return (image,)

    def decode(self, image, shape, *, factor=1.0, prob_thresh=None):
        return image.astype(np.int32)


def made():
    """Images that tell `Known` what to answer, and the truth."""
    truths = [discs(8, 96, seed=s, gap=6) for s in (1, 2, 3)]
    answers = []
    for k, truth in enumerate(truths):
        grown = cr.rims(truth, 1)
        answer = np.where(grown, 0, truth)
        rng = np.random.default_rng(k)
        free = np.argwhere(truth == 0)
        for n, (row, col) in enumerate(rng.permutation(free)[:6]):
            answer[row, col] = 100 + n
        answers.append(answer.astype(np.float32))
    return answers, truths


@pytest.fixture
def one_scale(monkeypatch):
    """A search that leaves the scale alone."""
    space = searching.SPACE | {"scales": ((1.0,),)}
    monkeypatch.setattr(searching, "SPACE", space)


@pytest.mark.usefixtures("one_scale")
def test_search_finds_what_is_wrong_and_saves_it(tmp_path):
    answers, truths = made()
    Known.calls = 0
    found = search(Known(), answers[:2], truths[:2], seed=1, progress=False)
    assert Known.calls == 2  # each image is looked at once
    assert len(found.trials) == 61
    assert found.score > found.start_score + 0.2
    assert found.post.dilate == 1
    assert found.post.min_size > 0
    found.post.save(tmp_path / "post.yaml")
    post = PostParams.load(tmp_path / "post.yaml")
    assert post == found.post
    before = dsb_score(truths[2], segment(Known(), answers[2]))
    after = dsb_score(truths[2], segment(Known(), answers[2], post=post))
    assert after > before + 0.2


@pytest.mark.usefixtures("one_scale")
def test_the_same_seed_tries_the_same_and_the_default_stays_if_nothing_is_better():
    truths = made()[1]
    images = [truth.astype(np.float32) for truth in truths]  # perfect answers
    given = {"n_trials": 6, "progress": False}
    first = search(Known(), images, truths, seed=2, **given)
    again = search(Known(), images, truths, seed=2, **given)
    other = search(Known(), images, truths, seed=3, **given)
    assert first == again
    assert [post for post, _ in other.trials] != [post for post, _ in first.trials]
    assert first.post == PostParams()
    assert first.score == first.start_score == 1


@pytest.mark.usefixtures("one_scale")
def test_an_interrupted_search_keeps_the_best_so_far():
    answers, truths = made()
    seen = []

    def stop(result):
        seen.append(result)
        if len(seen) == 9:
            raise KeyboardInterrupt

    found = search(Known(), answers, truths, progress=False, callback=stop)
    assert found.stopped == "interrupted"
    assert len(found.trials) == 9
    assert found.score == max(score for _, score in found.trials)


def test_a_search_that_has_tried_everything_returns_the_best(monkeypatch):
    space = {"dilate": (0.0, 1.0), "min_size": (0.0, 0.2), "holes": (False, True)}
    monkeypatch.setattr(searching, "SPACE", space)
    answers, truths = made()
    seen = []
    how = {"n_trials": 30, "progress": False, "callback": seen.append}
    found = search(Known(), answers[:1], truths[:1], **how)
    assert found.stopped == "exhausted"
    assert len({post for post, _ in found.trials}) == len(found.trials) == 8
    assert found.score == max(score for _, score in found.trials)
    assert found.score > found.start_score + 0.2
    assert found.post.dilate == 1
    assert {one.stopped for one in seen} == {"finished"}
    enough = search(Known(), answers[:1], truths[:1], **how | {"n_trials": 7})
    assert enough.stopped == "finished"
    assert enough.post == found.post


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": []}, "at least one"),
        ({"labels": [np.zeros((5, 5), int)]}, "3 images and 1 label images"),
        ({"n_trials": 0}, "`n_trials` must be at least 1"),
        ({"diameter": [16.0]}, "3 images but 1 diameters"),
    ],
)
def test_impossible_searches_are_refused(changes, message):
    answers, truths = made()
    given = {"images": answers, "labels": truths, "progress": False} | changes
    with pytest.raises(ValueError, match=message):
        search(Known(), **given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dilate": -1}, "`dilate` must be a number of at least 0, got -1"),
        ({"min_prob": 2}, "`min_prob` must be a number from 0 to 1"),
        ({"ring": "wide"}, "`ring` must be a number"),
        ({"prob_tresh": 0.4}, "segment has no option"),
    ],
)
def test_impossible_post_processing_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        segment(Known(), np.eye(20), **options)
