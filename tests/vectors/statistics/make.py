"""Intervals and tests as SciPy computes them: the expected values of lab/tests/evaluate_statistics.rs.

Run: python tests/vectors/statistics/make.py > tests/vectors/statistics/scipy.json
"""

import json

from scipy import stats

SHARES = [(0, 10), (1, 20), (8, 75), (55, 66), (861, 888), (888, 888)]
RATES = [(0, 0.17), (1, 0.5), (7, 2.0), (120, 24.0)]
TABLES = [((3, 50), (12, 48)), ((0, 5), (5, 5)), ((430, 444), (420, 444)), ((7, 9), (7, 9))]
GROUPS = [[(40, 50), (30, 50), (45, 60)], [(90, 100), (80, 100)]]
PAIRS = [(0, 0), (3, 9), (1, 12), (40, 22)]
P = [0.01, 0.04, 0.03, 0.005, 0.5]


def interval(result):
    return [float(result.low), float(result.high)]


def fisher(a, b):
    return float(stats.fisher_exact([[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]).pvalue)


def chi_square(groups):
    table = [[h for h, _ in groups], [n - h for h, n in groups]]
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def mcnemar(first, second):
    return float(stats.binomtest(min(first, second), first + second, 0.5).pvalue) if first + second else 1.0


def holm(p):
    """The step-down procedure, straight from its definition."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    out = [0.0] * len(p)
    for rank, i in enumerate(order):
        out[i] = min(1.0, max((len(p) - r) * p[order[r]] for r in range(rank + 1)))
    return out


def share(method):
    return [[*s, *interval(stats.binomtest(*s).proportion_ci(method=method))] for s in SHARES]


def rate(count, hours):
    low = stats.chi2.ppf(0.025, 2 * count) / 2 / hours if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2 / hours
    upper = stats.chi2.ppf(0.95, 2 * count + 2) / 2 / hours
    return [count, hours, float(low), float(high), float(upper)]


print(
    json.dumps(
        {
            "wilson": share("wilson"),
            "clopper_pearson": share("exact"),
            "poisson": [rate(*r) for r in RATES],
            "fisher": [[*a, *b, fisher(a, b)] for a, b in TABLES],
            "chi_square": [[g, chi_square(g)] for g in GROUPS],
            "mcnemar": [[*p, mcnemar(*p)] for p in PAIRS],
            "rates": [
                [3, 1.0, 12, 1.5, float(stats.binomtest(3, 15, 1.0 / 2.5).pvalue)],
                [5, 2.0, 5, 2.0, float(stats.binomtest(5, 10, 0.5).pvalue)],
            ],
            "holm": [P, holm(P)],
        },
        indent=1,
    )
)
