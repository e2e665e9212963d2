"""Tables whose rows a telephone shows one under the other."""

from beffroi.web.ui.stacked_tables import stacked

HEAD = '<thead><tr><th scope="col" colspan="2">Qui &amp; où</th><th><a href="?">Jour ↑</a><br>note</th><th><span class="visually-hidden">Acte</span></th></tr></thead>'  # fmt: skip


def test_each_cell_says_its_heading_and_an_empty_one_is_marked():
    rows = '<tr><th scope="row">A</th><td class="x">1</td><td>–</td><td>2</td></tr><tr><td colspan="2">B</td><td></td></tr>'
    made = stacked(f'<table class="long">{HEAD}<tbody>{rows}</tbody></table>')
    assert made.startswith(f'<table class="long stacked">{HEAD}')
    assert (
        '<td data-label="Qui &amp; où" class="x">1</td><td data-label="Jour" data-empty>–</td><td>2</td>'
        in made
    )
    assert '<td colspan="2">B</td><td data-label="Jour" data-empty></td>' in made


def test_a_table_without_headings_gets_its_class_alone():
    assert (
        stacked("<table><tr><td>1</td></tr></table>") == '<table class="stacked"><tr><td>1</td></tr></table>'
    )
