// A total that follows the numbers typed in a list.
// In: `data-total` (selector of the list) and `data-value` (the total of the fields as they came). Out: its text; what is said
// of the total as it came (`data-before-typing`, in the same paragraph) is hidden while it is another.

/** A number as it is typed in French; what is none counts as the field came. */
function read(field) {
  const typed = field.value.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return typed !== "" && Number.isFinite(Number(typed)) ? Number(typed) : came(field);
}

const came = (field) => Number(field.defaultValue.replace(",", ".")) || 0;

export function total(shown) {
  const list = document.querySelector(shown.dataset.total);
  if (!list) return;
  const fields = [...list.querySelectorAll('input[inputmode="decimal"]')];
  const format = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 2 });
  const said = shown.parentElement.querySelector("[data-before-typing]");
  const follow = () => {
    const change = fields.reduce((sum, field) => sum + read(field) - came(field), 0);
    shown.textContent = format.format(Number(shown.dataset.value) + change);
    if (said) said.hidden = Math.abs(change) > 1e-9;
  };
  list.addEventListener("input", follow);
  addEventListener("pageshow", follow); // the browser puts back what was typed
}
