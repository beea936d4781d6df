"""What a reader moves: sliders that choose among pictures, and questions to answer before a cell is run.

Each shows itself twice: live, and as a still for pages that no kernel stands behind. Where the live one appears, it
hides the still.
"""

from lib.widgets.explorer import Explorer, explore, freezing_explorer
from lib.widgets.questions import Prediction, predict
from lib.widgets.shown import Shown

__all__ = ["Explorer", "Prediction", "Shown", "explore", "freezing_explorer", "predict"]
