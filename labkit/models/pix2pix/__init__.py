"""pix2pix: a network that learns to paint images for label images.

A conditional generative adversarial network (Isola et al. 2017) for one style, as
nucleAIzer trains one per cluster of images (Hollandi et al. 2020). Changed where the
original falls short for nuclei: labels are encoded with their borders, unsure regions
count in no loss, colours are handed in so that images of several tones in one style are
not averaged, and the weights of the last step are the ones kept.
"""

from .model import Pix2Pix
from .params import GanHistory, Pix2PixParams

__all__ = ["GanHistory", "Pix2Pix", "Pix2PixParams"]
