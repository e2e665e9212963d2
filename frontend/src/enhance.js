// Small comforts: the theme's switch, the keyboard through rows and proposals, files dropped on a field, refusals brought
// into sight, tables that go on to the side.
// In: `data-theme-toggle`, `data-rows`, `data-key`, `data-drop`, `data-drop-page`, `data-copy`, `data-beside`, `data-reorder`, `data-arrange`, `data-total`, alerts with a `tabindex`.
// Out: nothing that a page needs.
import { arrange } from "./arrange.js";
import { reorder } from "./reorder.js";
import { serving } from "./serving.js";
import { tables } from "./tables.js";
import { total } from "./total.js";

function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function themeToggle(button) {
  const say = () => {
    const dark = currentTheme() === "dark";
    const words = dark ? "Passer en clair" : "Passer en sombre";
    button.setAttribute("aria-label", words);
    button.title = words;
  };
  button.hidden = false;
  say();
  button.addEventListener("click", () => {
    const next = currentTheme() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem("beffroi-theme", next);
    } catch {
      // Storage refused: the choice lasts as long as the page.
    }
    say();
  });
}

const writing = (target) =>
  target instanceof Element &&
  target.closest(
    "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable=true], .maplibregl-map",
  );

function rowsOf(container) {
  return [...container.children].filter((row) => !row.hidden);
}

/** j and k walk through the rows of the page's first list; Enter is the row's own link. */
function walk(container, step) {
  const rows = rowsOf(container);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("current") || row.contains(document.activeElement));
  const next = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows.forEach((row) => row.classList.toggle("current", row === next));
  const handle = next.querySelector("a[href], button, input, summary");
  (handle ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const key = event.key.toLowerCase();
  const shortcut = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(
    (element) => !element.disabled && element.getClientRects().length,
  );
  if (shortcut) {
    event.preventDefault();
    shortcut.focus();
    // A letter may follow a link or open a form; recording a decision still asks for Enter or a click.
    if (!shortcut.hasAttribute("data-key-focus")) shortcut.click();
    return;
  }
  if (key !== "j" && key !== "k") return;
  const container = document.querySelector("[data-rows]");
  if (!container) return;
  event.preventDefault();
  walk(container, key === "j" ? 1 : -1);
}

function dropZone(zone) {
  const input = zone.querySelector("input[type=file]");
  if (!input) return;
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  });
}

/** A file dropped anywhere on the page goes to the form behind this link, as if it had been chosen there. */
function dropPage(link) {
  const holds = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (holds(event)) event.preventDefault();
  });
  document.addEventListener("drop", async (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    const files = event.dataTransfer.files;
    const answer = await fetch(link.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector('form[enctype="multipart/form-data"]');
    if (!found) return location.assign(link.href);
    const form = document.importNode(found, true);
    form.action = link.href;
    form.hidden = true;
    document.body.append(form);
    form.querySelector("input[type=file]").files = files;
    form.submit();
  });
}

/** Copies the text of another element; without a clipboard the button stays hidden and the text can be selected. */
function copyButton(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) return;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = "Copié";
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}

/** What a form refused is the first thing to read: the summary takes the focus, and is brought into sight. */
function refusal(root) {
  const summary = root.querySelector('[role="alert"][tabindex="-1"]');
  if (!summary) return;
  summary.focus({ preventScroll: true });
  if (summary.getBoundingClientRect().bottom > innerHeight) summary.scrollIntoView({ block: "start" });
}

export function enhance(root) {
  root.querySelectorAll("[data-theme-toggle]").forEach(themeToggle);
  root.querySelectorAll("[data-keys-hint]").forEach((hint) => (hint.hidden = false));
  root.querySelectorAll("[data-drop]").forEach(dropZone);
  root.querySelectorAll("[data-drop-page]").forEach(dropPage);
  root.querySelectorAll("[data-copy]").forEach(copyButton);
  root.querySelectorAll("[data-beside]").forEach(serving);
  root.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
  root.querySelectorAll("[data-reorder]").forEach(reorder);
  root.querySelectorAll("[data-arrange]").forEach(arrange);
  root.querySelectorAll("[data-total]").forEach(total);
  tables(root.querySelectorAll(".table-wrap"));
  refusal(root);
  root.addEventListener("keydown", onKey);
  // A menu closes when the reader goes elsewhere.
  root.addEventListener("click", (event) => {
    root.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    root.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
}
