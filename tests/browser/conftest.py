"""One JupyterLab and one browser for all browser tests."""

import pytest


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A `Lab`; skips, with the reason, where there is no browser."""
    pytest.importorskip("playwright.sync_api")
    from lab import Lab, NoBrowser

    try:
        opened = Lab(tmp_path_factory.mktemp("lab"))
    except NoBrowser as error:
        pytest.skip(f"no browser: {error}")
    yield opened
    opened.close()
