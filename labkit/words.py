"""Counted things in sentences."""


def counted(number, one, many=None):
    """Return a number and its noun, in the singular where it is one.

    Parameters
    ----------
    number : int
    one, many : str
        The noun for one and for several; without `many`, an "s" is added.

    Returns
    -------
    str

    Examples
    --------
    >>> counted(1, "nucleus", "nuclei"), counted(0, "nucleus", "nuclei")
    ('1 nucleus', '0 nuclei')
    >>> counted(2, "frame")
    '2 frames'
    """
    return f"{number} {one if number == 1 else many or one + 's'}"
