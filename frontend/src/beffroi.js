// Entry of the browser's part: small comforts everywhere, each island loaded only where its element is.
// In: elements bearing `data-island`. Out: nothing; without this file every page still works.
import { enhance } from "./enhance.js";
import { live } from "./live.js";
import { session } from "./session.js";
import { wall } from "./wall.js";

const islands = {
  chart: () => import("./chart.js"),
  counts: () => import("./counts.js"),
  exercise: () => import("./exercise.js"),
  map: () => import("./map.js"),
  progress: () => import("./progress.js"),
  stopwatch: () => import("./stopwatch.js"),
  rekeying: () => import("./rekeying.js"),
};

const asked = (address) => {
  const answer = fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  answer.catch(() => {}); // told by the island that waits for it
  return answer;
};

async function wake(element) {
  const load = islands[element.dataset.island];
  if (!load || element.dataset.awake) return;
  element.dataset.awake = "loading";
  // A map's code takes a while to be read: what it will draw comes meanwhile.
  if (element.dataset.island === "map" && element.dataset.src) element.answer = asked(element.dataset.src);
  try {
    const island = await load();
    await island.mount(element);
    element.querySelectorAll(":scope > details:not([data-keep])").forEach((details) => (details.open = false));
    element.dataset.awake = "yes";
  } catch (error) {
    // The fallback inside the element is the page's own: it stays, and says why it stands alone.
    element.dataset.awake = "failed";
    console.error(error);
    if (element.dataset.island !== "progress") {
      const note = document.createElement("p");
      note.className = "island-trouble";
      note.textContent = "L'image n'a pas pu être affichée. Les chiffres sont dans le tableau.";
      element.prepend(note);
      element.querySelectorAll("details").forEach((details) => (details.open = true));
    }
  }
}

/** What islands of this part hold is given back before it is replaced. */
function leaveAll(root) {
  root.querySelectorAll("[data-island]").forEach((element) => element.dispatchEvent(new Event("beffroi:leaves")));
}

/** A drawing in a closed fold has no width yet: it is drawn when the fold opens. */
function wakeInSight(element) {
  const fold = ["chart", "map"].includes(element.dataset.island) && element.parentElement?.closest("details:not([open])");
  if (fold) fold.addEventListener("toggle", () => wakeInSight(element), { once: true });
  else wake(element);
}

function wakeAll(root) {
  if (root.matches?.("[data-island]")) wakeInSight(root);
  root.querySelectorAll?.("[data-island]").forEach(wakeInSight);
}

enhance(document);
if (document.body.dataset.idle) session(document.body, leaveAll);
wakeAll(document);
document.querySelectorAll("[data-wall]").forEach((button) => wall(button, wakeAll, leaveAll));
document.querySelectorAll("form[data-live]").forEach((form) => live(form, wakeAll, leaveAll));
