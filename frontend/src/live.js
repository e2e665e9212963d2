// A form whose preview follows it: after each change the server is asked, and the parts that it answers take their place.
// In: a form bearing `data-live`, the page's parts bearing `data-live-part` and an id. Out: those parts anew; focus stays.
const PATIENCE = 250;

export function live(form, wake, leave) {
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  form.append(said);
  let waiting;
  let turn = 0;

  async function ask() {
    const mine = turn;
    const body = new FormData(form);
    body.set("action", "preview");
    // Its buttons bear the name « action », which hides the form's own property.
    const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok || mine !== turn) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement?.id;
    document.querySelectorAll("[data-live-part]").forEach((part) => {
      const other = page.getElementById(part.id);
      if (!other) return;
      // What a person is writing in is left alone.
      if (part.contains(document.activeElement) && document.activeElement.matches("input[type=text], textarea")) return;
      const fresh = document.importNode(other, true);
      leave(part);
      part.replaceWith(fresh);
      wake(fresh);
    });
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    said.textContent = "L'aperçu est à jour.";
  }

  form.addEventListener("change", (event) => {
    if (event.target.closest("[data-live-apart]")) return;
    turn += 1; // an answer to what was chosen before comes too late from here on, asked again or not yet
    clearTimeout(waiting);
    waiting = setTimeout(() => ask().catch(console.error), PATIENCE);
  });
}
