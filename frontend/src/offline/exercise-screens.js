// What the screens of an exercise show: an inject as mail, call, SMS or paper, the facilitator's and the observer's cards, tables.
import { element } from "./dom.js";
import { clockWords } from "./exercise-timeline.js";

export const roleOf = (seed, key) => seed.scenario.roles.find((role) => role.key === key)?.title ?? "tous";
// When it was noted: minute of the scenario, as messages have it, then the hour of the wall.
const noted = ({ minute, at }) => `${clockWords(minute)} (${new Date(at).toLocaleTimeString("fr-FR", { timeStyle: "short" })})`;
// No line begins with a French sign of punctuation.
const spaced = (words) => words.replace(/ (?=[:;?!»%])/g, "\u00a0").replace(/« /g, "«\u00a0");
const capital = (words) => words.slice(0, 1).toUpperCase() + words.slice(1);
const about = (events, act, key) => events.filter((event) => event.act === act && (event.data.inject ?? "") === key);
export const verdictOf = (events, key) => about(events, "observation", key).at(-1)?.data.verdict ?? "";

// Children in this order, each made once for what it shows: what is being typed in one of them stays, and
// so does the focus.
export function fill(place, rows, keyOf, make) {
  const known = new Map([...place.children].map((child) => [child.dataset.shows, child]));
  const wanted = rows.map((row) => {
    const shows = keyOf(row);
    const child = known.get(shows) ?? make(row);
    child.dataset.shows = shows;
    return child;
  });
  const kept = new Set(wanted);
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  for (const child of [...place.children]) if (!kept.has(child)) child.remove();
  wanted.forEach((child, rank) => {
    if (place.children[rank] !== child) place.insertBefore(child, place.children[rank] ?? null);
  });
  if (focused && !focused.isConnected) {
    const name = (each) => each.id || each.getAttribute("aria-label");
    [...place.querySelectorAll("input, button")].find((each) => name(each) === name(focused))?.focus();
  }
}

export function injectScreen(seed, { inject, minute }) {
  const facts = [["De", inject.sender], ["À", inject.role ? roleOf(seed, inject.role) : "tous"], inject.medium === "mail" && ["Objet", spaced(inject.title)]];
  return element(
    "article",
    { class: `inject ${inject.medium}`, id: `message-${inject.key}` },
    element("p", { class: "kind" }, element("span", { class: "mark" }, "EXERCICE"), ` ${capital(seed.media[inject.medium])}`, element("span", { class: "soft" }, ` ${clockWords(minute)}`)),
    element("dl", {}, ...facts.filter((fact) => fact && fact[1]).flatMap(([name, words]) => [element("dt", {}, name), element("dd", {}, words)])),
    inject.medium !== "mail" && element("h3", {}, spaced(inject.title)),
    element("p", { class: "words" }, spaced(inject.text)),
  );
}

const expectedOf = (inject) => element("p", {}, element("span", { class: "soft" }, "Attendu\u00a0: "), spaced(inject.expected) || "rien de particulier");

const heading = (seed, { inject, minute, improvised }) =>
  element(
    "p",
    {},
    element("strong", {}, spaced(inject.title)),
    improvised ? " (improvisé)" : "",
    element("span", { class: "soft" }, ` ${clockWords(minute)}, ${seed.media[inject.medium]}, pour ${roleOf(seed, inject.role)}`),
  );

const reactionsOf = (seed, events, key) =>
  about(events, "reaction", key).map((event) =>
    element("p", { class: "words" }, element("span", { class: "soft" }, `${noted(event)}${event.data.role ? `, ${roleOf(seed, event.data.role)}` : ""}\u00a0: `), event.data.text),
  );

const remarksOf = (seed, events, key) =>
  about(events, "observation", key).map((event) => element("p", { class: "words" }, element("strong", {}, capital(seed.verdicts[event.data.verdict])), ` ${event.data.text}`));

// One button a verdict; the last one pressed counts. `remark`: where an observer writes a few words.
function verdicts(seed, row, events, observe, remark) {
  const last = verdictOf(events, row.inject.key);
  const buttons = Object.entries(seed.verdicts).map(([verdict, word]) =>
    element(
      "button",
      {
        type: "button",
        class: verdict === last ? "" : "quiet",
        "aria-pressed": String(verdict === last),
        "aria-label": `${capital(word)} : ${row.inject.title}`,
        click: async () => {
          const text = remark?.value ?? "";
          if (remark) remark.value = "";
          if (!(await observe({ inject: row.inject.key, verdict, text })) && remark) remark.value = text;
        },
      },
      capital(word),
    ),
  );
  return element("p", { class: "row verdicts" }, ...buttons);
}

// What the facilitator has of an inject that players received.
export const boardCard = (seed, row, events, observe) =>
  element(
    "li",
    { class: "card" },
    heading(seed, row),
    element("details", {}, element("summary", {}, "Relire le message"), element("p", { class: "words" }, spaced(row.inject.text))),
    row.inject.expected && expectedOf(row.inject),
    row.inject.expected && verdicts(seed, row, events, observe),
    ...reactionsOf(seed, events, row.inject.key),
  );

// What an observer has: what was expected, done and seen, and a remark.
export function gridCard(seed, row, events, observe) {
  const remark = element("input", { id: `remark-${row.inject.key}`, maxlength: "500" });
  remark.value = document.getElementById(remark.id)?.value ?? "";
  return element(
    "li",
    { class: "card" },
    heading(seed, row),
    expectedOf(row.inject),
    ...reactionsOf(seed, events, row.inject.key),
    ...remarksOf(seed, events, row.inject.key),
    element("label", { for: remark.id }, "Remarque", element("span", { class: "help" }, "Puis dites si c'est fait : cela la note.")),
    remark,
    verdicts(seed, row, events, observe, remark),
  );
}

// The acts on an inject to come. `ready`: the exercise has not begun.
export function comingActs({ inject }, ready, act) {
  const button = (what, words, data = {}) =>
    element("button", { type: "button", class: "quiet", "aria-label": `${words} : ${inject.title}`, click: () => act(what, { inject: inject.key, ...data }) }, words);
  return element(
    "p",
    { class: "row" },
    !ready && button("send", "Envoyer"),
    button("postpone", "Retarder de 5 min", { minutes: 5 }),
    button("skip", "Écarter"),
  );
}

// Before it arrives: to be read aloud, prepared, held back.
export const nextInject = (seed, row, ready, act) =>
  element("div", { class: "card" }, heading(seed, row), element("p", { class: "words" }, spaced(row.inject.text)), row.inject.expected && expectedOf(row.inject), comingActs(row, ready, act));

// One line of the chronogram, unfolded to read it and to act on it.
export const chronogramEntry = (seed, row, ready, act) =>
  element(
    "details",
    { class: "card" },
    element("summary", {}, `${clockWords(row.minute)} ${spaced(row.inject.title)}`, element("span", { class: "soft" }, ` ${seed.media[row.inject.medium]}, pour ${roleOf(seed, row.inject.role)}`)),
    element("p", { class: "words" }, spaced(row.inject.text)),
    row.inject.expected && expectedOf(row.inject),
    comingActs(row, ready, act),
  );

export function tableRow(seed, row, events) {
  const reactions = about(events, "reaction", row.inject.key);
  const minutes = row.at && reactions.length ? (Date.parse(reactions[0].at) - row.at) / 60_000 : null;
  const state = { skipped: ", écarté", coming: ", pas reçu" }[row.state] ?? "";
  return element(
    "tr",
    {},
    element("td", { class: "nowrap" }, clockWords(row.minute)),
    element("th", { scope: "row" }, row.inject.title, row.improvised ? " (improvisé)" : "", element("br"), element("span", { class: "soft" }, `${seed.media[row.inject.medium]}, ${roleOf(seed, row.inject.role)}${state}`)),
    element("td", {}, spaced(row.inject.expected) || "–"),
    element(
      "td",
      {},
      ...(reactions.length ? reactionsOf(seed, events, row.inject.key) : ["–"]),
      minutes !== null && element("p", { class: "soft" }, `première réaction en ${minutes.toLocaleString("fr-FR", { maximumFractionDigits: 1 })} min`),
    ),
    element("td", {}, ...(verdictOf(events, row.inject.key) ? remarksOf(seed, events, row.inject.key) : ["–"])),
  );
}

export function journalEntry(seed, event, course) {
  const { inject: key, role, text, verdict, speed, minutes, title } = event.data;
  const subject = key ? course.injects(event.time).find((row) => row.inject.key === key)?.inject.title : title;
  const parts = [
    role ? roleOf(seed, role) : "",
    subject ? `« ${subject} »` : "",
    verdict ? seed.verdicts[verdict] : "",
    speed ? `${speed} fois la vitesse réelle` : "",
    minutes ? `de ${minutes} min` : "",
    event.act === "improvise" ? "" : text,
  ];
  return element(
    "li",
    {},
    element("span", { class: "soft" }, `${noted(event)} `),
    `EXERCICE, ${seed.acts[event.act]}`,
    parts.some(Boolean) ? ` : ${parts.filter(Boolean).join(", ")}` : "",
  );
}
