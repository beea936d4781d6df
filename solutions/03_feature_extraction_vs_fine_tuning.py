# %% [markdown]
# # 3 · Feature extraction or fine-tuning?
#
# You have ten handwritten digits on photographs, ten labelled images of each, a laptop and an evening. You also have
# a network that has never seen a handwritten digit: it has learnt to tell a thousand printed characters apart. How
# much of it do you keep?
#
# **At the end of this lesson you can**
#
# 1. turn a network into a fixed function that nothing moves, and prove that it is one;
# 2. train a new head on features that were computed once, and say what that saves;
# 3. measure, for a task of your own, whether keeping the features or moving them pays.
#
# About two hours, one of them at the keyboard. You need a little PyTorch (`nn.Module`, a training loop). Nothing from
# the earlier lessons has to be solved.

# %% setup=true
import time
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.check import check
from autograder.progress import progress, reveal
from lib import backbones, batchnorm, comparison, features, freezing, plots, settings, training
from lib.datasets import glyphnet, load_task
from lib.full_scale import at_full_scale
from lib.results import mean_and_interval, recorded
from lib.widgets import freezing_explorer, predict

# %% [markdown]
# ## The problem
#
# The upper row is the **source**: drawings of Unicode characters, endless, free, and without a single digit among
# them; our network has seen more than a million. The lower row is the **target**: digits that 43 people wrote by hand
# (Alpaydin and Kaynak, 1998), each set on a patch of a photograph. The digit and the patch are subtracted from one
# another, as in MNIST-M (Ganin et al., 2016), so a stroke can be brighter or darker than what lies behind it.

# %%
task = load_task("digits-on-photographs")
drawings, _ = glyphnet.draw_glyphs(10, generator=settings.generator(3))
plots.image_rows(
    {
        "source: printed characters, drawn by a program": drawings,
        "target: handwritten digits": task.train.few(1, seed=0).images,
    },
    "What the network knows, and what it is asked",
)

# %% [markdown]
# Ten images a class make a hundred images to learn from. A small network that begins with random weights gets this
# far with them (the mean of five seeds; guessing would be right one time in ten):

# %%
curve = recorded("images_per_class")
known = {
    name: mean_and_interval(curve.values("accuracy", technique=name, images_per_class=10))
    for name in ("scratch", "frozen", "fine-tuned")
}
plots.where_we_are(
    {"scratch": known["scratch"], "frozen": None, "fine-tuned": None},
    "Where we are: ten images a class",
    new=["scratch"],
    chance=0.1,
)

# %% [markdown]
# Two bars are empty. They are two answers to one question: what happens to the **backbone**, the layers that turn an
# image into numbers?
#
# - **Feature extraction** keeps the backbone as it is. Only a new output layer, the **head**, learns.
# - **Fine-tuning** begins at the same weights and lets the backbone move as well.
#
# ### Before you go on: predict
#
# Same hundred images, same network. How many of the test images will each get right?

# %%
guess_frozen = predict("The backbone kept as it is, a new head on top:", low=0, high=100, unit="%", key="3 frozen")
guess_frozen

# %%
guess_tuned = predict("The backbone moved as well:", low=0, high=100, unit="%", key="3 fine-tuned")
guess_tuned

# %% [markdown]
# ## 1 How much may change?
#
# A network with parameters $\theta$ maps an image $x$ to scores. Split it in two: the backbone $\varphi$ with its
# parameters $\theta_\varphi$ gives the **features** $\varphi(x)$, and the head with $\theta_h$ turns features into
# scores.
#
# | symbol | what it is | here |
# |---|---|---|
# | $x$ | an image | 3 × 48 × 48 numbers |
# | $\varphi(x)$ | its features | 512 numbers |
# | $\theta_\varphi$, $\theta_h$ | parameters of backbone and head | what training may change |
# | $\eta$ | the learning rate | |
#
# One step of gradient descent is $\theta \leftarrow \theta - \eta\,\partial L/\partial\theta$. To freeze the backbone
# is to take $\theta_\varphi$ out of that line. The first thing to know of any set-up is therefore a share: the
# numbers that may change, of all there are.

# %% [markdown] about="trainable_fraction"
# ### Exercise: `trainable_fraction`
#
# Whoever says "I froze most of it" should be able to say how much. Write the function that counts.

# %% exercise="trainable_fraction"

# %% check="trainable_fraction"

# %% [markdown]
# **Find the mistake.** A listing that is copied a lot builds the network below, a ResNet-50 whose backbone is frozen,
# with a new head Linear(2048, 256), ReLU, Dropout, Linear(256, 10), and states "529,162 of 23,528,522 parameters are
# trainable". By hand, the head has 2048 · 256 + 256 + 256 · 10 + 10 numbers. Compare; then find out what head the
# listing's total belongs to. (It is a single Linear(2048, 10).)

# %%
resnet50 = backbones.load_backbone("resnet50", weights=None)
freezing.freeze(resnet50)
backbones.replace_head(resnet50, 10, hidden=256, dropout=0.3)
total = sum(parameter.numel() for parameter in resnet50.parameters())
trainable = sum(parameter.numel() for parameter in freezing.trainable_parameters(resnet50))
print(f"{trainable:,} of {total:,} numbers may change: {trainable / total:.2%}")

# %% [markdown]
# The shares above are about *parameters*. Slide through our own network and watch three things: what may change, what
# one training step has to hold in memory, and how large a gradient each stage receives. Gradients that nobody needs
# are not computed, and what they would have needed is not kept.

# %%
few = task.train.few(10, seed=0)
images, labels = comparison.prepared(few), few.labels.to(settings.device())
network = backbones.replace_head(backbones.load_backbone("resnet10"), 10).to(settings.device())
freezing_explorer(network, images[:32], labels[:32])

# %% [markdown]
# ## 2 Frozen is more than `requires_grad = False`
#
# Most tutorials freeze with one loop: for every parameter, `requires_grad = False`. Let us do that, put the network
# into training mode as every training loop does, and send it the hundred images five times over. No optimiser, no step,
# no gradient. What can move?

# %%
flags_only, fixed, pristine = (backbones.load_backbone("resnet10").to(settings.device()) for _ in range(3))
for backbone in (flags_only, fixed, pristine):
    backbones.remove_head(backbone)
flags_only.requires_grad_(False)
freezing.freeze(fixed)


def drift_over_batches(backbone, passes=20):
    start = batchnorm.snapshot(backbone)
    backbone.train()
    moved = [0.0]
    with torch.no_grad():
        for number in range(passes):
            backbone(images[number * 25 % 100 :][:25])
            drift = batchnorm.statistics_drift(start, batchnorm.snapshot(backbone))
            moved.append(sum(drift.values()) / len(drift))
    return range(passes + 1), moved


plots.lines(
    {"requires_grad = False": drift_over_batches(flags_only), "freeze(…)": drift_over_batches(fixed)},
    "Without a single step, a “frozen” network moves",
    x="batches seen in training mode",
    y="drift (standard deviations)",
)

# %% [markdown]
# The running statistics of batch norm move; the figure shows how far, averaged over the layers, in standard
# deviations of what the layer saw in the source. They are **buffers**, not parameters: in training mode a batch-norm
# layer normalises by the batch at hand and pulls its running mean towards it (Ioffe and Szegedy, 2015),
#
# $$\mu \leftarrow (1 - m)\,\mu + m\,\bar{x}_{\text{batch}}, \qquad m = 0.1,$$
#
# whether or not anything may learn. In code, symbol for symbol:

# %%
m, mu = 0.1, torch.zeros(3)
batch = torch.randn(16, 3, 8, 8, generator=settings.generator(0)) + 2
mu = (1 - m) * mu + m * batch.mean(dim=(0, 2, 3))
norm = nn.BatchNorm2d(3).train()
norm(batch)
print("by hand:", [f"{value:.4f}" for value in mu.tolist()])
print("torch:  ", [f"{value:.4f}" for value in norm.running_mean.tolist()])

# %% [markdown]
# The running variance moves in the same way. Two more doors stay open when only the flags are set. Dropout in
# training mode is noise. And a `.grad` that is left over from an earlier step stays where it is: an optimiser skips a
# parameter without a gradient (`None`), but one that still has a gradient, were it zero
# (`zero_grad(set_to_none=False)`), it moves on, by momentum and weight decay.
#
# ### Break it: what the moving statistics cost
#
# A head is fitted to the features of the pre-trained network. Then it is put on each of the two networks that have
# been through those twenty batches, as they would have been while anything around them was trained. The head is the
# same. Its features are not.

# %%
test_images, test_labels = comparison.prepared(task.test), task.test.labels.to(settings.device())


def accuracy_with(backbone, head):
    return training.accuracy(nn.Sequential(backbone, head), test_images, test_labels)


head = features.fit_linear_head(features.extract_features(pristine, images), labels, 10, penalty=0.01)
damage = {
    "as it was fitted": 100 * accuracy_with(pristine, head),
    "backbone frozen by freeze(…)": 100 * accuracy_with(fixed, head),
    "backbone frozen by flags alone": 100 * accuracy_with(flags_only, head),
}
plots.bars(damage, "The same head, after twenty batches in training mode", x="test accuracy (%)", form=".1f")

# %% [markdown] about="freeze"
# ### Exercise: `freeze`
#
# Make it true: after `freeze(module)` nothing in the module moves, whatever is trained around it and whoever calls
# `.train()` later.

# %% exercise="freeze"

# %% check="freeze"

# %% [markdown]
# ## 3 A new head
#
# The network's last layer gives 1,000 scores, one for each printed character. You need ten. Early layers are general,
# late ones belong to the source task (Yosinski et al., 2014), and none more so than the last: what comes before it
# knows strokes, corners and loops; it alone knows which of them make an Ж. So it goes, and a fresh one takes its
# place.

# %%
print("before:", backbones.load_backbone("resnet10").fc)
print("after: ", network.fc)

# %% [markdown] about="replace_head"
# ### Exercise: `replace_head`
#
# Torchvision's networks call their output layer `fc`, `classifier[-1]`, `heads.head`, `head` … Find it by what it is.
# The check tries networks that end in a linear layer, with arguments in their range; 1×1 convolutions, auxiliary heads
# and errors are there in the library's own version, for you to read afterwards.

# %% exercise="replace_head"

# %% check="replace_head"

# %% [markdown]
# ## 4 Compute the features once
#
# A frozen backbone gives the same features for the same image, in the first epoch and in the hundredth. A loop that
# computes them again each time spends nearly all of its time on numbers it has already had. How much would you save
# over ten epochs?

# %%
guess_saving = predict(
    "Ten epochs, features computed once: how many times faster?", low=1, high=20, unit="×", key="3 once"
)
guess_saving


# %%
def ten_epochs(features_of):
    """Train a head for ten epochs in batches of 25; `features_of` gives the features of a batch by its rows."""
    head = nn.Linear(512, 10, device=settings.device())
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-3)
    for _ in range(10):
        for rows in torch.randperm(100, generator=settings.generator(0)).split(25):
            loss = F.cross_entropy(head(features_of(rows)), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def each_epoch():
    ten_epochs(lambda rows: pristine(images[rows]))


def once():
    kept = features.extract_features(pristine, images)
    ten_epochs(lambda rows: kept[rows])


freezing.freeze(pristine)
times = {"features in every epoch": seconds(each_epoch), "features once": seconds(once)}
saving = times["features in every epoch"] / times["features once"]
plots.bars(times, f"Ten epochs: computed once, {saving:.1f} times faster", x="seconds on this machine", form=".2f")

# %%
guess_saving.beside(round(saving, 1), "×")

# %% [markdown]
# Ten epochs, ten times the work: the saving grows with the number of epochs, until the head itself is what costs. It
# has a price. The features belong to *these* images. As soon as each epoch sees them turned, cropped or recoloured
# anew (lesson 7), there is nothing left to keep.

# %% [markdown] about="extract_features"
# ### Exercise: `extract_features`
#
# A function that looks at a network should leave no trace in it: not a mode, not a statistic.

# %% exercise="extract_features"

# %% check="extract_features"

# %% [markdown]
# ## 5 The head, solved to the end
#
# With the features fixed, training the head is a small problem with one answer. For $N$ images with features
# $\varphi_i$ and labels $y_i$, the head $W\varphi + b$ minimises
#
# $$J(W, b) = \frac{1}{N}\sum_{i=1}^{N} -\log p_i[y_i] + \frac{\lambda}{2}\sum W^2,
# \qquad p_i = \operatorname{softmax}(W\varphi_i + b).$$
#
# | symbol | what it is |
# |---|---|
# | $W$, $b$ | weight, 10 × 512, and bias, 10, of the head |
# | $p_i[y_i]$ | the probability that the head gives to the right class of image $i$ |
# | $\lambda$ | `penalty`: how much large weights cost |
#
# Its gradient is short, because the softmax and the logarithm cancel:
#
# $$\frac{\partial J}{\partial W} = \frac{1}{N}\sum_i (p_i - e_{y_i})\,\varphi_i^{\mathsf T} + \lambda W,$$
#
# where $e_{y}$ is one at position $y$ and zero elsewhere. Each image pulls with what is wrong in its prediction. The
# cross-entropy is convex in $W$ and $b$, and the penalty makes it strictly so in $W$: wherever you begin, you end at
# the same predictions. A network as a whole has no such luck. The formula and torch agree:

# %%
phi, W, b, penalty = features.extract_features(pristine, images), torch.randn(10, 512) * 0.01, torch.zeros(10), 0.01
W = W.to(phi).requires_grad_()
p = (phi @ W.T + b.to(phi)).softmax(1)
J = -p[range(100), labels].log().mean() + penalty / 2 * W.square().sum()
by_formula = (p - F.one_hot(labels, 10)).T @ phi / 100 + penalty * W
gap = torch.autograd.grad(J, W)[0] - by_formula.detach()
print("largest difference:", f"{float(gap.abs().max()):.1e}")

# %% [markdown] about="fit_linear_head"
# ### Exercise: `fit_linear_head`
#
# Any method will do, as long as it goes to the end. Stop when the loss has, not when the epochs have.

# %% exercise="fit_linear_head"

# %% check="fit_linear_head"

# %% [markdown]
# ## 6 Kept or moved: measured
#
# Now both bars. The cell trains all three on the hundred images, the same for each, and tests them on 600 that none
# has seen: from scratch, with the backbone frozen and a head fitted to its features, and fine-tuned, the backbone at
# a small learning rate and the new head at a larger one. AdamW takes the steps (Loshchilov and Hutter, 2019). It
# takes half a minute on two cores.

# %%
seeds = range(1 if settings.budget() == "quick" else 5)
live = {
    name: [comparison.compare(name, task, 10, seed) for seed in seeds] for name in ("scratch", "frozen", "fine-tuned")
}
for name, runs in live.items():
    mean = sum(run.accuracy for run in runs) / len(runs)
    print(f"{name:10}  test {mean:.1%}   on what it learnt from {runs[0].train_accuracy:.0%}   {runs[0].seconds:.1f} s")

# %%
guess_frozen.beside(round(100 * live["frozen"][0].accuracy), "%")

# %%
guess_tuned.beside(round(100 * live["fine-tuned"][0].accuracy), "%")

# %% [markdown]
# One size and one seed say little. The curve below holds five sizes and five seeds, recorded by `python -m
# benchmarks.transfer --record`; the stars are what you measured just now.

# %%
guesses = {name: guess.value for name, guess in (("frozen", guess_frozen), ("fine-tuned", guess_tuned))}
plots.accuracy_curve(
    curve,
    "Keep the features or move them?",
    x="images_per_class",
    label="images per class",
    live={name: (10, sum(run.accuracy for run in runs) / len(runs)) for name, runs in live.items()},
    guesses={name: (10, value / 100) for name, value in guesses.items() if value is not None},
)

# %% [markdown]
# Three things can be read off.
#
# - *What pre-training is worth* is the distance between the lines from scratch and the two above. With two images a
#   class it is nearly the whole score.
# - *It is what was learnt that helps, not the architecture*: the same network, frozen with random weights, stays near
#   guessing, however many images its head gets.
# - *Keeping and moving begin together.* Up to ten images a class a head on fixed features does as well as
#   fine-tuning or better, in a fraction of a second. Then its line flattens: a linear head can only recombine 512
#   numbers that were made for other characters. Fine-tuning makes new ones out of every further image, and pulls
#   away.
#
# ### Break it: one large rate for everything
#
# The recipe gives the backbone a small learning rate and the new head a larger one. The head begins at random and has
# far to go; the backbone begins where a million drawings have put it. Give the backbone ten and a hundred times its
# rate, and change nothing else:

# %%
recipe = comparison.RECIPES["fine-tuned"]
by_rate = {f"{recipe.rate:g} (the recipe)": live["fine-tuned"][0]}
for factor in (10, 100):
    hasty = replace(recipe, rate=factor * recipe.rate)
    by_rate[f"{hasty.rate:g}"] = comparison.compare("fine-tuned", task, 10, 0, recipe=hasty)
print("on what they learnt from:", *(f"{run.train_accuracy:.0%}" for run in by_rate.values()))
plots.bars(
    {rate: 100 * run.accuracy for rate, run in by_rate.items()},
    "Too large a rate washes the features away",
    x="test accuracy (%), by the backbone's rate",
    form=".1f",
)

# %% [markdown]
# On their hundred images the three are hard to tell apart, on the test they are not. What differs is how far they
# went from features that were good already, and the hundred images do not say. Lesson 5 is about these rates.
#
# ## 7 Which one, then?
#
# A **rule of thumb**, no law. Texts that you meet draw the line at 500, 1,000 or 10,000 images, and none of them
# knows your task:
#
# | you have | keep the features | move them |
# |---|---|---|
# | labelled images | few: below about a thousand in all | more |
# | source and target | alike | far apart |
# | compute | little; or one backbone for many tasks | enough for many epochs |
# | risk | low: a convex problem with one knob | you can end below where you began |
#
# Our own curve disagrees with the first line by a factor of five to ten: its lines cross between one and two hundred
# images in all. A rule of thumb says where to begin measuring. Draw the same curve for your own data, for both ends
# are a few minutes' work. Choose on a validation split; the test split is for the number that you report.

# %% [markdown]
# The same from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it has to download.


# %%
def from_above(task, backbone):
    """The three of this lesson on ten images a class of another task, from another network's weights."""
    for name in live:
        run = comparison.compare(name, task, 10, seed=0, backbone=backbone)
        yield f"{name:10}  test {run.accuracy:.1%}   on what it learnt from {run.train_accuracy:.0%}"


for line in at_full_scale(from_above):
    print(line)

# %% [markdown]
# > **At full scale.** Kornblith, Shlens and Le (2019) took sixteen ImageNet networks to twelve data sets: the better
# > the network on ImageNet, the better the transfer, with fixed features (correlation 0.99) and with fine-tuning
# > (0.96). Kumar et al. (2022) found, over ten data sets, fine-tuning two points above fixed features on images like
# > those it was trained on, and seven points *below* on images from elsewhere: moving the features costs what they
# > knew. Our case is smaller in everything, and source and target are nearer to one another than they often are:
# > strokes, both.
#
# ## Keep
#
# 1. Frozen means a fixed function: no gradient and none left over, batch norm and dropout in evaluation mode, for
#    good.
# 2. Say what share may change, and count numbers, not tensors.
# 3. The new head takes the place of the output layer and of nothing else.
# 4. Features that do not change are computed once, and a head on them ends at the same predictions wherever it
#    begins.
# 5. Few images and a near source: keep the features. More images: move them, slowly. Then measure.

# %%
plots.where_we_are(known, "Where we are: ten images a class", new=["frozen", "fine-tuned"], chance=0.1)

# %% [markdown]
# **To sleep on.** (1) The frozen backbone with its head gets all of its hundred training images right and many of the
# test images wrong. Would a larger penalty help, and how would you find out without touching the test split? (2)
# `freeze` makes batch norm use the statistics of printed characters for photographs. When would you rather have those
# of the photographs?
#
# **Next.** Between nothing and everything lie the stages: lesson 4 unfreezes them one by one.
#
# **Words.** *Head*: the output layer, on top of the backbone. *Feature extraction*: training a head on a frozen
# backbone. *Fine-tuning*: training from pre-trained weights. *Buffer*: a tensor that belongs to a layer and is no
# parameter.
#
# **Sources**
#
# - E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
# - Y. Ganin et al., Domain-adversarial training of neural networks, JMLR 17, 2016.
# - S. Ioffe and C. Szegedy, Batch normalization, ICML 2015.
# - S. Kornblith, J. Shlens and Q. V. Le, Do better ImageNet models transfer better?, CVPR 2019.
# - A. Kumar et al., Fine-tuning can distort pretrained features and underperform out-of-distribution, ICLR 2022.
# - I. Loshchilov and F. Hutter, Decoupled weight decay regularization, ICLR 2019.
# - J. Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014.
