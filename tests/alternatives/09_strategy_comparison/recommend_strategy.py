"""Right answers in other styles than the reference's."""

import bisect

from lib.strategies import Recommendation


def recommend_strategy_by_cases(images, domain="similar", compute="plenty"):
    if compute == "little":
        name = "extraction" if images < 1000 else "partial"
    elif domain == "similar":
        if images < 1000:
            name = "extraction"
        elif images < 10000:
            name = "partial"
        else:
            name = "full"
    elif images < 10000:
        name = "gradual"
    elif images < 100000:
        name = "full"
    else:
        name = "scratch"
    return Recommendation(name, f"{images} images, {domain} domain, {compute} compute.")


def recommend_strategy_by_bisection(images, domain="similar", compute="plenty"):
    columns = {
        ("similar", "plenty"): "extraction partial full full",
        ("distant", "plenty"): "gradual gradual full scratch",
    }
    column = columns.get((domain, compute), "extraction partial partial partial").split()
    return Recommendation(strategy=column[bisect.bisect([1e3, 1e4, 1e5], images)], reason="By the table.")


def recommend_strategy_by_digits(images, domain="similar", compute="plenty"):
    """How many digits the number has, from three to six."""
    row = min(max(len(str(images)), 3), 6) - 3
    table = [
        ("extraction", "gradual", "extraction"),
        ("partial", "gradual", "partial"),
        ("full", "full", "partial"),
        ("full", "scratch", "partial"),
    ]
    column = 2 if compute == "little" else ["similar", "distant"].index(domain)
    return Recommendation(table[row][column], reason="because")
