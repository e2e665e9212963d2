// The editor of the restoration site on the stick: one news at a time, the state of each service, history, the site as a ZIP.
import { canonical } from "./bytes.js";
import { byId, canWork, checkClock, download, element, given, say, whenFilesCome } from "./dom.js";
import { cleaned } from "./journal-lines.js";
import { fromField, localOf, now, spoken, stamp } from "./moments.js";
import { isUpdate, merge, MOST_BYTES, MOST_CHARACTERS, oldLanguages, visible } from "./site-document.js";
import { openKey, read, siteFiles, zip } from "./site-files.js";
import { byTime, current, heads, languageName, STATE_FILE } from "./site-render.js";
import { openStore } from "./store.js";

const OLD_TEXT =
  "Ce texte date de l'annonce précédente. Réécrivez-le. Sinon, il est laissé de côté, et les habitants lisent le texte en français.";
const STATES = { stopped: "Arrêté", degraded: "Fonctionne autrement", works: "Fonctionne" };

// Beside what was pressed, and in sight.
function tell(place, words, kind) {
  say(place, words, kind);
  place.scrollIntoView({ block: "nearest" });
}

async function start() {
  const seed = given("site");
  const kit = given("kit");
  const sealed = given("sealed-key");
  const message = byId("message");
  if (!canWork(message)) return;
  const store = await openStore("beffroi-site");
  const set = seed.document;
  const nameOf = (text) => text.fr ?? "";
  let site = seed;
  let unsaved = new Set();
  let taken = null; // the news whose words are in the form
  let filled = null; // the moment that was put in « Depuis »

  say(byId("storage"), store.warning, "danger");
  addEventListener("beforeunload", (event) => {
    if (!store.durable && unsaved.size) event.preventDefault();
  });

  const value = async (name) => (await store.all("values", set)).find((row) => row.name === name)?.value;
  const keep = (name, content) => store.put("values", { set, name, value: content });

  async function refresh() {
    const copies = [await value("merged"), { ...seed, updates: (await store.all("updates", set)).map(({ set: _, ...update }) => update) }];
    site = seed;
    for (const copy of copies.filter(Boolean)) {
      try {
        site = merge(site, copy);
      } catch (error) {
        say(byId("storage"), `Une copie gardée sur cet ordinateur ne va pas avec cette page : ${error.message}`, "danger");
      }
    }
    const saved = new Set(await value("saved"));
    unsaved = new Set(site.updates.filter((each) => each.origin === "stick" && !saved.has(each.id)).map((each) => each.id));
    show();
  }

  function show() {
    say(byId("unsaved"), unsaved.size ? `${unsaved.size} nouvelle${unsaved.size > 1 ? "s" : ""} à enregistrer dans le site.` : "", "warn");
    const chosen = byId("service").value;
    byId("service").replaceChildren(
      ...site.services.map((service) => {
        const update = current(site, service.key);
        return element("option", { value: service.key }, `${nameOf(service.name)} (${update ? STATES[update.state].toLowerCase() : "rien de dit"})`);
      }),
    );
    if (chosen) byId("service").value = chosen;
    const conflicts = site.services.filter((service) => heads(site, service.key).length > 1);
    byId("conflicts-part").hidden = !conflicts.length;
    byId("conflicts").replaceChildren(
      ...conflicts.map((service) =>
        element("li", { class: "card" }, element("h3", {}, nameOf(service.name)), ...heads(site, service.key).map((update) => about(update, "Reprendre celle-ci"))),
      ),
    );
    byId("states").replaceChildren(
      ...site.services.map((service) => {
        const update = current(site, service.key);
        return element("li", { class: `card ${update?.state ?? ""}` }, element("h3", {}, nameOf(service.name)), update ? about(update, "Modifier") : element("p", { class: "soft" }, "Aucune nouvelle."));
      }),
    );
    const services = new Map(site.services.map((service) => [service.key, nameOf(service.name)]));
    byId("history").replaceChildren(
      ...[...site.updates].sort(byTime).reverse().map((update) => {
        const removable = unsaved.has(update.id) && !site.updates.some((each) => each.after.includes(update.id));
        return element(
          "li",
          { class: `card ${update.state}` },
          element("p", {}, element("strong", {}, spoken(update.at)), ` · ${services.get(update.service)} · ${update.author || "sans nom"} · ${update.origin === "stick" ? "depuis la clé" : "depuis Beffroi"}`),
          about(update, null),
          removable ? element("button", { type: "button", class: "quiet screen", click: () => remove(update) }, "Retirer (pas encore enregistrée)") : null,
        );
      }),
    );
  }

  function about(update, action) {
    const [text, alternative] = [nameOf(update.text), nameOf(update.alternative)];
    return element(
      "div",
      {},
      element("p", {}, element("strong", {}, STATES[update.state]), update.since ? ` depuis le ${spoken(update.since)}` : ""),
      text ? element("p", { class: "words" }, text) : null,
      alternative ? element("p", { class: "words" }, `À la place : ${alternative}`) : null,
      update.next_news ? element("p", { class: "soft" }, `Prochaine nouvelle : ${spoken(update.next_news)}`) : null,
      action ? element("button", { type: "button", class: "quiet screen", click: () => take(update) }, action) : null,
    );
  }

  // Its words go to the form; nothing changes before « Ajouter ».
  function take(update) {
    taken = update;
    delete byId("since").dataset.begun;
    byId("service").value = update.service;
    byId(`state-${update.state}`).checked = true;
    filled = update.since;
    byId("since").value = filled ? localOf(new Date(filled)) : "";
    byId("next_news").value = "";
    for (const language of site.languages) {
      for (const part of ["text", "alternative"]) {
        const field = byId(`${part}-${language}`);
        if (field) field.value = update[part][language] ?? "";
      }
    }
    markOld();
    byId("text-fr").focus();
  }

  const oldTexts = (service, part) => oldLanguages(heads(site, service), part, texts(part));

  function upToDate(service, part) {
    const old = oldTexts(service, part);
    return Object.fromEntries(Object.entries(texts(part)).filter(([language]) => !old.includes(language)));
  }

  // Beside each text that only its date would make new.
  function markOld() {
    for (const part of ["text", "alternative"]) {
      const old = oldTexts(byId("service").value, part);
      for (const language of site.languages) {
        const note = byId(`old-${part}-${language}`);
        if (!note) continue;
        if (note.hidden === old.includes(language)) {
          say(note, old.includes(language) ? OLD_TEXT : "", "warn");
          if (!note.hidden) note.closest("details").open = true;
        }
      }
    }
  }

  // A new state begins now, until « Depuis » is changed by hand.
  function begin() {
    const before = taken?.since ? localOf(new Date(taken.since)) : "";
    const since = byId("since");
    if (!taken || (since.value !== before && since.value !== since.dataset.begun)) return;
    const state = document.querySelector("input[name=state]:checked")?.value;
    filled = state === taken.state ? taken.since : now();
    since.value = filled ? localOf(new Date(filled)) : "";
    since.dataset.begun = since.value;
  }

  async function remove(update) {
    await store.remove("updates", { set, id: update.id });
    await refresh();
    say(message, "Nouvelle retirée : elle n'avait pas été enregistrée.");
  }

  const texts = (part) =>
    Object.fromEntries(
      site.languages.map((language) => [language, visible(cleaned(byId(`${part}-${language}`)?.value ?? ""))]).filter(([, words]) => words),
    );

  byId("news").addEventListener("input", markOld);
  byId("news").addEventListener("change", (event) => {
    if (event.target.name === "state") begin();
    markOld();
  });
  byId("news").addEventListener("submit", async (event) => {
    event.preventDefault();
    const message = byId("news-message");
    const service = byId("service").value;
    const state = document.querySelector("input[name=state]:checked")?.value;
    const at = now();
    const old = ["text", "alternative"].flatMap((part) => oldTexts(service, part));
    const dropped = [...new Set(old)].map((language) => languageName(kit.words, language));
    const wanted = { since: byId("since").value, next_news: byId("next_news").value };
    const update = {
      id: crypto.randomUUID(),
      at,
      service,
      state,
      since: wanted.since ? fromField(wanted.since, filled) : at,
      text: upToDate(service, "text"),
      alternative: upToDate(service, "alternative"),
      next_news: wanted.next_news ? fromField(wanted.next_news) : null,
      author: visible(cleaned(byId("author").value)),
      origin: "stick",
      after: heads(site, service).map((each) => each.id),
    };
    if (!state) return tell(message, "Choisissez un état : arrêté, fonctionne autrement, ou fonctionne.", "danger");
    if (!isUpdate(update, site.services.map((each) => each.key)) || (wanted.next_news && !update.next_news)) {
      return tell(message, `Vérifiez les dates, et la longueur des textes (${MOST_CHARACTERS} signes au plus).`, "danger");
    }
    try {
      await store.add("updates", { set, ...update });
      await keep("author", update.author);
      await refresh();
      byId("news").reset();
      taken = null;
      byId("author").value = update.author;
      byId("service").value = service;
      markOld();
      const left = dropped.length ? `Laissé de côté : ${dropped.join(", ")}. ` : "";
      tell(message, `Nouvelle gardée sur cet ordinateur. ${left}Le site change quand vous enregistrez le ZIP et le déposez chez l'hébergeur.`, "good");
    } catch (error) {
      tell(message, `La nouvelle n'a pas été gardée (${error.message || error.name}).`, "danger");
    }
  });

  const saved = async () => {
    await keep("saved", site.updates.map((update) => update.id));
    await refresh();
  };

  const published = byId("publish-message");
  byId("passphrase")?.addEventListener("input", (event) => event.target.removeAttribute("aria-invalid"));
  byId("publish").addEventListener("submit", async (event) => {
    event.preventDefault();
    const typed = byId("passphrase")?.value ?? "";
    byId("publish-button").disabled = true;
    try {
      let key = null;
      if (sealed && typed) {
        tell(published, "Ouverture de la clé…");
        try {
          key = await openKey(sealed, typed);
        } catch {
          tell(published, "Cette phrase de passe n'ouvre pas la clé de signature. Rien n'a été enregistré.", "danger");
          byId("passphrase").setAttribute("aria-invalid", "true");
          byId("passphrase").focus({ preventScroll: true });
          return;
        }
      }
      const name = `site-${site.territory.code}-${stamp(now())}.zip`;
      download(name, zip(await siteFiles(site, kit, key)), "application/zip");
      await saved();
      const signed = key ? "Il est signé." : "Il n'est pas signé.";
      tell(published, `${name} est dans les téléchargements. ${signed} Déposez le contenu du ZIP chez l'hébergeur, puis gardez une copie sur la clé.`, "good");
    } finally {
      byId("publish-button").disabled = false;
    }
  });
  byId("save").addEventListener("click", async () => {
    download(STATE_FILE, canonical(site), "application/json");
    await saved();
    tell(published, `${STATE_FILE} est dans les téléchargements.`, "good");
  });
  byId("print").addEventListener("click", () => print());

  whenFilesCome(
    byId("files"),
    MOST_BYTES,
    async (name, bytes) => {
      const { site: other, signature } = await read(name, bytes, kit.public_key);
      const before = site.updates.length;
      const merged = merge(site, other);
      await keep("merged", merged);
      await refresh();
      const fresh = site.updates.length - before;
      const trust = signature === "good" ? "signature vérifiée" : "sans signature";
      tell(byId("files-message"), `${name} : ${fresh} nouvelle${fresh > 1 ? "s" : ""} reprise${fresh > 1 ? "s" : ""} (${trust}).`, "good");
    },
    (name, error) => tell(byId("files-message"), `${name} : ${error.message}`, "danger"),
  );

  byId("author").value = (await value("author")) ?? "";
  await refresh();
  checkClock(byId("wrong-clock"), [...site.updates].sort(byTime).at(-1)?.at);
  document.documentElement.dataset.ready = "yes";
}

start();
