// What may be done in an exercise, and when: the twin of `exercises/exercise_acts.py`, which gives its tables and its words in the seed, so that
// what this page takes is taken back.
import { lengthOf } from "./bytes.js";
import { cleaned } from "./journal-lines.js";
import { NEXT_STATE, timelineOf } from "./exercise-timeline.js";

// As many as the platform will count, or fewer.
const visible = (words) => lengthOf(words.replace(/[\p{Default_Ignorable_Code_Point}\u2800\ufff0-\ufffb]/gu, "").trim());

export class Refusal extends Error {
  constructor(message, field = "") {
    super(message);
    this.field = field;
  }
}

const words = (value, limit) => [...cleaned(typeof value === "string" ? value : "")].slice(0, limit).join("").trim();

// The state after this act. Throws where it may not be done.
export function stateAfter(seed, state, act) {
  if (!seed.allowed[state].includes(act)) throw new Refusal(seed.refusals[state]);
  return NEXT_STATE[act] ?? state;
}

// What is kept of an act, checked. `keys`: of injects to come, and of those received.
export function contentOf(seed, act, data, keys) {
  const { limits, refusals } = seed;
  const need = (right, why, field = why) => {
    if (!right) throw new Refusal(refusals[why], field);
  };
  const oneOf = (set, why) => {
    need(set.includes(data.inject ?? ""), why, "inject");
    return data.inject ?? "";
  };
  const role = () => {
    need(["", ...seed.scenario.roles.map((each) => each.key)].includes(data.role ?? ""), "role");
    return data.role ?? "";
  };
  if (act === "speed") {
    need(seed.speeds.includes(data.speed), "speed");
    return { speed: data.speed };
  }
  if (act === "send" || act === "skip") return { inject: oneOf(keys.coming, "coming") };
  if (act === "postpone") {
    need(Number.isInteger(data.minutes) && data.minutes >= 1 && data.minutes <= limits.latest, "minutes");
    return { inject: oneOf(keys.coming, "coming"), minutes: data.minutes };
  }
  const text = words(data.text, limits.text);
  if (act === "reaction") {
    need(visible(text) >= limits.shortest_reaction, "reaction", "text");
    return { inject: oneOf(["", ...keys.received], "received"), role: role(), text };
  }
  if (act === "observation") {
    need(data.verdict in seed.verdicts, "verdict");
    return { inject: oneOf(["", ...keys.received], "received"), verdict: data.verdict, text };
  }
  if (act === "improvise") {
    const kept = Object.fromEntries(["sender", "title", "text", "expected"].map((name) => [name, words(data[name], limits.text)]));
    need(data.medium in seed.media, "medium");
    need(visible(kept.title) >= limits.shortest_title, "title");
    need(visible(kept.text) >= limits.shortest_text, "text");
    return { ...kept, role: role(), medium: data.medium };
  }
  return {};
}

export function keysAt(seed, events, now) {
  const rows = timelineOf(seed.scenario, events).injects(now);
  const of = (state) => rows.filter((row) => row.state === state).map((row) => row.inject.key);
  return { coming: of("coming"), received: of("delivered") };
}

// What is to be corrected, by whom, by when. `today`: « 2026-11-29 ».
export function correctionOf(seed, data, today) {
  const line = (name) => words(data[name], seed.limits[name]).replace(/\s+/g, " ");
  const kept = { title: line("title"), owner: line("owner"), due_on: data.due_on ?? "" };
  if (visible(kept.title) < seed.limits.shortest_correction) throw new Refusal("Dites ce qu'il faut corriger.", "title");
  if (!visible(kept.owner)) throw new Refusal("Dites qui s'en occupe : une correction sans nom ne se fait pas.", "owner");
  if (!/^\d{4}-\d\d-\d\d$/.test(kept.due_on)) throw new Refusal("Donnez le jour où ce sera fait.", "due_on");
  if (kept.due_on < today) throw new Refusal("Ce jour est passé. Donnez aujourd'hui ou un jour à venir.", "due_on");
  return kept;
}
