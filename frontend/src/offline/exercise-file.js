// The file of an exercise: written, and read again by this page or by the platform. The twin of `exercises/exercise_file.py`.
// It bears « EXERCICE », and is no journal of a crisis: neither reads the other's files.
import { canonical } from "./bytes.js";
import { json } from "./dom.js";
import { contentOf, correctionOf, Refusal, stateAfter } from "./exercise-acts.js";

const NATURE = "EXERCICE";
const KEYS = ["corrections", "events", "exercise", "format", "label", "nature", "saved_at", "scenario", "territory"];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NOTHING = "Rien n'a été repris.";

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const same = (keys, value) => isObject(value) && Object.keys(value).sort().join() === keys.join();

export const exerciseFile = (seed, { exercise, label, events, corrections }) =>
  JSON.stringify(
    {
      format: 1,
      nature: NATURE,
      exercise,
      label,
      territory: seed.territory,
      scenario: seed.scenario,
      saved_at: new Date().toISOString(),
      events: events.map(({ at, act, data }) => ({ at, act, data })),
      corrections: corrections.map(({ title, owner, due_on }) => ({ title, owner, due_on })),
    },
    null,
    1,
  );

// What a file holds, for this page. Throws an Error whose message is in French.
export function parseExercise(bytes, seed) {
  let content;
  try {
    content = json(bytes);
  } catch {
    throw new Error(`Ce fichier n'est pas lisible : il est abîmé. ${NOTHING}`);
  }
  if (isObject(content) && "crisis" in content && "lines" in content) {
    throw new Error(`C'est un journal de crise : il ne s'ouvre jamais dans un exercice. ${NOTHING}`);
  }
  if (!same(KEYS, content) || content.nature !== NATURE || !UUID.test(content.exercise) || !isObject(content.territory)) {
    throw new Error(`Ce fichier ne vient pas de la page d'un exercice. Choisissez « EXERCICE-….json ». ${NOTHING}`);
  }
  if (content.format !== 1) throw new Error(`Ce fichier vient d'une autre version de la page. ${NOTHING}`);
  if (content.territory.code !== seed.territory.code) throw new Error(`Ce fichier est celui d'une autre collectivité. ${NOTHING}`);
  if (canonical(content.scenario) !== canonical(seed.scenario)) {
    throw new Error(`Ce fichier est celui d'un autre scénario : ouvrez-le dans la page qui l'a enregistré. ${NOTHING}`);
  }
  if (typeof content.label !== "string") throw new Error(`Ce fichier est abîmé. ${NOTHING}`);
  return {
    exercise: content.exercise,
    label: content.label.slice(0, seed.limits.label),
    events: eventsOf(content.events, seed),
    corrections: correctionsOf(content.corrections, seed),
  };
}

function eventsOf(rows, seed) {
  if (!Array.isArray(rows) || rows.length > seed.limits.events) {
    throw new Error(`Un exercice a au plus ${seed.limits.events} lignes. ${NOTHING}`);
  }
  const keys = seed.scenario.injects.map((inject) => inject.key);
  let [state, improvised, before] = ["ready", 0, ""];
  return rows.map((row, rank) => {
    const where = `Ligne ${rank + 1} de l'exercice`;
    if (!same(["act", "at", "data"], row) || !isObject(row.data)) throw new Error(`${where} : il manque quelque chose. ${NOTHING}`);
    if (!MOMENT.test(row.at) || Number.isNaN(Date.parse(row.at)) || row.at < before) {
      throw new Error(`${where} : son heure n'est pas lisible, ou elle est d'avant la précédente. ${NOTHING}`);
    }
    before = row.at;
    try {
      state = stateAfter(seed, state, row.act);
      const data = contentOf(seed, row.act, row.data, { coming: keys, received: keys });
      if (row.act === "improvise") keys.push(`improvised_${(improvised += 1)}`);
      return { at: row.at, act: row.act, data };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Error(`${where} : ${error.message} ${NOTHING}`, { cause: error });
    }
  });
}

function correctionsOf(rows, seed) {
  if (!Array.isArray(rows) || rows.length > seed.limits.corrections) {
    throw new Error(`Un bilan a au plus ${seed.limits.corrections} corrections. ${NOTHING}`);
  }
  return rows.map((row, rank) => {
    if (!isObject(row)) throw new Error(`Correction ${rank + 1} : il manque quelque chose. ${NOTHING}`);
    try {
      return correctionOf(seed, row, "");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Error(`Correction ${rank + 1} : ${error.message} ${NOTHING}`, { cause: error });
    }
  });
}
