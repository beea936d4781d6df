"""What every widget of the course is: something live that has a still for pages without a kernel."""

import html
import json
from typing import Any

import ipywidgets
from IPython.display import HTML, display

_VIEW = "application/vnd.jupyter.widget-view+json"
# ipywidgets gives its sliders and groups of radio buttons no accessible name. An image that fails to load can do it.
_NAMING = (
    "const names = JSON.parse(this.dataset.names);"
    "this.closest('.widget-box').querySelectorAll('[role=slider], .widget-radio-box').forEach((control, i) => {"
    " control.ariaLabel = names[i]; control.role = control.role || 'radiogroup' })"
)
WIDE = {"width": "560px", "max_width": "100%"}  # the layout of a control


class Shown:
    """Something live: `widget` where there is a kernel, `still()` as HTML and `repr()` where there is none."""

    widget: ipywidgets.Widget

    def still(self) -> str:
        """HTML that says the same without a kernel."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {_VIEW: view, "text/html": self.still(), "text/plain": repr(self)}

    def _ipython_display_(self) -> None:
        """Two outputs, for one that holds both would leave a page with the widget's state but no network empty."""
        bundle = self._repr_mimebundle_()
        display({_VIEW: bundle[_VIEW], "text/html": "", "text/plain": repr(self)}, raw=True)
        display(HTML(f'<div class="{self._still_class()}">{self.still()}</div>'))

    def _still_class(self) -> str:
        return f"still-{self.widget.model_id}"

    def _beside_live(self, *names: str) -> ipywidgets.Widget:
        """What the live one brings along: it hides the still, and names the controls, in order, for screen readers."""
        style = f"<style>.{self._still_class()} {{ display: none }}</style>"
        data = html.escape(json.dumps(names, ensure_ascii=False))
        naming = f'<img hidden alt="" src="data:," data-names="{data}" onerror="{_NAMING}">'
        return ipywidgets.HTML(style + naming)
