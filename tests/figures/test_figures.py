"""What figures show, and that it can be read."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.analysis.metrics import METRICS
from anthology.cli.main import stage_parser
from anthology.config.survey import TraitSource
from anthology.errors import DataError
from anthology.figures import answers, correlations, items, matches, ranking, traits
from anthology.figures.answers import answer_account
from anthology.figures.common import fit_name
from anthology.figures.match_data import ALL, trait_shares
from anthology.figures.matches import Matching
from anthology.figures.ranking import RankedMetric, ranked_metrics
from anthology.figures.read import HUMAN, Header, read_header, read_rows
from anthology.figures.style import figure_style, model_marks, save_svg, text_width, wrap_text
from anthology.io.parquet import write_table
from anthology.stages import figures
from anthology.survey.codebook import Codebook, TraitEntry
from tests.support.item_tables import Made
from tests.support.random_tables import drawn, head, matched, shown_items, shown_trait, texts, words

BY_NAME = {metric.name: metric for metric in METRICS}
FIGURES = ("items", "correlations", "ranking", "matches", "traits", "answers")


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(("conditions", "models", "count"), [(17, 1, 8), (2, 3, 3), (1, 1, 12)])
def test_no_words_lie_on_others_or_leave_the_sheet(
    name: str, conditions: int, models: int, count: int
) -> None:
    figure = drawn(name, head(conditions, models), count)
    found = list(texts(figure))
    boxes = np.array([text.get_window_extent().extents for text in found])
    sheet = np.array(figure.bbox.extents)
    outside = (boxes[:, :2] < sheet[:2] - 1).any(axis=1) | (boxes[:, 2:] > sheet[2:] + 1).any(
        axis=1
    )
    assert [found[i].get_text() for i in np.flatnonzero(outside)] == []
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    # Boxes hold the room for tall letters and tails too, so they may touch.
    shared = ((high - low) > 2.0).all(axis=2) & ~np.eye(len(boxes), dtype=bool)
    meeting = [(found[i].get_text(), found[j].get_text()) for i, j in np.argwhere(shared)]
    assert meeting == []


@pytest.mark.parametrize("name", FIGURES)
def test_letters_are_large_enough_to_read(name: str) -> None:
    sizes = {float(text.get_fontsize()) for text in texts(drawn(name, head()))}
    assert min(sizes) >= 6


@pytest.mark.parametrize("name", FIGURES)
def test_what_is_simulated_is_said_on_every_figure(name: str) -> None:
    assert "SIMULATED: the people." in words(drawn(name, head(3), 3))
    assert "SIMULATED" not in words(drawn(name, head(3, notice=""), 3))


def test_what_is_simulated_is_read_from_the_table() -> None:
    def notice(*rows: Mapping[str, str]) -> str:
        blank = {"model": "m", "condition": "c", "backstories": "", "traits": "", "answers": ""}
        return read_header("w34", [{**blank, **row} for row in rows]).notice

    real, simulated = {"humans": "W34.sav"}, {"humans": "simulated"}
    assert notice(real, {**real, "answers": "llama"}) == ""
    assert notice(simulated) == "SIMULATED: the people. Synthetic, no evidential value."
    assert notice({**real, "answers": "simulated"}, {**real, "answers": "llama"}) == (
        "SIMULATED: some of the answers. Synthetic, no evidential value."
    )
    assert "what stories say of who they are" in notice({**real, "traits": "llama + simulated"})


def test_simulated_rows_are_marked_in_their_names() -> None:
    real = {"model": "llama", "condition": "bio", "humans": "W34.sav", "simulated": "no"}
    people = {**real, "model": "", "condition": "human", "simulated": "yes"}
    made_up = {**real, "condition": "qa", "simulated": "yes"}
    found = read_header("w34", [people, real, made_up])
    keys = [HUMAN, ("llama", "bio"), ("llama", "qa")]
    assert [found.name(key) for key in keys] == ["people (simulated)", "bio", "qa (simulated)"]
    long = f"{'very ' * 30}long (simulated)"
    assert fit_name(long, 2.4, 7.0).endswith("… (simulated)")
    assert text_width(fit_name(long, 2.4, 7.0), 7.0) <= 2.4


@pytest.mark.parametrize("name", ("items", "ranking", "answers", "correlations"))
def test_figures_of_conditions_name_simulated_rows(name: str) -> None:
    own = head(3)
    marked = Header(own.survey, own.keys, own.notice, frozenset([own.keys[1]]))
    assert words(drawn(name, marked, 3)).count("(simulated)") >= 1
    assert "(simulated)" not in words(drawn(name, own, 3))


@pytest.mark.parametrize("name", FIGURES)
def test_equal_tables_give_equal_bytes_whatever_style_the_user_has(
    name: str, tmp_path: Path
) -> None:
    for place, size in enumerate((10.0, 25.0)):
        with mpl.rc_context({"font.size": size, "svg.hashsalt": None, "svg.fonttype": "none"}):
            figure = drawn(name, head(2), 3)
            with figure_style():
                save_svg(figure, tmp_path / f"{place}.svg", "a title")
    first, second = ((tmp_path / f"{place}.svg").read_bytes() for place in (0, 1))
    assert first == second
    assert b"<text" not in first, "letters are outlines, so that no font is needed"
    assert b"<image" not in first, "all is vectors"


@given(st.text("abc WM.", max_size=120), st.floats(0.4, 3), st.integers(1, 4))
def test_wrapped_lines_fit_and_lose_words_only_for_dots(
    text: str, inches: float, lines: int
) -> None:
    found = wrap_text(text, inches, 8, lines)
    assert 1 <= len(found) <= lines
    assert all(text_width(line, 8) <= inches for line in found)
    if not any(line.endswith("…") for line in found):
        assert " ".join(found).split() == text.split()


def test_forty_models_have_forty_marks() -> None:
    names = [f"model-{i}" for i in range(42)]
    assert len(set(model_marks(names).values())) == 42


def test_a_condition_is_named_with_its_model_only_where_it_must_be() -> None:
    found = Header("w34", [("a", "bio"), ("b", "bio"), ("uniform", "uniform")], "")
    assert [found.name(key) for key in found.keys] == ["bio, a", "bio, b", "uniform"]


def test_conditions_are_ranked_by_distance_and_alpha_by_nearness_to_the_people() -> None:
    keys = [("m", "far"), ("m", "near"), ("m", "unknown")]
    values = {
        keys[0]: np.array([0.9, 0.8, 1.0]),
        keys[1]: np.array([0.7, 0.6, 0.8]),
        keys[2]: np.full(3, np.nan),
    }
    bound = np.array([0.88, 0.8, 0.9])
    assert RankedMetric(BY_NAME["wasserstein"], values, bound).order(keys) == [
        keys[1],
        keys[0],
        keys[2],
    ]
    assert RankedMetric(BY_NAME["cronbach_alpha"], values, bound).order(keys) == [
        keys[0],
        keys[1],
        keys[2],
    ]


def test_the_human_bound_is_the_people_s_row() -> None:
    cells = {"metric": "cbs", "estimate": "0.1", "low": "0.05", "high": ""}
    rows = [
        {"model": "", "condition": "human", **cells},
        {"model": "m", "condition": "bio", **cells, "estimate": "0.4"},
    ]
    (found,) = ranked_metrics(rows, [("m", "bio"), ("m", "qa")])
    assert found.bound[:2].tolist() == [0.1, 0.05]
    assert found.values["m", "bio"][0] == 0.4
    assert np.isnan(found.bound[2])
    assert np.isnan(found.values["m", "qa"]).all()


def test_stories_used_more_than_once_count_as_fewer() -> None:
    found = Matching("greedy", np.ones(6), np.array([1, 1, 1, 2, 2, 3]), 10)
    assert [found.distinct, found.effective] == pytest.approx([3, 36 / 14])
    assert found.uses.tolist() == [3, 3, 3, 2, 2, 1]


def test_the_account_has_every_kind_that_the_table_has() -> None:
    numbers = {"asked": "10", "replies": "15", "valid": "9", "declined": "2", "refused": "4"}
    row = {"model": "m", "condition": "c", "item": "B", **numbers, "out_of_attempts": "1"}
    found = answer_account([row], [("m", "c")], ["A", "B"])
    assert found.kinds == ["declined", "refused"]
    assert found.invalid[:, 0].tolist() == [[0, 2], [0, 4]]
    assert found.out.tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("figure", "sentence"),
    [
        (lambda: drawn("correlations", head(2), 1), "One item has no correlations."),
        (lambda: matches.draw(head(), []), "No condition that is compared matches people"),
        (lambda: traits.draw(head(), []), "No condition that is compared matches people"),
        (lambda: ranking.draw(head(), []), "No condition is compared."),
        (lambda: drawn("items", head(0)), "No condition is compared."),
        (lambda: drawn("answers", head(0)), "No condition is compared."),
    ],
)
def test_a_figure_of_nothing_says_so(figure, sentence) -> None:  # type: ignore[no-untyped-def]
    assert sentence in words(figure())


def test_numbers_that_are_missing_are_drawn_as_missing() -> None:
    own = head(2)
    empty = [
        type(item)(item.variable, item.wording, item.options,
                   {key: values * np.nan for key, values in item.shares.items()})
        for item in shown_items(own, 2)
    ]  # fmt: skip
    nothing = np.zeros((2, 2))
    with figure_style():
        assert "no answer of the people" in words(items.draw(own, empty))
        unknown = {key: np.full((2, 2), np.nan) for key in (HUMAN, *own.keys)}
        assert "not defined" in words(correlations.draw(own, empty, unknown))
        account = answers.AnswerAccount([], nothing, nothing, nothing, np.zeros((0, 2, 2)))
        assert "-" in words(answers.draw(own, empty, account)).split("\n")
        missing = {key: np.full(3, np.nan) for key in own.keys}
        words(ranking.draw(own, [RankedMetric(BY_NAME["cbs"], missing, np.full(3, np.nan))]))


def test_money_is_written_and_begins_no_formula() -> None:
    with figure_style():
        figure = traits.draw(head(), [shown_trait(2)])
    assert not any(text.get_parse_math() for text in texts(figure))


def test_stories_are_counted_by_their_answers_and_by_the_people_they_stand_for(
    tmp_path: Path,
) -> None:
    humans, asked = tmp_path / "humans.parquet", tmp_path / "traits.parquet"
    people = {"weight": [1.0, 3.0, 4.0], "trait:gender": pa.array([1, 2, None], pa.int16())}
    write_table(humans, pa.table(people), stage="humans", settings=Made(), metadata={})
    stories = {
        "backstory": [7, 9, 8],
        "gender": [[4.0, 0.0, 0.0], [0.0, 2.0, 2.0], [0.0, 0.0, 0.0]],
    }
    options = {"options": {"gender": ["man", "woman", "other"], "age": ["young"]}}
    write_table(asked, pa.table(stories), stage="traits", settings=Made(), metadata=options)
    sources = {
        "gender": TraitSource(
            variable="SEX", codes=[1, 2], recode={"man": 1, "woman": 2, "other": {}}
        ),
        "age": TraitSource(variable="AGE", codes=[1, 2], recode={"old": 1}),
    }
    entry = TraitEntry(variable="SEX", wording="", options=((1, "Male"), (2, "Female")))
    book = Codebook(survey="toy", source="toy", traits={"gender": entry}, items={})
    used = [Matching("greedy", np.ones(4), np.array([9, 9, 9, 7]), 3)]
    (found,) = trait_shares(sources, book, humans, asked, used)
    assert found.categories == ["Male", "Female"]
    assert found.people.tolist() == [0.25, 0.75]
    # A man, half a woman and half none of these, and one of whom nothing is known.
    assert found.stories[ALL] == pytest.approx(np.array([1.5, 1.0, 0.5]) / 3)
    assert found.stories["as matched: greedy"] == pytest.approx(np.array([1, 1.5, 1.5]) / 4)


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("model,condition\n")
    with pytest.raises(DataError, match="no column share"):
        read_rows(path, ("model", "share"))
    with pytest.raises(DataError, match="cannot be read"):
        read_rows(tmp_path / "none.csv", ())


def test_a_figure_that_there_is_not_is_refused(tmp_path: Path) -> None:
    settings = figures.Settings(survey="w34", wordings={}, traits={})
    nowhere = figures.Tables(
        humans=tmp_path, codebook=tmp_path, metrics=tmp_path, answers=tmp_path,
        items=tmp_path, correlations=tmp_path, intervals=tmp_path,
    )  # fmt: skip
    with pytest.raises(DataError, match="no figure") as error:
        figures.run(settings, tables=nowhere, output=[tmp_path / "itens.svg"])
    assert "items" in error.value.hint


def test_matchings_are_told_by_more_than_their_colour() -> None:
    with figure_style():
        figure = matches.draw(head(), [matched("greedy"), matched("random")])
    assert len({line.get_linestyle() for line in figure.axes[1].get_lines()}) > 1
    assert any("greedy" in text.get_text() for text in figure.axes[2].texts)


def test_files_that_a_study_without_stories_lacks_may_be_named_with_nothing() -> None:
    tables = "humans codebook metrics answers items correlations intervals output".split()
    given = [part for name in tables for part in (f"--{name}", "file")]
    parser = stage_parser("figures", figures)
    found = parser.parse_args(["--settings", "{}", *given, "--matches", "--traits"])
    assert (found.matches, found.traits) == ([], None)
    assert parser.parse_args(["--settings", "{}", *given]).matches is None
