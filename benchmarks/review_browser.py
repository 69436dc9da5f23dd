"""Time the review widget with 50,000 products in JupyterLab and Chromium: python benchmarks/review_browser.py."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "tests" / "browser"))
import results_file
from jupyter_in_browser import CHROMIUM, Jupyter, Widget, run

PRODUCTS = 50_000
STEPS = 30
MAKE = f"""from shop import ROWS, tagger
import tagkit
import tagkit.reviewing.widget
from tagkit.product import Product
products = [Product(f"p{{n}}", f"{{ROWS[n % 6][0]}} {{n}}", ROWS[n % 6][1]) for n in range({PRODUCTS})]
tagger.predict(products[:8]);"""
CLOCK = """
(key) => {
  window.took = undefined;
  const title = () => document.querySelector(".tagkit-review .tr-title")?.textContent;
  const before = title();
  const onKey = (event) => {
    if (event.key !== key) return;
    document.removeEventListener("keydown", onKey, true);
    const start = performance.now();
    const look = () => title() && title() !== before
      ? requestAnimationFrame(() => { window.took = performance.now() - start; })
      : requestAnimationFrame(look);
    look();
  };
  document.addEventListener("keydown", onKey, true);
}
"""


def took(page: Page) -> float:
    """Return the milliseconds from the key to the frame in which another product was shown."""
    return page.wait_for_function("window.took", timeout=60_000).json_value()


def opened(page: Page, cell: int, options: str) -> float:
    """Return how long it takes from Shift+Enter to the first product, in seconds."""
    page.evaluate("document.querySelectorAll('.tagkit-review').forEach((one) => one.remove())")
    page.evaluate(CLOCK, "Enter")
    run(page, cell, f"review = tagkit.review(products, tagger, {options})\nreview")
    return took(page) / 1000


def main() -> None:
    """Measure and write `review_browser.json`."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        server = Jupyter(Path(folder))
        try:
            page = server.open(browser, "speed", MAKE, "")
            run(page)
            figures["a new file, in the order given (s)"] = round(opened(page, 1, "'a.db', order='given'"), 2)
            figures["a new file, in the default order (s)"] = round(opened(page, 1, "'b.db'"), 2)
            figures["the same file again (s)"] = round(opened(page, 1, "'b.db'"), 2)
            widget = Widget(page).ready()
            for name, key in (("next product (ms)", "n"), ("accept all and next product (ms)", "Enter")):
                times = []
                for _ in range(STEPS):
                    page.wait_for_timeout(100)
                    page.evaluate(CLOCK, key)
                    widget.press(key)
                    times.append(took(page))
                figures[f"{name}, median"] = round(statistics.median(times))
                figures[f"{name}, slowest of {STEPS}"] = round(max(times))
        finally:
            server.close()
            browser.close()
    figures["load average of the machine"] = round(os.getloadavg()[0], 1)
    note = f"{PRODUCTS:,} products; from the key to the frame that shows the product, in JupyterLab and Chromium."
    results_file.write("review_browser", figures, note=note)


if __name__ == "__main__":
    main()
