#!/usr/bin/env python3
"""The statistics of the gates a second time, from the papers and by other roads, to be compared with crates/stats.

Reads one question a line from standard input, answers each with one line of numbers:

    echo 'spending 0.025 0.5 50 1 100' | python3 ci/boundaries/boundaries.py

Nothing but the standard library is used, and of `math` only exp, log, log1p, sqrt, fsum and pi: gamma is Stirling's
series, the normal distribution a series and a continued fraction, its quantile and Lambert's W are bisections, beta
mixtures are products of urn draws, sums over tables are exact fractions, and the spending boundaries are integrated by
Simpson's rule.
"""

import sys
from fractions import Fraction
from math import exp, fsum, inf, log, log1p, pi, sqrt

# --- special functions ----------------------------------------------------------------------------------------------


def ln_gamma(x):
    """Stirling's series (Abramowitz & Stegun 6.1.41) after moving x above 30 by the recurrence."""
    moved = []
    while x < 30:
        moved.append(log(x))
        x += 1
    bernoulli = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]
    series = fsum(term / x ** (2 * at + 1) for at, term in enumerate(bernoulli))
    return (x - 0.5) * log(x) - x + 0.5 * log(2 * pi) + series - fsum(moved)


def upper_tail(x):
    """Chance that a standard normal variable exceeds x: Maclaurin series near 0 (A&S 26.2.11), Lentz's continued
    fraction in the tail (A&S 26.2.14)."""
    if x < 0:
        return 1 - upper_tail(-x)
    if x < 2.5:
        term, total, at = x, x, 1
        while abs(term) > 1e-18 * max(total, 1e-300):
            term *= x * x / (2 * at + 1)
            total += term
            at += 1
        return 0.5 - total * exp(-x * x / 2) / sqrt(2 * pi)
    fraction = 0.0
    for at in range(400, 0, -1):
        fraction = at / (x + fraction)
    return exp(-x * x / 2) / sqrt(2 * pi) / (x + fraction)


def bisect(is_low, low, high, turns=200):
    for _ in range(turns):
        middle = (low + high) / 2
        if is_low(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def normal_quantile(p):
    if p > 0.5:
        return -normal_quantile(1 - p)
    return -bisect(lambda x: upper_tail(x) > p, 0.0, 40.0)


def lambert_w_minus1(x):
    """The w <= -1 with w e^w = x."""
    return bisect(lambda w: w * exp(w) > x, -750.0, -1.0)


# --- boundaries of the normal mixture (Howard, Ramdas, McAuliffe, Sekhon 2021) ----------------------------------------

VARIANCE_MIN = 20.0


def tuned_r(v_star, alpha):
    return v_star / (-lambert_w_minus1(-((2 * alpha) ** 2) / exp(1)) - 1)


def one_sided(v, r, alpha):
    return sqrt(2 * (v + r) * log(sqrt((v + r) / r) / (2 * alpha) + 1))


def two_sided(v, r, alpha):
    return sqrt((v + r) * log((v + r) / (r * alpha * alpha)))


def ln_evidence(s, v, r):
    """ln(1 / alpha) of the alpha whose one-sided boundary passes through s, found by bisection over ln alpha."""
    if s <= 0:
        return -inf

    def height(ln_one_over_alpha):
        # ln(sqrt((v + r) / r) / (2 alpha) + 1) without overflow.
        ln_ratio = 0.5 * log((v + r) / r) - log(2) + ln_one_over_alpha
        ln_sum = ln_ratio + log1p(exp(-ln_ratio)) if ln_ratio > 0 else log1p(exp(ln_ratio))
        return sqrt(2 * (v + r) * ln_sum)

    return bisect(lambda e: height(e) < s, -800.0, 1e6)


# --- the stratified comparison: harm (Mantel-Haenszel 1959) and pass --------------------------------------------------


def harm(hits, alpha, tables):
    """S, V and the largest logarithm of evidence over the looks."""
    r = tuned_r(400.0, alpha)
    lost, variance, best = Fraction(0), Fraction(0), -inf
    for n, a, m, b in tables:
        if n == 0 or m == 0:
            continue
        k, total = a + b, n + m
        expected = Fraction(n * k, total)
        lost += expected - a if hits == "good" else a - expected
        if total > 1:
            variance += Fraction(n * m * k * (total - k), total * total * (total - 1))
        best = max(best, ln_evidence(float(lost), max(float(variance), VARIANCE_MIN), r))
    return [float(lost), float(variance), best]


def passing(hits, kind, margin, alpha, tables):
    """Z, V and the logarithm of evidence of "not worse by the margin" over blocks of 20 units a side at least."""
    margin = Fraction(margin)
    factor = Fraction(1) if kind == "absolute" else (1 - margin if hits == "good" else 1 + margin)
    blocks, open_block = [], [0, 0, 0, 0]
    for table in tables:
        open_block = [have + more for have, more in zip(open_block, table)]
        if open_block[0] >= 20 and open_block[2] >= 20:
            blocks.append(open_block)
            open_block = [0, 0, 0, 0]
    distance = Fraction(0)
    for n, a, m, b in blocks:
        weight = Fraction(n * m, n + m)
        new, old = Fraction(a, n), Fraction(b, m)
        if kind == "absolute":
            away = margin + (new - old if hits == "good" else old - new)
        else:
            away = new - factor * old if hits == "good" else factor * old - new
        distance += weight * away

    def variance(of_units, of_hits):
        scales = [Fraction(x[0] * x[2], x[0] + x[2]) ** 2 / x[of_units] for x in blocks]
        share = sum(scale * Fraction(x[of_hits], x[of_units]) for scale, x in zip(scales, blocks)) / sum(scales)
        units = sum(x[of_units] for x in blocks)
        share = (share * units + Fraction(1, 2)) / (units + 1)
        return share * (1 - share) * sum(scales)

    v = float(variance(0, 1) + factor * factor * variance(2, 3))
    z = float(distance)
    return [z, v, ln_evidence(z, max(v, VARIANCE_MIN), tuned_r(100.0, alpha))]


# --- exact e-processes ------------------------------------------------------------------------------------------------


def urn(prior_hits, prior_rest, hits, rest):
    """Logarithm of the chance of one order of draws from Polya's urn: the beta-binomial mixture without beta functions."""
    draws = [log(prior_hits + at) for at in range(hits)] + [log(prior_rest + at) for at in range(rest)]
    draws += [-log(prior_hits + prior_rest + at) for at in range(hits + rest)]
    return fsum(draws)


def share(limit, alpha, hits, rest):
    """Howard & Ramdas 2022: evidence against a share equal to the limit, the mixture centred on it."""
    units = tuned_r(20.0, alpha) / (limit * (1 - limit))
    return urn(units * limit, units * (1 - limit), hits, rest) - hits * log(limit) - rest * log1p(-limit)


def rare(margin, tables):
    """Conditional binomial mixture over 60 rate ratios from 5 % to e^7 above the margin, geometric in the logarithm."""
    d0 = log1p(margin)
    sums = []
    for at in range(60):
        d = d0 + 0.05 * (7 / 0.05) ** (at / 59)
        terms = []
        for n, x, m, y in tables:
            if n == 0 or m == 0:
                continue
            rho = Fraction(n, n + m)
            q = float(rho) * exp(d) / (float(rho) * exp(d) + float(1 - rho))
            q0 = float(rho) * exp(d0) / (float(rho) * exp(d0) + float(1 - rho))
            # 1 - q by its own formula: near 1 a difference would lose its digits.
            rest = float(1 - rho) / (float(rho) * exp(d) + float(1 - rho))
            rest0 = float(1 - rho) / (float(rho) * exp(d0) + float(1 - rho))
            terms.append(x * log(q / q0) + y * log(rest / rest0))
        sums.append(fsum(terms))
    largest = max(sums)
    return largest + log(fsum(exp(one - largest) for one in sums) / 60)


def split(alpha, strata):
    """Lindon & Malek 2022: a segment for each stretch of equal planned share, evidences multiply."""
    total, segment, planned = 0.0, [0, 0], None

    def evidence():
        if planned is None:
            return 0.0
        p = planned / 10_000
        units = tuned_r(400.0, alpha) / (p * (1 - p))
        return urn(units * p, units * (1 - p), *segment) - segment[0] * log(p) - segment[1] * log1p(-p)

    for bp, new, old in strata:
        if bp != planned:
            total += evidence()
            segment, planned = [0, 0], bp
        segment[0] += new
        segment[1] += old
    return total + evidence()


# --- spending (Lan & DeMets 1983; Armitage, McPherson, Rowe 1969) -----------------------------------------------------


def spent(alpha, fraction):
    if fraction >= 1:
        return alpha
    return 2 * upper_tail(normal_quantile(1 - alpha / 2) / sqrt(fraction))


def spending(alpha, looks):
    """Boundaries in standard deviations, integrated by Simpson's rule on the scale of the sum."""
    boundaries, done, before, masses = [], 0.0, 0.0, [(0.0, 1.0)]
    for fraction, information in looks:
        step = sqrt(information - before)
        deviation = sqrt(information)
        to_spend = spent(alpha, fraction) - done

        def above(height):
            return fsum(mass * upper_tail((height - at) / step) for at, mass in masses)

        if to_spend < 1e-12:
            boundaries.append(inf)
            top = 8.0
        else:
            height = bisect(lambda h: above(h) > to_spend, -8.0 * deviation, 8.0 * deviation, 50)
            boundaries.append(height / deviation)
            done += to_spend
            top = height / deviation
        panels = 200
        width = (top + 6.0) / (2 * panels) * deviation
        places = [-6.0 * deviation + width * at for at in range(2 * panels + 1)]
        weights = [1 if at in (0, 2 * panels) else (4 if at % 2 else 2) for at in range(2 * panels + 1)]
        scale = width / 3 / (step * sqrt(2 * pi))
        masses = [
            (place, weight * scale * fsum(mass * exp(-(((place - at) / step) ** 2) / 2) for at, mass in masses))
            for place, weight in zip(places, weights)
        ]
        before = information
    return boundaries


# --- questions --------------------------------------------------------------------------------------------------------


def groups(words, size):
    numbers = [int(word) for word in words]
    return [numbers[at : at + size] for at in range(0, len(numbers), size)]


def pairs(words):
    numbers = [float(word) for word in words]
    return list(zip(numbers[::2], numbers[1::2]))


def rank_reach(q, units, alpha):
    return two_sided(q * (1 - q) * units, tuned_r(400.0, alpha / 2), alpha) / units


ANSWERS = {
    "ln-gamma": lambda w: [ln_gamma(float(w[0]))],
    "cdf": lambda w: [upper_tail(-float(w[0]))],
    "quantile": lambda w: [normal_quantile(float(w[0]))],
    "lambert": lambda w: [lambert_w_minus1(float(w[0]))],
    "tuned-r": lambda w: [tuned_r(float(w[0]), float(w[1]))],
    "one-sided": lambda w: [one_sided(*map(float, w))],
    "two-sided": lambda w: [two_sided(*map(float, w))],
    "evidence": lambda w: [ln_evidence(*map(float, w))],
    "harm": lambda w: harm(w[0], float(w[1]), groups(w[2:], 4)),
    "pass": lambda w: passing(w[0], w[1], w[2], float(w[3]), groups(w[4:], 4)),
    "share": lambda w: [share(float(w[0]), float(w[1]), int(w[2]), int(w[3]))],
    "rare": lambda w: [rare(float(w[0]), groups(w[1:], 4))],
    "split": lambda w: [split(float(w[0]), groups(w[1:], 3))],
    "spent": lambda w: [spent(float(w[0]), float(w[1]))],
    "spending": lambda w: spending(float(w[0]), pairs(w[1:])),
    "rank-reach": lambda w: [rank_reach(float(w[0]), float(w[1]), float(w[2]))],
}


def main():
    for line in sys.stdin:
        words = line.split()
        if words:
            print(*(repr(number) for number in ANSWERS[words[0]](words[1:])))


if __name__ == "__main__":
    main()
