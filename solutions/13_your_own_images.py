# %% [markdown]
# # 13 · Your own images
#
# Twelve lessons have taken the pieces apart. This page puts them to work on pictures that nobody has prepared for
# you: a folder for each class goes in; a model that you can use, and a page that tells the truth about it, come out.
#
# **At the end of this page you have**
#
# 1. seen what a folder of real files hides, and what becomes of each fault;
# 2. a network fine-tuned on a folder, calibrated, tested and exported as one file;
# 3. replaced our folder by yours.
#
# About half an hour, most of it yours. Nothing is to be written here but the path to your pictures.

# %% setup=true
import tempfile
from pathlib import Path

import torch
from torchvision.transforms.v2.functional import to_pil_image

from lib import plots
from lib.datasets import load_task
from lib.export import predict_onnx
from lib.history_picture import history_picture
from lib.image_folder import read_picture, survey
from lib.own_images import fine_tune_folder

# %% [markdown]
# ## A folder as people keep it
#
# So that the page runs before you have collected anything, it makes a folder first: three kinds of the course's drawn
# blood cells (lesson 9), saved as files. Then it does to it what time does to every folder. A download was cut off,
# notes lie among the pictures, one picture is there twice, one stands in two classes, and a class was begun and never
# filled.

# %%
folder = Path(tempfile.mkdtemp()) / "cells"
cells = load_task("blood-cells")
chosen = {name: cells.classes.index(name) for name in ("eosinophil", "lymphocyte", "platelets")}
for name, label in chosen.items():
    (folder / name).mkdir(parents=True)
    for number, pixels in enumerate(cells.train.images[cells.train.labels == label][:30]):
        to_pil_image(pixels).save(folder / name / f"{number:02}.png")

whole = (folder / "platelets" / "00.png").read_bytes()
(folder / "platelets" / "download.png").write_bytes(whole[: len(whole) // 2])
(folder / "platelets" / "notes.txt").write_text("ask for more of these")
(folder / "platelets" / "copy of 01.png").write_bytes((folder / "platelets" / "01.png").read_bytes())
(folder / "lymphocyte" / "unsure.png").write_bytes((folder / "eosinophil" / "07.png").read_bytes())
(folder / "monocyte").mkdir()
print(*sorted(place.name for place in folder.iterdir()), sep=", ")

# %% [markdown]
# `survey` opens every file before anything is learnt. Nothing of what it finds stops it, and nothing goes in unsaid.
# It compares pixels, not names: a copy that was saved under another name or in another format is still a duplicate.
# That matters more than it seems. A picture that is in the training images *and* in the test images is answered from
# memory, and the accuracy that you report is too good.

# %%
found = survey(folder)
print(f"{len(found.files)} pictures in {len(found.classes)} classes: {', '.join(found.classes)}")
print(*found.findings, sep="\n")

# %%
first = {name: [path for path in found.files if path.parent.name == name][:6] for name in found.classes}
plots.image_rows(
    {name: torch.stack([read_picture(path) for path in paths]) for name, paths in first.items()},
    "What is left, six of each",
)

# %% [markdown]
# ## One call
#
# `fine_tune_folder` looks the folder over in the same way, and then does what the lessons have done: it takes a fifth
# of each class for the test and a fifth for validation, which are held out, puts a new head on the pre-trained
# backbone (lesson 3), trains the head and the last stage, then everything at a lower rate (lesson 8), keeps the
# weights that validate best, fits a temperature so that the confidence means something (lesson 8), tests once, and
# exports.

# %%
result = fine_tune_folder(folder)
low, high = (100 * end for end in result.interval)
print(f"{100 * result.accuracy:.0f} % of the test pictures, with an interval from {low:.0f} to {high:.0f} %")
print(f"temperature {result.temperature:.2f}; files:", *sorted(path.name for path in result.model.parent.iterdir()))

# %% [markdown]
# Look at the interval before the number. So few test pictures cannot say more, and no other model would change that:
# more test pictures do.

# %%
history_picture(result.history)

# %% [markdown]
# ## The page
#
# The report is one file, with no script in it and nothing from elsewhere: you can send it to somebody. It lists what
# was amiss, shows in a confusion table what is taken for what, and puts the surest mistakes first: there a wrong
# label shows soonest.

# %%
result

# %% [markdown]
# ## The model at work
#
# The exported file knows the names of the classes, how pictures are to be prepared, and the temperature, and any
# program that reads ONNX can run it. Here it gets six pictures of each class that it has not learnt from:

# %%
rows = {}
for name, label in chosen.items():
    unseen = cells.test.images[cells.test.labels == label][:6]
    right = sum(said == name for said, _ in predict_onnx(result.model, unseen))
    rows[f"{name}: {right} of {len(unseen)} named rightly"] = unseen
plots.image_rows(rows, "Cells from elsewhere, and what the file says")

# %% [markdown]
# ## Now yours
#
# Collect a folder for each class, twenty pictures or more in each, taken as the ones will be on which you want to use
# the model. Put its path here and run the cell. With a network connection, `backbone="resnet50"` takes weights that
# have seen more than a million photographs, at their own size; for photographs, that is worth the download.

# %%
mine = ""  # for example "/home/me/pictures/leaves"
if mine:
    print(fine_tune_folder(mine))
else:
    print("Your folder's path is still missing.")

# %% [markdown]
# **What to remember**
#
# - Look at the data before the model: copies, wrong labels and empty classes cost more than any choice of rate.
# - Test on pictures that nothing was chosen by, and say how far the number would move with others.
# - What you hand over is more than weights: names, preparation and temperature go along.
#
# **Words.** *Confusion table*: how many of each class were given each name. *Duplicate*: the same pixels in two
# files. *Held out*: kept aside, so that neither training nor any choice has seen it.
#
# **Sources**
#
# - C. Guo et al., On calibration of modern neural networks, ICML 2017.
# - E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
#   Statistical Association 22, 1927.
