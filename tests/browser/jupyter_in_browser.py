"""What the browser tests share: a JupyterLab of their own, notebooks in Chromium, and the review widget in them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, expect

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
TOKEN = "x"
PATIENCE = 60_000
"""Milliseconds for the start of a kernel on a busy machine; a page that is there answers within `ANSWER`."""
ANSWER = 15_000

SETUP = """import os, pathlib
from shop import products, tagger
import tagkit
pathlib.Path("pid").write_text(str(os.getpid()))"""
SHOP = """
import tagkit
from tagkit.product import Product

ROWS = [
    ("红色真皮高跟鞋女新款", "细跟显瘦，通勤百搭。", ("高跟鞋", "红色", "真皮")),
    ("蓝色帆布鞋女夏季", "透气舒适，学生百搭。", ("帆布鞋", "蓝色", "夏季")),
    ("黑色真丝连衣裙", "夏季通勤，显瘦。", ("连衣裙", "黑色", "真丝")),
    ("白色运动鞋男", "跑步透气。", ("运动鞋", "白色")),
    ("红色短袖衬衫女", "百搭通勤。", ("衬衫", "红色", "短袖")),
    ("蓝色牛仔裤男", "秋季宽松。", ("牛仔裤", "蓝色")),
]
products = [
    Product(f"p{n}", title, text, category="服饰", tags=tags) for n, (title, text, tags) in enumerate(ROWS)
]
tagger = tagkit.create("lexicon", synonyms={"高跟鞋": ["细跟鞋", "high heels"]}).fit(products)
unseen = [Product(one.id, one.title, one.description, category=one.category) for one in products]
"""


class Jupyter:
    """A server of JupyterLab or of Notebook 7 in a folder of its own, with settings of its own.

    Args:
        folder: Where the notebooks are.
        app: Which of the two.
    """

    def __init__(self, folder: Path, app: Literal["lab", "notebook"] = "lab") -> None:
        self.folder, self.app = folder, app
        (folder / "shop.py").write_text(SHOP, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
        (settings / "themes.jupyterlab-settings").write_text('{"adaptive-theme": true}')
        places = {"JUPYTERLAB_SETTINGS_DIR": folder / "settings", "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces"}
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        surroundings = os.environ | {name: str(place) for name, place in places.items()} | {"PYTHONPATH": path}
        module = {"lab": "jupyterlab", "notebook": "notebook"}[app]
        options = ["--no-browser", "--allow-root", f"--port={self.port}", f"--ServerApp.token={TOKEN}"]
        with (folder / "server.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *options], cwd=folder, env=surroundings, stdout=log, stderr=log
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"Jupyter did not start:\n{(self.folder / 'server.log').read_text()[-2000:]}")

    def close(self) -> None:
        """Stop the server and its kernels."""
        self.process.send_signal(signal.SIGINT)
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def open(self, browser: Browser, name: str, *cells: str, **options: Any) -> Page:
        """Write a notebook and open it; the kernel is ready when this returns.

        Args:
            browser: The browser.
            name: The notebook, without suffix; a kernel belongs to each.
            *cells: The code of its cells.
            **options: For the page, such as `color_scheme`.
        """
        (self.folder / f"{name}.ipynb").write_text(json.dumps(notebook(cells)), encoding="utf-8")
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 1000}} | options)
        page.set_default_timeout(ANSWER)
        where = f"lab/workspaces/{name}/tree" if self.app == "lab" else "notebooks"
        page.goto(f"http://127.0.0.1:{self.port}/{where}/{name}.ipynb?token={TOKEN}")
        page.wait_for_selector(".jp-CodeCell .cm-content", timeout=PATIENCE)
        self._wait_for_kernel(f"{name}.ipynb")
        return page

    def _wait_for_kernel(self, path: str) -> None:
        address = f"http://127.0.0.1:{self.port}/api/sessions?token={TOKEN}"
        end = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < end:
            with urllib.request.urlopen(address, timeout=5) as answer:
                found = [one["kernel"] for one in json.load(answer) if one["path"] == path and one["kernel"]]
            if found and found[0]["execution_state"] == "idle" and found[0]["connections"]:
                return
            time.sleep(0.1)
        raise RuntimeError(f"the kernel of {path} did not start")


def notebook(cells: tuple[str, ...]) -> dict[str, Any]:
    """Return a notebook with these cells."""
    listed = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": code}
        for n, code in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": listed, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def run(page: Page, cell: int = 0, code: str | None = None) -> None:
    """Run a cell of a notebook as a user does: click, perhaps write other code, Shift+Enter.

    JupyterLab forgets a cell that is run while it still connects to the kernel: then it is run again.
    """
    one = page.locator(".jp-Notebook .jp-CodeCell").nth(cell)
    prompt = one.locator(".jp-InputPrompt")
    for _ in range(5):
        one.locator(".cm-content").click()
        if code is not None:
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.insert_text(code)
        before = prompt.text_content()
        page.keyboard.press("Shift+Enter")
        with suppress(AssertionError):
            expect(prompt).not_to_have_text(re.compile(rf"^({re.escape(before)}|\[ \]:)$"), timeout=1000)
            expect(prompt).to_have_text(re.compile(r"^\[\d+\]:$"), timeout=PATIENCE)
            return
    raise AssertionError(f"the cell {cell} did not run")


class Widget:
    """The review widget on a page."""

    def __init__(self, page: Page, at: int = 0) -> None:
        self.page = page
        self.root = page.locator(".tagkit-review").nth(at)
        self.tags = self.root.get_by_role("listbox", name="Suggested tags")

    def ready(self) -> Widget:
        """Wait for the first product, and set the focus on its tags."""
        self.tags.locator("li").first.wait_for(timeout=PATIENCE)
        self.tags.focus()
        return self

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def tag(self, text: str) -> Locator:
        """Return the line of a tag."""
        return self.tags.locator(f'li[data-tag="{text}"]')

    def choose(self, text: str) -> None:
        """Choose a tag with the mouse."""
        self.tag(text).click()

    def shows(self, text: str, status: str) -> None:
        """Wait until a tag is shown with a status, and as saved."""
        expect(self.tag(text)).to_have_attribute("data-status", status)
        expect(self.tag(text)).not_to_have_class("tr-saving")
        self.saved()

    def saved(self) -> None:
        """Wait until everything is shown as saved."""
        expect(self.root.locator(".tr-saved")).to_have_text("✓ saved", timeout=ANSWER)

    def product(self, text: str) -> None:
        """Wait until a product is shown."""
        expect(self.root.locator(".tr-text")).to_contain_text(text, timeout=ANSWER)

    def says(self, text: str) -> None:
        """Wait for a message."""
        expect(self.root.locator(".tr-status")).to_contain_text(text, timeout=ANSWER)

    def alerts(self, text: str) -> None:
        """Wait for what went wrong."""
        expect(self.root.locator(".tr-alert")).to_contain_text(text, timeout=ANSWER)

    def type(self, text: str) -> None:
        """Write into the field for a tag, in place of what stands there."""
        self.root.get_by_role("combobox").fill(text)
