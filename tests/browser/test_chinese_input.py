"""Chinese is typed with an input method, whose Enter chooses a candidate and must not save a tag."""

from __future__ import annotations

from playwright.sync_api import expect
from test_decisions import decided


def compose(page, pinyin):
    """Begin a composition as an input method does."""
    client = page.context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": pinyin, "selectionStart": len(pinyin), "selectionEnd": len(pinyin)})
    return client


def test_enter_during_a_composition_saves_nothing(show):
    widget, path = show()
    widget.press("t")
    field = widget.root.get_by_role("combobox")
    client = compose(widget.page, "jiuhongse")
    expect(field).to_have_value("jiuhongse")
    events = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    client.send("Input.dispatchKeyEvent", {"type": "keyDown", **events})
    widget.press("Enter", "Escape", "ArrowDown")
    expect(field).to_be_visible()
    assert decided(path) == (set(), set(), "open")
    field.focus()


def test_what_was_composed_is_completed_and_saved(show):
    widget, path = show()
    widget.press("t")
    client = compose(widget.page, "niuzai")
    client.send("Input.insertText", {"text": "牛仔"})
    widget.root.get_by_role("option", name="牛仔裤").wait_for()
    client = compose(widget.page, "xie")
    widget.press("Enter")
    assert decided(path)[0] == set()
    client.send("Input.insertText", {"text": "鞋"})
    widget.press("Enter")
    widget.shows("牛仔鞋", "added")
    assert decided(path)[0] == {"牛仔鞋"}


def test_keys_of_an_input_method_decide_nothing(show):
    widget, path = show()
    widget.tags.focus()
    client = widget.page.context.new_cdp_session(widget.page)
    composing = {"key": "Process", "code": "KeyA", "windowsVirtualKeyCode": 229}
    client.send("Input.dispatchKeyEvent", {"type": "keyDown"} | composing)
    client.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": "a", "code": "KeyA", "windowsVirtualKeyCode": 65})
    widget.saved()
    assert decided(path) == (set(), set(), "open")
