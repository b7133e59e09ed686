"""Mask R-CNN: boxes first, then a mask in each (He et al. 2017).

Built of torchvision's parts. What the original leaves to luck is settled here: every
image is scaled until its objects have one size, the anchors fit that size, nothing
limits the number of objects, what is not known is not learnt from, and where masks
overlap the more probable object wins.
"""

from .model import MaskRCNN, MaskRCNNParams

__all__ = ["MaskRCNN", "MaskRCNNParams"]
