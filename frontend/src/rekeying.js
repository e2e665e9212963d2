// A sheet typed without leaving the keyboard: Enter goes on, a whole answer goes on by itself, what does not serve is skipped.
// In: a form; inputs with `data-length` (signs of a whole answer), `data-carried` (comes from the sheet before), `data-needs`
// (« code=0000 », of the same row), rows `data-row`, the number (`data-number`, `data-picture`: where its picture is);
// `data-filled` on a form whose answers are corrected: the keyboard begins at its first field.
// Out: nothing but the focus and the picture; without this file, Tab does the same.

const TYPED = "input:not([type=hidden], [type=radio], [type=checkbox]), textarea, button[type=submit]";
const wholeNumber = (text) => /^\d{4}-?[0-9a-z]$/i.test(text);
const plain = (text) => text.replace(/[\s./-]/g, "");

function serves(input, form) {
  if ("carried" in input.dataset) return false;
  if (input.dataset.needs) {
    const [key, wanted] = input.dataset.needs.split("=");
    const prefix = input.name.slice(0, input.name.indexOf("_") + 1);
    if (form.elements[prefix + key]?.value.trim() !== wanted) return false;
  }
  return !input.closest("[data-row]")?.hidden;
}

/** Rows after the count that the sheet announces are out of the way. */
function showRows(form) {
  const count = form.elements[form.dataset.rowCount];
  if (!count) return;
  const typed = count.value.trim();
  form.querySelectorAll("[data-row]").forEach((row) => {
    row.hidden = typed !== "" && Number(row.dataset.row) > Number(typed);
  });
}

function go(form, from, step) {
  const every = [...form.querySelectorAll(TYPED)];
  const next = (step > 0 ? every.slice(every.indexOf(from) + 1) : every.slice(0, every.indexOf(from)).reverse()).find(
    (input) => (step < 0 && !input.closest("[data-row]")?.hidden) || serves(input, form),
  );
  if (!next) return;
  next.focus();
  next.select?.();
}

function showPicture(input) {
  const card = document.getElementById("scanned");
  if (!card || !input.dataset.picture || !input.value) return;
  const image = card.querySelector("img");
  image.onload = () => (card.hidden = false);
  image.onerror = () => (card.hidden = true);
  image.src = `${input.dataset.picture}?numero=${encodeURIComponent(input.value)}`;
}

export function mount(form) {
  showRows(form);
  form.addEventListener("input", ({ target, inputType }) => {
    if (target.name === form.dataset.rowCount) showRows(form);
    if (inputType?.startsWith("delete")) return;
    const whole =
      "number" in target.dataset
        ? wholeNumber(target.value)
        : target.dataset.length && plain(target.value).length >= Number(target.dataset.length);
    if (!whole) return;
    if ("number" in target.dataset) showPicture(target);
    go(form, target, 1);
  });
  form.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.key !== "Enter" || event.isComposing || target.type === "submit") return;
    event.preventDefault();
    if ("number" in target.dataset) showPicture(target);
    go(form, target, event.shiftKey ? -1 : 1);
  });
  const number = form.querySelector("[data-number]");
  if (number?.value) showPicture(number);
  // Somebody quick is typing already: the keyboard stays where it is.
  const active = document.activeElement;
  if (form.contains(active) && "value" in active && active.value !== active.defaultValue) return;
  const wrong = form.querySelector("[aria-invalid=true]");
  const first = [...form.querySelectorAll(TYPED)].find((input) => serves(input, form) && ("filled" in form.dataset || !input.value));
  const begin = wrong ?? first;
  begin?.focus();
  begin?.select?.();
}
