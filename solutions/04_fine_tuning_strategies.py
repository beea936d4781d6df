# %% [markdown]
# # 4 · Fine-tuning strategies
#
# Lesson 3 ended with two ends of one scale. A frozen backbone with a new head, and a network in which everything
# moves: at ten images a class they came out level. Between nothing and everything lie the stages. Which of them should
# learn, in which order, and from what start?
#
# **At the end of this lesson you can**
#
# 1. say, for any set-up, which stages a gradient reaches and how strongly the loss pulls on each;
# 2. freeze a network up to a stage, and open it stage by stage in the right order, stopped and resumed;
# 3. show what a random head does to good features, and measure whether a strategy pays on your data.
#
# About two hours and a half, an hour and a half of them at the keyboard. From lesson 3 you need what *frozen* means:
# no gradient, none left over, and layers pinned in evaluation mode. Nothing from there has to be solved.

# %% setup=true
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from autograder.check import check
from autograder.progress import progress, reveal
from lib import ablation, backbones, batchnorm, comparison, features, freezing, gradients, plots, settings, unfreezing
from lib.datasets import load_task
from lib.epochs import evaluate, shuffled_batches, train_one_epoch
from lib.freezing import freeze_stage, pin, unfreeze_stage
from lib.full_scale import at_full_scale
from lib.gradient_picture import gradient_rows, unfreezing_picture
from lib.representation import linear_cka
from lib.results import mean_and_interval, recorded
from lib.stages import stages
from lib.unfreezing import Schedule, every_epochs
from lib.widgets import explore, predict

# %% [markdown]
# ## The problem
#
# Ten handwritten digits on photographs, ten labelled images of each, two cores, an evening. This is how far the first
# lessons came, and what is asked now.

# %%
ends = recorded("images_per_class")
known = {
    name: mean_and_interval(ends.values("accuracy", technique=name, images_per_class=10))
    for name in ("scratch", "frozen", "fine-tuned")
}
between = ("last two", "gradual", "LP-FT")
plots.where_we_are(known | dict.fromkeys(between), "Where we are: ten images a class", chance=0.1)

# %% [markdown]
# Our network, `resnet10`, has six stages: a stem, four stages of one residual block each, and the head. The head is the
# top; *deep* is far from the image, so the deepest stage below the head is the one next to it, `layer4`. Whoever
# fine-tunes chooses among these:
#
# | strategy | what learns |
# |---|---|
# | extraction | the head alone (lesson 3) |
# | partial | the last few stages from the first epoch on; the early ones stay frozen |
# | gradual | the head first, then the deepest stage with it, then the next, down to the stem |
# | linear probe, then fine-tune (LP-FT) | the head until it fits; after that everything |
# | full | everything from the first step on |
#
# ### Before you go on: predict

# %%
guess_best = predict(
    "Ten images a class, the same number of epochs for each: which one ends best?",
    ["extraction", "partial", "gradual", "LP-FT", "full"],
    key="4 best",
)
guess_best

# %%
guess_times = predict(
    "A head that fits the training images instead of a random one: how many times smaller is the gradient in the "
    "stage below it, in the first step?",
    low=1,
    high=50,
    unit="×",
    key="4 times",
)
guess_times

# %% [markdown]
# ## 1 Where the gradient goes
#
# Write the network as stages, one after the other: $h_s = f_s(h_{s-1}; \theta_s)$, from the image $h_0 = x$ to the
# scores $h_S$. The chain rule gives each stage its gradient,
#
# $$\frac{\partial L}{\partial \theta_s}
# = \frac{\partial L}{\partial h_S}\,
# \frac{\partial h_S}{\partial h_{S-1}} \cdots \frac{\partial h_{s+1}}{\partial h_s}\;
# \frac{\partial h_s}{\partial \theta_s},
# \qquad
# \theta_s \leftarrow \theta_s - \eta\,\frac{\partial L}{\partial \theta_s}\ \text{ if stage } s \text{ learns.}$$
#
# | symbol | what it is | here |
# |---|---|---|
# | $s = 1 \dots S$ | the stages, from the stem to the head | $S = 6$ |
# | $h_s$ | what stage $s$ puts out; $h_{S-1}$ are the features $\varphi$ | 512 numbers for $\varphi$ |
# | $\theta_s$ | the parameters of stage $s$ | |
# | $L$ | the loss: cross-entropy, a mean over the batch | |
# | $W$, $p$, $e$ | the head's weights; the predicted probabilities; the one-hot label | 10 × 512; 10; 10 |
# | $\eta$ | the learning rate | |
#
# Two things can be read off. A frozen stage has no last factor: for it $\partial L/\partial\theta_s$ counts as 0. But
# its middle factor stays: a gradient passes *through* frozen stages to whatever learns below them. And every stage
# below the head gets its gradient through the head. For one image that is
# $\partial L/\partial\varphi = W^{\mathsf T}(p - e)$: the head's errors, sent back through its weights. In code,
# symbol for symbol:

# %%
task = load_task("digits-on-photographs")
few = task.train.few(10, seed=0)
images, labels = comparison.prepared(few), few.labels.to(settings.device())


def new_network(seed=0):
    """The pre-trained network with a random head; its norms keep the source's statistics."""
    network = backbones.load_backbone("resnet10")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbones.replace_head(network, 10)
    return batchnorm.keep_batchnorm_frozen(network).to(settings.device()).train()


def features_of(network, images):
    """What the head is given: the output of the last stage below it."""
    head, network.fc = network.fc, nn.Identity()
    phi = features.extract_features(network, images)
    network.fc = head
    return phi


network = new_network()
W, b = network.fc.weight, network.fc.bias
phi = features_of(network, images).requires_grad_()
p, e = (phi @ W.T + b).softmax(1), F.one_hot(labels, 10)
by_formula = ((p - e) @ W / len(images)).detach()
by_autograd = torch.autograd.grad(F.cross_entropy(phi @ W.T + b, labels), phi)[0]
print("largest difference:", f"{float((by_formula - by_autograd).abs().max()):.0e}")

# %% [markdown] about="gradient_norms"
# ### Exercise: `gradient_norms`
#
# One number a stage shows which strategy is really at work: what was meant to be frozen has to read 0.

# %% exercise="gradient_norms"

# %% check="gradient_norms"


# %% [markdown]
# The picture below sends the hundred images through the same network once, under each strategy, before any step.


# %%
def norms_of(network, count=100):
    """Every stage's gradient norm for the first `count` of the hundred images; nothing is stepped."""
    network.zero_grad()
    F.cross_entropy(network(images[:count]), labels[:count]).backward()
    norms = gradients.gradient_norms(network)
    network.zero_grad()
    return norms


first = {"extraction": "head", "last two": "layer4", "last four": "layer2", "full": "stem"}
flow = {name: norms_of(freezing.freeze_until(network, stage)) for name, stage in first.items()}
print(f"layer4 over stem: {flow['full']['layer4'] / flow['full']['stem']:.1f} times")
gradient_rows(flow, "What reaches each stage in the very first step?")

# %% [markdown]
# The deeper the stage, the stronger the pull: layer4 gets 6.5 times what the stem gets, and the head, which is
# new, the most. In "gradual" the rows follow one another in time. Backward ends at the first stage that learns. What
# lies below it costs no gradient, no memory for one, and no time; that is the first reason why one opens a network
# from the top.

# %% [markdown] about="where_the_gradient_goes"
# ### Exercise: `where_the_gradient_goes`
#
# Five questions, to be answered by thinking, not by running. Come back to the last one after section 4, if you like.

# %% exercise="where_the_gradient_goes"

# %% check="where_the_gradient_goes"

# %% [markdown]
# ## 2 Partial: up to here and no further
#
# Early layers are general (Yosinski et al., 2014): edges and strokes serve digits as well as letters. Keeping them is
# a bet that they need no change. The stages of a network are what one cuts between; `lib.stages.stages` finds them in
# any of torchvision's 80 classifiers, and gives the parameters that a network holds itself, such as a vision
# transformer's class token, to the stage that they belong to.

# %%
for name, stage in stages(network).items():
    print(f"{name:7} {sum(parameter.numel() for parameter in stage.parameters()):>9,} numbers")

# %% [markdown]
# Count before you cut: layer4 alone holds three quarters of all numbers. "The last two of six stages" sounds like a
# third and is most of the network.

# %% [markdown] about="freeze_until"
# ### Exercise: `freeze_until`
#
# The setup cell has imported `stages`, and `freeze_stage` and `unfreeze_stage` for one of its values. What is left is
# to decide which stage gets which.

# %% exercise="freeze_until"

# %% check="freeze_until"

# %% [markdown]
# ### A stage that learns has norms in it
#
# `freeze` pins the batch norms of frozen stages. Those of a stage that learns follow `.train()`: they normalise each
# batch by itself and move their running statistics, which the source's million drawings have made, by a tenth of the
# way at every step. With a hundred images in batches of sixteen that is a rough estimate. How far do they go in two
# epochs?


# %%
def steps(network, epochs=1, seed=0, rate=0.01):
    """Train what may learn, on the hundred images in batches of 16, by plain gradient descent with momentum."""
    optimiser = torch.optim.SGD(network.parameters(), rate, momentum=0.9)
    generator = settings.generator(seed)
    for _ in range(epochs):
        train_one_epoch(network, shuffled_batches(images, labels, 16, generator=generator), optimiser)
    return network


validation = comparison.prepared(task.validation), task.validation.labels.to(settings.device())
loose, kept = (freezing.freeze_until(new_network(), "layer3") for _ in range(2))
batchnorm.keep_batchnorm_frozen(kept)
before = batchnorm.snapshot(loose)
for name, one in (("norms follow .train()", loose), ("norms keep the source's statistics", kept)):
    drift = batchnorm.statistics_drift(before, batchnorm.snapshot(steps(one, epochs=2)))
    print(f"{name}:\n    moved by up to {max(drift.values()):.2f} standard deviations")

# %% [markdown]
# Not far, after fourteen steps; but they go on moving for as long as you train, by whatever the last few batches
# happened to be, and what the network puts out in evaluation mode moves with them. Keeping the source's statistics
# takes this out of every comparison that follows: then strategies differ in what learns, and in nothing else. (When
# the target looks quite different from the source, its own statistics can be the better ones: lesson 10.)

# %% [markdown] about="keep_batchnorm_frozen"
# ### Exercise: `keep_batchnorm_frozen`
#
# The stage learns, its statistics stay. `pin`, from the setup cell, puts one layer into evaluation mode for good.

# %% exercise="keep_batchnorm_frozen"

# %% check="keep_batchnorm_frozen"

# %% [markdown]
# ## 3 Gradual: from the top down
#
# Howard and Ruder (2018) opened a language model one layer at a time, beginning at the last: it holds the least
# general knowledge. The head is random at first, and its first gradients say more about its own state than about the
# features. So it learns alone until they mean something; then the deepest stage learns with it; then the next.
#
# ### Find the mistake
#
# A listing that is copied a lot goes like this. It runs without an error. Read it against its own comment, then look
# at what it does.


# %%
class Listing:
    """Gradually unfreezes the layers of a ResNet, from the top to the bottom."""

    def __init__(self, model):
        self.groups = [model.layer1, model.layer2, model.layer3, model.layer4]
        self.opened, self.losses = 0, []
        for parameter in model.parameters():
            parameter.requires_grad = False
        for parameter in model.fc.parameters():
            parameter.requires_grad = True

    def step(self, loss):
        """Unfreeze the next group, top layers first."""
        self.losses.append(loss)
        if self.opened < len(self.groups):
            for parameter in self.groups[self.opened].parameters():
                parameter.requires_grad = True
            self.opened += 1


def gradual_run(network, unfreezer, epochs=7, seed=0):
    """Train as `steps` does, and ask the unfreezer after each epoch; the norms before each, and validation accuracy."""
    optimiser = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    generator, norms, accuracies = settings.generator(seed), [], []
    for _ in range(epochs):
        norms.append(norms_of(network.train(), count=32))
        train_one_epoch(network, shuffled_batches(images, labels, 16, generator=generator), optimiser)
        scores = evaluate(network, [validation])
        accuracies.append(scores.accuracy)
        unfreezer.step(scores.loss)
    return norms, accuracies


# %%
copied = new_network()
copied_norms, copied_accuracies = gradual_run(copied, Listing(copied))
ours = new_network()
our_norms, our_accuracies = gradual_run(ours, unfreezing.GradualUnfreezer(ours))
unfreezing_picture(copied_norms, 2)

# %% [markdown]
# There are two mistakes, and the picture shows both. The list begins with `layer1` and is walked from its beginning:
# the first stage to open is the lowest. And `conv1` and `bn1` stand in no group: the loop over all parameters has
# frozen them, and nobody opens them again; the stem's column never fills. (Had the loop frozen the groups alone, the
# stem would have learnt from the first step on: the same mistake with the opposite outcome.)
#
# What does the order cost? A gradient for `layer1` passes through everything above it:


# %%
def kept_for_backward(learns):
    """Megabytes that a step on 32 images keeps for backward, when only the stages in `learns` learn."""
    one, held = new_network(), {}
    for name, stage in stages(one).items():
        (unfreeze_stage if name in learns else freeze_stage)(stage)
    own = {parameter.data_ptr() for parameter in one.parameters()}

    def keep(tensor):
        held[tensor.data_ptr()] = tensor.nbytes
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = F.cross_entropy(one(images[:32]), labels[:32])
    loss.backward()
    return sum(size for address, size in held.items() if address not in own) / 1e6


megabytes = {first: kept_for_backward({first, "head"}) for first in ("head", "layer4", "layer1")}
for name, size in megabytes.items():
    print(f"{name if name == 'head' else f'{name} and head':16} {size:6.1f} MB kept for backward")
print(f"layer1 over layer4: {megabytes['layer1'] / megabytes['layer4']:.1f} times")
numbers = {name: sum(p.numel() for p in stage.parameters()) for name, stage in stages(network).items()}
print(f"their parameters, layer4 over layer1: {numbers['layer4'] / numbers['layer1']:.0f} times")

# %%
both = {"top down": our_accuracies, "the listing": copied_accuracies}
plots.lines(
    {name: (range(1, 8), [100 * share for share in shares]) for name, shares in both.items()},
    "The same number of stages, opened from either end",
    x="epoch (a stage more after each)",
    y="validation accuracy (%)",
)

# %% [markdown]
# Look at the megabytes first, for they are the same on any machine and with any seed. To train `layer1` and the head,
# forward must keep about seven times as much as for `layer4` and the head, although `layer1` has fifty times fewer
# parameters: backward has to pass through all that lies between. Opened from the top, a network gives its first epochs
# a short way; from the bottom, backward runs through nearly everything from the second epoch on. (What an optimiser
# keeps is another matter. It counts parameters, and `layer4` has the most.)
#
# Now the curve. The two lie within two points of each other all the way; on 200 validation images and with one seed,
# that is no difference. Here source and target are both made of strokes, and the early stages have little to unlearn:
# the wrong order spoils nothing that could be seen. That is what makes such a mistake live long. No error, no drop in
# accuracy: only the gradient norms, stage by stage, tell it.

# %% [markdown] about="plateau_schedule"
# ### Exercise: `plateau_schedule`
#
# When is the next stage due? The plain answer is "every so many epochs", `every_epochs(n)`. The other is to wait until
# what learns has learnt: until the validation loss stops falling. A schedule here is a function from the losses so far
# to the number of stages that are due. It looks at nothing else, so a run that is stopped and resumed opens its stages
# as it would have.

# %% exercise="plateau_schedule"

# %% check="plateau_schedule"

# %% [markdown] about="GradualUnfreezer"
# ### Exercise: `GradualUnfreezer`
#
# Your first class in this course. It holds on to a network and opens it, stage by stage; each method has its own
# contract, and each earns its own points. Write them in any order; helpers may be methods of your own.
#
# Why is no optimiser among its arguments? Because all parameters are in one from the start. An optimiser passes by
# a parameter that has no gradient, so frozen ones cost nothing there. Adding a group later is a trap: schedulers that
# were made before do not know of it (lesson 5 shows what they do).

# %% exercise="GradualUnfreezer"

# %% check="GradualUnfreezer"

# %% [markdown]
# Slide through the right one's run: which stages learn, and how strongly the loss pulls on each.

# %%
print("head's norms:", *(f"{norms['head']:.1f}" for norms in our_norms))
explore(
    {epoch: unfreezing_picture(our_norms, epoch) for epoch in range(1, len(our_norms) + 1)},
    "epoch",
    start=3,
)

# %% [markdown]
# In the first epoch nothing reaches past the head. With each further epoch one more column gets a number. As the loss
# falls, all of them shrink: the head's norm from 4.5 in the first epoch to 0.2 in the seventh. When the stem opens, in
# the sixth, every stage is pulled about equally, and no longer by a head that knows nothing.
#
# ## 4 A random head distorts features
#
# Kumar et al. (2022) asked why fine-tuning can end with worse features than it began with. Look at
# $\partial L/\partial\varphi = W^{\mathsf T}(p - e)$ again. With a random head the errors $p - e$ are large, and $W$
# points anywhere: the features are pushed to wherever this random head would like them. By the time the head has
# learnt, they have moved. Their remedy, **linear probing, then fine-tuning** (LP-FT): fit the head on the frozen
# features first, as in lesson 3; then $p$ is close to $e$ on the training images, and hardly anything is sent back.


# %%
def fitted_head(seed=0):
    """A new network whose head is already fitted to the hundred images' features, as in lesson 3."""
    network = new_network(seed)
    head = features.fit_linear_head(features_of(network, images), labels, 10, penalty=0.01)
    network.fc.load_state_dict(head.state_dict())
    return network


flow = {"full": norms_of(new_network()), "LP-FT": norms_of(fitted_head())}
gradient_rows(flow, "Everything may learn: what a random and a fitted head send back")

# %%
guess_times.beside(round(flow["full"]["layer4"] / flow["LP-FT"]["layer4"], 1), "×")

# %% [markdown]
# Now let both train, everything learning at the same rate, and watch the features of 200 images that neither sees.
# Two measures: the **distance** $\lVert\Phi - \Phi_0\rVert / \lVert\Phi_0\rVert$ between the matrix of features now
# and that of the source network, and $1 - \mathrm{CKA}$ (lesson 1), which does not mind if the features are only
# turned or scaled as a whole.


# %%
def drifting(network, epochs, make_optimiser):
    """Train everything; after each epoch, how far the validation images' features are from where they began."""
    optimiser, generator, start = (
        make_optimiser(network.parameters()),
        settings.generator(0),
        features_of(network, validation[0]),
    )
    distances, unlikeness = [0.0], [0.0]
    for _ in range(epochs):
        batches = shuffled_batches(images, labels, 16, generator=generator)
        train_one_epoch(network, batches, optimiser, clip_norm=float("inf"))
        now = features_of(network, validation[0])
        distances.append(float((now - start).norm() / start.norm()))
        unlikeness.append(1 - linear_cka(start, now))
    return distances, unlikeness


def momentum(parameters):
    return torch.optim.SGD(parameters, 0.01, momentum=0.9)


heads = {"full": new_network(), "LP-FT": fitted_head()}
drifts = {name: drifting(one, 5, momentum) for name, one in heads.items()}
plots.lines(
    {name: (range(6), distances) for name, (distances, _) in drifts.items()},
    "How far do the features move?",
    x="epochs of fine-tuning",
    y="relative distance from the source's",
)

# %%
for name, (distances, unlikeness) in drifts.items():
    accuracy = evaluate(heads[name], [validation]).accuracy
    print(f"{name:5} distance {distances[-1]:.2f}, 1 − CKA {unlikeness[-1]:.3f}, right {accuracy:.1%}")
print(f"full went {drifts['full'][0][-1] / drifts['LP-FT'][0][-1]:.1f} times as far")

# %% [markdown]
# After five epochs the random head has moved the features five times as far as the fitted one, and made them much less
# like what they were. On the validation images it is a few points behind; that is one seed. Kumar et al. saw the full
# damage on images from elsewhere, where the distorted features were needed as they had been.
#
# ### Break it: the same with Adam
#
# Plain gradient descent takes steps in proportion to the gradient. Adam (Kingma and Ba, 2015) divides each gradient by
# a running mean of its own size. One epoch of it, from the same two heads:

# %%
adam = {
    name: drifting(one, 1, lambda parameters: torch.optim.AdamW(parameters, 1e-3))
    for name, one in (("full", new_network()), ("LP-FT", fitted_head()))
}
for name in drifts:
    plain, divided = drifts[name][0][1], adam[name][0][1]
    print(f"{name:5} one epoch: plain descent {plain:.2f}, Adam {divided:.2f}")

# %% [markdown]
# Adam goes much further in a single epoch, from either head. A gradient nineteen times smaller makes gradient descent
# take steps as much smaller; Adam makes up for most of it. So a fitted head spares the features where steps are as
# small as the gradient says. With Adam it is the *rate* that has to be small, for early stages above all: lesson 5.
#
# ## 5 Measured
#
# One protocol for all: twelve epochs of AdamW with a cosine, batches of 16, each earlier stage at half the rate of the
# next, and the norms' statistics kept. The head's rate is 0.001 where features move with it and 0.01 where it learns
# alone. Ten validation images a class, beside the ten that are learnt from, say which epoch's weights are kept. (Lesson
# 3 shifted its images, trained for forty epochs and chose nothing; its bars are not these.) "Gradual" opens a stage
# every two epochs; "LP-FT" gives the head the first six. Five seeds, recorded by `python -m benchmarks.lesson04`:

# %%
table = recorded("fine_tuning_strategies")
strategies = ("extraction", "last two", "full", "gradual", "LP-FT")
runs = {name: table.values("accuracy", strategy=name, images_per_class=10) for name in strategies}
measured = {name: mean_and_interval(scores) for name, scores in runs.items()}
plots.where_we_are(measured, "Five strategies at ten images a class", new=strategies)

# %%
costs = {name: sum(table.values("seconds", strategy=name, images_per_class=10)) / 5 for name in strategies}
for name in strategies:
    gain, half = mean_and_interval([100 * (a - b) for a, b in zip(runs[name], runs["extraction"], strict=True)])
    share = table.values("trainable_share", strategy=name, images_per_class=10)[0]
    print(f"{name:10} {gain:+.1f} ± {half:.1f} points, {share:.1%} may change")
    print(f"{'':10} {costs[name]:.1f} s of one core, {costs[name] / costs['extraction']:.0f} times the least")

# %% [markdown]
# The bars overlap, and the paired differences are the sharper look: runs of one seed see the same images, and what they
# share falls out. No strategy beats the head alone at ten images a class. Partial, full and LP-FT cannot be told from
# it: zero lies within their intervals. Gradual unfreezing ends about two points *below*, which is more than its
# interval; it gives the stem two epochs, where full gives it twelve. (With four comparisons, one that just leaves its
# interval is no proof; lesson 9 tests such things.) And everything that moves features takes from 9 times to 21 times
# as long.
#
# So this lesson's methods do not pay here? Not at this size. A hundred images say little about how to change features
# that are good already. Lesson 3's curve shows where that ends: at fifty images a class moving the features is ahead.
# A strategy is worth what it measures on your data, over several seeds, beside the cheapest one.
#
# The cell below repeats a part of it here and now, one seed, and prints your prediction beside the best mean.

# %%
seeds = range(1 if settings.budget() == "quick" else 5)
live = ablation.compare_strategies(task, ("extraction", "LP-FT"), (10,), seeds)
for row in live.rows:
    tested = f"test {row['accuracy']:.1%}, learnt from {row['train_accuracy']:.0%}"
    print(f"{row['strategy']}, {row['seed']}: {tested}")
asked = {"extraction": "extraction", "last two": "partial", "gradual": "gradual", "LP-FT": "LP-FT", "full": "full"}
best = max(asked, key=lambda name: measured[name][0])
guess_best.beside(asked[best])

# %% [markdown]
# The same from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it has to download.


# %%
def from_above(task, backbone):
    """The two on ten images a class of another task, from another network's weights."""
    for row in ablation.compare_strategies(task, ("extraction", "LP-FT"), (10,), (0,), backbones=(backbone,)).rows:
        yield f"{row['strategy']:10}  test {row['accuracy']:.1%}, learnt from {row['train_accuracy']:.0%}"


for line in at_full_scale(from_above):
    print(line)

# %% [markdown]
# > **At full scale.** Howard and Ruder (2018) introduced gradual unfreezing for text, as one of three parts that belong
# > together: rates by layer and a slanted schedule are the others (lesson 5). Kumar et al. (2022) compared full
# > fine-tuning with linear probing over ten data sets of images: two points better on images like those it was
# > trained on, seven points worse on images from elsewhere. LP-FT was better than full fine-tuning by one point on the
# > former and by ten on the latter. Our case is smaller in everything, source and target are strokes both, and the
# > test images are like those that are learnt from: it shows the mechanism, not the whole of its consequences.
#
# ## Keep
#
# 1. A gradient passes through frozen stages; it ends at the first stage that learns. What lies below costs nothing.
# 2. Partial: everything before one stage is frozen, norms and all. Count numbers, not stages: the last stages hold
#    most of them.
# 3. Gradual: from the top down, the stem too, every parameter in the optimiser from the start. The wrong order raises
#    no error; print the gradient norm of each stage.
# 4. A stage that learns can keep the source's statistics; unfreezing it must not set them loose.
# 5. A random head sends large, meaningless gradients back. Fit it first, or keep the others' rate small; then measure
#    over several seeds, for differences between strategies can be smaller than those between draws of images.

# %%
new = {name: measured[name] for name in between}
plots.where_we_are(known | new, "Where we are: ten images a class", new=between, chance=0.1)

# %% [markdown]
# **To sleep on.** (1) `plateau_schedule` looks at the validation loss. With a hundred images you may have no
# validation split to spare: what else could tell that a stage has learnt enough? (2) The stem is the last to open and
# gets the smallest gradient. When would you want to open it first?
#
# **Next.** The stages that learn need not learn at the same speed. Lesson 5 gives each its own rate.
#
# **Words.** *Stage*: a part of a network that is frozen or trained as one. *Partial fine-tuning*: early stages
# frozen, late ones trained. *Gradual unfreezing*: opening stages one by one, from the head down. *Linear probing*:
# fitting a linear head on frozen features. *Gradient flow*: how much of the loss's gradient reaches each stage.
#
# **Sources**
#
# - J. Howard and S. Ruder, Universal language model fine-tuning for text classification, ACL 2018.
# - D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, ICLR 2015.
# - A. Kumar et al., Fine-tuning can distort pretrained features and underperform out-of-distribution, ICLR 2022.
# - J. Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014.
