"""Which positions are of one reading, which of an older one, and which of none."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lm_lint.stretches import EXACT, FADES_TOKENS, FAR_TOKENS, STALE, UNKNOWN, Stretches


def read(stretches: Stretches, start: int, end: int, **met: bool) -> None:
    """A reading of the positions start to end, going on from what stands before them."""
    old, _ = stretches.holder(end - 1)
    is_new = start == 0 and not stretches.first.scored
    stretches.splice(start, end, is_new, replace(old, **met))


def whole(n_positions: int) -> Stretches:
    stretches = Stretches(n_positions)
    read(stretches, 0, n_positions)
    return stretches


def known(stretches: Stretches) -> list[int]:
    return stretches.known().tolist()


def test_at_first_nothing_is_known() -> None:
    stretches = Stretches(4)
    assert known(stretches) == [UNKNOWN] * 4
    assert stretches.n_exact == 0
    assert stretches.gap(2, 3) == 0


def test_what_was_read_from_the_start_is_exact() -> None:
    stretches = Stretches(6)
    read(stretches, 0, 4)
    assert known(stretches) == [EXACT] * 4 + [UNKNOWN] * 2
    assert stretches.n_exact == 4
    assert stretches.gap(0, 4) is None
    assert stretches.gap(5, 6) == 4


def test_an_edit_leaves_a_gap_and_what_follows_as_an_estimate() -> None:
    stretches = whole(8)
    stretches.edit(3, 4, 6)
    assert known(stretches) == [EXACT] * 3 + [UNKNOWN] * 3 + [STALE] * 4
    assert stretches.gap(0, 3) is None
    assert stretches.gap(4, 5) == 3


def test_an_edit_of_the_last_position_leaves_nothing_behind_it() -> None:
    stretches = whole(4)
    stretches.edit(3, 4, 4)
    assert known(stretches) == [EXACT] * 3 + [UNKNOWN]


def test_a_reading_that_meets_the_old_one_makes_the_rest_about_right() -> None:
    stretches = whole(8)
    stretches.edit(3, 4, 4)
    read(stretches, 3, 6)
    assert stretches.gap(7, 8) == 6
    read(stretches, 6, 7, met=True)
    assert known(stretches) == [EXACT] * 7 + [STALE]
    assert stretches.gap(7, 8) is None


def test_a_reading_that_comes_to_the_same_state_makes_the_rest_exact() -> None:
    stretches = whole(8)
    stretches.edit(3, 4, 4)
    read(stretches, 3, 6, is_equal=True)
    assert known(stretches) == [EXACT] * 8


def test_an_edit_far_above_is_not_felt() -> None:
    stretches = whole(FADES_TOKENS + 100)
    stretches.edit(3, 4, 4)
    assert stretches.gap(50, 60) == 3
    assert stretches.gap(FADES_TOKENS + 50, FADES_TOKENS + 60) is None


def test_a_place_far_from_all_that_was_read_is_read_by_itself() -> None:
    stretches = Stretches(FAR_TOKENS + 100)
    assert stretches.gap(FAR_TOKENS, FAR_TOKENS + 1) == 0
    assert stretches.gap(FAR_TOKENS + 50, FAR_TOKENS + 51) == FAR_TOKENS + 50
    at = FAR_TOKENS + 50
    stretches.splice(at, at + 20, True, stretches.holder(at)[0])
    assert stretches.gap(at, at + 20) is None
    assert stretches.n_exact == 0


@given(st.data())
def test_after_any_edits_reading_the_gaps_makes_all_exact(data: st.DataObject) -> None:
    stretches = whole(data.draw(st.integers(1, 30)))
    for _ in range(data.draw(st.integers(1, 5))):
        n_positions = stretches.n_positions
        first = data.draw(st.integers(0, n_positions - 1))
        tail = data.draw(st.integers(first + 1, n_positions))
        n_new = data.draw(st.integers(1, 5))
        unread = stretches.known()[tail:] == UNKNOWN
        stretches.edit(first, tail, first + n_new)
        assert stretches.n_positions == n_positions - (tail - first) + n_new
        assert (stretches.known()[first : first + n_new] == UNKNOWN).all()
        assert ((stretches.known()[first + n_new :] == UNKNOWN) == unread).all()
        assert stretches.n_exact <= first
    while stretches.n_exact < stretches.n_positions:
        start = stretches.n_exact
        read(stretches, start, min(start + 3, stretches.n_positions))
    assert known(stretches) == [EXACT] * stretches.n_positions
