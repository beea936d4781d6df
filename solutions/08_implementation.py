# %% [markdown]
# # 8 · Implementation in PyTorch
#
# The parts are all there: a head, frozen stages, rates, views. What is missing is the thing that holds them together:
# a run that you can watch, stop, go on with, and trust. This lesson takes one apart, has you write its pieces, and ends
# with a file that knows nothing of PyTorch and reads a picture of yours.
#
# **At the end of this lesson you can**
#
# 1. write the loop: an epoch, its averages, when to stop, and which weights to keep;
# 2. write the bones of a run in two phases, and say what a checkpoint holds so that a stopped run ends the same;
# 3. export the network as one ONNX file, prove that it gives the same numbers, and use it.
#
# About four hours, two and a half of them at the keyboard. You need to have seen a training loop, and what
# [lesson 4](../04_fine_tuning_strategies/04_fine_tuning_strategies.ipynb) says of frozen stages and
# [lesson 5](../05_learning_rates/05_learning_rates.ipynb) of rates; nothing that you solved there.

# %% setup=true
import copy
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import onnxruntime
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.check import check
from autograder.progress import progress, reveal
from lib import calibration, comparison, epochs, export, inference, pipeline, plots, settings, training, widgets
from lib.augmentation_picture import gains_picture
from lib.backbones import preprocessing
from lib.datasets import load_task
from lib.epochs import Batches, Scores, evaluate, train_one_epoch
from lib.export import ExportError
from lib.features import extract_features
from lib.files import write_whole
from lib.full_scale import at_full_scale
from lib.history_picture import history_picture
from lib.inference import Picture, Preparation, image_batches
from lib.learning_rates import cosine_with_warmup, parameter_groups
from lib.phases import Row, Schedule, copy_of_weights, fine_tune_two_phase, open_phase
from lib.pipeline_trials import new_network, pipeline_trial
from lib.plan import Plan, gradual, two_phases
from lib.progress import Progress
from lib.results import mean_and_interval, recorded
from lib.run_picture import run_picture
from lib.stages import stages
from lib.widgets.picture_drop import picture_drop

# %% [markdown]
# ## The problem
#
# Ten handwritten digits on photographs, ten labelled images of each. So far:

# %%
curve, measured = recorded("images_per_class"), recorded("lesson08_parts")
known = {
    name: mean_and_interval(curve.values("accuracy", technique=name, images_per_class=10))
    for name in ("scratch", "frozen", "fine-tuned")
}
plots.where_we_are(known | {"two phases": None}, "Where we are: ten images a class", chance=0.1)

# %% [markdown]
# A run of fifteen epochs takes seconds here. On a large task it takes days, and in days a machine is switched off, a
# quota ends, somebody trips over a cable. So the question before all others: what is a run worth that was interrupted?
#
# ### Before you go on: predict
#
# We run it once in one piece. Then once more, and pull the plug in the middle of its second phase. A new network, with
# other weights, takes up what was left on the disk and trains to the end.

# %%
guess_resumed = widgets.predict(
    "The weights of the resumed run, beside those of the whole one:",
    ["equal to the bit", "equal to about six digits", "different, but about as good"],
    key="8 resumed",
)
guess_resumed

# %%
task = load_task("digits-on-photographs")
few, prepare = task.train.few(10, seed=0), preprocessing("resnet10")
plan = Plan(two_phases(first=5, second=10))
model = new_network(10, seed=0)
history = pipeline.fine_tune(model, few, task.validation, plan, prepare=prepare, report=Progress(plan))
test, test_labels = comparison.prepared(task.test), task.test.labels.to(settings.device())
reached = training.accuracy(model, test, test_labels)
print(f"on the test images: {reached:.1%}")

# %%
history_picture(history, "One run: what happened in which phase?")

# %% [markdown]
# Now with the plug pulled: `report` is called after each epoch, when that epoch has been written.

# %%
folder = Path(tempfile.mkdtemp())


def pull_the_plug(epoch):
    if (epoch.phase, epoch.epoch) == (1, 3):
        raise InterruptedError(f"stopped in phase {epoch.phase + 1}, after its epoch {epoch.epoch + 1}")


run = partial(pipeline.fine_tune, train=few, validation=task.validation, plan=plan, prepare=prepare)
try:
    run(new_network(10, seed=0), checkpoint=folder / "run.pt", report=pull_the_plug)
except InterruptedError as stop:
    print(f"{stop}; left on the disk: {(folder / 'run.pt').stat().st_size / 1e6:.0f} MB")
resumed = new_network(10, seed=99)
again = run(resumed, checkpoint=folder / "run.pt")
weights = zip(model.state_dict().values(), resumed.state_dict().values(), strict=True)
furthest = max((one - other).abs().max().item() for one, other in weights)
print(f"{len(again.epochs)} epochs in the history; the weight that is furthest off, by {furthest:g}")

# %%
nearly = "equal to about six digits" if furthest < 1e-5 else "different, but about as good"
guess_resumed.beside("equal to the bit" if furthest == 0 else nearly)

# %% [markdown]
# On a CPU nothing is off. That needs more than the weights: the optimiser's moments, the schedule's step, the best
# weights so far and their score, how long ago that was, and the order of the images. The order is the one that listings
# forget. Ours follows from a seed, the phase and the epoch, so nothing has to be remembered.
#
# ## 1 An epoch, and its average
#
# The loss of an epoch is a mean over **samples**. A loop, though, gets a mean from each **batch**, and the last batch
# is seldom full:
#
# $$L = \frac{1}{N} \sum_{b=1}^{B} n_b\, L_b \qquad\text{and not}\qquad \frac{1}{B} \sum_{b=1}^{B} L_b.$$
#
# | symbol | what it is |
# |---|---|
# | $N$ | all samples |
# | $B$ | the number of batches |
# | $n_b$ | the samples in batch $b$ |
# | $L_b$ | the mean loss, or the accuracy, of batch $b$ |
#
# The same in code, with a last batch of two:

# %%
n, L = torch.tensor([8.0, 8.0, 2.0]), torch.tensor([0.5, 0.5, 2.0])
N, B = n.sum(), len(n)
print(f"over samples {(n * L).sum() / N:.3f}")
print(f"over batches {L.sum() / B:.3f}")

# %% [markdown]
# ### Break it: a mean of means
#
# The same network, the same validation images, in two hundred orders. The true accuracy does not know of any order.
# How far from it may a mean of batch means lie?

# %%
inputs, answers = comparison.prepared(task.validation), task.validation.labels.to(settings.device())
right = (extract_features(model, inputs).argmax(1) == answers).float().cpu()
true = right.mean().item()


def furthest_off(batch_size):
    """The largest error of a mean of batch means over two hundred orders of the images, in points."""
    orders = (torch.randperm(len(right), generator=settings.generator(seed)) for seed in range(200))
    means = (torch.stack([part.mean() for part in right[order].split(batch_size)]).mean().item() for order in orders)
    return max(100 * abs(mean - true) for mean in means)


sizes = {f"{size} a batch, {len(right) % size or size} in the last": size for size in (50, 60, 64, 66, 99)}
errors = {words: furthest_off(size) for words, size in sizes.items()}
print(f"{len(right)} images, {true:.1%} of them right")
plots.bars(errors, "How far off may a mean of means be?", x="points of accuracy", form=".1f")

# %% [markdown]
# Where the last batch is full, the two are the same. Where it holds two images, one wrong digit counts as much as
# dozens elsewhere. Early stopping and "keep the best" would then follow the luck of the last batch.

# %% [markdown] about="evaluate"
# ### Exercise: `evaluate`
#
# You will call it after every epoch of your life, so it should be right about modes, gradients and averages.

# %% exercise="evaluate"

# %% check="evaluate"

# %% [markdown]
# Training adds an order of things. One pair is easily swapped, and one habit costs time.
#
# **Clip after unscaling.** In half precision (Micikevicius et al., 2018) small gradients would become zero, so the loss
# is multiplied by a large number first, and the gradients are divided by it before the step. Whoever clips *before*
# that division clips a giant. What is left of a gradient whose norm was small enough?

# %%
gradient, scale = torch.tensor([0.03, 0.04]), 2.0**16


def clipped(vector, most=1.0):
    return vector * min(1.0, most / vector.norm().item())


print(f"unscaled, then clipped: {clipped(scale * gradient / scale).norm():.2g}")
print(f"clipped, then unscaled: {(clipped(scale * gradient) / scale).norm():.2g}")

# %% [markdown]
# **Do not look at the loss in the loop.** `loss.item()` makes the processor wait for the GPU at each step. Collect the
# tensors, detached, and read them when the epoch is over.

# %% [markdown] about="train_one_epoch"
# ### Exercise: `train_one_epoch`
#
# A few lines in the right order. `model.train()` is the model's own, so that norms that were pinned stay pinned.

# %% exercise="train_one_epoch"

# %% check="train_one_epoch"

# %% [markdown]
# ## 2 Which epoch to keep
#
# The last epoch is not the best one by any law. Keep the weights of the epoch that validated best, and stop when
# nothing better came for a while: **early stopping** (Prechelt, 1998), with a **patience** of so many epochs.
#
# Move through the run from above. At each epoch, which weights would you be left with?

# %%
rows = [(epoch.phase, epoch.train_loss, epoch.validation_accuracy) for epoch in history.epochs]
rates = [epoch.rate for epoch in history.epochs]
widgets.explore({n: run_picture(rows, n, rate=rates) for n in range(1, len(rows) + 1, 2)}, "epoch", start=9)

# %% [markdown]
# Towards the end of a phase the rates are near zero and little moves. Would an earlier end have left the same weights?

# %%
scores = [accuracy for phase, _, accuracy in rows if phase == 1]
for patience in (1, 2, 3, 5):
    stopping = epochs.EarlyStopping(patience)
    made = next((n for n, score in enumerate(scores, start=1) if stopping.step(score)), len(scores))
    print(f"patience {patience}: {made} of {len(scores)} epochs of phase 2, best {stopping.best:.1%}")

# %% [markdown]
# Where the best is the same, so are the weights: those of the best epoch are kept, whatever is run after it.
# Too little patience ends at the first stumble. How much is enough is a guess, for nobody knows what would have come.
#
# **Find the mistake.** Many a listing keeps its best weights with this line: `best = model.state_dict()`.

# %%
layer = nn.Linear(2, 2, bias=False)
layer.load_state_dict({"weight": torch.eye(2)})
best, copied = layer.state_dict(), copy_of_weights(layer)
with torch.no_grad():
    layer.weight -= 0.5  # the epochs after the best one
print("kept by state_dict():", best["weight"].tolist())
print("kept as copies:      ", copied["weight"].tolist())

# %% [markdown]
# A state dictionary holds the weights themselves. They go on learning, and "the best" are the last ones by another
# name. Nothing fails, nothing warns.

# %% [markdown] about="EarlyStopping"
# ### Exercise: `EarlyStopping`
#
# It counts, and nothing else: who copies the weights is somebody else's business. Its state goes into the checkpoint,
# or a resumed run would be more patient than a whole one.

# %% exercise="EarlyStopping"

# %% check="EarlyStopping"

# %% [markdown]
# ## 3 Two phases
#
# A new head is random, and what it sends back through the network at first is noise (lesson 4). So:
#
# | what | phase 1 | phase 2 |
# |---|---|---|
# | learns | the head and the stage below it | every stage |
# | the head's rate | $\eta$ = `rate` | $\eta / 10$ |
# | a stage's rate | $\alpha$ = `decay` times the next one's | the same |
# | begins at | pre-trained weights | the best of phase 1 |
# | optimiser, schedule | new | new |
#
# Text and pictures count phases from 1; code, and the notes that it writes, count from 0. The usual listing is short.
# What it leaves out is what runs are made of:
#
# | part | what happens without it |
# |---|---|
# | norms keep their statistics (lesson 4) | "frozen" stages change with every batch |
# | best weights put back before phase 2 | phase 2 begins where phase 1 ended, not where it was best |
# | best weights as copies | they are the last ones |
# | means over samples | the score depends on the last batch |
# | a checkpoint of everything | an interrupted run is lost, or another run |
# | early stopping | epochs that bring nothing |
# | workers with seeds of their own | all draw the same views, or other ones each time (`lib.loading`) |
# | mixed precision, scaler and clipping in order | more time and memory on a GPU, or clipped giants |
# | progress and a picture of the run | you see it when it is over |
#
# Nearly all of them are in `lib.pipeline` and the pages that it names; read it. What the run did is in its notes:

# %%
for note in history.notes:
    print(note)

# %% [markdown]
# In the first phase the frozen stages give the same numbers for the same image in every epoch. So they are computed
# once. In the second nothing is frozen.
#
# **Gradual unfreezing inside the same loop.** Two phases are a list of two. Another list, the same loop: the head alone
# first, then a stage more in each phase (Howard and Ruder, 2018).

# %%
step_by_step = Plan(gradual(depth=len(stages(model)), epochs=3, rate=1e-3))
by_steps = new_network(10, seed=0)
gradually = pipeline.fine_tune(by_steps, few, task.validation, step_by_step, prepare=prepare)
print(f"on the test images: {training.accuracy(by_steps, test, test_labels):.1%}")
history_picture(gradually, "Gradual unfreezing: the same loop, a longer list")

# %% [markdown] about="fine_tune_two_phase"
# ### Exercise: `fine_tune_two_phase`
#
# The bones of the run, with the epoch left to whoever calls it. The setup cell has imported what earlier lessons had
# you write: `open_phase` freezes what a phase leaves alone and pins the norms, `two_phases` says what the phases are,
# `parameter_groups` and `cosine_with_warmup` are those of lesson 5, and `copy_of_weights` copies.

# %% exercise="fine_tune_two_phase"

# %% check="fine_tune_two_phase"

# %% [markdown]
# ### Your own run
#
# Three exercises together are a pipeline: here is yours, on the real task. The network that comes out of it is what the
# rest of the lesson exports. (Where one of the three is still to be written, the run from above stands in.)

# %%
smoothed, order = partial(F.cross_entropy, label_smoothing=0.1), settings.generator(0)
images, labels = comparison.prepared(few), few.labels.to(settings.device())
network, mine = model, new_network(10, seed=0)


def train(optimiser, schedule):
    batches = epochs.shuffled_batches(images, labels, 32, generator=order)
    return train_one_epoch(mine, batches, optimiser, criterion=smoothed, schedule=schedule)


try:
    rows = fine_tune_two_phase(mine, train, lambda: evaluate(mine, [(inputs, answers)]).accuracy, steps=4, patience=5)
    network = mine
except NotImplementedError:
    print("Yours is not there yet: this is the run from above.")
print(f"on the test images: {training.accuracy(network, test, test_labels):.1%}")
run_picture(rows, len(rows), title="Your run: which weights were kept?")

# %% [markdown]
# ## 4 What each part brings: measured
#
# So many parts. Leave out one at a time, and let the rest be as it was: how much does it cost?
#
# ### Before you go on: predict

# %%
guess_part = widgets.predict(
    "Which run loses most against the whole, so that five seeds can tell it from chance?",
    [
        "no frozen norms",
        "no rates by stage",
        "no best weights",
        "no label smoothing",
        "no clipping",
        "one phase",
        "none of them",
    ],
    key="8 part",
)
guess_part

# %% [markdown]
# Ten images a class, fifteen epochs, five seeds, recorded by `python -m benchmarks.lesson08`. Runs of one seed share
# their images, first head and order, so each point is a difference within a seed. "One phase" is every stage from the
# first epoch on, at the rate that a new head needs. The star is measured now.

# %%
alone = pipeline_trial(task, 10, 0, "one phase")
gains_picture(
    measured,
    "What does the run gain when a part is left out?",
    live={"one phase": alone.accuracy - reached},
    column="part",
    over="the whole",
)

# %%
whole, told_apart = measured.values("accuracy", part="the whole"), []
print("left out           test accuracy  gain (points)")
for part in measured.distinct("part"):
    scores = measured.values("accuracy", part=part)
    mean, half = mean_and_interval(scores)
    gain, about = mean_and_interval([score - other for score, other in zip(scores, whole, strict=True)])
    print(f"{part:<18} {100 * mean:.1f} ± {100 * half:.1f} %  {100 * gain:+.1f} ± {100 * about:.1f}")
    told_apart += [part] * (abs(gain) > about)
print("outside their interval:", ", ".join(map(str, told_apart)) or "none")

# %%
guess_part.beside("none of them" if not told_apart else ", ".join(map(str, told_apart)))

# %% [markdown]
# Every interval holds zero. Not one of these parts can be told from chance here, and that is worth knowing: a recipe is
# mostly habit until somebody measures it. It does not say that they do nothing. Five seeds of a hundred images find
# what is worth several points, not what is worth half a one.
#
# Why keep them, then? Some cost nothing and guard against a rare disaster: clipping, a loss that explodes; copies, a
# validation curve that falls late. Others are not about accuracy at all. Resuming is about days of work.

# %% [markdown]
# The same from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it has to download.


# %%
def from_above(task, backbone):
    """The whole run and two that lack a part, on ten images a class of another task, from another network's weights."""
    for part in ("the whole", "no frozen norms", "one phase"):
        yield f"{part:16} test {pipeline_trial(task, 10, 0, part, backbone=backbone).accuracy:.1%}"


for line in at_full_scale(from_above):
    print(line)

# %% [markdown]
# > **At full scale.** Kumar et al. (2022) train the head first and everything after it, and compare that with
# > everything at once on ten distribution shifts: 1 % better on the distribution that they train on, 10 % on the
# > shifted ones. Their first phase runs until the head is as good as it gets; ours is five epochs, with the last stage
# > beside it.
#
# ## 5 Out of PyTorch: one file
#
# **ONNX** is an open format for networks. Runtimes for servers, phones and browsers read it. Three things go wrong on
# the way, and none of them says so:
#
# 1. the numbers differ: the network was exported in training mode;
# 2. the file takes batches of one size alone: the one that it was exported with;
# 3. the file is two files, and the second, with the weights, stays behind.
#
# So an export is not done when a file is there. It is done when the file, *run on two batch sizes*, has given PyTorch's
# numbers. Then the file is to say what it expects: which mean and standard deviation, which classes in which order.
#
# And how sure is it? A confidence should hold: of ten images that are classified with a confidence of eight tenths,
# eight should be right. **Temperature scaling** (Guo et al., 2017) divides the scores by one number $T$, fitted on
# images that the network did not learn from. We have none but the validation images, and they chose the epoch.

# %%
logits = extract_features(network, inputs)
temperature = calibration.fit_temperature(logits, answers)
print(f"temperature {temperature:.2f}")
for T in (1.0, temperature):
    confidence, found = (extract_features(network, test) / T).softmax(1).max(1)
    error = calibration.expected_calibration_error(confidence, found == test_labels)
    said = f"T = {T:.2f}: mean confidence {confidence.mean():.1%}, calibration error {error:.3f}"
    print(said, f"({(found == test_labels).float().mean():.1%} are right)")

# %% [markdown]
# A temperature below one makes the network surer than it was: label smoothing had asked it never to be sure. The error
# is smaller, and the confidence now too high. On the validation images the network is right more often than on the
# test images; what was fitted to the one is too kind for the other.

# %%
file = folder / "digits.onnx"
export.export_onnx(network, file, prepare(few.images[:4]), export.model_facts(task.classes, prepare, temperature))
print([one.name for one in folder.iterdir() if "onnx" in one.name], f"{file.stat().st_size / 1e6:.0f} MB")
for count in (1, 7):
    by_torch = inference.predict(network, task.test.images[:count], task.classes, prepare, temperature=temperature)
    by_file = export.predict_onnx(file, task.test.images[:count])
    gap = max(abs(one[1] - other[1]) for one, other in zip(by_torch, by_file, strict=True))
    alike = [name for name, _ in by_torch] == [name for name, _ in by_file]
    print(f"{count} at once: same classes {alike}, confidences within {max(gap, 1e-6):.0e}")

# %% [markdown]
# ### Break it: a size that the code fixes
#
# This network gives ten scores for each of four images, and exports. For any other number it gives nonsense. Tried on
# a second batch size, it is found out, and nothing is written:


# %%
class FixedBatch(nn.Module):
    def forward(self, images):
        return images.reshape(4, -1)[:, :10]


try:
    export.export_onnx(FixedBatch(), folder / "fixed.onnx", prepare(few.images[:4]))
except ExportError as error:
    print(error)
print("written:", (folder / "fixed.onnx").exists())

# %% [markdown]
# **A note on older listings.** Many call `torch.onnx.export` with `dynamic_axes` and `opset_version=17`. The exporter
# that PyTorch has by now says that `dynamic_axes` is not recommended, translates the network into opset 18, prints a
# failed conversion to 17 with its traceback, writes opset 18 all the same, and puts the weights into a second file.
# `dynamic_shapes`, and no opset that has to be converted to, is the quiet way.

# %% [markdown] about="export_onnx"
# ### Exercise: `export_onnx`
#
# Export, run, compare, and only then write. `onnxruntime.InferenceSession` takes the bytes of a file that is not
# written yet, and `write_whole` writes them whole or not at all.

# %% exercise="export_onnx"

# %% check="export_onnx"

# %% [markdown]
# ## 6 A picture of yours
#
# Between a picture and a network lie the steps that nobody writes down. Some that go wrong often:

# %%
raw = task.test.images.to(settings.device()).float()  # 0 to 255
ways = {
    "as in training": prepare(raw / 255),
    "blue before red": prepare(raw / 255).flip(1),
    "not normalised": raw / 255,
    "0 to 255": prepare(raw),
}
for words, images in ways.items():
    print(f"{words:<16} {training.accuracy(network, images, test_labels):.1%}")
try:
    network(test[:3]).argmax(1).item()
except RuntimeError as error:
    print(f"three images and .item(): {error}")

# %% [markdown]
# None of the first three mistakes says a word. Values up to 255 cost most of the accuracy. The other two cost nothing
# here (one even gains), which is luck and the worst that can happen: on other pictures they will, and nobody will look
# there. The last one works for one picture, and one is what everybody tries.

# %% [markdown] about="predict"
# ### Exercise: `predict`
#
# From pictures to names and confidences. `image_batches`, which the setup cell has imported, reads whatever comes and
# prepares it in batches. The rest is yours.

# %% exercise="predict"

# %% check="predict"

# %% [markdown]
# Now a picture of your own: write a digit, thick and large, on plain paper, photograph it, and choose the file. Or draw
# one on the screen. It is cropped to its middle and brought to the size that the network knows; what you see is what
# the network gets. The network itself has no part in it: the file answers.

# %%
picture_drop(partial(export.predict_onnx, file), task.test.images[3])

# %% [markdown]
# Was it sure, and wrong? It learnt from digits blended into two photographs. Your paper is another domain, and a
# confidence is calibrated for pictures like those that it was fitted on. Handwritten digits on a plain ground, as
# scikit-learn has them, come nearest to yours:

# %%
plain = load_task("clean-digits").test
verdicts = export.predict_onnx(file, plain.images)
hits = [name == plain_class for (name, _), plain_class in zip(verdicts, map(str, plain.labels.tolist()), strict=True)]
sure = [confidence for _, confidence in verdicts]
print(f"on plain ground: {sum(hits) / len(hits):.1%} right, mean confidence {sum(sure) / len(sure):.1%}")

# %% [markdown] about="implementation_questions"
# ### Exercise: `implementation_questions`
#
# The listings once more, and what they do.

# %% exercise="implementation_questions"

# %% check="implementation_questions"

# %% [markdown]
# ## Keep
#
# 1. Means are over samples. The last batch is smaller.
# 2. Keep the best weights as copies, put them back before each phase, and write all that the run needs to go on.
# 3. Two phases, gradual unfreezing, one phase: a list of phases in one loop.
# 4. Measure the parts of a recipe. Here none could be told from chance; guards are kept for the bad day.
# 5. An export is done when the file has given PyTorch's numbers at two batch sizes, and says what it expects.

# %%
plots.where_we_are(
    known | {"two phases": mean_and_interval(whole)},
    "Where we are: ten images a class",
    new=["two phases"],
    chance=0.1,
)

# %% [markdown]
# About as high as lesson 3's recipe, in fifteen epochs instead of forty, without augmentation, and you can stop it.
# Whether one of the two is ahead, bars that overlap do not say: these runs are not paired.
#
# **To sleep on.** (1) Your run resumes on another kind of GPU. What may you still promise? (2) The validation images
# chose the epoch, and then the temperature. Which numbers of this lesson are too kind because of it?
#
# **Next.** A run that can be trusted can be compared.
# [Lesson 9](../09_strategy_comparison/09_strategy_comparison.ipynb) compares strategies, in pairs and with intervals.
#
# **Words.** *Phase*: some epochs in which the same stages learn. *Checkpoint*: all that a run needs to go on.
# *Early stopping*: ending a run once its validation score has not risen for some epochs. *Patience*: for how many.
# *Mixed precision*: computing in half precision what can bear it. *ONNX*: an open format for networks. *Opset*: which
# version of ONNX's operations a file uses. *Temperature*: what scores are divided by, so that confidences hold.
#
# **Sources**
#
# - C. Guo et al., On calibration of modern neural networks, ICML 2017.
# - J. Howard and S. Ruder, Universal language model fine-tuning for text classification, ACL 2018.
# - A. Kumar et al., Fine-tuning can distort pretrained features and underperform out-of-distribution, ICLR 2022.
# - P. Micikevicius et al., Mixed precision training, ICLR 2018.
# - R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, ICML 2013.
# - L. Prechelt, Early stopping, but when?, in Neural Networks: Tricks of the Trade, Springer 1998.
