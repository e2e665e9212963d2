// A whole exercise on one laptop, by a double click: the facilitator's board, the players' screen in another window, the observer's grid,
// the debrief. Nothing leaves this page: an inject is a screen. The address says which screen: `#animateur`, `#joueurs/mayor`…
import { byId, canWork, checkClock, download, element, given, say, whenFilesCome } from "./dom.js";
import { exerciseFile, parseExercise } from "./exercise-file.js";
import { openRecord } from "./exercise-record.js";
import { boardCard, chronogramEntry, fill, gridCard, injectScreen, journalEntry, nextInject, roleOf, tableRow, verdictOf } from "./exercise-screens.js";
import { clockWords, timelineOf } from "./exercise-timeline.js";
import { lasting, localOf, now as moment, stamp } from "./moments.js";

const SCREENS = ["animateur", "joueurs", "observateur", "bilan"];
const EVERY = 250; // milliseconds between two looks at the wall clock
const READ = 1_000; // between two looks at what other windows wrote
const SIGN_OF_LIFE = 5_000;
const LONGEST_SILENCE = 15_000; // beyond it every window was closed
const STATES = { ready: "Pas commencé", running: "En cours", paused: "En pause", ended: "Terminé" };

async function start() {
  const seed = given("seed");
  const [message, fault] = [byId("message"), element("p", { id: "fault", role: "alert" })];
  if (!canWork(message)) return;
  const record = await openRecord(seed);
  let played = await record.read();
  let course = timelineOf(seed.scenario, played.events);
  let [drawn, silent, alive] = ["", 0, 0];

  const screen = () => SCREENS.find((name) => location.hash.slice(1).split("/")[0] === name) ?? "animateur";
  const role = () => location.hash.split("/")[1] ?? "";

  // Beside the field to correct, which is in sight; above where there is none.
  function fail(error, form = null) {
    const words = error.field !== undefined ? error.message : `Ce n'est pas gardé : ${error.message || error.name}. Enregistrez l'exercice.`;
    const field = error.field ? form?.elements[error.field] : null;
    clear();
    if (!field) return say(message, words, "danger");
    say(fault, words, "danger");
    field.before(fault);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", fault.id);
    field.focus();
  }

  function clear() {
    say(message, "");
    say(fault, "");
    document.querySelector("[aria-describedby=fault]")?.removeAttribute("aria-describedby");
    document.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }

  async function refresh() {
    played = await record.read();
    course = timelineOf(seed.scenario, played.events);
    draw();
  }

  // What is to be kept, written; where it is refused, says so beside the field of this form. True when it was kept.
  async function kept(write, form) {
    try {
      await write();
      clear();
      await refresh();
      return true;
    } catch (error) {
      fail(error, form);
      return false;
    }
  }
  const act = (what, data = {}, { at = Date.now(), form = null } = {}) => kept(() => record.add(what, data, at), form);
  const observe = (data) => act("observation", data);

  function draw() {
    const now = Date.now();
    const minute = course.minuteAt(now);
    const words = clockWords(minute);
    if (byId("clock").textContent !== words) byId("clock").textContent = words;
    const rows = course.injects(now);
    countdown(rows.find((row) => row.state === "coming"), now);
    const shown = JSON.stringify([location.hash, { ...played, seen: 0 }, rows.map((row) => row.state)]);
    if (shown === drawn) return;
    drawn = shown;
    for (const name of SCREENS) byId(name).hidden = name !== screen();
    document.body.dataset.screen = screen();
    document.body.dataset.state = course.state;
    byId("state").textContent = STATES[course.state] + (course.speed > 1 && course.state !== "ended" ? `, ${course.speed} fois plus vite` : "");
    for (const link of byId("screens").children) link.toggleAttribute("aria-current", link.hash === `#${screen()}`);
    say(byId("unsaved"), played.saved || course.state !== "ended" ? "" : "Cet exercice n'est pas encore dans un fichier : enregistrez-le.", "warn");
    byId("begin").disabled = !played.saved;
    byId("save-first").hidden = played.saved;
    about(rows);
    ({ animateur: board, joueurs: players, observateur: grid, bilan: debrief })[screen()](rows, now);
  }

  function countdown(next, now) {
    const at = next && course.state === "running" ? course.momentOf(next.minute) : null;
    const left = at === null ? null : Math.max(0, Math.round((at - now) / 1000));
    const wait = left !== null && `Dans ${left < 60 ? `${left} s` : `${Math.floor(left / 60)} min ${left % 60} s`}`;
    const words = next ? wait || `À ${clockWords(next.minute)}` : "Plus de message prévu. Terminez, puis faites le bilan à chaud.";
    if (byId("next-when").textContent !== words) byId("next-when").textContent = words;
  }

  // The choices « à propos de », the last received first; what was chosen stays. A message is received once and for all.
  function about(rows) {
    const received = rows.filter((row) => row.state === "delivered").sort((one, other) => other.at - one.at);
    for (const field of document.querySelectorAll(".received")) {
      const chosen = field.options.length > 1 && field.dataset.chosen ? field.value : null;
      const choices = [...received.map((row) => [row.inject.key, `${clockWords(row.minute)} ${row.inject.title}`]), ["", "la situation"]];
      if (field.options.length !== choices.length) field.replaceChildren(...choices.map(([value, words]) => element("option", { value }, words)));
      field.value = chosen ?? choices[0][0];
    }
  }

  const latest = (rows) => rows.filter((row) => row.state === "delivered").sort((one, other) => other.at - one.at || other.minute - one.minute);
  const notesOf = (key) => played.events.filter((event) => event.data.inject === key && ["reaction", "observation"].includes(event.act));

  function board(rows) {
    const { state } = course;
    const [ready, under] = [state === "ready", ["running", "paused"].includes(state)];
    byId("before").hidden = !ready;
    if (document.activeElement !== byId("label")) byId("label").value = played.label;
    for (const [id, right] of Object.entries({ start: ready, pause: state === "running", resume: state === "paused" })) byId(id).hidden = !right;
    byId("speed-part").hidden = byId("not-for-players").hidden = state === "ended";
    byId("over").hidden = state !== "ended";
    byId("improvise-part").hidden = byId("end-part").hidden = byId("react").hidden = !under;
    const [next, ...later] = rows.filter((row) => row.state === "coming");
    byId("next").hidden = state === "ended";
    const key = (row) => JSON.stringify([row.inject.key, row.minute, ready]);
    fill(byId("next-inject"), next ? [next] : [], key, (row) => nextInject(seed, row, ready, act));
    fill(byId("chronogram"), state === "ended" ? [] : later, key, (row) => chronogramEntry(seed, row, ready, act));
    const received = latest(rows);
    byId("none-received").hidden = received.length > 0;
    fill(byId("received"), received, (row) => JSON.stringify([played.exercise, row, notesOf(row.inject.key)]), (row) => boardCard(seed, row, course.events, observe));
  }

  function players(rows) {
    const mine = latest(rows).filter((row) => !role() || ["", role()].includes(row.inject.role));
    const choices = [["", "Tous"], ...seed.scenario.roles.map((each) => [each.key, each.title])];
    fill(byId("roles"), choices, ([key]) => `${key} ${key === role()}`, ([key, title]) =>
      element("a", { href: key ? `#joueurs/${key}` : "#joueurs", "aria-current": key === role() ? "page" : null }, title),
    );
    byId("waiting").hidden = mine.length > 0;
    byId("play-part").hidden = !["running", "paused"].includes(course.state);
    fill(byId("injects"), mine, (row) => `${played.exercise} ${row.inject.key}`, (row) => injectScreen(seed, row));
  }

  function grid(rows) {
    const received = latest(rows);
    byId("nothing-yet").hidden = received.length > 0;
    fill(byId("grid"), received, (row) => JSON.stringify([played.exercise, row, notesOf(row.inject.key)]), (row) => gridCard(seed, row, course.events, observe));
  }

  function debrief(rows) {
    const seen = rows.filter((row) => row.state === "delivered" && row.inject.expected).map((row) => verdictOf(played.events, row.inject.key));
    const counts = [...Object.entries(seed.verdicts), ["", "sans observation"]].map(([key, word]) => `${seen.filter((each) => each === key).length} ${word}`);
    byId("counts").textContent = `${counts.join(", ")}.`;
    byId("corrections").replaceChildren(
      ...played.corrections.map((each) =>
        element(
          "li",
          { class: "card" },
          `${each.title}, ${each.owner}, pour le ${each.due_on.split("-").reverse().join("/")} `,
          element("button", { type: "button", class: "quiet", "aria-label": `Retirer : ${each.title}`, click: () => record.remove(each).then(refresh).catch(fail) }, "Retirer"),
        ),
      ),
    );
    byId("table").replaceChildren(...rows.map((row) => tableRow(seed, row, course.events)));
    byId("journal").replaceChildren(...course.events.map((event) => journalEntry(seed, event, course)));
  }

  // A form whose fields are sent as data, and emptied when it was kept.
  function whenSent(id, send) {
    const form = byId(id);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await send(Object.fromEntries(new FormData(form)), form)) {
        for (const field of form.querySelectorAll("input, textarea")) field.value = "";
        for (const field of form.querySelectorAll(".received")) delete field.dataset.chosen;
        drawn = "";
        draw();
      }
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
  }

  for (const field of document.querySelectorAll(".roles")) {
    field.replaceChildren(...["", ...seed.scenario.roles.map((each) => each.key)].map((key) => element("option", { value: key }, key ? roleOf(seed, key) : "tous")));
  }
  for (const field of document.querySelectorAll(".received")) field.addEventListener("change", () => (field.dataset.chosen = "yes"));
  for (const id of ["start", "pause", "resume"]) byId(id).addEventListener("click", () => act(id).then(() => byId({ start: "pause", pause: "resume", resume: "pause" }[id]).focus()));
  byId("end").addEventListener("click", async () => {
    if (!(await act("end"))) return;
    location.hash = "#bilan";
    draw();
    byId("debrief-title").focus();
  });
  byId("label").addEventListener("change", () => record.keep("label", byId("label").value.trim()).then(refresh).catch(fail));
  byId("speed").value = String(course.speed);
  whenSent("speed-part", () => act("speed", { speed: Number(byId("speed").value) }));
  for (const [id, what] of Object.entries({ improvise: "improvise", react: "reaction", play: "reaction" })) whenSent(id, (data, form) => act(what, data, { form }));
  whenSent("correct", (data, form) => kept(() => record.correct(data), form));
  byId("save").addEventListener("click", async () => {
    await refresh();
    const name = `${seed.name}-${stamp(moment())}.json`;
    download(name, exerciseFile(seed, played), "application/json");
    await record.markSaved(played);
    await refresh();
    say(message, `Fichier ${name} enregistré dans les téléchargements.`, "good");
  });
  byId("print").addEventListener("click", () => print());
  byId("begin").addEventListener("click", async () => {
    await record.begin();
    location.hash = "#animateur";
    await refresh();
  });
  whenFilesCome(
    byId("files"),
    seed.limits.bytes,
    async (name, bytes) => {
      const file = parseExercise(bytes, seed);
      if (!played.saved && file.exercise !== played.exercise) throw new Error("Enregistrez d'abord l'exercice en cours. Rien n'a été changé.");
      const fresh = await record.take(file);
      await refresh();
      say(message, fresh ? `${name} : l'exercice est ouvert.` : `${name} : tout était déjà là.`, "good");
    },
    (name, error) => say(message, `${name} : ${error.message}`, "danger"),
  );

  // Every window was closed while the clock ran: whoever comes back may go back to that moment.
  const stampOf = (time) => localOf(new Date(time)).slice(11).replace(":", " h ");
  function tellGap() {
    const last = Math.max(played.seen, Date.parse(played.events.at(-1)?.at ?? 0));
    if (course.state !== "running" || Date.now() - last < LONGEST_SILENCE) return;
    silent = last;
    byId("gap-words").textContent = `Cette page a été fermée à ${stampOf(last)}, il y a ${lasting(Date.now() - last)}. L'exercice a continué : il en était à ${clockWords(course.minuteAt(last))}.`;
    byId("gap").hidden = false;
  }

  byId("rewind").addEventListener("click", async () => {
    if (await act("pause", {}, { at: silent })) byId("gap").hidden = true;
    byId("resume").focus();
  });
  byId("go-on").addEventListener("click", () => (byId("gap").hidden = true));

  function liveOn() {
    draw();
    if (Date.now() - alive < SIGN_OF_LIFE || !byId("gap").hidden) return;
    alive = Date.now();
    record.keep("seen", alive).catch(() => {});
  }

  say(byId("storage"), record.warning, "danger");
  checkClock(byId("wrong-clock"), seed.made_at);
  tellGap();
  draw();
  record.whenChanged(() => refresh().catch(fail));
  addEventListener("hashchange", () => {
    draw();
    scrollTo(0, 0);
  });
  for (const name of ["focus", "visibilitychange"]) addEventListener(name, () => refresh().catch(fail));
  setInterval(liveOn, EVERY);
  setInterval(() => refresh().catch(fail), READ);
  document.documentElement.dataset.ready = "yes";
}

start();
