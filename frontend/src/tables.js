// Says that a table goes on to the side: the shadow of its edge is seen, these words are read.
// In: the scrolling boxes of tables. Out: a line above each one that is wider than its box, tied to it; none elsewhere.
const WORDS = "Ce tableau continue sur le côté : faites-le glisser, ou déplacez-vous avec les flèches du clavier.";
let count = 0;

function hinted(box) {
  const hint = document.createElement("p");
  hint.className = "table-hint";
  hint.id = `suite-${++count}`;
  hint.textContent = WORDS;
  hint.hidden = true;
  box.before(hint);
  return hint;
}

export function tables(boxes) {
  const hints = new Map();
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = target.closest(".table-wrap");
      const wider = box.scrollWidth > box.clientWidth + 1;
      if (!hints.has(box)) {
        if (!wider) continue;
        hints.set(box, hinted(box));
      }
      const hint = hints.get(box);
      hint.hidden = !wider;
      if (wider) box.setAttribute("aria-describedby", hint.id);
      else box.removeAttribute("aria-describedby");
    }
  });
  boxes.forEach((box) => observer.observe(box));
}
