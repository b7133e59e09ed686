"""The networks and nothing else.

One U-Net (Ronneberger et al. 2015) serves all models. It predicts on a grid:
with ``grid=2`` one output for every second pixel, which costs a quarter and
loses nothing on nuclei, since star-convex rays and probabilities are smooth
(Schmidt et al. 2018, who call it `grid`, too).
"""

import torch
from torch import nn
from torch.nn import functional as F


class ConvBlock(nn.Sequential):
    """Two 3x3 convolutions, each with batch normalisation and ReLU.

    Batch and not group normalisation: once trained it is a fixed scaling, so
    that a pixel's result does not depend on the tile it was computed in.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )


class Stem(nn.Sequential):
    """From the image to features on the grid, by one strided convolution."""

    def __init__(self, in_channels, width, grid):
        super().__init__(
            nn.Conv2d(
                in_channels, width, 2 * grid + 1, stride=grid, padding=grid, bias=False
            ),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """U-Net with one output for every `grid`-th pixel.

    Parameters
    ----------
    in_channels : int
        Channels of the image.
    out_channels : int
        Channels of the output, without activation.
    width : int
        Channels at the finest level; doubled at each coarser one.
    depth : int
        Number of times the features are halved in size.
    grid : int
        Output stride in px: 1, 2 or 4.
    every_pixel : bool
        Answer for every pixel all the same: each place of the grid answers for
        its `grid` x `grid` px (Shi et al. 2016, sub-pixel convolution), which costs
        next to nothing.

    Notes
    -----
    Input (batch, in_channels, H, W) with H and W multiples of `UNet.multiple`;
    output (batch, out_channels, H / grid, W / grid), or of full size.

    References
    ----------
    .. [1] Ronneberger et al. (2015), U-Net. https://arxiv.org/abs/1505.04597
    .. [2] Shi et al. (2016), https://arxiv.org/abs/1609.05158

    Examples
    --------
    >>> import torch
    >>> net = lk.nets.UNet(out_channels=33, grid=2)
    >>> net(torch.zeros(1, 1, 64, 48)).shape
    torch.Size([1, 33, 32, 24])
    """

    def __init__(
        self,
        in_channels=1,
        out_channels=1,
        *,
        width=32,
        depth=3,
        grid=1,
        every_pixel=False,
    ):
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.grid, self.depth, self.every_pixel = grid, depth, every_pixel
        out_channels *= grid**2 if every_pixel else 1
        self.stem = Stem(in_channels, width, grid)
        self.down = nn.ModuleList(
            ConvBlock(a, b) for a, b in zip([width, *widths[:-1]], widths, strict=True)
        )
        self.up = nn.ModuleList(
            ConvBlock(coarse + fine, fine)
            for coarse, fine in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Sequential(
            nn.Conv2d(width, 4 * width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(4 * width, out_channels, 1),
        )

    @property
    def multiple(self):
        """Image sides must be multiples of this many px."""
        return self.grid * 2**self.depth

    @property
    def reach(self):
        """How far from its own place an output looks, in px (an upper bound)."""
        reach, step = self.grid, self.grid
        for _ in range(self.depth):
            reach, step = reach + 3 * step, step * 2
        reach += 2 * step
        for _ in range(self.depth):
            step //= 2
            reach += 4 * step
        return reach + self.grid

    def forward(self, image):
        """Return the output for a batch of images."""
        features = self.stem(image)
        skips = []
        for block in self.down[:-1]:
            features = block(features)
            skips.append(features)
            features = F.max_pool2d(features, 2)
        features = self.down[-1](features)
        for block in self.up:
            features = F.interpolate(features, scale_factor=2, mode="nearest")
            features = block(torch.cat([features, skips.pop()], dim=1))
        output = self.head(features)
        return F.pixel_shuffle(output, self.grid) if self.every_pixel else output
