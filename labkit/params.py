"""Parameters that belong together: shown, changed, saved, loaded again.

Every step with more than a few parameters takes one frozen dataclass derived
from `Params`, saved as YAML beside the results so that a run can be repeated.
"""

import dataclasses
from pathlib import Path

import yaml

from .files.atomic import atomic


@dataclasses.dataclass(frozen=True)
class Params:
    """Base of all parameter dataclasses.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Blur(Params):
    ...     sigma: float = 1.0
    >>> Blur().replace(sigma=2.0)
    Blur(sigma=2.0)
    """

    def replace(self, **changes):
        """Return a copy with some values changed.

        Raises
        ------
        ValueError
            If a name is unknown; the message lists the known ones.
        """
        known = [field.name for field in dataclasses.fields(self)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no parameter {unknown}; known: {known}"
            )
        return dataclasses.replace(self, **changes)

    def save(self, path):
        """Write the values as YAML to `path` (complete or not at all)."""
        with atomic(path) as temporary:
            text = yaml.safe_dump(dataclasses.asdict(self), sort_keys=False)
            temporary.write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, path):
        """Read the values that `save` wrote; what is left out keeps its default.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not a YAML mapping or has unknown names.
        """
        try:
            values = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            raise ValueError(f"{path} is not a YAML file: {error}") from error
        if not isinstance(values, dict):
            raise ValueError(
                f"{path} must hold 'name: value' lines, got {type(values).__name__}"
            )
        return cls().replace(**values)
