import pytest
from browser import PICTURES
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
@pytest.mark.parametrize("dark,width", [(False,1280),(True,1280),(False,320)])
def test_slices(site, visit, dark, width):
    seen = visit(f"{site}/guide" + ("?erreurs" if not dark else ""), dark=dark, width=width, height=1100)
    p = seen.page
    p.wait_for_selector("[data-island=chart][data-awake=yes] svg")
    p.wait_for_selector(".island-view.map[data-idle=yes]")
    total = p.evaluate("document.documentElement.scrollHeight")
    PICTURES.mkdir(exist_ok=True)
    for n in range(0, -(-total // 1100)):
        p.evaluate(f"scrollTo(0,{n*1100})"); p.wait_for_timeout(150)
        p.screenshot(path=PICTURES / f"s-{'d' if dark else 'l'}{width}-{n}.png")
