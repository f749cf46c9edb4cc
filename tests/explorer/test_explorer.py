"""What the page to look at single personas holds, and how it is written."""

import base64
import hashlib
import json
import re
import shutil
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthology.errors import DataError
from anthology.explorer.page import build_page
from anthology.explorer.replay import ROLES
from anthology.explorer.text_table import TextTable
from anthology.io.parquet import read_table
from anthology.models.base import Message
from anthology.stages.explorer import collect_blocks, run
from tests.support.explored_survey import (
    IDS,
    NASTY,
    ROWS,
    STORIES,
    Explored,
    join_pieces,
    make_explored,
)
from tests.support.project import Project

PAGE = "results/w34/explorer.html"


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    return make_explored(tmp_path_factory.mktemp("explored"))


@pytest.fixture(scope="module")
def blocks(survey: Explored) -> dict[str, Any]:
    return held(survey)


def held(survey: Explored, **changes: Any) -> dict[str, Any]:
    files = {("made" if key == "personas" else key): file for key, file in survey.files.items()}
    return collect_blocks(survey.settings.model_copy(update=changes), **files)


def shown(blocks: dict[str, Any], row: int, person: int) -> list[str | tuple[Message, ...]]:
    """Put a persona's prompts together as the page does."""
    _, *steps = blocks[f"condition-{row}"]["shown"][person]
    before: list[int] = []
    prompts: list[str | tuple[Message, ...]] = []
    for shared, *own in steps:
        before = [*before[:shared], *own]
        if before[0] >= 0:
            prompts.append(join_pieces(blocks["texts"], before))
            continue
        starts = [i for i, piece in enumerate(before) if piece < 0] + [len(before)]
        prompts.append(
            tuple(
                Message(ROLES[-1 - before[a]], join_pieces(blocks["texts"], before[a + 1 : b]))  # type: ignore[arg-type]
                for a, b in pairwise(starts)
            )
        )
    return prompts


@pytest.mark.parametrize("row", range(len(ROWS)), ids=[condition for _, condition in ROWS])
def test_prompts_are_those_that_the_model_was_shown(
    survey: Explored, blocks: dict[str, Any], row: int
) -> None:
    asked = survey.prompts(*ROWS[row])
    assert {name: shown(blocks, row, i) for i, name in enumerate(IDS)} == asked


@pytest.mark.parametrize(
    "changes",
    [
        {"series": False},
        {"shuffle_items": False, "shuffle_options": False},
        {"decline_option": "I would rather not", "require_label": False},
        {"frame": {"before": "Now:", "after": "", "system": "You are somebody."}},
        {"layout": {"symbols": "number", "brackets": "dot", "asker": "Q", "answerer": "A"}},
    ],
    ids=["each alone", "in order", "declinable", "with a system message", "another layout"],
)
def test_prompts_are_found_again_however_was_asked(tmp_path: Path, changes: dict[str, Any]) -> None:
    survey = make_explored(tmp_path, **changes)
    blocks = held(survey)
    if "decline_option" in changes:
        assert any(
            sum(read_table(file)["declined"].to_pylist()) for file in survey.files["responses"]
        )
    for row, names in enumerate(ROWS):
        asked = survey.prompts(*names)
        assert {name: shown(blocks, row, i) for i, name in enumerate(IDS)} == asked


def test_a_story_is_kept_once_however_many_personas_have_it(blocks: dict[str, Any]) -> None:
    assert sum(NASTY in text for text in blocks["texts"]) == 1 + len(IDS)  # Primed ones differ.
    assert [join_pieces(blocks["texts"], pieces) for pieces in blocks["stories"]["texts"]] == [
        "\n\n".join(answers) for answers in STORIES.values()
    ]


def test_answers_stand_by_item_and_person_as_places_among_the_options(
    survey: Explored, blocks: dict[str, Any]
) -> None:
    assert blocks["study"]["positions"] == [[0, 2, -1], [2, 0, 1]]
    codes = [[1, 2, 3], [1, 2, 9]]
    for row, file in enumerate(survey.files["responses"]):
        rows = read_table(file).to_pylist()
        expected = [
            [
                codes[i].index(r["code"]) if r["code"] is not None else -1
                for name in IDS
                for r in rows
                if (r["respondent"], r["item"]) == (name, item)
            ]
            for i, item in enumerate(("FIRST", "SECOND"))
        ]
        assert blocks["study"]["conditions"][row]["positions"] == expected


def test_replies_are_counted_and_the_last_is_given(
    survey: Explored, blocks: dict[str, Any]
) -> None:
    outcomes = blocks["study"]["outcomes"]
    for row, file in enumerate(survey.files["responses"]):
        details = blocks[f"condition-{row}"]
        for one in read_table(file).to_pylist():
            item, person = ["FIRST", "SECOND"].index(one["item"]), IDS.index(one["respondent"])
            counts = details["outcomes"][details["outcome"][item][person]]
            assert dict(zip(outcomes, counts, strict=True)) == {
                name: one[name] for name in outcomes
            }
            assert blocks["texts"][details["last"][item][person]] == one["reply"]


def test_words_are_those_that_were_read_out(blocks: dict[str, Any]) -> None:
    study = blocks["study"]
    assert [trait["options"] for trait in study["traits"]] == [("Young", "Old <i>enough</i>")]
    assert study["trait_values"] == [[0, 1, -1]]
    assert [item["ordinal"] for item in study["items"]] == [True, False]
    assert study["items"][0]["wording"] == "Is it good?"


def test_stories_say_who_they_are_and_whom_they_stand_for(blocks: dict[str, Any]) -> None:
    (age,) = blocks["stories"]["traits"]
    assert age["options"] == ("Under 50", "50 or over")
    assert age["counts"] == [[10, 0], [1, 3], [0, 0]]
    assert age["stated"] == [True, False, False]
    assert age["rest"] == [[0, 0, 0], [1, 0, 0.5], [0, 10, 0]]
    greedy = blocks["study"]["conditions"][1]
    assert (greedy["matching"], greedy["numbers"]) == ("greedy", [4, 7, 4])
    assert greedy["similarity"] == [0.5, 0.25, 0.125]
    assert blocks["study"]["conditions"][2]["matching"] is None


def test_without_natural_stories_there_is_no_block_of_them(survey: Explored) -> None:
    settings = survey.settings.model_copy(update={"rows": ROWS[:1]})
    files = survey.files | {"backstories": None, "traits": None}
    files |= {"made": files.pop("personas")[:1], "responses": files["responses"][:1]}
    found = collect_blocks(settings, **files)
    assert found["stories"] is None
    assert found["study"]["conditions"][0]["story"] == [None] * 3


def test_of_many_people_some_are_drawn_and_the_page_says_so(
    survey: Explored, blocks: dict[str, Any]
) -> None:
    for most in (1, 2):
        found = held(survey, respondents=most)
        ids = found["study"]["ids"]
        assert len(ids) == most
        assert found["study"]["source"] == f"ours.sav ({most} of 3, drawn at random)"
        for place, name in enumerate(ids):
            whole = IDS.index(name)
            for row in range(len(ROWS)):
                assert shown(found, row, place) == shown(blocks, row, whole)
                one, other = (b["study"]["conditions"][row] for b in (found, blocks))
                assert one["numbers"][place] == other["numbers"][whole]
                assert [item[place] for item in one["positions"]] == [
                    item[whole] for item in other["positions"]
                ]
    assert blocks["study"]["source"] == "ours.sav"


def test_who_is_drawn_stays_when_more_are(survey: Explored) -> None:
    one, two, three = (set(held(survey, respondents=most)["study"]["ids"]) for most in (1, 2, 3))
    assert one < two < three


def test_a_condition_without_its_personas_is_named(survey: Explored, tmp_path: Path) -> None:
    files = survey.files | {"personas": survey.files["personas"][1:]}
    with pytest.raises(DataError, match="personas of the condition bio are missing"):
        run(survey.settings, **files, output=tmp_path / "page.html")


def test_a_story_that_is_not_there_is_named(survey: Explored, tmp_path: Path) -> None:
    files = survey.files | {"backstories": None}
    with pytest.raises(DataError, match="p0 has story 4, which is not there"):
        run(survey.settings, **files, output=tmp_path / "page.html")


@given(st.text("ab \n"), st.lists(st.text("ab \n"), max_size=3))
def test_pieces_put_together_are_the_text(text: str, wholes: list[str]) -> None:
    texts = TextTable()
    pieces = texts.pieces(text, wholes)
    assert join_pieces(texts.all(), pieces) == text


def test_nothing_in_the_data_is_markup_and_nothing_may_run_but_the_page() -> None:
    text = build_page("<b>&", {"texts": [NASTY, "</script><script>alert(1)</script>", "<!--"]})
    assert "alert(1)" not in text
    assert "<title>&lt;b&gt;&amp;</title>" in text
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    policy = re.search(r'Policy" content="([^"]*)"', text)
    assert policy is not None
    for kind, content in (
        ("script", scripts[0]),
        ("style", re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0]),
    ):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none';")
    assert "connect-src" not in policy[1]
    assert not re.search(r"""(src|href)=["']?(http|//)""", text)


def test_blocks_are_read_as_they_were_written() -> None:
    text = build_page("a", {"one": {"a": [1, None, NASTY]}})
    packed = re.search(r'id="block-one">([^<]*)<', text)
    assert packed is not None
    assert json.loads(zlib.decompress(base64.b64decode(packed[1]))) == {"a": [1, None, NASTY]}


def test_the_script_never_makes_markup_of_text() -> None:
    text = build_page("a", {})
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
    ):
        assert way not in text


def test_equal_data_give_equal_bytes(survey: Explored, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(survey.settings, **survey.files, output=tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.slow
def test_a_study_has_its_page_and_only_what_it_shows_makes_it_again(project: Project) -> None:
    project.make(PAGE)
    text = (project.path / PAGE).read_text()
    assert "Persona explorer: w34" in text
    assert project.stale(PAGE) == set()
    kept = (project.path / "config/config.yaml").read_text()
    project.configure(lambda config: config.setdefault("metrics", {}).update(splits=7))
    assert project.stale(PAGE) == set()
    (project.path / "config/config.yaml").write_text(kept)
    project.replace("anthology/explorer/assets/style.css", "margin: 0", "margin: 1px")
    assert project.stale(PAGE) == {PAGE}
    project.replace("anthology/explorer/assets/style.css", "margin: 1px", "margin: 0")
    project.configure(lambda config: config.update(compare=["qa"]))
    assert project.stale(PAGE) == {PAGE}
    shutil.rmtree(project.path / "results/backstories")
    shutil.rmtree(project.path / "results/traits")
    assert project.stale(PAGE) == {PAGE}, "no compared condition has natural stories"
