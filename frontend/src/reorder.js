// A plan put in another order with buttons: each part goes up, down, or out and back; the ranks of the form follow.
// In: a list bearing `data-reorder` whose rows hold a field `data-rank` (`data-number` where a part is fixed) and a `data-label`.
// Out: the same fields, filled in anew; without this file a person types the ranks.
const rankOf = (row) => row.querySelector("[data-rank]");
const labelOf = (row) => row.querySelector("[data-label]").textContent.trim();

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

export function reorder(list) {
  const note = document.createElement("p");
  note.className = "visually-hidden";
  note.setAttribute("role", "status");
  list.after(note);

  const number = () => {
    let rank = 0;
    for (const row of list.children) {
      const field = rankOf(row);
      const out = field && row.classList.contains("removed");
      if (!out) rank += 1;
      if (field) field.value = out ? "" : String(rank);
      else row.querySelector("[data-number]").textContent = rank;
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

  /** A rank typed by hand: the row goes there at once; emptied, the part is out. */
  const place = (row) => {
    const rank = Number.parseInt(rankOf(row).value, 10);
    row.classList.toggle("removed", !rankOf(row).value);
    if (rank >= 1) {
      const others = [...list.children].filter((other) => other !== row && !other.classList.contains("removed"));
      const first = others.findIndex(rankOf);
      const last = others.findLastIndex(rankOf) + 1;
      const before = others[Math.min(Math.max(rank - 1, first), last)];
      if (before) before.before(row);
      else list.append(row);
    }
    number();
  };

  // Sent back with an error, the ranks are those that the person gave: the rows follow them.
  const given = [...list.children].filter((row) => rankOf(row)?.value);
  const after = [...list.children].findLast(rankOf)?.nextElementSibling ?? null;
  given.sort((one, other) => rankOf(one).value - rankOf(other).value).forEach((row) => list.insertBefore(row, after));

  for (const row of list.children) {
    if (!rankOf(row)) continue;
    rankOf(row).addEventListener("change", () => place(row));
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
    row.querySelector(".part-rank").append(tools);
    if (!rankOf(row).value) out.click(); // removed before, and sent back with an error
  }
}
