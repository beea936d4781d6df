# %% [markdown]
# # 12 · Practice exercises
#
# Four projects. Each asks a question that the course has answered once, and asks you to answer it yourself: you write
# the frame of the comparison, run it on real images, lay your runs over ours, and write down what follows from them.
#
# **At the end of this lesson you can**
#
# 1. set up a comparison in which nothing differs but what is compared;
# 2. put your own numbers beside a reference run and say whether they agree;
# 3. report an ablation that is not whole without claiming more than it shows.
#
# About four hours, half of them at the keyboard. You need stages and freezing
# ([lesson 4](../04_fine_tuning_strategies/04_fine_tuning_strategies.ipynb)), gradient reversal
# ([lesson 6](../06_domain_adaptation/06_domain_adaptation.ipynb)), the training loop
# ([lesson 8](../08_implementation/08_implementation.ipynb)) and pairs of runs
# ([lesson 9](../09_strategy_comparison/09_strategy_comparison.ipynb)). You write nothing again that you solved there:
# the library has it.
#
# Each project has two parts. The *code* is checked at once, on a toy task that the check draws itself. The cells after
# it call the library's function, so that the page runs before you have solved anything. Once your check is green, take
# the prefix away from that call, and it is yours that runs: from `practice.three_strategies(…)`,
# `practice.unfreezing_race(…)`, `practice.adapt_digits(…)`, and, twice, `ablation_summary.ablation_table(…)`. No other
# prefix goes. The *text* is marked by a person, by a rubric. Write it after you have seen your numbers.
#
# In all four functions, the keys of a dictionary may stand in any order, and no random number is drawn by your own
# lines: whatever chance there is comes with what you are given.

# %% setup=true
import copy
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

from autograder.check import check
from autograder.progress import progress, reveal
from lib import ablation, ablation_summary, plots, practice, practice_runs, settings
from lib.ablation_summary import Ablation, Effect, Setting
from lib.adversarial import DomainAdversarialNetwork, adversarial_step
from lib.comparison import prepared
from lib.comparison_picture import ablation_picture
from lib.datasets import load_task
from lib.epochs import Scores
from lib.fractions import PRACTICE_GRID, fair_fraction
from lib.freezing import freeze_stage, trainable_fraction, unfreeze_stage
from lib.full_scale import at_full_scale
from lib.gradient_reversal import reversal_strength
from lib.pipeline_trials import new_network
from lib.practice import Adaptation, Outcome, Race
from lib.practice_domains import domain_batches
from lib.practice_picture import beside_reference
from lib.results import Value, mean_and_interval, recorded
from lib.stages import stages
from lib.unfreezing import GradualUnfreezer, Schedule
from lib.widgets import explore, predict

# %% [markdown]
# ## 1 One network, 500 images, three strategies
#
# Extraction, partial and full fine-tuning of the same network, on 500 labelled digits on photographs, 50 of each.
# Which is the most accurate, which takes the least time, and which overfits?
#
# *Given*: the task's three splits, a pre-trained network with a new head, `fit` and `score`. *Asked*: a function that
# makes the three runs comparable. For each strategy it returns an `Outcome`: the network, its accuracy on the test
# split, the gap between training and validation accuracy, the share of the parameters that learn, and the seconds.
#
# Before you write it:

# %%
asked = "Which strategy has the largest gap in the reference (12 epochs, three seeds)?"
guess_gap = predict(asked, ["extraction", "partial", "full"], key="12 gap")
guess_gap

# %% [markdown] about="three_strategies"
# ### Exercise: `three_strategies`
#
# The trap is in the word "frozen": a model may come frozen, and batch norm moves without a gradient.
# `trainable_fraction(network)` counts the share that learns. `fit` puts the network in training mode and `score` in
# evaluation mode: you set neither.

# %% exercise="three_strategies"

# %% check="three_strategies"

# %% [markdown]
# ### Your run
#
# The quick budget trains for 2 epochs, the full one for 12. All three strategies get the same `fit`, so the head's rate
# is not tuned for any of them; the reference gave each strategy the rate that validated best.

# %%
task, epochs = load_task("digits-on-photographs"), 2 if settings.budget() == "quick" else 12
validation, few = task.validation.at_most(20, 0), task.train.few(50, seed=0)
splits, model = (few, validation, task.test), new_network(len(task.classes), seed=0)
fit, score = practice_runs.fit_digits(epochs, seed=0), practice_runs.score_digits
outcomes = practice.three_strategies(model, *splits, fit=fit, score=score)
for name, one in outcomes.items():
    print(f"{name:10} {one.accuracy:.1%}, gap {100 * one.gap:+.1f} points, {one.share:.2%} learn, {one.seconds:.1f} s")

# %% [markdown]
# ### Beside the reference
#
# `python -m benchmarks.lesson12 strategies` made the reference: 12 epochs, three seeds, on one thread of a CPU. Move
# the slider. Where do you disagree, and is it the epochs, the rates or the seed?

# %%
table = recorded("lesson12_strategies")
names = [str(name) for name in table.distinct("strategy")]


def numbers(column, strategy):
    return [100 * value for value in table.values(column, strategy=strategy)]


def apart(ours, theirs):
    """The differences, seed by seed."""
    return [a - b for a, b in zip(ours, theirs, strict=True)]


gaps = {name: apart(numbers("train_accuracy", name), numbers("validation_accuracy", name)) for name in names}
MEASURES = {
    "accuracy": ("test accuracy (%)", lambda one: 100 * one.accuracy, {n: numbers("accuracy", n) for n in names}),
    "gap": ("training − validation accuracy (points)", lambda one: 100 * one.gap, gaps),
    "time": ("seconds", lambda one: one.seconds, {n: table.values("seconds", strategy=n) for n in names}),
}
pictures = {}
for measure, (label, of, reference) in MEASURES.items():
    mine = {name: [of(one)] for name, one in outcomes.items()}
    pictures[measure] = beside_reference(mine, reference, f"500 images, three strategies: {measure}", x=label)
explore(pictures, "measure", start="accuracy")

# %%
largest = max(names, key=lambda name: sum(gaps[name]))
guess_gap.beside(largest)

# %%
for name in ("partial", "full"):
    for what, of in (("accuracy", {n: numbers("accuracy", n) for n in names}), ("gap", gaps)):
        mean, half = mean_and_interval(apart(of[name], of["extraction"]))
        print(f"{name} over extraction, {what}: {mean:+.1f} ± {half:.1f} points")

# %% [markdown]
# Both intervals of the gap hold 0: the largest mean gap is named above, and three seeds do not show that it is the
# largest.

# %% [markdown] task="three_strategies_report" points=6
# ### In your words
#
# Half a page: which of the three would you take for 500 images, and what would change your mind? State your accuracies,
# gaps and seconds, and say for one number why it differs from the reference's.
#
# Marks: the choice and its numbers 2, what the gap means 2, the difference explained 1, what would change your mind 1.
#
# ### BEGIN MARK SCHEME
# - 2 points: a choice that follows from the numbers stated (accuracy *and* time), not from a rule of thumb.
# - 2 points: the gap is read rightly. A training accuracy of 100 % alone is no overfitting; what counts is what happens
#   to validation and test.
# - 1 point: a difference from the reference is explained by something that really differs: epochs, rates, seed,
#   machine.
# - 1 point: one condition that would change the choice, such as fewer images, a more distant domain, less compute.
# ### END MARK SCHEME

# %% [markdown]
# *Your text:*

# %% [markdown]
# ## 2 When to unfreeze
#
# Gradual unfreezing opens a stage every epoch, every five epochs, or at every plateau of the validation loss. Which
# converges fastest, and which ends best? These are two questions, and the second needs patience.
#
# *Given*: the three schedules, a network, and `begin(network)`, which makes an optimiser and returns a function that
# trains an epoch and says how the network does on validation images. *Asked*: the race.
#
# A *schedule* is a function. The list of all validation losses so far goes in, and a number comes out: how many stages
# are to learn below the head. `len`, for one, opens a stage after every epoch.

# %%
guess_fast = predict(
    "Which schedule reaches 80 % first in the reference?", [*practice_runs.SCHEDULES], key="12 fastest"
)
guess_fast

# %% [markdown] about="unfreezing_race"
# ### Exercise: `unfreezing_race`
#
# `GradualUnfreezer(network, schedule)` does the unfreezing; yours is the order of things. When made, it freezes all but
# the head; `.trainable` lists the names of the stages that learn; `.step(loss)` notes an epoch's validation loss and
# opens what is due. The function that `begin` returns sets the network's modes.

# %% exercise="unfreezing_race"

# %% check="unfreezing_race"

# %% [markdown]
# ### Your run
#
# On 100 images, ten of each digit. The quick budget runs 6 epochs, the full one 25. In 6 epochs "every five" has just
# opened a stage and "plateau" none: only the full budget compares the ends.

# %%
epochs = 6 if settings.budget() == "quick" else 25
schedules, goal = practice_runs.SCHEDULES, practice_runs.GOAL
begin = practice_runs.begin_on(task.train.few(10, seed=0), validation, seed=0)
race = practice.unfreezing_race(model, schedules, begin, epochs=epochs, goal=goal)
print(f"goal {goal:.0%}: fastest {race.fastest}, best at the end {race.best}")
for name, epoch in race.reached.items():
    print(f"{name:11} reaches it in epoch {epoch}; stages that learn: {race.learning[name]}")

# %%
runs = recorded("lesson12_race")
seeds = [int(seed) for seed in runs.distinct("seed")]


def course(schedule):
    """Mean validation error over the seeds, in per cent, epoch by epoch."""
    each = [runs.values("validation_accuracy", schedule=schedule, seed=seed) for seed in seeds]
    return [100 * (1 - fmean(values)) for values in zip(*each, strict=True)]


series = {name: (range(1, len(course(name)) + 1), course(name)) for name in schedules}
plots.lines(series, "How does each schedule learn? Means of three seeds", x="epoch", y="validation error (%)")

# %% [markdown]
# `python -m benchmarks.lesson12 race` made the reference, with the same `begin`. No curve ends where it was lowest: the
# rates are constant, a hundred images are soon known by heart, and nothing here keeps the best epoch. How far is the
# end from the best?

# %%
for name in schedules:
    errors = course(name)
    low = min(errors)
    print(f"{name:11} lowest {low:.1f} % after epoch {errors.index(low) + 1}, at the end {errors[-1]:.1f} %")

# %% [markdown]
# So who is called the best depends on when one looks, and the rule has to be set beforehand: here it is the end. Yours
# over the reference:

# %%
ends, arrivals = {}, {}
for name in schedules:
    each = [runs.values("validation_accuracy", schedule=name, seed=seed) for seed in seeds]
    ends[name] = [100 * values[-1] for values in each]
    arrivals[name] = [next(n for n, v in enumerate(values, 1) if v >= goal) for values in each]
mine = {
    "epochs to the goal": {name: [epoch] for name, epoch in race.reached.items() if epoch},
    "accuracy at the end": {name: [100 * run[-1].accuracy] for name, run in race.scores.items()},
}
explore(
    {
        what: beside_reference(mine[what], reference, f"Three schedules: {what}", x=label)
        for what, reference, label in (
            ("epochs to the goal", arrivals, f"first epoch at {goal:.0%} validation accuracy"),
            ("accuracy at the end", ends, "validation accuracy after the last epoch (%)"),
        )
    },
    "question",
    start="epochs to the goal",
)

# %%
first = min(schedules, key=lambda name: sum(arrivals[name]))
guess_fast.beside(first)
print("; ".join(f"{name}: {fmean(arrivals[name]):.1f} epochs on average" for name in schedules))

# %% [markdown]
# The goal of 80 % hardly tells the schedules apart here: it is reached in epoch 2 or 3, when at most two stages learn.

# %%
for name in ("every five", "plateau"):
    mean, half = mean_and_interval(apart(ends[name], ends["every epoch"]))
    print(f"{name}, at the end, over every epoch: {mean:+.1f} ± {half:.1f} points")

# %% [markdown] task="unfreezing_report" points=6
# ### In your words
#
# Half a page: which schedule converges fastest, which ends best, and what do three seeds allow you to say? Explain one
# of the curves by how many stages learnt at the time (`race.learning`).
#
# Marks: both questions answered from numbers 2, the difference at the end and how sure it is 2, a curve explained 1,
# the limits of the comparison 1.
#
# ### BEGIN MARK SCHEME
# - 2 points: the two questions are kept apart and both answered from numbers.
# - 2 points: the difference at the end is stated with its interval, and if that holds 0, it is not called a win.
# - 1 point: a curve is tied to the stages that learn, such as a dip or a rise after a stage opens.
# - 1 point: the limits: validation accuracy chose and reported here; a test split was not used.
# ### END MARK SCHEME

# %% [markdown]
# *Your text:*

# %% [markdown]
# ## 3 Digits → digits on photographs
#
# Labelled digits on plain ground, unlabelled digits on photographs, and a network with a domain discriminator behind a
# gradient reversal. What does the reversal give? The only honest comparison is the same training with λ = 0.
#
# *Given*: batches of source images, their labels and target images, an `optimiser`, a `score`. *Asked*: the two runs.
# No label of the target is in the batches; `score` alone has seen some, and it comes last.

# %% [markdown] about="adapt_digits"
# ### Exercise: `adapt_digits`
#
# `adversarial_step(network, optimiser, source_images, source_labels, target_images, strength)` is lesson 6's. It makes
# one step in the mode that the network is in, and returns `AdversarialLosses(task, domain, domain_accuracy)`: the two
# losses, and the share of images whose domain was named rightly. What is left: who gets which λ, and who begins where.

# %% exercise="adapt_digits"

# %% check="adapt_digits"

# %% [markdown]
# ### Your run
#
# 16 images of each domain in a step; 25 steps in the quick budget, 200 in the full one. Guessing names half of the
# domains rightly (50 %).

# %%
source, steps = load_task("clean-digits"), 25 if settings.budget() == "quick" else 200
images, labels, targets = prepared(source.train), source.train.labels, prepared(task.train)
batches = domain_batches(images, labels, targets, steps, size=16, seed=0)


def optimiser(parameters):
    return torch.optim.AdamW(parameters, lr=3e-4)


def on_target(predictor):
    return score(predictor, task.test)


network = practice_runs.adversarial_digits_network(seed=0)
adapted = practice.adapt_digits(network, batches, optimiser, on_target)
for name, one in adapted.items():
    late = one.domain_accuracy[-10:]
    print(f"{name:8} target {one.accuracy:.1%}; domain named rightly, last ten steps: {sum(late) / len(late):.0%}")

# %% [markdown]
# ### Beside the reference
#
# Lesson 6 recorded the same pair of domains (`python -m benchmarks.adaptation --record`), with more steps and with each
# domain in a batch of its own. Its run without reversal that has seen the target's statistics is called AdaBN there. It
# had no discriminator's loss at all, so it learnt from the source alone; with λ = 0 your discriminator learns, and the
# features do not hear of it either.

# %%
pair, lesson6 = "digits → digits on photographs", recorded("adaptation")
lesson6_runs = {
    name: [100 * value for value in lesson6.values("accuracy", pair=pair, method=method)]
    for name, method in (("without", "AdaBN"), ("with", "DANN"))
}
mine = {name: [100 * one.accuracy] for name, one in adapted.items()}
beside_reference(mine, lesson6_runs, "What does the reversal give?", x="target accuracy (%)", unit=" %")

# %%
gain, half = mean_and_interval(apart(lesson6_runs["with"], lesson6_runs["without"]))
print(f"the reference, with over without: {gain:+.1f} ± {half:.1f} points")
print(f"yours, one seed: {mine['with'][0] - mine['without'][0]:+.1f} points")

# %% [markdown]
# > **At full scale.** For MNIST → MNIST-M, from random weights and 60,000 images, Ganin et al. (2016) report 52.25 %
# > with the source alone and 76.66 % with the reversal.

# %% [markdown] task="adaptation_report" points=6
# ### In your words
#
# Half a page: what did the reversal give, in your run and in the reference? What does the discriminator's accuracy tell
# you, and how would you have chosen λ's schedule without one label of the target?
#
# Marks: the gain and what it is measured against 2, what the discriminator's accuracy can mean 2, a way to choose and
# its weakness 2.
#
# ### BEGIN MARK SCHEME
# - 2 points: the gain is stated against the run with λ = 0, and one seed is not taken for more than one seed.
# - 2 points: a discriminator near one half may mean features that agree, or a discriminator that has not learnt; the
#   answer says how to tell, such as a new one trained on the final features.
# - 2 points: a way to choose without target labels is named (information maximisation, cluster agreement, source
#   validation), with one weakness of it.
# ### END MARK SCHEME

# %% [markdown]
# *Your text:*

# %% [markdown]
# ## 4 An ablation
#
# Three backbones, three strategies, three augmentations, three schedules: 81 cells, on eight kinds of blood cells. At
# 200 images a class, how long would the whole grid take on one thread? The reference has run nine cells, at 20 images a
# class.

# %%
reference = recorded("lesson12_ablation")
hours = 81 * fmean(reference.values("seconds")) * 200 / 20 / 3600
print(f"one run takes {fmean(reference.values('seconds')):.1f} s; the whole grid, one seed: about {hours:.1f} h")

# %% [markdown]
# A **fair fraction** takes nine cells, chosen so that each level meets each level of every other factor once. So each
# level has the same company, and nine runs compare the levels of all four factors.
#
# The price is **confounding**. In nine cells a main effect cannot be told from two other factors acting together: if
# one backbone does well with one strategy only, the table shows that as an effect of an augmentation, or of a schedule,
# that happened to be in the same cells. A main effect read off a fair fraction is right as far as the factors add up.
#
# *Given*: a table of runs, whole or not. *Asked*: what each level is worth, which cell to take, and what is missing.

# %%
for cell in fair_fraction(PRACTICE_GRID):
    print(*cell.values(), sep=" · ")

# %% [markdown] about="ablation_table"
# ### Exercise: `ablation_table`
#
# Three rules of lesson 9 in one function: pairs, validation chooses, and every gap is named. The pairs are seeds.

# %% exercise="ablation_table"

# %% check="ablation_table"

# %% [markdown]
# ### Your run
#
# At 20 images a class, as the reference. The quick budget runs the nine cells once, with 2 epochs; the full one three
# times, with 12, as the reference did. Each run is written to a file beside this notebook: if this notebook cell is
# stopped, it goes on there.

# %%
quick = settings.budget() == "quick"
size, epochs, count = (20, 2, 1) if quick else (20, 12, 3)
cells_task, path = load_task("blood-cells"), Path(f"my_ablation_{settings.budget()}.csv")
mine = []
for seed, cell in itertools.product(range(count), fair_fraction(PRACTICE_GRID)):
    options = {f"{factor}s": (cell[factor],) for factor in ("backbone", "augmentation", "schedule")}
    options |= {"epochs": epochs, "path": path}
    mine += ablation.compare_strategies(cells_task, (cell["strategy"],), (size,), (seed,), **options).rows
found = ablation_summary.ablation_table(mine, PRACTICE_GRID)
print(f"best by validation: {', '.join(map(str, found.best.values()))}; test {found.accuracy:.1%}")
print(f"{len(found.missing)} of {3**4} cells were not measured; seeds {found.seeds}")

# %% [markdown]
# ### The reference

# %%
ours = ablation_summary.ablation_table(reference.rows, PRACTICE_GRID)
for factor, levels in ours.effects.items():
    for level, (mean, half) in levels.items():
        print(f"{level} over {PRACTICE_GRID[factor][0]}: {100 * mean:+.1f} ± {100 * half:.1f} points")
print(f"best by validation: {', '.join(map(str, ours.best.values()))}; test {ours.accuracy:.1%}")

# %%
ablation_picture(reference, "Nine cells of 81, three seeds: which choice is worth how much?")

# %% [markdown]
# And yours over it: for each level, the mean over the runs that have it. In the quick budget your runs are short and
# have one seed. A short run favours what learns fast, a head alone for instance: is the order of your levels the
# reference's?

# %%
pictures = {}
for factor, levels in PRACTICE_GRID.items():
    each, yours = {}, {}
    for level in levels:
        rows = [row for row in reference.rows if row[factor] == level]
        each[level] = [100 * fmean(row["accuracy"] for row in rows if row["seed"] == seed) for seed in range(3)]
        yours[level] = [100 * fmean(row["accuracy"] for row in mine if row[factor] == level)]
    pictures[factor] = beside_reference(yours, each, f"Your ablation: {factor}", x="test accuracy (%)")
explore(pictures, "factor", start="strategy")

# %% [markdown] task="ablation_report" points=8
# ### In your words
#
# One page, with a table: what is each choice worth, which cell would you take, and what may not be concluded? Name two
# cells that were not measured and that you would run next, and why these.
#
# Marks: effects and how sure they are 2, the cell and how it is reported 2, what nine cells cannot say 2, the cells to
# run next 1, the conditions of the runs 1.
#
# ### BEGIN MARK SCHEME
# - 2 points: effects with intervals over seeds; what holds 0 is not called an effect.
# - 2 points: the cell was chosen by validation and is reported by the test split; both numbers are stated.
# - 2 points: the fraction's limit: interactions of two factors are mixed with main effects of others, so "Mixup helps
#   full fine-tuning" cannot be read off nine cells.
# - 1 point: the cells to run next follow from the results, such as the untried combination of the best levels.
# - 1 point: images a class, epochs and seeds are stated, and the medical-like task is not taken for a medical one.
# ### END MARK SCHEME

# %% [markdown]
# *Your text:*

# %% [markdown]
# Two of the strategies from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it has
# to download.


# %%
def two_from_above(target, backbone):
    """Two strategies on ten images a class of satellite pictures, from ImageNet's weights."""
    for row in ablation.compare_strategies(target, ("extraction", "full"), (10,), (0,), backbones=(backbone,)).rows:
        yield f"{row['strategy']:10}  test {row['accuracy']:.1%}, {row['seconds']:.0f} s"


for line in at_full_scale(two_from_above):
    print(line)

# %% [markdown]
# ## Keep
#
# 1. A comparison is a frame: what is made anew for each run, what all runs share, and what is scored when.
# 2. A frozen part is frozen with its statistics.
# 3. "Converges fastest" and "ends best" are two questions.
# 4. The run with λ = 0 is the one to compare with.
# 5. Validation chooses, the test split reports, and a table says what it lacks.

# %%
strategies = {name: mean_and_interval(table.values("accuracy", strategy=name)) for name in names}
plots.where_we_are(strategies, "Where we are: 500 images, 50 a class", new=["full"], chance=0.1)

# %% [markdown]
# With 500 images full fine-tuning is ahead of both others, in each of the three seeds. This was the last lesson.
#
# **To sleep on.** (1) Your ablation finds a best cell that nobody has measured: the best level of each factor. What
# would have to be true for it to be the best? (2) Which of your four reports would change if the test split were drawn
# anew?
#
# **Words.** *Ablation*: a comparison in which parts of a recipe are varied, to see what each is worth. *Main effect*:
# what a level is worth against the baseline, on average over the levels of all other factors; in a part of the grid, on
# average over the cells that were run. *Confounding*: two causes that vary together, so that the runs cannot tell which
# of them acted. *Fair fraction*: part of a grid in which every two levels of different factors meet equally often; an
# orthogonal array.
#
# **Sources**
#
# - R. A. Fisher, The design of experiments, Oliver and Boyd, 1935.
# - Y. Ganin et al., Domain-adversarial training of neural networks, JMLR 17, 2016.
# - J. Howard and S. Ruder, Universal language model fine-tuning for text classification, ACL 2018.
# - G. Taguchi, System of experimental design, UNIPUB, 1987.
