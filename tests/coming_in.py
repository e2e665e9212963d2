"""Coming in by the browser as a new member of a real town does: the invitation's link, a password, a second factor."""

from playwright.sync_api import Page

PASSWORD = "quatre beaux clochers de pierre"
WAIT = 60_000


def code_of(secret: str) -> str:
    """What an authenticator application shows now."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def give_second_factor(page: Page, wanted: str) -> None:
    """An administrator of a real town is led to a second factor first: here, an application's code."""
    page.goto(wanted)
    page.get_by_role("link", name="Utiliser une application").click()
    page.get_by_label("Mot de passe").or_(page.locator("#authenticator_secret")).first.wait_for(timeout=WAIT)
    if "reauthenticate" in page.url:
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Confirmer").click()
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_label("Code affiché par l'application").fill(code_of(secret))
    with page.expect_navigation():
        page.get_by_role("button", name="Activer").click()


def enter(page: Page) -> None:
    page.get_by_role("button", name="Entrer").click()
    page.wait_for_url("**/compte/password/set/**", timeout=WAIT)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    with page.expect_navigation():
        page.locator("main form button[type=submit], form button[type=submit]").last.click()
