"""The page to look at single personas, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from anthology.explorer.page import build_page as written
from anthology.io.parquet import read_table
from anthology.stages.explorer import collect_blocks, run
from tests.support.explored_survey import IDS, NASTY, ROWS, STORIES, Explored, make_explored

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 400, "height": 800}
GREEDY = "condition=base/greedy&respondent=p0"
PRIMED = "condition=chat/primed&respondent=p1"


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    found = make_explored(tmp_path_factory.mktemp("explored"))
    run(found.settings, **found.files, output=found.folder / "private.html")
    simulated = make_explored(tmp_path_factory.mktemp("simulated"), source="simulated")
    run(simulated.settings, **simulated.files, output=found.folder / "simulated.html")
    return found


@pytest.fixture(scope="module")
def browser(survey: Explored) -> Iterator[Any]:  # noqa: ARG001
    # The survey comes first: its interviews need an event loop, and playwright keeps one running.
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


class Visit:
    """A reader's visit to the page, with what went wrong and what was asked of the network."""

    def __init__(self, browser: Any, file: Path, size: dict[str, int]) -> None:
        self.page = browser.new_page(viewport=size)
        self.page.set_default_timeout(10_000)
        self.file = file
        self.trouble: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda message: self.trouble.append(message.text))
        self.page.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, where: str = "") -> Any:
        """Go to a place of the page, as a link to it leads there."""
        self.page.goto("about:blank")
        self.asked.clear()
        self.page.goto(f"{self.file.as_uri()}#{where}")
        self.page.wait_for_selector("html[data-ready=all]")
        return self.page

    def listed(self) -> list[str]:
        """Return the names in the list."""
        return list(self.page.locator(".rows a b").all_inner_texts())


@pytest.fixture
def visit(browser: Any, survey: Explored) -> Iterator[Visit]:
    found = Visit(browser, survey.folder / "private.html", DESK)
    yield found
    found.page.close()
    assert found.trouble == []


def test_the_page_opens_from_a_file_without_a_network(visit: Visit) -> None:
    page = visit.open()
    assert visit.listed() == IDS
    assert [url.partition("#")[0] for url in visit.asked] == [visit.file.as_uri()]
    with pytest.raises(sync_api.Error, match="Failed to fetch"):
        page.evaluate("() => fetch('http://127.0.0.1:9/')")
    assert any("Content Security Policy" in text for text in visit.trouble)
    visit.trouble.clear()


def test_markup_in_a_backstory_is_shown_as_text(visit: Visit) -> None:
    for where in (GREEDY, PRIMED, "view=stories&story=4"):
        page = visit.open(where)
        assert NASTY in page.locator(".passage").text_content()
        assert page.evaluate("() => window.stolen") is None
        assert page.locator("main script, main img, main em, main i").count() == 0
    assert "Is it <b>new</b>?" in visit.open(GREEDY).locator(".answers").text_content()


def test_prompts_are_shown_verbatim(visit: Visit, survey: Explored) -> None:
    for model, condition in ROWS:
        for name, prompts in survey.prompts(model, condition).items():
            page = visit.open(f"condition={model}/{condition}&respondent={name}")
            for place, prompt in enumerate(prompts):
                page.get_by_label("Item, in the order asked").select_option(index=place)
                page.wait_for_selector(f".answers .show[aria-current]:has-text('{place + 1} of')")
                said = page.locator(".prompt pre").evaluate_all(
                    "all => all.map(a => a.textContent)"
                )
                if isinstance(prompt, str):
                    assert said == [prompt]
                    continue
                assert said == [message.content for message in prompt]
                speakers = page.locator(".speaker").all_inner_texts()
                assert speakers == [message.role for message in prompt]


def test_respondents_are_found_by_filters_and_search(visit: Visit) -> None:
    page = visit.open("condition=base/greedy")
    page.get_by_text("More filters").click()
    page.get_by_label("age").select_option("Old <i>enough</i>")
    page.wait_for_selector(".status:has-text('1 of 3 respondents')")
    assert visit.listed() == ["p1"]
    page.get_by_label("age").select_option("not known")
    page.wait_for_selector(".rows a:has-text('p2')")
    page.get_by_role("button", name="Clear all filters").click()
    page.wait_for_selector(".status:text-is('3 respondents')")
    page.get_by_label("Similarity").fill("0.25")
    page.wait_for_selector(".status:has-text('2 of 3')")
    assert visit.listed() == ["p0", "p1"]
    page.get_by_label("Search").fill("NETS sea")
    page.wait_for_selector(".status:has-text('1 of 3')")
    assert visit.listed() == ["p1"]
    page.get_by_label("Search").fill("nobody has this")
    page.wait_for_selector(".status:has-text('0 of 3')")
    assert page.get_by_label("Condition", exact=True).input_value() == "base/greedy"


def test_the_list_can_be_sorted(visit: Visit) -> None:
    page = visit.open("condition=base/greedy")
    page.get_by_label("Order").select_option("least similar story first")
    page.wait_for_selector(".rows li:first-child:has-text('p2')")
    assert visit.listed() == ["p2", "p1", "p0"]
    page.get_by_label("Condition", exact=True).select_option("bio (base)")
    page.wait_for_selector("#sources:not(:has-text('Stories'))")
    assert visit.listed() == IDS


def test_the_url_holds_only_what_is_shown(visit: Visit) -> None:
    page = visit.open(GREEDY)
    page.get_by_label("Condition", exact=True).select_option("bio (base)")
    page.wait_for_selector(".matrix th.here:has-text('bio')")
    parts = dict(parse_qsl(page.url.partition("#")[2]))
    assert parts == {"view": "respondents", "condition": "base/bio", "respondent": "p0"}


def test_switching_conditions_keeps_the_respondent(visit: Visit) -> None:
    page = visit.open(GREEDY)
    page.locator(".matrix").get_by_role("link", name="primed").click()
    page.wait_for_selector(".matrix th.here:has-text('primed')")
    assert page.locator("h2").inner_text() == "Respondent p0"
    assert page.get_by_label("Condition", exact=True).input_value() == "chat/primed"
    page.go_back()
    page.wait_for_selector(".matrix th.here:has-text('greedy')")


def test_answers_of_all_conditions_are_shown_beside_the_respondents(
    visit: Visit, survey: Explored
) -> None:
    codes = {"FIRST": [1, 2, 3], "SECOND": [1, 2, 9]}
    people = {row["respondent"]: row for row in read_table(survey.files["humans"]).to_pylist()}
    answers = [read_table(file).to_pylist() for file in survey.files["responses"]]

    def place(item: str, code: int | None) -> int | None:
        return None if code is None else codes[item].index(code) + 1

    seen = set()
    for name, person in people.items():
        rows = visit.open(f"condition=base/bio&respondent={name}").locator(".matrix tbody tr")
        for i, item in enumerate(codes):
            cells = rows.nth(i).locator("td")
            human = place(item, person[item])
            assert cells.nth(0).inner_text() == str(human or "\u2013")
            for column, rows_of in enumerate(answers, start=1):
                keys = (name, item)
                (code,) = (r["code"] for r in rows_of if (r["respondent"], r["item"]) == keys)
                given = place(item, code)
                assert cells.nth(column).inner_text() == str(given or "\u2013")
                if given and human:
                    apart = abs(given - human)
                    step = 2 * apart if item == "FIRST" else 2 * (apart > 0)
                    assert cells.nth(column).get_attribute("class") == f"far{step}"
                    seen.add((item, apart > 0))
    assert len(seen) == 4, "answers that are equal and that are not, with an order and without"


def test_a_backstory_links_to_its_respondents_and_back(visit: Visit) -> None:
    page = visit.open("view=stories")
    assert visit.listed() == [f"Story {number}" for number in STORIES]
    page.get_by_label("Stands for").select_option("stands for nobody in greedy")
    page.wait_for_selector(".status:has-text('1 of 3 stories')")
    assert visit.listed() == ["Story 9"]
    page.get_by_label("Stands for").select_option("any")
    page.get_by_text("Likeliest trait").click()
    page.get_by_label("age").select_option("50 or over")
    page.wait_for_selector(".status:has-text('1 of 3 stories')")
    page.locator(".rows a").click()
    page.wait_for_selector("h2:has-text('Story 7')")
    assert page.locator(".distributions .number").all_inner_texts() == ["25%", "75%"]
    page.locator(".people a").click()
    page.wait_for_selector("h2:has-text('Respondent p1')")
    page.get_by_role("link", name="story 7 and whom else it stands for").click()
    page.wait_for_selector("h2:has-text('Story 7')")


def test_every_view_states_the_source_of_its_data(browser: Any, survey: Explored) -> None:
    for file, private in (("private.html", True), ("simulated.html", False)):
        visit = Visit(browser, survey.folder / file, DESK)
        for where in ("", GREEDY, "view=stories", "view=stories&story=4"):
            page = visit.open(where)
            notice = page.locator("#notice").inner_text()
            assert ("do not share it" in notice) == private
            assert ("none of these people exist" in notice) != private
            assert ("ours.sav" in page.locator("#sources").inner_text()) == private
            assert page.locator("#notice").bounding_box()["y"] < 200
        visit.page.close()


def test_everything_works_with_the_keyboard(visit: Visit) -> None:
    page = visit.open("condition=base/greedy")
    page.locator(".rows a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('Respondent p1')")
    assert page.locator(".rows a[aria-current=true]").inner_text().startswith("p1")
    for control in page.locator("select, input").all():
        name = control.evaluate("one => one.labels[0]?.textContent ?? ''")
        assert name, control.evaluate("one => one.outerHTML")
    names = page.locator("select, input").evaluate_all("all => all.map(one => one.id)")
    assert len(set(names)) == len(names)


def test_missing_respondents_and_backstories_are_reported(visit: Visit) -> None:
    assert "There is no nobody" in visit.open("respondent=nobody").locator("#shown").inner_text()
    assert "There is no 99" in visit.open("view=stories&story=99").locator("#shown").inner_text()
    assert (
        visit.open("condition=none/none").get_by_label("Condition", exact=True).input_value()
        == "base/bio"
    )


def test_a_narrow_screen_shows_either_list_or_persona(browser: Any, survey: Explored) -> None:
    visit = Visit(browser, survey.folder / "private.html", PHONE)
    page = visit.open("condition=base/greedy")
    assert page.locator("#find").is_visible()
    assert not page.locator("#shown").is_visible()
    page.locator(".rows a").nth(1).click()
    page.wait_for_selector("h2:has-text('Respondent p1')")
    assert not page.locator("#find").is_visible()
    width = "() => document.documentElement.scrollWidth"
    assert page.evaluate(width) == PHONE["width"]
    page.get_by_role("link", name="Back to the list").click()
    page.wait_for_selector("#find", state="visible")
    assert page.get_by_label("Condition", exact=True).input_value() == "base/greedy"
    for where in ("view=stories", "view=stories&story=4"):
        assert visit.open(where).evaluate(width) == PHONE["width"]
    assert visit.trouble == []
    page.close()


def test_a_long_list_is_paginated(browser: Any, survey: Explored, tmp_path: Path) -> None:
    files = {("made" if key == "personas" else key): one for key, one in survey.files.items()}
    blocks = collect_blocks(survey.settings, **files)
    stories = blocks["stories"]
    for key in ("numbers", "texts"):
        stories[key] = (stories[key] * 50)[:130]
    stories["numbers"] = list(range(130))
    for key in ("counts", "stated", "rest"):
        stories["traits"][0][key] = (stories["traits"][0][key] * 50)[:130]
    file = tmp_path / "long.html"
    file.write_text(written("long", blocks), encoding="utf-8")
    visit = Visit(browser, file, DESK)
    page = visit.open("view=stories")
    assert len(visit.listed()) == 50
    page.get_by_role("button", name="Next").click()
    assert visit.listed()[0] == "Story 50"
    page.get_by_role("button", name="Next").click()
    assert len(visit.listed()) == 30
    assert page.get_by_role("button", name="Next").is_disabled()
    page = visit.open("view=stories&story=77")
    assert visit.listed()[0] == "Story 50"
    assert visit.trouble == []
    page.close()
