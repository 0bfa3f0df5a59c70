#!/usr/bin/env python3
"""Prints the polynomials of src/kernel/polynomials.h: near-minimax (Chebyshev) fits by mpmath.

Usage: scripts/fit_polynomials.py > src/kernel/polynomials.h   (Debian: python3-mpmath)

Every fit is of a function without zeros, so that its absolute error is a relative one. The errors
are printed behind each table.
"""
import sys
from mpmath import mp, mpf, chebyfit, cos, exp, expm1, log1p, tanh, erf, erfc, sqrt, pi, asinh, atan, besseli, inf

mp.dps = 40


def at_zero(function, limit, small=mpf(10) ** -12):
    """The function, continued to its removable singularity at 0."""
    return lambda x: limit if abs(x) < small else function(x)


def erfcx_of_u(k, scale, factor):
    """factor * erfcx(x * scale) * (1 + 2x) for x = k (1 + u) / (1 - u), u in [-1, 1)."""
    def function(u):
        if 1 - u < mpf(10) ** -15:
            return factor * 2 / (scale * sqrt(pi))
        x = k * (1 + u) / (1 - u)
        y = x * scale
        value = exp(y * y) * erfc(y) if y < 20 else (1 - 1 / (2 * y * y) + 3 / (4 * y**4) - 15 / (8 * y**6)) / (y * sqrt(pi))
        return factor * value * (1 + 2 * x)
    return function


def bessel_of_u(order, k):
    """e^-x I(x) sqrt(1 + x), over x / (1 + x) for order 1; x = k (1 + u) / (1 - u)."""
    def function(u):
        if 1 - u < mpf(10) ** -15:
            return 1 / sqrt(2 * pi)
        x = k * (1 + u) / (1 - u)
        if x > 1e6:
            mu = 4 * order * order
            value = (1 - (mu - 1) / (8 * x)) / sqrt(2 * pi * x)
        else:
            value = exp(-x) * besseli(order, x)
        value *= sqrt(1 + x)
        if order == 0:
            return value
        return value * (1 + x) / x if x > mpf(10) ** -12 else mpf(1) / 2
    return function


def bessel_difference_of_u(k):
    """e^-x (I0(x) - I1(x)) (1 + x)^1.5; x = k (1 + u) / (1 - u)."""
    def function(u):
        if 1 - u < mpf(10) ** -15:
            return 1 / sqrt(8 * pi)
        x = k * (1 + u) / (1 - u)
        if x > 1e6:
            value = (1 + mpf(3) / (8 * x)) / (2 * x * sqrt(2 * pi * x))
        else:
            value = exp(-x) * (besseli(0, x) - besseli(1, x))
        return value * sqrt(1 + x) ** 3
    return function


def weighted_fit(function, weight, interval, count, points=80, rounds=60):
    """Like chebyfit(), but the error counts times the weight: least squares, reweighted until it is even (Lawson)."""
    low, high = (mpf(end) for end in interval)
    nodes = [(low + high) / 2 + (high - low) / 2 * cos(pi * (mpf(2 * i + 1) / (2 * points))) for i in range(points)]
    values, weights, lawson = [function(x) for x in nodes], [weight(x) for x in nodes], [mpf(1)] * points
    for _ in range(rounds):
        scale = [w * sqrt(share) for w, share in zip(weights, lawson)]
        rows = mp.matrix([[s * x**power for power in range(count)] for s, x in zip(scale, nodes)])
        solution, _ = mp.qr_solve(rows, mp.matrix([s * value for s, value in zip(scale, values)]))
        errors = [w * abs(mp.polyval(list(reversed(list(solution))), x) - value)
                  for w, x, value in zip(weights, nodes, values)]
        total = sum(share * error for share, error in zip(lawson, errors))
        lawson = [share * error / total * points for share, error in zip(lawson, errors)]
    return list(reversed(list(solution))), max(errors)


half_log2 = log1p(1) / 2 * mpf("1.001")
FITS = [
    # name, C type, comment, function, interval, number of coefficients
    ("EXP", "float", "e^r = 1 + r + r^2 P(r)", at_zero(lambda r: (exp(r) - 1 - r) / r**2, mpf(1) / 2, mpf(10) ** -8), [-half_log2, half_log2], 5),
    ("TANH", "float", "tanh x = x + x^3 P(x^2), |x| < 0.625", at_zero(lambda z: (tanh(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3, -mpf(1) / 3), [0, mpf("0.625") ** 2], 6),
    ("LOG1P", "float", "log(1 + e) = e P(e), 0 <= e <= 1", at_zero(lambda e: log1p(e) / e, mpf(1)), [0, 1], 11),
    ("LOG", "float", "log(1 + f) = f - f^2/2 + f^3 P(f), sqrt(1/2) <= 1 + f <= sqrt(2)", at_zero(lambda f: (log1p(f) - f + f * f / 2) / f**3, mpf(1) / 3, mpf(10) ** -8), [sqrt(mpf("0.5")) - 1, sqrt(mpf(2)) - 1], 9),
    ("ERF", "float", "erf x = x P(x^2), |x| < 0.75", at_zero(lambda z: erf(sqrt(z)) / sqrt(z), 2 / sqrt(pi)), [0, mpf("0.75") ** 2], 6),
    ("ERFC", "float", "erf x = 1 - e^(-x^2) P(x), 0.75 <= x <= 4", lambda x: exp(x * x) * erfc(x), [mpf("0.75"), 4], 9, lambda x: exp(-x * x)),
    ("PHI", "float", "e^(x^2/2) Phi(-x) (1 + 2x) = P(u), u = (x - 3) / (x + 3), x >= 0", erfcx_of_u(mpf(3), 1 / sqrt(mpf(2)), mpf("0.5")), [-1, 1], 13),
    ("PHI_SMALL", "float", "Phi(x) = 1/2 + x P(x^2), |x| < 1", at_zero(lambda z: erf(sqrt(z / 2)) / sqrt(z) / 2, 1 / sqrt(2 * pi)), [0, 1], 6),
    ("EXP_D", "double", "e^r = 1 + r + r^2 P(r)", at_zero(lambda r: (exp(r) - 1 - r) / r**2, mpf(1) / 2, mpf(10) ** -8), [-half_log2, half_log2], 7),
    ("ERFCX_D", "double", "e^(x^2) erfc(x) (1 + 2x) = P(u), u = (x - 2) / (x + 2), x >= 0", erfcx_of_u(mpf(2), mpf(1), mpf(1)), [-1, 1], 16),
    ("ASINH_D", "double", "asinh x = x + x^3 P(x^2), |x| < 0.625", at_zero(lambda z: (asinh(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3, -mpf(1) / 6), [0, mpf("0.625") ** 2], 9),
    ("ATAN_D", "double", "atan t = t + t^3 P(t^2), |t| <= sqrt(2) - 1", at_zero(lambda z: (atan(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3, -mpf(1) / 3), [0, (sqrt(mpf(2)) - 1) ** 2], 8),
    ("I0E_D", "double", "e^-x I0(x) sqrt(1 + x) = P(u), u = (x - 4) / (x + 4), x >= 0", bessel_of_u(0, mpf(4)), [-1, 1], 26),
    ("I1E_D", "double", "e^-x I1(x) (1 + x)^1.5 / x = P(u), u = (x - 4) / (x + 4), x >= 0", bessel_of_u(1, mpf(4)), [-1, 1], 26),
    ("I01E_D", "double", "e^-x (I0(x) - I1(x)) (1 + x)^1.5 = P(u), u = (x - 4) / (x + 4), x >= 0", bessel_difference_of_u(mpf(4)), [-1, 1], 26),
]

print("""/* Polynomials of the kernels, lowest power first. Made by scripts/fit_polynomials.py: change that,
   not this. The error is the largest absolute one of the fit before rounding of the coefficients. */
#ifndef ACTSEARCH_KERNEL_POLYNOMIALS_H
#define ACTSEARCH_KERNEL_POLYNOMIALS_H
""")
for name, ctype, comment, function, interval, count, *weight in FITS:
    if weight:
        coefficients, error = weighted_fit(function, weight[0], interval, count)
    else:
        coefficients, error = chebyfit(function, interval, count, error=True)
    print(name, mp.nstr(error, 3), file=sys.stderr)
    digits = 10 if ctype == "float" else 18
    suffix = "f" if ctype == "float" else ""
    values = ", ".join(mp.nstr(c, digits, min_fixed=0, max_fixed=0) + suffix for c in reversed(coefficients))
    print(f"/* {comment}; error {mp.nstr(error, 2)} */")
    print(f"#define POLYNOMIAL_{name} {values}\n")
print("#endif")
