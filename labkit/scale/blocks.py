"""A plane cut into blocks: cores that tile it, each seen with a halo around."""

from dataclasses import dataclass

MULTIPLE = 256  # px: cores are multiples of this, so that pyramids fit chunk on chunk


@dataclass(frozen=True)
class Grid:
    """How planes are cut into blocks.

    Attributes
    ----------
    shape : (int, int)
        Of the plane, px.
    core : int
        Side of the part of a block that counts, px.
    halo : int
        How much more is seen on each side, px.
    align : int
        What is seen starts at multiples of this many px, so that all blocks reduce
        the image at the same places.

    Examples
    --------
    >>> grid = Grid((1000, 600), core=512, halo=40)
    >>> len(grid), grid.core_of(1), grid.outer_of(3)
    (4, (0, 512, 512, 600), (472, 472, 1000, 600))
    """

    shape: tuple
    core: int
    halo: int
    align: int = 1

    def __post_init__(self):
        if self.core < MULTIPLE or self.core % MULTIPLE:
            raise ValueError(
                f"`block` must be a multiple of {MULTIPLE} px, got {self.core}"
            )
        # what a block sees meets that of direct neighbours only
        least = 2 * (self.halo + self.align)
        if len(self) > 1 and self.core < least:
            raise ValueError(
                f"`block` must be at least twice the halo of {self.halo} px, got "
                f"{self.core}; choose {-(-least // MULTIPLE) * MULTIPLE}"
            )

    def __len__(self):
        """Number of blocks of a plane."""
        rows, cols = self.counts
        return rows * cols

    @property
    def counts(self):
        """Blocks below and beside each other."""
        return tuple(-(-side // self.core) for side in self.shape)

    def core_of(self, block):
        """First row and column of a block's core, and one past the last."""
        row, col = (part * self.core for part in divmod(block, self.counts[1]))
        height, width = self.shape
        return row, col, min(row + self.core, height), min(col + self.core, width)

    def outer_of(self, block):
        """What a block sees: its core and the halo, within the plane."""
        top, left, bottom, right = self.core_of(block)
        height, width = self.shape
        up, back = (
            max(n - self.halo, 0) // self.align * self.align for n in (top, left)
        )
        down, on = (
            -(-(n + self.halo) // self.align) * self.align for n in (bottom, right)
        )
        return up, back, min(down, height), min(on, width)

    def neighbours(self, block):
        """The up to 8 blocks around one, ascending."""
        n_rows, n_cols = self.counts
        row, col = divmod(block, n_cols)
        return [
            r * n_cols + c
            for r in range(max(row - 1, 0), min(row + 2, n_rows))
            for c in range(max(col - 1, 0), min(col + 2, n_cols))
            if (r, c) != (row, col)
        ]


def window(box):
    """Turn (first row, first column, stop row, stop column) into slices."""
    return slice(box[0], box[2]), slice(box[1], box[3])


def common(one, two):
    """The part of the plane that two boxes share; empty ones have no pixels."""
    top, left = max(one[0], two[0]), max(one[1], two[1])
    return top, left, max(min(one[2], two[2]), top), max(min(one[3], two[3]), left)


def inside(box, outer):
    """A box of the plane in the coordinates of `outer`."""
    return box[0] - outer[0], box[1] - outer[1], box[2] - outer[0], box[3] - outer[1]
