// A stopwatch that goes on by itself: the time since a run began, each second.
// In: `data-since` and `data-now`, the moments as the server has them. Out: the words; the browser's own clock may be wrong.
const PERIOD = 1000;

export function words(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours}\u00a0h ${two(minutes)}\u00a0min ${two(rest)}\u00a0s`;
  return minutes ? `${minutes}\u00a0min ${two(rest)}\u00a0s` : `${rest}\u00a0s`;
}

export function mount(element) {
  const before = (Date.parse(element.dataset.now) - Date.parse(element.dataset.since)) / 1000;
  const opened = performance.now();
  const show = () => {
    element.textContent = words(before + (performance.now() - opened) / 1000);
  };
  show();
  const timer = setInterval(show, PERIOD);
  element.addEventListener("beffroi:leaves", () => clearInterval(timer));
}
