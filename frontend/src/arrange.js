// A board's figures put in place by hand: dragged, or moved and resized with the arrows of the keyboard.
// In: a grid bearing `data-arrange` whose children hold a form `data-arrange-form` (width, place). Out: that form, sent
// after each change; without this file a person fills it in.
const WIDTHS = [2, 3, 4, 6];
const COLUMNS = 6;
const RANK = /\/\d+\/(ranger|retirer)\/$/;

const formOf = (place) => place.querySelector("[data-arrange-form]");

function handle(words, sign, kind) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `board-handle ${kind}`;
  made.setAttribute("aria-label", words);
  made.title = words;
  made.textContent = sign;
  return made;
}

export function arrange(grid) {
  const places = () => [...grid.children].filter(formOf);
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  grid.after(said);

  const wordsOf = (place) => formOf(place).querySelector(`option[value="${place.dataset.width}"]`).textContent;

  /** The server numbers the figures anew: their addresses follow. */
  const renumber = () =>
    places().forEach((place, index) => {
      place.querySelectorAll("form[action]").forEach((form) => {
        const address = form.getAttribute("action");
        form.setAttribute("action", address.replace(RANK, (_, act) => `/${index + 1}/${act}/`));
      });
      const fields = formOf(place).elements;
      fields.place.value = index + 1;
      fields.largeur.value = place.dataset.width;
    });

  const send = async (place) => {
    const form = formOf(place);
    // Where it was: the address still bears the rank that the server knows.
    const address = form.getAttribute("action");
    form.elements.place.value = places().indexOf(place) + 1;
    form.elements.largeur.value = place.dataset.width;
    const body = new FormData(form);
    const answer = await fetch(address, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok) return location.reload();
    renumber();
    dispatchEvent(new Event("resize")); // the drawings follow their frames
    said.textContent = `${place.dataset.title} : place ${places().indexOf(place) + 1}, ${wordsOf(place)}.`;
  };

  const resize = (place, width) => {
    place.classList.replace(`span-${place.dataset.width}`, `span-${width}`);
    place.dataset.width = width;
  };

  const move = (place, step) => {
    const all = places();
    const other = all[all.indexOf(place) + step];
    if (!other) return false;
    if (step < 0) other.before(place);
    else other.after(place);
    return true;
  };

  const followed = (button, place, on) => {
    button.addEventListener("pointerdown", (down) => {
      down.preventDefault();
      button.setPointerCapture(down.pointerId);
      const began = `${places().indexOf(place)} ${place.dataset.width}`;
      const moved = (event) => on(event, down);
      button.addEventListener("pointermove", moved);
      place.classList.add("moving");
      const end = () => {
        button.removeEventListener("pointermove", moved);
        place.classList.remove("moving");
        if (`${places().indexOf(place)} ${place.dataset.width}` !== began) send(place);
      };
      button.addEventListener("lostpointercapture", end, { once: true });
    });
  };

  for (const place of places()) {
    const title = place.dataset.title;
    const mover = handle(`Déplacer « ${title} » : glisser, ou flèches du clavier`, "⠿", "mover");
    const sizer = handle(`Changer la taille de « ${title} » : glisser, ou flèches du clavier`, "↔", "sizer");
    place.prepend(mover);
    place.append(sizer);
    followed(mover, place, (event) => {
      const over = places().find((other) => {
        const box = other.getBoundingClientRect();
        return event.clientX > box.left && event.clientX < box.right && event.clientY > box.top && event.clientY < box.bottom;
      });
      if (!over || over === place) return;
      const all = places();
      if (all.indexOf(over) < all.indexOf(place)) over.before(place);
      else over.after(place);
    });
    followed(sizer, place, (event) => {
      const reached = (event.clientX - place.getBoundingClientRect().left) / (grid.clientWidth / COLUMNS);
      const nearest = WIDTHS.reduce((one, other) => (Math.abs(other - reached) < Math.abs(one - reached) ? other : one));
      resize(place, nearest);
    });
    mover.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      if (move(place, step)) send(place);
      mover.focus();
    });
    sizer.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const width = WIDTHS[WIDTHS.indexOf(Number(place.dataset.width)) + step];
      if (!width) return;
      event.preventDefault();
      resize(place, width);
      send(place);
    });
  }
}
