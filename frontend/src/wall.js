// A board on the wall: its figures alone, as large as the screen, read again from time to time.
// In: a button `data-wall`, the figures in `data-figures`. Out: nothing that the page needs.
const EVERY = 5 * 60 * 1000;

async function again(wakeAll, leaveAll) {
  const figures = document.querySelector("[data-figures]");
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || !figures) return;
  const read = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-figures]");
  if (!read) return;
  leaveAll(figures);
  figures.replaceChildren(...read.childNodes);
  wakeAll(figures);
}

export function wall(button, wakeAll, leaveAll) {
  if (!document.fullscreenEnabled) return;
  let timer;
  button.hidden = false;
  button.addEventListener("click", () => document.documentElement.requestFullscreen());
  document.addEventListener("fullscreenchange", () => {
    const on = Boolean(document.fullscreenElement);
    document.documentElement.classList.toggle("wall", on);
    clearInterval(timer);
    // What cannot be read again now stays on the wall, and is asked for again later.
    if (on) timer = setInterval(() => again(wakeAll, leaveAll).catch(() => {}), EVERY);
  });
}
