"""Calibration: confidence that means what it says.

Of the images that a network classifies with a confidence of 0.8, 80 in 100 should be classified rightly. Networks that
were trained until they fit their images well are surer than that. Temperature scaling mends it with one number, fitted
on images that the network was not trained on: all scores are divided by it. No prediction changes.
"""

import torch
from scipy.optimize import brentq
from torch import Tensor

from lib.points import check_features, check_labels


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature T > 0 at which softmax(logits / T) gives the labels most likely (Guo et al., 2017, §4.2, eq. 9).

        T = argmin  −1/N Σᵢ log softmax(zᵢ / T)[yᵢ]

    logits: the network's scores z before softmax, float32 or float64, shape (N, C), N ≥ 1, of images that it was not
    trained on; labels: int64 in [0, C), shape (N,), on the same device. Computed in float64; both are left as they are.
    T > 1 lowers the network's confidence, T < 1 raises it. In 1/T the problem is convex, so there is one best T.

    Raises TypeError for other types; ValueError for other shapes, devices or classes, for scores that are not finite,
    and where no T is best: where each label has the highest score of its row, confidence 1 in everything would fit best
    (T → 0); where labels score no higher on average than other classes, no confidence at all (T → ∞).

    Example:
        >>> logits = torch.tensor([[4.0, 0.0]]).expand(4, 2)  # four times sure of class 0, once wrongly
        >>> temperature = fit_temperature(logits, torch.tensor([0, 0, 0, 1]))
        >>> [round(p, 4) for p in (logits[0] / temperature).softmax(0).tolist()]
        [0.75, 0.25]
    """
    check_features("logits", logits)
    check_labels("labels", labels, logits, logits.shape[1])
    z = logits.detach().double()
    z = z - z.amax(1, keepdim=True)
    target = float(z.gather(1, labels.unsqueeze(1)).mean())

    def slope(sharpness: float) -> float:
        """Derivative of the mean loss by 1/T."""
        return float((z * (sharpness * z).softmax(1)).sum(1).mean()) - target

    _check_bounded(slope(0), -target)
    highest = 1 / float(z.abs().max())
    while slope(highest) < 0:
        highest *= 2
    return 1 / brentq(slope, 0, highest, xtol=1e-14 * highest)


def expected_calibration_error(confidence: Tensor, correct: Tensor, bins: int = 15) -> float:
    """How far confidence and accuracy lie apart, averaged over images, in [0, 1] (Guo et al., 2017, eq. 3).

        ECE = Σ_m |B_m| / N · |accuracy(B_m) − mean confidence(B_m)|

    over `bins` equal bins B_m, ((m−1)/bins, m/bins]; a confidence of 0 is in the first, an empty bin adds nothing.

    confidence: of each prediction, floating point in [0, 1], shape (N,), N ≥ 1; correct: whether it is right, bool,
    shape (N,), on the same device. Computed in float64; both are left as they are. The error depends on the number of
    bins and on N: even where confidence is perfect, few images a bin leave some by chance.

    Raises TypeError for other types; ValueError for other shapes or devices, a confidence outside [0, 1], and bins < 1.

    Example:
        >>> expected_calibration_error(torch.tensor([0.75, 0.75]), torch.tensor([True, False]))
        0.25
    """
    _check_predictions(confidence, correct, bins)
    p = confidence.detach()
    edges = (torch.arange(1, bins, dtype=torch.float64) / bins).to(p)  # rounded as the confidences are
    gaps = torch.zeros(bins, dtype=torch.float64, device=p.device)  # Σ (correct − confidence) in each bin
    gaps.index_add_(0, torch.bucketize(p, edges), correct.double() - p.double())
    return float(gaps.abs().sum() / len(p))


def _check_bounded(at_zero: float, at_infinity: float) -> None:
    """The loss falls with 1/T at 0 and rises towards infinity, so that it has its minimum between."""
    if not at_infinity > 0:
        raise ValueError("labels: expected at least one that does not have the highest score, else T → 0 fits best")
    if not at_zero < 0:
        raise ValueError("labels: expected them to score higher on average than other classes, else T → ∞ fits best")


def _check_predictions(confidence: Tensor, correct: Tensor, bins: int) -> None:
    if not isinstance(confidence, Tensor) or not confidence.is_floating_point():
        raise TypeError(f"confidence: expected a floating-point tensor, got {_kind(confidence)}")
    if not isinstance(correct, Tensor) or correct.dtype != torch.bool:
        raise TypeError(f"correct: expected a bool tensor, got {_kind(correct)}")
    if confidence.ndim != 1 or len(confidence) == 0:
        raise ValueError(f"confidence: expected the shape (N,), N ≥ 1, got {tuple(confidence.shape)}")
    if correct.shape != confidence.shape or correct.device != confidence.device:
        expected, got = (f"{tuple(t.shape)} on {t.device}" for t in (confidence, correct))
        raise ValueError(f"correct: expected {expected}, got {got}")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError(
            f"confidence: expected numbers in [0, 1], got {float(confidence.min())} to {float(confidence.max())}"
        )
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(f"bins: expected an integer of at least 1, got {bins!r}")


def _kind(value: object) -> str:
    return str(value.dtype) if isinstance(value, Tensor) else type(value).__name__
