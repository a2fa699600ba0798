"""Working a page as people without a mouse do."""

from __future__ import annotations

from playwright.sync_api import Page

_FOCUSED = (
    "() => { const e = document.activeElement; return (e.labels?.[0]?.textContent || e.textContent ||"
    " e.getAttribute('aria-label') || '').trim() }"
)


def tab_to(page: Page, name: str) -> None:
    """Walk with Tab to what is called so, and see that its focus shows. Raises AssertionError where it is not found."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED).startswith(name):
            visible = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle !== 'none'")
            assert visible, f"nobody sees that {name!r} has the focus"
            return
    raise AssertionError(f"{name!r} cannot be reached by keyboard")
