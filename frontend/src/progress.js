// Long work, as it goes: asks each second how far it is, says it aloud now and then, follows when done.
// In: `data-src` answering {percent, message, done, location}. Out: the bar, the words, then the next page.
const PERIOD = 1000;
const SPOKEN_EVERY = 25;

export async function mount(element) {
  const bar = element.querySelector("progress");
  const words = element.querySelector("[data-message]");
  const share = element.querySelector("[data-percent]");
  const live = document.createElement("p");
  live.className = "visually-hidden";
  live.setAttribute("role", "status");
  element.append(live);
  // The page reloads by itself for readers without JavaScript; here we do better.
  let spoken = -SPOKEN_EVERY;
  let misses = 0;

  function show({ percent, message, done }) {
    const known = typeof percent === "number";
    if (bar) known ? (bar.value = percent) : bar.removeAttribute("value");
    if (share) share.textContent = known ? `${Math.round(percent)}\u00a0%` : "";
    if (words && message) words.textContent = message;
    if (done || (known && percent - spoken >= SPOKEN_EVERY)) {
      spoken = known ? percent : spoken;
      live.textContent = known ? `${message ?? ""} ${Math.round(percent)} %` : (message ?? "");
    }
  }

  async function ask() {
    let state;
    try {
      const answer = await fetch(element.dataset.src, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        cache: "no-store",
      });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      state = await answer.json();
      misses = 0;
    } catch {
      misses += 1;
      if (words && misses === 3) {
        words.textContent = "Le serveur ne répond pas. Le travail continue ; nouvel essai en cours…";
      }
      setTimeout(ask, PERIOD * Math.min(misses * 2, 15));
      return;
    }
    show(state);
    if (state.done) {
      if (state.location) location.assign(state.location);
      return;
    }
    setTimeout(ask, PERIOD);
  }
  await ask();
}
