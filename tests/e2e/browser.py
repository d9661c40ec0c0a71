"""What every browser test does."""

from playwright.sync_api import Page, expect


def settle(page: Page) -> None:
    """Wait until the app is on screen and no script runs any more."""
    page.wait_for_selector("[data-testid='stMain'] [data-testid='stVerticalBlock']")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )
    expect(page.locator("[data-testid='stException']")).to_have_count(0)
