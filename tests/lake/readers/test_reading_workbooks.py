"""Spreadsheets as people make them, written by the real tools: merged headers, hidden sheets, formulas, dates, tails."""

import datetime
import io
import re
import zipfile
from datetime import date, time

import openpyxl
import pytest
import xlwt
from odf import opendocument, style, table, text
from openpyxl.styles import PatternFill


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def one_sheet(rows: list[list[object]], *merged: str) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place in merged:
        book.active.merge_cells(place)
    return book


LINES = [[f"{11 + n:03}", f"Chapitre {n}", n * 10.5, n * 3, n * 11, n * 4] for n in range(1, 9)]
JOINED = [
    "Chapitre", "Libellé", "2022 / Fonctionnement", "2022 / Investissement", "2023 / Fonctionnement",
    "2023 / Investissement",
]  # fmt: skip


def test_a_header_of_two_rows_with_merged_cells_becomes_joined_names(look):
    book = one_sheet(
        [
            ["Budget primitif – Ville de X"],
            ["Chapitre", "Libellé", 2022, None, 2023, None],
            [None, None, "Fonctionnement", "Investissement", "Fonctionnement", "Investissement"],
            *LINES,
        ],
        "A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:F2",
    )  # fmt: skip
    looked = look(saved(book), "budget.xlsx")
    assert looked.labels == JOINED
    assert looked.types["c_2022_fonctionnement"] == "decimal"
    assert looked.kinds() == [(1, "titre")]
    assert len(looked.rows) == 8
    assert looked.guess("En-tête").value == "lignes 2 à 3"
    assert looked.guess("En-tête").certain


def test_groups_above_a_full_header_row_are_not_taken_for_a_title(look):
    book = one_sheet(
        [
            [None, None, 2022, None, 2023, None],
            ["Chapitre", "Libellé", *["Fonctionnement", "Investissement"] * 2],
            *LINES,
        ],
        "C1:D1", "E1:F1",
    )  # fmt: skip
    assert look(saved(book), "budget.xlsx").labels == JOINED


def test_a_header_of_two_rows_is_found_in_a_csv_too(look):
    rows = [";;2022;;2023;", "Chapitre;Libellé;Fonctionnement;Investissement;Fonctionnement;Investissement"]
    rows += [";".join(map(str, line)) for line in LINES]
    looked = look("\n".join(rows) + "\n")
    assert looked.labels == JOINED
    assert len(looked.rows) == 8


def test_a_title_merged_over_the_table_stays_a_title(look):
    book = one_sheet(
        [["Effectifs des écoles"], ["École", "Classes", "Élèves"], ["Ferry", 4, 98], ["Moulin", 5, 120]],
        "A1:B1",
    )
    looked = look(saved(book), "ecoles.xlsx")
    assert looked.labels == ["École", "Classes", "Élèves"]
    assert looked.kinds() == [(1, "titre")]


def test_a_first_row_of_words_is_not_swallowed_by_the_header(look):
    looked = look("nom;service;note;lieu\nDurand;Voirie;;Nord\nMartin;Écoles;bien;Sud\nPetit;Eau;;Nord\n")
    assert len(looked.rows) == 3
    assert looked.labels == ["nom", "service", "note", "lieu"]


def test_hidden_sheet_is_read_and_reported(look_all):
    book = one_sheet([["a", "b"], [1, 2], [3, 4]])
    hidden = book.create_sheet("Calculs")
    for row in [["nom", "n"], ["x", 1], ["y", 2]]:
        hidden.append(row)
    hidden.sheet_state = "veryHidden"
    tables, _ = look_all(saved(book), "a.xlsx")
    guesses = {origin: {guess.what for guess in looked.table.guesses} for origin, looked in tables.items()}
    assert "Feuille cachée" not in guesses["a.xlsx#Sheet"]
    assert "Feuille cachée" in guesses["a.xlsx#Calculs"]


def test_the_empty_tail_of_a_sheet_is_counted_once(look):
    book = one_sheet([["nom", "n"], ["x", 1], ["y", 2]])
    for row in range(4, 904):
        book.active.cell(row, 1).value = " "
        book.active.cell(row, 2).fill = PatternFill("solid", fgColor="FFFF00")
    looked = look(saved(book), "queue.xlsx")
    assert looked.quarantined == []
    assert looked.table.rows_read == 2
    assert looked.guess("Fin de feuille vide").value == "900 ligne(s)"


def test_dates_times_and_day_numbers_of_a_spreadsheet_become_what_they_are(look):
    book = one_sheet(
        [["Date de vote", "Heure", "date_fin", "Numéro"]]
        + [[date(2023, 1, n), time(8, n), 45000 + n, 45000 + n] for n in range(1, 5)]
    )
    looked = look(saved(book), "dates.xlsx")
    assert looked.types == {
        "date_de_vote": "date", "heure": "time", "date_fin": "date", "numero": "integer",
    }  # fmt: skip
    assert looked.rows[0]["date_fin"] == date(2023, 3, 16)
    assert looked.rows[0]["heure"] == time(8, 1)
    assert not looked.guess("Format de « date_fin »").certain


def test_formulas_keep_their_value_and_uncomputed_ones_are_reported(look):
    book = one_sheet([["nom", "n", "double"], ["x", 1, "=B2*2"], ["y", 2, "=B3*2"]])
    content = saved(book)
    looked = look(content, "jamais.xlsx")
    assert looked.guess("Formules sans valeur").value == "2 cellule(s)"
    computed = rewritten(
        content, "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb"<v ?/>|<v></v>", b"<v>7</v>", xml)
    )
    looked = look(computed, "calcule.xlsx")
    assert looked.column("double") == [7, 7]
    assert looked.guess("Formules").value == "2 cellule(s)"


def test_error_cells_are_reported_and_do_not_change_the_type(look):
    book = one_sheet([[], ["nom", "n", "mot"], ["x", 1, "a"], ["y", "#N/A", "#REF!"], ["z", 3, "c"]])
    book.active["B4"].data_type = book.active["C4"].data_type = "e"
    looked = look(saved(book), "erreurs.xlsx")
    assert looked.types == {"nom": "text", "n": "integer", "mot": "text"}
    assert looked.column("n") == [1, None, 3]
    assert looked.column("mot") == ["a", "#REF!", "c"]
    assert looked.guess("Cellules en erreur").value == "2 cellule(s)"
    assert looked.guess("Valeurs manquantes de « n »").value == "#N/A"


def test_an_old_xls_keeps_dates_codes_and_sheets(look_all):
    book = xlwt.Workbook()
    for name in ("Dépenses", "Recettes"):
        sheet = book.add_sheet(name)
        sheet.write_merge(0, 0, 0, 3, "Ville de X")
        for column, label in enumerate(["Code INSEE", "Date", "Montant", "Siret"]):
            sheet.write(1, column, label)
        for row in range(2, 6):
            sheet.write(row, 0, "01004")
            sheet.write(row, 1, datetime.date(2023, 1, row), xlwt.easyxf(num_format_str="DD/MM/YYYY"))
            sheet.write(row, 2, 12.5 * row)
            sheet.write(row, 3, 21440109300015)
    out = io.BytesIO()
    book.save(out)
    tables, refused = look_all(out.getvalue(), "vieux.xls")
    assert not refused
    assert list(tables) == ["vieux.xls#Dépenses", "vieux.xls#Recettes"]
    looked = tables["vieux.xls#Dépenses"]
    assert looked.types == {
        "code_insee": "code", "date": "date", "montant": "decimal", "siret": "code",
    }  # fmt: skip
    assert looked.rows[0]["siret"] == "21440109300015"
    assert looked.rows[0]["date"] == date(2023, 1, 2)


def ods(sheets: dict[str, list[list[object]]], merged: dict[tuple[int, int], int] | None = None) -> bytes:
    document = opendocument.OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        sheet = table.Table(name=name)
        for at, cells in enumerate(rows):
            row = table.TableRow()
            for place, cell in enumerate(cells):
                options = {"numbercolumnsspanned": span} if (span := (merged or {}).get((at, place))) else {}
                if cell is None:
                    row.addElement(table.TableCell())
                elif isinstance(cell, int | float):
                    row.addElement(table.TableCell(valuetype="float", value=cell, **options))
                else:
                    made = table.TableCell(valuetype="string", **options)
                    made.addElement(text.P(text=str(cell)))
                    row.addElement(made)
            sheet.addElement(row)
        document.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_an_ods_with_groups_above_its_header_is_joined(look):
    head = [[None, None, 2022, None, 2023, None], ["Chapitre", "Libellé", "F", "I", "F", "I"]]
    looked = look(ods({"Été": [*head, *LINES]}, {(0, 2): 2, (0, 4): 2}), "budget.ods")
    assert looked.labels[2:] == ["2022 / F", "2022 / I", "2023 / F", "2023 / I"]
    assert looked.guess("Feuille").value == "Été"


# --- what would take the machine's memory


def rewritten(content: bytes, part: str, change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


BILLION = (
    b'<!DOCTYPE lolz [<!ENTITY a "lol">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (letter + 1, b"&%c;" % letter * 10) for letter in range(ord("a"), ord("k"))
    )
    + b"]>"
)


@pytest.mark.parametrize(
    ("name", "part"),
    [("a.xlsx", "xl/workbook.xml"), ("a.xlsx", "xl/worksheets/sheet1.xml"), ("a.ods", "content.xml")],
)
def test_an_entity_bomb_in_a_workbook_is_refused(refuse, name, part):
    rows = [["a", "b"], [1, 2], [3, 4]]
    content = ods({"F": rows}) if name.endswith("ods") else saved(one_sheet(rows))
    reason = refuse(
        rewritten(
            content,
            part,
            lambda xml: BILLION + xml.partition(b"?>")[2] if xml.startswith(b"<?xml") else BILLION + xml,
        ),
        name,
    )
    assert "entités" in reason


def test_a_sheet_with_one_cell_at_the_far_corner_is_refused_before_it_is_opened(look_all):
    content = saved(one_sheet([["a", "b"], [1, 2]]))
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    giant = rewritten(content, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", far))
    tables, (refused,) = look_all(giant, "geant.xlsx")
    assert not tables
    assert "17 179 869 184".replace(" ", "\u202f") in refused.reason


def test_a_declared_dimension_of_millions_of_empty_cells_costs_nothing(look):
    content = saved(one_sheet([["a", "b"], [1, 2], [3, 4]]))
    styled = (
        b"".join(b'<row r="%d"><c r="XFD%d" s="0"/></row>' % (n, n) for n in range(4, 5000)) + b"</sheetData>"
    )
    wide = rewritten(
        content,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1:XFD1048576"').replace(b"</sheetData>", styled),
    )
    assert look(wide, "large.xlsx").column("a") == [1, 3]


def test_an_ods_whose_cells_repeat_without_end_is_refused(refuse):
    content = ods({"F": [["a", "b"], [1, 2]]})
    bomb = rewritten(
        content,
        "content.xml",
        lambda xml: xml.replace(
            b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">', 1
        ).replace(b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="16384" ', 1),
    )
    assert "prudence" in refuse(bomb, "geant.ods")


def test_an_ods_whose_empty_cells_repeat_to_the_end_is_read(look):
    content = ods({"F": [["a", "b"], [1, 2], [3, 4]]})
    tail = (
        b'<table:table-row table:number-rows-repeated="1048573">'
        b'<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    full = rewritten(content, "content.xml", lambda xml: xml.replace(b"</table:table>", tail))
    assert look(full, "plein.ods").column("b") == [2, 4]


def test_a_shared_text_repeated_without_end_is_refused(refuse):
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 100_001))
    content = rewritten(
        saved(one_sheet([["a", "b"]])),
        "xl/worksheets/sheet1.xml",
        lambda xml: (
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            + cells
            + b"</sheetData></worksheet>"
        ),
    )
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<sst><si><t>" + b"x" * 32_000 + b"</t></si></sst>")
    assert "démesurés" in refuse(out.getvalue(), "texte.xlsx")


def test_styles_of_the_tools_do_not_hide_a_sheet(look):
    document = opendocument.OpenDocumentSpreadsheet()
    hidden = style.Style(name="ta1", family="table")
    hidden.addElement(style.TableProperties(display="false"))
    document.automaticstyles.addElement(hidden)
    sheet = table.Table(name="Cachée", stylename=hidden)
    for cells in (["nom", "lieu"], ["x", "Nord"], ["y", "Sud"]):
        row = table.TableRow()
        for cell in cells:
            made = table.TableCell(valuetype="string")
            made.addElement(text.P(text=cell))
            row.addElement(made)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    document.save(out)
    looked = look(out.getvalue(), "cachee.ods")
    assert looked.guess("Feuille cachée").value == "reprise"


def test_a_part_that_lies_about_its_size_is_refused_before_it_is_opened(refuse):
    """The archive declares a thousand bytes where a hundred million wait."""
    content = rewritten(
        saved(one_sheet([["a", "b"], [1, 2]])),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", b"</sheetData>" + b" " * 100_000_000),
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    assert content.count(size) == 2  # the local header and the central directory
    assert "ment sur la taille" in refuse(content.replace(size, (1000).to_bytes(4, "little")), "menteur.xlsx")
