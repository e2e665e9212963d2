"""Tables and colours of the pages of the kit."""

from beffroi.web.continuity.offline_kit import kit_documents


def test_a_cell_says_its_column_for_narrow_screens():
    table = '<table><thead><tr><th>Rang</th><th scope="col">Qui <b>sait</b> &amp; "où"</th></tr></thead><tbody><tr><td>1</td><td class="x">A</td></tr><tr><td colspan="2">B</td></tr></tbody></table>'  # fmt: skip
    made = kit_documents.stack_tables(f"<p>1</p>{table}<table><tr><td>C</td></tr></table>")
    assert (
        '<td data-label="Rang">1</td><td data-label="Qui sait &amp; &quot;où&quot;" class="x">A</td>' in made
    )
    assert '<td colspan="2">B</td>' in made and "<td>C</td>" in made
    style = kit_documents.style()
    assert (
        style.count("prefers-color-scheme")
        == style.count("@media screen and (prefers-color-scheme: dark)")
        == 1
    )
