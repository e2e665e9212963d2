// Clocks of the crisis: each starts from a moment « connu le », kept as a line of the journal so that it merges with the rest.
import { element } from "./dom.js";
import { fromField, instant, lasting, localOf, momentOf, spoken } from "./moments.js";

const STARTED = /^\[horloge ([a-z0-9_-]{1,40})\] /;

export const startText = (clock, since) => `[horloge ${clock.key}] Connu le ${spoken(since)} : ${clock.title}, avant ${clock.hours} h.`;

// The last start said in the journal stands; then the one that the platform gave.
export function startsOf(clocks, lines) {
  const found = new Map(clocks.filter((clock) => clock.starts).map((clock) => [clock.key, clock.starts]));
  for (const line of lines) {
    const key = STARTED.exec(line.text)?.[1];
    if (key) found.set(key, line.fact_at);
  }
  return found;
}

export function showClocks(place, clocks, lines, start) {
  const starts = startsOf(clocks, lines);
  place.replaceChildren(...clocks.map((clock) => shown(clock, starts.get(clock.key), start)));
}

function shown(clock, since, start) {
  const about = [element("h3", {}, clock.title), element("p", { class: "soft" }, [clock.law, clock.help].filter(Boolean).join(" · "))];
  const filled = since ? new Date(since) : new Date();
  const field = element("input", { type: "datetime-local", id: `clock-${clock.key}`, value: localOf(filled) });
  const act = element("button", { type: "button", class: "quiet", "data-clock": clock.key }, since ? "Corriger le début" : "Lancer l'horloge");
  act.addEventListener("click", () => {
    const moment = fromField(field.value, filled);
    if (moment) start(clock, moment);
    else field.focus();
  });
  const controls = element("p", { class: "row screen" }, element("label", { for: field.id }, "Connu le"), field, act);
  if (!since) return element("li", { class: "card" }, ...about, controls);
  const end = instant(since) + clock.hours * 3_600_000;
  const left = end - Date.now();
  const state = left >= 0 ? `Il reste ${lasting(left)}` : `Dépassé de ${lasting(left)}`;
  return element(
    "li",
    { class: `card ${left < 0 ? "late" : ""}` },
    ...about,
    element("p", {}, element("strong", {}, state), `, jusqu'au ${spoken(momentOf(new Date(end)))} (${clock.hours} h depuis le ${spoken(since)}).`),
    element("details", { class: "screen" }, element("summary", {}, "Corriger le début"), controls),
  );
}
