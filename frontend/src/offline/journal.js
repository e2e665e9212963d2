// The crisis journal off line: write a line, correct by a new line, search, print, save as a file, take the files of others.
import { byId, canWork, checkClock, download, element, given, plain, say, whenFilesCome } from "./dom.js";
import { showClocks, startText } from "./clocks.js";
import { cleaned, journalFile, MOST_BYTES, parse } from "./journal-lines.js";
import { openJournal } from "./journal-store.js";
import { fromField, instant, localOf, now, spoken, stamp } from "./moments.js";

const WORDS = { fact: "Fait", decision: "Décision", message: "Message", correction: "Correction" };

async function start() {
  const seed = given("seed");
  const message = byId("message");
  if (!canWork(message)) return;
  const journal = await openJournal(seed);
  const field = Object.fromEntries(["text", "author", "role", "kind", "fact_at"].map((name) => [name, byId(name)]));
  let shown = { lines: [], faults: [], disputed: [] };
  let corrected = null;
  let unsaved = 0;

  const fail = (error) => say(message, `La ligne n'a pas été gardée : ${error.message || error.name}. Copiez-la sur papier, puis enregistrez le journal.`, "danger");
  byId("device").textContent = journal.device.slice(0, 4);
  say(byId("storage"), journal.warning, "danger");
  if (!journal.durable) {
    addEventListener("beforeunload", (event) => {
      if (unsaved) event.preventDefault();
    });
  }
  for (const name of ["author", "role"]) field[name].value = (await journal.value(name)) ?? field[name].value;
  let printing = false;
  const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`beffroi-journal-${seed.crisis}`) : null;
  channel?.addEventListener("message", () => refresh().catch(fail));

  async function refresh() {
    shown = await journal.read();
    const saved = new Set((await journal.value("saved")) ?? []);
    unsaved = shown.lines.filter((line) => line.device === journal.device && !saved.has(line.id)).length;
    say(
      byId("unsaved"),
      unsaved ? `${unsaved === 1 ? "1 ligne n'est" : `${unsaved} lignes ne sont`} pas encore dans un fichier : enregistrez le journal sur la clé.` : "",
      "warn",
    );
    list();
  }

  function list() {
    const asked = plain(byId("search").value).split(/\s+/).filter(Boolean);
    const found = shown.lines.filter((line) => {
      const words = plain(`${line.text} ${line.author} ${line.role} ${WORDS[line.kind]}`);
      return asked.every((word) => words.includes(word));
    });
    const newest = byId("order").value === "newest" && !printing;
    byId("count").textContent = asked.length ? `${found.length} sur ${shown.lines.length} lignes` : `${shown.lines.length} lignes`;
    byId("lines").replaceChildren(...(newest ? found.toReversed() : found).map(entry));
    const faults = shown.faults.map((fault) => element("li", {}, `Poste ${fault.device.slice(0, 4)} : ${fault.message}`));
    byId("chain").textContent = faults.length ? "Les lignes sont toutes là, avec ces remarques :" : "Chaînes de tous les postes vérifiées : rien n'a été modifié.";
    byId("chain").className = faults.length ? "notice warn" : "notice good";
    byId("faults").replaceChildren(...faults);
    const others = shown.disputed.map((line) => entry(line));
    byId("disputed").replaceChildren(...others);
    byId("disputed-part").hidden = !others.length;
    clocks();
  }

  function clocks() {
    showClocks(byId("clocks"), seed.clocks ?? [], shown.lines, (clock, since) =>
      write({ text: startText(clock, since), kind: "fact", fact_at: since, corrects: null }).catch(fail),
    );
  }

  function entry(line) {
    const late = Math.abs(instant(line.entered_at) - instant(line.fact_at)) >= 60_000;
    const target = line.corrects && shown.lines.find((each) => each.id === line.corrects);
    const after = shown.lines.filter((each) => each.corrects === line.id);
    const name = (each) => `poste ${each.device.slice(0, 4)} n° ${each.n}`;
    return element(
      "li",
      { class: `card line ${line.kind}`, "data-id": line.id },
      element(
        "p",
        { class: "soft" },
        element("strong", {}, spoken(line.fact_at)),
        late ? `, noté le ${spoken(line.entered_at)}` : "",
        ` · ${WORDS[line.kind]} · ${line.author || "sans nom"}${line.role ? `, ${line.role}` : ""} · ${name(line)}`,
      ),
      target ? element("p", { class: "soft" }, `Corrige la ligne ${name(target)} : « ${target.text.slice(0, 80)} »`) : null,
      element("p", { class: "words" }, line.text),
      after.length ? element("p", { class: "notice warn" }, `Corrigée par : ${after.map(name).join(", ")}.`) : null,
      element("button", { type: "button", class: "quiet screen", "aria-label": `Corriger la ligne ${name(line)}`, click: () => correct(line) }, "Corriger"),
    );
  }

  function correct(line) {
    corrected = line;
    say(byId("correcting"), `Vous corrigez la ligne du ${spoken(line.fact_at)}. Elle reste dans le journal, avec votre correction.`);
    byId("cancel").hidden = !line;
    field.text.value = line.text;
    field.fact_at.value = localOf(new Date(line.fact_at));
    field.kind.disabled = true;
    field.text.focus();
  }

  function clear() {
    corrected = null;
    say(byId("correcting"), "");
    byId("cancel").hidden = true;
    field.text.value = "";
    field.fact_at.value = "";
    field.kind.disabled = false;
    field.kind.value = "fact";
    field.text.focus();
  }

  async function write(fields) {
    const [author, role] = [cleaned(field.author.value), cleaned(field.role.value)];
    const line = await journal.write({ author, role, entered_at: now(), ...fields });
    await journal.keep("author", author);
    await journal.keep("role", role);
    channel?.postMessage("line");
    await refresh();
    return line;
  }

  byId("write").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = cleaned(field.text.value);
    if (!text || byId("write-button").disabled) {
      field.text.focus();
      return;
    }
    const fact = field.fact_at.value ? fromField(field.fact_at.value, corrected?.fact_at) : now();
    if (!fact || instant(fact) > Date.now() + 60_000) {
      say(message, "L'heure du fait est dans l'avenir : corrigez-la, ou laissez-la vide pour maintenant.", "danger");
      field.fact_at.focus();
      return;
    }
    byId("write-button").disabled = true;
    try {
      const line = await write({ text, kind: corrected ? "correction" : field.kind.value, fact_at: fact, corrects: corrected?.id ?? null });
      say(message, `Ligne ${line.n} gardée sur cet ordinateur.`, "good");
      clear();
    } catch (error) {
      fail(error);
    } finally {
      byId("write-button").disabled = false;
    }
  });
  field.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("write").requestSubmit();
  });
  byId("cancel").addEventListener("click", clear);
  byId("search").addEventListener("input", list);
  byId("order").addEventListener("change", list);
  byId("save").addEventListener("click", async () => {
    const name = `journal-${journal.device}-${stamp(now())}.json`;
    const all = [...shown.lines, ...shown.disputed];
    download(name, journalFile(seed, journal.device, all), "application/json");
    await journal.keep("saved", all.map((line) => line.id));
    await refresh();
    say(message, `Fichier ${name} enregistré dans les téléchargements : copiez-le sur la clé.`, "good");
  });
  whenFilesCome(
    byId("files"),
    MOST_BYTES,
    async (name, bytes) => {
      const fresh = await journal.take(parse(bytes, seed));
      channel?.postMessage("lines");
      await refresh();
      say(message, fresh ? `${name} : ${fresh} ligne${fresh > 1 ? "s" : ""} reprise${fresh > 1 ? "s" : ""}.` : `${name} : tout était déjà là.`, "good");
    },
    (name, error) => say(message, `${name} : ${error.message}`, "danger"),
  );
  byId("print").addEventListener("click", () => print());
  // On paper, from the oldest to the newest.
  for (const [name, value] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(name, () => {
      printing = value;
      list();
    });
  }
  addEventListener("focus", () => refresh().catch(fail));
  setInterval(() => {
    if (!byId("clocks").contains(document.activeElement)) clocks();
  }, 30_000);
  await refresh();
  checkClock(byId("wrong-clock"), seed.made_at);
  field.text.focus();
  document.documentElement.dataset.ready = "yes";
}

start();
