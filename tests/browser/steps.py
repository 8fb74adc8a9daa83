"""What every journey does: go to a room and wait until it stands."""

from playwright.sync_api import Page, expect


def settled(page: Page) -> None:
    """The script has run to its end, and without an error."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def visit(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    settled(page)
