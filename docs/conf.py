"""The reference: ``python -m sphinx -W docs build/docs``."""

from __future__ import annotations

from typing import Any

from taskrouter_sync import __version__


project = "taskrouter_sync"
version = release = __version__
copyright = "the authors of taskrouter_sync"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
default_role = "py:obj"
highlight_language = "python"

html_theme = "alabaster"
html_theme_options = {
    "description": "Twilio TaskRouter for Python",
    "fixed_sidebar": True,
}
html_static_path: list[str] = []

autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_type_aliases = {
    name: name for name in ("Callback", "Listener", "Params", "ResultCallback", "Value")
}
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True


def _skip(
    app: object, what: str, name: str, value: object, skip: bool, options: object
) -> bool | None:
    """Show each name once, as Python spells it; that it has two is said in words."""
    return True if name != name.lower() and what == "class" else None


def setup(app: Any) -> None:
    app.connect("autodoc-skip-member", _skip)
