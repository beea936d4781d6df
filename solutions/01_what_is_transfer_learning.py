# %% [markdown]
# # 1 · What is transfer learning?
#
# Think of how you read a stranger's handwriting. Nobody had to show you thousands of their letters. You had read print
# for years, and most of what you knew came along. This course is about giving networks the same start in life.
#
# One small problem will carry us through all of it: *ten handwritten digits on photographs, ten labelled images of
# each, two cores, an evening.* Today you watch it fail from scratch, you find out what a network brings along that has
# learnt something else, and you see it fail once more, where what it brings along is in the way.
#
# **At the end of this lesson you can**
#
# 1. say which kind of transfer a problem is, and measure what the transfer is worth, with an interval;
# 2. ask every stage of a network what it knows, and tell a general stage from a specific one;
# 3. measure how alike two networks are inside, and say when that number means nothing.
#
# About two hours, one of them at the keyboard. You need a little PyTorch: what a tensor is, what a layer is, and that
# training means following a gradient. This is the first lesson, so nothing has to be solved before.
#
# ## How these pages work
#
# Run the cells from top to bottom, with Shift and Enter. You will meet three kinds that want something of you:
#
# - **Predict** asks for a guess before you see a result. Move the slider; your guess is kept and shown beside what
#   happened. A wrong guess teaches more than a right one, so do not skip it.
# - **Exercise** is a function with everything but its body. The text under its first line is the contract: it says what
#   goes in, what comes out, and what happens in odd cases. Write the body in place of the line that raises an error.
# - **check(…)** tries your function at once, and says what holds and what does not, on which example. Where a mistake
#   is one that people often make, it says which. Two hints fold out above it. You may check as often as you like.
#
# Two words are there in every lesson, for a cell of your own: `progress()` shows what you have solved so far, in all
# lessons, and `reveal("linear_cka")` shows how we wrote it, once yours passes or three different tries have not. What
# the terms mean stands in `glossary.md`, beside the lessons.

# %% setup=true
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.check import check
from autograder.progress import progress, reveal
from lib import backbones, comparison, features, plots, representation, settings, stage_probes
from lib.datasets import glyphnet, load_task
from lib.features import fit_linear_head
from lib.full_scale import at_full_scale
from lib.representation import stage_features
from lib.results import mean_and_interval, recorded
from lib.transfer_picture import gains_picture, likeness_picture, stage_picture, stages_picture
from lib.widgets import explore, predict

# %% [markdown]
# ## The problem
#
# The digits were written by 43 people (Alpaydin and Kaynak, 1998). Each is set on a piece of a photograph, and the two
# are subtracted from one another, as in MNIST-M (Ganin et al., 2016): a stroke can be brighter or darker than what lies
# behind it. This is one image of each class. You have ten.

# %%
task = load_task("digits-on-photographs")
one_each = task.train.few(1, seed=0)
plots.image_rows(
    {
        "0, 1, 2, 3, 4": one_each.images[one_each.labels.argsort()][:5],
        "5, 6, 7, 8, 9": one_each.images[one_each.labels.argsort()][5:],
    },
    "Could you tell these apart? So should a network",
)

# %% [markdown]
# ### Before you go on: predict
#
# A small residual network begins with random weights, learns from the hundred images for forty epochs, and is tested on
# 600 others. Guessing would get one in ten right.

# %%
guess_scratch = predict("From scratch: how many of the test images?", low=0, high=100, unit="%", key="1 scratch")
guess_scratch

# %%
scratch = comparison.compare("scratch", task, 10, seed=0)
print(f"on the images that it learnt from: {scratch.train_accuracy:.0%}")
print(f"on the 600 test images:            {scratch.accuracy:.0%}")

# %%
guess_scratch.beside(round(100 * scratch.accuracy), "%")

# %% [markdown]
# It knows its hundred images by heart, and next to nothing about digits. This is no fault of the training: a hundred
# images do not say what is digit and what is photograph. One run says little, though. Here is the mean of five, with
# its interval:

# %%
curve = recorded("images_per_class")
known = {
    name: mean_and_interval(curve.values("accuracy", technique=name, images_per_class=10))
    for name in ("scratch", "frozen", "fine-tuned")
}
plots.where_we_are(
    {"scratch": known["scratch"], "frozen": None}, "Where we are: ten images a class", new=["scratch"], chance=0.1
)

# %% [markdown]
# This chart opens every lesson, and each lesson moves it. The empty bar is today's.
#
# ## 1 What is handed on
#
# Labelled photographs are scarce. Labelled images of *something else* are not. These are drawn by a program, endlessly:
# a thousand characters of many scripts, under random pose, stroke and colour, and **no digit among them**. A network
# in this course's box has seen more than a million of them and learnt to name the character.

# %%
drawings, _ = glyphnet.draw_glyphs(10, generator=settings.generator(3))
plots.image_rows(
    {
        "source: printed characters, each with its name": drawings,
        "target: handwritten digits, a hundred of them labelled": task.train.few(1, seed=1).images,
    },
    "What there is plenty of, and what there is not",
)

# %% [markdown]
# Some words, once and for all (after Pan and Yang, 2010):
#
# | word | symbol | what it is | here |
# |---|---|---|---|
# | **domain** | $\mathcal{D}$ | which images there are, and how often each comes up | drawings; digits on photographs |
# | **task** | $\mathcal{T}$ | a set of classes, and the rule that tells them apart | 1,000 characters; ten digits |
# | **source** | $\mathcal{D}_S, \mathcal{T}_S$ | where there is plenty to learn from | printed characters |
# | **target** | $\mathcal{D}_T, \mathcal{T}_T$ | what you want solved | the digits |
# | **features** | $\varphi(x)$ | the numbers that a network turns image $x$ into | 512 before the last layer |
#
# **Transfer learning** is to learn the target's task better with the help of what the source has taught, where domain,
# task, or both are not the same. What is handed on is $\varphi$: a network's way of looking.
#
# There are four kinds. Three questions tell them apart; ask them in this order.
#
# | several tasks at once? | the same task? | target labels? | then it is | for example |
# |---|---|---|---|---|
# | yes, all of them count | | for each | **multi-task** learning | a car's camera finds lanes *and* signs |
# | no | yes, another domain | few or none | **domain adaptation** | drawn scenes → real ones (lesson 6) |
# | no | no | yes | **inductive** transfer | photographs of things → classes of X-rays |
# | no | no | none | **unsupervised** transfer | features sort images that nobody has labelled |
#
# In inductive transfer the domain may differ as well, and it mostly does: X-rays look like no photograph. What makes
# it inductive is the other task. Most of this course is about it.

# %% [markdown] about="kinds_of_transfer"
# ### Exercise: `kinds_of_transfer`
#
# Your first one. It has no code in it: put your answers into the dictionary, and run the check. It says which of them
# hold, and asks you something about those that do not.

# %% exercise="kinds_of_transfer"

# %% check="kinds_of_transfer"

# %% [markdown]
# ## 2 What is it worth?
#
# The plainest way to use the source: take the network that knows the characters, leave everything in it as it is, cut
# off its last layer, and fit a new one, ten scores instead of a thousand, to the features of your hundred images. It is
# called a **frozen backbone**.

# %%
guess_frozen = predict(
    "Features of printed characters, kept as they are: test accuracy", low=0, high=100, unit="%", key="1 frozen"
)
guess_frozen

# %%
frozen = comparison.compare("frozen", task, 10, seed=0)
print(f"test accuracy {frozen.accuracy:.0%}, in {frozen.seconds:.1f} s (from scratch: {scratch.seconds:.1f} s)")

# %%
guess_frozen.beside(round(100 * frozen.accuracy), "%")

# %% [markdown]
# The same hundred images. What has changed is who looks at them.
#
# How does that depend on how many images there are? The curve holds five sizes, five seeds each, recorded by
# `python -m benchmarks.transfer --record`; the stars are what you measured just now. *Fine-tuned* begins at the same
# weights and lets all of them move (lesson 3); *frozen, never trained* has the features of random weights.

# %%
guesses = {name: guess.value for name, guess in (("scratch", guess_scratch), ("frozen", guess_frozen))}
plots.accuracy_curve(
    curve,
    "What is a start from elsewhere worth?",
    x="images_per_class",
    label="images per class",
    live={"scratch": (10, scratch.accuracy), "frozen": (10, frozen.accuracy)},
    guesses={name: (10, value / 100) for name, value in guesses.items() if value is not None},
)

# %% [markdown]
# Two things to see. The network *that never learnt* stays near guessing, so it is what the source has taught that
# helps, not the architecture. And the lines come together from left to right: what images of your own can teach, nobody
# else has to.
#
# ### In numbers
#
# The distance between two of these lines is the **transfer gain**. Each seed has drawn its own images, and both runs of
# a seed learn from the same ones. So take the difference seed by seed, and only then the mean:
#
# $$d_s = 100\,(a_s - b_s), \qquad \text{gain} = \bar d = \frac{1}{n}\sum_{s=1}^{n} d_s, \qquad
# \text{interval: } \bar d \pm t\,\frac{\sigma}{\sqrt n},$$
#
# $$\sigma^2 = \frac{1}{n-1}\sum_{s=1}^{n} (d_s - \bar d)^2.$$
#
# | symbol | what it is |
# |---|---|
# | $a_s$, $b_s$ | accuracies of seed $s$, as shares: transferred, and from scratch |
# | $n$ | the number of seeds |
# | $d_s$ | the gain of seed $s$, in percentage points |
# | $\sigma$ | how far the gains of single seeds stray |
# | $t$ | Student's factor for 95 %, which allows for $\sigma$ being known from $n$ seeds only; with five, 2.78 |

# %%
a, b = [curve.values("accuracy", technique=name, images_per_class=10) for name in ("frozen", "scratch")]
d = [100 * (a_s - b_s) for a_s, b_s in zip(a, b, strict=True)]
n, gain = len(d), sum(d) / len(d)
sigma = math.sqrt(sum((d_s - gain) ** 2 for d_s in d) / (n - 1))
print(f"by hand: {gain:.1f} ± {2.776 * sigma / math.sqrt(n):.1f} points,  mean_and_interval:", mean_and_interval(d))

# %% [markdown] about="transfer_gain"
# ### Exercise: `transfer_gain`
#
# Your first function. It is short; what counts is the order of the steps. The setup cell has imported
# `mean_and_interval`, and you may use it. (The contracts also say what is refused with a `ValueError`. That is good
# manners, and not graded.)

# %% exercise="transfer_gain"

# %% check="transfer_gain"

# %% [markdown]
# ### It can be less than nothing
#
# Another target: six granites. They differ in one thing, the colour of one mineral's grains; shapes, clouds and veins
# say nothing, and the ground may have any colour.

# %%
stones = load_task("granites")
one_stone = stones.train.few(1, seed=0)
order = one_stone.labels.argsort()
plots.image_rows({", ".join(stones.classes): one_stone.images[order]}, "Which colour are the grains?")

# %%
guess_stones = predict(
    "Six granites, ten images of each. Fine-tuned from the characters, compared with from scratch:",
    ["much better", "a little better", "about the same", "a little worse", "much worse"],
    key="1 granites",
)
guess_stones

# %%
live_stones = {name: comparison.compare(name, stones, 10, seed=0) for name in ("scratch", "fine-tuned")}
for name, run in live_stones.items():
    print(f"{name:10}  test {run.accuracy:.0%}   on what it learnt from {run.train_accuracy:.0%}")

# %%
lost = 100 * (live_stones["fine-tuned"].accuracy - live_stones["scratch"].accuracy)
guess_stones.beside("much worse" if lost < -15 else f"{lost:+.0f} points")

# %% [markdown]
# Both know their sixty images by heart. On new ones the network with the long education does hardly better than
# guessing (one in six), and the one that begins with nothing does far better. This is **negative transfer**: a gain
# below zero. The figure has three targets: ours, blood cells under a microscope (recorded by `python -m
# benchmarks.strategies --record`, shorter runs), and the granites (`python -m benchmarks.lesson01`).

# %%
blood, granites = recorded("strategies"), recorded("lesson01_granites")


def gains(table, tuned, column):
    """Gain over scratch at every number of images that at least two seeds of both have."""
    found = {}
    for size in table.distinct("images_per_class"):
        after, before = (
            table.values("accuracy", **{column: name, "images_per_class": size}) for name in (tuned, "scratch")
        )
        both = min(len(after), len(before))
        if both > 1:
            found[size] = representation.transfer_gain(after[:both], before[:both])
    return found


gains_picture(
    {
        "digits on photographs": gains(curve, "fine-tuned", "technique"),
        "blood cells": gains(blood, "full", "strategy"),
        "granites": gains(granites, "fine-tuned", "technique"),
    },
    "On which target does it help?",
)

# %% [markdown]
# A **rule of thumb**, no law: the gain is larger the more alike source and target are, and the fewer images the target
# has. Our digits are strokes, as the characters are. Blood cells are shapes of another kind. And granites have no shape
# at all; there the source's lesson hurts, and the more images there are to learn from without it, the more it hurts.
# *Why* it does is a question about the inside of the network.
#
# ## 3 What is inside?
#
# A network is a chain of **stages**. Ours, `resnet10`, has a stem, four stages of one residual block each, and the
# head, which puts out the scores. The first thing that an image meets are the filters of the stem, each a small pattern
# that it looks for everywhere. Here are those that answer most strongly, grey for zero:

# %%
network = backbones.load_backbone("resnet10").to(settings.device())
untrained = backbones.load_backbone("resnet10", weights=None, seed=0).to(settings.device())
plots.image_rows(
    {
        "after a million characters": stage_probes.first_filters(network, 12),
        "before: random weights": stage_probes.first_filters(untrained, 12),
    },
    "What does the first layer look for?",
)

# %% [markdown]
# Above are edges, bars and blobs of colour, in several directions. There is nothing of a character in them: any image
# has edges. Networks that learn from photographs come to look for the same patterns in their first layer, and Yosinski
# et al. (2014) asked the question that follows. If the first layer is good for everything, and the last one names
# characters and nothing else, where does **general** end and **specific** begin?
#
# ### Ask every stage
#
# A **linear probe** (Alain and Bengio, 2016) asks a stage what it knows. Take its features, averaged over the picture,
# fit a linear classifier to those of a few images, and count how many others it gets right. The probe is weak on
# purpose: what it finds, the stage has already laid out in the open.
#
# Stages have features of all sizes. So that one penalty means the same for each, every feature $j$ is standardised
# first, by the training points alone, and then the classifier is fitted:
#
# $$\tilde\varphi_j = \frac{\varphi_j - \mu_j}{\sigma_j}, \qquad
# W, b = \arg\min\; \frac{1}{N}\sum_{i=1}^{N} -\log p_i[y_i] + \frac{\lambda}{2}\sum W^2, \qquad
# p_i = \operatorname{softmax}(W\tilde\varphi_i + b)$$
#
# | symbol | what it is |
# |---|---|
# | $\varphi_j$, $\tilde\varphi_j$ | feature $j$ of an image, as it is and standardised |
# | $\mu_j$, $\sigma_j$ | its mean and standard deviation over the $N$ *training* points |
# | $W$, $b$ | weights and bias of the classifier |
# | $p_i[y_i]$ | the probability that it gives to the right class $y_i$ of image $i$ |
# | $\lambda$ | `penalty`: how much large weights cost |
#
# The minimum is found for you: `fit_linear_head(features, labels, classes, penalty)`, in the setup cell, returns the
# classifier as a layer (you will write it yourself in lesson 3). In code, for the stem:

# %%
few = task.train.few(10, seed=0)
labels, targets = few.labels.to(settings.device()), task.test.labels.to(settings.device())
fitted, tested = (stage_features(network, comparison.prepared(split)) for split in (few, task.test))
phi, psi = fitted["stem"], tested["stem"]
varies = phi.std(0) > 0
phi, psi = phi[:, varies], psi[:, varies]
mu, sigma = phi.mean(0), phi.std(0, correction=0)
classifier = fit_linear_head((phi - mu) / sigma, labels, 10, penalty=0.01)
guessed = classifier((psi - mu) / sigma).argmax(1)
print(f"the stem: {len(mu)} features that vary, and {int((~varies).sum())} that are the same for all hundred images")
print(f"a probe reads from them: {float((guessed == targets).double().mean()):.0%}")

# %% [markdown] about="linear_probe_accuracy"
# ### Exercise: `linear_probe_accuracy`
#
# The cell above does most of it. It leaves out features that never vary; the contract keeps them, and says how.

# %% exercise="linear_probe_accuracy"

# %% check="linear_probe_accuracy"

# %% [markdown]
# ### Before you go on: predict
#
# Six stages. From which one does a probe read most about the granites?

# %%
guess_stage = predict(
    "The best stage for the granites:", ["stem", "layer1", "layer2", "layer3", "layer4", "head"], key="1 stage"
)
guess_stage

# %% [markdown]
# Now ask all stages, on three targets, and on new drawings of the source's own characters (ten at a time, so that the
# tasks are of one size). Ten images a class everywhere; the stars are measured here and now.


# %%
def probed(name):
    """Features of a target by stage, and what a probe reads from each."""
    target = load_task(name)
    some = target.train.few(10, seed=0)
    both = [stage_features(network, comparison.prepared(split)) for split in (some, target.test)]
    classes = [split.labels.to(settings.device()) for split in (some, target.test)]
    return both, classes, stage_probes.probe_stages(both[0], classes[0], both[1], classes[1], len(target.classes))


NAMES = {"digits-on-photographs": "digits on photographs", "blood-cells": "blood cells", "granites": "granites"}
seen = {NAMES[name]: probed(name) for name in NAMES}
measured = recorded("lesson01_stages")
stages_picture(
    measured,
    "General or specific? What a probe reads from each stage",
    NAMES | {"characters": "source characters"},
    live={name: scores for name, (_, _, scores) in seen.items()},
)

# %%
stone_scores = seen["granites"][2]
guess_stage.beside(max(stone_scores, key=stone_scores.get))

# %% [markdown]
# Follow each line from the image to the scores.
#
# - *Source characters* rise to the last stage: each lays the classes out more plainly than the one before.
# - *Digits on photographs* rise with them, to the end. They are another task, but a task of strokes; whatever serves
#   the characters serves them.
# - *Blood cells* rise, and fall again. The middle stages are the most general; the last ones are busy with what only
#   characters need.
# - *Granites* are best read at the very beginning, and by layer 3 nothing is left but guessing. The colour of grains
#   says nothing about which character it is, so the network has learnt to throw it away.
#
# This is what *general → specific* means, and why transfer was negative: the answer was there, in the stem, and the way
# through the later stages loses it. Fine-tuning would have to undo that with sixty images. What would you do instead?
# The numbers of a network that never learnt, at the same stages:

# %%
for name, title in NAMES.items():
    rows = [measured.values("accuracy", network="never trained", task=name, stage=stage) for stage in stone_scores]
    print(
        f"{title:<22}",
        *(f"{stage} {100 * sum(row) / len(row):.0f} %" for stage, row in zip(stone_scores, rows, strict=True)),
    )

# %% [markdown]
# Random stages lose the colour much more slowly than trained ones, and never find a digit. Learning is also learning
# what to ignore.
#
# Move through the stages and watch it happen. Each mark is a test image, placed by its features, in the plane in which
# the classes' means lie furthest apart. At which stage do the digits come apart? At which do the granites fall
# together? (Their marks are the first letters of red, yellow, green, cyan, blue and magenta.)


# %%
def looked_at(stage, target, marks):
    (some, others), (names, theirs), _ = seen[target]
    plane = stage_probes.class_plane(some[stage], names, others[stage][:200]).cpu()
    scores = {name: known_scores[stage] for name, (_, _, known_scores) in seen.items()}
    return stage_picture(stage, target, plane, theirs[:200].cpu(), marks, scores)


MARKS = {"digits on photographs": "0123456789", "granites": "rygcbm"}
explore(
    {(stage, target): looked_at(stage, target, MARKS[target]) for target in MARKS for stage in stone_scores},
    "stage",
    "target",
    start=("layer3", "digits on photographs"),
)

# %% [markdown]
# ### Break it: a probe that is asked what it already knows
#
# Count on the images that the probe was fitted on instead of on others. The last stage before the head, of the trained
# network and of the random one:

# %%
random_fit, random_test = (stage_features(untrained, comparison.prepared(split)) for split in (few, task.test))
shares = {}
for name, fit, test in (("trained", fitted, tested), ("random", random_fit, random_test)):
    for kind, points, classes in (("new images", test, targets), ("the same images", fit, labels)):
        share = representation.linear_probe_accuracy(fit["layer4"], labels, points["layer4"], classes, 10, 0.01)
        shares[f"{name} network, {kind}"] = 100 * share
plots.bars(shares, "Asked about the images it was fitted on, any network shines", x="a probe reads (%)", form=".0f")

# %% [markdown]
# With 512 numbers for each of a hundred images there is a line between any classes you like, even between classes that
# are not there. Only new images tell knowledge from memory.
#
# ## 4 Are two networks alike inside?
#
# `efficientnet_mini` has learnt the same characters as `resnet10`, and is built quite differently. Its features are
# other numbers, in another order, and not even equally many. Do the two see the same?
#
# **Linear CKA** (Kornblith et al., 2019) compares what does not depend on the order: which images lie close to which.
# With $N$ images as rows,
#
# $$\operatorname{CKA}(X, Y) = \frac{\lVert Y^{\mathsf T} X\rVert^2}{\lVert X^{\mathsf T} X\rVert\;
# \lVert Y^{\mathsf T} Y\rVert},$$
#
# | symbol | what it is | shape |
# |---|---|---|
# | $X$, $Y$ | features of the same images in two networks, each column less its mean | $N \times D$, $N \times E$ |
# | $Y^{\mathsf T} X$ | how each feature of one goes with each of the other | $E \times D$ |
# | $\lVert\cdot\rVert$ | Frobenius norm: the root of the sum of all squared entries | |
#
# It lies between 0 and 1, and is 1 if one set of features is the other turned, scaled or shifted. By hand, on five
# images with two features each:

# %%
X = torch.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0], [4.0, 5.0]], dtype=torch.float64)
quarter_turn = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
for name, Y in (("turned, tripled, shifted", 3 * X @ quarter_turn + 7), ("its first feature alone", X[:, :1])):
    Xc, Yc = X - X.mean(0), Y - Y.mean(0)
    cka = (Yc.T @ Xc).norm() ** 2 / ((Xc.T @ Xc).norm() * (Yc.T @ Yc).norm())
    print(f"CKA of X and {name}: {cka:.3f}")

# %% [markdown] about="linear_cka"
# ### Exercise: `linear_cka`

# %% exercise="linear_cka"

# %% check="linear_cka"

# %% [markdown]
# Now every stage of one network against every stage of another, on the 600 test images. On the left, two networks that
# learnt the same source. On the right, the same ResNet and one with random weights.

# %%
guess_alike = predict(
    "Trained and random ResNet, the same architecture: how alike are their last stages?",
    low=0,
    high=1,
    step=0.05,
    key="1 CKA",
)
guess_alike

# %%
other = backbones.load_backbone("efficientnet_mini").to(settings.device())
other_tested = stage_features(other, comparison.prepared(task.test, "efficientnet_mini"))


def likeness(one, two):
    return torch.tensor([[representation.linear_cka(x, y) for y in two.values()] for x in one.values()])


tables = {
    "ResNet and EfficientNet,\nboth trained": likeness(tested, other_tested),
    "ResNet, trained,\nand ResNet, random": likeness(tested, random_test),
}
likeness_picture(tables, list(stone_scores), "Which stages hold the same?")

# %%
guess_alike.beside(round(float(tables["ResNet, trained,\nand ResNet, random"][4, 4]), 2), "")

# %% [markdown]
# Two architectures that learnt from the same source are alike stage by stage, most of all in the first ones, though no
# weight of theirs is the same. One architecture with and without learning has nothing in common beyond the stem. What a
# network holds comes from what it has been shown.
#
# ### Break it: too few images
#
# Compare features that have *nothing* to do with one another: Gaussian noise, 480 numbers an image, drawn twice. Their
# CKA ought to be 0. For noise of $D$ and $E$ features it is about
#
# $$\sqrt{\frac{D}{N + D} \cdot \frac{E}{N + E}},$$
#
# which is small only if there are many more images than features.


# %%
def noise(count, seed):
    return torch.randn(count, 480, generator=settings.generator(seed))


sizes = (20, 60, 200, 600, 2000)
by_measure = [representation.linear_cka(noise(count, 0), noise(count, 1)) for count in sizes]
by_formula = [480 / (count + 480) for count in sizes]
plots.lines(
    {"measured": (sizes, by_measure), "the formula": (sizes, by_formula)},
    "Unrelated features look alike where images are few",
    x="images",
    y="CKA of noise with noise",
)

# %% [markdown]
# Are the numbers of our figure of that kind? A control is quickly made: give the second network the same images in
# another order, so that no row belongs to its neighbour any more.

# %%
shuffled = torch.randperm(len(targets), generator=settings.generator(0)).to(settings.device())
control = likeness(tested, {stage: values[shuffled] for stage, values in other_tested.items()})
print(f"with the images shuffled, the largest of the {control.numel()} numbers is {float(control.max()):.2f}")

# %% [markdown] about="reading_transfer"
# ### Exercise: `reading_transfer`
#
# Five numbers that you will meet in papers, and what they say.

# %% exercise="reading_transfer"

# %% check="reading_transfer"

# %% [markdown]
# The same from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it has to download.


# %%
def from_above(task, backbone):
    """Scratch and frozen on ten images a class of another task, from another network's weights."""
    for name in ("scratch", "frozen"):
        run = comparison.compare(name, task, 10, seed=0, backbone=backbone)
        yield f"{name:10}  test {run.accuracy:.1%}"


for line in at_full_scale(from_above):
    print(line)

# %% [markdown]
# > **At full scale.** Yosinski et al. (2014) cut networks trained on ImageNet at every layer, and found what you found:
# > features transfer worse the later they are taken and the further apart the tasks lie; but even those of a distant
# > task can be better than random ones. Ours of characters are not, for granites: a target made to be distant. Raghu et
# > al. (2019) took ImageNet's weights to two large medical data sets: transfer brought little there, and small networks
# > did as well as large ones. He, Girshick and Dollár (2019) trained detectors on COCO from scratch, and with enough
# > iterations they were no worse than pre-trained ones; what pre-training brought was speed. None of this contradicts
# > the curve of section 2. These targets had images enough, and that is where the lines come together.
#
# ## Keep
#
# 1. Transfer hands on a way of looking, $\varphi(x)$, from a source with plenty of labels to a target with few.
# 2. Same task and another domain: adaptation. Another task, with labels: inductive. Ask about the task first.
# 3. Its gain is a difference over training from scratch, taken seed by seed, with an interval. It can be below zero.
# 4. Early stages are general, late ones specific. A linear probe on new images says which is which for *your* target.
# 5. CKA compares networks of any width, and needs many more images than features, or a control.

# %%
plots.where_we_are(
    {name: known[name] for name in ("scratch", "frozen")},
    "Where we are: ten images a class",
    new=["frozen"],
    chance=0.1,
)

# %% [markdown]
# One idea, and from a fifth of the test images we have come to four fifths.
#
# **To sleep on.** (1) The granites can be read from the stem. How would you build a good classifier for them out of the
# pre-trained network, and what would you measure to choose where to cut it? (2) You have a thousand unlabelled images
# of a new target, and two pre-trained networks. What can you find out about them before anybody labels anything, and
# what not?
#
# **Next.** There is more than one network to begin with. [Lesson
# 2](../02_pretrained_models/02_pretrained_models.ipynb) looks at those that are on offer, at what is in them, and at
# how to choose.
#
# **Words.** *Source*: where one learns first. *Target*: what one wants solved. *Domain*: which images there are, and
# how often each comes up. *Task*: a set of classes, and the rule that tells them apart. *Features*: the numbers that a
# network makes of an image. *Backbone*: all of a network but its last layer. *Transfer gain*: accuracy with transfer
# less accuracy from scratch. *Negative transfer*: a gain below zero. *Linear probe*: a linear classifier that shows
# what features hold. *CKA*: centred kernel alignment, how alike two sets of features are.
#
# **Sources**
#
# - G. Alain and Y. Bengio, Understanding intermediate layers using linear classifier probes, arXiv:1610.01644, 2016.
# - E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
# - Y. Ganin et al., Domain-adversarial training of neural networks, JMLR 17, 2016.
# - K. He, R. Girshick and P. Dollár, Rethinking ImageNet pre-training, ICCV 2019.
# - S. Kornblith, M. Norouzi, H. Lee and G. Hinton, Similarity of neural network representations revisited, ICML 2019.
# - S. J. Pan and Q. Yang, A survey on transfer learning, IEEE Transactions on Knowledge and Data Engineering 22, 2010.
# - M. Raghu et al., Transfusion: understanding transfer learning for medical imaging, NeurIPS 2019.
# - J. Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014.
