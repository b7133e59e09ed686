"""One JupyterLab and one browser for all browser tests."""

import pytest


def pytest_collection_modifyitems(items):
    """A browser test that fails has one more try: a page is not ours alone.

    What needed it is counted as "rerun" and listed at the end.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


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
