"""The explorer as one file of HTML: its own script and style, and data that no markup can leave.

Data stand in script elements of a type that browsers do not run, as JSON that is compressed and
written in base64, whose letters mean nothing to HTML. The page's policy allows its own script and
style by their hashes, and nothing else: no network, no form, no script that data might hold.
"""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

import orjson

_SCRIPTS = ("data.js", "view.js", "lists.js", "respondent.js", "answers.js", "story.js", "main.js")
"""The parts of the page's script, in the order in which they run."""

_LEVEL = 6
"""How hard is compressed; 9 takes three times as long for a hundredth of the size."""


def build_page(title: str, blocks: Mapping[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    title
        What the window is called.
    blocks
        What the page's script reads, by name, as plain JSON types. Each is unpacked when it is
        needed.
    """
    style, script = _asset("style.css"), "".join(map(_asset, _SCRIPTS))
    packed = "\n".join(
        f'<script type="application/octet-stream" id="block-{escape(name)}">{_packed(value)}'
        "</script>"
        for name, value in blocks.items()
    )
    policy = (
        f"default-src 'none'; script-src '{_source(script)}'; style-src '{_source(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "title": escape(title),
        "style": style,
        "blocks": packed,
        "script": script,
    }
    text = _asset("page.html")
    for name, part in parts.items():
        before, mark, after = text.partition(f"@{name}@")
        if not mark:
            raise AssertionError(f"page.html has no place for {name}")
        text = before + part + after
    return text


def _asset(name: str) -> str:
    return files("anthology.explorer").joinpath("assets", name).read_text(encoding="utf-8")


def _packed(value: Any) -> str:
    return base64.b64encode(zlib.compress(orjson.dumps(value), _LEVEL)).decode()


def _source(content: str) -> str:
    """Return a script's or style's text as a content security policy names it."""
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
