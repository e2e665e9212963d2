// A plan put in another order with buttons: each part goes up, down, or out and back; the ranks of the form follow.
// In: a table bearing `data-reorder` whose rows hold a field `data-rank` (none where a part is fixed). Out: the same fields, filled
// in anew; without this file a person types the ranks.
const rankOf = (row) => row.querySelector("[data-rank]");
const labelOf = (row) => row.querySelector("th").firstChild.textContent.trim();

function button(words, sign, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button quiet small";
  made.setAttribute("aria-label", words);
  made.title = words;
  made.textContent = sign;
  made.addEventListener("click", act);
  return made;
}

export function reorder(table) {
  const body = table.tBodies[0];
  const note = document.createElement("p");
  note.className = "visually-hidden";
  note.setAttribute("role", "status");
  table.after(note);

  const number = () => {
    let rank = 0;
    for (const row of body.rows) {
      const field = rankOf(row);
      const out = field && row.classList.contains("removed");
      if (!out) rank += 1;
      if (field) field.value = out ? "" : String(rank);
    }
  };

  const move = (row, step) => {
    const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other || !rankOf(other)) return; // fixed, or the end
    if (step < 0) other.before(row);
    else other.after(row);
    number();
    note.textContent = `${labelOf(row)} : rang ${rankOf(row).value || "aucun"}`;
  };

  for (const row of body.rows) {
    if (!rankOf(row)) continue;
    const label = labelOf(row);
    const tools = document.createElement("span");
    tools.className = "reorder-tools";
    const out = button(`Retirer « ${label} »`, "✕", () => {
      const removed = row.classList.toggle("removed");
      out.textContent = removed ? "↺" : "✕";
      out.title = removed ? `Remettre « ${label} »` : `Retirer « ${label} »`;
      out.setAttribute("aria-label", out.title);
      number();
      note.textContent = removed ? `${label} : retirée` : `${label} : rang ${rankOf(row).value}`;
    });
    tools.append(
      button(`Monter « ${label} »`, "↑", (event) => (move(row, -1), event.currentTarget.focus())),
      button(`Descendre « ${label} »`, "↓", (event) => (move(row, 1), event.currentTarget.focus())),
      out,
    );
    row.cells[0].append(tools);
    if (!rankOf(row).value) out.click(); // removed before, and sent back with an error
  }
}
