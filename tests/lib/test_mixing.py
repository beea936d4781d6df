"""Mixup, CutMix and their loss: against torchvision v2, NumPy loops, SciPy's beta and torch's own cross-entropy."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torchvision.transforms import v2

from lib.mixing import Mixing, box_mask, cutmix, cutmix_box, mixup, soft_target_cross_entropy, symmetric_beta

CLASSES = 5
law = settings(max_examples=25, deadline=None, derandomize=True)
mixings = pytest.mark.parametrize("mix", [mixup, cutmix])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(count=6, height=7, width=9, dtype=torch.float32, seed=0):
    images = torch.rand(count, 3, height, width, generator=generator(seed)).to(dtype)
    return images, torch.randint(CLASSES, (count,), generator=generator(seed + 1))


def drawn(mix, count, alpha, per_sample, seed):
    """λ and partners as the docstrings say that they are drawn."""
    source = generator(seed)
    lam = symmetric_beta(alpha, count if per_sample else 1, source)
    return lam, torch.randperm(count, generator=source), source


def one_hot(labels):
    return np.eye(CLASSES)[labels.numpy()]


# ---- the draw of λ ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.4, 0.5, 1.0, 2.0, 5.0])
def test_symmetric_beta_passes_kolmogorov_and_smirnov(alpha):
    count = 20_000
    sample = symmetric_beta(alpha, count, generator(3)).numpy()
    # at α = 0.05 one true value in six is nearer to 0 or 1 than a float64 near 1 can tell: leave out these ends
    points = np.sort(sample)[(np.sort(sample) > 1e-12) & (np.sort(sample) < 1 - 1e-12)]
    expected, theirs = stats.beta(alpha, alpha).cdf(points), np.searchsorted(np.sort(sample), points, side="right")
    assert stats.kstwo.sf(abs(theirs / count - expected).max(), count) > 0.01


@pytest.mark.parametrize("alpha", [0.5, 1.0, 5.0])
def test_symmetric_beta_passes_scipy_own_test_where_no_end_is_left_out(alpha):
    assert stats.kstest(symmetric_beta(alpha, 20_000, generator(4)).numpy(), stats.beta(alpha, alpha).cdf).pvalue > 0.01


@pytest.mark.parametrize("alpha", [1e-4, 1e6])
def test_symmetric_beta_is_finite_and_in_range_at_the_extremes(alpha):
    sample = symmetric_beta(alpha, 1000, generator())
    assert sample.isfinite().all() and sample.min() >= 0 and sample.max() <= 1
    assert float((sample - 0.5).square().mean()) == pytest.approx(1 / (8 * alpha + 4), rel=0.2)  # the variance


def test_symmetric_beta_same_generator_same_numbers_and_another_one_others():
    first, again, other = (symmetric_beta(0.2, 8, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


# ---- mixup --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_mixup_is_the_formula_image_by_image(count, per_sample):
    images, labels = batch(count, dtype=torch.float64)
    lam, partners, _ = drawn(mixup, count, 0.4, per_sample, 7)
    mixed, targets = mixup(images, labels, CLASSES, 0.4, per_sample=per_sample, generator=generator(7))
    for i, j in enumerate(partners.tolist()):
        share = float(lam[i] if per_sample else lam[0])
        np.testing.assert_allclose(mixed[i], share * images[i].numpy() + (1 - share) * images[j].numpy(), rtol=1e-12)
        expected = share * one_hot(labels)[i] + (1 - share) * one_hot(labels)[j]
        np.testing.assert_allclose(targets[i], expected, atol=1e-15)


def swapping_seed(alpha):
    """A seed for which the two images of a batch are each other's partners: torchvision always pairs neighbours."""
    return next(seed for seed in range(99) if drawn(mixup, 2, alpha, False, seed)[1].tolist() == [1, 0])


def test_mixup_equals_torchvision_at_the_same_lambda():
    images, labels = batch(2)
    seed = swapping_seed(1.0)
    transform = v2.MixUp(num_classes=CLASSES)
    lam = float(drawn(mixup, 2, 1.0, False, seed)[0])
    expected = transform.transform(images, {"labels": labels, "batch_size": 2, "lam": lam})
    expected_targets = transform.transform(labels, params := {"labels": labels, "batch_size": 2, "lam": lam})
    assert params["lam"] == lam
    mixed, targets = mixup(images, labels, CLASSES, 1.0, generator=generator(seed))
    torch.testing.assert_close(mixed, expected)
    torch.testing.assert_close(targets, expected_targets)


def test_mixup_expectation_is_half_the_image_and_half_the_mean_of_the_batch():
    labels = torch.arange(20_000) % CLASSES
    values = torch.rand(CLASSES, 2, generator=generator(), dtype=torch.float64)
    mixed, targets = mixup(values[labels], labels, CLASSES, per_sample=True, generator=generator(1))
    for found, pure in ((mixed, values), (targets, torch.eye(CLASSES, dtype=torch.float64))):
        means = torch.stack([found[labels == label].mean(0) for label in range(CLASSES)])
        torch.testing.assert_close(means, (pure + pure.mean(0)) / 2, atol=0.02, rtol=0)


@law
@given(st.integers(1, 7), st.booleans(), st.integers(0, 999))
def test_mixup_commutes_with_a_change_of_units(count, per_sample, seed):
    images, labels = batch(count, dtype=torch.float64, seed=seed)
    mixed, _ = mixup(images, labels, CLASSES, per_sample=per_sample, generator=generator(seed))
    moved, _ = mixup(2 * images - 3, labels, CLASSES, per_sample=per_sample, generator=generator(seed))
    torch.testing.assert_close(moved, 2 * mixed - 3)


def test_mixup_takes_features_of_any_shape():
    features, labels = torch.rand(4, 8, generator=generator()), torch.arange(4)
    mixed, targets = mixup(features, labels, 4, generator=generator())
    torch.testing.assert_close(mixed, targets @ features)


def test_mixup_passes_gradients_by_the_shares():
    images, labels = batch(3, 2, 2, torch.float64)
    images.requires_grad_(True)
    mixed, _ = mixup(images, labels, CLASSES, per_sample=True, generator=generator(2))
    mixed[0].sum().backward()
    lam, partners, _ = drawn(mixup, 3, 0.2, True, 2)
    expected = torch.zeros(3, dtype=torch.float64)
    expected[0] += lam[0]
    expected[partners[0]] += 1 - lam[0]
    torch.testing.assert_close(images.grad[:, 0, 0, 0], expected)


# ---- cutmix -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_cutmix_is_the_paper_pixel_by_pixel(count, per_sample):
    images, labels = batch(count, dtype=torch.float64)
    lam, partners, source = drawn(cutmix, count, 1.0, per_sample, 8)
    rows, columns = (torch.randint(n, lam.shape, generator=source).tolist() for n in (7, 9))
    mixed, targets = cutmix(images, labels, CLASSES, per_sample=per_sample, generator=generator(8))
    for i, j in enumerate(partners.tolist()):
        k = i if per_sample else 0
        expected, pasted = images[i].numpy().copy(), 0
        half_height, half_width = (int(0.5 * math.sqrt(1 - lam[k]) * n) for n in (7, 9))
        for y in range(7):
            for x in range(9):
                if -half_height <= y - rows[k] < half_height and -half_width <= x - columns[k] < half_width:
                    expected[:, y, x] = images[j, :, y, x]
                    pasted += 1
        np.testing.assert_array_equal(mixed[i], expected)
        share = pasted / 63
        np.testing.assert_allclose(targets[i], (1 - share) * one_hot(labels)[i] + share * one_hot(labels)[j])


def test_cutmix_equals_torchvision_with_the_same_box():
    images, labels = batch(2)
    seed = swapping_seed(1.0)
    lam, _, source = drawn(cutmix, 2, 1.0, False, seed)
    row, column = (torch.randint(n, (1,), generator=source) for n in (7, 9))
    boxes, kept = cutmix_box(7, 9, lam, torch.stack([row, column], 1))
    top, left, bottom, right = boxes[0].tolist()
    transform = v2.CutMix(num_classes=CLASSES)
    params = {"labels": labels, "batch_size": 2, "box": (left, top, right, bottom), "lam_adjusted": float(kept)}
    mixed, targets = cutmix(images, labels, CLASSES, generator=generator(seed))
    torch.testing.assert_close(mixed, transform.transform(images, params))
    torch.testing.assert_close(targets, transform.transform(labels, params))


@law
@given(st.integers(1, 6), st.booleans(), st.integers(0, 999))
def test_cutmix_target_is_the_share_of_pixels(count, per_sample, seed):
    """Images that show their own number, labelled by it: targets can be counted in the pixels."""
    labels = torch.arange(count)
    images = labels.to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 2, 9, 6)
    mixed, targets = cutmix(images, labels, count, per_sample=per_sample, generator=generator(seed))
    counted = torch.stack([(mixed[:, 0] == label).double().mean((1, 2)) for label in labels], 1)
    torch.testing.assert_close(targets, counted.float())
    assert mixed.dtype == torch.uint8


@pytest.mark.parametrize("per_sample", [False, True])
def test_cutmix_passes_gradients_to_where_each_pixel_came_from(per_sample):
    images, labels = batch(4, dtype=torch.float64)
    mixed, _ = cutmix(images, labels, CLASSES, per_sample=per_sample, generator=generator(8))
    with_history = images.clone().requires_grad_()
    again, _ = cutmix(with_history, labels, CLASSES, per_sample=per_sample, generator=generator(8))
    assert torch.equal(again, mixed)
    used = (mixed.unsqueeze(1) == images).double()  # (mixed, source, C, H, W): all values differ
    again[0].sum().backward()
    torch.testing.assert_close(with_history.grad, used[0])


@law
@given(st.integers(0, 999))
def test_cutmix_commutes_with_any_change_of_single_pixels(seed):
    images, labels = batch(4, seed=seed)
    mixed, _ = cutmix(images, labels, CLASSES, per_sample=True, generator=generator(seed))
    assert torch.equal(
        cutmix(images.exp(), labels, CLASSES, per_sample=True, generator=generator(seed))[0], mixed.exp()
    )


# ---- both ---------------------------------------------------------------------------------------------------------


@mixings
@law
@given(st.integers(1, 9), st.booleans(), st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]))
def test_targets_sum_to_one_at_any_batch_size_and_dtype(mix, count, per_sample, dtype):
    images, labels = batch(count, dtype=dtype)
    mixed, targets = mix(images, labels, CLASSES, per_sample=per_sample, generator=generator(count))
    assert mixed.shape == images.shape and mixed.dtype == dtype
    assert targets.shape == (count, CLASSES) and targets.min() >= 0
    assert targets.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    torch.testing.assert_close(targets.sum(1), torch.ones(count, dtype=targets.dtype))


@mixings
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_keeps_image_and_target_together(mix, dtype):
    labels = torch.arange(2)
    images = labels.to(dtype).view(2, 1, 1, 1).expand(2, 1, 8, 8)
    mixed, targets = mix(images, labels, 2, generator=generator(1))
    torch.testing.assert_close(mixed.float().mean((1, 2, 3)), targets[:, 1], atol=2**-8, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_rounds_lambda_before_it_is_used_for_either(dtype):
    images, labels = torch.arange(2).to(dtype).view(2, 1), torch.arange(2)
    mixed, targets = mixup(images, labels, 2, 1.0, generator=generator(swapping_seed(1.0)))
    assert torch.equal(mixed[1, 0].float(), targets[1, 1])
    assert targets[1, 1] == targets[1, 1].to(dtype) != 1


@mixings
@pytest.mark.parametrize("per_sample", [False, True])
def test_a_new_order_of_the_classes_reorders_the_targets_alone(mix, per_sample):
    images, labels = batch()
    order = torch.tensor([3, 0, 4, 1, 2])
    mixed, targets = mix(images, labels, CLASSES, per_sample=per_sample, generator=generator(5))
    same, renamed = mix(images, order[labels], CLASSES, per_sample=per_sample, generator=generator(5))
    assert torch.equal(same, mixed) and torch.equal(renamed[:, order], targets)


@mixings
def test_one_lambda_a_batch_or_one_an_image(mix):
    images, labels = torch.rand(40, 1, 20, 20, generator=generator()), torch.arange(40)
    one, many = (mix(images, labels, 40, 1.0, per_sample=p, generator=generator(3))[1].diagonal() for p in (0, 1))
    assert len(one[one < 1].unique()) == 1  # an image that met itself has the target 1
    assert len(many[many < 1].unique()) > 20


@mixings
def test_a_batch_of_one_stays_as_it_is(mix):
    images, labels = batch(1)
    mixed, targets = mix(images, labels, CLASSES, generator=generator(2))
    torch.testing.assert_close(mixed, images)
    torch.testing.assert_close(targets.double().numpy(), one_hot(labels))


@mixings
@pytest.mark.parametrize("per_sample", [False, True])
def test_the_memory_format_is_kept(mix, per_sample):
    images, labels = batch()
    images = images.to(memory_format=torch.channels_last)
    mixed, _ = mix(images, labels, CLASSES, per_sample=per_sample, generator=generator())
    assert mixed.is_contiguous(memory_format=torch.channels_last)


@mixings
def test_same_generator_same_batch_and_the_global_state_is_left_alone(mix):
    images, labels = batch()
    before = torch.get_rng_state()
    first, again, other = (mix(images, labels, CLASSES, 1.0, generator=generator(s))[0] for s in (1, 1, 5))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


@mixings
@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("per_sample", [False, True])
def test_cuda_gives_what_the_cpu_gives(mix, per_sample):
    images, labels = batch()
    here = mix(images, labels, CLASSES, per_sample=per_sample, generator=generator(1))
    there = mix(images.cuda(), labels.cuda(), CLASSES, per_sample=per_sample, generator=generator(1))
    for ours, theirs in zip(here, there, strict=True):
        torch.testing.assert_close(theirs.cpu(), ours)
    on_cuda = torch.Generator("cuda").manual_seed(1)
    assert mix(images.cuda(), labels.cuda(), CLASSES, per_sample=per_sample, generator=on_cuda)[0].is_cuda


# ---- the box ------------------------------------------------------------------------------------------------------


@law
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.data())
def test_cutmix_box_equals_torchvision(height, width, lam, data):
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    boxes, kept = cutmix_box(height, width, torch.tensor([lam], dtype=torch.float64), torch.tensor([[row, column]]))
    transform, draws = v2.CutMix(num_classes=2), iter([torch.tensor([column]), torch.tensor([row])])
    transform._dist = type("Fixed", (), {"sample": lambda self, shape: lam})()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randint", lambda *a, **k: next(draws))
        params = transform.make_params([torch.empty(1, 3, height, width)])
    left, top, right, bottom = params["box"]
    assert boxes.tolist() == [[top, left, bottom, right]]
    assert float(kept) == params["lam_adjusted"]


@law
@given(st.integers(1, 30), st.integers(1, 30), st.lists(st.floats(0, 1), min_size=1, max_size=5), st.integers(0, 99))
def test_cutmix_box_lambda_is_one_less_the_area_and_never_less_than_drawn(height, width, lams, seed):
    lam = torch.tensor(lams, dtype=torch.float64)
    centre = torch.stack([torch.randint(n, (len(lams),), generator=generator(seed)) for n in (height, width)], 1)
    boxes, kept = cutmix_box(height, width, lam, centre)
    inside = box_mask(boxes, height, width)
    torch.testing.assert_close(kept, 1 - inside.double().mean((1, 2, 3)))
    assert (kept >= lam - 1e-12).all()


def test_cutmix_box_inside_the_image_has_the_area_that_was_asked_for():
    boxes, kept = cutmix_box(100, 200, torch.tensor([0.75]), torch.tensor([[50, 100]]))
    assert boxes.tolist() == [[25, 50, 75, 150]]
    assert float(kept) == pytest.approx(0.75)


def test_cutmix_box_ends():
    boxes, kept = cutmix_box(4, 4, torch.tensor([1.0, 0.0]), torch.tensor([[1, 1], [2, 2]]))
    assert kept.tolist() == [1.0, 0.0]
    assert box_mask(boxes, 4, 4).sum((1, 2, 3)).tolist() == [0, 16]


# ---- the loss -----------------------------------------------------------------------------------------------------


@law
@given(st.integers(1, 6), st.integers(1, 7), st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.booleans(), st.integers(0, 999))
def test_soft_target_cross_entropy_equals_torch(count, classes, smoothing, soft, seed):
    logits = torch.randn(count, classes, generator=generator(seed), dtype=torch.float64, requires_grad=True)
    if soft:
        targets = torch.rand(count, classes, generator=generator(seed + 1), dtype=torch.float64).softmax(1)
    else:
        targets = torch.randint(classes, (count,), generator=generator(seed + 1))
    ours = soft_target_cross_entropy(logits, targets, smoothing)
    theirs = F.cross_entropy(logits, targets, label_smoothing=smoothing)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, logits), torch.autograd.grad(theirs, logits))


def test_soft_target_cross_entropy_gradients_by_finite_differences():
    logits = torch.randn(3, 4, generator=generator(), dtype=torch.float64, requires_grad=True)
    targets = torch.rand(3, 4, generator=generator(1), dtype=torch.float64).softmax(1)
    assert torch.autograd.gradcheck(lambda z: soft_target_cross_entropy(z, targets, 0.2), logits)


def test_soft_target_cross_entropy_of_a_mixed_label_is_the_mixed_loss():
    """Zhang et al. (2018) train on λ·loss(yᵢ) + (1 − λ)·loss(yⱼ), which is the same number."""
    logits, labels, others = torch.randn(2, 3, generator=generator()), torch.tensor([0, 2]), torch.tensor([1, 1])
    soft = 0.3 * F.one_hot(labels, 3) + 0.7 * F.one_hot(others, 3)
    expected = 0.3 * F.cross_entropy(logits, labels) + 0.7 * F.cross_entropy(logits, others)
    torch.testing.assert_close(soft_target_cross_entropy(logits, soft), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_soft_target_cross_entropy_computes_half_precision_in_float32(dtype):
    logits = (torch.randn(4, 300, generator=generator()) * 20).to(dtype)
    labels = torch.arange(4)
    loss = soft_target_cross_entropy(logits, labels, 0.1)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, F.cross_entropy(logits.float(), labels, label_smoothing=0.1))
    assert soft_target_cross_entropy(logits, F.one_hot(labels, 300).to(dtype)).isfinite()


# ---- one of the two, by chance ------------------------------------------------------------------------------------


def kinds(mix, count=400):
    """For each of many batches: "plain", "mixup" (blended values) or "cutmix" (only whole values)."""
    images = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 6, 6).contiguous()
    source, seen = generator(4), []
    for _ in range(count):
        mixed, _ = mix(images, torch.tensor([0, 1]), source)
        seen.append("plain" if mixed is images else "cutmix" if set(mixed.unique().tolist()) <= {0, 1} else "mixup")
    return {kind: seen.count(kind) / count for kind in ("plain", "cutmix", "mixup")}


def test_mixing_mixes_as_often_as_asked():
    # half of the pairs of a batch of two are an image and itself, which looks like CutMix with nothing pasted
    shares = kinds(Mixing(2, mixup_alpha=5.0, probability=0.6, cutmix_share=0.25))
    assert shares["plain"] == pytest.approx(0.4, abs=0.08)
    assert shares["mixup"] == pytest.approx(0.6 * 0.75 / 2, abs=0.08)


@pytest.mark.parametrize(("share", "mix", "alpha"), [(0.0, mixup, 0.3), (1.0, cutmix, 0.7)])
def test_mixing_is_the_one_that_it_draws(share, mix, alpha):
    images, labels = batch()
    both = Mixing(CLASSES, mixup_alpha=0.3, cutmix_alpha=0.7, cutmix_share=share, per_sample=True)
    source = generator(9)
    torch.rand(2, generator=source)
    expected = mix(images, labels, CLASSES, alpha, per_sample=True, generator=source)
    for ours, theirs in zip(both(images, labels, generator(9)), expected, strict=True):
        assert torch.equal(ours, theirs)


def test_mixing_that_does_not_mix_gives_one_hot_targets_in_the_type_of_the_others():
    images, labels = batch(dtype=torch.float64)
    same, targets = Mixing(CLASSES, probability=0.0)(images, labels, generator())
    assert same is images and targets.dtype == torch.float64
    np.testing.assert_array_equal(targets, one_hot(labels))


# ---- errors -------------------------------------------------------------------------------------------------------

IMAGES, LABELS = batch()
LAM, CENTRE = torch.tensor([0.5]), torch.tensor([[1, 1]])
LOGITS = torch.zeros(2, 3)


def mixes(mix, images=IMAGES, labels=LABELS, classes=CLASSES, alpha=1.0, generator=None):
    return mix(images, labels, classes, alpha, generator=generator or torch.Generator())


@mixings
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, ValueError, "images: expected the shape .*nothing empty"),
        ({"images": LABELS}, ValueError, "images: expected the shape"),
        ({"images": IMAGES.numpy()}, TypeError, "images: expected a tensor, got ndarray"),
        ({"labels": LABELS.tolist()}, TypeError, "labels: expected a tensor, got list"),
        ({"labels": LABELS[:-1]}, ValueError, r"labels: expected the shape \(6,\), got \(5,\)"),
        ({"labels": LABELS.unsqueeze(1)}, ValueError, r"labels: expected the shape \(6,\), got \(6, 1\)"),
        ({"labels": LABELS.int()}, TypeError, "labels: expected class indices, int64, got torch.int32"),
        ({"labels": LABELS - 9}, ValueError, "labels: expected 0 to 4, got -"),
        ({"labels": torch.full((6,), 5)}, ValueError, "labels: expected 0 to 4, got 5 to 5"),
        ({"labels": LABELS.to("meta")}, ValueError, "images, labels: expected one device, got cpu and meta"),
        ({"classes": 0}, ValueError, "classes: expected an integer of at least 1, got 0"),
        ({"classes": 2.0}, ValueError, "classes: expected an integer of at least 1, got 2.0"),
        ({"classes": True}, ValueError, "classes: expected an integer of at least 1, got True"),
        ({"alpha": 0}, ValueError, "alpha: expected a finite number above 0, got 0"),
        ({"alpha": math.inf}, ValueError, "alpha: .*got inf"),
        ({"alpha": math.nan}, ValueError, "alpha: .*got nan"),
        ({"alpha": None}, ValueError, "alpha: .*got None"),
        ({"generator": 7}, TypeError, "generator: expected a torch.Generator, got int"),
    ],
)
def test_mixing_refuses(mix, arguments, error, words):
    with pytest.raises(error, match=words):
        mixes(mix, **arguments)


def test_mixup_refuses_integer_pixels():
    with pytest.raises(TypeError, match=r"images: expected a floating-point type, got torch\.uint8"):
        mixes(mixup, IMAGES.to(torch.uint8))


def test_cutmix_refuses_what_has_no_rows_and_columns():
    with pytest.raises(ValueError, match=r"images: expected the shape \(N, C, height, width\).* got \(6, 189\)"):
        mixes(cutmix, IMAGES.flatten(1))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0, 4, LAM, CENTRE), ValueError, "height: expected an integer of at least 1, got 0"),
        ((4, 4.0, LAM, CENTRE), ValueError, "width: expected an integer of at least 1, got 4.0"),
        ((4, 4, 0.5, CENTRE), TypeError, "lam: expected a tensor, got float"),
        ((4, 4, LAM.long(), CENTRE), TypeError, "lam: expected a floating-point type, got torch.int64"),
        ((4, 4, LAM, CENTRE.double()), TypeError, "centre: expected int64, got torch.float64"),
        ((4, 4, LAM[0], CENTRE), ValueError, r"lam: expected the shape \(K,\), K ≥ 1, got \(\)"),
        ((4, 4, LAM[:0], CENTRE[:0]), ValueError, r"lam: expected the shape \(K,\), K ≥ 1, got \(0,\)"),
        ((4, 4, LAM, CENTRE[0]), ValueError, r"centre: expected the shape \(1, 2\), got \(2,\)"),
        ((4, 4, LAM + 1, CENTRE), ValueError, r"lam: expected numbers in \[0, 1\], got \[1.5\]"),
        ((4, 4, LAM * math.nan, CENTRE), ValueError, r"lam: expected numbers in \[0, 1\], got \[nan\]"),
        ((4, 4, LAM, CENTRE - 2), ValueError, "centre: expected pixels of a 4 × 4 image"),
        ((1, 4, LAM, CENTRE), ValueError, "centre: expected pixels of a 1 × 4 image"),
    ],
)
def test_cutmix_box_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        cutmix_box(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((LOGITS.tolist(), LOGITS), TypeError, "logits: expected a tensor, got list"),
        ((LOGITS.long(), LOGITS), TypeError, "logits: expected a floating-point type, got torch.int64"),
        ((LOGITS[0], LOGITS[0]), ValueError, r"logits: expected the shape \(N, C\), nothing empty, got \(3,\)"),
        ((LOGITS[:0], LOGITS[:0]), ValueError, r"logits: .*nothing empty, got \(0, 3\)"),
        ((LOGITS, LOGITS[:, :2]), ValueError, r"targets: expected the logits' shape \(2, 3\), got \(2, 2\)"),
        (
            (LOGITS, LOGITS),
            ValueError,
            r"targets: expected rows of numbers ≥ 0 that sum to 1, got the sums \[0.0, 0.0\]",
        ),
        ((LOGITS, LOGITS + torch.tensor([2, -1, 0])), ValueError, "targets: expected rows of numbers ≥ 0"),
        ((LOGITS, LOGITS + math.nan), ValueError, "targets: expected rows of numbers ≥ 0"),
        ((LOGITS, torch.tensor([0, 3])), ValueError, "targets: expected 0 to 2, got 0 to 3"),
        ((LOGITS, torch.tensor([0, 1], dtype=torch.int32)), TypeError, "targets: expected class indices, int64"),
        ((LOGITS, LOGITS.to("meta")), ValueError, "logits, targets: expected one device"),
        ((LOGITS, torch.tensor([0, 1]), 1.5), ValueError, r"label_smoothing: expected a number in \[0, 1\], got 1.5"),
        ((LOGITS, torch.tensor([0, 1]), None), ValueError, r"label_smoothing: .*got None"),
    ],
)
def test_soft_target_cross_entropy_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        soft_target_cross_entropy(*arguments)


def test_values_on_another_device_are_not_looked_at():
    """The meta device has no values: what passes there has not made anything wait for a GPU."""
    boxes, _ = cutmix_box(4, 4, LAM.to("meta"), CENTRE.to("meta"))
    assert boxes.shape == (1, 4)
    assert soft_target_cross_entropy(LOGITS.to("meta"), LOGITS.to("meta")).shape == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"probability": 1.1}, r"probability: expected a number in \[0, 1\], got 1.1"),
        ({"cutmix_share": -1}, r"cutmix_share: expected a number in \[0, 1\], got -1"),
        ({"probability": None}, r"probability: expected a number in \[0, 1\], got None"),
    ],
)
def test_mixing_object_refuses(arguments, words):
    with pytest.raises(ValueError, match=words):
        Mixing(CLASSES, **arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [((0.2, 0), ValueError, "count: expected an integer of at least 1, got 0")],
)
def test_symmetric_beta_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        symmetric_beta(*arguments, torch.Generator())
