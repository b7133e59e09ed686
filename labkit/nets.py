"""The networks and nothing else.

One U-Net (Ronneberger et al. 2015) serves all models that find nuclei; two networks,
`Generator` and `PatchDiscriminator`, learn against each other to make images. The
U-Net predicts on a grid: with ``grid=2`` one output for every second pixel, which costs
a quarter and loses nothing on nuclei, since star-convex rays and probabilities are
smooth (Schmidt et al. 2018, who call it `grid`, too).
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm


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


class Down(nn.Sequential):
    """Halve the size: 4x4 convolution, instance normalisation, leaky ReLU."""

    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1),
            nn.InstanceNorm2d(out_channels, affine=True),
            nn.LeakyReLU(0.2, inplace=True),
        )


class Up(nn.Sequential):
    """Double the size: 3x3 convolution, then nearest neighbour.

    Not a transposed convolution, which leaves checkerboards (Odena et al. 2016,
    https://doi.org/10.23915/distill.00003); the convolution that smooths the steps is
    the next one, with the finer features beside it.
    """

    def __init__(self, in_channels, out_channels, *, dropout=0.0):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.InstanceNorm2d(out_channels, affine=True),
            nn.Dropout2d(dropout) if dropout else nn.Identity(),
            nn.ReLU(inplace=True),
            nn.Upsample(scale_factor=2),
        )


class Generator(nn.Module):
    """U-Net that makes images, between -1 and 1 (pix2pix, Isola et al. 2017).

    Parameters
    ----------
    in_channels, out_channels : int
        Of the encoded labels and of the image.
    width : int
        Channels at full size; doubled at each of the `depth` halvings, at most 8
        times as many.
    depth : int
    dropout : float
        At the two coarsest levels; on when images are made, too, for variety.

    Notes
    -----
    Input (batch, in_channels, H, W) with sides that are multiples of
    `Generator.multiple`, at least twice that.

    References
    ----------
    .. [1] Isola et al. (2017), https://arxiv.org/abs/1611.07004

    Examples
    --------
    >>> import torch
    >>> lk.nets.Generator(4, 3, width=8)(torch.zeros(1, 4, 64, 32)).shape
    torch.Size([1, 3, 64, 32])
    """

    def __init__(self, in_channels, out_channels, *, width=24, depth=4, dropout=0.5):
        super().__init__()
        widths = [width * min(2**level, 8) for level in range(depth + 1)]
        self.multiple = 2**depth
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1), nn.LeakyReLU(0.2)
        )
        self.down = nn.ModuleList(Down(a, b) for a, b in pairwise(widths))
        self.up = nn.ModuleList()
        for level in range(depth, 0, -1):
            skipped = 0 if level == depth else widths[level]
            drop = dropout if level > depth - 2 else 0.0
            channels = widths[level] + skipped
            self.up.append(Up(channels, widths[level - 1], dropout=drop))
        self.head = nn.Sequential(
            nn.Conv2d(2 * width, width, 3, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, out_channels, 3, padding=1),
        )

    def forward(self, condition):
        """Return the image for encoded labels."""
        features = self.stem(condition)
        skips = []
        for block in self.down:
            skips.append(features)
            features = block(features)
        for block in self.up:
            features = torch.cat([block(features), skips.pop()], dim=1)
        return torch.tanh(self.head(features))


class PatchDiscriminator(nn.Module):
    """Tell real from made images, patch by patch (Isola et al. 2017).

    Each output judges a patch of the image, 34 px wide with 2 halvings and 70 px
    with 3. Spectral normalisation (Miyato et al. 2018, https://arxiv.org/abs/1802.05957)
    instead of one over the image, which hides how strong texture is.

    Parameters
    ----------
    in_channels : int
        Of the encoded labels and the image together.
    width : int
        Channels of the first layer; doubled at each halving.
    depth : int
        Halvings.

    Examples
    --------
    >>> import torch
    >>> lk.nets.PatchDiscriminator(5, width=8)(torch.zeros(1, 5, 64, 64)).shape
    torch.Size([1, 1, 14, 14])
    """

    def __init__(self, in_channels, *, width=24, depth=2):
        super().__init__()
        widths = [in_channels, *(width * 2**level for level in range(depth + 1))]
        layers = []
        for level, (a, b) in enumerate(pairwise(widths)):
            stride = 2 if level < depth else 1
            convolution = nn.Conv2d(a, b, 4, stride=stride, padding=1)
            layers += [spectral_norm(convolution), nn.LeakyReLU(0.2, inplace=True)]
        last = spectral_norm(nn.Conv2d(widths[-1], 1, 4, padding=1))
        self.layers = nn.Sequential(*layers, last)

    def forward(self, pair):
        """Return the judgement of each patch, before the sigmoid."""
        return self.layers(pair)
