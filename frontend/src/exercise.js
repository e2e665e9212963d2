// The pages of an exercise: the clock goes on between two readings, new injects come by themselves.
// In: parts bearing `data-poll-part` and an id, a clock bearing `data-exercise-clock`. Out: those parts anew; what a person writes stays.
import { clockWords } from "./offline/exercise-timeline.js";

const EVERY = 1000;

// A token of each reading apart, so that what has not changed is left alone, under the pointer as well.
const contentOf = (part) => part.innerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1");

const isTouched = (field) =>
  field === document.activeElement ||
  (field.matches("select") ? field.selectedIndex > 0 : field.matches("[type=radio]") ? field.checked : field.value !== field.defaultValue);

// What a person chose, types or wrote stays; a button that has the focus keeps its part as it is.
function renew(part, other) {
  if (!other || contentOf(part) === contentOf(other)) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  if (focused && !focused.id) return;
  const touched = [...part.querySelectorAll("select[id], input[id], textarea[id]")].filter(isTouched);
  part.replaceChildren(...document.importNode(other, true).childNodes);
  for (const field of touched) {
    const fresh = document.getElementById(field.id);
    if (field.matches("select") && fresh) fresh.value = field.value;
    else fresh?.replaceWith(field);
  }
  if (focused) document.getElementById(focused.id)?.focus();
}

export async function mount(element) {
  let read = performance.now();

  function tick() {
    const clock = element.querySelector("[data-exercise-clock]");
    if (!clock) return;
    const minutes = Number(clock.dataset.minute) + ((performance.now() - read) / 60000) * Number(clock.dataset.speed);
    const text = clockWords(minutes);
    if (clock.textContent !== text) clock.textContent = text;
  }

  async function again() {
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    read = performance.now();
    element.querySelectorAll("[data-poll-part]").forEach((part) => renew(part, page.getElementById(part.id)));
    tick();
  }

  const ticking = setInterval(tick, 250);
  // A machine that is out of reach for a while keeps what is on the screen, and asks again.
  const asking = setInterval(() => again().catch(() => {}), EVERY);
  element.addEventListener("beffroi:leaves", () => {
    clearInterval(ticking);
    clearInterval(asking);
  });
}
