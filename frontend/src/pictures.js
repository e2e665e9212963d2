// A figure as a picture to put elsewhere: always with its title, unit, base, year and source, black on white.
// In: the frame of a figure, and its Vega-Lite description or its map. Out: a file that the browser saves.
const WIDTH = 900;
const MARGIN = 24;
const LINE = 18;

/** What must be read beside the drawing: the title, then the badges and the line of the source, cut to the width. */
function words(frame) {
  const title = frame.querySelector(".figure-title")?.textContent.trim() ?? "";
  const badges = [...frame.querySelectorAll("figcaption .badge")].map((badge) => badge.textContent.trim());
  const source = frame.querySelector(".figure-source")?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const hidden = [...frame.querySelectorAll(":scope > .muted")].map((note) => note.textContent.trim());
  return { title, lines: cut([...badges, source, ...hidden].filter(Boolean).join(" · ")) };
}

function cut(text, most = 120) {
  const lines = [""];
  text.split(" ").forEach((word) => {
    if (lines.at(-1).length + word.length >= most) lines.push(word);
    else lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
  });
  return lines;
}

function save(blob, title, kind) {
  const plain = title.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const name = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 90) || "figure";
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `${name}.${kind}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const blobOf = (canvas) => new Promise((resolve) => canvas.toBlob(resolve, "image/png"));

/** `draw(element, spec)` answers a Vega view: the chart island's own way to draw, in its light dress. */
export async function saveChart(kind, frame, spec, draw) {
  const { title, lines } = words(frame);
  const away = document.createElement("div");
  const dressed = { ...spec, width: WIDTH, height: spec.height ?? 420, autosize: { type: "fit", contains: "padding" } };
  dressed.title = { text: title, subtitle: lines, anchor: "start", frame: "group", fontSize: 18, subtitleFontSize: 12, subtitlePadding: 6, offset: 16 };
  const view = await draw(away, dressed);
  try {
    const blob =
      kind === "svg"
        ? new Blob([await view.toSVG()], { type: "image/svg+xml" })
        : await blobOf(await view.toCanvas(2));
    save(blob, title, kind);
  } finally {
    view.finalize();
  }
}

/** The map as it is seen now, with its legend. `canvas`: what the map has just drawn. */
export async function saveMap(frame, canvas, legend) {
  const { title, lines } = words(frame);
  const scale = WIDTH / canvas.width;
  const height = Math.round(canvas.height * scale);
  const top = MARGIN + 34;
  const sheet = Object.assign(document.createElement("canvas"), {
    width: WIDTH + 2 * MARGIN,
    height: top + height + (legend.length + lines.length + 2) * LINE + MARGIN,
  });
  const pen = sheet.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, sheet.width, sheet.height);
  pen.fillStyle = "#000";
  pen.font = "600 20px sans-serif";
  pen.fillText(title, MARGIN, MARGIN + 16, WIDTH);
  pen.drawImage(canvas, MARGIN, top, WIDTH, height);
  let y = top + height + LINE + 6;
  pen.font = "13px sans-serif";
  legend.forEach(({ paint, words: said }) => {
    if (paint) {
      pen.fillStyle = paint;
      pen.fillRect(MARGIN, y - 11, 14, 14);
      pen.fillStyle = "#000";
    }
    pen.fillText(said, paint ? MARGIN + 22 : MARGIN, y);
    y += LINE;
  });
  lines.forEach((line) => pen.fillText(line, MARGIN, (y += LINE), WIDTH));
  save(await blobOf(sheet), title, "png");
}

/** Show the frame's buttons of these kinds, and do `make(kind)` when one is pressed. */
export function offer(host, kinds, make) {
  const frame = host.closest("figure");
  frame?.querySelectorAll("[data-picture]").forEach((button) => {
    const kind = button.dataset.picture;
    if (!kinds.includes(kind)) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await make(kind, frame);
      } finally {
        button.disabled = false;
        button.closest("details")?.removeAttribute("open");
      }
    });
  });
}
