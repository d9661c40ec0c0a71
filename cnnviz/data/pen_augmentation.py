"""The same digit by another hand: other habits, other proportions, another steadiness.

    augment_strokes(strokes, label, generator)   a varied copy, as a different person might write it
    add_style(strokes, label, generator)      a slash, a foot, a flag, a bar, a hook that was not there

Coordinates are those of the pen digits: x right, y down, the longer side 1000.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (P, 2)

WRITING_STYLES = {
    0: 0.65,
    1: 0.8,
    7: 0.5,
    9: 0.5,
}  # share of the plain ones that get a habit of writing they lack
# Squeezed and set upright, a seven is a flagged one: what tells the two apart is not varied away.
STRETCH = {1: (-0.2, 0.2), 7: (-0.1, 0.35)}  # logarithm of what broadens; all others: EITHER_WAY
SLANT = {1: (-0.15, 0.3), 7: (-0.05, 0.4)}  # tangent of the lean to the right; all others: LEANING
EITHER_WAY, LEANING = (-0.35, 0.35), (-0.4, 0.4)
STRAIGHT = 0.12  # a one is a plain line when it strays from its chord by less than this share


def augment_strokes(
    strokes: Sequence[NDArray[np.generic]], label: int, generator: np.random.Generator
) -> list[Points]:
    """Habits added, ends cut or drawn out, strokes set apart, then bent, slanted, turned, stretched."""
    lines = add_style([np.asarray(stroke, np.float64) for stroke in strokes], label, generator)
    lines = [_unsteady(_ends(line, generator), generator) for line in lines]
    if len(lines) > 1:  # strokes that do not meet where they should, some of them by far
        lines = [line + generator.normal(0, generator.uniform(5, 50), (1, 2)) for line in lines]
    return _warp(lines, label, generator)


def add_style(strokes: list[Points], label: int, generator: np.random.Generator) -> list[Points]:
    """Sometimes a slash through a zero, a foot or a flag on a one, a bar or a hook on a seven.

    Only digits written in as few strokes as the plain form takes get one, so that nothing is
    crossed twice.
    """
    makers = {0: _slash, 1: _foot_and_flag, 7: _bar_or_hook, 9: _tail}
    drawn = generator.random()
    if drawn > WRITING_STYLES.get(label, 0) or len(strokes) > 1 or np.ptp(strokes[0][:, 1]) < 1:
        return strokes
    return makers[label](strokes[0], generator)


def _slash(zero: Points, generator: np.random.Generator) -> list[Points]:
    """Through the middle at almost any angle, ending inside the loop or far outside it."""
    (left, top), (right, bottom) = zero.min(0), zero.max(0)
    half = np.array([right - left, bottom - top]) / 2
    middle = np.array([left + right, top + bottom]) / 2 + half * generator.normal(0, 0.1, 2)
    # Degrees from upright: mostly from the lower left, some the other way, some lying flat.
    low, high = [(-10, 60), (-60, 0), (70, 105)][generator.choice(3, p=[0.65, 0.1, 0.25])]
    lean = np.radians(generator.uniform(low, high))
    up = np.array([np.sin(lean), -np.cos(lean)])
    reach = 1 / np.sqrt(((up / np.maximum(half, 1)) ** 2).sum())  # from the middle to the ellipse
    above, below = reach * generator.uniform(0.75, 2.6, 2)
    slash = _line(middle + above * up, middle - below * up, generator)
    if generator.random() < 0.2:  # in one go, without lifting the pen
        return [np.concatenate([zero, slash])]
    return [zero, slash]


def _foot_and_flag(one: Points, generator: np.random.Generator) -> list[Points]:
    """A flag, a foot (at times to one side only) or both, of many lengths."""
    if one[0, 1] > one[-1, 1]:
        one = one[::-1]
    chord = one[-1] - one[0]
    height = np.hypot(*chord)
    strays = np.abs((one - one[0]) @ np.array([-chord[1], chord[0]]))  # times the chord's length
    if height < 1 or strays.max() > STRAIGHT * height**2:
        return [one]  # it has its flag or foot already
    foot, flag = [(False, True), (True, False), (True, True)][generator.choice(3, p=[0.55, 0.15, 0.3])]
    parts = [one]
    if foot:
        sides = [(1, 1), (1, 0), (0, 1)][generator.choice(3, p=[0.7, 0.2, 0.1])]
        left, right = generator.uniform(0.08, 0.45, 2) * sides * height
        tilt = np.radians(generator.normal(0, 7))
        along = np.array([np.cos(tilt), np.sin(tilt)])
        line = _line(one[-1] - left * along, one[-1] + right * along, generator)
        parts.append(line + np.array([0, generator.normal(0, 0.03 * height)]))
    if flag:
        length = generator.uniform(0.1, 0.55) * height
        drop = np.radians(generator.uniform(5, 75))
        tip = one[0] + length * np.array([-np.cos(drop), np.sin(drop)])
        line = _line(tip, one[0], generator)
        if generator.random() < 0.5:  # flag and stem in one go
            parts[0] = np.concatenate([line, one])
        else:
            parts.append(line)
    return parts


def _bar_or_hook(seven: Points, generator: np.random.Generator) -> list[Points]:
    """A bar across the stem, a tick that hangs from the left end of the top, or both."""
    (_, top), (_, bottom) = seven.min(0), seven.max(0)
    height, kind = bottom - top, generator.integers(3)
    parts = [seven]
    if kind != 0:
        level = top + generator.uniform(0.35, 0.7) * height
        at = seven[np.abs(seven[:, 1] - level).argmin()]
        left, right = generator.uniform(0.12, 0.4, 2) * height
        tilt = np.radians(generator.normal(-5, 10))
        along = np.array([np.cos(tilt), np.sin(tilt)])
        parts.append(_line(at - left * along, at + right * along, generator))
    if kind != 1:
        tick = np.array([generator.normal(0, 0.04), generator.uniform(0.08, 0.28)]) * height
        parts[0] = np.concatenate([_line(seven[0] + tick, seven[0], generator), seven])
    return parts


def _tail(nine: Points, generator: np.random.Generator) -> list[Points]:
    """The stem goes on: a hook to the left, at times with a flourish back to the right."""
    ends_high = nine[-1, 1] < nine[:, 1].max() - 0.2 * np.ptp(nine[:, 1])
    if ends_high or generator.random() < 0.5:
        return [nine]
    width, depth = generator.uniform(0.15, 0.6), generator.uniform(0.0, 0.25)
    hook = np.array([[0, 0], [-0.4 * width, depth], [-width, 0.6 * depth - generator.uniform(0, 0.15)]])
    if generator.random() < 0.4:
        hook = np.concatenate([hook, [[generator.uniform(0.0, 0.5), depth + generator.uniform(0, 0.15)]]])
    along = np.linspace(0, len(hook) - 1, 6 * len(hook))
    tail = np.stack([np.interp(along, range(len(hook)), hook[:, axis]) for axis in (0, 1)], 1)
    return [np.concatenate([nine, nine[-1] + tail * np.ptp(nine[:, 1])])]


def _line(start: Points, end: Points, generator: np.random.Generator) -> Points:
    """Twelve points from start to end, a little bowed."""
    share = np.linspace(0, 1, 12)[:, None]
    across = (end - start) @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    bow = generator.normal(0, 0.05) * 4 * share * (1 - share)
    points: Points = start + share * (end - start) + bow * across
    return points


def _ends(line: Points, generator: np.random.Generator) -> Points:
    """Cut a little off either end, or draw it out: loops that stay open, strokes that overshoot."""
    if len(line) < 8:
        return line
    first, last = np.maximum(generator.normal(0, 0.03, 2), 0) * len(line)
    line = line[int(first) : len(line) - int(last)]
    direction = (line[-1] - line[-4]) / max(np.hypot(*(line[-1] - line[-4])), 1)
    longer = line[-1] + direction * max(generator.normal(0, 60), 0)
    return np.concatenate([line, longer[None]])


def _unsteady(line: Points, generator: np.random.Generator) -> Points:
    """Bent over its whole length, shaken by a mouse, or reduced to a few straight pieces."""
    count = len(line)
    along = np.linspace(0, 4, count)
    knots = generator.normal(0, 18, (5, 2))
    line = line + np.stack([np.interp(along, range(5), knots[:, axis]) for axis in (0, 1)], axis=1)
    if count > 12 and generator.random() < 0.25:  # a fast mouse reports few points
        kept = np.linspace(0, count - 1, generator.integers(8, 20)).astype(int)
        line = line[np.unique(kept)]
    if generator.random() < 0.3:
        line = line + generator.normal(0, generator.uniform(2, 12), line.shape)
    return line


def _warp(lines: list[Points], label: int, generator: np.random.Generator) -> list[Points]:
    """One smooth map of the plane: other proportions, a curved slant, a turn, a stretch."""
    swell, taper, curl = generator.normal(0, [0.18, 0.15, 0.12])
    slant, turn = generator.uniform(*SLANT.get(label, LEANING)), np.radians(generator.uniform(-12, 12))
    stretch = np.exp(generator.uniform(*STRETCH.get(label, EITHER_WAY)))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[1, -slant], [0, 1]]) @ np.diag([stretch, 1 / stretch])
    every = np.concatenate(lines)
    middle = (every.min(0) + every.max(0)) / 2
    warped = []
    for line in lines:
        x, y = ((line - middle) / 500).T  # about -1 to 1
        y = y + swell * (1 - np.minimum(y**2, 1))  # the upper or the lower part grows
        x = x * (1 + taper * y) + curl * y**2
        warped.append(np.stack([x, y], 1) @ matrix.T * 500 + 500)
    return warped
