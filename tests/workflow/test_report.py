"""The figures and the report of a small study, as its reader's browser shows them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.project import Project, new_project

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
FIGURES = ("answers", "correlations", "items", "matches", "ranking", "traits")
TABLES = (
    *("answers", "comparisons", "correlations", "individuals", "intervals", "items", "metrics"),
    *("metrics_full", "subgroups"),
)
OWN = ("--directory", "mine", "--configfile", "config/config.yaml", "mine.yaml")
ASKED = (*OWN, "--config", "compare=[qa, greedy_bio]", 'surveys=["w34"]')
REPORT = "results/report.html"

Page = Any
"""A page of the browser, and what it asked for and complained of in `.seen`."""


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A study whose report was made in a folder and with a configuration of its own."""
    project = new_project(tmp_path_factory.mktemp("report") / "study")
    overlay = {
        "metrics": {"bootstrap_resamples": 200, "subgroups": ["gender"], "min_group_size": 5}
    }
    (project.path / "mine.yaml").write_text(yaml.safe_dump(overlay))
    project.make(REPORT, *ASKED)
    return project


@pytest.fixture(scope="module")
def page(reported: Project) -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page: Page = browser.new_page(viewport={"width": 1400, "height": 900})
        seen: list[str] = []
        page.on("pageerror", lambda error: seen.append(f"error {error}"))
        page.on("request", lambda request: seen.append(f"request {request.url}"))
        page.on(
            "console",
            lambda said: seen.append(f"console {said.text}") if said.type == "error" else None,
        )
        page.goto((reported.path / "mine" / REPORT).as_uri())
        page.seen = seen
        yield page
        browser.close()


@pytest.fixture
def results(page: Page) -> Page:
    """The page with the results of one survey open."""
    page.reload()
    page.get_by_text("w34", exact=True).first.click()
    return page


def open_result(page: Page, name: str, link: int) -> None:
    page.locator("tr", has_text=name).filter(has_text=name).first.locator("a").nth(link).click()


def test_every_figure_and_table_of_a_survey_is_in_the_report(results: Page) -> None:
    listed = [row.strip() for row in results.locator("tbody tr").all_inner_texts()]
    assert listed == [f"figure: {name}" for name in FIGURES] + [f"table: {name}" for name in TABLES]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_shown_from_its_top(results: Page, name: str) -> None:
    open_result(results, f"figure: {name}", 0)
    picture = results.locator("img[src^='data:image/svg+xml']").last
    picture.wait_for()
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 900
    assert picture.bounding_box()["y"] >= 0


@pytest.mark.parametrize(
    ("name", "defined"),
    [
        ("figure: ranking", "mean over items of the 1-Wasserstein distance"),
        ("figure: ranking", "the respondents are split at random into halves"),
        ("figure: correlations", "root of the summed squared differences"),
        ("figure: items", "Wilson score intervals"),
        ("figure: matches", "effective number of backstories"),
        ("table: metrics", "1 - trace(AB) / (|A| |B|)"),
        ("table: comparisons", "corrected for the number of pairs"),
    ],
)
def test_a_caption_defines_what_is_shown(results: Page, name: str, defined: str) -> None:
    open_result(results, name, 1)
    results.get_by_text("Description").wait_for()
    assert defined in " ".join(results.inner_text("body").split())


def test_a_table_can_be_fetched(results: Page, reported: Project) -> None:
    with results.expect_download() as download:
        open_result(results, "table: metrics_full", 0)
    made = reported.path / "mine/results/w34/metrics_full.csv"
    assert Path(download.value.path()).read_bytes() == made.read_bytes()


def test_the_first_page_says_what_simulated_means_and_leads_to_the_explorer(page: Page) -> None:
    page.reload()
    said = " ".join(page.inner_text("body").split())
    assert "no evidential value" in said
    assert "Models: simulated." in said
    link = page.locator("a[href='w34/explorer.html']")
    with page.expect_navigation():
        link.click()
    assert page.url.endswith("/mine/results/w34/explorer.html")
    page.go_back()


def test_the_report_needs_no_network_and_raises_no_error(results: Page, reported: Project) -> None:
    open_result(results, "figure: items", 0)
    open_result(results, "figure: items", 1)
    folder = (reported.path / "mine").as_uri()
    assert results.seen
    assert all(
        one.startswith((f"request {folder}", "request data:", "request blob:"))
        for one in results.seen
    )


def test_the_report_is_of_the_configuration_that_was_given(reported: Project) -> None:
    log = (reported.path / "mine/logs/report.log").read_text()
    assert "Missing metadata" not in log
    assert not (reported.path / "mine/results/w34/responses/simulated/bio.parquet").exists()
    assert not (reported.path / "results").exists()


def test_a_finished_report_is_not_rebuilt(reported: Project) -> None:
    assert reported.stale(REPORT, *ASKED) == set()


def test_the_confidence_level_rebuilds_items_and_figures_but_no_metric(
    reported: Project,
) -> None:
    stale = reported.stale(REPORT, *ASKED, "metrics={confidence: 0.8}")
    made = {f"results/w34/figures/{name}.svg" for name in FIGURES}
    tables = {f"results/w34/{name}.csv" for name in ("items", "correlations", "intervals")}
    assert made | tables | {REPORT} <= stale
    kept = ("metrics.csv", "answers.csv", "metrics_full.csv", "subgroups.csv", "explorer.html")
    assert stale.isdisjoint(f"results/w34/{name}" for name in kept)


def test_a_changed_caption_rebuilds_only_the_report(reported: Project, tmp_path: Path) -> None:
    copy = Project(tmp_path / "copy")
    shutil.copytree(reported.path, copy.path, symlinks=True)
    copy.make("--touch", REPORT, *ASKED)
    copy.replace("rules/captions/figures/items.rst", "The share of answers", "Shares of answers")
    assert copy.stale(REPORT, *ASKED) == {REPORT}
