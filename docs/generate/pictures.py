"""Photograph the review widget in JupyterLab for README and documentation: python docs/generate/pictures.py."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "browser"))
from jupyter_in_browser import CHROMIUM, Jupyter, Widget, run  # noqa: E402

IMAGES = ROOT / "docs" / "images"
CODE = """import tagkit
data = tagkit.load_data("catalogue")
tagkit.review(data.dev, tagkit.default_tagger("lexicon"))"""


def main() -> None:
    """Write docs/images/review-light.png and review-dark.png."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        server = Jupyter(Path(folder))
        try:
            for scheme in ("light", "dark"):
                code = CODE if scheme == "light" else CODE.replace('"lexicon")', '"lexicon"), "dark.db"')
                page = server.open(browser, scheme, code, color_scheme=scheme, viewport={"width": 1120, "height": 900})
                run(page)
                widget = Widget(page).ready()
                widget.press("a", "a", "a", "r")
                widget.saved()
                page.wait_for_timeout(300)
                cell = page.locator(".jp-CodeCell").first.bounding_box()
                end = widget.root.bounding_box()
                clip = {"x": cell["x"], "y": cell["y"], "width": cell["width"]}
                clip["height"] = end["y"] + end["height"] - cell["y"] + 6
                page.screenshot(path=IMAGES / f"review-{scheme}.png", clip=clip)
                page.close()
        finally:
            server.close()
            browser.close()


if __name__ == "__main__":
    main()
