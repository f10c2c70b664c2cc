"""The app: types, lint, its own tests, build, budgets and journeys, each a script of web/package.json."""

from collections.abc import Callable

import pytest

from infra.web_build import WebBuild

MINUTE = 60


@pytest.fixture(scope="module")
def web() -> WebBuild:
    """The app with its packages, as its lock names them."""
    build = WebBuild()
    build.install()
    return build


def last_line(said: str) -> str:
    return ([line.strip() for line in said.splitlines() if line.strip()] or [""])[-1]


@pytest.mark.timeout(10 * MINUTE)
def test_types_lint_and_tests_of_the_app_hold(web: WebBuild) -> None:
    web.run("check")


@pytest.mark.timeout(10 * MINUTE)
def test_the_app_is_built(web: WebBuild) -> None:
    web.make()


def test_what_is_loaded_first_stays_within_its_budgets(
    web: WebBuild, record_property: Callable[[str, object], None]
) -> None:
    web.make()
    for line in web.run("budgets").splitlines():
        if line.startswith("held"):
            record_property("told", f"web budget {line}")


@pytest.mark.timeout(30 * MINUTE)
def test_a_browser_goes_every_journey_on_the_real_run(
    web: WebBuild, record_property: Callable[[str, object], None]
) -> None:
    web.make()
    record_property("told", f"web journeys: {last_line(web.run('journeys'))}")
