# %% [markdown]
# # 10 · Common pitfalls
#
# Everything so far went well, more or less. This lesson is about four ways in which it does not: the network forgets
# what it could do; the network that you chose was the wrong one; it knows its training images by heart; it normalises
# one domain by the statistics of another. For each there is a known cure. We measure what the cures are worth, and some
# of them are worth nothing here.
#
# **At the end of this lesson you can**
#
# 1. measure what fine-tuning costs the source task, and hold on to it with EWC or L2-SP;
# 2. score networks before you train them, and say when such a score leads you astray;
# 3. tell which cure against overfitting, and which statistics on another domain, really help on *your* task.
#
# About three hours, two of them at the keyboard. You need gradients in PyTorch, covariance matrices, and what
# fine-tuning is ([lesson 3](../03_feature_extraction_vs_fine_tuning/03_feature_extraction_vs_fine_tuning.ipynb));
# nothing that you solved there.

# %% setup=true
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.check import check
from autograder.progress import progress, reveal
from lib import backbones, candidates, comparison, fisher, forgetting, norm_trials, plots, settings, training
from lib.anchors import check_anchor, check_range, held_parameters
from lib.augmentation_picture import gains_picture
from lib.batchnorm import norms_with_buffers
from lib.datasets import load_task
from lib.ewc import copy_parameters
from lib.full_scale import at_full_scale
from lib.overfitting import overfitting_trial
from lib.pitfalls_picture import candidates_picture, forgetting_picture, norms_picture
from lib.recalibration import recalibrate_batchnorm
from lib.results import Recorded, mean_and_interval, recorded
from lib.widgets import explore, predict

# %% [markdown]
# ## The problem
#
# Ten handwritten digits on photographs, ten labelled images of each. So far:

# %%
curve = recorded("images_per_class")
known = {
    name: mean_and_interval(curve.values("accuracy", technique=name, images_per_class=10))
    for name in ("scratch", "frozen", "fine-tuned")
}
plots.where_we_are(known | {"EWC": None}, "Where we are: ten images a class", chance=0.1)

# %% [markdown]
# Nobody has asked so far what became of the *source* task. Our network came to us with a thousand printed characters
# in its head. If somebody still needs it for these, does fine-tuning on a hundred digits do any harm?
#
# ### Before you go on: predict

# %%
source_images, source_labels = forgetting.source_drawings()
pretrained = backbones.load_backbone("resnet10").to(settings.device())
before = training.accuracy(pretrained, source_images, source_labels)
print(f"new drawings of the source's 1,000 characters, before: {before:.1%}")

# %%
guess_left = predict(
    "After fine-tuning on a hundred digits, with the old head put back: the source accuracy?",
    low=0,
    high=100,
    unit="%",
    key="10 source",
)
guess_left

# %% [markdown]
# ## 1 Forgetting
#
# We take the head off, fine-tune every stage on the hundred digits, and put the old head back. Batch norm keeps its
# source statistics, so whatever is lost was lost in the weights.

# %%
task = load_task("digits-on-photographs")
not_held = forgetting.forgetting_trial(task, 10, 0)
print(f"digits: {not_held.accuracy:.1%}   characters: {not_held.source_accuracy:.1%}, before {before:.1%}")

# %%
guess_left.beside(round(100 * not_held.source_accuracy), "%")

# %% [markdown]
# This is **catastrophic forgetting** (McCloskey and Cohen, 1989). Nothing in the loss says that the characters matter,
# so nothing keeps the weights that they need.
#
# **Elastic weight consolidation** (EWC; Kirkpatrick et al., 2017) ties each weight to its old value by a spring. Stiff
# where the source's predictions depend on the weight, slack where they do not:
#
# $$L = L_{\text{task}} + \frac{\lambda}{2} \sum_i F_i\,(\theta_i - \theta^*_i)^2, \qquad
# F_i = \frac{1}{N} \sum_n \sum_y p(y \mid x_n) \left(\frac{\partial \log p(y \mid x_n)}{\partial \theta_i}\right)^2.$$
#
# | symbol | what it is |
# |---|---|
# | $\theta_i, \theta^*_i$ | a weight, and its value before fine-tuning: the anchor |
# | $F_i$ | the **Fisher information**: how much the predictions depend on the weight |
# | $x_n$ | one of $N$ images of the source; no label is needed |
# | $p(y \mid x_n)$ | the network's own probability of class $y$ |
# | $\lambda$ | how stiff all springs are |
#
# The sum over $y$ is the mean over labels *drawn from the network*. With a thousand classes one draws a label for each
# image instead: right on average, and far cheaper. The same in a few lines, for one weight vector and two
# classes:

# %%
w, x = torch.zeros(2, requires_grad=True), torch.tensor([[2.0, 0.0], [4.0, 1.0]])
F_w = torch.zeros(2)
for x_n in x:
    log_p = F.logsigmoid(torch.stack([-w @ x_n, w @ x_n]))
    for y in range(2):
        (gradient,) = torch.autograd.grad(log_p[y], w, retain_graph=True)
        F_w += log_p[y].exp().detach() * gradient**2 / len(x)
print("F:", F_w.tolist(), " by hand, ¼ · mean of x²:", (x**2).mean(0).div(4).tolist())

# %% [markdown] about="fisher_diagonal"
# ### Exercise: `fisher_diagonal`
#
# Image by image, class by class. It is slow, and it is the formula; `lib.fisher` does the same for many images at once.
# (The contracts in this lesson also say what is refused with an error. That is good manners, and not graded.)

# %% exercise="fisher_diagonal"

# %% check="fisher_diagonal"

# %% [markdown]
# ### Break it: squared too late
#
# Many a listing runs over batches, takes `loss.backward()` and squares what it finds in `.grad`. That is the square of
# a *mean*, and in a mean the images' gradients cancel. How much of the Fisher information is left, on 64 drawings?


# %%
def left_of_it(batch_size, labels):
    """The sum over the last stage of the squared gradients of batches' mean losses."""
    total, parameters = 0.0, list(pretrained.layer4.parameters())
    for images, targets in zip(some.split(batch_size), labels.split(batch_size), strict=True):
        gradients = torch.autograd.grad(F.cross_entropy(pretrained(images), targets), parameters)
        total += sum(float(gradient.square().sum()) for gradient in gradients) / (len(some) / batch_size)
    return total


some, some_labels = source_images[:64], source_labels[:64]
with torch.no_grad():
    p = pretrained(some).softmax(1).cpu()
drawn = torch.multinomial(p, 1, generator=settings.generator(0)).squeeze(1).to(some.device)
right = left_of_it(1, drawn)
shares = {f"batches of {size}": left_of_it(size, drawn) / right for size in (1, 4, 16, 64)}
shares["one by one, the data's labels"] = left_of_it(1, some_labels) / right
plots.bars(shares, "How much of the Fisher information is left?", x="share of the right one", form=".3f")

# %% [markdown]
# Averaged over batches of 64, next to nothing is left, and a λ found with one batch size is wrong with another. The
# last bar asks for something else: the data's labels in place of drawn ones, the **empirical Fisher**. It looks
# harmless on a network that errs as often as ours. Where a network is nearly sure of its labels, their gradients are
# tiny, and what the other labels would say is missing: the empirical Fisher is then far smaller than the Fisher
# information, and holds next to nothing (Kunstner et al., 2019).

# %% [markdown] about="ewc_penalty"
# ### Exercise: `ewc_penalty`
#
# With F and the anchor at hand, the penalty is three lines. Four things go wrong in them: the ½, the sum, who is held,
# and what a gradient may reach.

# %% exercise="ewc_penalty"

# %% check="ewc_penalty"

# %% [markdown] about="l2_sp_penalty"
# ### Exercise: `l2_sp_penalty`
#
# **L2-SP** (Li et al., 2018) needs no source images: all springs are equally stiff. What is pre-trained is drawn to
# where it was, what is new to zero:
#
# $$\frac{\alpha}{2}\,\lVert w_S - w^0_S \rVert^2 + \frac{\beta}{2}\,\lVert w_{\bar S} \rVert^2.$$

# %% exercise="l2_sp_penalty"

# %% check="l2_sp_penalty"

# %% [markdown]
# ### What holding on is worth: measured
#
# Each at five strengths and on three seeds, recorded by `python -m benchmarks.lesson10`; EWC once more here and now,
# the first of the seeds, with F from 64 drawings where the recorded runs had 256.

# %%
guess_price = predict(
    "EWC strong enough to keep nearly all characters: what does it cost on the digits?",
    ["more than 5 points", "1 to 5 points", "nothing that I could tell from chance", "it gains"],
    key="10 price",
)
guess_price

# %%
measured = recorded("lesson10_forgetting")
STRENGTH = 1e4
held = forgetting.forgetting_trial(task, 10, 0, method="EWC", strength=STRENGTH, fisher=forgetting.source_fisher(64))
print(f"EWC, λ = {STRENGTH:g}: digits {held.accuracy:.1%}, characters {held.source_accuracy:.1%}")
forgetting_picture(
    measured, before, "What is won on the target, what is kept of the source?", live={"EWC": tuple(held)}
)

# %%
plain = {c: measured.values(c, method="nothing", norms="frozen") for c in ("accuracy", "source_accuracy")}
for method, strength in (("EWC", 1e4), ("L2-SP", 1.0)):
    for column, words in (("accuracy", "digits"), ("source_accuracy", "characters")):
        pairs = zip(measured.values(column, method=method, strength=strength), plain[column], strict=True)
        mean, half = mean_and_interval([100 * (one - other) for one, other in pairs])
        print(f"{method}, {strength:g}, over not held: {words} {mean:+.1f} ± {half:.1f} points")
for norms in ("frozen", "moving"):
    runs = [100 * share for share in measured.values("source_accuracy", method="nothing", norms=norms)]
    print(f"not held, norms {norms}: characters {mean_and_interval(runs)[0]:.1f} %")

# %%
gained = 100 * (held.accuracy - not_held.accuracy)
sizes = {"it gains": gained > 1, "more than 5 points": gained < -5, "1 to 5 points": gained < -1}
guess_price.beside(next((words for words, holds in sizes.items() if holds), "nothing that I could tell from chance"))

# %% [markdown]
# Read the line of EWC from left to right. Without a spring the network loses a good third of what it could read. At
# λ = 100 the springs hardly pull; at λ = 10,000 almost everything is kept. And the digits pay nothing for it: the gain
# lies just above its interval, on three seeds, so call it "no loss". From λ = 100,000 on the digits begin to suffer.
#
# Three things that are easily claimed, and do not hold here:
#
# - *"EWC beats plain L2-SP, for it knows what matters."* At their best the two lie within each other's chance. L2-SP
#   needs no drawing of the source.
# - *"Holding on costs accuracy on the target."* With a hundred images it does not, up to a point: what the source knew
#   is also what the target needs.
# - *"Frozen norms protect the source."* The last two lines say otherwise: with statistics that move along, more
#   characters are left; why, was not measured. But no λ can hold what is lost in the statistics: a penalty sees
#   parameters, and they are none.
#
# Move λ. Where does EWC begin to bite, and from where on does it hold so fast that the digits suffer?

# %%
strengths = measured.distinct("strength")
explore(
    {
        f"{method} {strength:g}": forgetting_picture(
            measured, before, "What is won on the target, what is kept of the source?", chosen=(method, strength)
        )
        for method in ("EWC", "L2-SP")
        for strength in strengths
        if measured.values("accuracy", method=method, strength=strength)
    },
    "method and strength",
    start="EWC 10000",
)

# %% [markdown]
# ## 2 The wrong network
#
# Transfer can be **negative**: worse than no transfer at all. Lesson 1 saw it on granites. Could you have known before
# training? Several scores promise it. Each looks once at the features, or outputs, of the untouched network for the
# target's training images, and at their labels.
#
# **The H-score** (Bao et al., 2019): how much of the features' variance lies between the classes, each direction
# measured by its own variance,
#
# $$H = \mathrm{tr}\left(\Sigma^{+}\,\Sigma_B\right).$$
#
# | symbol | what it is |
# |---|---|
# | $\Sigma$ | the covariance of the features |
# | $\Sigma_B$ | the same, after each point is replaced by the mean of its class |
# | $\Sigma^{+}$ | the pseudo-inverse: directions without variance are left out |

# %%
phi, y = torch.tensor([[1.0, 0.0], [2.0, 1.0], [3.0, 1.0], [5.0, 0.0]]), torch.tensor([0, 0, 1, 1])
Sigma = torch.cov(phi.T, correction=0)
Sigma_B = torch.cov(torch.stack([phi[y == c].mean(0) for c in y]).T, correction=0)
print(f"H = {torch.trace(torch.linalg.pinv(Sigma) @ Sigma_B):.3f}, at most {len(y.unique()) - 1}")

# %% [markdown] about="h_score"
# ### Exercise: `h_score`
#
# With few points and many features any labels fit: H is then K − 1 for every network. The argument `shrinkage` is the
# remedy of Ibrahim et al. (2022), and two more lines.

# %% exercise="h_score"

# %% check="h_score"

# %% [markdown]
# **LEEP** (Nguyen et al., 2020) asks the old *head*. How well are the target's labels guessed from the source classes
# alone?
#
# $$\mathrm{LEEP} = \frac{1}{N}\sum_i \log \sum_z \hat{P}(y_i \mid z)\,\theta(x_i)_z.$$
#
# | symbol | what it is |
# |---|---|
# | $\theta(x)_z$ | the network's probability of source class $z$ |
# | $\hat{P}(y, z)$ | the mean over the images of $\theta(x_i)_z$, where the label is $y$, and 0 elsewhere |
# | $\hat{P}(y \mid z)$ | $\hat{P}(y, z)$ over its sum over $y$ |

# %%
theta, labels = torch.tensor([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]]), torch.tensor([0, 0, 1])
P = torch.stack([theta[labels == c].sum(0) for c in (0, 1)]) / 3
given = P / P.sum(0)
print(f"LEEP = {(given[labels] * theta).sum(1).log().mean():.3f}")

# %% [markdown] about="leep"
# ### Exercise: `leep`
#
# A table, a division along the right axis, a logarithm in the right place.

# %% exercise="leep"

# %% check="leep"

# %% [markdown]
# **LogME** (You et al., 2021) fits a linear model to each class, and asks how likely it makes the labels *before* its
# weights are known. For one class, with $y$ its labels as 0 and 1 and $F$ the features,
#
# $$y \sim \mathcal{N}\left(0,\; C\right), \qquad C = \tfrac{1}{\beta} I + \tfrac{1}{\alpha} F F^\top, \qquad
# \log p(y) = -\tfrac12\left(y^\top C^{-1} y + \log |C| + N \log 2\pi\right).$$
#
# | symbol | what it is |
# |---|---|
# | $1/\alpha$ | the variance of the weights before anything is seen |
# | $1/\beta$ | the variance of the noise |
#
# α and β are those that make the labels likeliest; the score is that maximum over $N$, averaged over the classes. A
# feature that explains nothing costs, through $\log |C|$; so LogME can do with more features than points. In the axes
# of $F F^\top$, with eigenvalues $s_j$, the matrix $C$ is diagonal. With $r = \beta/\alpha$ and $e(r) = \sum_j
# (u_j^\top y)^2 / (1 + r s_j)$, the best β is $N / e(r)$, and one number is left to search for.

# %%
Fm, y = torch.tensor([[1.0], [1.2], [-1.0], [-0.8]], dtype=torch.float64), torch.tensor([1.0, 1, 0, 0]).double()
for r in (0.1, 1.0, 10.0):
    s, U = torch.linalg.eigh(Fm @ Fm.T)
    beta = len(y) / ((U.T @ y) ** 2 / (1 + r * s)).sum()
    C = torch.eye(4).double() / beta + Fm @ Fm.T / (beta / r)
    log_p = -(y @ torch.linalg.solve(C, y) + torch.logdet(C) + 4 * math.log(2 * math.pi)) / 2
    print(f"β/α = {r:<4g} best β = {beta:.2f}   log p / N = {log_p / 4:.4f}")

# %% [markdown] about="log_me"
# ### Exercise: `log_me`
#
# The hardest of this lesson. Write it for one class with the density as it stands above, search r on a grid, then take
# the mean over classes. The contract allows any method that gets near enough.

# %% exercise="log_me"

# %% check="log_me"

# %% [markdown]
# ### Which network? Measured
#
# Ten networks: three pre-trained families, the same three with random weights, and our ResNet after one more task. All
# are scored on the hundred or fewer training images of three targets, then fine-tuned on the very same images.

# %%
guess_score = predict(
    "Granites: which networks are best after fine-tuning?",
    ["pre-trained", "pre-trained, then another task", "never trained"],
    key="10 granites",
)
guess_score

# %%
found = recorded("lesson10_candidates")
SCORES = {"log_me": "LogME", "leep": "LEEP", "h_score": "H-score", "h_score_shrunk": "H-score, shrunk"}
TARGETS = {"digits-on-photographs": "digits on photographs", "blood-cells": "blood cells", "granites": "granites"}
explore(
    {
        (words, name): candidates_picture(found, score, target, f"{words}: does {name} know the best?", name=name)
        for target, words in TARGETS.items()
        for score, name in SCORES.items()
    },
    "target",
    "score",
    start=("granites", "LEEP"),
)

# %%
learnt = Recorded("", "", "", tuple(row for row in found.rows if "never" not in str(row["candidate"])))
for target, words in TARGETS.items():
    points, _ = candidates.ranked(found, "log_me", target)
    best = max(points, key=lambda name: points[name][1])
    print(f"{words}: best is {best}, {points[best][1]:.1%}")
    for among, table in (("all", found), ("those that learnt", learnt)):
        taus = {name: candidates.ranked(table, score, target)[1] for score, name in SCORES.items()}
        print(f"   τ among {among:<18}", ",  ".join(f"{name} {tau:+.2f}" for name, tau in taus.items()))

# %%
kinds = {"never": "never trained", "then": "pre-trained, then another task"}
guess_score.beside(next((kind for word, kind in kinds.items() if word in best), "pre-trained"))

# %% [markdown]
# The rank correlation τ (Kendall, 1938) is 1 where a score puts the networks into the right order, 0 where it says
# nothing.
#
# - *Digits and blood cells*: LogME and LEEP find the networks that learnt something, and leave out those that did not.
#   That makes up much of their τ. Among the networks that learnt they say less, on blood cells little.
# - *The H-score as it was published* gives every network the same, K − 1: there are more features than images.
#   Shrinking mends that, in part.
# - *Granites*: the best networks never learnt anything. What the others have learnt to ignore, colour, is all that
#   counts here, and this is negative transfer, by half of the accuracy. LEEP does not see it: it ranks the random
#   networks last, for their heads say nothing. LogME puts the best one first, which may be luck: its τ among those that
#   learnt is no better than a coin.
#
# A score is a cheap question that deserves to be asked. It is not an answer on a task unlike those that it was tried
# on.
#
# Two of the networks scored here and now, on the images of the first seed:

# %%
few = task.train.few(10, seed=0)
for candidate in ("resnet10", "resnet10, never trained"):
    values = candidates.scores(candidate, few)
    print(f"{candidate:<24}", ",  ".join(f"{name} {v:.2f}" for name, v in zip(SCORES.values(), values, strict=True)))
if settings.budget() == "full":
    print(f"resnet10 reaches {candidates.fine_tuned_accuracy('resnet10', task, few, seed=0):.1%}")

# %% [markdown]
# ## 3 Overfitting
#
# A hundred images, millions of weights: the network knows its training images by heart within a few epochs. Five cures
# stand in every list. What does each bring, alone, on top of the same plain run?
#
# Each was run on five seeds, recorded by `python -m benchmarks.lesson10`; the first plain run once more here and now.
#
# ### Before you go on: predict

# %%
guess_cure = predict(
    "Ten images a class: which cure brings the most test accuracy?",
    ["augmentation", "dropout", "weight decay", "early stopping", "label smoothing"],
    key="10 cure",
)
guess_cure

# %%
fits = recorded("lesson10_overfitting")
named = ({"kind": "plain" if row["cure"] == "nothing" else row["cure"]} for row in fits.rows)
as_kinds = Recorded("", "", "", tuple(row | name for row, name in zip(fits.rows, named, strict=True)))
cures = ["nothing"] if settings.budget() == "quick" else fits.distinct("cure")
live = {cure: overfitting_trial(task, 10, 0, cure).accuracy for cure in cures}
print(f"nothing, just now: {live['nothing']:.1%}; recorded: {fits.values('accuracy', cure='nothing', seed=0)[0]:.1%}")
just_now = {cure: score - live["nothing"] for cure, score in live.items() if cure != "nothing"}
gains_picture(as_kinds, "What does each cure gain?", live=just_now)

# %%
plain = fits.values("loss", cure="nothing")
for cure in fits.distinct("cure"):
    accuracy, learnt = (sum(fits.values(c, cure=cure)) / len(plain) for c in ("accuracy", "train_accuracy"))
    losses = fits.values("loss", cure=cure)
    change, half = mean_and_interval([one - other for one, other in zip(losses, plain, strict=True)])
    gap = 100 * (learnt - accuracy)
    print(f"{cure:<16} test {accuracy:.1%}  gap {gap:4.1f} points  test loss {sum(losses) / len(losses):.2f}"
          f"  change {change:+.2f} ± {half:.2f}")  # fmt: skip

# %%
means = {cure: sum(fits.values("accuracy", cure=cure)) for cure in fits.distinct("cure")}
best_cure = max(means, key=means.get)
guess_cure.beside("augmentation" if best_cure in ("shift", "RandAugment") else best_cure)

# %% [markdown]
# All of them still know every training image: no cure has cured that. What changes is the test.
#
# - *RandAugment* is the only one whose gain in accuracy lies outside its interval, and small shifts lower the test loss
#   as well. New views add something that was not there before.
# - *Dropout* in front of the head, a strong *weight decay*, *early stopping*: nothing that five seeds
#   could tell from chance. In the few dozen steps of such a run, weight decay has hardly time to act. Early stopping
#   costs a hundred labels besides, which could have been training images; lesson 3 has shown what those are worth.
# - *Label smoothing* makes the test *loss* worse and the accuracy no better: a network that is told never to be sure is
#   punished by the cross-entropy where it is right.
#
# It is one task, with ten images a class, from a network that begins well. None of this says that the cures are worth
# nothing elsewhere.
#
# ## 4 Another domain's statistics
#
# A batch norm that learnt in one laboratory holds that laboratory's means and variances. In another, with other stains
# and another lamp, its inputs lie off centre, layer after layer. **AdaBN** (Li et al., 2017) measures them anew on
# images of the new domain, without labels and without training:
#
# $$\mu = \frac{1}{n}\sum x, \qquad \sigma^2 = \frac{1}{n - 1}\sum (x - \mu)^2, \qquad
# \text{over all } n \text{ values of a channel.}$$
#
# The two easy ways are both a little wrong. What do three batches make of it, the last a small one?

# %%
values = torch.tensor([1.0, 3.0, 8.0, 10.0, 20.0])
batches = values.split(2)
norm, m = nn.BatchNorm1d(1), 0.1
for batch in batches[:2]:
    norm(batch.unsqueeze(1))
pieces = [batch.mean().item() for batch in batches]
print(f"pooled:                  mean {values.mean():.2f}, variance {values.var():.2f}")
print(f"batches averaged:        mean {sum(pieces) / 3:.2f}, variance {(batches[0].var() + batches[1].var()) / 2:.2f}")
print(f"training mode, two steps: mean {norm.running_mean.item():.2f}, variance {norm.running_var.item():.2f}")

# %% [markdown] about="recalibrate_batchnorm"
# ### Exercise: `recalibrate_batchnorm`
#
# A layer's input depends on the norms before it: measure them in order, each behind those that are measured already.
# `norms_with_buffers(model)`, which the setup cell has imported, finds them by name. (Instance norms are not tried.)

# %% exercise="recalibrate_batchnorm"

# %% check="recalibrate_batchnorm"

# %% [markdown]
# ### Which norm for another domain? Measured
#
# Four kinds: batch norm as it comes; batch norm **frozen** at the backbone's statistics while the rest learns; group
# norm and layer norm in its place, which hold no statistics at all. Each learns on labelled images of one domain and is
# tested on both. Predict first: does AdaBN help in both pairs?

# %%
guess_norms = predict(
    "Measured anew on 256 unlabelled images: in which pair does batch norm gain on the other domain?",
    ["in both", "digits on photographs alone", "blood cells alone", "in neither"],
    key="10 norms",
)
guess_norms

# %%
shifted = recorded("lesson10_norms")
explore(
    {
        (pair, images): norms_picture(shifted, pair, int(images), f"{pair}: which norm?")
        for pair in norm_trials.PAIRS
        for images in (0, 8, 64, 256)
    },
    "domains",
    "images the statistics are measured on (0: as trained)",
    start=("digits → digits on photographs", 256),
)


# %%
def gain_of(pair, norm, images):
    """Mean gain on the other domain over the statistics of training, in points, seed by seed, and its interval."""
    pairs = (shifted.values("accuracy", pair=pair, norm=norm, images=count) for count in (images, 0))
    return mean_and_interval([100 * (one - other) for one, other in zip(*pairs, strict=True)])


for pair in norm_trials.PAIRS:
    print(pair)
    for norm in ("moving", "frozen"):
        for images in (8, 256):
            mean, half = gain_of(pair, norm, images)
            print(f"   batch norm {norm}, anew on {images} images: {mean:+.1f} ± {half:.1f} points")
    for norm in norm_trials.NORMS:
        home, away = (shifted.values(c, pair=pair, norm=norm, images=0) for c in ("home_accuracy", "accuracy"))
        print(f"   {norm}, as trained: {sum(home) / len(home):.1%} at home, {sum(away) / len(away):.1%} away")

# %%
gains = (gain_of(pair, "moving", 256) for pair in norm_trials.PAIRS)
helped = [mean > half for mean, half in gains]
answers = {(True, True): "in both", (False, True): "digits on photographs alone", (True, False): "blood cells alone"}
guess_norms.beside(answers.get(tuple(helped), "in neither"))

# %% [markdown]
# The same cure, two answers. From clean digits to photographs it brings several points, on all three seeds: photographs
# fill what was black, and every mean is off. From one laboratory to the other it brings nothing to speak of: that
# network's statistics were none of its problems. With eight images to measure on, it
# may even lose.
#
# *Frozen* batch norm surprises twice. On blood cells it is well ahead of statistics that move, at home and away alike:
# with few images a batch says little about the mean, and the backbone's own statistics are the better ones. And
# there, measuring the frozen network anew throws it far back, for its weights learnt behind *these* statistics; on
# digits what it loses lies within chance. AdaBN belongs to networks that were trained by their batches.
#
# Group and layer norm hold nothing of a domain, and away from home they come close to batch norm after its cure, or
# pass it, without any image of the other domain. They had to learn new features first: their pre-training was done with
# batch norm. With fewer images a class that may be too much to ask; it was not measured.
#
# Once more here and now, on fewer images: learn on clean digits, test on photographs, measure anew, test again.

# %%
pair = "digits → digits on photographs"
for one in norm_trials.norm_trial(pair, "moving", 0, images_per_class=10, measured_on=(256,)):
    words = "anew" if one.images else "as trained"
    print(f"statistics {words}: at home {one.home_accuracy:.1%}, away {one.accuracy:.1%}")

# %% [markdown] about="pitfall_questions"
# ### Exercise: `pitfall_questions`
#
# Four pitfalls, eight questions. The cells above are there to be run and changed.

# %% exercise="pitfall_questions"

# %% check="pitfall_questions"

# %% [markdown]
# Scores once more, from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it
# has to download.


# %%
def scored_from_above(task, backbone):
    """LogME of the pre-trained and of the never-trained network, on ten images a class of another task."""
    few = task.train.few(10, seed=0)
    for words, weights in (("pre-trained", backbones.pretrained_weights(backbone)), ("never trained", None)):
        network = backbones.load_backbone(backbone, weights).to(settings.device())
        backbones.remove_head(network)
        features = candidates.extract_features(network, comparison.prepared(few, backbone))
        yield f"{words:<14} LogME {candidates.log_me(features, few.labels.to(features.device)):.2f}"


for line in at_full_scale(scored_from_above):
    print(line)

# %% [markdown]
# ## Keep
#
# 1. Fine-tuning forgets. Measure the source task if anybody still needs it.
# 2. Square each image's gradient by itself; hold by λ/2 · F; let no gradient into the anchor.
# 3. Penalties hold weights. Running statistics are none.
# 4. A score ranks networks for one task. Look at what a network that never learnt gets.
# 5. Cures are hypotheses. Measure yours by pairs of runs, and keep what lies outside its interval.

# %%
by_ewc = mean_and_interval(measured.values("accuracy", method="EWC", strength=STRENGTH))
plots.where_we_are(known | {"EWC": by_ewc}, "Where we are: ten images a class", new=["EWC"], chance=0.1)

# %% [markdown]
# The chart knows the target alone, and there the new bar stands where the old ones stand, no higher. What EWC is for
# does not show in it: the characters that the network can still read.
#
# **To sleep on.** (1) Your source images are gone, and only the weights are left. Which of this lesson's cures can you
# still use? (2) A score ranks ten networks on a hundred images, and the first two differ by a hair. What would you do
# before you believe it?
#
# **Next.** Eleven lessons' worth of claims: lesson 11 puts each beside the figure that supports or limits it.
#
# **Words.** *Catastrophic forgetting*: losing the old task while learning a new one. *Fisher information*: how much
# predictions depend on a weight. *EWC*: elastic weight consolidation, springs as stiff as the Fisher information.
# *L2-SP*: springs to the starting point, all alike. *LogME, LEEP, H-score*: scores of an untouched network. *AdaBN*:
# batch norm's statistics, measured anew on the target.
#
# **Sources**
#
# - Y. Bao et al., An information-theoretic approach to transferability in task transfer learning, ICIP 2019.
# - S. Ibrahim et al., Newer is not always better: rethinking transferability metrics, their peculiarities, stability
#   and performance, ECML PKDD 2022.
# - J. Kirkpatrick et al., Overcoming catastrophic forgetting in neural networks, PNAS 2017.
# - F. Kunstner, P. Hennig and L. Balles, Limitations of the empirical Fisher approximation for natural gradient
#   descent, NeurIPS 2019.
# - X. Li, Y. Grandvalet and F. Davoine, Explicit inductive bias for transfer learning with convolutional networks, ICML
#   2018.
# - Y. Li et al., Revisiting batch normalization for practical domain adaptation, ICLR workshop 2017.
# - M. McCloskey and N. J. Cohen, Catastrophic interference in connectionist networks: the sequential learning problem,
#   Psychology of Learning and Motivation, 1989.
# - C. V. Nguyen et al., LEEP: a new measure to evaluate transferability of learned representations, ICML 2020.
# - K. You et al., LogME: practical assessment of pre-trained models for transfer learning, ICML 2021.
