"""benchmarks/accuracy.py against figures worked out by hand."""

from pathlib import Path

import pytest

from benchmarks import accuracy


def test_the_four_figures_of_a_few_pairs() -> None:
    scores = [0.8, 0.5, 0.5, -0.02, -0.6]
    ratings = [3.0, 1.0, -1.0, 0.1, -2.0]
    found = accuracy.agreement(scores, ratings)
    # Means 0.236 and 0.22: the deviations' products sum up to 3.3384, their squares to 1.22192 and 14.768
    assert found["pearson_r"] == pytest.approx(3.3384 / (1.22192 * 14.768) ** 0.5)
    # Ranks 5 3.5 3.5 2 1 and 5 4 2 3 1, means 3: products sum up to 8, squares to 9.5 and 10
    assert found["spearman_rho"] == pytest.approx(8 / (9.5 * 10) ** 0.5)
    # The signs of the third and fourth pair differ
    assert found["sign_agreement"] == pytest.approx(3 / 5)
    # Found + + + 0 -, rated + + - 0 -: F1 4/5 of positive, 1 of neutral, 2/3 of negative
    assert found["macro_f1"] == pytest.approx((4 / 5 + 1 + 2 / 3) / 3)


def test_perfect_agreement() -> None:
    found = accuracy.agreement([0.5, 0.0, -0.5], [2.0, 0.0, -2.0])
    assert found == pytest.approx(dict.fromkeys(found, 1.0))


def test_a_rating_of_zero_has_no_sign_to_agree_with() -> None:
    assert accuracy.agreement([0.3, 0.4, -0.2], [0.0, 2.0, -3.0])["sign_agreement"] == 1.0


def test_equal_numbers_share_their_mean_rank() -> None:
    assert accuracy.ranks([7.0, 1.0, 7.0, 3.0, 7.0]) == [4.0, 1.0, 4.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("number", "threshold", "sign"),
    [(0.05, 0.05, 1), (0.049, 0.05, 0), (-0.05, 0.05, -1), (-0.2, 0.2, -1), (0.0, 0.0, 0), (1e-9, 0.0, 1)],
)
def test_a_threshold_belongs_to_its_class(number: float, threshold: float, sign: int) -> None:
    assert accuracy.sign(number, threshold) == sign


def test_a_class_that_nobody_knows_counts_as_zero() -> None:
    assert accuracy.macro_f1([1, 1, -1], [1, -1, -1]) == pytest.approx((2 / 3 + 0 + 2 / 3) / 3)


def test_each_way_to_clean_reads_the_file_its_own_way(tmp_path: Path) -> None:
    file = tmp_path / "rated.tsv"
    # Without its marks the first is "great" only; the seed's cleaning leaves no smiley in the second
    file.write_text("1\t3.5\tgreat!!!\n2\t1.9\t:)\n3\t-2.5\tterrible\n\n4\t0\thttp://love.example\n")
    found = accuracy.measure(file)
    assert set(found) == {"light", "seed", "raw"}
    assert found["light"]["sign_agreement"] == 1.0
    assert found["seed"]["sign_agreement"] == pytest.approx(2 / 3)
    assert found["raw"]["macro_f1"] == 1.0


@pytest.mark.parametrize("line", ["1\t2.0", "1\tgood\ttext", "1 2.0 text"])
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rated.tsv"
    file.write_text(f"1\t2.0\ttext\n{line}\n")
    with pytest.raises(ValueError, match=r"rated\.tsv, line 2: not id, mean rating and text"):
        accuracy.measure(file)
