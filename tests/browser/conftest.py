"""JupyterLab and Chromium, started once for all browser tests; `make browser-test` runs them."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Mark every test of this folder, so that only `-m browser` runs them."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep a picture of each page of a test that failed."""
    report = yield
    if report.failed and "chromium" in item.fixturenames:
        folder = Path("runs") / "browser"
        folder.mkdir(parents=True, exist_ok=True)
        for number, context in enumerate(item.funcargs["chromium"].contexts):
            for page in context.pages:
                page.screenshot(path=folder / f"{item.name}-{number}.png")
    return report


@pytest.fixture(scope="session")
def chromium():
    """The browser."""
    from jupyter_in_browser import CHROMIUM
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """JupyterLab in a folder of its own."""
    from jupyter_in_browser import Jupyter

    server = Jupyter(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def page(lab, chromium, request):
    """A notebook with an empty cell, whose kernel the tests of a module share."""
    from jupyter_in_browser import SETUP, run

    page = lab.open(chromium, request.module.__name__.rpartition(".")[2], SETUP, "")
    run(page)
    yield page
    page.close()


@pytest.fixture
def show(page, lab):
    """Show a new review in the notebook: `show(code)` returns the widget and the file of its decisions."""
    from jupyter_in_browser import Widget, run

    names = count()

    def new(arguments="unseen, tagger, {path!r}, order='given'", before=""):
        path = lab.folder / f"{page.url.rpartition('/')[2].partition('.')[0]}-{next(numbers)}-{next(names)}.db"
        arguments = arguments.format(path=path.name)
        code = f"{before}\nfrom shop import *\nreview = tagkit.review({arguments})\nreview"
        run(page, 1, code.lstrip())
        return Widget(page).ready(), path

    return new


numbers = count()
