"""The documentation: ``python -m sphinx -W docs build/docs``."""

from __future__ import annotations

from typing import Any

from taskrouter_sync import __version__


project = "taskrouter_sync"
version = release = __version__
copyright = "the authors of taskrouter_sync"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
default_role = "py:obj"
highlight_language = "default"

html_theme = "furo"
html_title = "taskrouter_sync"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_copy_source = False

autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_type_aliases = {
    name: name for name in ("Callback", "Params", "ResultCallback", "Value")
}
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True


_FOR_TESTS = ", _timing: ~taskrouter_sync.timing.Timing | None = None"

# What the package makes by itself: nobody calls their constructors.
_MADE = ("Client", "Emitter", "Page", "Resource", "Statistics")


def _skip(
    app: object, what: str, name: str, value: object, skip: bool, options: object
) -> bool | None:
    """Show each name once, as Python spells it; that it has two is said in words."""
    owner = getattr(value, "__qualname__", "").partition(".")[0]
    if name == "__new__" or (name == "__init__" and owner.startswith(_MADE)):
        return True
    return True if name != name.lower() and what == "class" else None


def _sign(
    app: object,
    what: str,
    name: str,
    value: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Leave out what is only for the tests."""
    return (signature or "").replace(_FOR_TESTS, "") or None, returns


def setup(app: Any) -> None:
    app.connect("autodoc-process-signature", _sign)
    app.connect("autodoc-skip-member", _skip)
