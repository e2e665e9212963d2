// An exercise as this computer keeps it: its events, its corrections, its name. Every window of the page reads the same, and a killed
// browser loses nothing. Kept apart from the crisis journal, in a store of its own.
import { canonical } from "./bytes.js";
import { contentOf, correctionOf, keysAt, Refusal, stateAfter } from "./exercise-acts.js";
import { timelineOf } from "./exercise-timeline.js";
import { localOf } from "./moments.js";
import { openStore, Taken } from "./store.js";

export async function openRecord(seed) {
  const store = await openStore("beffroi-exercise");
  const page = `${seed.territory.code} ${seed.scenario.id}`; // which exercise it is at
  const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("beffroi-exercise") : null;
  let exercise = await current();

  async function value(set, name) {
    return (await store.all("values", set)).find((row) => row.name === name)?.value;
  }

  // Two windows opened at once begin one exercise only.
  async function current() {
    try {
      const begun = crypto.randomUUID();
      await store.add("values", { set: page, name: "exercise", value: begun });
      return begun;
    } catch (error) {
      if (!(error instanceof Taken)) throw error;
      return value(page, "exercise");
    }
  }

  const rows = async (kind, set) => (await store.all(kind, set)).sort((one, other) => one.n - other.n);
  const events = (set = exercise) => rows("lines", set).then((found) => found.map(({ at, act, data }) => ({ at, act, data })));
  const tell = () => channel?.postMessage("changed");
  const row = (n, event) => ({ set: exercise, device: "exercise", n, ...event });

  async function read() {
    exercise = (await value(page, "exercise")) ?? exercise;
    const kept = await store.all("values", exercise);
    const values = Object.fromEntries(kept.map((each) => [each.name, each.value]));
    const found = { exercise, label: values.label ?? "", events: await events(), corrections: await rows("updates", exercise), seen: values.seen ?? 0 };
    return { ...found, saved: values.saved === markOf(found) || !found.events.length };
  }

  return {
    warning: store.durable ? store.warning : store.warning.replace("après chaque ajout", "souvent"),
    read,
    whenChanged: (act) => channel?.addEventListener("message", act),

    // `at`: when it was done. Two windows that write at once want the same place: the second takes the next one.
    async add(act, data = {}, at = Date.now()) {
      for (;;) {
        const before = await events();
        const last = before.length ? Date.parse(before.at(-1).at) : 0;
        if (before.length >= seed.limits.events) throw new Refusal(`Un exercice a au plus ${seed.limits.events} lignes.`);
        stateAfter(seed, timelineOf(seed.scenario, before).state, act);
        const content = contentOf(seed, act, data, keysAt(seed, before, at));
        try {
          // A clock that goes back does not make an act come before another.
          await store.add("lines", row(before.length + 1, { at: new Date(Math.max(at, last)).toISOString(), act, data: content }));
          return tell();
        } catch (error) {
          if (!(error instanceof Taken)) throw error;
        }
      }
    },

    async correct(data) {
      const kept = correctionOf(seed, data, localOf(new Date()).slice(0, 10));
      const before = await rows("updates", exercise);
      if (before.length >= seed.limits.corrections) throw new Refusal(`Un bilan a au plus ${seed.limits.corrections} corrections.`);
      await store.put("updates", { set: exercise, id: crypto.randomUUID(), n: (before.at(-1)?.n ?? 0) + 1, ...kept });
      tell();
    },

    async remove(correction) {
      await store.remove("updates", correction);
      tell();
    },

    async keep(name, content) {
      await store.put("values", { set: exercise, name, value: content });
    },

    async markSaved(found) {
      await store.put("values", { set: found.exercise, name: "saved", value: markOf(found) });
      tell();
    },

    async begin() {
      await store.put("values", { set: page, name: "exercise", value: crypto.randomUUID() });
      tell();
    },

    // Opens what a file holds: true when it brought something. What this computer has of the same exercise stays.
    async take(file) {
      const known = await events(file.exercise);
      const shared = Math.min(known.length, file.events.length);
      if (canonical(known.slice(0, shared)) !== canonical(file.events.slice(0, shared))) {
        throw new Error("Cet exercice a continué autrement sur cet ordinateur. Rien n'a été changé : ouvrez le fichier ailleurs.");
      }
      await store.put("values", { set: page, name: "exercise", value: file.exercise });
      exercise = file.exercise;
      if (file.label) await store.put("values", { set: exercise, name: "label", value: file.label });
      for (const [rank, event] of file.events.entries()) {
        if (rank >= known.length) await store.add("lines", row(rank + 1, event));
      }
      const before = await rows("updates", exercise);
      const alreadyThere = new Set(before.map(({ title, owner, due_on }) => canonical({ title, owner, due_on })));
      const fresh = file.corrections.filter((each) => !alreadyThere.has(canonical(each)));
      for (const [rank, each] of fresh.entries()) {
        await store.put("updates", { set: exercise, id: crypto.randomUUID(), n: (before.at(-1)?.n ?? 0) + rank + 1, ...each });
      }
      tell();
      return file.events.length > known.length || fresh.length > 0;
    },
  };
}

const markOf = ({ label, events, corrections }) =>
  canonical([label, events.length, corrections.map(({ title, owner, due_on }) => ({ title, owner, due_on }))]);
