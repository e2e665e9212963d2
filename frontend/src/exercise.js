// The pages of an exercise: the clock goes on between two readings, new injects come by themselves.
// In: parts bearing `data-poll-part` and an id, a clock bearing `data-exercise-clock`. Out: those parts anew; what a person writes stays.
import { clockWords } from "./offline/exercise-timeline.js";

const EVERY = 1000;

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
    element.querySelectorAll("[data-poll-part]").forEach((part) => {
      const other = page.getElementById(part.id);
      if (!other || part.contains(document.activeElement) || part.innerHTML === other.innerHTML) return;
      const chosen = new Map([...part.querySelectorAll("select[id]")].map((select) => [select.id, select.value]));
      part.replaceChildren(...document.importNode(other, true).childNodes);
      chosen.forEach((value, id) => (document.getElementById(id).value = value));
    });
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
