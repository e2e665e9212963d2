// The sealed page: asks for the passphrase, shows what was sealed, closes it again. Nothing is kept.
import { text } from "./bytes.js";
import { byId, canWork, given, say } from "./dom.js";
import { unseal } from "./passphrase-box.js";

// What could run, leave or ask for something outside; pictures are inside the page.
const FORBIDDEN = "script, iframe, frame, object, embed, link, meta, base, template, form[action], svg, audio, video, [srcset], [background], img:not([src^='data:image/'])";

// The content is Beffroi's own; it is read apart, and nothing of it can run: the policy of the page forbids it too.
function contentOf(html) {
  const read = new DOMParser().parseFromString(html, "text/html");
  for (const each of read.querySelectorAll(FORBIDDEN)) each.remove();
  for (const each of read.querySelectorAll("*")) {
    for (const { name, value } of [...each.attributes]) {
      if (name.startsWith("on") || (name === "href" && !/^(#|https?:|tel:|mailto:)/i.test(value))) each.removeAttribute(name);
    }
  }
  const found = document.createDocumentFragment();
  found.append(...[...read.body.childNodes].map((node) => document.importNode(node, true)));
  return found;
}

function start() {
  const form = byId("open");
  const [field, button, message, content, tools] = ["passphrase", "open-button", "message", "content", "tools"].map(byId);
  if (!canWork(message)) {
    form.hidden = true;
    return;
  }
  const show = (opened) => {
    form.hidden = opened;
    tools.hidden = !opened;
    content.hidden = !opened;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    say(message, "Ouverture…");
    try {
      const opened = await unseal(given("box"), field.value);
      content.replaceChildren(contentOf(text(opened)));
      field.value = "";
      say(message, "");
      show(true);
      content.focus();
    } catch {
      say(
        message,
        "Cette phrase de passe n'ouvre pas cette page. Vérifiez chaque lettre du papier gardé au coffre, puis recommencez. Si elle est juste, le fichier est abîmé : prenez une autre copie du kit.",
        "danger",
      );
      field.focus();
    } finally {
      button.disabled = false;
    }
  });
  byId("close").addEventListener("click", () => {
    content.replaceChildren();
    show(false);
    field.focus();
  });
  byId("print").addEventListener("click", () => print());
  field.focus();
}

start();
