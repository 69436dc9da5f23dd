"""Hooks of mkdocs: add the generated pages and the notebooks to the site, and to its navigation."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import chinese
import pages
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

ROOT = pages.ROOT
CHINESE = "zh/"


@cache
def generated() -> dict[str, str]:
    """Return the text of each generated page by its path."""
    return dict(pages.all_pages())


def on_config(config: Any) -> Any:
    """Replace each folder in the navigation by its pages, the index first."""
    config.nav = [_expanded(entry) for entry in config.nav]
    return config


@event_priority(100)
def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages, and the notebooks, which lie beside the folder of the documentation."""
    for path, text in generated().items():
        files.append(File.generated(config, path, content=text))
    for path in _notebooks():
        files.append(File(path, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, page: Any, **context: Any) -> str:
    """Put the table of layers where a page asks for it, and join the lines of Chinese paragraphs."""
    if page.file.src_uri.startswith(CHINESE):
        markdown = chinese.joined(markdown)
    return markdown.replace("<!-- layers -->", pages.layers())


def on_page_content(html: str, page: Any, **context: Any) -> str:
    """Let the links of a notebook, which are those of the repository, lead to pages of the site."""
    if page.file.src_uri.startswith("notebooks/"):
        html = re.sub(r'href="([\w-]+)\.ipynb"', r'href="../\1/"', html)
        html = re.sub(r'href="\.\./docs/([\w/-]+)\.md"', r'href="../../\1/"', html)
        html = re.sub(r'src="\.\./docs/(images/[\w.-]+)"', r'src="../../\1"', html)
    return html


def on_post_page(output: str, page: Any, **context: Any) -> str:
    """Say of Chinese pages that they are Chinese, for readers of the screen and for fonts."""
    return output.replace('<html lang="en"', '<html lang="zh"', 1) if page.file.src_uri.startswith(CHINESE) else output


def _expanded(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {title: _expanded(value) for title, value in entry.items()}
    if isinstance(entry, list):
        return [_expanded(value) for value in entry]
    return _pages_of(entry) if entry.endswith("/") else entry


def _pages_of(folder: str) -> list[str]:
    written = [path.relative_to(ROOT / "docs").as_posix() for path in sorted((ROOT / "docs" / folder).rglob("*.md"))]
    found = [path for path in [*written, *generated(), *_notebooks()] if path.startswith(folder)]
    return sorted(found, key=lambda path: (not path.endswith("index.md"), path))


def _notebooks() -> list[str]:
    return [Path(path).relative_to(ROOT).as_posix() for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
