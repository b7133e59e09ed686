"""The teaching experiments: what a paper measured, and what to expect here.

Each repeats a figure or table of the works that labkit builds on, in minutes and on
the data that come along. Expected ranges are wide enough for another processor; they
were set by the executed notebooks and, where there are several, by other seeds.
"""

import math
from typing import NamedTuple

ENGLBRECHT = "Englbrecht et al. 2021"
HOLLANDI = "thesis of R. Hollandi (AnnotatorJ, nucleAIzer)"
MORE, LESS = (0.0, math.inf), (-math.inf, 0.0)


class Experiment(NamedTuple):
    """One teaching experiment.

    Attributes
    ----------
    name : str
        What `labkit.course.compare` calls it.
    source : str
        Whose figure or table it repeats.
    value : str
        What the number is that is compared.
    published : str
        What was published, and on which data.
    measured : str
        What labkit reaches on real data, and where that is written.
    expected : (float, float)
        Range of the number here, both ends included.
    why_not : str
        The likeliest reason if it lies outside.
    unit : str
        Of the number.
    claim : (float, float) or None
        Range in which the number goes the way that was published, where that is told.
    """

    name: str
    source: str
    value: str
    published: str
    measured: str
    expected: tuple
    why_not: str
    unit: str = ""
    claim: tuple | None = None


ANNOTATION = (
    Experiment(
        "kept",
        f"{ENGLBRECHT}, Table 1",
        "share of the nuclei outlined by hand that the annotation keeps",
        "0.677, mean of five frames of the MDCK movie, 6,409 nuclei",
        "0.70 by the published procedure and 0.87 by default, on frame 1 of that movie "
        "(docs/accuracy.md)",
        (0.60, 0.78),
        "another AREA_TOLERANCE, or another image",
    ),
    Experiment(
        "overlap of the kept",
        f"{ENGLBRECHT}, Table 1",
        "mean overlap (IoU) of the kept nuclei with those outlined by hand",
        "0.790, on the same five frames",
        "0.80 by the published procedure and 0.90 by default, on frame 1 "
        "(docs/accuracy.md)",
        (0.79, 0.89),
        "another MIN_IOU or AREA_TOLERANCE, or another image",
    ),
    Experiment(
        "annotation time",
        f"{ENGLBRECHT}, Figure 3C",
        "time to annotate one nucleus",
        "6,409 nuclei: 4:43 min by the program, 44 ms each; about 15 h by hand, 8.4 s "
        "each",
        "0.2 to 0.4 ms each: frame 1 of that movie, one core (docs/speed.md)",
        (0, 44),
        "the first call, which compiles the code, was timed, or a very busy computer",
        "ms",
    ),
)
ASSIST = (
    Experiment(
        "assist",
        f"{HOLLANDI}, study of assist",
        "difficulty of a usual line with assist, as a part of that of tracing",
        "people were significantly faster with assist in most cases, but not on "
        "overlapping cytoplasm",
        "0.23 on the MDCK frame, 0.15 to 0.18 on other images, simulated hands "
        "(docs/effort.md)",
        (0.10, 0.35),
        "other HANDS; with people it is seconds that count, and habit",
        claim=(0, 1),
    ),
    Experiment(
        "agreement",
        f"{HOLLANDI}, agreement of experts",
        "overlap of an annotator with himself, minus that with others",
        "experts differed more from each other than from themselves",
        "not measured on people: the simulated ones are told to have habits",
        (0.005, 0.25),
        "your annotators have the same habits, or draw too carelessly to have one",
        claim=MORE,
    ),
)
SYNTHESIS = (
    Experiment(
        "styles",
        f"{HOLLANDI}, gallery of styles",
        "number of styles found in a folder of three experiments",
        "a gallery of clusters, no number to compare with",
        "adjusted mutual information with the kind of image 0.79 on all of DSB2018, "
        "0.88 on small mixed folders (docs/accuracy_style.md)",
        (3, 3),
        "other images in the folder: very few of a kind are no style",
    ),
    Experiment(
        "real or fake",
        f"{HOLLANDI}, test with experts",
        "share of the tiles that were called real and are real",
        "experts were right for 0.57, guessing gives 0.50",
        "a small network is right for 0.60 to 0.82 of the tiles "
        "(docs/accuracy_renderers.md)",
        (0.16, 0.84),
        "of six tiles guessing gives 1 to 5 right in 99 of 100 cases: you can see it",
    ),
    Experiment(
        "AUTOstyle",
        f"{HOLLANDI}, Figure 6A",
        "F1 of AUTOstyle minus F1 of NOstyle",
        "AUTOstyle above NOstyle, both shown as curves",
        "0.01 -> 0.75 on stained tissue; 0.93 -> 0.96, 0.75 -> 0.80, 0.84 -> 0.88 on "
        "other fluorescence microscopes (docs/accuracy_adaptation.md)",
        (0.4, 1.0),
        "a short run (LABKIT_FAST), or a target that the old network knows already",
        claim=MORE,
    ),
    Experiment(
        "GTstyle",
        f"{HOLLANDI}, Figure 6A",
        "F1 of GTstyle minus F1 of AUTOstyle",
        "GTstyle equal or above: own labels are no worse than automatic ones",
        "0.75 -> 0.74 on stained tissue, one seed (docs/accuracy_adaptation.md)",
        (-0.3, 0.3),
        "a short run (LABKIT_FAST), or luck: 67 nuclei, one seed",
        claim=MORE,
    ),
)
TRAINING = (
    Experiment(
        "by hand",
        f"{ENGLBRECHT}, Table 2 and Figure 4",
        "F1 after training on hand-made labels minus F1 on automatic ones",
        "-0.03: precision and recall 0.999 and 0.905 by hand, 0.982 and 0.984 "
        "automatically (MDCK)",
        "0.970 -> 0.974 and 0.982 -> 0.985 on the two halves of MDCK frame 1 "
        "(docs/accuracy_stardist.md)",
        (-0.12, 0.12),
        "a short run (LABKIT_FAST), or luck: 42 nuclei to learn from, one seed",
        claim=LESS,
    ),
    Experiment(
        "noise background",
        f"{ENGLBRECHT}, Figure 6",
        "F1 with a background of noise minus F1 with a black one",
        "with a black background the network learns the painted border and fails on "
        "real images",
        "0.00 on MDCK frame 1: black 0.967, noise 0.968, images as they are 0.904 "
        "(docs/accuracy_stardist.md)",
        (-0.2, 1.0),
        "a short run (LABKIT_FAST), or luck: 67 nuclei, one seed",
        claim=MORE,
    ),
    Experiment(
        "another size",
        f"{ENGLBRECHT}, Figure 5",
        "gain in mean overlap over all nuclei by bringing them to the trained size",
        "0.155 by the model of another magnification, 0.792 after training anew: +0.64",
        "0.14 -> 0.83 by rescaling, 0.85 by training anew, on the paper's test tiles "
        "(docs/accuracy_stardist.md)",
        (0.4, 0.85),
        "a short run (LABKIT_FAST), or a model that finds little at its own size, too",
        claim=MORE,
    ),
    Experiment(
        "eight views",
        f"{HOLLANDI}, test-time augmentation",
        "F1 of Mask R-CNN with eight views minus F1 with one",
        "0.633 -> 0.644 in the Data Science Bowl's score (as claimed, not checked)",
        "0.568 -> 0.578 in that score, F1 0.925 both times: a small Mask R-CNN on nine "
        "images, three seeds (docs/accuracy_maskrcnn.md)",
        (-0.08, 0.10),
        "a short run (LABKIT_FAST), or luck: 67 nuclei",
        claim=MORE,
    ),
)
TRACKING = (
    Experiment(
        "tracks",
        f"{ENGLBRECHT}, Figure 7A",
        "links that are right (edge F1), from the pixels of a simulated movie",
        "a picture of tracks coloured by speed; nothing was scored",
        "links 0.94 (LNK) from the pixels of a breast cancer movie, model that comes "
        "along (docs/accuracy_tracking.md)",
        (0.85, 1.0),
        "another simulated movie: faster or denser nuclei are harder to follow",
    ),
    Experiment(
        "rose",
        f"{ENGLBRECHT}, Figure 7B",
        "share of the tracks that go within 60 degrees of the expected direction",
        "a rose with two lobes, at 45 to 75 and 315 to 345 degrees, of a large MDCK "
        "sheet in 8 h 20 min",
        "another experiment: here a wound tells where cells should go; by chance 0.33",
        (0.6, 1.0),
        "another movie, or tracks so short that they are noise (MIN_FRAMES)",
    ),
)
